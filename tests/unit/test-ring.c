/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What io_uring can do: inferred for trees, asked of this kernel, and the idle-wait
 * self-test, which leaves nothing behind whoever is killed. Where a test needs to be root
 * or a cgroup of its own and does not get it, it is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>

#include "guard/probe/cgroup.h"
#include "guard/probe/probe.h"
#include "guard/probe/ring.h"
#include "guard/probe/uring.h"
#include "tests/unit/collecting.h"

#define SYSCTL	"/proc/sys/kernel/io_uring_disabled"
#define GONE_MS 3000 /* by then whatever was killed has to be gone; it takes a few ms */

static struct dg_root *live;

static void sleep_ms(long ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* --- trees --- */

static const struct {
	const char *release;
	int r;
	uint32_t features;
} releases[] = {
	{.release = "5.0.21", .r = -ENOSYS},
	{.release = "4.19.0-27-amd64", .r = -ENOSYS},
	{.release = "5.1.0", .features = 0},
	{.release = "5.15.158-2-pve", .features = 0x7ff},
	{.release = "6.1.0-44-amd64", .features = 0x1fff},
	{.release = "6.2.16-20-pve", .features = 0x1fff},
	{.release = "6.5.13-5-pve", .features = 0x3fff},
	{.release = "6.8.12-43-pve", .features = 0x3fff},
	{.release = "6.11.11-2-pve", .features = 0x7fff},
	{.release = "6.12.43+deb13-amd64", .features = 0xffff},
	{.release = "6.14.11-9-bpo12-pve", .features = 0x1ffff},
	{.release = "6.15.0-rc1", .features = 0x3ffff},
	{.release = "6.17.13-21-pve", .features = 0x3ffff},
	{.release = "7.0.6-2-pve", .features = 0x3ffff},
	{.release = "10.0.1", .features = 0x3ffff},
	{.release = "6", .r = -EBADMSG},
	{.release = "", .r = -EBADMSG},
	{.release = "linux", .r = -EBADMSG},
};

static void test_infer(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(releases); i++) {
		uint32_t features = 0xdead;

		assert_int_equal(dg_ring_infer(releases[i].release, &features),
				 releases[i].r);
		assert_int_equal(features, releases[i].r ? 0xdead : releases[i].features);
	}
}

static void test_feature_table(void **state)
{
	const struct dg_ring_feature *features;
	size_t n;

	(void)state;
	features = dg_ring_features(&n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(features[i].bit, i);
}

static void test_tree(void **state)
{
	struct tree tree;

	(void)state;
	tree_make(&tree);
	for (size_t i = 0; i < DG_COUNT(releases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		const struct dg_ring *ring;

		put(&tree, "proc/sys/kernel/osrelease", releases[i].release);
		facts = collect(&tree, &dg_collect_ring);
		ring = &facts->ring;
		assert_true(dg_known(ring) && dg_true(&ring->inferred));
		if (releases[i].r == 0)
			assert_number(&ring->features, releases[i].features);
		else
			assert_int_equal(ring->features.meta.state,
					 releases[i].r == -ENOSYS ? DG_ABSENT
								  : DG_UNREADABLE);
		assert_true(dg_absent(&ring->last_op));
		assert_true(dg_absent(&ring->disabled));
	}
	tree_remove(&tree);
}

static void test_tree_sysctl(void **state)
{
	static const struct {
		const char *text;
		enum dg_state state;
		int64_t value;
	} cases[] = {
		{.text = "0\n", .state = DG_KNOWN, .value = 0},
		{.text = "2\n", .state = DG_KNOWN, .value = 2},
		{.text = "3\n", .state = DG_MALFORMED},
		{.text = "-1\n", .state = DG_MALFORMED},
		{.text = "", .state = DG_MALFORMED},
		{.text = "\x1b[2J", .state = DG_MALFORMED},
		{.text = "000000000000000000000000000000000000000000000000000000000000000"
			 "00",
		 .state = DG_UNREADABLE},
	};
	struct tree tree;

	(void)state;
	tree_make(&tree);
	put(&tree, "proc/sys/kernel/osrelease", "6.14.0-1-pve\n");
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, SYSCTL, cases[i].text);
		facts = collect(&tree, &dg_collect_ring);
		assert_int_equal(facts->ring.disabled.meta.state, cases[i].state);
		if (cases[i].state == DG_KNOWN)
			assert_number(&facts->ring.disabled, cases[i].value);
		assert_number(&facts->ring.features, 0x1ffff);
	}
	drop(&tree, SYSCTL);
	drop(&tree, "proc/sys/kernel/osrelease");
	put_fifo(&tree, "proc/sys/kernel/osrelease");
	put_fifo(&tree, SYSCTL);
	{
		FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_ring);

		assert_string_equal(said(&facts->ring.features),
				    "unreadable: /proc/sys/kernel/osrelease: is not a "
				    "regular file");
		assert_int_equal(facts->ring.disabled.meta.state, DG_UNREADABLE);
	}
	tree_remove(&tree);
}

