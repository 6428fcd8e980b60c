/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that may hang for good, done by a child process with a time limit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes what it finds to `fd` and returns 0 or a negative errno. Runs in a copy of this
 * process: nothing that it changes is seen outside. */
typedef int (*dg_apart_fn)(const void *arg, int fd);

/*
 * Run fn(arg, fd) in a child and gather what it writes: *ret (owned, with a NUL behind
 * the data that *ret_size does not count). A child that sleeps in the kernel and cannot
 * even be killed is left behind.
 * 0; what `fn` returned; -ETIMEDOUT: not done within `deadline_ms`; -EFBIG: it wrote more
 * than `cap` bytes; -ECHILD: it ended in another way; -ENOMEM, and others of pipe(2),
 * fork(2), poll(2) and read(2).
 */
int dg_run_apart(dg_apart_fn fn, const void *arg, int deadline_ms, size_t cap, char **ret,
		 size_t *ret_size);

/* --- its parts, for who reads the pipe in another way --- */

/* Fork a child that runs fn(arg, fd), with `fd` the writing end of a pipe, and ends with
 * the negated result as its status. It dies with this process. *ret_fd is the reading
 * end. */
int dg_apart_start(dg_apart_fn fn, const void *arg, pid_t *ret_pid, int *ret_fd);
/* Wait a moment for a child that has closed its pipe or was killed; *pid is 0 when it is
 * gone. True: *ret_status is as wait(2) has it. */
bool dg_apart_wait(pid_t *pid, int *ret_status);

/* For a child: close all but the standard descriptors and the `n` of `keep` (-1: none).
 */
void dg_close_others(const int *keep, size_t n);

/* For `fn`: write the whole. 0 or a negative errno. */
int dg_write_all(int fd, const void *data, size_t size);
