/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The installed layers of a tree: their order, what stands in their places instead of a
 * file, the cluster's, and its copy. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <time.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "guard/layers/layers.h"
#include "policy/policy-keys.h"
#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define HEAD	"{\"schema\": \"driftguard.policy/1\",\n"
#define CLUSTER "etc/pve/driftguard/policy.json"
#define COPY	"var/lib/driftguard/cluster-policy.json"
#define NODE	"etc/driftguard/policy.json"
#define FOLDER	"etc/driftguard/policy.d"
#define NOON	INT64_C(1780488000) /* 2026-06-03T12:00:00Z */
#define DAY	(24 * 60 * 60)

#define POLICY_CLEANUP DG_CLEANUP(dg_policy_freep)
#define LONG_MS	       20000

static struct dg_cluster cluster_read(void)
{
	struct dg_cluster cluster = {0};

	assert_int_equal(dg_cluster_read(tree.root, LONG_MS, &cluster), 0);
	return cluster;
}

/* The policy of the tree, settled. */
static struct dg_policy *load(void)
{
	struct dg_policy *policy = dg_policy_new();
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = cluster_read();

	assert_non_null(policy);
	assert_int_equal(dg_layers_merge(tree.root, &cluster, false, policy), 0);
	assert_int_equal(dg_policy_settle(policy, "pve1"), 0);
	return policy;
}

static void assert_layers(const struct dg_policy *policy, const char *const *wanted)
{
	size_t i = 0;

	for (; i < policy->layer_count && wanted[i]; i++) {
		char line[512];

		snprintf(line, sizeof(line), "%s %s", policy->layers[i].file,
			 dg_layer_state_name(policy->layers[i].state));
		assert_string_equal(line, wanted[i]);
	}
	assert_int_equal(i, policy->layer_count);
	assert_null(wanted[i]);
}

static void assert_origin(const struct dg_policy *policy, const char *path,
			  const char *file)
{
	struct dg_origin origin;

	assert_true(dg_policy_origin(policy, path, &origin));
	assert_string_equal(origin.file, file);
}

static void touch(const char *name, int64_t time)
{
	const struct timespec times[2] = {{.tv_sec = time}, {.tv_sec = time}};
	char path[256];

	assert_int_equal(utimensat(AT_FDCWD, tree_path(&tree, name, path), times, 0), 0);
}

static void mount_pve(void)
{
	put(&tree, "etc/pve/.version", "{}");
	put_dir(&tree, "etc/pve/nodes/pve1");
	put_dir(&tree, "etc/pve/nodes/pve2");
}

/* --- order --- */

static void test_none(void **state)
{
	static const char *const wanted[] = {
		"(built in) used", "/etc/pve/driftguard/policy.json absent",
		"/etc/driftguard/policy.json absent",
		"/etc/driftguard/policy.d/*.json absent", NULL};
	POLICY_CLEANUP struct dg_policy *policy = load();

	(void)state;
	assert_layers(policy, wanted);
	assert_int_equal(policy->problem_count, 0);
}

