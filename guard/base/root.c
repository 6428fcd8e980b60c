/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root handle: resolving paths, and opening what they lead to. */
#include "guard/base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/base/resolve.h"

/* How often to try again: files are replaced while we look at them. */
#define RETRIES 32

struct dg_root {
	int fd; /* O_PATH */
	bool live;
	bool walked; /* instead of openat2(2), which is not to be had */
	char *dir;
};

static bool stat_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

void dg_root_free(struct dg_root *root)
{
	if (!root)
		return;
	dg_closep(&root->fd);
	free(root->dir);
	free(root);
}

/*
 * Whether paths of a root have to be walked: it is the process's own "/" (not a directory
 * that is the same and lies elsewhere too), and openat2(2) is not to be had.
 */
static bool root_needs_walk(int fd, const char *dir)
{
	DG_CLOSE int probe = -1;

	if (!*dir || dir[strspn(dir, "/")])
		return false;
	probe = dg_openat2(fd, ".", O_PATH, RESOLVE_IN_ROOT);
	return probe == -ENOSYS;
}

int dg_root_new(const char *dir, struct dg_root **ret)
{
	DG_ROOT_CLEANUP struct dg_root *root = calloc(1, sizeof(*root));
	struct stat st, slash;

	if (!root)
		return -ENOMEM;
	root->fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->fd < 0 || fstat(root->fd, &st) < 0 || stat("/", &slash) < 0)
		return -errno;
	root->live = stat_same(&st, &slash);
	root->walked = root_needs_walk(root->fd, dir);
	root->dir = strdup(dir);
	if (!root->dir)
		return -ENOMEM;
	*ret = DG_STEAL(root);
	return 0;
}

int dg_root_fd(const struct dg_root *root)
{
	return root->fd;
}

bool dg_root_is_live(const struct dg_root *root)
{
	return root->live;
}

const char *dg_root_dir(const struct dg_root *root)
{
	return root->dir;
}

bool dg_root_is_walked(const struct dg_root *root)
{
	return root->walked;
}

/* From the root's descriptor: a new descriptor, or a negative errno. */
static int root_resolve(const struct dg_root *root, const char *path, int flags)
{
	if (root->walked)
		return dg_walk(root->fd, path, flags);
	/* IN_ROOT implies NO_MAGICLINKS today; openat2(2) asks to say so all the same. */
	return dg_openat2(root->fd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* As root_resolve() without opening the thing itself, and look at what it is. */
static int root_find(const struct dg_root *root, const char *path, int flags, int *ret_fd,
		     struct stat *ret_st)
{
	DG_CLOSE int fd = root_resolve(root, path, O_PATH | flags);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_fd = dg_steal_fd(&fd);
	*ret_st = st;
	return 0;
}

static int kind_verify(mode_t mode, unsigned int kinds)
{
	static const struct {
		mode_t type;
		unsigned int kind;
	} table[] = {
		{.type = S_IFREG, .kind = DG_ROOT_FILE},
		{.type = S_IFBLK, .kind = DG_ROOT_BLOCK},
		{.type = S_IFDIR, .kind = DG_ROOT_DIR},
	};
	size_t i;

	for (i = 0; i < DG_COUNT(table); i++)
		if ((mode & S_IFMT) == table[i].type && (kinds & table[i].kind))
			return 0;
	if (S_ISDIR(mode))
		return -EISDIR;
	return kinds == DG_ROOT_DIR ? -ENOTDIR : -ENOTSUP;
}

/* Open what an O_PATH descriptor stands for, whatever its path leads to by now. */
static int fd_reopen(int path_fd)
{
	char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	do
		fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static int fd_verify(int fd, const struct stat *expected)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return stat_same(&st, expected) ? 0 : -ESTALE;
}

static int open_once(const struct dg_root *root, const char *path, unsigned int kinds,
		     int *ret_fd)
{
	DG_CLOSE int path_fd = -1;
	DG_CLOSE int fd = -1;
	struct stat st;
	int r = root_find(root, path, 0, &path_fd, &st);

	if (r == 0)
		r = kind_verify(st.st_mode, kinds);
	if (r < 0)
		return r;
	fd = fd_reopen(path_fd);
	/* No /proc here: open the path once more, and see whether it is still the same.
	 */
	if (fd == -ENOENT)
		fd = root_resolve(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	/* In a chroot, what calls itself /proc/self/fd might be anything. */
	r = fd_verify(fd, &st);
	if (r < 0)
		return r;
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

int dg_root_open(const struct dg_root *root, const char *path, unsigned int kinds,
		 int *ret_fd)
{
	int i, r = -ESTALE;

	for (i = 0; i < RETRIES && r == -ESTALE; i++)
		r = open_once(root, path, kinds, ret_fd);
	return r;
}

int dg_root_stat(const struct dg_root *root, const char *path, bool follow,
		 struct stat *ret)
{
	DG_CLOSE int fd = -1;

	return root_find(root, path, follow ? 0 : O_NOFOLLOW, &fd, ret);
}

int dg_fd_readlink(int fd, const char *name, char **ret)
{
	char target[PATH_MAX + 1], *copy;
	ssize_t n = readlinkat(fd, name, target, sizeof(target));

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	target[n] = '\0';
	copy = strdup(target);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int dg_root_readlink(const struct dg_root *root, const char *path, char **ret)
{
	DG_CLOSE int fd = -1;
	struct stat st;
	int r = root_find(root, path, O_NOFOLLOW, &fd, &st);

	if (r < 0)
		return r;
	if (!S_ISLNK(st.st_mode))
		return -EINVAL;
	return dg_fd_readlink(fd, "", ret);
}
