/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The qemu family: what the running guests' QEMU does to this kernel's accounting. */
#include "policy/catalog.h"

static const struct dg_check ring_phantom = {
	.id = "qemu-ring-phantom",
	.family = "qemu",
	.title = "A running guest's QEMU waits in a way that this kernel counts as I/O "
		 "stall",
	.severity = DG_WARNING,
	.flags = DG_LATER,
	.remedy =
		"A kernel of 6.15 or newer under a QEMU that opts out (pve-qemu-kvm from "
		"10.2.1-2); guests started before an upgrade keep their old QEMU.",
	.why = "From 10.2 on, QEMU's I/O threads wait for events inside io_uring_enter. "
	       "Kernels "
	       "from 6.5 (and 6.4.4, 6.1.39) count such a wait as I/O stall, though no "
	       "I/O is "
	       "under way; from 6.15 the waiter may opt out (IORING_ENTER_NO_IOWAIT, "
	       "feature bit "
	       "17). Where it does not, I/O pressure and iowait of the host cannot be "
	       "trusted: "
	       "the incident's 69 % on a bored disk.",
};

static const struct dg_check binary_stale = {
	.id = "qemu-binary-stale",
	.family = "qemu",
	.title = "A guest runs another QEMU build than is installed",
	.severity = DG_NOTICE,
	.grades = "warning across a major version",
	.flags = DG_LATER,
	.remedy = "Migrate the guest away and back, or stop and start it.",
	.why = "A guest keeps the QEMU that it was started with through every upgrade, "
	       "until it "
	       "is stopped or migrated. Fixes in the installed build do nothing for it.",
};

static const struct dg_check aio_unsupported = {
	.id = "qemu-aio-unsupported",
	.family = "qemu",
	.title = "A guest is configured for an aio backend that this kernel refuses",
	.severity = DG_CRITICAL,
	.flags = DG_LATER,
	.remedy = "Set aio=threads or aio=native for that drive, or allow io_uring again "
		  "(kernel.io_uring_disabled).",
	.why = "Proxmox configures io_uring for most drives. A kernel without it, or "
	       "with the "
	       "sysctl kernel.io_uring_disabled set, makes such a guest fail at its next "
	       "start.",
};

static const struct dg_check *const rows[] = {
	&ring_phantom,
	&binary_stale,
	&aio_unsupported,
};

const struct dg_family dg_qemu_checks = {
	.name = "qemu", .checks = rows, .count = DG_COUNT(rows)};
