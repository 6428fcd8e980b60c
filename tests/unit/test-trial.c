/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The load of our own: real writes below /var/tmp, what they are charged with, what is
 * refused, and that nothing is left behind whoever is ended. What this machine cannot do
 * is skipped, with a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

#include "guard/probe/cgroup.h"
#include "guard/probe/uring.h"
#include "guard/sample/trial-ways.h"
#include "guard/sample/trial.h"
#include "policy/facts.h"
#include "tests/unit/tree.h"

#define EACH_MS 600

static char dir[] = "/var/tmp/dg-trial-XXXXXX";
static struct dg_root *live;

static void sleep_ms(long ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* --- samples --- */

struct outcome {
	struct dg_facts *facts;
	struct dg_sample *sample;
	char *why;
	int r;
	char told[128];
};

static void note_way(const char *way, void *arg)
{
	struct outcome *o = arg;
	size_t n = strlen(o->told);

	snprintf(o->told + n, sizeof(o->told) - n, "%s ", way);
}

static void outcome_make(struct outcome *o)
{
	*o = (struct outcome){.facts = dg_facts_new()};
	assert_non_null(o->facts);
	o->sample = DG_ADD(&o->facts->samples, 1);
	assert_non_null(o->sample);
}

static void outcome_run(struct outcome *o, const char *where, int ms, int stop)
{
	outcome_make(o);
	o->r = dg_trials_run(where, ms, stop, note_way, o, o->sample, &o->why);
}

static void outcome_clear(struct outcome *o)
{
	dg_facts_free(o->facts);
	free(o->why);
}

#define OUTCOME_CLEANUP DG_CLEANUP(outcome_clear)

static const struct dg_trial *find_trial(const struct outcome *o, const char *way)
{
	dg_list_foreach (trial, o->sample->trials)
		if (dg_streq(trial->way.value, way))
			return trial;
	return NULL;
}

/* --- what this machine can do --- */

static bool has_ring(bool *ret_no_iowait)
{
	uint32_t features = 0;
	int r = dg_uring_ask(&features, NULL);

	*ret_no_iowait = features & DG_URING_FEAT_NO_IOWAIT;
	return r == 0;
}

static bool has_cgroup(void)
{
	DG_CLOSE int fd = -1;
	int r = dg_cgroup_open_own(live, &fd);

	r = r < 0 ? r : dg_cgroup_make(fd, "driftguard-probe-try");
	if (r == 0 && faccessat(fd, "driftguard-probe-try/io.pressure", R_OK, 0) < 0)
		r = -errno;
	if (fd >= 0)
		dg_cgroup_remove(fd, "driftguard-probe-try");
	return r == 0;
}

static void need(bool can, const char *what)
{
	if (can)
		return;
	print_message("skipped: %s\n", what);
	skip();
}

/* Where tests have no disk to write to, as in some containers. */
static void need_disk(void)
{
	DG_CLOSE int fd = -1;
	enum dg_trial_step step;

	need(dg_trial_dir_open(dir, &fd, &step) == 0, "/var/tmp is no place to write to");
}

/* --- nothing is left --- */

static int count_names(const char *path)
{
	DG_CLOSEDIR DIR *d = opendir(path);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	return n - 2;
}

static int count_cgroups(pid_t owner)
{
	DG_CLOSE int fd = -1;
	char name[DG_CGROUP_NAME_SIZE];

	if (dg_cgroup_open_own(live, &fd) < 0)
		return 0;
	dg_cgroup_name(owner, name);
	return faccessat(fd, name, F_OK, 0) == 0;
}

static void expect_nothing_left(pid_t owner)
{
	assert_int_equal(count_names(dir), 0);
	assert_int_equal(count_cgroups(owner), 0);
}

/* All processes below this one, orphans too, are gone soon. */
static void expect_no_children(void)
{
	pid_t pid = 0;

	for (int i = 0; i < 8000 && pid >= 0; i++) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid == 0)
			sleep_ms(1);
	}
	assert_true(pid < 0 && errno == ECHILD);
}

/* --- a kernel that refuses some calls --- */

