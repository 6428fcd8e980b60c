/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Atomic writing: what is there afterwards, whose folders are entered, and what every
 * kind of failure leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "guard/base/write.h"
#include "policy/text.h"
#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define NOBODY 65534

static const struct dg_folder boots = {.base = "/var/lib", .below = "driftguard/boots"};

#define IN_BOOTS "var/lib/driftguard/boots/"

/* Write `text` as NAME; -errno is expected, and that the reason names the path. */
static void write_text(const char *name, const char *text, int expected, const char *says)
{
	DG_FREE char *why = NULL;
	int r = dg_root_write(tree.root, &boots, name, text, strlen(text), 0644, &why);

	if (r != expected)
		fail_msg("%s: %d, not %d: %s", name, r, expected, why ? why : "");
	if (r == 0) {
		assert_null(why);
		return;
	}
	assert_non_null(why);
	if (!strstr(why, "cannot write /var/lib/driftguard/boots/") ||
	    !strstr(why, name) || !strstr(why, says))
		fail_msg("says \"%s\", not \"%s\"", why, says);
}

static void expect_file(const char *path, const char *text)
{
	DG_FREE char *data = NULL;
	size_t size;

	assert_int_equal(dg_root_read(tree.root, path, 1 << 20, &data, &size), 0);
	assert_string_equal(data, text);
}

static void set_mode(const char *name, mode_t mode)
{
	char path[256];

	assert_int_equal(chmod(tree_path(&tree, name, path), mode), 0);
}

/* --- what is written --- */

static void writes_and_replaces(void **state)
{
	struct stat before, after;

	(void)state;
	put_dir(&tree, "var/lib");
	write_text("a.json", "one", 0, "");
	expect_file(IN_BOOTS "a.json", "one");
	before = stat_of(IN_BOOTS "a.json");
	write_text("a.json", "another, longer one", 0, "");
	after = stat_of(IN_BOOTS "a.json");
	expect_file(IN_BOOTS "a.json", "another, longer one");
	write_text("a.json", "", 0, "");
	expect_file(IN_BOOTS "a.json", "");
	expect_names(IN_BOOTS, 1);
	assert_true(before.st_ino != after.st_ino);
}

static void modes_whatever_the_umask(void **state)
{
	static const mode_t masks[] = {0, 022, 077, 0777};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(masks); i++) {
		char base[32], path[64];
		struct dg_folder folder = {.base = base, .below = "a/b"};
		DG_FREE char *why = NULL;
		mode_t old;

		snprintf(base, sizeof(base), "m%zu", i);
		put_dir(&tree, base);
		old = umask(masks[i]);
		/* Without privileges a folder of mode 0000 cannot be entered to mend it.
		 */
		if (masks[i] != 0777 || geteuid() == 0)
			assert_int_equal(dg_root_write(tree.root, &folder, "x", "x", 1,
						       0644, &why),
					 0);
		umask(old);
		if (masks[i] == 0777 && geteuid() != 0)
			continue;
		snprintf(path, sizeof(path), "%s/a/b/x", base);
		assert_int_equal(stat_of(path).st_mode, S_IFREG | 0644);
		snprintf(path, sizeof(path), "%s/a/b", base);
		assert_int_equal(stat_of(path).st_mode, S_IFDIR | 0755);
		snprintf(path, sizeof(path), "%s/a", base);
		assert_int_equal(stat_of(path).st_mode, S_IFDIR | 0755);
	}
}

static void large_and_binary(void **state)
{
	const size_t size = 3 << 20;
	DG_FREE char *data = malloc(size), *again = NULL, *why = NULL;
	size_t n;

	(void)state;
	put_dir(&tree, "var/lib");
	assert_non_null(data);
	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 7 + i / 251);
	assert_int_equal(dg_root_write(tree.root, &boots, "big", data, size, 0600, &why),
			 0);
	assert_int_equal(dg_root_read(tree.root, IN_BOOTS "big", size, &again, &n), 0);
	assert_int_equal(n, size);
	assert_memory_equal(again, data, size);
	assert_int_equal(stat_of(IN_BOOTS "big").st_mode, S_IFREG | 0600);
}

