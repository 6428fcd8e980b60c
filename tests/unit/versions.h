/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes version strings and runs the reference programs that compare them. */
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "tests/unit/random.h"

#define VERSION_SIZE 64

extern char **environ;

/* Run a program found in PATH with all output away; its exit status, or -1. */
static inline int run_quiet(const char *const argv[])
{
	posix_spawn_file_actions_t actions;
	int r, status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static inline const char *relation_name(int r)
{
	return r < 0 ? "lt" : r > 0 ? "gt" : "eq";
}

/* Change, add or remove up to three characters, all of `alphabet`. */
static inline void version_mutate(char version[VERSION_SIZE], const char *alphabet)
{
	for (size_t edits = random_below(4); edits > 0; edits--) {
		size_t n = strlen(version), at = random_below(n + 1);
		char c = alphabet[random_below(strlen(alphabet))];

		if (random_below(3) == 0 && n > 1) {
			memmove(version + at, version + at + (at < n), n - at);
			version[n - (at < n)] = '\0';
		} else if (at < n && random_below(2)) {
			version[at] = c;
		} else if (n + 1 < VERSION_SIZE) {
			memmove(version + at + 1, version + at, n + 1 - at);
			version[at] = c;
		}
	}
}

/* A few random pieces after one another: numbers that collide often, and words. */
static inline void version_append(char version[VERSION_SIZE], const char *const pieces[],
				  size_t n_pieces, size_t n)
{
	for (; n > 0; n--) {
		const char *piece = pieces[random_below(n_pieces)];

		if (strlen(version) + strlen(piece) < VERSION_SIZE)
			strcat(version, piece);
	}
}
