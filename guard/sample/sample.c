/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window: two readings, a few looks in between, and what lies between them. */
#include "guard/sample/sample.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/collect/collect.h"
#include "guard/sample/reading.h"
#include "guard/sample/signature.h"
#include "guard/sample/trial.h"
#include "guard/sample/watch.h"
#include "policy/boot-record.h"
#include "policy/text.h"

#define DISKS_MAX      1024
#define TRIAL_MS       4000
#define COUNTS	       3 /* of blocked threads */
#define COUNT_PAUSE_US 40000
#define SECOND_US      INT64_C(1000000)

/* --- signals end the window, not the program --- */

struct stopper {
	sigset_t before;
	int fd;
};

static int stopper_start(struct stopper *ret)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, &ret->before) < 0)
		return -errno;
	ret->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return ret->fd < 0 ? -errno : 0;
}

/* One that came is done with: it must not end the program when the mask is lifted. */
static void stopper_end(struct stopper *stopper)
{
	struct signalfd_siginfo info;

	while (stopper->fd >= 0 && read(stopper->fd, &info, sizeof(info)) > 0)
		;
	dg_closep(&stopper->fd);
	sigprocmask(SIG_SETMASK, &stopper->before, NULL);
}

/* --- the window --- */

struct window {
	const struct dg_root *root;
	struct dg_watch watch;
	struct dg_guest_cgroups cgroups;
	struct dg_reading first, last;
	struct dg_sample sample;
	int64_t blocked, blocked_in_d; /* at the look; -1: not known */
	bool interrupted;
};

static void window_clear(struct window *w)
{
	dg_watch_end(&w->watch);
	dg_guest_cgroups_clear(&w->cgroups);
	dg_reading_clear(&w->first);
	dg_reading_clear(&w->last);
	dg_record_clear(&dg_sample_record, &w->sample);
}

/* Threads that are blocked all the time, and not for one write: the least number of a few
 * counts. Most of the time the first of them is 0. */
static int64_t count_blocked(struct window *w)
{
	size_t least = SIZE_MAX;

	for (int i = 0; i < COUNTS && least > 0 && (i == 0 || !w->interrupted); i++) {
		size_t now;

		if (i > 0)
			w->interrupted = dg_watch_until(
				&w->watch, dg_reading_clock_us() + COUNT_PAUSE_US);
		if (dg_count_blocked(w->watch.proc, &now) < 0)
			return -1;
		least = now < least ? now : least;
	}
	return (int64_t)least;
}

/* procs_blocked counts who is in iowait; who of them is blocked in earnest is in state D.
 * Threads are counted only where there is something to tell apart. */
static void look(struct window *w)
{
	DG_CLEANUP(dg_reading_clear) struct dg_reading now;

	dg_reading_take(w->watch.proc, &now);
	if (now.stat_r < 0 || !now.stat.has_blocked)
		return;
	w->blocked = (int64_t)now.stat.blocked;
	w->blocked_in_d = w->blocked ? count_blocked(w) : 0;
}

static void set_look(int64_t value, struct dg_real *fact)
{
	if (value >= 0)
		dg_set_real(fact, (double)value);
	else
		dg_set_gap(&fact->meta, DG_UNREADABLE,
			   "/proc/stat or the list of processes cannot be read");
}

/* Wait until `until`, with a look half way, or where it ends before. */
static void pass(struct window *w, int64_t from, int64_t until)
{
	w->interrupted = dg_watch_until(&w->watch, from + (until - from) / 2);
	look(w);
	if (!w->interrupted)
		w->interrupted = dg_watch_until(&w->watch, until);
}

static int read_all(struct window *w, struct dg_reading *reading)
{
	int r;

	dg_reading_take(w->watch.proc, reading);
	r = dg_reading_take_guests(&w->cgroups, reading);
	if (r == 0)
		dg_reading_take_tasks(w->watch.proc, reading);
	dg_reading_take_own(reading);
	return r;
}

/* --- disks --- */

static void set_place(const struct dg_disk_place *place, struct dg_disk_load *disk)
{
	if (place->label)
		dg_set_str(&disk->label, place->label);
	else
		dg_set_gap(&disk->label.meta, DG_ABSENT, "no volume");
	if (place->scheduler)
		dg_set_str(&disk->scheduler, place->scheduler);
	else
		dg_set_gap(&disk->scheduler.meta, DG_ABSENT, "it has none");
	dg_set_gap(&disk->below.meta, DG_ABSENT, "it lies on no other device");
	for (char **name = place->below; name && *name; name++) {
		struct dg_word *word = DG_ADD(&disk->below, DISKS_MAX);

		if (word)
			dg_set_str(&word->name, *name);
	}
}

static double activity(const struct dg_disk_load *disk)
{
	if (!dg_known(disk))
		return -1;
	return disk->reads_per_s.value + disk->writes_per_s.value + disk->queue.value;
}

static int by_activity(const void *a, const void *b)
{
	double x = activity(a), y = activity(b);

	return (x < y) - (x > y);
}

static int add_disk(struct window *w, size_t at, int64_t window_us,
		    struct dg_sample *sample)
{
	const struct dg_diskstat *b = &w->last.disks[at];
	const struct dg_diskstat *a = dg_reading_same_disk(&w->first, &w->last, at);
	DG_CLEANUP(dg_disk_place_clear) struct dg_disk_place place = {0};
	struct dg_disk_load *disk;

	/* One that came within the window has no beginning. */
	if (!a || strcmp(a->name, b->name) != 0 || !dg_delta_is_active(a, b))
		return 0;
	dg_disk_place_read(w->root, b->name, &place);
	if (!place.whole || sample->disks.count >= DISKS_MAX)
		return 0;
	disk = DG_ADD(&sample->disks, DISKS_MAX);
	if (!disk)
		return -ENOMEM;
	dg_delta_disk(a, b, window_us, disk);
	if (dg_known(disk))
		set_place(&place, disk);
	return 0;
}

