/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "guard/base/cleanup.h"

#define TICK_MS 10
#define REAP_MS 1000 /* for one that was killed */

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A file in memory, beside the numbers that a child gets it as. Not a pipe: the program
 * shall not die of us, and what it leaves behind shall not keep us waiting. */
static int make_output(void)
{
	DG_CLOSE int fd = memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int above;

	if (fd < 0 || ftruncate(fd, DG_PROCESS_OUTPUT_MAX) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		return -errno;
	above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return above < 0 ? -errno : above;
}

static int add_files(const struct dg_process *p, int out,
		     posix_spawn_file_actions_t *files)
{
	int r = p->in >= 0 ? posix_spawn_file_actions_adddup2(files, p->in, STDIN_FILENO)
			   : posix_spawn_file_actions_addopen(files, STDIN_FILENO,
							      "/dev/null", O_RDONLY, 0);

	if (r == 0 && p->quiet)
		r = posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null",
						     O_WRONLY, 0);
	else if (r == 0)
		r = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(files, out, STDERR_FILENO);
	/* A descriptor onto itself: it loses its close-on-exec flag. */
	for (size_t i = 0; r == 0 && i < DG_PROCESS_KEEP; i++)
		if (p->keep[i] > STDERR_FILENO)
			r = posix_spawn_file_actions_adddup2(files, p->keep[i],
							     p->keep[i]);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(files, "/");
	return r;
}

/* No signal that this process ignores or blocks is ignored or blocked there. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
						     POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(const struct dg_process *p, int out, pid_t *ret)
{
	char *env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
		       NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int r;

	if (posix_spawn_file_actions_init(&files) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return -ENOMEM;
	}
	set_attributes(&attributes);
	r = add_files(p, out, &files);
	if (r == 0)
		r = posix_spawn(ret, p->program, &files, &attributes,
				(char *const *)(uintptr_t)p->argv, env);
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
		/* No such child: whatever became of it, it is no success. */
		if (ended < 0 && errno != EINTR) {
			*ret_status = W_EXITCODE(255, 0);
			return true;
		}
		if (clock_ms() >= until)
			return false;
		nanosleep(&tick, NULL);
	}
}

static void end_group(const struct dg_process *p, pid_t pid, struct dg_process_end *end,
		      int *ret_status)
{
	bool ended = false;

	end->timed_out = true;
	if (p->grace_ms > 0) {
		kill(-pid, SIGTERM);
		ended = wait_for(pid, p->grace_ms, ret_status);
	}
	/* What it started may be deaf to SIGTERM, too. */
	kill(-pid, SIGKILL);
	end->left = !ended && !wait_for(pid, REAP_MS, ret_status);
}

static int read_output(int fd, struct dg_process_end *end)
{
	off_t size = lseek(fd, 0, SEEK_CUR);
	ssize_t n = 0;

	if (size < 0)
		return -errno;
	if (size > (off_t)DG_PROCESS_OUTPUT_MAX) /* it may be anywhere: it is shared */
		size = DG_PROCESS_OUTPUT_MAX;
	end->output = malloc((size_t)size + 1);
	if (!end->output)
		return -ENOMEM;
	while ((off_t)end->size < size &&
	       (n = pread(fd, end->output + end->size, (size_t)size - end->size,
			  (off_t)end->size)) > 0)
		end->size += (size_t)n;
	end->output[end->size] = '\0';
	return n < 0 ? -errno : 0;
}

static int spawn_and_wait(const struct dg_process *process, int out,
			  struct dg_process_end *end, int *ret_status)
{
	pid_t pid;
	int r = spawn(process, out, &pid);

	if (r == 0 && !wait_for(pid, process->limit_ms, ret_status))
		end_group(process, pid, end, ret_status);
	return r;
}

int dg_process_run(const struct dg_process *process, struct dg_process_end *ret)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	DG_CLOSE int out = make_output();
	struct dg_process_end end = {.status = -1};
	struct sigaction before;
	int status = 0, r;

	if (out < 0)
		return out;
	/* Whoever ignores SIGCHLD, as some callers leave it, learns of no status. */
	sigaction(SIGCHLD, &usual, &before);
	r = spawn_and_wait(process, out, &end, &status);
	sigaction(SIGCHLD, &before, NULL);
	if (r < 0)
		return r;
	if (!end.left && WIFEXITED(status))
		end.status = WEXITSTATUS(status);
	else if (!end.left && WIFSIGNALED(status))
		end.signal = WTERMSIG(status);
	r = read_output(out, &end);
	if (r < 0) {
		free(end.output);
		end.output = NULL;
		end.size = 0;
	}
	*ret = end;
	return 0;
}

void dg_process_end_clear(struct dg_process_end *end)
{
	free(end->output);
	end->output = NULL;
}
