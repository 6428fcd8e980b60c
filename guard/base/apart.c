/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/base/apart.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "guard/base/cleanup.h"

#define PIECE	   ((size_t)64 * 1024)
#define REAP_TRIES 100 /* of a millisecond each */

struct child {
	pid_t pid; /* 0: none, or reaped already */
	int fd;	   /* where it writes to */
	char *data;
	size_t size, room;
};

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void dg_close_others(const int *keep, size_t n)
{
	int from = STDERR_FILENO + 1;

	for (;;) {
		int next = INT_MAX;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= from && keep[i] < next)
				next = keep[i];
		if (next > from &&
		    close_range((unsigned int)from, (unsigned int)next - 1, 0) < 0)
			break; /* a kernel before 5.9 */
		if (next == INT_MAX)
			break;
		from = next + 1;
	}
}

int dg_write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Ends without exit handlers or flushing: those belong to the parent. */
__attribute__((noreturn)) static void run_child(dg_apart_fn fn, const void *arg, int fd,
						pid_t parent)
{
	/* Should the parent end first, so shall the child; it may have ended just now. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(ECHILD);
	_exit(-fn(arg, fd));
}

int dg_apart_start(dg_apart_fn fn, const void *arg, pid_t *ret_pid, int *ret_fd)
{
	DG_CLOSE int reader = -1;
	DG_CLOSE int writer = -1;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	writer = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(reader);
		run_child(fn, arg, writer, parent);
	}
	*ret_pid = pid;
	*ret_fd = dg_steal_fd(&reader);
	return 0;
}

bool dg_apart_wait(pid_t *pid, int *ret_status)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	for (int i = 0; *pid > 0 && i < REAP_TRIES; i++) {
		int status = 0;
		pid_t ended = waitpid(*pid, &status, WNOHANG);

		/* Whoever ignores SIGCHLD has no children to wait for. */
		if (ended == *pid || (ended < 0 && errno != EINTR)) {
			*pid = 0;
			*ret_status = status;
			return ended > 0;
		}
		nanosleep(&moment, NULL);
	}
	return false;
}

/* Room for a piece and the final NUL. */
static int child_grow(struct child *child, size_t cap)
{
	size_t room = child->room ? 2 * child->room : PIECE + 1;
	char *data;

	if (child->size > cap)
		return -EFBIG;
	if (child->room > child->size + 1)
		return 0;
	data = realloc(child->data, room);
	if (!data)
		return -ENOMEM;
	child->data = data;
	child->room = room;
	return 0;
}

/* 1: there is something to read, or the end. -ETIMEDOUT: not by `until`. */
static int child_poll(const struct child *child, int64_t until)
{
	struct pollfd p = {.fd = child->fd, .events = POLLIN};

	for (;;) {
		int64_t left = until - clock_ms();
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (n > 0)
			return 1;
		if (left <= 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int child_read(struct child *child, int64_t until, size_t cap)
{
	for (;;) {
		int r = child_grow(child, cap);
		ssize_t n;

		if (r == 0)
			r = child_poll(child, until);
		if (r < 0)
			return r;
		n = read(child->fd, child->data + child->size,
			 child->room - child->size - 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		child->size += n > 0 ? (size_t)n : 0;
	}
	child->data[child->size] = '\0';
	return 0;
}

/* One whose status nobody can know has closed its pipe all the same. */
static int child_wait(struct child *child)
{
	int status;

	if (dg_apart_wait(&child->pid, &status))
		return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
	return child->pid == 0 ? 0 : -ECHILD;
}

static void child_end(struct child *child)
{
	int saved = errno;

	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		child_wait(child);
	}
	if (child->fd >= 0)
		close(child->fd);
	free(child->data);
	errno = saved;
}

int dg_run_apart(dg_apart_fn fn, const void *arg, int deadline_ms, size_t cap, char **ret,
		 size_t *ret_size)
{
	DG_CLEANUP(child_end) struct child child = {.fd = -1};
	int64_t until = clock_ms() + deadline_ms;
	int r = dg_apart_start(fn, arg, &child.pid, &child.fd);

	if (r == 0)
		r = child_read(&child, until, cap);
	if (r == 0)
		r = child_wait(&child);
	if (r < 0)
		return r;
	*ret_size = child.size;
	*ret = DG_STEAL(child.data);
	return 0;
}
