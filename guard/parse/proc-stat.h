/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/stat: processor time since boot, and tasks that wait for I/O (proc_stat(5)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clock ticks (sysconf(_SC_CLK_TCK) a second), summed over all processors. They are for
 * differences: iowait and idle may step back a little, and sums wrap as counters do. */
struct dg_proc_stat {
	uint64_t total; /* user, nice, system, idle, iowait, irq, softirq and steal;
			   guest and guest_nice are within user and nice */
	uint64_t idle;	/* without iowait */
	uint64_t iowait;
	unsigned int cpus; /* online: one line each */
	uint64_t blocked;  /* procs_blocked: tasks in iowait, in state D or not */
	bool has_blocked;
};

/* 0, or -EBADMSG: no line `cpu` with at least four numbers, a number that is none, or one
 * of the lines that are read twice. Lines of other names are passed over. */
int dg_proc_stat_parse(const char *buf, size_t len, struct dg_proc_stat *ret);
