/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The idle-wait self-test: does this kernel count a thread that waits in io_uring, with
 * nothing but a POLL_ADD in flight, as stalled by I/O; and does it stop doing so for a
 * waiter that passes IORING_ENTER_NO_IOWAIT? That is how QEMU's I/O threads wait
 * from 10.2 on, so the answer tells whether this host's I/O pressure can be trusted.
 *
 * A process waits in four ways, one after the other, and the total of an io.pressure file
 * is read before and after each. It does so in a cgroup of its own, where nobody else can
 * be charged; where none can be made (no permission, a read-only cgroup file system), in
 * the one it is in, or with the whole host's pressure, as long as that is quiet.
 *
 * Whatever happens meanwhile, nothing is left behind (guard/probe/kept.h).
 */
#pragma once

#include <stdint.h>

#include "guard/base/root.h"

/* What the whole may take. It ends after 0.25 s, or 0.4 s where waits are repeated. */
#define DG_IDLE_LIMIT_MS 500

enum dg_idle_way {
	DG_IDLE_BEFORE,	   /* ppoll on the ring: QEMU's main loop; never charged */
	DG_IDLE_PLAIN,	   /* io_uring_enter */
	DG_IDLE_NO_IOWAIT, /* io_uring_enter with IORING_ENTER_NO_IOWAIT */
	DG_IDLE_AFTER,	   /* as DG_IDLE_BEFORE */
	DG_IDLE_WAYS,
};

/* One wait, in microseconds. */
struct dg_idle_wait {
	bool done; /* false: not made */
	int64_t planned_us;
	int64_t elapsed_us;
	int64_t some_us; /* what io.pressure's totals grew by meanwhile */
	int64_t full_us;
};

enum dg_idle_charge {
	DG_IDLE_CANNOT_TELL = 0,
	DG_IDLE_CHARGED,   /* at least DG_IDLE_CHARGED_PERCENT of the wait */
	DG_IDLE_FREE,	   /* at most DG_IDLE_FREE_PERCENT */
	DG_IDLE_NOT_TRIED, /* this kernel has no such way of waiting */
};

/* Pressure is weighed by how busy each processor is (collect_percpu_times() in the
 * kernel): where others run beside the waiter, its wait is charged as little as once for
 * all processors together. So but in a cgroup of its own, DG_IDLE_FREE has to hold for
 * the charge times their number. */
#define DG_IDLE_CHARGED_PERCENT 80
#define DG_IDLE_FREE_PERCENT	10

/* Whose pressure was read. */
enum dg_idle_scope {
	DG_IDLE_NOWHERE = 0,
	DG_IDLE_OWN,	/* a cgroup made for the test */
	DG_IDLE_SHARED, /* the cgroup that this program runs in */
	DG_IDLE_HOST,	/* /proc/pressure/io */
};

struct dg_idle_test {
	enum dg_idle_charge plain;
	enum dg_idle_charge no_iowait;
	char why[192]; /* why one of them cannot be told; else empty */
	enum dg_idle_scope scope;
	char scope_why[128]; /* why it is no cgroup of its own; else empty */
	int64_t elapsed_us;  /* the whole test */
	int cpus;	     /* processors of this host */
	struct dg_idle_wait waits[DG_IDLE_WAYS];
};

/* Run it; to be asked only of the live root. Always fills `ret`. Forks. */
void dg_idle_test_run(const struct dg_root *root, struct dg_idle_test *ret);

/* What the waits say: sets plain, no_iowait and why. Pure. */
void dg_idle_test_judge(struct dg_idle_test *test);

/* Charged microseconds in percent of the wait. */
double dg_idle_percent(const struct dg_idle_wait *wait, int64_t charged_us);
