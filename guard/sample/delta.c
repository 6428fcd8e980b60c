/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies between two readings of the host's counters. Pure. */
#include <errno.h>
#include <stdio.h>

#include "guard/collect/collect.h"
#include "guard/sample/reading.h"

/* A machine that slept longer than this within the window measured its sleep. */
#define SLEEP_MAX_US 50000

/* --- counters --- */

/* False: the counter went back. */
static bool grown(uint64_t a, uint64_t b, uint64_t *ret)
{
	*ret = b - a;
	return b >= a;
}

/* Milliseconds that some kernels keep in 32 bits: they may wrap once within a window. */
static bool grown_ms(uint64_t a, uint64_t b, uint64_t *ret)
{
	if (b < a && a <= UINT32_MAX && a - b > UINT32_MAX / 2) {
		*ret = (b - a) & UINT32_MAX;
		return true;
	}
	return grown(a, b, ret);
}

static double per_second(uint64_t count, int64_t window_us)
{
	return window_us > 0 ? (double)count * 1e6 / (double)window_us : 0;
}

static double clamp_percent(double value)
{
	return value < 0 ? 0 : value > 100 ? 100 : value;
}

/* --- pressure --- */

static void set_line(bool has, uint64_t a, uint64_t b, int64_t window_us,
		     struct dg_int *us, struct dg_real *percent)
{
	uint64_t grew;

	if (!has || !grown(a, b, &grew)) {
		enum dg_state state = has ? DG_MALFORMED : DG_ABSENT;
		const char *why = has ? "its total went back within the window"
				      : "this kernel has no such line";

		dg_set_gap(&us->meta, state, "%s", why);
		dg_set_gap(&percent->meta, state, "%s", why);
		return;
	}
	dg_set_int(us, (int64_t)grew);
	dg_set_real(percent, clamp_percent((double)grew * 100 / (double)window_us));
}

/* Both readings have it. */
static void set_stall(enum dg_resource resource, const struct dg_psi *a,
		      const struct dg_psi *b, int64_t window_us, struct dg_stall *ret)
{
	dg_set_str(&ret->resource, dg_resource_names[resource]);
	set_line(a->has_some && b->has_some, a->some_us, b->some_us, window_us,
		 &ret->some_us, &ret->some_percent);
	set_line(a->has_full && b->has_full, a->full_us, b->full_us, window_us,
		 &ret->full_us, &ret->full_percent);
}

int dg_delta_stalls(const struct dg_psi_reading *a, const struct dg_psi_reading *b,
		    int64_t window_us, void *list)
{
	DG_LIST(struct dg_stall) *stalls = list;

	for (enum dg_resource i = 0; i < DG_RESOURCES && window_us > 0; i++) {
		struct dg_stall *stall;

		if (a[i].r < 0 || b[i].r < 0)
			continue;
		stall = DG_ADD(stalls, DG_RESOURCES);
		if (!stall)
			return -ENOMEM;
		set_stall(i, &a[i].psi, &b[i].psi, window_us, stall);
	}
	return 0;
}

/* The others were read, and the one that counts was not. */
static void add_gap(int r, struct dg_sample *sample)
{
	struct dg_stall *stall = DG_ADD(&sample->pressure, DG_RESOURCES + 1);

	if (stall)
		dg_set_gap(&stall->meta, DG_UNREADABLE, "/proc/pressure/io: %s",
			   dg_errno_words(r));
}

/* Why there is no pressure at all: how PSI is switched on where it is off. EOPNOTSUPP is
 * what the kernel answers then (psi=0, or CONFIG_PSI_DEFAULT_DISABLED). */
static void explain_missing(int r, struct dg_meta *meta)
{
	if (r == -EOPNOTSUPP)
		dg_set_gap(meta, DG_ABSENT,
			   "PSI is switched off; boot with psi=1 on the kernel command "
			   "line to have it");
	else if (r == -ENOENT)
		dg_set_gap(meta, DG_ABSENT,
			   "this kernel has no /proc/pressure; where PSI is built in and "
			   "off, psi=1 on the kernel command line switches it on");
	else
		dg_set_gap(meta, DG_UNREADABLE, "/proc/pressure/io: %s",
			   dg_errno_words(r));
}

