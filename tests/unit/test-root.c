/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root handle on a tree: where paths lead, what may be opened, caps, lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "tests/unit/tree.h"

#define CAP 1024

static struct tree tree;

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	tree_dir(&tree, "etc");
	tree_dir(&tree, "sub");
	tree_dir(&tree, "usr");
	tree_dir(&tree, "usr/lib");
	tree_dir(&tree, "run");
	tree_dir(&tree, "var");
	tree_text(&tree, "etc/hostname", "pve\n");
	tree_text(&tree, "usr/lib/os-release", "os\n");
	tree_text(&tree, "run/id", "id\n");
	tree_text(&tree, "../secret", "secret\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static void expect_read(const char *path, int r, const char *text)
{
	DG_FREE char *data = NULL;
	size_t n = 77;

	if (dg_root_read(tree.root, path, CAP, &data, &n) != r)
		fail_msg("%s: not %d", path, r);
	if (r < 0) {
		assert_null(data);
		assert_int_equal(n, 77);
		return;
	}
	assert_int_equal(n, strlen(text));
	assert_string_equal(data, text);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		int r;
		const char *text;
	} table[] = {
		{"etc/hostname", 0, "pve\n"},
		{"/etc/hostname", 0, "pve\n"},
		{"//etc/./hostname", 0, "pve\n"},
		{"../../etc/hostname", 0, "pve\n"},
		{"/../sub/../etc/hostname", 0, "pve\n"},
		{"../secret", -ENOENT, NULL},
		{"sub/../../secret", -ENOENT, NULL},
		{"nowhere", -ENOENT, NULL},
		{"nowhere/../etc/hostname", -ENOENT, NULL},
		{"", -ENOENT, NULL},
		{"etc", -EISDIR, NULL},
		{"/", -EISDIR, NULL},
		{"etc/hostname/", -ENOTDIR, NULL},
		{"etc/hostname/x", -ENOTDIR, NULL},
	};
	char name[NAME_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(table); i++)
		expect_read(table[i].path, table[i].r, table[i].text);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	expect_read(name, -ENAMETOOLONG, NULL);
}

static void test_links(void **state)
{
	static const struct {
		const char *name, *target, *path;
		int r;
		const char *text;
	} table[] = {
		{"abs", "/etc/hostname", "abs", 0, "pve\n"},
		{"climb", "../../../etc/hostname", "climb", 0, "pve\n"},
		{"sub/climb", "../../../../etc/hostname", "sub/climb", 0, "pve\n"},
		{"sub/up", "..", "sub/up/etc/hostname", 0, "pve\n"},
		{"chain-1", "sub/chain-2", "chain-1", 0, "pve\n"},
		{"sub/chain-2", "../abs", "sub/chain-2", 0, "pve\n"},
		{"lib", "usr/lib", "lib/os-release", 0, "os\n"},
		{"var/run", "/run", "var/run/id", 0, "id\n"},
		{"var/run-up", "/run/..", "var/run-up/run/id", 0, "id\n"},
		{"dangling", "/nowhere", "dangling", -ENOENT, NULL},
		{"outside", "../secret", "outside", -ENOENT, NULL},
		{"host", "/proc/self/mountinfo", "host", -ENOENT, NULL},
		{"self", "self", "self", -ELOOP, NULL},
		{"loop-a", "sub/loop-b", "loop-a", -ELOOP, NULL},
		{"sub/loop-b", "/loop-a", "sub/loop-b/x", -ELOOP, NULL},
		{"to-dir", "etc", "to-dir", -EISDIR, NULL},
	};
	char absolute[256];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(table); i++)
		tree_link(&tree, table[i].name, table[i].target);
	for (i = 0; i < DG_COUNT(table); i++)
		expect_read(table[i].path, table[i].r, table[i].text);
	/* What is really there, by the path that is right outside of the tree. */
	tree_link(&tree, "outside-abs", tree_path(&tree, "../secret", absolute));
	expect_read("outside-abs", -ENOENT, NULL);
	tree_link(&tree, "inside-abs", tree_path(&tree, "etc/hostname", absolute));
	expect_read("inside-abs", -ENOENT, NULL);
}