static void test_order(void **state)
{
	static const char *const wanted[] = {"(built in) used",
					     "/etc/pve/driftguard/policy.json used",
					     "/etc/driftguard/policy.json used",
					     "/etc/driftguard/policy.d/10-b.json used",
					     "/etc/driftguard/policy.d/9-a.json used",
					     NULL};
	POLICY_CLEANUP struct dg_policy *policy = NULL;

	(void)state;
	mount_pve();
	put(&tree, CLUSTER,
	    HEAD "\"pin\": {\"max_age_days\": 1, \"warn_days\": 1, \"grace_days\": 1,\n"
		 "\"require_reason\": false}}");
	put(&tree, NODE,
	    HEAD "\"pin\": {\"max_age_days\": 2, \"warn_days\": 2, \"grace_days\": 2}}");
	put(&tree, FOLDER "/10-b.json",
	    HEAD "\"pin\": {\"max_age_days\": 3, \"warn_days\": 3}}");
	put(&tree, FOLDER "/9-a.json", HEAD "\"pin\": {\"max_age_days\": 4}}");
	put(&tree, FOLDER "/.hidden.json", "{");
	put(&tree, FOLDER "/.driftguard-0123456789abcdef", "{");
	put(&tree, FOLDER "/README", "{");
	put(&tree, FOLDER "/policy.json.bak", "{");
	/* Documentation of what is compiled in, and no layer. */
	put(&tree, "usr/share/driftguard/policy.json", "{");
	policy = load();
	assert_int_equal(policy->problem_count, 0);
	assert_layers(policy, wanted);
	assert_int_equal(policy->pin.max_age_days, 4);
	assert_int_equal(policy->pin.warn_days, 3);
	assert_int_equal(policy->pin.grace_days, 2);
	assert_false(policy->pin.require_reason);
	assert_origin(policy, "pin.max_age_days", "/etc/driftguard/policy.d/9-a.json");
	assert_origin(policy, "pin.warn_days", "/etc/driftguard/policy.d/10-b.json");
	assert_origin(policy, "pin.grace_days", "/etc/driftguard/policy.json");
	assert_origin(policy, "pin.require_reason", "/etc/pve/driftguard/policy.json");
	assert_origin(policy, "pin.strategy", DG_BUILT_IN);
}

static void test_strict(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = dg_policy_new();
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};

	(void)state;
	mount_pve();
	put(&tree, CLUSTER, HEAD "\"pni\": {}}");
	put(&tree, NODE, HEAD "\"qqq\": {}}");
	put(&tree, FOLDER "/a.json", HEAD "\"pin\": {\"zzz\": 1}}");
	cluster = cluster_read();
	assert_non_null(policy);
	assert_int_equal(dg_layers_merge(tree.root, &cluster, true, policy), 0);
	assert_int_equal(policy->problem_count, 3);
	for (size_t i = 0; i < policy->problem_count; i++)
		assert_true(policy->problems[i].unusable);
}

/* --- what is there instead of a layer --- */

static void make_fifo(void)
{
	put_fifo(&tree, NODE);
}

static void make_folder(void)
{
	put_dir(&tree, NODE);
}

static void make_loop(void)
{
	put_link(&tree, NODE, "policy.json");
}

static void make_dangling(void)
{
	put_link(&tree, NODE, "nowhere");
}

static void make_huge(void)
{
	put_sparse(&tree, NODE, 10 << 20);
}

static void make_empty(void)
{
	put(&tree, NODE, "");
}

static void make_nul(void)
{
	put_data(&tree, NODE, HEAD "\"pin\": {}\0}", sizeof(HEAD "\"pin\": {}\0}") - 1);
}

static void make_zeros(void)
{
	put_sparse(&tree, NODE, 1 << 20);
}

static void make_garbled(void)
{
	put(&tree, NODE, HEAD "\"waivers\": [{\"id\": \"\xff\xfe\"}]}");
}

static void make_twice(void)
{
	put(&tree, NODE, HEAD "\"pin\": {},\n\"pin\": {}}");
}

static void make_number(void)
{
	put(&tree, NODE, HEAD "\"pin\": {\"max_age_days\":\n1e999999}}");
}

static void make_deep(void)
{
	static char text[100000];

	memset(text, '[', sizeof(text) - 1);
	put(&tree, NODE, text);
}

static void make_linked(void)
{
	put(&tree, "srv/policy.json", HEAD "\"pin\": {\"max_age_days\": 7}}");
	put_link(&tree, NODE, "/srv/policy.json");
}

