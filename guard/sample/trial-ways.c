/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that writes, and reads what that is charged with. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/probe/uring.h"
#include "guard/sample/trial-ways.h"

#define SCHEDSTAT_SIZE 64 /* three numbers of up to 20 digits */
#define PERIOD_US      (1000000 / DG_TRIAL_RATE)

/* One write after the other, each at its time: begin, begin + PERIOD_US, ... What comes
 * late is not made up for. */
struct run {
	struct dg_trial_file file;
	int gate;
	int64_t begin_us, until_us;
	int64_t next_us;  /* when the next write is due */
	int64_t write_us; /* when the one in flight began */
	int64_t delay_us; /* what read_delay_us() was then */
	int schedstat;	  /* -1: none */
	struct dg_trial_report *report;
};

/* For how long this process was kept from running, being ready to, since it began: the
 * second number of /proc/self/schedstat, in nanoseconds
 * (Documentation/scheduler/sched-stats.rst). 0 where the kernel does not count it. */
static int64_t read_delay_us(const struct run *run)
{
	char text[SCHEDSTAT_SIZE + 1], *end;
	ssize_t n =
		run->schedstat < 0 ? -1 : pread(run->schedstat, text, SCHEDSTAT_SIZE, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	strtoull(text, &end, 10);
	return (int64_t)(strtoull(end, NULL, 10) / 1000);
}

static void note_begin(struct run *run)
{
	run->delay_us = read_delay_us(run);
	run->write_us = dg_clock_us();
}

/* Where processors are short, a write is over for some time before the process that waits
 * for it gets to see that. */
static int64_t measure_in_flight(const struct run *run, int64_t now)
{
	int64_t us = now - run->write_us, delay = read_delay_us(run) - run->delay_us;

	return delay > 0 && delay < us ? us - delay : us;
}

/* A write ended with `n`, what write(2) would return. */
static int note_end(struct run *run, int64_t n)
{
	const int64_t now = dg_clock_us();

	if (n != DG_TRIAL_BLOCK)
		return n < 0 ? (int)n : -EIO;
	run->report->writes++;
	run->report->in_flight_us += measure_in_flight(run, now);
	run->report->elapsed_us = now - run->begin_us;
	run->next_us += PERIOD_US;
	if (run->next_us < now)
		run->next_us = now;
	return 0;
}

static bool is_over(const struct run *run)
{
	return run->next_us >= run->until_us;
}

/* --- by blocking calls --- */

/* 0, or 1: it is to end early. */
static int sleep_until(const struct run *run, int64_t us)
{
	struct pollfd p = {.fd = run->gate, .events = POLLIN};
	const int64_t now = dg_clock_us();
	const struct timespec timeout = dg_timespec_of(us > now ? us - now : 0);
	int n = ppoll(&p, 1, &timeout, NULL);

	return n < 0 ? -errno : n;
}

static int write_blocking(struct run *run)
{
	ssize_t n;

	note_begin(run);
	n = pwrite(run->file.fd, run->file.data, DG_TRIAL_BLOCK,
		   (off_t)dg_trial_file_offset(run->report->writes));
	return note_end(run, n < 0 ? -errno : n);
}

static int run_blocking(struct run *run)
{
	int r = 0;

	while (r == 0 && !is_over(run)) {
		r = sleep_until(run, run->next_us);
		if (r == 0)
			r = write_blocking(run);
	}
	return r < 0 ? r : 0;
}

/* --- by an event loop on a ring --- */

enum tag { TAG_GATE = 1, TAG_TIMER, TAG_WRITE };

struct loop {
	struct run *run;
	struct dg_uring ring;
	int timer;
	uint32_t idle_flags; /* of a wait while no write is in flight */
	bool in_flight;
	bool ended;
};

static int arm_timer(struct loop *loop)
{
	const struct itimerspec when = {.it_value = dg_timespec_of(loop->run->next_us)};

	if (timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		return -errno;
	return dg_uring_poll(&loop->ring, loop->timer, TAG_TIMER);
}

static int begin_write(struct loop *loop)
{
	struct run *run = loop->run;
	int r;

	if (loop->ended)
		return 0;
	note_begin(run);
	r = dg_uring_write(&loop->ring, run->file.fd, run->file.data, DG_TRIAL_BLOCK,
			   dg_trial_file_offset(run->report->writes), TAG_WRITE);
	loop->in_flight = r == 0;
	return r;
}

static int end_write(struct loop *loop, int32_t result)
{
	int r = note_end(loop->run, result);

	loop->in_flight = false;
	loop->ended = loop->ended || is_over(loop->run);
	return r < 0 || loop->ended ? r : arm_timer(loop);
}

static int take_event(struct loop *loop, const struct dg_uring_done *done)
{
	switch ((enum tag)done->tag) {
	case TAG_GATE:
		loop->ended = true;
		return 0;
	case TAG_TIMER:
		return done->result < 0 ? done->result : begin_write(loop);
	case TAG_WRITE:
		return end_write(loop, done->result);
	}
	return -EBADMSG;
}

/* As QEMU's I/O threads do: in every wait something is in flight, if only the descriptors
 * that are polled. */
static int run_loop(struct loop *loop)
{
	struct dg_uring_done done;
	int r = dg_uring_poll(&loop->ring, loop->run->gate, TAG_GATE);

	if (r == 0)
		r = arm_timer(loop);
	while (r == 0 && (!loop->ended || loop->in_flight)) {
		r = dg_uring_wait(&loop->ring, loop->in_flight ? 0 : loop->idle_flags);
		while (r == 0 && dg_uring_take(&loop->ring, &done))
			r = take_event(loop, &done);
	}
	return r;
}

static int run_ring(struct run *run, struct dg_uring *ring, uint32_t idle_flags)
{
	DG_CLOSE int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct loop loop = {
		.run = run, .ring = *ring, .timer = timer, .idle_flags = idle_flags};

	return timer < 0 ? -errno : run_loop(&loop);
}

/* --- measured --- */

static const struct {
	bool in_ring;
	uint32_t idle_flags;
} ways[DG_TRIAL_WAYS] = {
	[DG_TRIAL_BLOCKING] = {.in_ring = false},
	[DG_TRIAL_URING] = {.in_ring = true},
	[DG_TRIAL_URING_NO_IOWAIT] = {.in_ring = true,
				      .idle_flags = DG_URING_ENTER_NO_IOWAIT},
};

/* Pressure is weighed by how busy each processor is (collect_percpu_times() in the
 * kernel): what one process is charged on many of them in turn would count as little as
 * on one. */
static void stay_on_processor(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int run_measured(struct run *run, const struct dg_trial_task *task,
			struct dg_uring *ring, int pressure)
{
	struct dg_trial_report *report = run->report;
	struct dg_psi before = {0}, after = {0};
	int r;

	stay_on_processor();
	report->stalled_error =
		pressure < 0 ? pressure : dg_pressure_read(pressure, &before);
	run->begin_us = run->next_us = dg_clock_us();
	run->until_us = run->begin_us + (int64_t)task->each_ms * 1000;
	r = ways[task->way].in_ring ? run_ring(run, ring, ways[task->way].idle_flags)
				    : run_blocking(run);
	report->elapsed_us = dg_clock_us() - run->begin_us;
	if (report->stalled_error == 0)
		report->stalled_error = dg_pressure_read(pressure, &after);
	report->stalled_us = (int64_t)(after.some_us - before.some_us);
	return r;
}

static int run_task(const struct dg_trial_task *task, int pressure, int gate,
		    struct dg_trial_report *report)
{
	DG_URING_CLEANUP struct dg_uring ring = DG_URING_NONE;
	DG_TRIAL_FILE_CLEANUP struct dg_trial_file file = DG_TRIAL_FILE_NONE;
	DG_CLOSE int schedstat = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
	DG_CLOSE int dir = -1;
	struct run run = {.gate = gate, .schedstat = schedstat, .report = report};
	int r = dg_trial_dir_open(task->dir, &dir, &report->step);

	if (r < 0)
		return r;
	report->step = DG_TRIAL_STEP_FILE;
	r = dg_trial_file_open(dir, &file);
	if (r < 0 || task->way == DG_TRIAL_LOOK)
		return r;
	r = dg_trial_file_fill(&file);
	if (r < 0)
		return r;
	report->step = DG_TRIAL_STEP_RING;
	r = ways[task->way].in_ring ? dg_uring_open(&ring) : 0;
	if (r < 0)
		return r;
	report->step = DG_TRIAL_STEP_WRITE;
	run.file = file;
	return run_measured(&run, task, &ring, pressure);
}

void dg_trial_work(const struct dg_kept *kept, int pressure, int gate, void *ret)
{
	struct dg_trial_report *report = ret;

	report->error = run_task(kept->arg, pressure, gate, report);
	if (report->error == 0)
		report->step = DG_TRIAL_STEP_DONE;
}