/* The system's folder may be a link, which stays inside the root. */
static void follows_the_systems_links(void **state)
{
	(void)state;
	put_dir(&tree, "data/lib");
	put_link(&tree, "var", "/data");
	write_text("a.json", "one", 0, "");
	expect_file("data/lib/driftguard/boots/a.json", "one");
	tree_dir(&tree, "../outside");
	drop(&tree, "var");
	put_link(&tree, "var", "../../outside");
	write_text("a.json", "one", -ENOENT, "while opening /var/lib");
	assert_int_equal(rmdir(tree_path(&tree, "../outside", (char[256]){0})), 0);
}

static void no_such_base(void **state)
{
	(void)state;
	write_text("a.json", "one", -ENOENT, "while opening /var/lib");
	put(&tree, "var/lib", "a file");
	write_text("a.json", "one", -ENOTDIR, "while opening /var/lib");
	expect_names("/", 1);
}

static void names_that_are_none(void **state)
{
	static const char *const names[] = {"", ".", "..", ".a", "a/b", "/etc/x", "../x"};

	(void)state;
	put_dir(&tree, "var/lib");
	for (size_t i = 0; i < DG_COUNT(names); i++)
		write_text(names[i], "x", -EINVAL, "while looking at its name");
	expect_names("var/lib", 0);
}

/* --- links and others' folders --- */

static void never_through_a_link(void **state)
{
	(void)state;
	put_dir(&tree, "var/lib");
	put_dir(&tree, "elsewhere/boots");
	put_link(&tree, "var/lib/driftguard", "../../elsewhere");
	write_text("a.json", "x", -ELOOP, "/var/lib/driftguard is a symbolic link");
	drop(&tree, "var/lib/driftguard");
	put_link(&tree, "var/lib/driftguard", "dangling");
	write_text("a.json", "x", -ELOOP, "/var/lib/driftguard is a symbolic link");
	drop(&tree, "var/lib/driftguard");
	put_link(&tree, "var/lib/driftguard/boots", "/elsewhere/boots");
	write_text("a.json", "x", -ELOOP, "/var/lib/driftguard/boots is a symbolic link");
	expect_names("elsewhere/boots", 0);
}

/* A link in the file's place is replaced, and what it leads to is left alone. */
static void replaces_a_planted_link(void **state)
{
	(void)state;
	put(&tree, "etc/shadow", "secret");
	put_link(&tree, IN_BOOTS "a.json", "/etc/shadow");
	put_link(&tree, IN_BOOTS "b.json", "../../../../etc/new");
	write_text("a.json", "one", 0, "");
	write_text("b.json", "two", 0, "");
	assert_true(S_ISREG(stat_of(IN_BOOTS "a.json").st_mode));
	expect_file(IN_BOOTS "a.json", "one");
	expect_file(IN_BOOTS "b.json", "two");
	expect_file("etc/shadow", "secret");
	expect_names("etc", 1);
}

static void what_is_no_folder(void **state)
{
	(void)state;
	put(&tree, "var/lib/driftguard", "a file");
	write_text("a.json", "x", -ENOTDIR, "/var/lib/driftguard is no directory");
	drop(&tree, "var/lib/driftguard");
	put_fifo(&tree, "var/lib/driftguard");
	write_text("a.json", "x", -ENOTDIR, "/var/lib/driftguard is no directory");
	drop(&tree, "var/lib/driftguard");
	put_dir(&tree, IN_BOOTS "a.json");
	write_text("a.json", "x", -EISDIR, "renaming");
	expect_names(IN_BOOTS, 1);
}

static void others_may_write_it(void **state)
{
	static const mode_t modes[] = {0777, 0775, 0757, 01777};

	(void)state;
	put_dir(&tree, IN_BOOTS "x");
	for (size_t i = 0; i < DG_COUNT(modes); i++) {
		set_mode("var/lib/driftguard", modes[i]);
		write_text("a.json", "x", -EPERM,
			   "/var/lib/driftguard may be written by others");
	}
	set_mode("var/lib/driftguard", 0700);
	set_mode("var/lib/driftguard/boots", 0777);
	write_text("a.json", "x", -EPERM,
		   "/var/lib/driftguard/boots may be written by others");
	set_mode("var/lib/driftguard/boots", 0700);
	write_text("a.json", "x", 0, "");
	/* A folder that was there keeps its mode. */
	assert_int_equal(stat_of("var/lib/driftguard").st_mode, S_IFDIR | 0700);
}