static const struct {
	const char *name;
	void (*make)(void);
	const char *layer;
	const char *problem;
	unsigned line;
} instead[] = {
	{.name = "link", .make = make_linked, .layer = "used"},
	{.name = "FIFO",
	 .make = make_fifo,
	 .layer = "invalid",
	 .problem = "not a regular file"},
	{.name = "folder",
	 .make = make_folder,
	 .layer = "invalid",
	 .problem = "is a directory"},
	{.name = "loop", .make = make_loop, .layer = "invalid", .problem = "in a circle"},
	{.name = "10 MiB",
	 .make = make_huge,
	 .layer = "invalid",
	 .problem = "larger than the 1 MiB"},
	{.name = "dangling",
	 .make = make_dangling,
	 .layer = "unreadable",
	 .problem = "its link leads nowhere"},
	{.name = "empty",
	 .make = make_empty,
	 .layer = "invalid",
	 .problem = "ends too early",
	 .line = 1},
	{.name = "NUL", .make = make_nul, .layer = "invalid", .problem = "", .line = 2},
	{.name = "zeros",
	 .make = make_zeros,
	 .layer = "invalid",
	 .problem = "",
	 .line = 1},
	{.name = "no UTF-8",
	 .make = make_garbled,
	 .layer = "invalid",
	 .problem = "",
	 .line = 2},
	{.name = "twice",
	 .make = make_twice,
	 .layer = "invalid",
	 .problem = "twice",
	 .line = 3},
	{.name = "number",
	 .make = make_number,
	 .layer = "invalid",
	 .problem = "",
	 .line = 3},
	{.name = "deep",
	 .make = make_deep,
	 .layer = "invalid",
	 .problem = "nested too deep",
	 .line = 1},
};

/* The layers around it still count. */
static void test_instead(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(instead); i++) {
		POLICY_CLEANUP struct dg_policy *policy = NULL;
		const struct dg_problem *p;

		put(&tree, FOLDER "/a.json", HEAD "\"pin\": {\"warn_days\": 5}}");
		instead[i].make();
		policy = load();
		p = policy->problems;
		if (!dg_streq(dg_layer_state_name(policy->layers[2].state),
			      instead[i].layer))
			fail_msg("%s: the layer is %s", instead[i].name,
				 dg_layer_state_name(policy->layers[2].state));
		assert_int_equal(policy->problem_count, instead[i].problem != NULL);
		if (p && (!dg_streq(p->file, "/" NODE) || p->line != instead[i].line ||
			  !strstr(p->message, instead[i].problem) ||
			  p->unreadable != dg_streq(instead[i].layer, "unreadable") ||
			  p->unusable == p->unreadable))
			fail_msg("%s: %s:%u: %s", instead[i].name, p->file, p->line,
				 p->message);
		assert_int_equal(policy->pin.warn_days, 5);
		assert_int_equal(policy->pin.max_age_days, p ? 90 : 7);
		drop(&tree, NODE);
	}
}

static void test_folder(void **state)
{
	static const char *const wanted[] = {"(built in) used",
					     "/etc/pve/driftguard/policy.json absent",
					     "/etc/driftguard/policy.json absent",
					     "/etc/driftguard/policy.d invalid", NULL};
	POLICY_CLEANUP struct dg_policy *policy = NULL;

	(void)state;
	put(&tree, FOLDER, "a file");
	policy = load();
	assert_layers(policy, wanted);
	assert_string_equal(policy->problems[0].message,
			    "cannot be used: is no directory");
}

static void test_folder_dangling(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = NULL;

	(void)state;
	put_link(&tree, FOLDER, "nowhere");
	policy = load();
	assert_int_equal(policy->problem_count, 1);
	assert_true(policy->problems[0].unreadable);
}

/* --- the cluster's layer --- */

#define FRESH HEAD "\"pin\": {\"max_age_days\": 11}}"
#define STALE HEAD "\"pin\": {\"max_age_days\": 22}}"

