/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/task/TID/syscall, fs/proc/base.c (proc_pid_syscall): "running"; or "-1 SP PC"
 * of a thread that is blocked outside of a system call; or the call's number, its six
 * arguments, SP and PC, all but the number in hexadecimal.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DG_SYSCALL_NONE = -1, DG_SYSCALL_RUNNING = -2 };

/* io_uring_enter(2): the same on x86-64, arm64 and all that came after it. */
#define DG_SYSCALL_IO_URING_ENTER 426

struct dg_proc_syscall {
	int64_t number; /* or one of the above */
	uint64_t args[6];
	size_t n_args; /* 6 as the kernel writes them; 0 without a call */
};

/* 0, or -EBADMSG where it is none of these. */
int dg_proc_syscall_parse(const char *buf, size_t len, struct dg_proc_syscall *ret);