static bool filter_calls(struct sock_filter *code, size_t n)
{
	const struct sock_fprog program = {.len = (unsigned short)n, .filter = code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* --- rules --- */

static void test_room(void **state)
{
	const uint64_t gib = (UINT64_C(1) << 30) / 4096, mib = gib / 1024;
	const struct {
		uint64_t blocks, available, size;
		int r;
	} cases[] = {
		{.blocks = 100 * gib, .available = 50 * gib, .size = 4096},
		{.blocks = 100 * gib, .available = 5 * gib, .size = 4096},
		{.blocks = 100 * gib,
		 .available = 5 * gib - 1,
		 .size = 4096,
		 .r = -ENOSPC},
		{.blocks = 100 * mib, .available = 64 * mib, .size = 4096},
		{.blocks = 100 * mib,
		 .available = 64 * mib - 1,
		 .size = 4096,
		 .r = -ENOSPC},
		{.blocks = 2 * gib, .available = 100 * mib, .size = 4096, .r = -ENOSPC},
		{.blocks = 20 * gib, .available = gib, .size = 4096},
		{.blocks = 20 * gib + 1, .available = gib, .size = 4096, .r = -ENOSPC},
		{.blocks = 0, .available = 0, .size = 4096, .r = -ENOSPC},
		{.blocks = 100, .available = 100, .size = 0, .r = -ENOSPC},
		{.blocks = 64, .available = 64, .size = 1 << 20},
		{.blocks = UINT64_MAX, .available = UINT64_MAX, .size = UINT64_MAX},
		{.blocks = UINT64_MAX,
		 .available = UINT64_MAX / 32,
		 .size = 1 << 20,
		 .r = -ENOSPC},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++)
		if (dg_trial_room_check(cases[i].blocks, cases[i].available,
					cases[i].size) != cases[i].r)
			fail_msg("case %zu", i);
}

static void test_offsets(void **state)
{
	(void)state;
	assert_int_equal(dg_trial_file_offset(0), 0);
	assert_int_equal(dg_trial_file_offset(1), DG_TRIAL_BLOCK);
	/* As many writes as there can be stay within the cap. */
	for (int64_t i = 0; i <= DG_TRIAL_RATE * DG_TRIAL_TIME_MAX_MS / 1000; i++) {
		uint64_t at = dg_trial_file_offset(i);

		assert_int_equal(at % DG_TRIAL_BLOCK, 0);
		assert_true(at + DG_TRIAL_BLOCK <= DG_TRIAL_SIZE_MAX);
	}
}

/* 0, or what is wrong, negative. */
static int check_file(void *arg)
{
	DG_TRIAL_FILE_CLEANUP struct dg_trial_file file = DG_TRIAL_FILE_NONE;
	DG_CLOSE int fd = -1;
	enum dg_trial_step step;
	struct stat st;

	(void)arg;
	if (dg_trial_dir_open(dir, &fd, &step) < 0 || dg_trial_file_open(fd, &file) < 0)
		return -1;
	if (count_names(dir) != 0)
		return -2;
	if ((uintptr_t)file.data % DG_TRIAL_BLOCK || dg_trial_file_fill(&file) < 0)
		return -3;
	if (fstat(file.fd, &st) < 0 || st.st_size != DG_TRIAL_FILE_SIZE || st.st_nlink)
		return -4;
	if (!(fcntl(file.fd, F_GETFL) & O_DSYNC) ||
	    !(fcntl(file.fd, F_GETFD) & FD_CLOEXEC))
		return -5;
	dg_trial_file_close(&file);
	dg_trial_file_close(&file);
	return 0;
}

/* As a file system without O_TMPFILE, or without O_DIRECT, answers. */
static int check_file_old(void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 3),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 1),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, O_DIRECT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	if (!filter_calls(code, DG_COUNT(code)))
		return -77;
	return open(dir, O_RDWR | O_TMPFILE, 0600) >= 0 ? -76 : check_file(arg);
}

static void test_file(void **state)
{
	int r;

	(void)state;
	need_disk();
	assert_int_equal(check_file(NULL), 0);
	r = child_run(check_file_old, NULL);
	need(r != -77, "not allowed to filter system calls");
	assert_int_equal(r, 0);
	assert_int_equal(count_names(dir), 0);
}

/* --- refusals --- */

static void expect_refused(const char *where, int ms, int r, const char *words)
{
	OUTCOME_CLEANUP struct outcome o = {0};

	outcome_run(&o, where, ms, -1);
	if (o.r != r || !o.why || !strstr(o.why, words))
		fail_msg("%s: %d %s", where, o.r, o.why ? o.why : "-");
	assert_string_equal(o.told, "");
	assert_int_equal(o.sample->trials.count, 0);
	assert_int_equal(count_cgroups(getpid()), 0);
}

