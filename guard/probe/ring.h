/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The features of a kernel's io_uring: their names, and what a kernel's version says
 * about them where the kernel itself cannot be asked. */
#pragma once

#include <stdint.h>

#include "policy/util.h"

/* A bit of io_uring_params.features; source: io_uring_setup(2), for the last ones the
 * masks that kernels of those series return. */
struct dg_ring_feature {
	unsigned int bit;
	const char *name;      /* as in IORING_FEAT_... */
	uint32_t major, minor; /* the series it came with */
};

/* All that are known here, by bit. */
const struct dg_ring_feature *dg_ring_features(size_t *ret_count);

/*
 * The features that a kernel of this release ("6.14.11-9-bpo12-pve") has, going by its
 * series. Bits newer than this program are not known to it. -ENOSYS: older than 5.1,
 * which brought io_uring; -EBADMSG: no kernel release.
 */
int dg_ring_infer(const char *release, uint32_t *ret_features);
