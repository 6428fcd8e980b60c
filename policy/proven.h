/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which kernels a host has booted well before. A boot counts for its kernel where its
 * record is this host's own, where the verdict that it holds was taken at least ten
 * minutes after the start (the kernel stayed up, with its guests), and where that verdict
 * was not critical for a reason of the running kernel itself: its modules were gone, or
 * it refused how guests do I/O. That it was old, pinned or badly set up to boot again
 * says nothing about how it ran.
 */
#pragma once

#include "policy/boot-record.h"

#define DG_PROVEN_UPTIME_S 600
#define DG_PROOFS_MAX	   1024

/* Take a record into facts->proven, where each kernel has one item: the last
 * boot of those noted that went well, else the last one. `host_id`: this host's (NULL:
 * not known, then no record is known to be its own). 0 or -ENOMEM. */
int dg_proven_note(struct dg_facts *facts, const struct dg_boot_record *record,
		   const char *host_id);