static void test_refused(void **state)
{
	char path[64];

	(void)state;
	expect_refused("/nonexistent/x", EACH_MS, -ENOENT, "/nonexistent/x: cannot be");
	expect_refused("", EACH_MS, -ENOENT, "cannot be opened as a directory");
	expect_refused("/dev/null", EACH_MS, -ENOTDIR, "cannot be opened as a directory");
	expect_refused("/proc", EACH_MS, -ENOTSUP, "no disk");
	expect_refused(dir, 0, -EINVAL, "0 ms");
	expect_refused(dir, -5, -EINVAL, "-5 ms");
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_refused(path, EACH_MS, -ENOTDIR, "cannot be opened as a directory");
	unlink(path);
}

static void test_no_reason_wanted(void **state)
{
	struct outcome o;

	(void)state;
	outcome_make(&o);
	assert_int_equal(dg_trials_run("/proc", EACH_MS, -1, NULL, NULL, o.sample, NULL),
			 -ENOTSUP);
	outcome_clear(&o);
}

static void test_tmpfs(void **state)
{
	struct statfs fs;

	(void)state;
	need(statfs("/dev/shm", &fs) == 0 && fs.f_type == TMPFS_MAGIC,
	     "/dev/shm is no tmpfs");
	expect_refused("/dev/shm", EACH_MS, -ENOTSUP, "no disk");
}