static void test_link_chain_ends(void **state)
{
	char name[32] = "etc/hostname", target[32];
	int i;

	(void)state;
	for (i = 0; i < 60; i++) {
		snprintf(target, sizeof(target), "/%.30s", name);
		snprintf(name, sizeof(name), "long-%d", i);
		tree_link(&tree, name, target);
	}
	expect_read("long-20", 0, "pve\n");
	expect_read("long-59", -ELOOP, NULL);
}

static void test_readlink_and_stat(void **state)
{
	DG_FREE char *target = NULL;
	char *untouched = NULL;
	struct stat st;

	(void)state;
	tree_link(&tree, "rl", "/nowhere/at/all");
	assert_int_equal(dg_root_readlink(tree.root, "/rl", &target), 0);
	assert_string_equal(target, "/nowhere/at/all");
	assert_int_equal(dg_root_readlink(tree.root, "etc", &untouched), -EINVAL);
	assert_int_equal(dg_root_readlink(tree.root, "etc/hostname", &untouched),
			 -EINVAL);
	assert_int_equal(dg_root_readlink(tree.root, "none", &untouched), -ENOENT);
	assert_null(untouched);
	assert_int_equal(dg_root_stat(tree.root, "rl", false, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(dg_root_stat(tree.root, "rl", true, &st), -ENOENT);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(dg_root_stat(tree.root, "etc/hostname", true, &st), 0);
	assert_int_equal(st.st_size, 4);
}

static void test_longest_link(void **state)
{
	DG_FREE char *target = NULL;
	char text[PATH_MAX];

	(void)state;
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tree_link(&tree, "longest", text);
	assert_int_equal(dg_root_readlink(tree.root, "longest", &target), 0);
	assert_string_equal(target, text);
	expect_read("longest", -ENAMETOOLONG, NULL);
}

/* Not one of these may be opened for reading; SIGALRM ends the test where one blocks. */
static void test_kinds(void **state)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	DG_CLOSE int s = socket(AF_UNIX, SOCK_STREAM, 0);
	char path[256];
	struct stat st;
	int fd = 77;

	(void)state;
	assert_int_equal(mkfifo(tree_path(&tree, "fifo", path), 0644), 0);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.90s/sock", tree.dir);
	assert_int_equal(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	tree_link(&tree, "to-fifo", "/fifo");
	alarm(20);
	expect_read("fifo", -ENOTSUP, NULL);
	expect_read("to-fifo", -ENOTSUP, NULL);
	expect_read("sock", -ENOTSUP, NULL);
	assert_int_equal(
		dg_root_open(tree.root, "fifo", DG_ROOT_FILE | DG_ROOT_BLOCK, &fd),
		-ENOTSUP);
	assert_int_equal(dg_root_open(tree.root, "fifo", DG_ROOT_DIR, &fd), -ENOTDIR);
	assert_int_equal(dg_root_open(tree.root, "etc/hostname", DG_ROOT_DIR, &fd),
			 -ENOTDIR);
	assert_int_equal(dg_root_open(tree.root, "etc/hostname", DG_ROOT_BLOCK, &fd),
			 -ENOTSUP);
	assert_int_equal(fd, 77);
	assert_int_equal(dg_root_stat(tree.root, "fifo", true, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	alarm(0);
}

static void test_devices(void **state)
{
	/* Numbers that no driver has: an open that is tried says ENXIO, not ENOTSUP. */
	char path[256];
	int fd = -1, r;

	(void)state;
	if (mknod(tree_path(&tree, "chr", path), S_IFCHR | 0644, makedev(4000, 1)) < 0 ||
	    mknod(tree_path(&tree, "blk", path), S_IFBLK | 0644, makedev(4000, 1)) < 0)
		skip();
	expect_read("chr", -ENOTSUP, NULL);
	expect_read("blk", -ENOTSUP, NULL);
	assert_int_equal(
		dg_root_open(tree.root, "chr", DG_ROOT_FILE | DG_ROOT_BLOCK, &fd),
		-ENOTSUP);
	r = dg_root_open(tree.root, "blk", DG_ROOT_BLOCK, &fd);
	assert_true(r < 0 && r != -ENOTSUP);
	assert_int_equal(fd, -1);
}

static void test_open_flags(void **state)
{
	DG_CLOSE int fd = -1;
	DG_CLOSE int dir = -1;

	(void)state;
	assert_int_equal(dg_root_open(tree.root, "etc/hostname", DG_ROOT_FILE, &fd), 0);
	assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_PATH),
			 O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(dg_root_open(tree.root, "etc", DG_ROOT_FILE | DG_ROOT_DIR, &dir),
			 0);
}

static void test_cap(void **state)
{
	static const struct {
		size_t size, cap;
		int r;
	} table[] = {
		{0, 0, 0},
		{1, 0, -EFBIG},
		{10, 10, 0},
		{10, 9, -EFBIG},
		{4095, 4095, 0},
		{4096, 4095, -EFBIG},
		{4096, 4096, 0},
		{4097, 4097, 0},
		{70000, SIZE_MAX, 0},
		{70000, 69999, -EFBIG},
	};
	char bytes[70000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	for (i = 0; i < DG_COUNT(table); i++) {
		DG_FREE char *data = NULL;
		size_t n = 0;

		tree_write(&tree, "sized", bytes, table[i].size);
		assert_int_equal(
			dg_root_read(tree.root, "sized", table[i].cap, &data, &n),
			table[i].r);
		if (table[i].r < 0)
			continue;
		assert_int_equal(n, table[i].size);
		assert_memory_equal(data, bytes, n);
		assert_int_equal(data[n], '\0');
	}
}

static void test_sparse(void **state)
{
	const uint64_t size = UINT64_C(1) << 40;
	DG_FREE char *data = NULL;
	DG_CLOSE int fd = -1;
	char path[256];
	size_t n;

	(void)state;
	tree_text(&tree, "sparse", "");
	if (truncate(tree_path(&tree, "sparse", path), (off_t)size) < 0)
		skip();
	assert_int_equal(dg_root_read(tree.root, "sparse", 1 << 20, &data, &n), -EFBIG);
	assert_int_equal(dg_root_open(tree.root, "sparse", DG_ROOT_FILE, &fd), 0);
	n = 77;
	assert_int_equal(dg_fd_read_at(fd, size - 4, path, 16, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(dg_fd_read_at(fd, size * 2, path, 16, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(dg_fd_read_at(fd, UINT64_MAX, path, 16, &n), -EINVAL);
	assert_int_equal(dg_fd_read_at(fd, INT64_MAX, path, 16, &n), -EINVAL);
}

static void test_head(void **state)
{
	static const struct {
		uint64_t offset;
		size_t len;
		int r;
		const char *text;
	} table[] = {
		{0, 4, 0, "0123"},
		{3, 4, 0, "3456"},
		{8, 4, 0, "89"},
		{10, 4, 0, ""},
		{1000, 4, 0, ""},
		{0, 0, 0, ""},
		{0, 4096, 0, "0123456789"},
		{UINT64_MAX, 1, -EINVAL, NULL},
		{0, SIZE_MAX, -EINVAL, NULL},
	};
	size_t i;

	(void)state;
	tree_text(&tree, "digits", "0123456789");
	for (i = 0; i < DG_COUNT(table); i++) {
		DG_FREE char *data = NULL;
		size_t n = 77;
		int r = dg_root_read_head(tree.root, "digits", DG_ROOT_FILE,
					  table[i].offset, table[i].len, &data, &n);

		assert_int_equal(r, table[i].r);
		assert_int_equal(n, r < 0 ? 77 : strlen(table[i].text));
		if (r == 0)
			assert_string_equal(data, table[i].text);
	}
}

static void test_list(void **state)
{
	static const char *const sorted[] = {".hidden", "10", "9", "B", "a", "\xc3\xa4"};
	static const char *const made[] = {"a", "\xc3\xa4", "9", "10", "B", ".hidden"};
	DG_NAMES_FREE char **names = NULL;
	char **none = NULL, name[32];
	size_t i, n = 77;

	(void)state;
	tree_dir(&tree, "list");
	tree_link(&tree, "to-list", "/list");
	assert_int_equal(dg_root_list(tree.root, "list", 0, &names, &n), 0);
	assert_int_equal(n, 0);
	assert_null(names[0]);
	dg_names_free(DG_STEAL(names));
	for (i = 0; i < DG_COUNT(made); i++) {
		snprintf(name, sizeof(name), "list/%s", made[i]);
		tree_text(&tree, name, "");
	}
	assert_int_equal(dg_root_list(tree.root, "list", 5, &none, &n), -E2BIG);
	assert_int_equal(dg_root_list(tree.root, "etc/hostname", 9, &none, &n), -ENOTDIR);
	assert_int_equal(dg_root_list(tree.root, "nowhere", 9, &none, &n), -ENOENT);
	assert_null(none);
	assert_int_equal(n, 0);
	assert_int_equal(dg_root_list(tree.root, "to-list", 6, &names, &n), 0);
	assert_int_equal(n, DG_COUNT(sorted));
	for (i = 0; i < n; i++)
		assert_string_equal(names[i], sorted[i]);
	assert_null(names[n]);
}

static void test_list_large(void **state)
{
	DG_NAMES_FREE char **names = NULL;
	char name[32];
	size_t i;

	(void)state;
	tree_dir(&tree, "large");
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "large/%03zu", 999 - i);
		tree_text(&tree, name, "");
	}
	assert_int_equal(dg_root_list(tree.root, "large", 1000, &names, NULL), 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(strtoul(names[i], NULL, 10), i);
	assert_null(names[1000]);
}

static int read_as_nobody(void *arg)
{
	DG_FREE char *data = NULL;
	size_t n;

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(65534) || setuid(65534)))
		return -EXDEV;
	return dg_root_read(tree.root, arg, CAP, &data, &n);
}

static int list_as_nobody(void *arg)
{
	DG_NAMES_FREE char **names = NULL;

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(65534) || setuid(65534)))
		return -EXDEV;
	return dg_root_list(tree.root, arg, 10, &names, NULL);
}

static void test_unreadable(void **state)
{
	char file[] = "shut", below[] = "closed/x", dir[] = "closed",
	     open_to_all[] = "open";
	char path[256];

	(void)state;
	tree_text(&tree, file, "x");
	tree_text(&tree, open_to_all, "x");
	tree_dir(&tree, dir);
	tree_text(&tree, below, "x");
	assert_int_equal(chmod(tree_path(&tree, file, path), 0), 0);
	assert_int_equal(chmod(tree_path(&tree, dir, path), 0), 0);
	assert_int_equal(child_run(read_as_nobody, open_to_all), 0);
	assert_int_equal(child_run(read_as_nobody, file), -EACCES);
	assert_int_equal(child_run(read_as_nobody, below), -EACCES);
	assert_int_equal(child_run(list_as_nobody, dir), -EACCES);
	assert_int_equal(chmod(tree_path(&tree, dir, path), 0755), 0);
}

static void test_new(void **state)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	char path[256];

	(void)state;
	assert_int_equal(dg_root_new("/nowhere/at/all", &root), -ENOENT);
	assert_int_equal(dg_root_new(tree_path(&tree, "etc/hostname", path), &root),
			 -ENOTDIR);
	assert_null(root);
	dg_root_free(NULL);
	dg_names_free(NULL);
	assert_false(dg_root_is_live(tree.root));
	assert_string_equal(dg_root_dir(tree.root), tree.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_link_chain_ends),
		cmocka_unit_test(test_readlink_and_stat),
		cmocka_unit_test(test_longest_link),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_open_flags),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_large),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests_name("root", tests, setup, teardown);
}
