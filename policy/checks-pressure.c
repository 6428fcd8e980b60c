/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pressure family: is the stall that the kernel reports a real one? */
#include "policy/catalog.h"

static const struct dg_check phantom = {
	.id = "pressure-phantom",
	.family = "pressure",
	.title = "I/O pressure is high, and no I/O is behind it",
	.severity = DG_WARNING,
	.flags = DG_LATER | DG_NEEDS_SAMPLE,
	.remedy = "Do not look for a slow disk: see qemu-ring-phantom for the cause.",
	.why = "PSI and iowait count tasks that the kernel marks as waiting for I/O. "
	       "When latency "
	       "and queue depth are low, memory and CPU are at ease, and an idle-wait "
	       "signature "
	       "is there, the stall is an artefact of accounting.",
};

static const struct dg_check real = {
	.id = "pressure-real",
	.family = "pressure",
	.title = "I/O pressure is high, and a device is behind it",
	.severity = DG_NOTICE,
	.flags = DG_LATER | DG_NEEDS_SAMPLE,
	.remedy = "Look at the device and the guest named.",
	.why = "High pressure together with high latency or a deep queue, in two "
	       "windows, is a "
	       "real stall. Scrubs, backups and boot storms are normal causes.",
};

static const struct dg_check *const rows[] = {&phantom, &real};

const struct dg_family dg_pressure_checks = {
	.name = "pressure", .checks = rows, .count = DG_COUNT(rows)};
