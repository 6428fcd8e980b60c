/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a window of sampling says about I/O stall, in the order of its questions:
 *
 *   1. Can the window be trusted, and was pressure measured at all?   no: unknown
 *   2. Is the stall high, by PSI or by iowait?                        no: none
 *   3. Is a device slow or its queue long, and in use long enough
 *      to be behind the stall?                                        yes: real
 *   4. Does something else explain it: memory or CPU pressure, threads
 *      blocked on what no local disk shows, disks that were in use
 *      nearly as long as the stall lasted?                            yes: unknown
 *   5. Were guests seen to wait in a way that this kernel counts as
 *      stall though nothing is in flight?                             yes: phantom
 *   otherwise                                                         unknown
 *
 * PSI and iowait need not agree (86 % against 12.6 % was measured, DOMAIN.md 1), so
 * either makes the stall high. Where processors are busy both of them hide it, since
 * somebody always runs: there `some` counts. Real comes before phantom: where a device is
 * slow, it is slow whatever QEMU does.
 */
#include <errno.h>
#include <stdio.h>

#include "policy/pressure.h"
#include "policy/text.h"

#define WINDOW_MIN_S 1.0
/* Fewer requests a second than this on all disks together are no load. */
#define LOAD_MIN_PER_S 1.0
/* Processors that idle less than this hide a stall. */
#define IDLE_MIN_PERCENT 50.0
/* Threads in state D that no disk's queue accounts for, from which on somebody does wait
 * for I/O, and it is not seen where. Disks' queues are means, looks are few: a whole one.
 */
#define UNSEEN_THREADS 1.0

static const char *const kind_names[] = {
	[DG_PRESSURE_UNKNOWN] = "unknown",
	[DG_PRESSURE_NONE] = "none",
	[DG_PRESSURE_PHANTOM] = "phantom",
	[DG_PRESSURE_REAL] = "real",
};

const char *dg_pressure_name(enum dg_pressure_kind kind)
{
	return kind_names[kind];
}

void dg_pressure_clear(struct dg_pressure *pressure)
{
	free(pressure->why);
	*pressure = (struct dg_pressure){0};
}

/* --- figures --- */

static double number(const struct dg_real *fact)
{
	return dg_known(fact) ? fact->value : 0;
}

static double greater(double a, double b)
{
	return a > b ? a : b;
}

const struct dg_stall *dg_sample_stall(const struct dg_sample *sample,
				       const char *resource)
{
	dg_list_foreach (stall, sample->pressure)
		if (dg_known(stall) && dg_streq(dg_get(&stall->resource), resource))
			return stall;
	return NULL;
}

static double some_of(const struct dg_sample *sample, const char *resource)
{
	const struct dg_stall *stall = dg_sample_stall(sample, resource);

	return stall ? number(&stall->some_percent) : 0;
}

static double requests_of(const struct dg_disk_load *disk)
{
	return number(&disk->reads_per_s) + number(&disk->writes_per_s);
}

double dg_disk_await(const struct dg_disk_load *disk)
{
	return greater(greater(number(&disk->r_await_ms), number(&disk->w_await_ms)),
		       greater(number(&disk->f_await_ms), number(&disk->d_await_ms)));
}

bool dg_disk_is_whole(const struct dg_disk_load *disk)
{
	return !dg_known(&disk->below) || disk->below.count == 0;
}

bool dg_sample_is_loaded(const struct dg_sample *sample)
{
	double requests = 0;

	dg_list_foreach (disk, sample->disks)
		if (dg_known(disk) && dg_disk_is_whole(disk))
			requests += requests_of(disk);
	return requests >= LOAD_MIN_PER_S;
}

/* What is known of all that a step looks at. */
struct window {
	const struct dg_sample *sample;
	const struct dg_policy_pressure *limits;
	double full, iowait;
	char iowait_text[32]; /* "iowait 43.0 %" */
	double stall;  /* the higher of the two, or `some` where processors are busy */
	double in_use; /* percent of the window in which some disk had a request */
	double queue;  /* requests in flight on all whole disks, mean */
};