static void somebody_elses_folder(void **state)
{
	char path[256];

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: not root\n");
		skip();
	}
	put_dir(&tree, "var/lib/driftguard");
	assert_int_equal(chown(tree_path(&tree, "var/lib/driftguard", path), NOBODY, 0),
			 0);
	write_text("a.json", "x", -EPERM, "/var/lib/driftguard belongs to another user");
	expect_names("var/lib/driftguard", 0);
}

/* --- faults --- */

static int write_as_nobody(void *arg)
{
	DG_FREE char *why = NULL;

	(void)arg;
	if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return -ESRCH;
	return dg_root_write(tree.root, &boots, "a.json", "x", 1, 0644, &why);
}

static void no_permission(void **state)
{
	(void)state;
	put_dir(&tree, "var/lib");
	set_mode("var/lib", 0555);
	assert_int_equal(child_run(write_as_nobody, NULL), -EACCES);
	expect_names("var/lib", 0);
	set_mode("var/lib", 0755);
}

/* A read-only folder of our own: nothing can be made in it. */
static void read_only_folder(void **state)
{
	char path[256];

	(void)state;
	put(&tree, IN_BOOTS "a.json", "old");
	if (geteuid() == 0) {
		static const char *const ours[] = {"var/lib/driftguard",
						   "var/lib/driftguard/boots"};

		for (size_t i = 0; i < DG_COUNT(ours); i++)
			assert_int_equal(
				chown(tree_path(&tree, ours[i], path), NOBODY, 0), 0);
	}
	set_mode("var/lib/driftguard/boots", 0555);
	assert_int_equal(child_run(write_as_nobody, NULL), -EACCES);
	set_mode("var/lib/driftguard/boots", 0755);
	expect_file(IN_BOOTS "a.json", "old");
	expect_names(IN_BOOTS, 1);
}

/* Writing stops in its midst, as on a disk that is full. */
static int write_beyond_the_limit(void *arg)
{
	const struct rlimit limit = {.rlim_cur = 4096, .rlim_max = 4096};
	static char data[65536];
	DG_FREE char *why = NULL;
	int r;

	(void)arg;
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return -ESRCH;
	r = dg_root_write(tree.root, &boots, "a.json", data, sizeof(data), 0644, &why);
	return why && strstr(why, "writing a file beside it") ? r : -ESRCH;
}

static void cut_short(void **state)
{
	(void)state;
	put(&tree, IN_BOOTS "a.json", "old");
	assert_int_equal(child_run(write_beyond_the_limit, NULL), -EFBIG);
	expect_file(IN_BOOTS "a.json", "old");
	expect_names(IN_BOOTS, 1);
}

/* What writing `size` bytes as a.json says; *ret_why is owned. */
static int write_zeros(const struct dg_root *root, size_t size, char **ret_why)
{
	static const char data[256 * 1024];

	return dg_root_write(root, &boots, "a.json", data, size, 0644, ret_why);
}

/* On a small file system of its own. 0: as expected; -ENOSYS: none can be mounted here.
 */
static int fill_a_disk(void *arg)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_FREE char *full = NULL, *sealed = NULL, *none = NULL, *kept = NULL;
	DG_NAMES_FREE char **names = NULL;
	char path[256];
	size_t n;

	(void)arg;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", tree_path(&tree, "var/lib", path), "tmpfs", 0, "size=64k") < 0)
		return -ENOSYS;
	/* The tree's root is of the mounts before. */
	if (dg_root_new(tree.dir, &root) < 0 || write_zeros(root, 3, &full) < 0)
		return -ESRCH;
	if (write_zeros(root, 256 * 1024, &full) != -ENOSPC ||
	    !strstr(full, "No space left on device, while writing"))
		return -ENOSPC;
	if (dg_root_list(root, IN_BOOTS, 10, &names, &n) < 0 || n != 1)
		return -ENOTEMPTY;
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return -ENOSYS;
	/* What is not there is dropped, what is there cannot be. */
	if (dg_root_drop(root, &boots, "b.json", &none) < 0 || none ||
	    dg_root_drop(root, &boots, "a.json", &kept) != -EROFS || !kept)
		return -EEXIST;
	return write_zeros(root, 1, &sealed) == -EROFS &&
			       strstr(sealed, "Read-only file system")
		       ? 0
		       : -EROFS;
}