/* --- this kernel --- */

static void skip_for_rights(void)
{
	print_message("skipped: not root, or not allowed to do this here\n");
	skip();
}

/* A kernel refuses it, or a sandbox around the tests. */
static void need_ring(void)
{
	uint32_t features;
	int r = dg_uring_ask(&features, NULL);

	if (r < 0) {
		print_message("skipped: io_uring_setup: %s\n", strerrorname_np(-r));
		skip();
	}
}

static void test_live(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = dg_facts_new();
	const struct dg_ring *ring = &facts->ring;
	uint32_t inferred;

	(void)state;
	need_ring();
	dg_read_line_fact(live, "proc/sys/kernel/osrelease", &facts->kernel.release);
	assert_true(dg_known(&facts->kernel.release));
	dg_collect_ring.run(live, facts);
	assert_true(dg_known(ring) && dg_known(&ring->inferred) && !ring->inferred.value);
	assert_true(dg_known(&ring->features));
	assert_int_equal(dg_ring_infer(facts->kernel.release.value, &inferred), 0);
	assert_int_equal(ring->features.value & inferred, inferred);
	if (inferred & DG_URING_FEAT_NO_IOWAIT) /* 6.15: 61, 6.16: 62 */
		assert_true(dg_known(&ring->last_op) && ring->last_op.value >= 61);
}

/* --- a kernel or a sandbox that refuses --- */

static void filter_setup(int error)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = DG_COUNT(code),
					   .filter = (struct sock_filter *)code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(77);
}

static bool enter_own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* What the sysctl reads from now on in this child; NULL: there is none. */
static void fake_sysctl(const char *value)
{
	char path[] = "/tmp/dg-sysctl-XXXXXX";
	DG_CLOSE int fd = -1;

	if (!enter_own_mounts())
		_exit(77);
	if (!value) {
		/* The directory without the file; its other files matter to nobody. */
		if (mount("none", "/proc/sys/kernel", "tmpfs", 0, NULL) < 0)
			_exit(77);
		return;
	}
	fd = mkstemp(path);
	if (fd < 0 || write(fd, value, strlen(value)) < 0 ||
	    mount(path, "/" SYSCTL, NULL, MS_BIND, NULL) < 0)
		_exit(77);
	unlink(path);
}

struct refusal {
	int error;
	const char *sysctl; /* NULL: none; "": as it is */
	enum dg_state state;
	const char *detail;
};

static int run_refused(void *arg)
{
	const struct refusal *c = arg;
	struct dg_facts *facts = dg_facts_new();
	struct dg_root *root;

	if (!c->sysctl || *c->sysctl)
		fake_sysctl(c->sysctl);
	if (!facts || dg_root_new("/", &root) < 0)
		return -78;
	filter_setup(c->error);
	dg_collect_ring.run(root, facts);
	if (facts->ring.features.meta.state != c->state ||
	    facts->ring.last_op.meta.state != c->state ||
	    !strstr(facts->ring.features.meta.detail, c->detail)) {
		print_message("%s\n", said(&facts->ring.features));
		return -79;
	}
	dg_facts_free(facts);
	dg_root_free(root);
	return 0;
}

