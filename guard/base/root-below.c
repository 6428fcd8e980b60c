/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/base/root-below.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/base/resolve.h"
#include "policy/text.h"

#define PIECE ((size_t)16 * 1024)

void dg_below_close(struct dg_below *below)
{
	dg_closep(&below->fd);
	free(below->path);
	*below = DG_BELOW_NONE;
}

int dg_below_open(const struct dg_root *root, const char *path, struct dg_below *ret)
{
	DG_BELOW_CLEANUP struct dg_below below = DG_BELOW_NONE;
	struct statfs fs;
	int r = dg_root_open(root, path, DG_ROOT_DIR, &below.fd);

	if (r < 0)
		return r;
	if (fstatfs(below.fd, &fs) < 0)
		return -errno;
	below.root = root;
	below.procfs = fs.f_type == PROC_SUPER_MAGIC;
	below.path = strdup(path);
	if (!below.path)
		return -ENOMEM;
	*ret = below;
	below = DG_BELOW_NONE;
	return 0;
}

/* --- resolving --- */

/* -ELOOP: a link stands in the way. */
static int resolve(const struct dg_below *below, const char *name, int flags)
{
	if (below->root && dg_root_is_walked(below->root))
		return dg_walk_beneath(below->fd, name, flags);
	return dg_openat2(below->fd, name, flags,
			  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static char *join(const struct dg_below *below, const char *name)
{
	return dg_format("%s/%s", below->path, name);
}

int dg_below_descend(const struct dg_below *below, const char *name, struct dg_below *ret)
{
	DG_FREE char *path = join(below, name);
	int r = path ? resolve(below, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK)
		     : -ENOMEM;

	if (r == -ELOOP)
		return dg_below_open(below->root, path, ret);
	if (r < 0)
		return r;
	*ret = (struct dg_below){.root = below->root,
				 .path = DG_STEAL(path),
				 .fd = r,
				 .procfs = below->procfs};
	return 0;
}

/* Look at what it is before it is opened, and whether it still is after that. */
static int open_looked_at(const struct dg_below *below, const char *name, int *ret_fd)
{
	DG_CLOSE int path_fd = resolve(below, name, O_PATH);
	DG_CLOSE int fd = -1;
	struct stat before, after;

	if (path_fd < 0)
		return path_fd;
	if (fstat(path_fd, &before) < 0)
		return -errno;
	if (!S_ISREG(before.st_mode))
		return S_ISDIR(before.st_mode) ? -EISDIR : -ENOTSUP;
	fd = resolve(below, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	if (fstat(fd, &after) < 0)
		return -errno;
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return -ESTALE;
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

static int open_file(const struct dg_below *below, const char *name, int *ret_fd)
{
	int r;

	if (below->procfs) {
		r = resolve(below, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
		if (r >= 0) {
			*ret_fd = r;
			return 0;
		}
	} else {
		r = open_looked_at(below, name, ret_fd);
	}
	if (r == -ELOOP || r == -ESTALE) {
		DG_FREE char *path = join(below, name);

		r = path ? dg_root_open(below->root, path, DG_ROOT_FILE, ret_fd)
			 : -ENOMEM;
	}
	return r;
}

/* --- reading --- */

static ssize_t read_once(int fd, char *buf, size_t room)
{
	ssize_t n;

	do
		n = read(fd, buf, room);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int dg_below_read_small(const struct dg_below *below, const char *name, char *buf,
			size_t room, size_t *ret_size)
{
	DG_CLOSE int fd = -1;
	size_t used = 0;
	int r = open_file(below, name, &fd);

	while (r == 0) {
		ssize_t n = read_once(fd, buf + used, room - used);

		if (n < 0)
			return (int)n;
		used += (size_t)n;
		if (used == room)
			return -EFBIG;
		/* Such files of a procfs come whole, and in one piece. */
		if (n == 0 || below->procfs)
			break;
	}
	if (r == 0)
		*ret_size = used;
	return r;
}

/* To the end of the file, which is not known before. */
static int read_all(int fd, size_t cap, char **data, size_t *ret_size)
{
	size_t room = 0, used = 0;

	for (;;) {
		ssize_t n;

		if (room - used < PIECE / 2) {
			char *more = realloc(*data, (room ? room * 2 : PIECE) + 1);

			if (!more)
				return -ENOMEM;
			*data = more;
			room = room ? room * 2 : PIECE;
		}
		n = read_once(fd, *data + used, room - used);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > cap)
			return -EFBIG;
	}
	*ret_size = used;
	return 0;
}

int dg_below_read(const struct dg_below *below, const char *name, size_t cap,
		  char **ret_data, size_t *ret_size)
{
	DG_CLOSE int fd = -1;
	DG_FREE char *data = NULL;
	char *exact;
	size_t size = 0;
	int r = open_file(below, name, &fd);

	if (r == 0)
		r = read_all(fd, cap, &data, &size);
	if (r < 0)
		return r;
	/* In an allocation as long as itself: an overrun shall be one. */
	exact = realloc(data, size + 1);
	if (!exact)
		return -ENOMEM;
	data = NULL;
	exact[size] = '\0';
	*ret_data = exact;
	*ret_size = size;
	return 0;
}

int dg_below_list(const struct dg_below *below, size_t cap, char ***ret_names,
		  size_t *ret_n)
{
	/* A descriptor of its own: reading names moves its position. */
	DG_CLOSE int fd = resolve(below, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK);

	return fd < 0 ? fd : dg_fd_list(&fd, cap, ret_names, ret_n);
}

/* --- links --- */

int dg_below_readlink(const struct dg_below *below, const char *name, char **ret)
{
	if (!below->procfs) {
		DG_FREE char *path = join(below, name);

		return path ? dg_root_readlink(below->root, path, ret) : -ENOMEM;
	}
	return dg_fd_readlink(below->fd, name, ret);
}

int dg_below_stat_exe(const struct dg_below *below, struct stat *ret)
{
	DG_FREE char *path = NULL;

	/* Only of the running system does a magic link lead to what it says. */
	if (below->procfs && dg_root_is_live(below->root))
		return fstatat(below->fd, "exe", ret, 0) < 0 ? -errno : 0;
	path = join(below, "exe");
	return path ? dg_root_stat(below->root, path, true, ret) : -ENOMEM;
}
