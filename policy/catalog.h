/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All checks, in the order in which findings are shown. */
#pragma once

#include "policy/check.h"

#define DG_CHECKS_MAX 64

/* The rows in order; *ret_count of them. Ids are unique (a test holds this). */
const struct dg_check *const *dg_catalog(size_t *ret_count);
/* NULL: no check of that id. */
const struct dg_check *dg_catalog_find(const char *id);
/* The ids, NULL-terminated, for suggestions. */
const char *const *dg_catalog_ids(void);

extern const struct dg_family dg_kernel_checks, dg_package_checks, dg_boot_checks,
	dg_esp_checks, dg_pin_checks, dg_qemu_checks, dg_ring_checks, dg_module_checks,
	dg_pressure_checks, dg_guard_checks;