static void set_pressure(const struct dg_reading *a, const struct dg_reading *b,
			 int64_t window_us, struct dg_sample *sample)
{
	int r = a->psi[DG_IO].r < 0 ? a->psi[DG_IO].r : b->psi[DG_IO].r;

	if (dg_delta_stalls(a->psi, b->psi, window_us, &sample->pressure) < 0)
		dg_set_gap(&sample->pressure.meta, DG_UNREADABLE, "out of memory");
	else if (sample->pressure.count == 0)
		explain_missing(r, &sample->pressure.meta);
	else if (r < 0)
		add_gap(r, sample);
}

/* --- processors --- */

static void set_processors(const struct dg_reading *a, const struct dg_reading *b,
			   struct dg_sample *sample)
{
	int r = a->stat_r < 0 ? a->stat_r : b->stat_r;
	double total = (double)b->stat.total - (double)a->stat.total;

	if (r < 0 || total <= 0) {
		const char *why = r < 0 ? dg_errno_words(r) : "time stood still";

		dg_set_gap(&sample->cpus.meta, DG_UNREADABLE, "/proc/stat: %s", why);
		dg_set_gap(&sample->iowait_percent.meta, DG_UNREADABLE, "/proc/stat: %s",
			   why);
		dg_set_gap(&sample->idle_percent.meta, DG_UNREADABLE, "/proc/stat: %s",
			   why);
		return;
	}
	dg_set_int(&sample->cpus, b->stat.cpus);
	/* Both may step back a little. */
	dg_set_real(&sample->iowait_percent,
		    clamp_percent(((double)b->stat.iowait - (double)a->stat.iowait) *
				  100 / total));
	dg_set_real(&sample->idle_percent,
		    clamp_percent(((double)b->stat.idle - (double)a->stat.idle) * 100 /
				  total));
}

/* --- this program itself --- */

static void set_own(const struct dg_reading *a, const struct dg_reading *b,
		    int64_t window_us, struct dg_sample *sample)
{
	dg_set_real(&sample->own_cpu_percent,
		    (double)(b->own_cpu_us - a->own_cpu_us) * 100 / (double)window_us);
	dg_set_int(&sample->own_memory_bytes, b->own_memory_bytes);
	/* Who made no request has waited for none. */
	if (b->own_requests == a->own_requests)
		dg_set_real(&sample->own_stalled_percent, 0);
	else
		dg_set_gap(&sample->own_stalled_percent.meta, DG_ABSENT,
			   "it made %lld requests of its own",
			   (long long)(b->own_requests - a->own_requests));
}

void dg_delta_host(const struct dg_reading *a, const struct dg_reading *b,
		   struct dg_sample *sample)
{
	int64_t window_us = b->mono_us - a->mono_us;
	int64_t slept_us = b->boot_us - a->boot_us - window_us;

	if (window_us < 1)
		window_us = 1;
	dg_set_real(&sample->window_s, (double)window_us / 1e6);
	if (slept_us > SLEEP_MAX_US)
		dg_set_str(&sample->disturbed,
			   "the machine slept within it, and its counters went on");
	else
		dg_set_gap(&sample->disturbed.meta, DG_ABSENT, "nothing disturbed it");
	set_pressure(a, b, window_us, sample);
	set_processors(a, b, sample);
	set_own(a, b, window_us, sample);
}

/* --- disks --- */

const struct dg_diskstat *dg_reading_disk(const struct dg_reading *reading,
					  unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < reading->disk_count; i++)
		if (reading->disks[i].major == major && reading->disks[i].minor == minor)
			return &reading->disks[i];
	return NULL;
}

const struct dg_diskstat *dg_reading_same_disk(const struct dg_reading *reading,
					       const struct dg_reading *other, size_t at)
{
	const struct dg_diskstat *it = &other->disks[at];
	const struct dg_diskstat *guess =
		at < reading->disk_count ? &reading->disks[at] : NULL;

	if (guess && guess->major == it->major && guess->minor == it->minor)
		return guess;
	return dg_reading_disk(reading, it->major, it->minor);
}

