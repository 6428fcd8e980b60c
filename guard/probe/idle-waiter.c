/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that waits, and reads what that is charged with. */
#include "guard/probe/idle-waiter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/parse/psi.h"
#include "guard/probe/uring.h"

struct waiter {
	int pressure;
	int timer;
	struct dg_uring ring;
};

static const struct {
	int64_t us;
	bool in_ring;	  /* else in ppoll */
	uint32_t flags;	  /* of io_uring_enter */
	uint32_t feature; /* that the kernel must have */
} ways[DG_IDLE_WAYS] = {
	[DG_IDLE_BEFORE] = {.us = 50000},
	[DG_IDLE_PLAIN] = {.us = 70000, .in_ring = true},
	[DG_IDLE_NO_IOWAIT] = {.us = 70000,
			       .in_ring = true,
			       .flags = DG_URING_ENTER_NO_IOWAIT,
			       .feature = DG_URING_FEAT_NO_IOWAIT},
	[DG_IDLE_AFTER] = {.us = 50000},
};

/* --- whose pressure --- */

/* In order of preference. */
static int open_pressure(const struct dg_kept *kept, int own,
			 struct dg_idle_report *report)
{
	int fd = -1;

	if (own >= 0) {
		report->scope = DG_IDLE_OWN;
		return own;
	}
	report->own_error = own;
	if (kept->cgroup >= 0) {
		report->scope = DG_IDLE_SHARED;
		fd = openat(kept->cgroup, "io.pressure",
			    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0 && kept->extra >= 0) {
		report->scope = DG_IDLE_HOST;
		fd = fcntl(kept->extra, F_DUPFD_CLOEXEC, 0);
	}
	return fd < 0 ? -ENOENT : fd;
}

/* --- waiting --- */

/* As QEMU's main loop does. Nothing ever completes, so the time is all that ends it. */
static int wait_in_ppoll(const struct waiter *w, int64_t us)
{
	struct pollfd p = {.fd = w->ring.fd, .events = POLLIN};
	const struct timespec timeout = dg_timespec_of(us);

	return ppoll(&p, 1, &timeout, NULL) < 0 ? -errno : 0;
}

/* As QEMU's I/O threads do. A timer that is polled through the ring ends it: that needs
 * no other operation than POLL_ADD, so it works on every kernel that has io_uring. */
static int wait_in_ring(struct waiter *w, int64_t us, uint32_t flags)
{
	const struct itimerspec when = {.it_value = dg_timespec_of(us)};
	struct dg_uring_done done;
	int r = timerfd_settime(w->timer, 0, &when, NULL) < 0 ? -errno : 0;

	r = r < 0 ? r : dg_uring_poll(&w->ring, w->timer, 0);
	r = r < 0 ? r : dg_uring_wait(&w->ring, flags);
	if (r < 0)
		return r;
	while (dg_uring_take(&w->ring, &done))
		;
	return 0;
}

static int wait_once(struct waiter *w, enum dg_idle_way way, struct dg_idle_wait *ret)
{
	struct dg_psi before, after;
	int64_t begin, end;
	int r = dg_pressure_read(w->pressure, &before);

	if (r < 0)
		return r;
	begin = dg_clock_us();
	r = ways[way].in_ring ? wait_in_ring(w, ways[way].us, ways[way].flags)
			      : wait_in_ppoll(w, ways[way].us);
	end = dg_clock_us();
	r = r < 0 ? r : dg_pressure_read(w->pressure, &after);
	if (r < 0)
		return r;
	*ret = (struct dg_idle_wait){
		.done = true,
		.planned_us = ways[way].us,
		.elapsed_us = end - begin,
		.some_us = (int64_t)(after.some_us - before.some_us),
		.full_us = (int64_t)(after.full_us - before.full_us),
	};
	return 0;
}

/* On a busy machine a process may get its CPU late and so wait for longer than it is
 * charged; another try is likely to say more. */
static bool is_unclear(const struct dg_idle_wait *wait)
{
	double percent = dg_idle_percent(wait, wait->some_us);

	return percent > DG_IDLE_FREE_PERCENT && percent < DG_IDLE_CHARGED_PERCENT;
}

static int wait_all(struct waiter *w, struct dg_idle_wait waits[static DG_IDLE_WAYS])
{
	int r = 0;

	for (enum dg_idle_way i = 0; i < DG_IDLE_WAYS && r == 0; i++) {
		if ((w->ring.features & ways[i].feature) != ways[i].feature)
			continue;
		r = wait_once(w, i, &waits[i]);
		if (r == 0 && ways[i].in_ring && is_unclear(&waits[i]))
			r = wait_once(w, i, &waits[i]);
	}
	return r;
}

static int wait_with(struct waiter *w, struct dg_idle_report *report)
{
	DG_CLOSE int never = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	DG_CLOSE int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int r;

	if (never < 0 || timer < 0)
		return -errno;
	w->timer = timer;
	r = dg_uring_poll(&w->ring, never, 0);
	return r < 0 ? r : wait_all(w, report->waits);
}

void dg_idle_waiter_run(const struct dg_kept *kept, int own, int gate, void *ret)
{
	struct dg_idle_report report = {0};
	DG_CLOSE int pressure = open_pressure(kept, own, &report);
	DG_URING_CLEANUP struct dg_uring ring = DG_URING_NONE;
	struct waiter waiter = {.pressure = pressure};

	(void)gate; /* it is over soon; until then whoever wants less kills it */
	report.error = dg_uring_open(&ring);
	if (report.error < 0) {
		report.step = DG_IDLE_STEP_RING;
	} else if (pressure < 0) {
		report.step = DG_IDLE_STEP_PRESSURE;
		report.error = pressure;
	} else {
		waiter.ring = ring;
		report.error = wait_with(&waiter, &report);
		report.step = report.error == -EOPNOTSUPP ? DG_IDLE_STEP_PRESSURE
			      : report.error < 0	  ? DG_IDLE_STEP_WAIT
							  : DG_IDLE_STEP_DONE;
	}
	memcpy(ret, &report, sizeof(report));
}
