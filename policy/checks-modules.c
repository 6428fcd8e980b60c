/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules family: kernel modules against their userland and against the target. */
#include "policy/catalog.h"

static const struct dg_check userland_mismatch = {
	.id = "module-userland-mismatch",
	.family = "modules",
	.title = "A kernel module and its userland do not fit",
	.severity = DG_WARNING,
	.flags = DG_LATER,
	.remedy = "Install the matching version of the userland package, or boot the "
		  "kernel "
		  "whose module it fits.",
	.why = "Some modules and their tools must match: ZFS by upstream version, NVIDIA "
	       "exactly, "
	       "DRBD by its own rule and never by equality. An old kernel brings its old "
	       "module "
	       "under tools that moved on.",
};

static const struct dg_check blocks_target = {
	.id = "module-blocks-target",
	.family = "modules",
	.title = "An out-of-tree module in use is missing for the target kernel",
	.severity = DG_WARNING,
	.flags = DG_LATER,
	.remedy = "Install the target's headers and build it: dkms install "
		  "MODULE/VERSION -k ABI.",
	.why = "A module from outside the kernel's tree is usually why a pin exists, and "
	       "what "
	       "stands in the way of leaving it. Whether it is there for the target "
	       "kernel shows "
	       "in that kernel's module directory.",
};

static const struct dg_check *const rows[] = {&userland_mismatch, &blocks_target};

const struct dg_family dg_module_checks = {
	.name = "modules", .checks = rows, .count = DG_COUNT(rows)};