/* Disks are taken as independent: between the busiest alone and the sum of all. */
static void add_disks(struct window *w)
{
	double idle = 1;

	dg_list_foreach (disk, w->sample->disks) {
		double util = number(&disk->util_percent) / 100;

		if (!dg_known(disk) || !dg_disk_is_whole(disk))
			continue;
		idle *= util < 0 ? 1 : util > 1 ? 0 : 1 - util;
		w->queue += number(&disk->queue);
	}
	w->in_use = 100 * (1 - idle);
}

/* Neither `full` nor iowait can be much where somebody runs most of the time. */
static bool is_hidden(const struct window *w)
{
	const struct dg_sample *s = w->sample;

	return some_of(s, "cpu") >= (double)w->limits->cpu_some_percent ||
	       (dg_known(&s->idle_percent) && dg_known(&s->iowait_percent) &&
		s->idle_percent.value + s->iowait_percent.value < IDLE_MIN_PERCENT);
}

static void set_stall(struct window *w)
{
	w->full = number(&dg_sample_stall(w->sample, "io")->full_percent);
	w->iowait = number(&w->sample->iowait_percent);
	if (dg_known(&w->sample->iowait_percent))
		snprintf(w->iowait_text, sizeof(w->iowait_text), "iowait %.1f %%",
			 w->iowait);
	else
		snprintf(w->iowait_text, sizeof(w->iowait_text), "iowait not known");
	w->stall = greater(w->full, w->iowait);
	if (is_hidden(w))
		w->stall = greater(w->stall, some_of(w->sample, "io"));
}

/* --- 1: can it be told at all? NULL: yes; else why not, owned --- */

/* What stands in the way of the I/O pressure; NULL: nothing is said of it. */
static const char *find_gap(const struct dg_sample *sample, const struct dg_stall *io)
{
	if (io)
		return io->full_percent.meta.detail;
	if (sample->pressure.meta.detail)
		return sample->pressure.meta.detail;
	dg_list_foreach (stall, sample->pressure)
		if (!dg_known(stall) && stall->meta.detail)
			return stall->meta.detail;
	return NULL;
}

static char *why_unmeasured(const struct dg_sample *sample, const struct dg_stall *io)
{
	const char *gap = find_gap(sample, io);

	return dg_format("pressure was not measured: %s",
			 gap ? gap
			     : "this kernel shows no /proc/pressure/io; where PSI is "
			       "off, boot with psi=1");
}

static char *why_untold(const struct dg_sample *sample)
{
	const struct dg_stall *io = dg_sample_stall(sample, "io");

	if (dg_known(&sample->disturbed))
		return dg_format("the window is not to be trusted: %s",
				 sample->disturbed.value);
	if (!dg_known(&sample->window_s) || sample->window_s.value < WINDOW_MIN_S)
		return dg_format("the window ended within a second: nothing can be "
				 "told from it");
	if (!io || !dg_known(&io->full_percent))
		return why_unmeasured(sample, io);
	if (!dg_known(&sample->disks) && !dg_absent(&sample->disks))
		return dg_format("the disks were not measured%s%s",
				 sample->disks.meta.detail ? ": " : "",
				 sample->disks.meta.detail ? sample->disks.meta.detail
							   : "");
	return NULL;
}

/* --- 3: a device that explains it --- */

/* Requests were in flight, and not one was completed: no flush, and no discard either. */
static bool is_stuck(const struct dg_disk_load *disk)
{
	return requests_of(disk) <= 0 && !dg_known(&disk->f_await_ms) &&
	       !dg_known(&disk->d_await_ms) && number(&disk->queue) > 0;
}

static bool is_slow(const struct window *w, const struct dg_disk_load *disk)
{
	return is_stuck(disk) || dg_disk_await(disk) >= (double)w->limits->await_ms ||
	       number(&disk->queue) >= (double)w->limits->queue;
}

