/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that may hang for good, done by a child process with a time limit. */
#pragma once

#include <stddef.h>

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

/* For `fn`: write the whole. 0 or a negative errno. */
int dg_write_all(int fd, const void *data, size_t size);