static void test_nodes(void **state)
{
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};

	(void)state;
	mount_pve();
	put(&tree, CLUSTER, FRESH);
	cluster = cluster_read();
	assert_int_equal(cluster.error, 0);
	assert_true(cluster.mounted);
	assert_string_equal(cluster.text, FRESH);
	assert_int_equal(cluster.size, strlen(FRESH));
	assert_string_equal(cluster.nodes[0], "pve1");
	assert_string_equal(cluster.nodes[1], "pve2");
	assert_null(cluster.nodes[2]);
}

static void test_no_nodes(void **state)
{
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = cluster_read();

	(void)state;
	assert_int_equal(cluster.error, -ENOENT);
	assert_false(cluster.mounted);
	assert_null(cluster.nodes);
	assert_null(cluster.text);
}

/* An empty text, and one as large as may be. */
static void test_sizes(void **state)
{
	static char text[DG_POLICY_SIZE_MAX + 1];
	DG_CLUSTER_CLEANUP struct dg_cluster none = {0}, most = {0}, more = {0};

	(void)state;
	put(&tree, CLUSTER, "");
	none = cluster_read();
	assert_int_equal(none.error, 0);
	assert_int_equal(none.size, 0);
	memset(text, 'x', sizeof(text));
	put_data(&tree, CLUSTER, text, sizeof(text) - 1);
	most = cluster_read();
	assert_int_equal(most.error, 0);
	assert_int_equal(most.size, DG_POLICY_SIZE_MAX);
	assert_memory_equal(most.text, text, DG_POLICY_SIZE_MAX);
	put_data(&tree, CLUSTER, text, sizeof(text));
	more = cluster_read();
	assert_int_equal(more.error, -EFBIG);
}

static void test_late(void **state)
{
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};

	(void)state;
	mount_pve();
	put(&tree, CLUSTER, FRESH);
	assert_int_equal(dg_cluster_read(tree.root, 0, &cluster), 0);
	assert_int_equal(cluster.error, -ETIMEDOUT);
	assert_false(cluster.mounted);
	assert_null(cluster.text);
	assert_null(cluster.nodes);
}

/* Mount a file system that nobody serves: every look at it waits for good. Its
 * descriptor; negative: that is not allowed here. */
static int mount_unserved(const char *name)
{
	DG_CLOSE int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char path[256], options[96];

	if (fd < 0)
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		 fd);
	if (mount("unserved", tree_path(&tree, name, path), "fuse", 0, options) < 0)
		return -errno;
	return dg_steal_fd(&fd);
}

static void test_hang(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = dg_policy_new();
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};
	char path[256];
	int fd;

	(void)state;
	put_dir(&tree, "etc/pve");
	put(&tree, COPY, STALE);
	fd = mount_unserved("etc/pve");
	if (fd < 0)
		skip();
	assert_int_equal(dg_cluster_read(tree.root, 300, &cluster), 0);
	close(fd);
	umount2(tree_path(&tree, "etc/pve", path), MNT_DETACH);
	assert_int_equal(cluster.error, -ETIMEDOUT);
	assert_int_equal(dg_layers_merge(tree.root, &cluster, false, policy), 0);
	assert_int_equal(policy->problem_count, 1);
	assert_string_equal(policy->problems[0].message,
			    "cannot be read: /etc/pve does not answer");
	assert_true(policy->problems[0].unreadable);
}

