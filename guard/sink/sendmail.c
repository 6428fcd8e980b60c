/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running somebody else's sendmail. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "guard/base/apart.h"
#include "guard/base/cleanup.h"
#include "guard/collect/collect.h"
#include "guard/sink/mail.h"
#include "policy/text.h"

#define TICK_MS	  10
#define WORDS_MAX 400  /* of its own, in our message */
#define GRACE_MS  1000 /* for one that was killed */

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A file in memory, beside the numbers that a child gets it as. */
static int make_file(const char *name)
{
	DG_CLOSE int fd = memfd_create(name, MFD_CLOEXEC);
	int above = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return above < 0 ? -errno : above;
}

/* A child may read it from its beginning. */
static int make_input(const char *message, size_t size)
{
	DG_CLOSE int fd = make_file("driftguard-mail");
	int r;

	if (fd < 0)
		return fd;
	r = dg_write_all(fd, message, size);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : dg_steal_fd(&fd);
}

/* A group of its own, so that what it starts ends with it; no environment of ours. */
static int spawn(const char *program, int in, int err, pid_t *ret)
{
	char *argv[] = {(char *)"sendmail", (char *)"-i", (char *)"--", (char *)"root",
			NULL};
	char *env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
		       NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&files) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return -ENOMEM;
	}
	posix_spawnattr_setflags(&attributes,
				 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	r = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
						     O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(&files, "/");
	if (r == 0)
		r = posix_spawn(ret, program, &files, &attributes, argv, env);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

/* False: not within that time. */
static bool wait_for(pid_t pid, int limit_ms, int *ret_status)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	int64_t until = clock_ms() + limit_ms;

	for (;;) {
		pid_t ended = waitpid(pid, ret_status, WNOHANG);

		if (ended == pid)
			return true;
		/* Whoever ignores SIGCHLD learns no status. */
		if (ended < 0 && errno != EINTR) {
			*ret_status = 0;
			return true;
		}
		if (clock_ms() >= until)
			return false;
		nanosleep(&tick, NULL);
	}
}

/* What it said, in one line; NULL: nothing. */
static char *read_words(int fd)
{
	char buf[WORDS_MAX];
	ssize_t n = pread(fd, buf, sizeof(buf), 0);

	while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == ' '))
		n--;
	return n > 0 ? dg_clean_text(buf, (size_t)n) : NULL;
}

static int explain(const char *program, int status, int err, char **ret_why)
{
	DG_FREE char *words = read_words(err);

	if (WIFSIGNALED(status))
		*ret_why = dg_format("%s was ended by signal %d%s%s", program,
				     WTERMSIG(status), words ? ": " : "",
				     words ? words : "");
	else
		*ret_why = dg_format("%s failed with status %d%s%s", program,
				     WEXITSTATUS(status), words ? ": " : "",
				     words ? words : "");
	return -EIO;
}

int dg_sendmail_run(const char *program, const char *message, size_t size, int limit_ms,
		    char **ret_why)
{
	DG_CLOSE int in = make_input(message, size);
	DG_CLOSE int err = make_file("driftguard-mail-words");
	int status = 0, r;
	pid_t pid;

	if (in < 0 || err < 0)
		return in < 0 ? in : err;
	r = spawn(program, in, err, &pid);
	if (r < 0) {
		*ret_why = dg_format("cannot start %s: %s", program, dg_errno_words(r));
		return r;
	}
	if (!wait_for(pid, limit_ms, &status)) {
		/* One that cannot even be killed is left behind. */
		kill(-pid, SIGKILL);
		wait_for(pid, GRACE_MS, &status);
		*ret_why = dg_format("%s did not take the message within %d s", program,
				     limit_ms / 1000);
		return -ETIMEDOUT;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0
		       ? 0
		       : explain(program, status, err, ret_why);
}
