/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running system without openat2(2): every path leads where openat2(2) would lead it.
 * In a child each question is asked first with it, then behind a filter without it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>

#include "guard/base/resolve.h"
#include "guard/base/root-below.h"
#include "tests/unit/fixture.h"
#include "tests/unit/no-openat2.h"
#include "tests/unit/random.h"

#define PATHS_MAX 4096
#define PATH_SIZE 320

static char *paths[PATHS_MAX];
static size_t path_count;

static void ask(const char *path)
{
	assert_true(path_count < PATHS_MAX);
	paths[path_count] = strdup(path);
	assert_non_null(paths[path_count++]);
}

static void ask_in_tree(const char *path)
{
	char whole[256];

	ask(tree_path(&tree, path, whole));
}

/* --- what a path leads to --- */

struct answer {
	int follow, stay, open, list, link;
	struct stat there, itself, opened;
	char *target;
};

static void look(const struct dg_root *root, const char *path, struct answer *ret)
{
	struct answer a = {0};
	char **names = NULL;
	DG_CLOSE int fd = -1;

	a.follow = dg_root_stat(root, path, true, &a.there);
	a.stay = dg_root_stat(root, path, false, &a.itself);
	a.open = dg_root_open(root, path, DG_ROOT_FILE | DG_ROOT_DIR, &fd);
	if (a.open == 0)
		assert_int_equal(fstat(fd, &a.opened), 0);
	a.list = dg_root_list(root, path, 100000, &names, NULL);
	dg_names_free(names);
	a.link = dg_root_readlink(root, path, &a.target);
	*ret = a;
}

/* Inodes of a procfs are made anew when they are wanted. */
static bool same_file(const struct stat *a, const struct stat *b, dev_t procfs)
{
	return a->st_dev == b->st_dev && a->st_mode == b->st_mode &&
	       (a->st_ino == b->st_ino || a->st_dev == procfs);
}

static bool same_answer(const struct answer *a, const struct answer *b, dev_t procfs)
{
	return a->follow == b->follow && a->stay == b->stay && a->open == b->open &&
	       a->list == b->list && a->link == b->link &&
	       same_file(&a->there, &b->there, procfs) &&
	       same_file(&a->itself, &b->itself, procfs) &&
	       same_file(&a->opened, &b->opened, procfs) &&
	       (a->target == b->target || dg_streq(a->target, b->target));
}

/* openat2(2) may be kept from telling by renames elsewhere. */
static bool was_disturbed(const struct answer *a)
{
	return a->follow == -EAGAIN || a->stay == -EAGAIN || a->open == -EAGAIN ||
	       a->list == -EAGAIN || a->link == -EAGAIN;
}

static int compare_ways(void *arg)
{
	static struct answer with[PATHS_MAX], without[PATHS_MAX];
	DG_ROOT_CLEANUP struct dg_root *called = NULL, *walked = NULL;
	struct stat procfs, st;
	int r = 0;

	(void)arg;
	if (dg_root_new("/", &called) < 0 || stat("/proc/self", &procfs) < 0)
		return -ENOENT;
	if (dg_root_is_walked(called) || dg_root_stat(called, "/", true, &st) < 0)
		return -EPERM;
	for (size_t i = 0; i < path_count; i++)
		look(called, paths[i], &with[i]);
	if (openat2_forgo() < 0)
		return -EPERM;
	if (dg_root_new("/", &walked) < 0 || !dg_root_is_walked(walked))
		return -EXDEV;
	for (size_t i = 0; i < path_count; i++) {
		look(walked, paths[i], &without[i]);
		if (!was_disturbed(&with[i]) &&
		    !same_answer(&with[i], &without[i], procfs.st_dev)) {
			fprintf(stderr, "# %s: %d %d %d %d %d, not %d %d %d %d %d\n",
				paths[i], without[i].follow, without[i].stay,
				without[i].open, without[i].list, without[i].link,
				with[i].follow, with[i].stay, with[i].open, with[i].list,
				with[i].link);
			r = -EBADE;
		}
		free(with[i].target);
		free(without[i].target);
	}
	return r;
}

/* What a child has come to; without both ways there is nothing to compare. */
static void expect_done(int r)
{
	if (r == -EPERM) {
		print_message(
			"skipped: no openat2 or no seccomp filter is to be had here\n");
		skip();
	}
	assert_int_equal(r, 0);
}

