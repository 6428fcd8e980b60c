/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths, name by name. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/base/resolve.h"
#include "guard/base/root.h"
#include "policy/text.h"

#define LINKS_MAX	40 /* as the kernel has it (MAXSYMLINKS) */
#define PROC_TOP	1  /* the inode of a procfs's top directory, on all kernels */
#define APPARMOR_MAGIC	0x5a3c69f0
#define MOUNT_NO_FOLLOW 0x2000 /* in f_flags: mounted with "nosymfollow" */

/* One name, never through a link. */
static int open_name(int at, const char *name, int flags)
{
	int fd;

	do
		fd = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Cut the first name off a path, which is then what stands behind that; "" at its end. */
static int next_name(const char **path, char ret_name[NAME_MAX + 1])
{
	const char *name = *path + strspn(*path, "/");
	size_t n = strcspn(name, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(ret_name, name, n);
	ret_name[n] = '\0';
	*path = name + n;
	return 0;
}

struct walk {
	int root;
	int own;	  /* the directory that it stands in; -1: the root */
	char *text;	  /* the path, or a link's target and what is behind the link */
	const char *rest; /* of the text: what is still to be walked */
	int links;
};

static int stands_in(const struct walk *w)
{
	return w->own >= 0 ? w->own : w->root;
}

static void move_to(struct walk *w, int fd)
{
	dg_closep(&w->own);
	w->own = fd;
}

static void walk_end(struct walk *w)
{
	dg_closep(&w->own);
	free(w->text);
}

static bool may_be_magic(const struct statfs *fs, const struct stat *link,
			 const struct stat *dir)
{
	switch (fs->f_type) {
	case PROC_SUPER_MAGIC:
		return dir->st_ino != PROC_TOP || dir->st_dev != link->st_dev;
	case SECURITYFS_MAGIC:
	case APPARMOR_MAGIC:
		return true;
	default:
		return false;
	}
}

/* In a directory like /tmp: who made it is neither the reader nor the directory's owner.
 */
static bool is_strangers(const struct stat *link, const struct stat *dir)
{
	return (dir->st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) &&
	       link->st_uid != geteuid() && link->st_uid != dir->st_uid;
}

/* What it says, if it may be followed. In the kernel's order: what may not be read of
 * others' processes is -EACCES, and magic only after that. */
static int read_link(int dir_fd, int link_fd, char **ret)
{
	DG_FREE char *target = NULL;
	struct stat dir, link;
	struct statfs fs;
	int r;

	if (fstat(dir_fd, &dir) < 0 || fstat(link_fd, &link) < 0 ||
	    fstatfs(link_fd, &fs) < 0)
		return -errno;
	if (fs.f_flags & MOUNT_NO_FOLLOW)
		return -ELOOP;
	if (is_strangers(&link, &dir))
		return -EACCES;
	r = dg_fd_readlink(link_fd, "", &target);
	if (r == 0 && may_be_magic(&fs, &link, &dir))
		r = -ELOOP;
	if (r == 0)
		*ret = DG_STEAL(target);
	return r;
}

/* Go on with what a link says. */
static int walk_link(struct walk *w, int link_fd)
{
	DG_FREE char *target = NULL;
	char *text;
	int r = w->links++ < LINKS_MAX ? read_link(stands_in(w), link_fd, &target)
				       : -ELOOP;

	if (r < 0)
		return r;
	text = dg_format("%s%s", target, w->rest);
	if (!text)
		return -ENOMEM;
	free(w->text);
	w->text = text;
	w->rest = text;
	if (*target == '/')
		move_to(w, -1);
	return 0;
}

/* Into a directory, or to what a link there says. The kernel mounts what is mounted on
 * demand only where it is told that a directory is wanted. */
static int walk_through(struct walk *w, const char *name)
{
	DG_CLOSE int fd = open_name(stands_in(w), name, O_PATH | O_DIRECTORY);
	struct stat st = {.st_mode = S_IFDIR};

	if (fd == -ENOTDIR) {
		fd = open_name(stands_in(w), name, O_PATH);
		if (fd >= 0 && fstat(fd, &st) < 0)
			return -errno;
	}
	if (fd < 0)
		return fd;
	if (S_ISLNK(st.st_mode))
		return walk_link(w, fd);
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	move_to(w, dg_steal_fd(&fd));
	return 0;
}

/* Open the last name: 1 where that is done, 0 where it is a link to be followed. */
static int walk_to(struct walk *w, const char *name, int flags, int *ret_fd)
{
	DG_CLOSE int fd = open_name(stands_in(w), name, O_PATH);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode) && !(flags & O_NOFOLLOW))
		return walk_link(w, fd);
	if (!(flags & O_PATH)) {
		int again = open_name(stands_in(w), name, flags);

		if (again < 0) /* -ELOOP: a link since a moment ago */
			return again == -ELOOP ? -ESTALE : again;
		close(fd);
		fd = again;
	}
	*ret_fd = dg_steal_fd(&fd);
	return 1;
}

int dg_walk(int root, const char *path, int flags)
{
	DG_CLEANUP(walk_end)
	struct walk w = {.root = root, .own = -1, .text = strdup(path)};
	char name[NAME_MAX + 1];
	int fd = -1, r = *path ? 0 : -ENOENT;

	if (!w.text)
		return -ENOMEM;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	w.rest = w.text;
	while (r == 0) {
		r = next_name(&w.rest, name);
		if (r == 0 && *w.rest)
			r = walk_through(&w, name);
		else if (r == 0)
			r = walk_to(&w, *name ? name : ".", flags, &fd);
	}
	return r < 0 ? r : fd;
}

/* --- beneath --- */

/* As open_name(), but a link is -ELOOP whatever else was asked for. */
static int open_no_link(int at, const char *name, int flags)
{
	DG_CLOSE int fd = open_name(at, name, flags);
	struct stat st;

	if (fd == -ENOTDIR)
		return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
				       S_ISLNK(st.st_mode)
			       ? -ELOOP
			       : -ENOTDIR;
	if (fd >= 0 && flags & O_PATH) {
		if (fstat(fd, &st) < 0)
			return -errno;
		if (S_ISLNK(st.st_mode))
			return -ELOOP;
	}
	return dg_steal_fd(&fd);
}

static bool is_odd(const char *name)
{
	return !*name || dg_streq(name, ".") || dg_streq(name, "..");
}

int dg_walk_beneath(int dir, const char *name, int flags)
{
	DG_CLOSE int fd = -1;
	char piece[NAME_MAX + 1];
	int r = *name == '/' ? -EXDEV : 0;

	if (dg_streq(name, "."))
		return open_name(dir, name, flags);
	while (r == 0) {
		int next;

		r = next_name(&name, piece);
		if (r == 0 && is_odd(piece))
			r = -EXDEV;
		if (r < 0)
			break;
		next = open_no_link(fd >= 0 ? fd : dir, piece,
				    *name ? O_PATH | O_DIRECTORY : flags);
		if (next < 0 || !*name)
			return next;
		dg_closep(&fd);
		fd = next;
	}
	return r;
}
