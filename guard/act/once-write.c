/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing what boot loaders read at the next boot, and then clear themselves. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard/act/once.h"
#include "guard/base/cleanup.h"
#include "guard/base/write.h"
#include "guard/collect/collect.h"
#include "guard/parse/efivar.h"
#include "guard/parse/grubenv.h"
#include "policy/text.h"

#define VARIABLES "/sys/firmware/efi/efivars"
/* Of systemd's Boot Loader Interface. */
#define VARIABLE "LoaderEntryOneShot-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define GRUBENV	 "/boot/grub/grubenv"
#define ENV_MAX	 ((size_t)64 * 1024)

static int fail(int r, const char *path, const char *doing, char **ret_why)
{
	*ret_why = dg_format("cannot %s %s: %s", doing, path,
			     r == -EROFS ? "it is mounted read-only" : dg_errno_words(r));
	return r;
}

/* --- the EFI variable --- */

/* The folder of the variables; of the running system only if it is one. */
static int open_variables(const struct dg_root *root, bool *ret_is_efivarfs, int *ret_fd,
			  char **ret_why)
{
	DG_CLOSE int fd = -1;
	struct statfs fs;
	int r = dg_root_open(root, VARIABLES, DG_ROOT_DIR, &fd);

	if (r == 0 && fstatfs(fd, &fs) < 0)
		r = -errno;
	if (r < 0)
		return fail(r, VARIABLES, "open", ret_why);
	*ret_is_efivarfs = fs.f_type == EFIVARFS_MAGIC;
	if (dg_root_is_live(root) && !*ret_is_efivarfs) {
		*ret_why = dg_format("%s is no efivarfs: nothing of EFI is mounted there",
				     VARIABLES);
		return -ENODEV;
	}
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

/* efivarfs makes variables immutable, so that rm -r does not brick a machine (Linux,
 * Documentation/filesystems/efivarfs.rst). File systems that know no such flag have
 * nothing to be taken off. 1: it was set, and is not any more; 0: it was not set. */
static int make_mutable(int dir)
{
	DG_CLOSE int fd =
		openat(dir, VARIABLE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int flags;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_IMMUTABLE_FL))
		return 0;
	flags &= ~FS_IMMUTABLE_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? -errno : 1;
}

static void make_immutable(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

/* One write is one call of the firmware: attributes and data, whole or not at all. */
static int put_data(int fd, const void *data, size_t size, bool is_efivarfs)
{
	ssize_t n = write(fd, data, size);

	if (n != (ssize_t)size)
		return n < 0 ? -errno : -EIO;
	/* Of a variable the length is set by writing it, of a file it is not. */
	if (!is_efivarfs && (ftruncate(fd, (off_t)size) < 0 || fsync(fd) < 0))
		return -errno;
	return 0;
}

static int put_variable(int dir, const void *data, size_t size, bool is_efivarfs)
{
	DG_CLOSE int fd = -1;
	int cleared = make_mutable(dir), r;

	if (cleared < 0)
		return cleared;
	fd = openat(dir, VARIABLE,
		    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = put_data(fd, data, size, is_efivarfs);
	if (cleared > 0)
		make_immutable(fd);
	return r;
}

static int remove_variable(int dir)
{
	int r = make_mutable(dir);

	if (r >= 0)
		r = unlinkat(dir, VARIABLE, 0) < 0 && errno != ENOENT ? -errno : 0;
	return r;
}

static int write_variable(const struct dg_root *root, const char *entry, char **ret_why)
{
	DG_FREE void *data = NULL;
	DG_CLOSE int dir = -1;
	bool is_efivarfs;
	size_t size;
	int r = open_variables(root, &is_efivarfs, &dir, ret_why);

	if (r < 0)
		return r;
	if (!entry) {
		r = remove_variable(dir);
		return r < 0 ? fail(r, VARIABLES "/" VARIABLE, "remove", ret_why) : 0;
	}
	r = dg_efivar_make(entry, DG_EFIVAR_LASTING, &data, &size);
	if (r == 0)
		r = put_variable(dir, data, size, is_efivarfs);
	return r < 0 ? fail(r, VARIABLES "/" VARIABLE, "write", ret_why) : 0;
}

/* --- grubenv --- */

/* Somewhere else GRUB may not find it, and a link would be replaced by a file. */
static int check_grubenv(const struct dg_root *root, mode_t *ret_mode)
{
	struct stat st;
	int r = dg_root_stat(root, GRUBENV, false, &st);

	if (r == 0 && !S_ISREG(st.st_mode))
		r = -ENOTSUP;
	if (r == 0)
		*ret_mode = st.st_mode & 0777;
	return r;
}

static int write_grubenv(const struct dg_root *root, const char *entry, char **ret_why)
{
	static const struct dg_folder folder = {
		.base = "/boot", .below = "grub", .others = true};
	DG_FREE char *data = NULL, *changed = NULL;
	mode_t mode = 0644;
	size_t size;
	int r = check_grubenv(root, &mode);

	if (r == 0)
		r = dg_root_read(root, GRUBENV, ENV_MAX, &data, &size);
	if (r == 0)
		r = dg_grubenv_set(data, size, "next_entry", entry, &changed, NULL);
	if (r == -ENOSPC) {
		*ret_why = dg_format("%s has no room for next_entry", GRUBENV);
		return r;
	}
	if (r < 0)
		return fail(r, GRUBENV, "change", ret_why);
	return dg_root_write(root, &folder, "grubenv", changed, size, mode, ret_why);
}

int dg_once_write(const struct dg_root *root, enum dg_once_way way, const char *entry,
		  char **ret_why)
{
	switch (way) {
	case DG_ONCE_EFI:
		return write_variable(root, entry, ret_why);
	case DG_ONCE_GRUBENV:
		return write_grubenv(root, entry, ret_why);
	case DG_ONCE_NONE:
		break;
	}
	*ret_why = dg_format("there is no way to boot a kernel once here");
	return -ENOTSUP;
}
