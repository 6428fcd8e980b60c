/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory of a root that is held open, to read many small files below it at a
 * fraction of the cost: /proc/PID with its threads, a directory of configurations.
 *
 * What is found below is what the joined path leads to, no more and no less: names are
 * resolved without links and without "..", and where a link stands in the way the whole
 * path is resolved from the root instead. On a procfs the descriptor stands for one
 * process: a later one that was given the same number is never read in its place, and all
 * reads fail (-ESRCH or -ENOENT) once it has ended.
 *
 * Errors are those of root.h.
 */
#pragma once

#include "guard/base/root.h"

struct dg_below {
	const struct dg_root *root;
	char *path;
	int fd;	     /* -1: none */
	bool procfs; /* holds no devices and no FIFOs, and needs no second look */
};

#define DG_BELOW_NONE ((struct dg_below){.fd = -1})

/* The caller closes *ret; `root` has to outlive it. */
int dg_below_open(const struct dg_root *root, const char *path, struct dg_below *ret);
/* The same of a directory below; `below` may be closed before it. */
int dg_below_descend(const struct dg_below *below, const char *name,
		     struct dg_below *ret);
void dg_below_close(struct dg_below *below); /* takes DG_BELOW_NONE */
#define DG_BELOW_CLEANUP DG_CLEANUP(dg_below_close)

/* As dg_root_read(). */
int dg_below_read(const struct dg_below *below, const char *name, size_t cap,
		  char **ret_data, size_t *ret_size);
/* A file that is shorter than `room` into the caller's buffer; else -EFBIG. */
int dg_below_read_small(const struct dg_below *below, const char *name, char *buf,
			size_t room, size_t *ret_size);
/* The names in the directory itself; as dg_root_list(). */
int dg_below_list(const struct dg_below *below, size_t cap, char ***ret_names,
		  size_t *ret_n);
/* As dg_root_readlink(), and on a procfs also what a magic link says. */
int dg_below_readlink(const struct dg_below *below, const char *name, char **ret);
/* Status of the program file that the process runs: proc/PID is open, `name` is "exe".
 * See dg_root_proc_exe(). */
int dg_below_stat_exe(const struct dg_below *below, struct stat *ret);