/* One that had requests in less of the window than makes a stall high cannot be what the
 * stall is about: a sleeping disk that was woken by one request, say. */
static bool explains(const struct window *w, const struct dg_disk_load *disk)
{
	return dg_known(disk) && is_slow(w, disk) &&
	       (is_stuck(disk) ||
		number(&disk->util_percent) >= (double)w->limits->io_full_percent);
}

static const struct dg_disk_load *find_disk(const struct dg_sample *sample,
					    const char *name)
{
	dg_list_foreach (disk, sample->disks)
		if (dg_known(disk) && dg_streq(dg_get(&disk->name), name))
			return disk;
	return NULL;
}

/* The fault lies with a device on which this one lies. */
static bool is_blamed_below(const struct window *w, const struct dg_disk_load *disk)
{
	if (!dg_known(&disk->below))
		return false;
	dg_list_foreach (name, disk->below) {
		const struct dg_disk_load *below =
			find_disk(w->sample, dg_get(&name->name));

		if (below && explains(w, below))
			return true;
	}
	return false;
}

static double badness(const struct window *w, const struct dg_disk_load *disk)
{
	double await = is_stuck(disk) ? number(&w->sample->window_s) * 1000
				      : dg_disk_await(disk);

	return greater(await / (double)w->limits->await_ms,
		       number(&disk->queue) / (double)w->limits->queue);
}

static const struct dg_disk_load *find_culprit(const struct window *w)
{
	const struct dg_disk_load *worst = NULL;

	dg_list_foreach (disk, w->sample->disks)
		if (explains(w, disk) && !is_blamed_below(w, disk) &&
		    (!worst || badness(w, disk) > badness(w, worst)))
			worst = disk;
	return worst;
}

static double asked_of(const struct dg_guest_load *guest, const char *number_of_disk)
{
	double most = 0;

	dg_list_foreach (disk, guest->disks)
		if (dg_known(disk) && dg_streq(dg_get(&disk->number), number_of_disk))
			most = greater(most, number(&disk->reads_per_s) +
						     number(&disk->writes_per_s));
	return most;
}

/* Who asks most of the device, by its cgroup's io.stat. */
static const struct dg_guest_load *find_asker(const struct dg_sample *sample,
					      const struct dg_disk_load *disk)
{
	const struct dg_guest_load *best = NULL;
	double most = 0;

	dg_list_foreach (guest, sample->guests) {
		double asked =
			dg_known(guest) ? asked_of(guest, dg_get(&disk->number)) : 0;

		if (asked > most) {
			most = asked;
			best = guest;
		}
	}
	return best;
}

static char *describe_real(const struct window *w, const struct dg_disk_load *disk,
			   const struct dg_guest_load *guest)
{
	const char *label = dg_get(&disk->label);
	const char *vmid = guest ? dg_get(&guest->vmid) : NULL;
	DG_FREE char *behind = vmid ? dg_format("; guest %s asks most of it", vmid)
				    : dg_format("%s", "");
	DG_FREE char *name = dg_format("%s%s%s%s", dg_get(&disk->name), label ? " (" : "",
				       label ? label : "", label ? ")" : "");

	if (is_stuck(disk))
		return dg_format("I/O stall is real: %s had %.1f requests in flight and "
				 "completed none (PSI io some %.1f %%, full %.1f %%)%s",
				 name, number(&disk->queue), some_of(w->sample, "io"),
				 w->full, behind);
	return dg_format("I/O stall is real: %s took %.1f ms for a request with %.1f in "
			 "flight (PSI io some %.1f %%, full %.1f %%; %s)%s",
			 name, dg_disk_await(disk), number(&disk->queue),
			 some_of(w->sample, "io"), w->full, w->iowait_text, behind);
}

/* --- 4: what else may be behind it. NULL: nothing; else why, owned --- */

