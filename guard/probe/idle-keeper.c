/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that makes the cgroup and sees to it that it goes again. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/probe/idle-waiter.h"

/* What remains of the limit is for removing the cgroup. */
#define WAITER_LIMIT_MS (DG_IDLE_LIMIT_MS - 50)

/* --- reports through pipes --- */

_Static_assert(sizeof(struct dg_idle_report) <= 512, "a pipe takes it in one piece");

int dg_idle_report_write(int fd, const struct dg_idle_report *report)
{
	return write(fd, report, sizeof(*report)) == (ssize_t)sizeof(*report) ? 0 : -EIO;
}

int dg_idle_report_read(int fd, int out, int timeout_ms, struct dg_idle_report *ret)
{
	const int64_t until = dg_idle_clock_us() + (int64_t)timeout_ms * 1000;
	struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = out}};
	struct dg_idle_report report;

	for (;;) {
		int64_t left = (until - dg_idle_clock_us() + 999) / 1000;
		int n = left <= 0 ? 0 : poll(p, DG_COUNT(p), (int)left);

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		if (p[1].revents)
			return -EPIPE;
		if (p[0].revents)
			break;
	}
	if (read(fd, &report, sizeof(report)) != (ssize_t)sizeof(report))
		return -ENODATA;
	*ret = report;
	return 0;
}

/* --- the keeper --- */

__attribute__((noreturn)) static void run_waiter(const struct dg_idle_place *place,
						 int own_error, int out, pid_t keeper)
{
	struct dg_idle_report report = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != keeper)
		_exit(1);
	dg_idle_waiter_run(place, own_error, &report);
	_exit(dg_idle_report_write(out, &report) < 0);
}

/* What the waiter reports, or why it does not. The waiter is gone on return. */
static void run_test(const struct dg_idle_place *place, int own_error, int out,
		     struct dg_idle_report *report)
{
	static const enum dg_idle_step steps[] = {
		[ETIMEDOUT] = DG_IDLE_STEP_LATE,
		[ENODATA] = DG_IDLE_STEP_LOST,
	};
	pid_t keeper = getpid(), waiter;
	int ends[2], r;

	*report = (struct dg_idle_report){.step = DG_IDLE_STEP_START};
	if (pipe2(ends, O_CLOEXEC) < 0) {
		report->error = -errno;
		return;
	}
	waiter = fork();
	if (waiter < 0) {
		report->error = -errno;
		return;
	}
	if (waiter == 0) {
		close(out);
		close(ends[0]);
		run_waiter(place, own_error, ends[1], keeper);
	}
	close(ends[1]);
	r = dg_idle_report_read(ends[0], out, WAITER_LIMIT_MS, report);
	if (r < 0) {
		report->error = r;
		report->step = (size_t)-r < DG_COUNT(steps) ? steps[-r] : report->step;
	}
	kill(waiter, SIGKILL);
	waitpid(waiter, NULL, 0);
	close(ends[0]);
}

void dg_idle_keeper_run(const struct dg_idle_place *place, int out)
{
	int own_error = place->cgroup < 0 ? place->cgroup : 0;
	struct dg_idle_report report;
	sigset_t all;

	/* Away from the terminal's signals, and from those sent to the caller's group:
	 * that the caller is gone shows in the pipe. */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (own_error == 0) {
		dg_cgroup_sweep(place->cgroup);
		own_error = dg_cgroup_make(place->cgroup, place->name);
	}
	run_test(place, own_error, out, &report);
	if (own_error == 0)
		dg_cgroup_remove(place->cgroup, place->name);
	_exit(dg_idle_report_write(out, &report) < 0);
}
