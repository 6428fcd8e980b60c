/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The threads of a guest that wait for events inside io_uring_enter, and how. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "guard/collect/guests.h"
#include "guard/parse/proc-syscall.h"
#include "guard/parse/span.h"
#include "guard/parse/task-stat.h"
#include "policy/guest.h"
#include "policy/text.h"

#define THREADS_MAX 65536
#define SYSCALL_MAX 1024
#define COMM_MAX    128
#define STAT_MAX    1024

/* io_uring_enter(2)'s arguments: to_submit, min_complete, flags; and two flags. */
enum { ARG_MIN_COMPLETE = 2, ARG_FLAGS = 3 };
#define ENTER_GETEVENTS (UINT32_C(1) << 0)
#define ENTER_NO_IOWAIT (UINT32_C(1) << 7)

static bool is_plain(const struct dg_ring_wait *wait)
{
	return dg_known(&wait->flags) && !(wait->flags.value & ENTER_NO_IOWAIT);
}

static void set_none(struct dg_meta *meta)
{
	dg_set_gap(meta, DG_ABSENT, "no thread waits in io_uring_enter");
}

/* --- one thread --- */

/* 1: it waits in a ring, with *ret_flags. 0: it does not. -EBADMSG: it cannot be told. */
static int parse_wait(const char *data, size_t size, uint32_t *ret_flags)
{
	struct dg_proc_syscall call;
	uint32_t flags;

	if (dg_proc_syscall_parse(data, size, &call) < 0)
		return -EBADMSG;
	if (call.number != DG_SYSCALL_IO_URING_ENTER)
		return 0;
	if (call.n_args <= ARG_FLAGS)
		return -EBADMSG;
	flags = (uint32_t)call.args[ARG_FLAGS];
	/* Else it only submits. */
	if (!(flags & ENTER_GETEVENTS) || (uint32_t)call.args[ARG_MIN_COMPLETE] == 0)
		return 0;
	*ret_flags = flags;
	return 1;
}

static int read_wait(const struct dg_below *tasks, const char *tid, uint32_t *ret_flags)
{
	char name[64], data[SYSCALL_MAX];
	size_t size;
	int r;

	snprintf(name, sizeof(name), "%.20s/syscall", tid);
	r = dg_below_read_small(tasks, name, data, sizeof(data), &size);
	return r < 0 ? r : parse_wait(data, size, ret_flags);
}

static void set_gap(struct dg_running *running, int r, const char *tid)
{
	struct dg_meta *meta = &running->waits.meta;
	long long pid = (long long)running->pid.value;

	if (r == -EACCES || r == -EPERM)
		dg_set_gap(meta, DG_UNREADABLE,
			   "/proc/%lld/task/%s/syscall: no permission (CAP_SYS_PTRACE)",
			   pid, tid);
	else
		dg_set_gap(meta, r == -EBADMSG ? DG_MALFORMED : DG_UNREADABLE,
			   "/proc/%lld/task/%s/syscall: %s", pid, tid, dg_errno_words(r));
}

/* The thread's name; "?" where it has none, or ends just now. */
static void read_name(const struct dg_below *tasks, const char *tid, struct dg_str *fact)
{
	char name[64], data[COMM_MAX];
	struct dg_span comm = {0};
	size_t size;

	snprintf(name, sizeof(name), "%.20s/comm", tid);
	if (dg_below_read_small(tasks, name, data, sizeof(data), &size) == 0)
		comm = dg_span_trim(dg_span_of(data, size));
	if (comm.n)
		dg_set_strn(fact, comm.p, comm.n);
	else
		dg_set_str(fact, "?");
}

/*
 * The kernel's own helpers for io_uring are threads of the process too. Theirs is no
 * call: `syscall` shows the arguments of the one in which they were made, for as long as
 * they live. A tree without `stat` has their name.
 */
static bool is_kernel_worker(const struct dg_below *tasks, const char *tid,
			     const struct dg_str *name)
{
	char path[64], data[STAT_MAX];
	struct dg_task_stat stat;
	size_t size;

	snprintf(path, sizeof(path), "%.20s/stat", tid);
	if (dg_below_read_small(tasks, path, data, sizeof(data), &size) == 0 &&
	    dg_task_stat_parse(data, size, &stat) == 0)
		return stat.flags & DG_PF_IO_WORKER;
	return dg_after(dg_get(name), "iou-");
}

static void str_clear(struct dg_str *str)
{
	free(str->value);
	free(str->meta.detail);
}

static int add_wait(const struct dg_below *tasks, struct dg_running *running,
		    const char *tid, uint32_t flags)
{
	DG_CLEANUP(str_clear) struct dg_str name = {0};
	struct dg_ring_wait *wait;
	int64_t number;

	read_name(tasks, tid, &name);
	if (is_kernel_worker(tasks, tid, &name))
		return 0;
	wait = DG_ADD(&running->waits, THREADS_MAX);
	if (!wait)
		return -ENOMEM;
	if (dg_parse_i64(dg_span_str(tid), &number) == 0)
		dg_set_int(&wait->tid, number);
	dg_set_int(&wait->flags, flags);
	wait->looks.meta.state = DG_ABSENT;
	wait->name = name;
	name = (struct dg_str){0};
	return 0;
}

/* --- a guest's --- */

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ESRCH;
}

/*
 * A thread that ends between two reads is none. In a tree nothing ends: what is not there
 * was not put there, and nothing can be said. The number of threads that were seen, or a
 * negative errno that was made a gap.
 */
