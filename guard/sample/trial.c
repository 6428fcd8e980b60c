/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's part: one way after the other, and what their figures mean. */
#include "guard/sample/trial.h"

#include <errno.h>
#include <poll.h>

#include "guard/base/cleanup.h"
#include "guard/probe/uring.h"
#include "guard/sample/trial-ways.h"
#include "policy/text.h"

/* For making and filling the scratch file, and for the last write. A disk that needs
 * longer is taken for one that does not answer. */
#define PATIENCE_MS 5000
#define GRACE_MS    2000 /* likewise, once it is to end */
#define TRIALS_MAX  16	 /* in one sample */

static const char *const way_names[DG_TRIAL_WAYS] = {
	[DG_TRIAL_BLOCKING] = "blocking",
	[DG_TRIAL_URING] = "io_uring",
	[DG_TRIAL_URING_NO_IOWAIT] = "io_uring-no-iowait",
};

static const struct {
	const char *words; /* NULL: no matter of the directory's */
	bool with_error;   /* is of use beside them */
} refusals[DG_TRIAL_STEPS] = {
	[DG_TRIAL_STEP_DIR] = {.words = "cannot be opened as a directory",
			       .with_error = true},
	[DG_TRIAL_STEP_READ_ONLY] = {.words = "the file system is read-only"},
	[DG_TRIAL_STEP_KIND] =
		{.words = "is in memory or served by a process, so no disk stands "
			  "behind it; name a directory where guests have theirs"},
	[DG_TRIAL_STEP_ROOM] =
		{.words = "less than 5 % or 64 MiB of the file system are free"},
	[DG_TRIAL_STEP_FILE] = {.words = "no scratch file can be made",
				.with_error = true},
	[DG_TRIAL_STEP_WRITE] = {.words = "writing to a scratch file failed",
				 .with_error = true},
};

struct trials {
	struct dg_kept kept; /* but for what one way changes */
	struct dg_trial_task task;
	struct dg_sample *sample;
	char **ret_why; /* may be NULL */
};

static const char *error_words(int r)
{
	const char *words = strerrordesc_np(-r); /* in no locale's language */

	return words ? words : "unknown error";
}

DG_PRINTF(3, 4) static int fail(const struct trials *t, int r, const char *fmt, ...)
{
	va_list args;

	if (!t->ret_why)
		return r;
	va_start(args, fmt);
	*t->ret_why = dg_vformat(fmt, args);
	va_end(args);
	return r;
}