/* In a child with mounts of its own. */
static int run_read_only(void *arg)
{
	OUTCOME_CLEANUP struct outcome o = {0};

	(void)arg;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(dir, dir, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return -77;
	outcome_run(&o, dir, EACH_MS, -1);
	return o.r == -EROFS && strstr(o.why, "read-only") ? 0 : -1;
}

static int run_no_rights(void *arg)
{
	OUTCOME_CLEANUP struct outcome o = {0};

	(void)arg;
	if (setresuid(65534, 65534, 65534) < 0)
		return -77;
	outcome_run(&o, dir, EACH_MS, -1);
	return o.r == -EACCES && strstr(o.why, dir) ? 0 : -1;
}

static void test_not_allowed(void **state)
{
	int r;

	(void)state;
	need_disk();
	r = child_run(run_read_only, NULL);
	need(r != -77, "not root, or not allowed to mount");
	assert_int_equal(r, 0);
	need(geteuid() == 0, "not root");
	r = child_run(run_no_rights, NULL);
	need(r != -77, "not allowed to be nobody");
	assert_int_equal(r, 0);
}

/* --- measured --- */

static void check_trial(const struct dg_trial *t, bool cgroup)
{
	assert_true(dg_known(&t->writes) && t->writes.value > 0);
	assert_true(t->writes.value <= EACH_MS * DG_TRIAL_RATE / 1000);
	assert_true(dg_known(&t->in_flight_us) && t->in_flight_us.value > 0);
	assert_true(dg_known(&t->elapsed_us));
	assert_true(t->in_flight_us.value <= t->elapsed_us.value);
	assert_true(dg_known(&t->await_ms) && t->await_ms.value > 0);
	if (!cgroup) {
		assert_int_equal(t->stalled_us.meta.state, DG_UNREADABLE);
		assert_true(dg_absent(&t->inflation));
		return;
	}
	assert_true(dg_known(&t->stalled_us) && t->stalled_us.value >= 0);
	assert_true(dg_known(&t->inflation));
	print_message("%s: %d writes, await %.2f ms, inflation %.2f\n", t->way.value,
		      (int)t->writes.value, t->await_ms.value, t->inflation.value);
}

/* Of the whole, in which no write was in flight. */
static double idle_share(const struct dg_trial *t)
{
	return 1 - (double)t->in_flight_us.value / (double)t->elapsed_us.value;
}

/* Of the idle time, that was charged. */
static double phantom_share(const struct dg_trial *t)
{
	return (double)(t->stalled_us.value - t->in_flight_us.value) /
	       (double)(t->elapsed_us.value - t->in_flight_us.value);
}

static void test_ways(void **state)
{
	OUTCOME_CLEANUP struct outcome o = {0};
	const struct dg_trial *blocking, *ring, *free_wait;
	bool cgroup = has_cgroup(), no_iowait, can_ring = has_ring(&no_iowait);

	(void)state;
	need_disk();
	outcome_run(&o, dir, EACH_MS, -1);
	if (o.r < 0)
		fail_msg("%d %s", o.r, o.why);
	expect_nothing_left(getpid());
	blocking = find_trial(&o, "blocking");
	ring = find_trial(&o, "io_uring");
	free_wait = find_trial(&o, "io_uring-no-iowait");
	assert_non_null(blocking);
	check_trial(blocking, cgroup);
	assert_non_null(ring);
	if (can_ring)
		check_trial(ring, cgroup);
	assert_int_equal(free_wait != NULL, no_iowait);
	assert_string_equal(o.told, no_iowait ? "blocking io_uring io_uring-no-iowait "
					      : "blocking io_uring ");
	if (!cgroup)
		return;
	assert_true(blocking->inflation.value < 3);
	if (!no_iowait)
		return;
	check_trial(free_wait, cgroup);
	/* Where writes take most of the time there is little idle time to be charged. */
	if (idle_share(ring) < 0.5 || idle_share(free_wait) < 0.5)
		return;
	assert_true(phantom_share(ring) > 0.3);
	assert_true(phantom_share(ring) > 3 * phantom_share(free_wait));
	if (idle_share(ring) > 0.9)
		assert_true(ring->inflation.value > 3 * free_wait->inflation.value);
}

static void test_stopped_before(void **state)
{
	DG_CLOSE int stop = eventfd(1, EFD_CLOEXEC);
	OUTCOME_CLEANUP struct outcome o = {0};

	(void)state;
	outcome_run(&o, dir, EACH_MS, stop);
	assert_int_equal(o.r, 0);
	assert_null(o.why);
	assert_int_equal(o.sample->trials.count, 0);
	assert_string_equal(o.told, "");
}

struct stopping {
	struct outcome *o;
	int stop;
	const char *at;
	pid_t helper;
};

/* Soon after the way `at` has begun. */
static void stop_soon(const char *way, void *arg)
{
	struct stopping *s = arg;

	note_way(way, s->o);
	if (!dg_streq(way, s->at))
		return;
	s->helper = fork();
	if (s->helper == 0) {
		sleep_ms(700);
		_exit(eventfd_write(s->stop, 1) < 0);
	}
}

static void test_stopped(void **state)
{
	static const char *const ways[] = {"blocking", "io_uring", "io_uring-no-iowait"};
	bool no_iowait, can_ring = has_ring(&no_iowait);
	size_t n = !can_ring ? 1 : no_iowait ? 3 : 2;

	(void)state;
	need_disk();
	for (size_t i = 0; i < n; i++) {
		DG_CLOSE int stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		OUTCOME_CLEANUP struct outcome o = {0};
		struct stopping s = {.o = &o, .stop = stop, .at = ways[i]};
		const struct dg_trial *last;
		int ms = i == 0 ? DG_TRIAL_TIME_MAX_MS : 2000;

		outcome_make(&o);
		o.r = dg_trials_run(dir, ms, stop, stop_soon, &s, o.sample, &o.why);
		waitpid(s.helper, NULL, 0);
		if (o.r < 0)
			fail_msg("%d %s", o.r, o.why);
		expect_nothing_left(getpid());
		if (o.sample->trials.count == i) {
			print_message("%s: ended before its first write\n", ways[i]);
			continue;
		}
		assert_int_equal(o.sample->trials.count, i + 1);
		last = find_trial(&o, ways[i]);
		assert_non_null(last);
		assert_true(last->writes.value > 0);
		assert_true(last->writes.value < ms * DG_TRIAL_RATE / 1000);
		assert_true(dg_known(&last->in_flight_us));
		assert_int_equal(dg_known(&last->stalled_us), has_cgroup());
	}
}

/* --- without a cgroup --- */

static int run_without_cgroup(void *arg)
{
	OUTCOME_CLEANUP struct outcome o = {0};
	const struct dg_trial *t;

	(void)arg;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) < 0)
		return -77;
	outcome_run(&o, dir, 100, -1);
	t = find_trial(&o, "blocking");
	if (o.r < 0 || !t || !dg_known(&t->in_flight_us) || !dg_known(&t->await_ms))
		return -1;
	if (dg_known(&t->stalled_us) || !dg_absent(&t->inflation))
		return -2;
	return strstr(t->stalled_us.meta.detail, "no cgroup of its own") ? 0 : -3;
}