/* What /etc/pve said, and whether there is a copy. */
static const struct {
	const char *name;
	struct dg_cluster cluster;
	bool copy;
	const char *layers[2]; /* behind the default */
	int64_t days;
	bool problem, unreadable;
} clusters[] = {
	{.name = "there",
	 .cluster = {.text = (char *)FRESH, .size = sizeof(FRESH) - 1, .mounted = true},
	 .copy = true,
	 .layers = {"/" CLUSTER " used"},
	 .days = 11},
	{.name = "gone",
	 .cluster = {.error = -ENOENT, .mounted = true},
	 .copy = true,
	 .layers = {"/" CLUSTER " absent"},
	 .days = 90},
	{.name = "not mounted",
	 .cluster = {.error = -ENOENT},
	 .copy = true,
	 .layers = {"/" COPY " cached"},
	 .days = 22},
	{.name = "never there",
	 .cluster = {.error = -ENOTDIR},
	 .layers = {"/" CLUSTER " absent"},
	 .days = 90},
	{.name = "hangs",
	 .cluster = {.error = -ETIMEDOUT},
	 .copy = true,
	 .layers = {"/" CLUSTER " unreadable", "/" COPY " cached"},
	 .days = 22,
	 .problem = true,
	 .unreadable = true},
	{.name = "hangs without a copy",
	 .cluster = {.error = -ETIMEDOUT},
	 .layers = {"/" CLUSTER " unreadable"},
	 .days = 90,
	 .problem = true,
	 .unreadable = true},
	{.name = "may not be read",
	 .cluster = {.error = -EACCES, .mounted = true},
	 .copy = true,
	 .layers = {"/" CLUSTER " unreadable", "/" COPY " cached"},
	 .days = 22,
	 .problem = true,
	 .unreadable = true},
	{.name = "its service has died",
	 .cluster = {.error = -ENOTCONN},
	 .copy = true,
	 .layers = {"/" CLUSTER " unreadable", "/" COPY " cached"},
	 .days = 22,
	 .problem = true,
	 .unreadable = true},
	{.name = "a folder",
	 .cluster = {.error = -EISDIR, .mounted = true},
	 .copy = true,
	 .layers = {"/" CLUSTER " invalid"},
	 .days = 90,
	 .problem = true},
};

static void test_clusters(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(clusters); i++) {
		POLICY_CLEANUP struct dg_policy *policy = dg_policy_new();
		const char *wanted[8] = {"(built in) used"};
		size_t n = 1;

		if (clusters[i].copy) {
			put(&tree, COPY, STALE);
			touch(COPY, NOON - 2 * DAY);
		}
		assert_non_null(policy);
		assert_int_equal(
			dg_layers_merge(tree.root, &clusters[i].cluster, false, policy),
			0);
		assert_int_equal(dg_policy_settle(policy, "h"), 0);
		for (size_t j = 0; j < 2 && clusters[i].layers[j]; j++)
			wanted[n++] = clusters[i].layers[j];
		wanted[n++] = "/etc/driftguard/policy.json absent";
		wanted[n++] = "/etc/driftguard/policy.d/*.json absent";
		assert_layers(policy, wanted);
		if (policy->pin.max_age_days != clusters[i].days ||
		    policy->problem_count != clusters[i].problem)
			fail_msg("%s: %d days", clusters[i].name,
				 (int)policy->pin.max_age_days);
		if (clusters[i].problem)
			assert_int_equal(policy->problems[0].unreadable,
					 clusters[i].unreadable);
		if (clusters[i].days == 22)
			assert_int_equal(policy->layers[n - 3].copied, NOON - 2 * DAY);
		if (clusters[i].copy)
			drop(&tree, COPY);
	}
}

/* A copy that is none either. */
static void test_bad_copy(void **state)
{
	POLICY_CLEANUP struct dg_policy *folder = NULL, *garbled = NULL;

	(void)state;
	put_dir(&tree, COPY);
	folder = load();
	assert_int_equal(folder->problem_count, 1);
	assert_string_equal(folder->problems[0].file, "/" COPY);
	drop(&tree, COPY);
	put(&tree, COPY, "garbled");
	garbled = load();
	assert_int_equal(garbled->layers[1].state, DG_LAYER_INVALID);
	assert_string_equal(garbled->layers[1].copy_of, "/" CLUSTER);
}

/* --- keeping the copy --- */

static void update(int64_t now)
{
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = cluster_read();
	char *why = NULL;
	int r = dg_layers_copy_update(tree.root, &cluster, now, &why);

	if (r < 0 || why)
		fail_msg("%d: %s", r, why);
}