static void expect_same_ways(void)
{
	int r = child_run(compare_ways, NULL);

	while (path_count > 0)
		free(paths[--path_count]);
	expect_done(r);
}

/* --- trees --- */

static void make_hostile_tree(void)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"abs", "/etc"},
		{"climb", "../../../../../../../../etc/passwd"},
		{"d/up", ".."},
		{"d/file-slash", "file/"},
		{"d/self", "self"},
		{"loop-a", "d/loop-b"},
		{"d/loop-b", "../loop-a"},
		{"dangling", "nowhere/at/all"},
		{"to-sub", "d/sub/"},
		{"to-fifo", "fifo"},
		{"root", "/"},
		{"dot", "."},
		{"magic-root", "/proc/self/root"},
		{"magic-exe", "/proc/self/exe"},
		{"magic-cwd", "/proc/self/cwd/etc"},
		{"magic-fd", "/proc/self/fd/0"},
		{"plain-proc", "/proc/self/status"},
		{"mounts", "/proc/mounts"},
	};
	char path[256];

	tree_dir(&tree, "d");
	tree_dir(&tree, "d/sub");
	tree_text(&tree, "d/file", "file\n");
	tree_text(&tree, "d/sub/deep", "deep\n");
	assert_int_equal(mkfifo(tree_path(&tree, "fifo", path), 0644), 0);
	for (size_t i = 0; i < DG_COUNT(links); i++)
		tree_link(&tree, links[i].name, links[i].target);
}

static void test_hostile_links(void **state)
{
	static const char *const asked[] = {
		"",
		"/",
		"d",
		"d/",
		"d//sub/./deep",
		"d/sub/",
		"d/sub/.",
		"d/sub/..",
		"d/sub/../file",
		"d/file/",
		"d/file/.",
		"d/file/..",
		"d/file/x",
		"d/none",
		"d/none/x",
		"d/none/../file",
		"abs",
		"abs/",
		"abs/passwd",
		"climb",
		"climb/",
		"d/up",
		"d/up/",
		"d/up/d/file",
		"d/up/../tree/d/file",
		"d/file-slash",
		"d/self",
		"d/self/x",
		"loop-a",
		"loop-a/x",
		"dangling",
		"dangling/",
		"dangling/x",
		"to-sub",
		"to-sub/deep",
		"to-sub/../file",
		"fifo",
		"fifo/",
		"to-fifo",
		"root",
		"root/",
		"root/etc/passwd",
		"root/../etc/passwd",
		"dot/dot/dot/d/file",
		"magic-root",
		"magic-root/",
		"magic-root/etc/passwd",
		"magic-exe",
		"magic-exe/x",
		"magic-cwd",
		"magic-fd",
		"plain-proc",
		"mounts",
		"../../../../../../../../../etc/passwd",
	};

	(void)state;
	make_hostile_tree();
	for (size_t i = 0; i < DG_COUNT(asked); i++)
		ask_in_tree(asked[i]);
	ask("");
	ask("/");
	ask("//");
	ask(".");
	ask("..");
	ask("../..");
	ask("/../../etc/passwd");
	expect_same_ways();
}

static void test_this_system(void **state)
{
	static const char *const asked[] = {
		"proc",
		"proc/",
		"proc/version",
		"proc/self",
		"proc/self/",
		"proc/self/comm",
		"proc/self/exe",
		"proc/self/exe/",
		"proc/self/cwd",
		"proc/self/cwd/",
		"proc/self/root",
		"proc/self/root/etc/passwd",
		"proc/self/fd",
		"proc/self/fd/0",
		"proc/self/fd/999",
		"proc/self/ns/mnt",
		"proc/self/task",
		"proc/thread-self/comm",
		"proc/thread-self/root/etc",
		"proc/1/comm",
		"proc/1/exe",
		"proc/1/root/etc/passwd",
		"proc/mounts",
		"proc/net/dev",
		"proc/net",
		"proc/sys/kernel/osrelease",
		"proc/4294967295/comm",
		"dev/stdin",
		"dev/fd",
		"dev/fd/0",
		"dev/null",
		"bin/sh",
		"lib",
		"lib/modules",
		"etc/os-release",
		"etc/mtab",
		"etc/localtime",
		"var/run",
		"var/lock/",
		"var/run/../lib",
		"sys/class/block",
		"sys/class/net/lo/operstate",
		"sys/class/net/lo",
		"sys/kernel/security/apparmor/policy",
		"sys/fs/cgroup",
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(asked); i++)
		ask(asked[i]);
	expect_same_ways();
}