static void full_disk(void **state)
{
	int r;

	(void)state;
	put_dir(&tree, "var/lib");
	r = child_run(fill_a_disk, NULL);
	if (r == -ENOSYS) {
		print_message("skipped: no file system can be mounted here\n");
		skip();
	}
	assert_int_equal(r, 0);
}

/* --- what was left behind --- */

static void make_unfinished(const char *name, int64_t age)
{
	struct timeval times[2] = {{.tv_sec = time(NULL) - age},
				   {.tv_sec = time(NULL) - age}};
	char path[256];

	put(&tree, name, "half");
	assert_int_equal(utimes(tree_path(&tree, name, path), times), 0);
}

static void sweeps_what_was_left(void **state)
{
	static const struct {
		const char *name;
		int64_t age;
		bool stays;
	} files[] = {
		{DG_UNFINISHED "0123456789abcdef", 2 * DG_UNFINISHED_AGE, false},
		{DG_UNFINISHED "fedcba9876543210", -2 * DG_UNFINISHED_AGE, false},
		{DG_UNFINISHED "0123456789abcde0", 10, true},
		{DG_UNFINISHED "0123456789abcde", 2 * DG_UNFINISHED_AGE, true},
		{DG_UNFINISHED "0123456789abcdeg", 2 * DG_UNFINISHED_AGE, true},
		{DG_UNFINISHED "0123456789abcdef0", 2 * DG_UNFINISHED_AGE, true},
		{".other", 2 * DG_UNFINISHED_AGE, true},
		{"old.json", 2 * DG_UNFINISHED_AGE, true},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(files); i++) {
		char path[128];

		snprintf(path, sizeof(path), IN_BOOTS "%s", files[i].name);
		make_unfinished(path, files[i].age);
	}
	write_text("a.json", "x", 0, "");
	for (size_t i = 0; i < DG_COUNT(files); i++) {
		char path[128];
		struct stat st;

		snprintf(path, sizeof(path), IN_BOOTS "%s", files[i].name);
		if ((dg_root_stat(tree.root, path, false, &st) == 0) != files[i].stays)
			fail_msg("%s: %s", files[i].name,
				 files[i].stays ? "gone" : "still there");
	}
}

static void removes(void **state)
{
	DG_FREE char *why = NULL, *again = NULL, *link = NULL, *dir = NULL;

	(void)state;
	put(&tree, "etc/shadow", "secret");
	put(&tree, IN_BOOTS "a.json", "x");
	put_link(&tree, IN_BOOTS "b.json", "/etc/shadow");
	assert_int_equal(dg_root_remove(tree.root, &boots, "a.json", &why), 0);
	assert_int_equal(dg_root_remove(tree.root, &boots, "b.json", &why), 0);
	assert_null(why);
	expect_names(IN_BOOTS, 0);
	expect_file("etc/shadow", "secret");
	assert_int_equal(dg_root_remove(tree.root, &boots, "a.json", &why), -ENOENT);
	assert_non_null(strstr(why, "cannot remove /var/lib/driftguard/boots/a.json"));
	assert_int_equal(dg_root_remove(tree.root, &boots, "..", &again), -EINVAL);
	drop(&tree, "var/lib/driftguard/boots");
	assert_int_equal(dg_root_remove(tree.root, &boots, "a.json", &dir), -ENOENT);
	expect_names("var/lib/driftguard", 0);
	put_link(&tree, "var/lib/driftguard/boots", "/etc");
	assert_int_equal(dg_root_remove(tree.root, &boots, "shadow", &link), -ELOOP);
	expect_file("etc/shadow", "secret");
}

static void drops(void **state)
{
	DG_FREE char *why = NULL;

	(void)state;
	assert_int_equal(dg_root_drop(tree.root, &boots, "a.json", &why), 0);
	put(&tree, IN_BOOTS "a.json", "x");
	put_link(&tree, IN_BOOTS "link", "a.json");
	assert_int_equal(dg_root_drop(tree.root, &boots, "link", &why), 0);
	expect_names(IN_BOOTS, 1);
	assert_int_equal(dg_root_drop(tree.root, &boots, "a.json", &why), 0);
	assert_int_equal(dg_root_drop(tree.root, &boots, "a.json", &why), 0);
	expect_names(IN_BOOTS, 0);
	assert_null(why);
	put_dir(&tree, IN_BOOTS "folder");
	assert_int_equal(dg_root_drop(tree.root, &boots, "folder", &why), -EISDIR);
	assert_non_null(strstr(why, "cannot remove /var/lib/driftguard/boots/folder"));
}

