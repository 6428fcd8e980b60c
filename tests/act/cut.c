/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A power cut: to be preloaded into a program, which then ends by SIGKILL
 *   CUT_AT=N        before its Nth call that changes something on disk or starts a
 *                   program; each such call is noted in the file CUT_LOG
 *   CUT_WITH_CHILD  as soon as a program that it started has ended by SIGKILL
 * or meets a full disk: CUT_FULL=N makes what is flushed fail from the Nth time on.
 * Children are left alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t self, child; /* the program started last */
static int count, at, full, flushed;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("CUT_AT"), *full_text = getenv("CUT_FULL");

	self = getpid();
	at = text ? atoi(text) : 0;
	full = full_text ? atoi(full_text) : 0;
}

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

static void note(const char *what, const char *which)
{
	const char *log = getenv("CUT_LOG");
	FILE *out = log ? fopen(log, "ae") : NULL;

	if (out) {
		fprintf(out, "%d %s %s\n", count, what, which);
		fclose(out);
	}
}

static void step(const char *what, const char *which)
{
	if (getpid() != self)
		return;
	count++;
	note(what, which);
	if (count == at)
		kill(self, SIGKILL);
}

int fsync(int fd)
{
	step("fsync", "");
	if (full && getpid() == self && ++flushed >= full) {
		errno = ENOSPC;
		return -1;
	}
	return REAL(fsync)(fd);
}

int renameat(int from, const char *old, int to, const char *new)
{
	step("rename", new);
	return REAL(renameat)(from, old, to, new);
}

int unlinkat(int dir, const char *name, int flags)
{
	step("unlink", name);
	return REAL(unlinkat)(dir, name, flags);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
	step("mkdir", name);
	return REAL(mkdirat)(dir, name, mode);
}

int futimens(int fd, const struct timespec times[2])
{
	step("utime", "");
	return REAL(futimens)(fd, times);
}

int openat(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
		step("create", name);
	}
	return REAL(openat)(dir, name, flags, mode);
}

int posix_spawn(pid_t *pid, const char *program, const posix_spawn_file_actions_t *files,
		const posix_spawnattr_t *attributes, char *const argv[],
		char *const env[])
{
	int r;

	step("spawn", argv[1]);
	r = REAL(posix_spawn)(pid, program, files, attributes, argv, env);
	child = *pid;
	return r;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	pid_t ended = REAL(waitpid)(pid, status, options);

	if (ended > 0 && ended == child && status && WIFSIGNALED(*status) &&
	    WTERMSIG(*status) == SIGKILL && getenv("CUT_WITH_CHILD") && getpid() == self)
		kill(self, SIGKILL);
	return ended;
}
