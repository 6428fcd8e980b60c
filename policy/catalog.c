/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The families joined, in the order in which findings are shown. */
#include "policy/catalog.h"

static const struct dg_family *const families[] = {
	&dg_kernel_checks,   &dg_package_checks, &dg_boot_checks, &dg_esp_checks,
	&dg_pin_checks,	     &dg_ring_checks,	 &dg_qemu_checks, &dg_module_checks,
	&dg_pressure_checks, &dg_guard_checks,
};

static const struct dg_check *all[DG_CHECKS_MAX];
static const char *ids[DG_CHECKS_MAX + 1];
static size_t total;

/* Joined before main(), so that no caller can see half a catalogue. */
__attribute__((constructor)) static void join_families(void)
{
	for (size_t i = 0; i < DG_COUNT(families); i++)
		for (size_t j = 0; j < families[i]->count && total < DG_CHECKS_MAX; j++) {
			all[total] = families[i]->checks[j];
			ids[total] = all[total]->id;
			total++;
		}
}

const struct dg_check *const *dg_catalog(size_t *ret_count)
{
	*ret_count = total;
	return all;
}

const struct dg_check *dg_catalog_find(const char *id)
{
	for (size_t i = 0; i < total; i++)
		if (dg_streq(all[i]->id, id))
			return all[i];
	return NULL;
}

const char *const *dg_catalog_ids(void)
{
	return ids;
}