bool dg_delta_is_active(const struct dg_diskstat *a, const struct dg_diskstat *b)
{
	return a->reads != b->reads || a->writes != b->writes ||
	       a->discards != b->discards || a->flushes != b->flushes || b->in_flight > 0;
}

/* What a device did between two readings. */
struct disk_growth {
	uint64_t reads, read_sectors, read_ms;
	uint64_t writes, write_sectors, write_ms;
	uint64_t discards, discard_ms, flushes, flush_ms, busy_ms, weighted_ms;
};

static bool grow_disk(const struct dg_diskstat *a, const struct dg_diskstat *b,
		      struct disk_growth *ret)
{
	return grown(a->reads, b->reads, &ret->reads) &&
	       grown(a->read_sectors, b->read_sectors, &ret->read_sectors) &&
	       grown_ms(a->read_ms, b->read_ms, &ret->read_ms) &&
	       grown(a->writes, b->writes, &ret->writes) &&
	       grown(a->write_sectors, b->write_sectors, &ret->write_sectors) &&
	       grown_ms(a->write_ms, b->write_ms, &ret->write_ms) &&
	       grown(a->discards, b->discards, &ret->discards) &&
	       grown_ms(a->discard_ms, b->discard_ms, &ret->discard_ms) &&
	       grown(a->flushes, b->flushes, &ret->flushes) &&
	       grown_ms(a->flush_ms, b->flush_ms, &ret->flush_ms) &&
	       grown_ms(a->busy_ms, b->busy_ms, &ret->busy_ms) &&
	       grown_ms(a->weighted_ms, b->weighted_ms, &ret->weighted_ms);
}

static void set_await(uint64_t ms, uint64_t count, const char *what, struct dg_real *ret)
{
	if (count > 0)
		dg_set_real(ret, (double)ms / (double)count);
	else
		dg_set_gap(&ret->meta, DG_ABSENT, "no %s was completed", what);
}

/* The mean of requests in flight is the time that all of them took over the window's; of
 * requests that did not come back at all, their number. */
static double queue_of(const struct dg_diskstat *a, const struct dg_diskstat *b,
		       const struct disk_growth *g, int64_t window_us)
{
	uint64_t least = a->in_flight < b->in_flight ? a->in_flight : b->in_flight;
	double mean = (double)g->weighted_ms * 1000 / (double)window_us;

	if (g->reads + g->writes + g->discards + g->flushes == 0)
		return (double)least;
	return mean;
}

void dg_delta_disk(const struct dg_diskstat *a, const struct dg_diskstat *b,
		   int64_t window_us, struct dg_disk_load *ret)
{
	struct disk_growth g;
	char number[32];

	if (window_us < 1)
		window_us = 1;
	if (!grow_disk(a, b, &g)) {
		dg_set_gap(
			&ret->meta, DG_MALFORMED,
			"%s: its counters went back: it was replaced within the window",
			b->name);
		return;
	}
	snprintf(number, sizeof(number), "%u:%u", b->major, b->minor);
	dg_set_str(&ret->name, b->name);
	dg_set_str(&ret->number, number);
	dg_set_real(&ret->reads_per_s, per_second(g.reads, window_us));
	dg_set_real(&ret->writes_per_s, per_second(g.writes, window_us));
	dg_set_real(&ret->read_bytes_per_s, per_second(g.read_sectors * 512, window_us));
	dg_set_real(&ret->write_bytes_per_s,
		    per_second(g.write_sectors * 512, window_us));
	set_await(g.read_ms, g.reads, "read", &ret->r_await_ms);
	set_await(g.write_ms, g.writes, "write", &ret->w_await_ms);
	set_await(g.flush_ms, g.flushes, "flush", &ret->f_await_ms);
	set_await(g.discard_ms, g.discards, "discard", &ret->d_await_ms);
	dg_set_real(&ret->queue, queue_of(a, b, &g, window_us));
	dg_set_real(&ret->util_percent,
		    clamp_percent((double)g.busy_ms * 1000 * 100 / (double)window_us));
}
