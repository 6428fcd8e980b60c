/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running another program, as everything that is not ours is run here: no shell, an
 * environment of two variables, no terminal, a process group of its own, a time limit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DG_PROCESS_KEEP 2 /* descriptors that the child may inherit */

struct dg_process {
	const char *program;	   /* an absolute path */
	const char *const *argv;   /* NULL-terminated */
	int in;			   /* its standard input; -1: /dev/null */
	bool quiet;		   /* keep what it says on stderr only; else on both */
	int keep[DG_PROCESS_KEEP]; /* inherited under the same number, and what the
				      child starts has them too; 0: none */
	int limit_ms;
	int grace_ms; /* from SIGTERM to SIGKILL, to the whole group; 0: SIGKILL at once
		       */
};

/* Of one that was started. */
struct dg_process_end {
	bool timed_out;
	bool left;    /* could not even be killed: it sleeps in the kernel */
	int status;   /* exit status; -1: ended by a signal, or left */
	int signal;   /* that ended it; 0: none */
	char *output; /* owned; what it said, with a NUL behind it */
	size_t size;  /* of the output, at most DG_PROCESS_OUTPUT_MAX */
};

/* A program that says more than that gets an error (EPERM) when it writes. */
#define DG_PROCESS_OUTPUT_MAX ((size_t)4 * 1024 * 1024)

/*
 * Run it and wait until it has ended or `limit_ms` are over. What it has started and left
 * behind in its group is killed only where it ran out of time. Should this process die,
 * the program goes on: what it does is better done to its end.
 * 0: it was started, see *ret; -ENOENT, -EACCES and others of posix_spawn(3): it was not;
 * -ENOMEM, and others of memfd_create(2).
 */
int dg_process_run(const struct dg_process *process, struct dg_process_end *ret);
void dg_process_end_clear(struct dg_process_end *end);