/* --- links --- */

static const struct dg_folder shown = {.base = "/run", .below = "motd.d"};

static void link_to(const char *target, int expected)
{
	DG_FREE char *why = NULL;
	int r = dg_root_link(tree.root, &shown, "mine", target, &why);

	if (r != expected || (r < 0) != (why != NULL))
		fail_msg("%d, not %d: %s", r, expected, why ? why : "");
	if (why && !strstr(why, "cannot link /run/motd.d/mine: "))
		fail_msg("%s", why);
}

static void links(void **state)
{
	struct stat before, after;

	(void)state;
	link_to("/run/x", -ENOENT);
	put_dir(&tree, "run");
	link_to("/run/x", 0);
	before = stat_of("run/motd.d/mine");
	assert_true(S_ISLNK(before.st_mode));
	link_to("/run/x", 0);
	after = stat_of("run/motd.d/mine");
	assert_int_equal(before.st_ino, after.st_ino);
	/* Another one, a shorter or a longer one, or no link at all is left alone. */
	link_to("/run/y", -EEXIST);
	link_to("/run/", -EEXIST);
	link_to("/run/xx", -EEXIST);
	drop(&tree, "run/motd.d/mine");
	put(&tree, "run/motd.d/mine", "text");
	link_to("/run/x", -EEXIST);
	expect_file("run/motd.d/mine", "text");
	expect_names("run/motd.d", 1);
}

/* --- folders of others --- */

static const struct dg_folder theirs = {
	.base = "/var/lib", .below = "their/folder", .others = true};

static int write_theirs(char **ret_why)
{
	return dg_root_write(tree.root, &theirs, "a.prom", "x", 1, 0644, ret_why);
}

static void into_others_folders(void **state)
{
	DG_FREE char *missing = NULL, *why = NULL, *linked = NULL;
	char path[256];

	(void)state;
	put_dir(&tree, "var/lib");
	assert_int_equal(write_theirs(&missing), -ENOENT);
	expect_names("var/lib", 0);
	/* Others may write it, and it may be another user's. */
	put_dir(&tree, "var/lib/their/folder");
	set_mode("var/lib/their/folder", 0777);
	if (geteuid() == 0)
		assert_int_equal(
			chown(tree_path(&tree, "var/lib/their/folder", path), NOBODY, 0),
			0);
	assert_int_equal(write_theirs(&why), 0);
	expect_file("var/lib/their/folder/a.prom", "x");
	expect_names("var/lib/their/folder", 1);
	/* Whoever owns it may plant a link there: it is replaced, and not followed. */
	put(&tree, "etc/precious", "precious");
	drop(&tree, "var/lib/their/folder/a.prom");
	put_link(&tree, "var/lib/their/folder/a.prom", "/etc/precious");
	assert_int_equal(write_theirs(&why), 0);
	expect_file("etc/precious", "precious");
	expect_file("var/lib/their/folder/a.prom", "x");
	drop(&tree, "var/lib/their/folder/a.prom");
	drop(&tree, "var/lib/their/folder");
	put_link(&tree, "var/lib/their/folder", "/etc");
	assert_int_equal(write_theirs(&linked), -ELOOP);
	expect_names("etc", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_and_replaces),
		TEST(modes_whatever_the_umask),
		TEST(large_and_binary),
		TEST(follows_the_systems_links),
		TEST(no_such_base),
		TEST(names_that_are_none),
		TEST(never_through_a_link),
		TEST(replaces_a_planted_link),
		TEST(what_is_no_folder),
		TEST(others_may_write_it),
		TEST(somebody_elses_folder),
		TEST(no_permission),
		TEST(read_only_folder),
		TEST(cut_short),
		TEST(full_disk),
		TEST(sweeps_what_was_left),
		TEST(removes),
		TEST(drops),
		TEST(links),
		TEST(into_others_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
