/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root handle: what is read from the files and directories that it opens. */
#include "guard/base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard/base/cleanup.h"

/* The first piece of a file that does not state a size; those of /sys hold a page at
 * most. */
#define PIECE_MIN 4096

struct buffer {
	char *p;
	size_t used, room; /* room: without the byte for the NUL */
};

static void buffer_clean(struct buffer *b)
{
	free(b->p);
}

static int buffer_resize(struct buffer *b, size_t room)
{
	char *p = realloc(b->p, room + 1);

	if (!p)
		return -ENOMEM;
	b->p = p;
	b->room = room;
	return 0;
}

/* Give the data away in an allocation as long as itself: an overrun shall be one. */
static int buffer_finish(struct buffer *b, char **ret_data, size_t *ret_size)
{
	int r = b->p && b->room == b->used ? 0 : buffer_resize(b, b->used);

	if (r < 0)
		return r;
	b->p[b->used] = '\0';
	*ret_data = DG_STEAL(b->p);
	*ret_size = b->used;
	return 0;
}

/* read(2) into what room there is. Bytes read, 0 at the end of the file. */
static ssize_t buffer_fill(struct buffer *b, int fd)
{
	ssize_t n;

	do
		n = read(fd, b->p + b->used, b->room - b->used);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		b->used += (size_t)n;
	return n < 0 ? -errno : n;
}

/*
 * How much room to begin with: for all of it and one byte, so that the end shows without
 * another piece. The size is a hint: it may be 0, a lie, or out of date in a moment.
 */
static size_t piece_first(int fd, size_t limit)
{
	struct stat st;
	size_t room = PIECE_MIN;

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		room = (uint64_t)st.st_size < limit ? (size_t)st.st_size + 1 : limit;
	return room < limit ? room : limit;
}

/* Read to the end; at most `limit` bytes, one more than the caller wants to have. */
static int buffer_read_all(struct buffer *b, int fd, size_t limit)
{
	int r = buffer_resize(b, piece_first(fd, limit));

	while (r == 0) {
		ssize_t n = buffer_fill(b, fd);

		if (n <= 0)
			return (int)n;
		if (b->used == limit)
			return -EFBIG;
		if (b->used == b->room)
			r = buffer_resize(b, b->room < limit / 2 ? b->room * 2 : limit);
	}
	return r;
}

int dg_root_read(const struct dg_root *root, const char *path, size_t cap,
		 char **ret_data, size_t *ret_size)
{
	DG_CLOSE int fd = -1;
	DG_CLEANUP(buffer_clean) struct buffer b = {0};
	size_t limit = (cap < SIZE_MAX / 2 ? cap : SIZE_MAX / 2) + 1;
	int r = dg_root_open(root, path, DG_ROOT_FILE, &fd);

	if (r == 0)
		r = buffer_read_all(&b, fd, limit);
	return r < 0 ? r : buffer_finish(&b, ret_data, ret_size);
}

int dg_fd_read_at(int fd, uint64_t offset, void *buf, size_t len, size_t *ret_size)
{
	size_t done = 0;

	if (offset > INT64_MAX || len > INT64_MAX - offset)
		return -EINVAL;
	while (done < len) {
		ssize_t n =
			pread(fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_size = done;
	return 0;
}

int dg_root_read_head(const struct dg_root *root, const char *path, unsigned int kinds,
		      uint64_t offset, size_t len, char **ret_data, size_t *ret_size)
{
	DG_CLOSE int fd = -1;
	DG_CLEANUP(buffer_clean) struct buffer b = {0};
	int r = len < SIZE_MAX / 2 ? dg_root_open(root, path, kinds, &fd) : -EINVAL;

	if (r == 0)
		r = buffer_resize(&b, len);
	if (r == 0)
		r = dg_fd_read_at(fd, offset, b.p, len, &b.used);
	return r < 0 ? r : buffer_finish(&b, ret_data, ret_size);
}

int dg_root_lock_owner(const struct dg_root *root, const char *path, int64_t *ret)
{
	DG_CLOSE int fd = -1;
	/*
	 * Asking for a write lock meets read locks too, and needs no writable descriptor.
	 * The OFD form meets every lock, also one of this process; it wants l_pid to be
	 * 0.
	 */
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int r = dg_root_open(root, path, DG_ROOT_FILE, &fd);

	if (r < 0)
		return r;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -errno;
	/* -1: of an open file; 0: of a process that this one cannot see. */
	if (lock.l_type == F_UNLCK)
		*ret = 0;
	else
		*ret = lock.l_pid > 0 ? lock.l_pid : -1;
	return 0;
}

int dg_root_locked(const struct dg_root *root, const char *path, bool *ret)
{
	int64_t owner;
	int r = dg_root_lock_owner(root, path, &owner);

	if (r == 0)
		*ret = owner != 0;
	return r;
}

/* The magic link of a process, on a procfs only. */
static int live_proc_exe(const struct dg_root *root, const char *proc, int *ret_fd)
{
	DG_CLOSE int dir = -1;
	DG_CLOSE int fd = -1;
	struct statfs fs;
	struct stat st;
	int r = dg_root_open(root, proc, DG_ROOT_DIR, &dir);

	if (r < 0)
		return r;
	if (fstatfs(dir, &fs) < 0)
		return -errno;
	if (fs.f_type != PROC_SUPER_MAGIC)
		return -ENODEV;
	fd = openat(dir, "exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

int dg_root_proc_exe(const struct dg_root *root, pid_t pid, int *ret_fd)
{
	char path[sizeof("proc//exe") + 3 * sizeof(pid)];

	if (pid <= 0)
		return -EINVAL;
	if (dg_root_is_live(root)) {
		snprintf(path, sizeof(path), "proc/%d", (int)pid);
		return live_proc_exe(root, path, ret_fd);
	}
	snprintf(path, sizeof(path), "proc/%d/exe", (int)pid);
	return dg_root_open(root, path, DG_ROOT_FILE, ret_fd);
}