static int set_disks(struct window *w, struct dg_sample *sample)
{
	int r = w->first.disks_r < 0 ? w->first.disks_r : w->last.disks_r;

	if (r < 0) {
		dg_set_gap(&sample->disks.meta, DG_UNREADABLE, "/proc/diskstats: %s",
			   dg_errno_words(r));
		return 0;
	}
	dg_set_known(&sample->disks.meta);
	for (size_t i = 0; i < w->last.disk_count && r == 0; i++)
		r = add_disk(w, i, w->last.mono_us - w->first.mono_us, sample);
	if (sample->disks.count > 1)
		qsort(sample->disks.items, sample->disks.count,
		      sizeof(*sample->disks.items), by_activity);
	return r;
}

/* --- all of it --- */

static int conclude(struct window *w, struct dg_sample *sample)
{
	int r;

	dg_set_int(&sample->time, (int64_t)time(NULL));
	dg_set_bool(&sample->interrupted, w->interrupted);
	dg_delta_host(&w->first, &w->last, sample);
	set_look(w->blocked, &sample->blocked);
	set_look(w->blocked_in_d, &sample->blocked_in_d);
	r = set_disks(w, sample);
	if (r == 0)
		r = dg_delta_guests(&w->cgroups, &w->first, &w->last, sample);
	if (r == 0)
		r = dg_delta_writers(w->watch.proc, &w->cgroups, &w->first, &w->last,
				     sample);
	return r;
}

/* At most so many are kept, the newest. */
static int keep(struct dg_sample *sample, struct dg_facts *facts)
{
	struct dg_sample *items = facts->samples.items, *last;
	size_t count = facts->samples.count;

	if (count < DG_BOOT_SAMPLES_MAX) {
		last = DG_ADD(&facts->samples, DG_BOOT_SAMPLES_MAX);
		if (!last)
			return -ENOMEM;
	} else {
		dg_record_clear(&dg_sample_record, &items[0]);
		memmove(items, items + 1, (count - 1) * sizeof(*items));
		last = &items[count - 1];
	}
	*last = *sample;
	*sample = (struct dg_sample){0};
	dg_set_known(&last->meta);
	return 0;
}

static void tell_trial(const char *way, void *arg)
{
	dg_watch_tell(arg, DG_PROGRESS_TRIAL, way);
}

/* First of all: what is refused is refused before anybody has waited. */
static int run_trials(struct window *w, const struct dg_sample_options *o, char **ret_why)
{
	dg_set_gap(&w->sample.trials.meta, DG_ABSENT, "no load was asked for");
	if (!o->load_dir)
		return 0;
	dg_watch_begin(&w->watch, DG_PROGRESS_TRIAL, dg_reading_clock_us(),
		       3 * TRIAL_MS / 1000.0);
	return dg_trials_run(o->load_dir, TRIAL_MS, w->watch.stop, tell_trial, &w->watch,
			     &w->sample, ret_why);
}

static int measure(struct window *w, const struct dg_sample_options *o, double window_s,
		   struct dg_facts *facts, char **ret_why)
{
	int64_t from;
	int r = run_trials(w, o, ret_why);

	if (r < 0)
		return r;
	if (o->wait_s > 0 && dg_watch_for_load(&w->watch, &w->cgroups, o->wait_s)) {
		*ret_why = dg_format("interrupted before the window began");
		return -EINTR;
	}
	r = read_all(w, &w->first);
	if (r < 0)
		return r;
	from = w->first.mono_us;
	dg_watch_begin(&w->watch, DG_PROGRESS_WINDOW, from, window_s);
	pass(w, from, from + (int64_t)(window_s * (double)SECOND_US));
	r = read_all(w, &w->last);
	if (r == 0)
		r = conclude(w, &w->sample);
	if (r < 0)
		return r;
	dg_signature_take(w->root, facts, &w->sample.signature);
	return keep(&w->sample, facts);
}

static int check_window(const struct dg_root *root, double window_s, char **ret_why)
{
	if (!dg_root_is_live(root)) {
		*ret_why = dg_format("a tree stands still: only a running host can be "
				     "sampled");
		return -ENOTSUP;
	}
	if (window_s >= DG_WINDOW_MIN_S && window_s <= DG_WINDOW_MAX_S)
		return 0;
	*ret_why = dg_format("a window of %g s cannot be measured: from %g to %g s",
			     window_s, DG_WINDOW_MIN_S, DG_WINDOW_MAX_S);
	return -EINVAL;
}

int dg_sample_take(const struct dg_root *root, const struct dg_policy *policy,
		   const struct dg_sample_options *options, struct dg_facts *facts,
		   char **ret_why)
{
	double window_s = options->window_s > 0 ? options->window_s
						: (double)policy->pressure.window_s;
	DG_CLEANUP(window_clear)
	struct window w = {.root = root, .blocked = -1, .blocked_in_d = -1};
	struct stopper stopper = {.fd = -1};
	int r = check_window(root, window_s, ret_why);

	if (r < 0)
		return r;
	r = stopper_start(&stopper);
	if (r == 0)
		r = dg_watch_start(root, stopper.fd, options, &w.watch);
	if (r == 0)
		r = dg_guest_cgroups_find(root, facts, &w.cgroups);
	if (r == 0)
		r = measure(&w, options, window_s, facts, ret_why);
	stopper_end(&stopper);
	if (r < 0 && !*ret_why)
		*ret_why = dg_format("cannot sample: %s", dg_errno_words(r));
	return r;
}
