/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/sample/watch.h"

#include <errno.h>
#include <poll.h>

#define SECOND_US INT64_C(1000000)
/* Requests a second from which on somebody works. An idle host's own log writes stay
 * below. */
#define LOAD_PER_S 10

int dg_watch_start(const struct dg_root *root, int stop,
		   const struct dg_sample_options *options, struct dg_watch *ret)
{
	*ret = (struct dg_watch){.held = DG_BELOW_NONE, .stop = stop, .options = options};
	ret->proc = &ret->held;
	return dg_below_open(root, "proc", &ret->held);
}

void dg_watch_end(struct dg_watch *watch)
{
	if (watch->proc)
		dg_below_close(&watch->held);
	dg_reading_clear(&watch->before);
}

/* --- telling --- */

static const struct dg_diskstat *busiest(const struct dg_reading *a,
					 const struct dg_reading *b,
					 uint64_t *ret_requests)
{
	const struct dg_diskstat *best = NULL;
	uint64_t most = 0;

	for (size_t i = 0; i < b->disk_count; i++) {
		const struct dg_diskstat *before = dg_reading_same_disk(a, b, i);
		uint64_t n = before ? b->disks[i].reads + b->disks[i].writes -
					      before->reads - before->writes
				    : 0;

		/* Disks come before their partitions, which cannot do more. */
		if (n > most && n < UINT64_MAX / 2) {
			best = &b->disks[i];
			most = n;
		}
	}
	*ret_requests = most;
	return best;
}

static double stall_percent(uint64_t a, uint64_t b, int64_t us)
{
	return b >= a && us > 0 ? (double)(b - a) * 100 / (double)us : -1;
}

static void set_rates(const struct dg_reading *a, const struct dg_reading *b,
		      struct dg_progress *p)
{
	const struct dg_psi_reading *x = &a->psi[DG_IO], *y = &b->psi[DG_IO];
	int64_t us = b->mono_us - a->mono_us;
	uint64_t requests;
	const struct dg_diskstat *disk = busiest(a, b, &requests), *before;

	p->io_some_percent = p->io_full_percent = p->disk_await_ms = -1;
	if (x->r == 0 && y->r == 0 && a->mono_us > 0) {
		p->io_some_percent = stall_percent(x->psi.some_us, y->psi.some_us, us);
		p->io_full_percent = stall_percent(x->psi.full_us, y->psi.full_us, us);
	}
	p->disk = disk ? disk->name : NULL;
	before = disk ? dg_reading_disk(a, disk->major, disk->minor) : NULL;
	if (before)
		p->disk_await_ms = (double)(disk->read_ms + disk->write_ms -
					    before->read_ms - before->write_ms) /
				   (double)requests;
}

void dg_watch_tell(struct dg_watch *watch, int stage, const char *way)
{
	struct dg_reading now;

	if (!watch->options->progress)
		return;
	dg_reading_peek(watch->proc, &now);
	set_rates(&watch->before, &now, &watch->progress);
	watch->progress.stage = stage;
	watch->progress.way = way;
	watch->progress.elapsed_s = (double)(now.mono_us - watch->from) / SECOND_US;
	watch->options->progress(&watch->progress, watch->options->arg);
	dg_reading_clear(&watch->before);
	watch->before = now;
}

void dg_watch_begin(struct dg_watch *watch, int stage, int64_t from, double planned_s)
{
	watch->from = from;
	watch->progress.planned_s = planned_s;
	dg_watch_tell(watch, stage, NULL);
}

/* --- waiting --- */

/* True: interrupted. */
static bool sleep_until(const struct dg_watch *watch, int64_t until)
{
	struct pollfd fd = {.fd = watch->stop, .events = POLLIN};
	int64_t left;

	while ((left = until - dg_reading_clock_us()) > 0) {
		int n = poll(&fd, 1, (int)((left + 999) / 1000));

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return true;
	}
	return false;
}

bool dg_watch_until(struct dg_watch *watch, int64_t until)
{
	while (watch->options->progress) {
		int64_t next = dg_reading_clock_us() + SECOND_US;

		if (next >= until)
			break;
		if (sleep_until(watch, next))
			return true;
		dg_watch_tell(watch, DG_PROGRESS_WINDOW, NULL);
	}
	return sleep_until(watch, until);
}

/* All devices' requests; a volume's count twice, which does not matter here. */
static uint64_t count_requests(const struct dg_watch *watch,
			       const struct dg_guest_cgroups *cgroups)
{
	DG_CLEANUP(dg_reading_clear) struct dg_reading now = {0};
	uint64_t sum = 0;

	if (dg_guest_cgroups_requests(cgroups, &sum) == 0)
		return sum;
	dg_reading_peek(watch->proc, &now);
	for (size_t i = 0; i < now.disk_count; i++)
		sum += now.disks[i].reads + now.disks[i].writes;
	return sum;
}

bool dg_watch_for_load(struct dg_watch *watch, const struct dg_guest_cgroups *cgroups,
		       double limit_s)
{
	uint64_t before = count_requests(watch, cgroups);
	int64_t until;

	watch->from = dg_reading_clock_us();
	watch->progress.planned_s = limit_s;
	until = watch->from + (int64_t)(limit_s * SECOND_US);
	while (dg_reading_clock_us() < until) {
		uint64_t now;

		dg_watch_tell(watch, DG_PROGRESS_WAITING, NULL);
		if (sleep_until(watch, dg_reading_clock_us() + SECOND_US))
			return true;
		now = count_requests(watch, cgroups);
		if (now >= before + LOAD_PER_S)
			return false;
		before = now;
	}
	return false;
}
