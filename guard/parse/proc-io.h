/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/io, proc_pid_io(5): what a process, with all its threads and those that
 * ended, had the block layer move. Other people's need CAP_SYS_PTRACE. The kernel has the
 * file only if it is built with CONFIG_TASK_IO_ACCOUNTING.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes since the process began. Writes are counted where a page gets dirty; what was
 * dropped before it came to a disk is counted once more, as cancelled, and may be with
 * another process than the one that wrote: a difference of the two may be negative. */
struct dg_proc_io {
	uint64_t read_bytes;
	uint64_t write_bytes;
	uint64_t cancelled_write_bytes;
};

/* 0, or -EBADMSG: one of the three lines is missing, stands there twice or has no number.
 * Lines of other names are passed over. */
int dg_proc_io_parse(const char *buf, size_t len, struct dg_proc_io *ret);
