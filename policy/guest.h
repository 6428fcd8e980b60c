/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows from a guest's facts and the kernel's: names, versions, ring waits. */
#pragma once

#include "policy/check.h"
#include "policy/facts.h"
#include "policy/plan.h"

/* "109 (monitoring)", or "109" of a guest without a name. NULL: no memory, or no id. */
char *dg_guest_label(const struct dg_guest *guest);
bool dg_guest_runs(const struct dg_guest *guest);

/* Guests that a finding is about: all of them are subjects, its summary names a few. */
struct dg_named {
	size_t count;
	char *text; /* "101 (web), 103 (mcp)" */
};

void dg_named_clear(struct dg_named *named);
/* Add one, as a subject of `f` too unless that is NULL. */
void dg_name_guest(struct dg_named *named, struct dg_finding *f, const char *label);
/* "guest 101 (web)", "5 guests (101 (web), 103 (mcp), 109 and 2 more)"; the caller frees
 * it. NULL: no memory. */
char *dg_named_text(const struct dg_named *named);

/*
 * Whether this kernel counts a task that waits in io_uring as waiting for I/O: what the
 * self-test in this boot's record has found, else by version: Linux since 6.5, and the
 * stable series 6.4.4 and 6.1.39 (commits 8a796565cec3, 7b72d661f1f2).
 */
enum dg_answer dg_kernel_counts_ring_waits(const struct dg_facts *facts);

/* Whether it lets a waiter opt out: IORING_FEAT_NO_IOWAIT, Linux 6.15 (07754bfd9aee). */
enum dg_answer dg_ring_exempts(const struct dg_ring *ring);
/* Whether it refuses io_uring to everybody. */
enum dg_answer dg_ring_refuses(const struct dg_ring *ring);

/* "11.0.0-3", or words for "not known". */
const char *dg_qemu_version_text(const struct dg_binary *qemu);
/* Whether a QEMU of this version waits inside io_uring_enter: 10.2 and later do, in I/O
 * threads. */
enum dg_answer dg_qemu_waits_in_ring(const struct dg_binary *qemu);
/* Whether it passes IORING_ENTER_NO_IOWAIT: Proxmox's builds since 10.2.1-2 do. */
bool dg_qemu_opts_out(const struct dg_binary *qemu);

/* The call's flags say so. */
bool dg_wait_opts_out(const struct dg_ring_wait *wait);
