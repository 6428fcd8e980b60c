/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's part of the self-test, and what its figures mean. */
#include "guard/probe/idle-wait.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/probe/idle-waiter.h"

/* What remains of the limit is for removing the cgroup. */
#define WAITER_LIMIT_MS (DG_IDLE_LIMIT_MS - 50)
/* A wait that took this many times what was planned was held up: the machine is busy, or
 * was stopped meanwhile. Its share says nothing. */
#define LATE_FACTOR 2

static const char *const scope_names[] = {
	[DG_IDLE_NOWHERE] = "nothing",
	[DG_IDLE_OWN] = "the test's own cgroup",
	[DG_IDLE_SHARED] = "the cgroup that this program runs in",
	[DG_IDLE_HOST] = "the whole host",
};

static const char *error_words(int r)
{
	const char *words = strerrordesc_np(-r); /* in no locale's language */

	return words ? words : "unknown error";
}

DG_PRINTF(2, 3) static void set_why(struct dg_idle_test *test, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(test->why, sizeof(test->why), fmt, args);
	va_end(args);
}

/* --- what the figures mean --- */

double dg_idle_percent(const struct dg_idle_wait *wait, int64_t charged_us)
{
	if (wait->elapsed_us <= 0)
		return 0;
	return 100.0 * (double)charged_us / (double)wait->elapsed_us;
}

/* Whether pressure was charged though nobody here waited in the ring. */
static bool is_noisy(struct dg_idle_test *test, enum dg_idle_way way)
{
	const struct dg_idle_wait *wait = &test->waits[way];
	double percent = dg_idle_percent(wait, wait->some_us);

	if (wait->done && percent <= DG_IDLE_FREE_PERCENT)
		return false;
	if (wait->done)
		set_why(test,
			"%s is not quiet: I/O stalled it for %.0f %% of a wait "
			"that is never charged",
			scope_names[test->scope], percent);
	else
		set_why(test, "the wait that shows how quiet it is was not made");
	return true;
}

/* How often the charge may have been watered down by processors that others keep busy. */
static double others_factor(const struct dg_idle_test *test)
{
	return test->scope == DG_IDLE_OWN || test->cpus < 1 ? 1 : test->cpus;
}

static enum dg_idle_charge judge_wait(struct dg_idle_test *test, enum dg_idle_way way)
{
	const struct dg_idle_wait *wait = &test->waits[way];
	double percent = dg_idle_percent(wait, wait->some_us);

	if (!wait->done)
		return DG_IDLE_NOT_TRIED;
	if (percent >= DG_IDLE_CHARGED_PERCENT)
		return DG_IDLE_CHARGED;
	if (wait->elapsed_us > LATE_FACTOR * wait->planned_us)
		set_why(test, "the machine is too busy: a wait of %lld ms took %lld ms",
			(long long)wait->planned_us / 1000,
			(long long)wait->elapsed_us / 1000);
	else if (percent * others_factor(test) <= DG_IDLE_FREE_PERCENT)
		return DG_IDLE_FREE;
	else
		set_why(test, "%.1f %% of the wait was charged, neither most nor none%s",
			percent,
			test->scope == DG_IDLE_OWN
				? ""
				: "; others ran beside it in what was measured");
	return DG_IDLE_CANNOT_TELL;
}

void dg_idle_test_judge(struct dg_idle_test *test)
{
	test->plain = test->no_iowait = DG_IDLE_CANNOT_TELL;
	test->why[0] = '\0';
	if (is_noisy(test, DG_IDLE_BEFORE) || is_noisy(test, DG_IDLE_AFTER))
		return;
	test->no_iowait = judge_wait(test, DG_IDLE_NO_IOWAIT);
	test->plain = judge_wait(test, DG_IDLE_PLAIN);
}

/* --- running it --- */

static void explain_failure(struct dg_idle_test *test,
			    const struct dg_idle_report *report)
{
	switch (report->step) {
	case DG_IDLE_STEP_RING:
		set_why(test, "io_uring_setup: %s", error_words(report->error));
		break;
	case DG_IDLE_STEP_PRESSURE:
		set_why(test, "no pressure is to be read here: the kernel does not "
			      "measure it (psi=1 on its command line switches it on), "
			      "or a sandbox hides it");
		break;
	case DG_IDLE_STEP_WAIT:
		set_why(test, "the test failed: %s", error_words(report->error));
		break;
	case DG_IDLE_STEP_LATE:
		set_why(test, "the machine is too busy: not done within %d ms",
			DG_IDLE_LIMIT_MS);
		break;
	case DG_IDLE_STEP_LOST:
		set_why(test, "the process that waited was ended from outside");
		break;
	case DG_IDLE_STEP_START:
	case DG_IDLE_STEP_DONE:
		set_why(test, "the test could not be started: %s",
			error_words(report->error));
		break;
	}
}

static void take_report(struct dg_idle_test *test, const struct dg_idle_report *report)
{
	memcpy(test->waits, report->waits, sizeof(test->waits));
	test->scope = report->scope;
	if (report->own_error < 0)
		snprintf(test->scope_why, sizeof(test->scope_why),
			 "no cgroup of its own could be made: %s",
			 report->own_error == -ENOENT
				 ? "cgroup v2 or its pressure is not there"
				 : error_words(report->own_error));
	if (report->step == DG_IDLE_STEP_DONE)
		dg_idle_test_judge(test);
	else
		explain_failure(test, report);
}

/* What the waiter reports, or why it does not. */
static void run_waiter(int cgroup, int host, struct dg_idle_report *report)
{
	static const enum dg_idle_step steps[] = {
		[ETIMEDOUT] = DG_IDLE_STEP_LATE,
		[ENODATA] = DG_IDLE_STEP_LOST,
	};
	struct dg_kept kept = {
		.cgroup = cgroup,
		.extra = host,
		.limit_ms = WAITER_LIMIT_MS,
		.stop = -1,
		.report_size = sizeof(*report),
		.work = dg_idle_waiter_run,
	};
	int r;

	dg_cgroup_name(getpid(), kept.name);
	r = dg_kept_run(&kept, report);
	if (r == 0)
		return;
	report->error = r;
	report->step = (size_t)-r < DG_COUNT(steps) ? steps[-r] : DG_IDLE_STEP_DONE;
	if (report->step == DG_IDLE_STEP_DONE)
		report->step = DG_IDLE_STEP_START;
}

void dg_idle_test_run(const struct dg_root *root, struct dg_idle_test *ret)
{
	const int64_t begin = dg_clock_us();
	DG_CLOSE int cgroup = -1;
	DG_CLOSE int host = -1;
	struct dg_idle_report report;
	int r;

	/* Where these fail there is one place less to read pressure from. */
	r = dg_cgroup_open_own(root, &cgroup);
	dg_root_open(root, "proc/pressure/io", DG_ROOT_FILE, &host);
	*ret = (struct dg_idle_test){.cpus = (int)sysconf(_SC_NPROCESSORS_ONLN)};
	run_waiter(r < 0 ? r : cgroup, host, &report);
	take_report(ret, &report);
	ret->elapsed_us = dg_clock_us() - begin;
}
