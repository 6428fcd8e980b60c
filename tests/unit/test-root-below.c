/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard/base/root-below.h"
#include "tests/unit/tree.h"

static struct tree tree;

static int setup(void **state)
{
	char path[256];

	(void)state;
	tree_make(&tree);
	tree_dir(&tree, "d");
	tree_dir(&tree, "d/sub");
	tree_text(&tree, "d/file", "file\n");
	tree_text(&tree, "d/sub/deep", "deep\n");
	tree_text(&tree, "d/empty", "");
	tree_text(&tree, "outside", "outside\n");
	tree_link(&tree, "d/link", "file");
	tree_link(&tree, "d/up", "../outside");
	tree_link(&tree, "d/root", "/outside");
	tree_link(&tree, "d/climb", "../../../../outside");
	tree_link(&tree, "d/linked", "sub");
	tree_link(&tree, "d/loop", "loop");
	tree_link(&tree, "d/dangling", "nowhere");
	tree_link(&tree, "way", "d");
	assert_int_equal(mkfifo(tree_path(&tree, "d/fifo", path), 0644), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

/* What is found below is what the joined path leads to. */
static void reads_as_the_root_does(void **state)
{
	static const char *const names[] = {
		"file", "sub/deep", "empty",	   "link",   "up",
		"root", "climb",    "linked/deep", "loop",   "dangling",
		"fifo", "sub",	    "none",	   "file/x", "none/x",
	};
	static const char *const dirs[] = {"d", "/d", "way"};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(dirs) * DG_COUNT(names); i++) {
		const char *dir = dirs[i / DG_COUNT(names)];
		const char *name = names[i % DG_COUNT(names)];
		DG_BELOW_CLEANUP struct dg_below below = DG_BELOW_NONE;
		DG_FREE char *a = NULL, *b = NULL;
		char path[128], small[64];
		size_t n = 0, m = 0, s = 0;
		int r, q, p;

		assert_int_equal(dg_below_open(tree.root, dir, &below), 0);
		assert_false(below.procfs);
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		r = dg_root_read(tree.root, path, 1024, &a, &n);
		q = dg_below_read(&below, name, 1024, &b, &m);
		p = dg_below_read_small(&below, name, small, sizeof(small), &s);
		if (r != q || r != p || n != m || n != s)
			fail_msg("%s: %d %d %d", path, r, q, p);
		if (r == 0) {
			assert_memory_equal(a, b, n + 1);
			assert_memory_equal(a, small, n);
		}
	}
}

static void bounds_sizes(void **state)
{
	DG_BELOW_CLEANUP struct dg_below below = DG_BELOW_NONE;
	static char big[100000];
	char small[6];
	char *data;
	size_t n;

	(void)state;
	memset(big, 'x', sizeof(big));
	tree_write(&tree, "d/big", big, sizeof(big));
	assert_int_equal(dg_below_open(tree.root, "d", &below), 0);
	assert_int_equal(dg_below_read(&below, "big", sizeof(big) - 1, &data, &n),
			 -EFBIG);
	assert_int_equal(dg_below_read(&below, "big", sizeof(big), &data, &n), 0);
	assert_int_equal(n, sizeof(big));
	assert_memory_equal(data, big, n);
	free(data);
	assert_int_equal(dg_below_read_small(&below, "file", small, 5, &n), -EFBIG);
	assert_int_equal(dg_below_read_small(&below, "file", small, 6, &n), 0);
	assert_int_equal(n, 5);
}

static void lists_and_follows(void **state)
{
	DG_BELOW_CLEANUP struct dg_below below = DG_BELOW_NONE;
	DG_BELOW_CLEANUP struct dg_below sub = DG_BELOW_NONE;
	struct dg_below none = DG_BELOW_NONE;
	DG_NAMES_FREE char **own = NULL, **all = NULL, **again = NULL, **in_sub = NULL;
	DG_FREE char *target = NULL;
	size_t n, m;

	(void)state;
	assert_int_equal(dg_below_open(tree.root, "d", &below), 0);
	assert_int_equal(dg_root_list(tree.root, "d", 100, &own, &n), 0);
	assert_int_equal(dg_below_list(&below, 100, &all, &m), 0);
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(own[i], all[i]);
	assert_int_equal(dg_below_list(&below, 100, &again, &m), 0);
	assert_int_equal(n, m);
	assert_int_equal(dg_below_list(&below, 1, &in_sub, &m), -E2BIG);
	assert_int_equal(dg_below_descend(&below, "linked", &sub), 0);
	assert_int_equal(dg_below_list(&sub, 100, &in_sub, &m), 0);
	assert_int_equal(m, 1);
	dg_below_close(&sub);
	assert_int_equal(dg_below_descend(&below, "sub", &sub), 0);
	assert_string_equal(sub.path, "d/sub");
	assert_int_equal(dg_below_descend(&below, "file", &none), -ENOTDIR);
	assert_int_equal(dg_below_descend(&below, "none", &none), -ENOENT);
	assert_int_equal(none.fd, -1);
	assert_int_equal(dg_below_readlink(&below, "up", &target), 0);
	assert_string_equal(target, "../outside");
}

static void refuses_no_directory(void **state)
{
	struct dg_below below = DG_BELOW_NONE;

	(void)state;
	assert_int_equal(dg_below_open(tree.root, "outside", &below), -ENOTDIR);
	assert_int_equal(dg_below_open(tree.root, "none", &below), -ENOENT);
	assert_int_equal(below.fd, -1);
}

static void sleep_well(void *arg, int ready)
{
	(void)arg;
	(void)!write(ready, "", 1);
	pause();
}

/* The descriptor stands for one process, and reads nothing once it has ended. */
static void knows_processes(void **state)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_BELOW_CLEANUP struct dg_below below = DG_BELOW_NONE;
	DG_FREE char *exe = NULL;
	struct stat mine, st;
	char path[64], data[128];
	pid_t pid;
	size_t n;
	int r;

	(void)state;
	assert_int_equal(dg_root_new("/", &root), 0);
	pid = child_start(sleep_well, NULL);
	snprintf(path, sizeof(path), "proc/%d", (int)pid);
	assert_int_equal(dg_below_open(root, path, &below), 0);
	assert_true(below.procfs);
	assert_int_equal(dg_below_read_small(&below, "comm", data, sizeof(data), &n), 0);
	assert_true(n > 1);
	assert_int_equal(dg_below_readlink(&below, "exe", &exe), 0);
	assert_int_equal(exe[0], '/');
	assert_int_equal(dg_below_stat_exe(&below, &st), 0);
	assert_int_equal(stat("/proc/self/exe", &mine), 0);
	assert_true(st.st_dev == mine.st_dev && st.st_ino == mine.st_ino);
	child_stop(pid);
	r = dg_below_read_small(&below, "comm", data, sizeof(data), &n);
	assert_true(r == -ESRCH || r == -ENOENT);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_as_the_root_does), TEST(bounds_sizes),
		TEST(lists_and_follows),      TEST(refuses_no_directory),
		TEST(knows_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
