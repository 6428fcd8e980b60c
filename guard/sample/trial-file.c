/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scratch file: refused where it would do harm or say nothing, and without a name. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/sample/trial-ways.h"

#define ROOM_MIN    (UINT64_C(64) << 20) /* bytes */
#define ROOM_PART   20			 /* 1/20 is 5 % */
#define NAME_TRIES  100
#define FUSE_MAGIC  0x65735546
#define OPEN_FLAGS  (O_RDWR | O_DSYNC | O_CLOEXEC | O_NOFOLLOW)
#define OPEN_MODE   0600
#define FILL_BLOCKS 16 /* in one write */
#define FILE_BLOCKS (DG_TRIAL_FILE_SIZE / DG_TRIAL_BLOCK)

_Static_assert(DG_TRIAL_FILE_SIZE <= DG_TRIAL_SIZE_MAX, "the scratch file is capped");
_Static_assert(FILE_BLOCKS % FILL_BLOCKS == 0, "it is filled in whole writes");

/* No disk is behind these, or not behind the write: a process answers for FUSE, on
 * Proxmox that of /etc/pve, which hands each write on to the whole cluster. */
static const unsigned long refused_types[] = {
	TMPFS_MAGIC,	  RAMFS_MAGIC,	 HUGETLBFS_MAGIC,    FUSE_MAGIC,
	PROC_SUPER_MAGIC, SYSFS_MAGIC,	 CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
	DEBUGFS_MAGIC,	  TRACEFS_MAGIC, SECURITYFS_MAGIC,
};

/* --- where --- */

int dg_trial_room_check(uint64_t blocks, uint64_t available, uint64_t block_size)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(available, block_size, &bytes))
		bytes = UINT64_MAX;
	if (bytes < ROOM_MIN || available < blocks / ROOM_PART + !!(blocks % ROOM_PART))
		return -ENOSPC;
	return 0;
}

static int check_fs(int dir, enum dg_trial_step *ret_step)
{
	struct statfs fs;

	*ret_step = DG_TRIAL_STEP_DIR;
	if (fstatfs(dir, &fs) < 0)
		return -errno;
	*ret_step = DG_TRIAL_STEP_KIND;
	for (size_t i = 0; i < DG_COUNT(refused_types); i++)
		if ((unsigned long)fs.f_type == refused_types[i])
			return -ENOTSUP;
	*ret_step = DG_TRIAL_STEP_READ_ONLY;
	if ((unsigned long)fs.f_flags & ST_RDONLY)
		return -EROFS;
	*ret_step = DG_TRIAL_STEP_ROOM;
	return dg_trial_room_check(fs.f_blocks, fs.f_bavail, (uint64_t)fs.f_frsize);
}

int dg_trial_dir_open(const char *dir, int *ret_fd, enum dg_trial_step *ret_step)
{
	DG_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0) {
		*ret_step = DG_TRIAL_STEP_DIR;
		return -errno;
	}
	r = check_fs(fd, ret_step);
	if (r < 0)
		return r;
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

/* --- the file --- */

/* For file systems without O_TMPFILE: the name goes at once. */
static int open_named(int dir)
{
	char name[64];
	int fd = -1;

	for (int i = 0; i < NAME_TRIES && fd < 0; i++) {
		snprintf(name, sizeof(name), ".driftguard-trial-%d-%d", (int)getpid(), i);
		fd = openat(dir, name, OPEN_FLAGS | O_CREAT | O_EXCL, OPEN_MODE);
		if (fd < 0 && errno != EEXIST)
			return -errno;
	}
	if (fd < 0)
		return -EEXIST;
	unlinkat(dir, name, 0);
	return fd;
}

/* open(2) tells in several ways that a file system or a kernel has no O_TMPFILE. */
static int open_nameless(int dir)
{
	int fd = openat(dir, ".", OPEN_FLAGS | O_TMPFILE, OPEN_MODE);

	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
		return -errno;
	return open_named(dir);
}

static unsigned char *make_data(void)
{
	void *data;
	uint32_t x = 2463534242; /* any that is not 0 */

	if (posix_memalign(&data, DG_TRIAL_BLOCK, FILL_BLOCKS * DG_TRIAL_BLOCK) != 0)
		return NULL;
	/* What neither compresses nor is a hole (xorshift of Marsaglia). */
	for (size_t i = 0; i < FILL_BLOCKS * DG_TRIAL_BLOCK; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		((unsigned char *)data)[i] = (unsigned char)x;
	}
	return data;
}

int dg_trial_file_open(int dir, struct dg_trial_file *ret)
{
	DG_TRIAL_FILE_CLEANUP struct dg_trial_file file = {.fd = open_nameless(dir)};

	if (file.fd < 0)
		return file.fd;
	/* Where it is refused, O_DSYNC alone makes each write wait for the disk. To ask
	 * for it in open(2) would leave the file behind on some that refuse. */
	fcntl(file.fd, F_SETFL, O_DIRECT);
	file.data = make_data();
	if (!file.data)
		return -ENOMEM;
	*ret = file;
	file = DG_TRIAL_FILE_NONE;
	return 0;
}

static int fill_piece(const struct dg_trial_file *file, off_t offset)
{
	const size_t size = FILL_BLOCKS * DG_TRIAL_BLOCK;
	ssize_t n = pwrite(file->fd, file->data, size, offset);

	/* Some take O_DIRECT and then do not write with it, or not in such pieces. */
	if (n < 0 && errno == EINVAL && fcntl(file->fd, F_SETFL, 0) == 0)
		n = pwrite(file->fd, file->data, size, offset);
	return n < 0 ? -errno : n == (ssize_t)size ? 0 : -ENOSPC;
}

int dg_trial_file_fill(const struct dg_trial_file *file)
{
	int r = 0;

	for (off_t at = 0; at < DG_TRIAL_FILE_SIZE && r == 0;
	     at += FILL_BLOCKS * DG_TRIAL_BLOCK)
		r = fill_piece(file, at);
	return r;
}

void dg_trial_file_close(struct dg_trial_file *file)
{
	free(file->data);
	if (file->fd >= 0)
		close(file->fd);
	*file = DG_TRIAL_FILE_NONE;
}

uint64_t dg_trial_file_offset(int64_t i)
{
	return (uint64_t)i % FILE_BLOCKS * DG_TRIAL_BLOCK;
}