/* As many links as the kernel follows, and one more; names that are too long. */
static void test_limits(void **state)
{
	char name[64], target[128], path[NAME_MAX + 2];

	(void)state;
	tree_dir(&tree, "end");
	tree_text(&tree, "end/file", "x");
	for (int i = 0; i < 45; i++) {
		snprintf(name, sizeof(name), "link-%d", i);
		snprintf(target, sizeof(target), i % 3 ? "link-%d" : "./link-%d", i - 1);
		tree_link(&tree, name, i ? target : "end");
		ask_in_tree(name);
		snprintf(name, sizeof(name), "link-%d/file", i);
		ask_in_tree(name);
	}
	memset(path, 'x', sizeof(path) - 1);
	path[NAME_MAX + 1] = '\0';
	ask(path);
	path[NAME_MAX] = '\0';
	ask(path);
	expect_same_ways();
}

/* A path of up to `names` names that may or may not be there. */
static void make_path(char *out, size_t size, size_t names, bool absolute)
{
	static const char *const pieces[] = {"a", "b", "c", "d", "e", "f", ".", "..", ""};
	size_t used = (size_t)snprintf(out, size, "%s", absolute ? tree.dir : "");

	for (size_t i = 0, n = 1 + random_below(names); i < n; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 i || absolute ? "/" : "",
					 pieces[random_below(DG_COUNT(pieces))]);
}

static void test_random_trees(void **state)
{
	char path[PATH_SIZE], target[PATH_SIZE], whole[PATH_SIZE * 2];

	(void)state;
	for (int i = 0; i < 400; i++) {
		make_path(path, sizeof(path), 4, true);
		make_path(target, sizeof(target), 4, random_below(3) == 0);
		switch (random_below(4)) {
		case 0:
		case 1:
			(void)!mkdir(path, 0755);
			break;
		case 2:
			(void)!symlink(target, path);
			break;
		default:
			(void)!mknod(path, S_IFREG | 0644, 0);
		}
	}
	for (int i = 0; i < 3000; i++) {
		make_path(path, sizeof(path), 6, false);
		snprintf(whole, sizeof(whole), "%s/%s", tree.dir, path);
		ask(whole);
	}
	expect_same_ways();
}

/* --- beneath a directory --- */

static int read_beneath(void *arg)
{
	static const char *const names[] = {"file", "up",  "self", "sub/deep",
					    "none", "sub", "up/d", "file/x"};
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_BELOW_CLEANUP struct dg_below below = DG_BELOW_NONE;
	DG_BELOW_CLEANUP struct dg_below sub = DG_BELOW_NONE;
	DG_NAMES_FREE char **list = NULL;
	char path[256];
	size_t n = 0, count = 0;

	(void)arg;
	if (openat2_forgo() < 0)
		return -EPERM;
	assert_int_equal(dg_root_new("/", &root), 0);
	assert_int_equal(dg_below_open(root, tree_path(&tree, "d", path), &below), 0);
	for (size_t i = 0; i < DG_COUNT(names); i++) {
		DG_FREE char *a = NULL, *b = NULL;
		char whole[300];
		size_t m = 0;
		int r, q;

		snprintf(whole, sizeof(whole), "%s/%s", path, names[i]);
		r = dg_root_read(root, whole, 100, &a, &m);
		q = dg_below_read(&below, names[i], 100, &b, &n);
		if (r != q || (r == 0 && (n != m || memcmp(a, b, n) != 0))) {
			fprintf(stderr, "# %s: %d, not %d\n", names[i], q, r);
			return -EBADE;
		}
	}
	if (dg_below_list(&below, 100, &list, &count) < 0 || count != 6)
		return -ENOTDIR;
	return dg_below_descend(&below, "sub", &sub);
}

static void test_beneath(void **state)
{
	(void)state;
	make_hostile_tree();
	expect_done(child_run(read_beneath, NULL));
}

