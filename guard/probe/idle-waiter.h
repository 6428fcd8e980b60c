/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the self-test: what its processes hand each other. */
#pragma once

#include <sys/types.h>

#include "guard/probe/cgroup.h"
#include "guard/probe/idle-wait.h"

enum dg_idle_step {
	DG_IDLE_STEP_DONE = 0,
	DG_IDLE_STEP_START,    /* no process, no pipe */
	DG_IDLE_STEP_RING,     /* io_uring_setup(2) and what follows it */
	DG_IDLE_STEP_PRESSURE, /* no pressure file, or none that can be read */
	DG_IDLE_STEP_WAIT,
	DG_IDLE_STEP_LATE,
	DG_IDLE_STEP_LOST, /* a process ended before its time */
};

/* What is open before the test begins. */
struct dg_idle_place {
	int cgroup; /* directory of the own cgroup, or a negative errno: why not */
	int host;   /* /proc/pressure/io; negative: none */
	char name[DG_CGROUP_NAME_SIZE];
};

/* What the waiter tells the keeper and the keeper the caller, in one write to a pipe. */
struct dg_idle_report {
	enum dg_idle_step step; /* where it failed, and with which negative errno */
	int error;
	enum dg_idle_scope scope;
	int own_error; /* why it is no cgroup of its own; 0: it is */
	struct dg_idle_wait waits[DG_IDLE_WAYS];
};

/* The waiter's part: enter the cgroup where `own_error` is 0, and wait in all ways. */
void dg_idle_waiter_run(const struct dg_idle_place *place, int own_error,
			struct dg_idle_report *ret);

/* The keeper's part; does not return. Everything it starts and makes is gone when it
 * ends, and `*out` has been told before. */
__attribute__((noreturn)) void dg_idle_keeper_run(const struct dg_idle_place *place,
						  int out);

/* Read a report that arrives within `timeout_ms`. With `out` >= 0, the write end of a
 * pipe, give up when its reader is gone (-EPIPE). -ETIMEDOUT, -ENODATA: the other end was
 * closed. */
int dg_idle_report_read(int fd, int out, int timeout_ms, struct dg_idle_report *ret);
int dg_idle_report_write(int fd, const struct dg_idle_report *report);

int64_t dg_idle_clock_us(void);
