/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the self-test: what the process that waits tells the other. */
#pragma once

#include "guard/probe/idle-wait.h"
#include "guard/probe/kept.h"

enum dg_idle_step {
	DG_IDLE_STEP_DONE = 0,
	DG_IDLE_STEP_START,    /* no process, no pipe */
	DG_IDLE_STEP_RING,     /* io_uring_setup(2) and what follows it */
	DG_IDLE_STEP_PRESSURE, /* no pressure file, or none that can be read */
	DG_IDLE_STEP_WAIT,
	DG_IDLE_STEP_LATE,
	DG_IDLE_STEP_LOST, /* a process ended before its time */
};

/* What the waiter tells the caller. */
struct dg_idle_report {
	enum dg_idle_step step; /* where it failed, and with which negative errno */
	int error;
	enum dg_idle_scope scope;
	int own_error; /* why it is no cgroup of its own; 0: it is */
	struct dg_idle_wait waits[DG_IDLE_WAYS];
};

/* The waiter's part (dg_kept.work): wait in all ways and fill a struct dg_idle_report.
 * kept->extra is /proc/pressure/io; negative: none. */
void dg_idle_waiter_run(const struct dg_kept *kept, int pressure, int gate, void *report);
