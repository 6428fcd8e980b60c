/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Behind dg_collect(): the child that runs collectors, and collecting by any table. */
#pragma once

#include <sys/types.h>

#include "guard/collect/collect.h"

struct dg_collect_child {
	pid_t pid; /* 0: none, or reaped already */
	int fd;	   /* reading end of the pipe; -1: none */
	char *buf; /* what was read and not yet handed out, behind the last line */
	size_t used, room;
	size_t line; /* bytes at the start of `buf` that were handed out as a line */
};

/* Fork a child that runs the `count` collectors at `table` in turn and writes one line of
 * JSON after each: {"collector":NAME,"facts":{...}}. The caller ends *ret. */
int dg_collect_child_start(const struct dg_root *root,
			   const struct dg_collector *const *table, size_t count,
			   struct dg_collect_child *ret);

/* Its next line, without the newline; good until the next call. 1: there is one. 0: the
 * child wrote its last. -ETIMEDOUT: `until` (milliseconds, dg_collect_clock()) has come.
 * -EBADMSG: a line beyond all measure. -ENOMEM, and others of poll(2) and read(2). */
int dg_collect_child_line(struct dg_collect_child *child, int64_t until,
			  const char **ret_line, size_t *ret_size);

/* Kill it and give back what it holds. Never waits long: one that sleeps in the kernel
 * and cannot be killed is left behind. */
void dg_collect_child_end(struct dg_collect_child *child);

/* Milliseconds of a clock that never jumps. */
int64_t dg_collect_clock(void);

/* dg_collect() with another table. A collector may take half of the time that is left
 * (the last one all of it), so that one that hangs leaves time for those behind it. */
int dg_collect_with(const struct dg_root *root, const struct dg_collector *const *table,
		    size_t count, const int64_t *now, int deadline_ms,
		    struct dg_facts **ret);