static void test_without_cgroup(void **state)
{
	int r;

	(void)state;
	need_disk();
	r = child_run(run_without_cgroup, NULL);
	need(r != -77, "not root, or not allowed to mount");
	assert_int_equal(r, 0);
}

/* --- without a ring --- */

static int run_without_ring(void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	OUTCOME_CLEANUP struct outcome o = {0};
	const struct dg_trial *t;

	(void)arg;
	if (!filter_calls(code, DG_COUNT(code)))
		return -77;
	outcome_run(&o, dir, 100, -1);
	if (o.r < 0 || o.sample->trials.count != 2 || !find_trial(&o, "blocking"))
		return -1;
	t = find_trial(&o, "io_uring");
	if (!t || t->writes.meta.state != DG_UNREADABLE ||
	    !strstr(t->writes.meta.detail, "io_uring_setup: "))
		return -2;
	return dg_absent(&t->await_ms) && dg_absent(&t->inflation) ? 0 : -3;
}

static void test_without_ring(void **state)
{
	int r;

	(void)state;
	need_disk();
	r = child_run(run_without_ring, NULL);
	need(r != -77, "not allowed to filter system calls");
	assert_int_equal(r, 0);
}

/* --- whatever interrupts it --- */

static void run_load(void *arg, int ready)
{
	struct outcome o;

	(void)arg;
	if (setpgid(0, 0) < 0 || write(ready, "", 1) != 1)
		_exit(126);
	outcome_run(&o, dir, 400, -1);
	sleep_ms(60000); /* killed, here at the latest */
}

/* Orphans become this process's children, so that it sees them end. */
static void test_caller_killed(void **state)
{
	static const long moments[] = {0, 3, 20, 60, 150, 400, 700, 1100};
	static const int signals[] = {SIGKILL, SIGTERM};

	(void)state;
	need_disk();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (size_t i = 0; i < DG_COUNT(signals); i++)
		for (size_t j = 0; j < DG_COUNT(moments); j++) {
			pid_t pid = child_start(run_load, NULL);

			sleep_ms(moments[j]);
			assert_int_equal(kill(-pid, signals[i]), 0);
			expect_no_children();
			expect_nothing_left(pid);
		}
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* The first child of `pid`; 0: none within two seconds. */
static pid_t find_child(pid_t pid)
{
	char path[64], text[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	for (int i = 0; i < 2000; i++) {
		DG_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return 0;
		if (read(fd, text, sizeof(text) - 1) > 0)
			return (pid_t)atoi(text);
		sleep_ms(1);
	}
	return 0;
}

struct killing {
	struct outcome *o;
	int depth; /* 1: the keeper, 2: the worker */
	pid_t helper;
	pid_t self;
};

/* A helper outside of what is looked for: its own child is the one that kills, so that
 * the first child of this process is the keeper. */
static void kill_soon(const char *way, void *arg)
{
	struct killing *k = arg;
	pid_t victim;

	note_way(way, k->o);
	if (!dg_streq(way, "blocking"))
		return;
	k->helper = fork();
	if (k->helper > 0) {
		waitpid(k->helper, NULL, 0);
		return;
	}
	if (fork() > 0)
		_exit(0);
	sleep_ms(300);
	victim = find_child(k->self);
	if (victim && k->depth == 2)
		victim = find_child(victim);
	_exit(victim ? kill(victim, SIGKILL) < 0 : 1);
}

static void test_kept_killed(void **state)
{
	char path[64];

	(void)state;
	need_disk();
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getpid(),
		 (int)getpid());
	need(access(path, R_OK) == 0, "this kernel does not list children");
	for (int depth = 1; depth <= 2; depth++) {
		OUTCOME_CLEANUP struct outcome o = {0};
		struct killing k = {.o = &o, .depth = depth, .self = getpid()};
		const struct dg_trial *t;

		outcome_make(&o);
		o.r = dg_trials_run(dir, 1500, -1, kill_soon, &k, o.sample, &o.why);
		if (o.r < 0)
			fail_msg("%d %s", o.r, o.why);
		t = find_trial(&o, "blocking");
		assert_non_null(t);
		assert_int_equal(t->stalled_us.meta.state, DG_UNREADABLE);
		assert_true(strstr(t->stalled_us.meta.detail, "did not come to its end"));
		assert_true(dg_absent(&t->inflation));
		assert_true(dg_known(&t->writes) && t->writes.value < 75);
		/* The others are not the worse for it. */
		t = find_trial(&o, "io_uring");
		assert_non_null(t);
		assert_int_equal(dg_known(&t->stalled_us), has_cgroup());
		expect_nothing_left(getpid());
	}
}

/* --- a disk that does not answer --- */

struct image {
	char file[80], dir[80];
	int loop, mount; /* -1: none */
};

static bool image_make(struct image *image, const char *type)
{
	char command[160];
	DG_CLOSE int fd = -1;

	*image = (struct image){.loop = -1, .mount = -1};
	snprintf(image->file, sizeof(image->file), "%s.image", dir);
	snprintf(image->dir, sizeof(image->dir), "%s.mount", dir);
	fd = open(image->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 256 << 20) < 0)
		return false;
	snprintf(command, sizeof(command), "PATH=$PATH:/sbin mkfs.%s %s >/dev/null 2>&1",
		 type, image->file);
	return system(command) == 0 && mkdir(image->dir, 0700) == 0;
}