/* Its text; NULL: there is none. The caller frees it. */
static char *copy_text(void)
{
	char *text = NULL;
	size_t size;
	int r = dg_root_read(tree.root, COPY, DG_POLICY_SIZE_MAX, &text, &size);

	assert_true(r == 0 || r == -ENOENT);
	return text;
}

static int64_t copy_time(void)
{
	struct stat st;

	assert_int_equal(dg_root_stat(tree.root, COPY, false, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	return st.st_mtime;
}

static void assert_copy(const char *wanted)
{
	DG_FREE char *text = copy_text();

	if (wanted)
		assert_non_null(text);
	else
		assert_null(text);
	if (wanted)
		assert_string_equal(text, wanted);
}

static void test_update(void **state)
{
	int64_t now = time(NULL);

	(void)state;
	put_dir(&tree, "var/lib");
	mount_pve();
	update(now); /* no layer, no copy */
	assert_copy(NULL);
	put(&tree, CLUSTER, STALE);
	update(now);
	assert_copy(STALE);
	/* Left alone while it is the same, */
	touch(COPY, now - 100);
	update(now);
	assert_int_equal(copy_time(), now - 100);
	/* but for its time once a day, also when that lies ahead. */
	touch(COPY, now - DAY);
	update(now);
	assert_in_range(copy_time(), now, now + 1000);
	touch(COPY, now + 9 * DAY);
	update(now);
	assert_in_range(copy_time(), now, now + 1000);
	put(&tree, CLUSTER, FRESH);
	update(now);
	assert_copy(FRESH);
	/* As is, whatever it is. */
	put(&tree, CLUSTER, "");
	update(now);
	assert_copy("");
	drop(&tree, CLUSTER);
	update(now);
	assert_copy(NULL);
}

/* Early in boot, and when nothing can be known, it stays. */
static void test_kept(void **state)
{
	static const struct dg_cluster blind[] = {
		{.error = -ENOENT},
		{.error = -ETIMEDOUT},
		{.error = -EACCES, .mounted = true},
		{.error = -ENOTCONN},
		{.error = -EISDIR, .mounted = true},
	};

	(void)state;
	put(&tree, COPY, STALE);
	for (size_t i = 0; i < DG_COUNT(blind); i++) {
		char *why = NULL;

		assert_int_equal(dg_layers_copy_update(tree.root, &blind[i], NOON, &why),
				 0);
		assert_null(why);
		assert_copy(STALE);
	}
}

/* A link in its place is replaced, not followed. */
static void test_copy_link(void **state)
{
	DG_FREE char *text = NULL;
	size_t size;

	(void)state;
	mount_pve();
	put(&tree, CLUSTER, FRESH);
	put(&tree, "etc/precious", "precious");
	put_link(&tree, COPY, "/etc/precious");
	update(time(NULL));
	assert_copy(FRESH);
	assert_int_equal(dg_root_read(tree.root, "etc/precious", 100, &text, &size), 0);
	assert_string_equal(text, "precious");
}

static void test_not_writable(void **state)
{
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};
	DG_FREE char *why = NULL;

	(void)state;
	mount_pve();
	put(&tree, CLUSTER, FRESH);
	put(&tree, "var/lib", "no folder");
	cluster = cluster_read();
	assert_true(dg_layers_copy_update(tree.root, &cluster, NOON, &why) < 0);
	assert_non_null(why);
	assert_non_null(strstr(why, "cluster-policy.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),      TEST(test_order),	       TEST(test_strict),
		TEST(test_instead),   TEST(test_folder),       TEST(test_folder_dangling),
		TEST(test_nodes),     TEST(test_no_nodes),     TEST(test_sizes),
		TEST(test_late),      TEST(test_hang),	       TEST(test_clusters),
		TEST(test_bad_copy),  TEST(test_update),       TEST(test_kept),
		TEST(test_copy_link), TEST(test_not_writable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