static void test_refused(void **state)
{
	static const struct refusal cases[] = {
		{.error = EPERM,
		 .sysctl = "0",
		 .state = DG_UNREADABLE,
		 .detail = "seccomp"},
		{.error = EPERM,
		 .sysctl = "1",
		 .state = DG_UNREADABLE,
		 .detail = "privileged"},
		{.error = EPERM, .sysctl = "2", .state = DG_ABSENT, .detail = "EPERM"},
		{.error = EPERM,
		 .sysctl = NULL,
		 .state = DG_UNREADABLE,
		 .detail = "seccomp"},
		{.error = ENOSYS,
		 .sysctl = "0",
		 .state = DG_UNREADABLE,
		 .detail = "seccomp"},
		{.error = ENOSYS, .sysctl = NULL, .state = DG_ABSENT, .detail = "ENOSYS"},
		{.error = ENOMEM,
		 .sysctl = "2",
		 .state = DG_UNREADABLE,
		 .detail = "ENOMEM"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct refusal c = cases[i];
		int r = child_run(run_refused, &c);

		if (r == -77)
			skip_for_rights();
		if (r != 0)
			fail_msg("case %zu: %d", i, r);
	}
}

/* --- what the figures mean --- */

#define WAIT(elapsed, some)                                                 \
	{                                                                   \
		.done = true, .planned_us = 70000, .elapsed_us = (elapsed), \
		.some_us = (some)                                           \
	}

static void test_judge(void **state)
{
	static const struct {
		const char *name;
		enum dg_idle_scope scope;
		struct dg_idle_wait waits[DG_IDLE_WAYS];
		enum dg_idle_charge plain, no_iowait;
		const char *why;
	} cases[] = {
		{.name = "6.18",
		 .scope = DG_IDLE_OWN,
		 .waits = {WAIT(70000, 0), WAIT(70000, 70000), WAIT(70000, 0),
			   WAIT(70000, 0)},
		 .plain = DG_IDLE_CHARGED,
		 .no_iowait = DG_IDLE_FREE,
		 .why = ""},
		{.name = "6.5",
		 .scope = DG_IDLE_OWN,
		 .waits = {WAIT(70000, 0), WAIT(70000, 69000), {0}, WAIT(70000, 0)},
		 .plain = DG_IDLE_CHARGED,
		 .no_iowait = DG_IDLE_NOT_TRIED,
		 .why = ""},
		{.name = "6.2",
		 .scope = DG_IDLE_OWN,
		 .waits = {WAIT(70000, 0), WAIT(70000, 7000), {0}, WAIT(70000, 7000)},
		 .plain = DG_IDLE_FREE,
		 .no_iowait = DG_IDLE_NOT_TRIED,
		 .why = ""},
		{.name = "the bit lies",
		 .scope = DG_IDLE_OWN,
		 .waits = {WAIT(70000, 0), WAIT(70000, 56000), WAIT(70000, 70000),
			   WAIT(70000, 0)},
		 .plain = DG_IDLE_CHARGED,
		 .no_iowait = DG_IDLE_CHARGED,
		 .why = ""},
		{.name = "noise before",
		 .scope = DG_IDLE_HOST,
		 .waits = {WAIT(70000, 7100), WAIT(70000, 70000), WAIT(70000, 0),
			   WAIT(70000, 0)},
		 .why = "the whole host is not quiet: I/O stalled it for 10 %"},
		{.name = "noise after",
		 .scope = DG_IDLE_SHARED,
		 .waits = {WAIT(70000, 0), WAIT(70000, 70000), WAIT(70000, 0),
			   WAIT(70000, 70000)},
		 .why = "not quiet: I/O stalled it for 100 %"},
		{.name = "halfway",
		 .scope = DG_IDLE_OWN,
		 .waits = {WAIT(70000, 0), WAIT(70000, 35000), WAIT(70000, 0),
			   WAIT(70000, 0)},
		 .no_iowait = DG_IDLE_FREE,
		 .why = "50.0 % of the wait was charged, neither most nor none"},
		{.name = "stopped meanwhile",
		 .scope = DG_IDLE_OWN,
		 .waits = {WAIT(70000, 0), WAIT(3000000, 35000), WAIT(70000, 0),
			   WAIT(70000, 0)},
		 .no_iowait = DG_IDLE_FREE,
		 .why = "too busy: a wait of 70 ms took 3000 ms"},
		{.name = "little, while eight processors may water it down",
		 .scope = DG_IDLE_HOST,
		 .waits = {WAIT(70000, 0), WAIT(70000, 6000), WAIT(70000, 0),
			   WAIT(70000, 0)},
		 .no_iowait = DG_IDLE_FREE,
		 .why = "8.6 % of the wait was charged"},
		{.name = "nothing, shared",
		 .scope = DG_IDLE_SHARED,
		 .waits = {WAIT(70000, 0), WAIT(70000, 800), {0}, WAIT(70000, 0)},
		 .plain = DG_IDLE_FREE,
		 .no_iowait = DG_IDLE_NOT_TRIED,
		 .why = ""},
		{.name = "nothing was done", .scope = DG_IDLE_OWN, .why = "was not made"},
		{.name = "a clock that stands",
		 .scope = DG_IDLE_OWN,
		 .waits = {WAIT(0, 0), WAIT(0, 5), WAIT(0, -5), WAIT(-1, INT64_MAX)},
		 .plain = DG_IDLE_FREE,
		 .no_iowait = DG_IDLE_FREE,
		 .why = ""},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_idle_test test = {.scope = cases[i].scope, .cpus = 8};

		memcpy(test.waits, cases[i].waits, sizeof(test.waits));
		dg_idle_test_judge(&test);
		if (test.plain != cases[i].plain ||
		    test.no_iowait != cases[i].no_iowait ||
		    !strstr(test.why, cases[i].why) || (!*cases[i].why && *test.why))
			fail_msg("%s: %d %d %s", cases[i].name, (int)test.plain,
				 (int)test.no_iowait, test.why);
	}
}

static void test_conclude(void **state)
{
	static const struct {
		int64_t features; /* -1: refused, -2: cannot be told */
		int64_t disabled;
		bool tree, told;
		struct dg_idle_test test;
		const char *words;
	} cases[] = {
		{.features = 0x3ffff,
		 .test = {.plain = DG_IDLE_CHARGED, .no_iowait = DG_IDLE_FREE},
		 .told = true,
		 .words = "and QEMU may opt out (feature bit 17)"},
		{.features = 0x3ffff,
		 .test = {.plain = DG_IDLE_CHARGED, .no_iowait = DG_IDLE_CHARGED},
		 .told = true,
		 .words = "against what its feature bit 17 promises"},
		{.features = 0x3ffff,
		 .test = {.plain = DG_IDLE_CHARGED, .why = "so busy"},
		 .told = true,
		 .words = "could not be measured: so busy."},
		{.features = 0x1ffff,
		 .test = {.plain = DG_IDLE_CHARGED, .no_iowait = DG_IDLE_NOT_TRIED},
		 .told = true,
		 .words = "QEMU cannot opt out"},
		{.features = 0x1fff,
		 .test = {.plain = DG_IDLE_FREE, .no_iowait = DG_IDLE_NOT_TRIED},
		 .told = true,
		 .words = "does not count idle io_uring waits"},
		{.features = 0x3ffff,
		 .test = {.why = "no pressure"},
		 .told = true,
		 .words =
			 "lets QEMU opt out of having idle io_uring waits counted as I/O "
			 "stall (feature bit 17); pve-qemu-kvm from 10.2.1-2 on does "
			 "(not "
			 "measured: no pressure)"},
		{.features = 0x3fff,
		 .tree = true,
		 .told = true,
		 .words = "phantom I/O pressure (inferred from its version)"},
		{.features = 0x3fff,
		 .disabled = 2,
		 .tree = true,
		 .told = true,
		 .words = "refuses io_uring (kernel.io_uring_disabled is 2)"},
		{.features = -1, .told = true, .words = "refuses io_uring (says why)"},
		{.features = -2, .words = "cannot be told: says why."},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = dg_facts_new();
		struct dg_ring *ring = &facts->ring;
		const struct dg_idle_test *test = cases[i].tree ? NULL : &cases[i].test;
		DG_FREE char *words = NULL;

		dg_set_int(&ring->disabled, cases[i].disabled);
		dg_set_bool(&ring->inferred, cases[i].tree);
		if (cases[i].features >= 0)
			dg_set_int(&ring->features, cases[i].features);
		else
			dg_set_gap(&ring->features.meta,
				   cases[i].features == -1 ? DG_ABSENT : DG_UNREADABLE,
				   "says why");
		words = dg_probe_conclude(ring, test);
		if (!strstr(words, cases[i].words))
			fail_msg("case %zu: %s", i, words);
		assert_int_equal(dg_probe_told(ring, test), cases[i].told);
	}
}

/* --- the self-test --- */

/* Probe cgroups of `owner` beside this process. */
static int count_cgroups(pid_t owner)
{
	DG_CLOSE int fd = -1;
	DG_CLOSEDIR DIR *dir = NULL;
	const struct dirent *entry;
	char name[DG_CGROUP_NAME_SIZE];
	int found = 0;

	if (dg_cgroup_open_own(live, &fd) < 0)
		return 0;
	dg_cgroup_name(owner, name);
	dir = fdopendir(dg_steal_fd(&fd));
	while ((entry = readdir(dir)))
		found += dg_streq(entry->d_name, name);
	return found;
}

/* Skips where this process cannot make a cgroup. */
static void need_cgroup(void)
{
	DG_CLOSE int fd = -1;
	int r = dg_cgroup_open_own(live, &fd);

	if (r == 0) {
		r = dg_cgroup_make(fd, "driftguard-probe-try");
		dg_cgroup_remove(fd, "driftguard-probe-try");
	}
	if (r < 0) {
		print_message("skipped: no cgroup of its own: %s\n", strerrorname_np(-r));
		skip();
	}
}

/* 0: as it should be; -77: cannot tell, and says why; else wrong. */
static int check_result(const struct dg_idle_test *t)
{
	if (t->plain == DG_IDLE_CANNOT_TELL || t->no_iowait == DG_IDLE_CANNOT_TELL) {
		print_message("cannot tell: %s\n", t->why);
		return *t->why ? -77 : -1;
	}
	if (*t->why)
		return -2;
	/* A kernel that offers to opt out counts, and holds to its offer. */
	if (t->no_iowait != DG_IDLE_NOT_TRIED &&
	    (t->plain != DG_IDLE_CHARGED || t->no_iowait != DG_IDLE_FREE))
		return -3;
	return (t->scope == DG_IDLE_OWN) == !*t->scope_why ? 0 : -4;
}

static int run_self(void *arg)
{
	struct dg_idle_test test;

	(void)arg;
	dg_idle_test_run(live, &test);
	return check_result(&test);
}

static void test_self(void **state)
{
	struct dg_idle_test test;
	int r;

	(void)state;
	need_ring();
	dg_idle_test_run(live, &test);
	r = check_result(&test);
	assert_int_equal(count_cgroups(getpid()), 0);
	if (r == -77) {
		print_message("skipped: %s\n", test.why);
		skip();
	}
	assert_int_equal(r, 0);
}

static void test_parallel(void **state)
{
	pid_t pids[4];
	int done = 0;

	(void)state;
	need_ring();
	for (size_t i = 0; i < DG_COUNT(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(-run_self(NULL));
		assert_true(pids[i] > 0);
	}
	for (size_t i = 0; i < DG_COUNT(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
		done += WEXITSTATUS(status) == 0;
		assert_int_equal(count_cgroups(pids[i]), 0);
	}
	if (!done) {
		print_message("skipped: none of them could tell\n");
		skip();
	}
}

/* --- places where it cannot measure as it likes to --- */

struct place {
	const char *name;
	const char *hide[2]; /* mount points that are covered */
	bool quiet;	     /* in a cgroup where nobody else is */
	bool read_only, nobody;
	enum dg_idle_scope scope;
};

static void name_quiet(pid_t pid, char name[static 48])
{
	snprintf(name, 48, "driftguard-test-%d", (int)pid);
}

/* test_places() removes it. */
static int enter_quiet(void)
{
	DG_CLOSE int fd = -1;
	char name[48];
	int r = dg_cgroup_open_own(live, &fd);

	name_quiet(getppid(), name);
	r = r < 0 ? r : dg_cgroup_make(fd, name);
	return r < 0 ? r : dg_cgroup_enter(fd, name);
}

static void remove_quiet(void)
{
	DG_CLOSE int fd = -1;
	char name[48];

	name_quiet(getpid(), name);
	if (dg_cgroup_open_own(live, &fd) == 0)
		dg_cgroup_remove(fd, name);
}

static int run_placed(void *arg)
{
	const struct place *place = arg;
	struct dg_idle_test test;
	struct dg_root *root;

	if (place->quiet && enter_quiet() < 0)
		return -77;
	if (!enter_own_mounts())
		return -77;
	for (size_t i = 0; i < DG_COUNT(place->hide) && place->hide[i]; i++)
		if (mount("none", place->hide[i], "tmpfs", 0, NULL) < 0)
			return -77;
	if (place->read_only &&
	    mount(NULL, "/sys/fs/cgroup/unified", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY,
		  NULL) < 0 &&
	    mount(NULL, "/sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) <
		    0)
		return -77;
	if (place->nobody && setresuid(65534, 65534, 65534) < 0)
		return -77;
	if (dg_root_new("/", &root) < 0)
		return -78;
	dg_idle_test_run(root, &test);
	dg_root_free(root);
	if (test.scope != place->scope ||
	    (place->scope != DG_IDLE_OWN && !*test.scope_why)) {
		print_message("%s: scope %d, %s, %s\n", place->name, (int)test.scope,
			      test.scope_why, test.why);
		return -79;
	}
	if (place->scope == DG_IDLE_NOWHERE)
		return strstr(test.why, "psi=1") ? 0 : -80;
	if (place->quiet)
		print_message("%s: %.1f %%, %.1f %%\n", place->name,
			      dg_idle_percent(&test.waits[DG_IDLE_PLAIN],
					      test.waits[DG_IDLE_PLAIN].some_us),
			      dg_idle_percent(&test.waits[DG_IDLE_NO_IOWAIT],
					      test.waits[DG_IDLE_NO_IOWAIT].some_us));
	/* Where others run, nothing but its own consistency can be asked for. */
	return check_result(&test) == -77 ? 0 : check_result(&test);
}

static void test_places(void **state)
{
	static const struct place cases[] = {
		{.name = "read-only cgroups", .read_only = true, .scope = DG_IDLE_SHARED},
		{.name = "read-only, in a unit of its own",
		 .quiet = true,
		 .read_only = true,
		 .scope = DG_IDLE_SHARED},
		{.name = "below a cgroup that is not the root",
		 .quiet = true,
		 .scope = DG_IDLE_OWN},
		{.name = "no rights", .nobody = true, .scope = DG_IDLE_SHARED},
		{.name = "no cgroups", .hide = {"/sys/fs/cgroup"}, .scope = DG_IDLE_HOST},
		{.name = "no pressure", .hide = {"/sys/fs/cgroup", "/proc/pressure"}},
	};

	(void)state;
	need_ring();
	need_cgroup();
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct place place = cases[i];
		int r = child_run(run_placed, &place);

		remove_quiet();
		if (r == -77)
			skip_for_rights();
		if (r != 0)
			fail_msg("%s: %d", place.name, r);
	}
}

static int run_filtered(void *arg)
{
	struct dg_idle_test test;

	(void)arg;
	filter_setup(ENOSYS);
	dg_idle_test_run(live, &test);
	if (count_cgroups(getpid()))
		return -2;
	return test.plain != DG_IDLE_CANNOT_TELL || !strstr(test.why, "io_uring_setup: ");
}

static void test_filtered(void **state)
{
	int r = child_run(run_filtered, NULL);

	(void)state;
	if (r == -77)
		skip_for_rights();
	assert_int_equal(r, 0);
}

/* --- whatever interrupts it --- */

static const int signals[] = {SIGKILL, SIGINT, SIGTERM, SIGHUP};

static void run_prober(void *arg, int ready)
{
	struct dg_idle_test test;

	(void)arg;
	/* Whoever started the tests may ignore some: nohup does. */
	for (size_t i = 0; i < DG_COUNT(signals); i++)
		signal(signals[i], SIG_DFL);
	/* Signals go to the whole group, as from a terminal. */
	if (setpgid(0, 0) < 0 || write(ready, "", 1) != 1)
		_exit(126);
	dg_idle_test_run(live, &test);
	sleep_ms(60000); /* killed, here at the latest */
}

/* All processes below this one, orphans too, are gone soon. */
static void expect_no_children(void)
{
	pid_t pid = 0;

	for (int i = 0; i < GONE_MS && pid >= 0; i++) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid == 0)
			sleep_ms(1);
	}
	assert_true(pid < 0 && errno == ECHILD);
}

/* Orphans become this process's children, so that it sees them end. */
static void test_killed(void **state)
{
	static const long moments[] = {0, 1, 3, 8, 20, 60, 110, 190, 300};

	(void)state;
	need_ring();
	need_cgroup();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (size_t i = 0; i < DG_COUNT(signals); i++)
		for (size_t j = 0; j < DG_COUNT(moments); j++) {
			pid_t pid = child_start(run_prober, NULL);

			sleep_ms(moments[j]);
			assert_int_equal(kill(-pid, signals[i]), 0);
			expect_no_children();
			assert_int_equal(count_cgroups(pid), 0);
		}
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* The first child of `pid`; 0: none within a second, or this kernel does not tell. */
static pid_t find_child(pid_t pid)
{
	char path[64], text[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	for (int i = 0; i < 1000; i++) {
		DG_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return 0;
		if (read(fd, text, sizeof(text) - 1) > 0)
			return (pid_t)atoi(text);
		sleep_ms(1);
	}
	return 0;
}

/* The keeper is killed: the caller says so and cleans up. Its answer comes by exit
 * status. */
static int run_unkept(void *arg)
{
	struct dg_idle_test test;

	(void)arg;
	dg_idle_test_run(live, &test);
	return strstr(test.why, "ended from outside") ? 0 : -1;
}

static void test_keeper_killed(void **state)
{
	(void)state;
	need_ring();
	need_cgroup();
	for (long ms = 0; ms < 200; ms = ms * 2 + 1) {
		int status;
		pid_t keeper, pid = fork();

		if (pid == 0)
			_exit(-run_unkept(NULL));
		assert_true(pid > 0);
		keeper = find_child(pid);
		if (!keeper) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			print_message("skipped: this kernel does not list children\n");
			skip();
		}
		sleep_ms(ms);
		assert_int_equal(kill(keeper, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		assert_int_equal(count_cgroups(pid), 0);
	}
}

/* All at once: what is left goes with the next test. */
static void test_all_killed(void **state)
{
	static const long moments[] = {1, 3, 10, 30, 90, 180};
	pid_t pids[DG_COUNT(moments)];
	struct dg_idle_test test;

	(void)state;
	need_ring();
	need_cgroup();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (size_t i = 0; i < DG_COUNT(moments); i++) {
		pid_t pid = child_start(run_prober, NULL), keeper = find_child(pid);

		sleep_ms(moments[i]);
		if (keeper) {
			kill(pid, SIGSTOP);
			kill(keeper, SIGKILL);
		}
		kill(pid, SIGKILL);
		expect_no_children();
		pids[i] = pid;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	dg_idle_test_run(live, &test);
	for (size_t i = 0; i < DG_COUNT(pids); i++)
		assert_int_equal(count_cgroups(pids[i]), 0);
}

/* An empty cgroup that bears the name already is taken over; what bears a name like it is
 * left alone. */
static void test_sweep(void **state)
{
	static const char *const others[] = {"driftguard-probe-", "driftguard-probe-1",
					     "driftguard-probe-x1", "driftguard-probe-0"};
	DG_CLOSE int fd = -1;
	char mine[DG_CGROUP_NAME_SIZE];

	(void)state;
	need_cgroup();
	assert_int_equal(dg_cgroup_open_own(live, &fd), 0);
	dg_cgroup_name(getpid(), mine);
	for (size_t i = 0; i < DG_COUNT(others); i++)
		assert_int_equal(dg_cgroup_make(fd, others[i]), 0);
	assert_int_equal(dg_cgroup_make(fd, "driftguard-probe-2147483647"), 0);
	assert_int_equal(dg_cgroup_make(fd, mine), 0);
	assert_int_equal(dg_cgroup_make(fd, mine), 0);
	dg_cgroup_sweep(fd);
	assert_int_equal(faccessat(fd, "driftguard-probe-2147483647", F_OK, 0), -1);
	assert_int_equal(count_cgroups(getpid()), 1);
	assert_int_equal(dg_cgroup_remove(fd, mine), 0);
	assert_int_equal(dg_cgroup_remove(fd, mine), 0);
	for (size_t i = 0; i < DG_COUNT(others); i++) {
		assert_int_equal(faccessat(fd, others[i], F_OK, 0), 0);
		assert_int_equal(dg_cgroup_remove(fd, others[i]), 0);
	}
}

static int open_live(void **state)
{
	(void)state;
	return dg_root_new("/", &live);
}

static int close_live(void **state)
{
	(void)state;
	dg_root_free(live);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_infer),	   cmocka_unit_test(test_feature_table),
		cmocka_unit_test(test_tree),	   cmocka_unit_test(test_tree_sysctl),
		cmocka_unit_test(test_live),	   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_judge),	   cmocka_unit_test(test_conclude),
		cmocka_unit_test(test_self),	   cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_places),	   cmocka_unit_test(test_filtered),
		cmocka_unit_test(test_killed),	   cmocka_unit_test(test_keeper_killed),
		cmocka_unit_test(test_all_killed), cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, open_live, close_live);
}
