/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/probe/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard/base/apart.h"
#include "guard/base/cleanup.h"

#define PRESSURE_SIZE 512  /* two lines of some 70 characters */
#define REAP_MS	      500  /* for a process that was killed to be gone */
#define SLACK_MS      1000 /* the keeper ends by itself before that */

/* What the three of them share. */
struct board {
	int r;		      /* the keeper's verdict ... */
	bool told;	      /* ... which is there */
	bool done;	      /* the worker came to its end */
	max_align_t report[]; /* of kept->report_size bytes */
};

struct board_map {
	struct board *board; /* NULL: none */
	size_t size;
};

static void board_unmap(struct board_map *map)
{
	if (map->board)
		munmap(map->board, map->size);
}

static int board_make(size_t report_size, struct board_map *ret)
{
	size_t size = sizeof(struct board) + report_size;
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);

	if (data == MAP_FAILED)
		return -errno;
	*ret = (struct board_map){.board = data, .size = size};
	return 0;
}

int64_t dg_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct timespec dg_timespec_of(int64_t us)
{
	return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

int dg_pressure_read(int fd, struct dg_psi *ret)
{
	char text[PRESSURE_SIZE];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	int r = n < 0 ? -errno : dg_psi_parse(text, (size_t)n, ret);

	return r == 0 && !ret->has_some ? -EBADMSG : r;
}

/* --- the worker --- */

/* A worker that hangs for good would hold the caller's locks and pipes for as long. The
 * standard error stays, for the words of a sanitizer. */
static void close_others(const int *keep, size_t n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	dg_close_others(keep, n);
}

static int enter_own(const struct dg_kept *kept, int own_error)
{
	char path[DG_CGROUP_NAME_SIZE + sizeof("/io.pressure")];
	int fd, r = own_error;

	if (r == 0)
		r = dg_cgroup_enter(kept->cgroup, kept->name);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/io.pressure", kept->name);
	fd = openat(kept->cgroup, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

__attribute__((noreturn)) static void run_worker(const struct dg_kept *kept,
						 int own_error, int gate, pid_t keeper,
						 struct board *board)
{
	const int keep[] = {gate, kept->cgroup, kept->extra};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != keeper)
		_exit(1);
	close_others(keep, DG_COUNT(keep));
	kept->work(kept, enter_own(kept, own_error), gate, board->report);
	board->done = true;
	_exit(0);
}

/* --- waiting for a process --- */

/* 0: it is gone, -ECANCELED: `other` is readable or at its end, -ETIMEDOUT. */
static int await_end(int pidfd, int other, int64_t until_us)
{
	struct pollfd p[] = {{.fd = pidfd, .events = POLLIN},
			     {.fd = other, .events = POLLIN}};

	for (;;) {
		int64_t left = (until_us - dg_clock_us() + 999) / 1000;
		int n = left <= 0 ? 0 : poll(p, DG_COUNT(p), (int)left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ETIMEDOUT;
		return p[0].revents ? 0 : -ECANCELED;
	}
}

/* Of one that hangs in the kernel nobody can see the end. */
static void end_process(pid_t pid, int pidfd)
{
	if (pidfd < 0)
		kill(pid, SIGKILL);
	else
		pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	await_end(pidfd, -1, dg_clock_us() + REAP_MS * 1000);
	waitpid(pid, NULL, WNOHANG);
}

/* --- the keeper --- */

static int run_kept(const struct dg_kept *kept, int own_error, int gate,
		    struct board *board)
{
	int64_t until = dg_clock_us() + (int64_t)kept->limit_ms * 1000, grace;
	const pid_t keeper = getpid(), worker = fork();
	DG_CLOSE int pidfd = -1;
	int r;

	if (worker < 0)
		return -errno;
	if (worker == 0)
		run_worker(kept, own_error, gate, keeper, board);
	pidfd = pidfd_open(worker, 0);
	r = pidfd < 0 ? -errno : await_end(pidfd, gate, until);
	if (r == -ECANCELED) {
		grace = dg_clock_us() + (int64_t)kept->grace_ms * 1000;
		r = await_end(pidfd, -1, grace < until ? grace : until);
	}
	end_process(worker, pidfd);
	return r == 0 && !board->done ? -ENODATA : r;
}

__attribute__((noreturn)) static void run_keeper(const struct dg_kept *kept, int gate,
						 struct board *board)
{
	int own_error = kept->cgroup < 0 ? kept->cgroup : 0;
	sigset_t all;

	/* Away from the terminal's signals, and from those sent to the caller's group:
	 * that the caller is gone shows at the gate. */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (own_error == 0) {
		dg_cgroup_sweep(kept->cgroup);
		own_error = dg_cgroup_make(kept->cgroup, kept->name);
	}
	board->r = run_kept(kept, own_error, gate, board);
	if (own_error == 0)
		dg_cgroup_remove(kept->cgroup, kept->name);
	board->told = true;
	_exit(0);
}

/* --- the caller --- */

/* The keeper is gone on return, and so is what it made. */
static int end_keeper(const struct dg_kept *kept, pid_t keeper, int pidfd, int r,
		      const struct board *board)
{
	end_process(keeper, pidfd);
	if (r == 0 && board->told)
		return board->r;
	if (kept->cgroup >= 0)
		dg_cgroup_remove(kept->cgroup, kept->name);
	return r == 0 ? -ENODATA : r;
}

static int run_with(const struct dg_kept *kept, struct board *board)
{
	const int64_t until =
		dg_clock_us() + (int64_t)(kept->limit_ms + REAP_MS + SLACK_MS) * 1000;
	DG_CLOSE int reader = -1;
	DG_CLOSE int writer = -1;
	DG_CLOSE int pidfd = -1;
	int ends[2], r;
	pid_t keeper;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	writer = ends[1];
	keeper = fork();
	if (keeper < 0)
		return -errno;
	if (keeper == 0) {
		close(writer);
		run_keeper(kept, reader, board);
	}
	pidfd = pidfd_open(keeper, 0);
	r = pidfd < 0 ? -errno : await_end(pidfd, kept->stop, until);
	if (r == -ECANCELED) {
		close(dg_steal_fd(&writer)); /* the gate, which the worker sees too */
		r = await_end(pidfd, -1, until);
	}
	return end_keeper(kept, keeper, pidfd, r, board);
}

int dg_kept_run(const struct dg_kept *kept, void *report)
{
	DG_CLEANUP(board_unmap) struct board_map map = {0};
	int r = board_make(kept->report_size, &map);

	if (r < 0) {
		memset(report, 0, kept->report_size);
		return r;
	}
	r = run_with(kept, map.board);
	memcpy(report, map.board->report, kept->report_size);
	return r;
}