/* Names that would leave the directory, and links at every place. */
static void test_beneath_refuses(void **state)
{
	static const struct {
		const char *name;
		int flags, r;
	} table[] = {
		{"/etc", O_PATH, -EXDEV},
		{"..", O_PATH, -EXDEV},
		{"sub/..", O_PATH, -EXDEV},
		{"sub/../../fifo", O_PATH, -EXDEV},
		{"./file", O_PATH, -EXDEV},
		{"sub/", O_PATH, -EXDEV},
		{"", O_PATH, -EXDEV},
		{"up", O_PATH, -ELOOP},
		{"up", O_RDONLY, -ELOOP},
		{"up", O_RDONLY | O_DIRECTORY, -ELOOP},
		{"up/fifo", O_PATH, -ELOOP},
		{"up/d/file", O_RDONLY, -ELOOP},
		{"self", O_RDONLY, -ELOOP},
		{"file", O_RDONLY | O_DIRECTORY, -ENOTDIR},
		{"file/x", O_RDONLY, -ENOTDIR},
		{"none", O_RDONLY, -ENOENT},
	};
	char path[256];
	DG_CLOSE int dir = -1;
	DG_CLOSE int proc = open("/proc/self", O_PATH | O_CLOEXEC);

	(void)state;
	make_hostile_tree();
	dir = open(tree_path(&tree, "d", path), O_PATH | O_CLOEXEC);
	assert_true(dir >= 0 && proc >= 0);
	for (size_t i = 0; i < DG_COUNT(table); i++) {
		int r = dg_walk_beneath(dir, table[i].name, table[i].flags);

		if (r != table[i].r)
			fail_msg("%s: %d, not %d", table[i].name, r, table[i].r);
	}
	assert_int_equal(dg_walk_beneath(proc, "exe", O_RDONLY), -ELOOP);
	assert_int_equal(dg_walk_beneath(proc, "root/etc", O_PATH), -ELOOP);
	assert_int_equal(dg_walk_beneath(proc, "fd/0", O_PATH), -ELOOP);
}

/* --- where there is no second way --- */

static int refuse_others(void *arg)
{
	static const char *const roots[] = {NULL, "/.", "/tmp/..", "."};
	struct dg_below below = DG_BELOW_NONE;

	(void)arg;
	if (openat2_forgo() < 0 || chdir("/") < 0)
		return -EPERM;
	for (size_t i = 0; i < DG_COUNT(roots); i++) {
		DG_ROOT_CLEANUP struct dg_root *root = NULL;
		struct stat st;
		int fd = -1;

		assert_int_equal(dg_root_new(roots[i] ? roots[i] : tree.dir, &root), 0);
		if (dg_root_is_walked(root) ||
		    dg_root_stat(root, "etc", true, &st) != -ENOSYS ||
		    dg_root_open(root, "etc", DG_ROOT_DIR, &fd) != -ENOSYS ||
		    dg_below_open(root, "etc", &below) != -ENOSYS)
			return -EBADE;
	}
	return 0;
}

/* Also where it is the same directory as "/": it may be another mount of that. */
static void test_other_roots(void **state)
{
	(void)state;
	tree_dir(&tree, "etc");
	expect_done(child_run(refuse_others, NULL));
}

/* Where all may write, a stranger's link is not followed; it need not be root's. */
static void test_strangers_links(void **state)
{
	char path[256], whole[256];
	DG_CLOSE int root = open("/", O_PATH | O_CLOEXEC);
	int fd;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: not root, who alone can give files away\n");
		skip();
	}
	tree_text(&tree, "file", "x");
	tree_dir(&tree, "all");
	tree_link(&tree, "all/own", "../file");
	tree_link(&tree, "all/other", "../file");
	assert_int_equal(chmod(tree_path(&tree, "all", path), 01777), 0);
	assert_int_equal(lchown(tree_path(&tree, "all/other", whole), 65534, 65534), 0);
	assert_int_equal(dg_walk(root, whole, O_PATH), -EACCES);
	fd = dg_walk(root, whole, O_PATH | O_NOFOLLOW);
	assert_true(fd >= 0);
	close(fd);
	fd = dg_walk(root, tree_path(&tree, "all/own", whole), O_PATH);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(path, 0755), 0);
	fd = dg_walk(root, tree_path(&tree, "all/other", whole), O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hostile_links), TEST(test_this_system),
		TEST(test_limits),	  TEST(test_random_trees),
		TEST(test_beneath),	  TEST(test_beneath_refuses),
		TEST(test_other_roots),	  TEST(test_strangers_links),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