static bool image_mount(struct image *image, const char *type)
{
	DG_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	DG_CLOSE int fd = open(image->file, O_RDWR | O_CLOEXEC);
	const struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
	char device[32];
	int n = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);

	snprintf(device, sizeof(device), "/dev/loop%d", n);
	image->loop = n < 0 ? -1 : open(device, O_RDWR | O_CLOEXEC);
	if (image->loop < 0 || ioctl(image->loop, LOOP_SET_FD, fd) < 0 ||
	    ioctl(image->loop, LOOP_SET_STATUS64, &info) < 0 ||
	    mount(device, image->dir, type, 0, NULL) < 0)
		return false;
	image->mount = open(image->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return image->mount >= 0;
}

static void image_remove(struct image *image)
{
	if (image->mount >= 0)
		close(image->mount);
	umount2(image->dir, MNT_DETACH);
	if (image->loop >= 0)
		close(image->loop);
	rmdir(image->dir);
	unlink(image->file);
}

/* Skips where it cannot be had. */
static void image_need(struct image *image, const char *type)
{
	bool made = image_make(image, type) && image_mount(image, type);

	if (!made)
		image_remove(image);
	need(made, "no file system can be made and mounted");
}

/* A frozen file system keeps writers waiting as a dead disk does: no signal ends them. */
static void freeze_at_second(const char *way, void *arg)
{
	const int *mount_fd = arg;

	if (dg_streq(way, "io_uring"))
		ioctl(*mount_fd, FIFREEZE, 0);
}

static void test_frozen(void **state)
{
	OUTCOME_CLEANUP struct outcome o = {0};
	OUTCOME_CLEANUP struct outcome next = {0};
	struct image image;
	bool left;

	(void)state;
	image_need(&image, "ext4");
	outcome_make(&o);
	outcome_make(&next);
	/* What hangs becomes this process's child, so that it sees it end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	o.r = dg_trials_run(image.dir, 200, -1, freeze_at_second, &image.mount, o.sample,
			    &o.why);
	left = waitpid(-1, NULL, WNOHANG) == 0;
	/* Where the kernel refused to freeze, neither can it thaw. */
	if (ioctl(image.mount, FITHAW, 0) == 0) {
		assert_int_equal(o.r, -ETIMEDOUT);
		assert_true(strstr(o.why, "did not answer"));
		assert_int_equal(o.sample->trials.count, 1);
		assert_non_null(find_trial(&o, "blocking"));
		print_message("%s\n", left ? "it hung, and was left" : "it was ended");
	}
	expect_no_children();
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	image_remove(&image);

	/* Its cgroup, if it could not be removed, goes with the next of that name. */
	next.r = dg_trials_run(dir, 50, -1, NULL, NULL, next.sample, NULL);
	assert_int_equal(next.r, 0);
	expect_nothing_left(getpid());
}

static int open_all(void **state)
{
	(void)state;
	return dg_root_new("/", &live) < 0 || !mkdtemp(dir);
}

static int close_all(void **state)
{
	(void)state;
	dg_root_free(live);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_reason_wanted),
		cmocka_unit_test(test_tmpfs),
		cmocka_unit_test(test_not_allowed),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_stopped_before),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_without_cgroup),
		cmocka_unit_test(test_without_ring),
		cmocka_unit_test(test_caller_killed),
		cmocka_unit_test(test_kept_killed),
		cmocka_unit_test(test_frozen),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
