/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root handle where things move: /proc, locks, processes, files that change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "tests/unit/no-openat2.h"
#include "tests/unit/tree.h"

#define CAP 1024

static struct tree tree;
static struct dg_root *live;

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	tree_dir(&tree, "etc");
	tree_text(&tree, "etc/hostname", "pve\n");
	return dg_root_new("/", &live);
}

static int teardown(void **state)
{
	(void)state;
	dg_root_free(live);
	tree_remove(&tree);
	return 0;
}

static void test_proc_files(void **state)
{
	DG_FREE char *release = NULL;
	struct utsname uts;
	size_t n;

	(void)state;
	assert_true(dg_root_is_live(live));
	assert_int_equal(uname(&uts), 0);
	assert_int_equal(
		dg_root_read(live, "/proc/sys/kernel/osrelease", CAP, &release, &n), 0);
	assert_int_equal(n, strlen(uts.release) + 1);
	assert_memory_equal(release, uts.release, n - 1);
}

/* Many pieces of a file that states no size, through /proc/self, which is no magic link.
 */
static void test_proc_large(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 400;
	DG_FREE char *maps = NULL;
	size_t i, n;
	char *p = mmap(NULL, page * pages, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(p, MAP_FAILED);
	for (i = 0; i < pages; i += 2) /* one line a page */
		assert_int_equal(mprotect(p + i * page, page, PROT_NONE), 0);
	assert_int_equal(dg_root_read(live, "/proc/self/maps", 8192, &maps, &n), -EFBIG);
	assert_int_equal(dg_root_read(live, "/proc/self/maps", 1 << 24, &maps, &n), 0);
	assert_true(n > pages * 30);
	assert_int_equal(strlen(maps), n);
	assert_int_equal(maps[n - 1], '\n');
	assert_int_equal(munmap(p, page * pages), 0);
}

/* A file of /sys states a page; the cap is about what is in it. */
static void test_sys_file(void **state)
{
	DG_FREE char *data = NULL;
	struct stat st;
	size_t n;
	int r = dg_root_stat(live, "/sys/devices/system/cpu/online", true, &st);

	(void)state;
	if (r == -ENOENT) {
		print_message("skipped: this system shows no such file\n");
		skip();
	}
	assert_true(st.st_size > 64);
	assert_int_equal(
		dg_root_read(live, "sys/devices/system/cpu/online", 64, &data, &n), 0);
	assert_in_range(n, 1, 64);
}

struct lock {
	char path[256];
	short type; /* F_WRLCK, F_RDLCK; or -1 for flock(2) */
};

static void lock_hold(void *arg, int ready)
{
	const struct lock *lock = arg;
	struct flock fl = {.l_type = lock->type, .l_whence = SEEK_SET, .l_start = 2};
	int fd = open(lock->path, O_RDWR);
	int r = lock->type < 0 ? flock(fd, LOCK_EX) : fcntl(fd, F_SETLK, &fl);

	if (r == 0 && write(ready, "x", 1) == 1)
		pause();
}

static void test_locks(void **state)
{
	static const struct {
		short type;
		bool seen;
	} table[] = {
		{.type = F_WRLCK, .seen = true},
		{.type = F_RDLCK, .seen = true},
		{.type = -1, .seen = false},
	};
	struct lock lock;
	int64_t owner = -1;
	bool locked;
	size_t i;

	(void)state;
	tree_text(&tree, "lock", "");
	tree_path(&tree, "lock", lock.path);
	for (i = 0; i < DG_COUNT(table); i++) {
		pid_t pid;

		lock.type = table[i].type;
		pid = child_start(lock_hold, &lock);
		locked = !table[i].seen;
		assert_int_equal(dg_root_locked(tree.root, "/lock", &locked), 0);
		assert_int_equal(locked, table[i].seen);
		assert_int_equal(dg_root_lock_owner(tree.root, "lock", &owner), 0);
		assert_int_equal(owner, table[i].seen ? pid : 0);
		child_stop(pid);
		assert_int_equal(dg_root_locked(tree.root, "lock", &locked), 0);
		assert_false(locked);
	}
	assert_int_equal(dg_root_locked(tree.root, "nowhere", &locked), -ENOENT);
	assert_int_equal(dg_root_locked(tree.root, "etc", &locked), -EISDIR);
}

/* A lock of this very process is a lock like others. */
static void test_own_lock(void **state)
{
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[256];
	DG_CLOSE int fd = open(tree_path(&tree, "lock", path), O_RDWR | O_CREAT, 0644);
	bool locked = false;

	(void)state;
	assert_int_equal(fcntl(fd, F_SETLK, &fl), 0);
	assert_int_equal(dg_root_locked(tree.root, "lock", &locked), 0);
	assert_true(locked);
}

static void program_run(void *arg, int ready)
{
	(void)ready; /* closed by exec */
	execl(arg, "prog", "100", NULL);
}

/* sleep(1), copied into the tree, so that it can be deleted while it runs. */
static void program_make(char path[256])
{
	DG_FREE char *data = NULL;
	size_t n;

	assert_int_equal(dg_root_read(live, "/bin/sleep", 1 << 24, &data, &n), 0);
	tree_write(&tree, "prog", data, n);
	assert_int_equal(chmod(tree_path(&tree, "prog", path), 0755), 0);
}

static void test_exe_deleted(void **state)
{
	DG_CLOSE int fd = -1;
	DG_FREE char *target = NULL;
	char path[256], link[64], *data = NULL;
	struct stat before, after;
	size_t n;
	pid_t pid;

	(void)state;
	program_make(path);
	assert_int_equal(stat(path, &before), 0);
	pid = child_start(program_run, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(dg_root_proc_exe(live, pid, &fd), 0);
	assert_int_equal(fstat(fd, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_dev, before.st_dev);
	assert_int_equal(dg_fd_read_at(fd, 0, link, 4, &n), 0);
	assert_memory_equal(link, "\177ELF", 4);
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	assert_int_equal(dg_root_read(live, link, 1 << 24, &data, &n), -ELOOP);
	assert_int_equal(dg_root_readlink(live, link, &target), 0);
	assert_true(dg_ends_with(target, " (deleted)"));
	child_stop(pid);
}

static void test_exe_gone(void **state)
{
	int fd = 77, r;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	r = dg_root_proc_exe(live, pid, &fd);
	assert_true(r == -ENOENT || r == -ESRCH);
	assert_int_equal(dg_root_proc_exe(live, 0, &fd), -EINVAL);
	assert_int_equal(dg_root_proc_exe(live, -1, &fd), -EINVAL);
	assert_int_equal(fd, 77);
}

static void test_exe_in_tree(void **state)
{
	DG_CLOSE int fd = -1;
	char text[8];
	size_t n;
	int none = 77;

	(void)state;
	tree_dir(&tree, "proc");
	tree_dir(&tree, "proc/42");
	tree_dir(&tree, "proc/43");
	tree_link(&tree, "proc/42/exe", "/usr-bin-kvm");
	tree_link(&tree, "proc/43/exe", "/usr-bin-kvm (deleted)");
	tree_text(&tree, "usr-bin-kvm", "ELF!");
	assert_int_equal(dg_root_proc_exe(tree.root, 42, &fd), 0);
	assert_int_equal(dg_fd_read_at(fd, 0, text, sizeof(text), &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(dg_root_proc_exe(tree.root, 43, &none), -ENOENT);
	/* Our own process is one of this machine's, not of the tree's. */
	assert_int_equal(dg_root_proc_exe(tree.root, getpid(), &none), -ENOENT);
}

static int chroot_enter(void)
{
	if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
		return -EPERM;
	return chroot(tree.dir) < 0 || chdir("/") < 0 ? -EPERM : 0;
}

/* In a chroot without /proc: 0 where all is as it should be. */
static int chroot_check(void *arg)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *data = NULL;
	size_t n;
	int fd;

	(void)arg;
	if (chroot_enter() < 0)
		return -EPERM;
	if (dg_root_new("/", &root) < 0 || !dg_root_is_live(root))
		return -EXDEV;
	if (dg_root_read(root, "etc/hostname", CAP, &data, &n) < 0 || n != 4)
		return -EIO;
	if (dg_root_list(root, "etc", 1, &names, &n) < 0 || n != 1)
		return -ENOTDIR;
	if (dg_root_open(root, "fifo", DG_ROOT_FILE, &fd) != -ENOTSUP)
		return -EBADF;
	/* A plain file where a magic link of procfs should be. */
	return dg_root_proc_exe(root, 44, &fd) == -ENODEV ? 0 : -ENODEV;
}

static void test_without_proc(void **state)
{
	char path[256];
	int r;

	(void)state;
	tree_dir(&tree, "proc/44");
	tree_text(&tree, "proc/44/exe", "x");
	assert_int_equal(mkfifo(tree_path(&tree, "fifo", path), 0644), 0);
	r = child_run(chroot_check, NULL);
	if (r == -EPERM) {
		print_message("skipped: not root, or not allowed to do this here\n");
		skip();
	}
	assert_int_equal(r, 0);
}

static int planted_check(void *arg)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_FREE char *data = NULL;
	size_t n;
	int r;

	(void)arg;
	if (chroot_enter() < 0)
		return -EPERM;
	r = dg_root_new("/", &root);
	return r < 0 ? r : dg_root_read(root, "etc/hostname", CAP, &data, &n);
}

/* What only calls itself /proc/self/fd is not believed. */
static void test_planted_proc(void **state)
{
	char name[32];
	int i, r;

	(void)state;
	tree_dir(&tree, "proc/self");
	tree_dir(&tree, "proc/self/fd");
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "proc/self/fd/%d", i);
		tree_text(&tree, name, "planted");
	}
	r = child_run(planted_check, NULL);
	if (r == -EPERM) {
		print_message("skipped: not root, or not allowed to do this here\n");
		skip();
	}
	assert_int_equal(r, -ESTALE);
}

static int without_openat2(void *arg)
{
	char **names;
	struct stat st;
	size_t n;
	char *data;

	(void)arg;
	if (openat2_forgo() < 0)
		return -EPERM;
	if (dg_root_stat(tree.root, "etc", true, &st) != -ENOSYS ||
	    dg_root_list(tree.root, "etc", 9, &names, &n) != -ENOSYS)
		return -EIO;
	return dg_root_read(live, "etc/hostname", CAP, &data, &n);
}

/* How a root resolves is decided when it is made; see also test-resolve.c. */
static void test_old_kernel(void **state)
{
	int r = child_run(without_openat2, NULL);

	(void)state;
	if (r == -EPERM) {
		print_message("skipped: not root, or not allowed to do this here\n");
		skip();
	}
	assert_int_equal(r, -ENOSYS);
}

#define SHORT 10
#define LONG  9000

/* Change a file under its readers without end: grow it, and cut it. */
static void file_resize(void *arg, int ready)
{
	int fd = open(arg, O_RDWR);

	if (write(ready, "x", 1) != 1)
		return;
	while (ftruncate(fd, LONG) == 0 && ftruncate(fd, SHORT) == 0)
		;
}

static void test_resized(void **state)
{
	char path[256];
	pid_t pid;
	int i;

	(void)state;
	tree_text(&tree, "moving", "");
	tree_path(&tree, "moving", path);
	pid = child_start(file_resize, path);
	for (i = 0; i < 3000; i++) {
		DG_FREE char *data = NULL;
		size_t n;

		assert_int_equal(dg_root_read(tree.root, "moving", LONG, &data, &n), 0);
		assert_in_range(n, 0, LONG);
		assert_int_equal(data[n], '\0');
	}
	child_stop(pid);
}

/* Replace a file as dpkg does, and move directories about beside it. */
static void file_replace(void *arg, int ready)
{
	static const char *const text[] = {"aaaaaaaa", "bbbb"};
	int i;

	(void)arg;
	if (chdir(tree.dir) < 0 || write(ready, "x", 1) != 1)
		return;
	for (i = 0;; i++) {
		int fd = open("new", O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (write(fd, text[i % 2], strlen(text[i % 2])) < 0)
			return;
		close(fd);
		if (rename("new", "replaced") < 0 ||
		    rename(i % 2 ? "d2" : "d1", i % 2 ? "d1" : "d2") < 0)
			return;
	}
}

static void test_replaced(void **state)
{
	pid_t pid;
	int i;

	(void)state;
	tree_dir(&tree, "d1");
	tree_text(&tree, "replaced", "bbbb");
	pid = child_start(file_replace, NULL);
	for (i = 0; i < 3000; i++) {
		DG_FREE char *data = NULL;
		size_t n;

		assert_int_equal(
			dg_root_read(tree.root, "etc/../etc/../replaced", CAP, &data, &n),
			0);
		assert_true(dg_streq(data, "aaaaaaaa") || dg_streq(data, "bbbb"));
	}
	child_stop(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proc_files),   cmocka_unit_test(test_proc_large),
		cmocka_unit_test(test_sys_file),     cmocka_unit_test(test_locks),
		cmocka_unit_test(test_own_lock),     cmocka_unit_test(test_exe_deleted),
		cmocka_unit_test(test_exe_gone),     cmocka_unit_test(test_exe_in_tree),
		cmocka_unit_test(test_without_proc), cmocka_unit_test(test_planted_proc),
		cmocka_unit_test(test_old_kernel),   cmocka_unit_test(test_resized),
		cmocka_unit_test(test_replaced),
	};

	return cmocka_run_group_tests_name("root-live", tests, setup, teardown);
}
