/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/stat and /proc/PID/task/TID/stat, proc_pid_stat(5): of a process, or of one
 * thread, its name, its state and its flags. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The kernel shows at most 15 bytes of a program's name, and 63 of its own threads'. */
#define DG_TASK_COMM_SIZE 64

/* Flags, include/linux/sched.h: no promise of the kernel's, but these have not moved. */
#define DG_PF_IO_WORKER UINT64_C(0x00000010) /* of an io_uring; since 5.12 */
#define DG_PF_KTHREAD	UINT64_C(0x00200000)

struct dg_task_stat {
	int64_t pid;		      /* or the thread's id */
	char comm[DG_TASK_COMM_SIZE]; /* whatever the process chose, newlines too */
	char state;		      /* R, S, D (waits without being killable), ... */
	uint64_t flags;
	uint64_t threads; /* of its process; 0: the text ends before */
	int64_t parent;	  /* 0: none, or none that can be seen from here */
};

/* 0, or -EBADMSG: one of the first nine fields is missing or is not what it should be.
 * The name ends at the last ')'. */
int dg_task_stat_parse(const char *buf, size_t len, struct dg_task_stat *ret);