static bool is_stopped(const struct trials *t)
{
	struct pollfd p = {.fd = t->kept.stop, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* --- what the figures mean --- */

static void set_stalled(struct dg_int *fact, const struct dg_trial_report *report)
{
	int e = report->stalled_error;

	if (report->step != DG_TRIAL_STEP_DONE)
		dg_set_gap(&fact->meta, DG_UNREADABLE,
			   "the process that wrote did not come to its end");
	else if (e == -EOPNOTSUPP)
		dg_set_gap(&fact->meta, DG_UNREADABLE,
			   "the kernel does not measure pressure (psi=1 on its command "
			   "line switches it on)");
	else if (e < 0)
		dg_set_gap(&fact->meta, DG_UNREADABLE,
			   "no cgroup of its own could be made: %s",
			   e == -ENOENT ? "cgroup v2 or its pressure is not there"
					: error_words(e));
	else
		dg_set_int(fact, report->stalled_us);
}

static void set_figures(struct dg_trial *trial, const struct dg_trial_report *report)
{
	dg_set_int(&trial->writes, report->writes);
	dg_set_int(&trial->in_flight_us, report->in_flight_us);
	dg_set_int(&trial->elapsed_us, report->elapsed_us);
	set_stalled(&trial->stalled_us, report);
	if (report->writes > 0)
		dg_set_real(&trial->await_ms,
			    (double)report->in_flight_us / 1000 / (double)report->writes);
	if (report->in_flight_us > 0 && dg_known(&trial->stalled_us))
		dg_set_real(&trial->inflation,
			    (double)report->stalled_us / (double)report->in_flight_us);
}

static bool is_without_ring(const struct dg_trial_report *report)
{
	return report->step == DG_TRIAL_STEP_RING && report->error < 0;
}

/* No ring, no figures: not even that there were no writes says anything. */
static void set_refused(struct dg_trial *trial, int r)
{
	struct dg_meta *const metas[] = {&trial->writes.meta, &trial->in_flight_us.meta,
					 &trial->elapsed_us.meta,
					 &trial->stalled_us.meta};

	for (size_t i = 0; i < DG_COUNT(metas); i++)
		dg_set_gap(metas[i], DG_UNREADABLE, "io_uring_setup: %s", error_words(r));
}

static int add_trial(const struct trials *t, enum dg_trial_way way,
		     const struct dg_trial_report *report)
{
	struct dg_trial *trial = DG_ADD(&t->sample->trials, TRIALS_MAX);

	if (!trial)
		return fail(t, -ENOMEM, "out of memory");
	dg_set_str(&trial->way, way_names[way]);
	trial->await_ms.meta.state = DG_ABSENT;
	trial->inflation.meta.state = DG_ABSENT;
	if (is_without_ring(report))
		set_refused(trial, report->error);
	else
		set_figures(trial, report);
	return 0;
}

/* --- one after the other --- */

static int refuse(const struct trials *t, const struct dg_trial_report *report)
{
	const char *words = refusals[report->step].words;
	bool with_error = refusals[report->step].with_error;

	if (!words)
		return 0;
	return fail(t, report->error, "%s: %s%s%s", t->task.dir, words,
		    with_error ? ": " : "", with_error ? error_words(report->error) : "");
}

/* 0 where the next way may be tried. */
static int check_report(const struct trials *t, int r,
			const struct dg_trial_report *report)
{
	if (r == -ETIMEDOUT && !is_stopped(t))
		return fail(t, r, "%s: the disk did not answer within %d s", t->task.dir,
			    PATIENCE_MS / 1000);
	if (r == -ETIMEDOUT || r == -ENODATA)
		return 0; /* ended from outside; what it measured is kept */
	if (r < 0)
		return fail(t, r, "no process can be started: %s", error_words(r));
	return report->error < 0 ? refuse(t, report) : 0;
}

static int run_task(struct trials *t, enum dg_trial_way way, int limit_ms,
		    struct dg_trial_report *ret)
{
	t->task.way = way;
	t->kept.arg = &t->task;
	t->kept.limit_ms = limit_ms;
	return dg_kept_run(&t->kept, ret);
}

/* What a directory refuses is found out outside of any cgroup, before a way is announced.
 */
static int look(struct trials *t)
{
	struct dg_trial_report report;
	const int cgroup = t->kept.cgroup;
	int r;

	t->kept.cgroup = -ENOENT;
	r = run_task(t, DG_TRIAL_LOOK, PATIENCE_MS, &report);
	t->kept.cgroup = cgroup;
	return check_report(t, r, &report);
}

static int try_way(struct trials *t, enum dg_trial_way way)
{
	struct dg_trial_report report;
	int r = run_task(t, way, t->task.each_ms + PATIENCE_MS, &report), added = 0;

	if (report.writes > 0 || is_without_ring(&report) ||
	    (r == -ENODATA && !is_stopped(t)))
		added = add_trial(t, way, &report);
	return added < 0 ? added : check_report(t, r, &report);
}

/* Whether a wait can be told to be no wait for I/O. */
static bool has_no_iowait(void)
{
	uint32_t features;

	return dg_uring_ask(&features, NULL) == 0 && features & DG_URING_FEAT_NO_IOWAIT;
}

static int try_all(struct trials *t, void (*tell)(const char *way, void *arg), void *arg)
{
	int r = is_stopped(t) ? 0 : look(t);

	if (r == 0)
		dg_set_known(&t->sample->trials.meta);
	for (enum dg_trial_way way = 0; way < DG_TRIAL_WAYS && r == 0; way++) {
		if (is_stopped(t))
			break;
		if (way == DG_TRIAL_URING_NO_IOWAIT && !has_no_iowait())
			continue;
		if (tell)
			tell(way_names[way], arg);
		r = try_way(t, way);
	}
	return r;
}

int dg_trials_run(const char *dir, int each_ms, int stop,
		  void (*tell)(const char *way, void *arg), void *arg,
		  struct dg_sample *sample, char **ret_why)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_CLOSE int cgroup = -1;
	struct trials t = {
		.kept = {.extra = -1,
			 .grace_ms = GRACE_MS,
			 .stop = stop,
			 .report_size = sizeof(struct dg_trial_report),
			 .work = dg_trial_work},
		.task = {.dir = dir,
			 .each_ms = each_ms < DG_TRIAL_TIME_MAX_MS
					    ? each_ms
					    : DG_TRIAL_TIME_MAX_MS},
		.sample = sample,
		.ret_why = ret_why,
	};
	int r;

	if (each_ms <= 0)
		return fail(&t, -EINVAL, "a load of %d ms is none", each_ms);
	r = dg_root_new("/", &root);
	r = r < 0 ? r : dg_cgroup_open_own(root, &cgroup);
	t.kept.cgroup = r < 0 ? r : cgroup;
	dg_cgroup_name(getpid(), t.kept.name);
	return try_all(&t, tell, arg);
}