static char *why_doubtful(const struct window *w)
{
	const struct dg_policy_pressure *limits = w->limits;
	double memory = some_of(w->sample, "memory"), cpu = some_of(w->sample, "cpu");
	double unseen = number(&w->sample->blocked_in_d) - w->queue;

	if (memory >= (double)limits->memory_some_percent)
		return dg_format("memory pressure is high too (some %.1f %%): the stall "
				 "may be that of reclaim and swap",
				 memory);
	if (cpu >= (double)limits->cpu_some_percent)
		return dg_format("CPU pressure is high too (some %.1f %%, io some "
				 "%.1f %%): what waits for a processor and what for I/O "
				 "cannot be told apart",
				 cpu, some_of(w->sample, "io"));
	if (!dg_known(&w->sample->blocked_in_d))
		return dg_format("how many threads were blocked in state D is not known%s"
				 "%s",
				 w->sample->blocked_in_d.meta.detail ? ": " : "",
				 w->sample->blocked_in_d.meta.detail
					 ? w->sample->blocked_in_d.meta.detail
					 : "");
	if (unseen >= UNSEEN_THREADS)
		return dg_format("%.1f threads were blocked on I/O that no local disk "
				 "shows: network storage, or a file system in user space",
				 unseen);
	if (w->stall - w->in_use < (double)limits->io_full_percent)
		return dg_format("the disks were quick, but in use for %.0f %% of the "
				 "window: that may be the stall",
				 w->in_use);
	return NULL;
}

/* --- 5 --- */

static char *describe_phantom(const struct window *w)
{
	const struct dg_signature *sign = &w->sample->signature;

	return dg_format("I/O stall is a phantom: PSI io some %.1f %%, full %.1f %%, "
			 "%s, while the disks had requests for %.1f %% of the window; "
			 "%s",
			 some_of(w->sample, "io"), w->full, w->iowait_text, w->in_use,
			 dg_known(&sign->because) ? sign->because.value
						  : "guests wait idly in io_uring");
}

static char *describe_unexplained(const struct window *w)
{
	const struct dg_signature *sign = &w->sample->signature;

	return dg_format("PSI io full is %.1f %%, %s; no local disk is slow, and %s",
			 w->full, w->iowait_text,
			 dg_streq(dg_get(&sign->seen), "no")
				 ? "no guest waits in a way that would explain it: look "
				   "at network storage"
			 : dg_known(&sign->because) ? sign->because.value
						    : "how the guests wait was not seen");
}

/* --- all of it --- */

static char *describe_none(const struct window *w)
{
	return dg_format("I/O pressure is low: PSI io full %.1f %%, %s%s", w->full,
			 w->iowait_text,
			 dg_sample_is_loaded(w->sample)
				 ? ""
				 : "; the window saw no load, so it does not tell how "
				   "the host fares under one");
}

static void judge_high(const struct window *w, struct dg_pressure *p)
{
	p->device = find_culprit(w);
	if (p->device) {
		p->kind = DG_PRESSURE_REAL;
		p->guest = find_asker(w->sample, p->device);
		p->why = describe_real(w, p->device, p->guest);
		return;
	}
	p->why = why_doubtful(w);
	if (p->why)
		return;
	if (dg_streq(dg_get(&w->sample->signature.seen), "yes")) {
		p->kind = DG_PRESSURE_PHANTOM;
		p->why = describe_phantom(w);
	} else {
		p->why = describe_unexplained(w);
	}
}

int dg_pressure_judge(const struct dg_sample *sample,
		      const struct dg_policy_pressure *limits, struct dg_pressure *ret)
{
	struct dg_pressure p = {.why = why_untold(sample)};
	struct window w = {.sample = sample, .limits = limits};

	if (!p.why) {
		set_stall(&w);
		add_disks(&w);
		p.loaded = dg_sample_is_loaded(sample);
		if (w.stall < (double)limits->io_full_percent) {
			p.kind = DG_PRESSURE_NONE;
			p.why = describe_none(&w);
		} else {
			judge_high(&w, &p);
		}
	}
	if (!p.why)
		return -ENOMEM;
	*ret = p;
	return 0;
}