static int read_threads(const struct dg_below *tasks, struct dg_running *running,
			char *const *tids)
{
	bool live = dg_root_is_live(tasks->root);
	int seen = 0;

	for (; *tids; tids++) {
		uint32_t flags;
		int r = read_wait(tasks, *tids, &flags);

		if (live && is_gone(r))
			continue;
		if (r > 0)
			r = add_wait(tasks, running, *tids, flags);
		if (r < 0) {
			set_gap(running, r, *tids);
			return r;
		}
		seen++;
	}
	return seen;
}

static int open_tasks(const struct dg_root *root, int64_t pid, struct dg_below *ret)
{
	DG_BELOW_CLEANUP struct dg_below proc = DG_BELOW_NONE;
	int r = dg_guest_open(root, pid, &proc);

	return r < 0 ? r : dg_below_descend(&proc, "task", ret);
}

static void read_tasks(const struct dg_below *tasks, struct dg_running *running)
{
	DG_NAMES_FREE char **tids = NULL;
	struct dg_meta *meta = &running->waits.meta;
	int seen, r = dg_below_list(tasks, THREADS_MAX, &tids, NULL);

	if (r < 0) {
		dg_set_gap(meta, DG_UNREADABLE, "/%s: %s", tasks->path,
			   dg_errno_words(r));
		return;
	}
	seen = read_threads(tasks, running, tids);
	/* All gone: so is the process, or the kernel has no such files. */
	if (seen == 0)
		dg_set_gap(meta, DG_UNREADABLE, "/%s: no thread's system call is shown",
			   tasks->path);
	else if (seen > 0 && running->waits.count == 0)
		set_none(meta);
}

int dg_guest_read_waits(const struct dg_below *proc, struct dg_running *running)
{
	DG_BELOW_CLEANUP struct dg_below tasks = DG_BELOW_NONE;
	int r = dg_below_descend(proc, "task", &tasks);

	if (is_gone(r) && dg_root_is_live(proc->root))
		return -ESRCH;
	if (r < 0)
		dg_set_gap(&running->waits.meta, DG_UNREADABLE, "/%s/task: %s",
			   proc->path, dg_errno_words(r));
	else
		read_tasks(&tasks, running);
	return 0;
}

/* --- looking again --- */

bool dg_guests_wait_plainly(const struct dg_facts *facts)
{
	dg_list_foreach (guest, facts->guests)
		if (dg_known(&guest->running) && dg_known(&guest->running.waits))
			dg_list_foreach (wait, guest->running.waits)
				if (is_plain(wait))
					return true;
	return false;
}

static void drop_wait(struct dg_running *running, size_t at)
{
	struct dg_ring_wait *waits = running->waits.items;

	free(waits[at].name.value);
	running->waits.count--;
	memmove(&waits[at], &waits[at + 1], (running->waits.count - at) * sizeof(*waits));
	if (running->waits.count == 0)
		set_none(&running->waits.meta);
}

/*
 * Only a later wait that opts out, or the thread's end, takes a plain wait back: a thread
 * that runs at the moment, or does something else, waits as before a moment later. How
 * often it was seen to wait plainly is kept, for whoever weighs it.
 */
static void look_at_wait(const struct dg_below *tasks, struct dg_running *running,
			 size_t at)
{
	struct dg_ring_wait *wait = &running->waits.items[at];
	int64_t looks = dg_known(&wait->looks) ? wait->looks.value : 1;
	uint32_t flags;
	char tid[24];
	int r;

	snprintf(tid, sizeof(tid), "%lld", (long long)wait->tid.value);
	r = read_wait(tasks, tid, &flags);
	if (is_gone(r)) {
		drop_wait(running, at);
		return;
	}
	if (r > 0)
		dg_set_int(&wait->flags, flags);
	dg_set_int(&wait->looks, looks + (r > 0 && is_plain(wait)));
}

static void look_at_waits(const struct dg_below *tasks, struct dg_running *running)
{
	for (size_t i = running->waits.count; i-- > 0;)
		if (is_plain(&running->waits.items[i]))
			look_at_wait(tasks, running, i);
}

/* I/O threads of a QEMU that waits in rings, none of which was waiting: all were busy. */
static bool may_be_busy(const struct dg_running *running)
{
	return dg_absent(&running->waits) && dg_known(&running->iothreads) &&
	       running->iothreads.count > 0 && dg_known(&running->binary) &&
	       dg_qemu_waits_in_ring(&running->binary) != DG_NO;
}

static void look_at_guest(const struct dg_root *root, struct dg_running *running)
{
	DG_BELOW_CLEANUP struct dg_below tasks = DG_BELOW_NONE;
	int r = open_tasks(root, running->pid.value, &tasks);

	if (r == 0 && may_be_busy(running))
		read_tasks(&tasks, running);
	else if (r == 0)
		look_at_waits(&tasks, running);
	while (is_gone(r) && running->waits.count)
		drop_wait(running, running->waits.count - 1);
}

bool dg_guests_want_look(const struct dg_facts *facts, bool opt_out)
{
	dg_list_foreach (guest, facts->guests)
		if (dg_known(&guest->running) && may_be_busy(&guest->running))
			return true;
	return opt_out && dg_guests_wait_plainly(facts);
}

static bool is_open_question(const struct dg_running *running)
{
	return dg_known(running) && (dg_known(&running->waits) || may_be_busy(running));
}

void dg_guests_look_again(const struct dg_root *root, unsigned int pause_us,
			  struct dg_facts *facts)
{
	struct timespec pause = {.tv_nsec = (long)pause_us * 1000};

	nanosleep(&pause, NULL);
	dg_list_foreach (guest, facts->guests)
		if (is_open_question(&guest->running))
			look_at_guest(root, &guest->running);
}
