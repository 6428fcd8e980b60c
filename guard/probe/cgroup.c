/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/probe/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/parse/mountinfo.h"
#include "guard/parse/proc-cgroup.h"
#include "guard/parse/span.h"
#include "policy/text.h"

#define PREFIX	      "driftguard-probe-"
#define MOUNTINFO_CAP ((size_t)16 * 1024 * 1024)
#define CGROUP_CAP    ((size_t)64 * 1024)
#define REMOVE_TRIES  100 /* of a millisecond each */

/* --- where this process is --- */

static int read_path(const struct dg_root *root, const char *file, char **ret)
{
	DG_FREE char *data = NULL;
	struct dg_span path;
	size_t size;
	int r = dg_root_read(root, file, CGROUP_CAP, &data, &size);

	r = r < 0 ? r : dg_proc_cgroup_parse(data, size, &path);
	if (r < 0)
		return r;
	*ret = dg_span_dup(path);
	return *ret ? 0 : -ENOMEM;
}

/* The part of `path` below a mount whose root is `top`; NULL: the mount does not show it
 * (a cgroup outside of the mount's, or of this process's namespace). */
static const char *path_below(const char *path, const char *top)
{
	const char *rest = dg_streq(top, "/") ? path : dg_after(path, top);

	if (!rest || (*rest && *rest != '/') || strstr(rest, "/.."))
		return NULL;
	return rest;
}

static int open_below(const struct dg_root *root, const struct dg_mount *mount,
		      const char *below, int *ret_fd)
{
	DG_FREE char *path = dg_format("%s/%s", mount->point, below);
	DG_CLOSE int fd = -1;
	struct statfs fs;
	int r = path ? dg_root_open(root, path, DG_ROOT_DIR, &fd) : -ENOMEM;

	if (r < 0)
		return r;
	/* Another mount may cover this one. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOENT;
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

static int open_mounted(const struct dg_root *root, const struct dg_mountinfo *info,
			const char *path, int *ret_fd)
{
	int r = -ENOENT;

	for (size_t i = info->n_mounts; i-- > 0 && r < 0;) {
		const struct dg_mount *mount = &info->mounts[i];
		const char *below = dg_streq(mount->fs_type, "cgroup2")
					    ? path_below(path, mount->root)
					    : NULL;

		if (below)
			r = open_below(root, mount, below, ret_fd);
	}
	return r;
}

int dg_cgroup_open_own(const struct dg_root *root, int *ret_fd)
{
	DG_CLEANUP(dg_mountinfo_clear) struct dg_mountinfo info = {0};
	DG_FREE char *path = NULL, *data = NULL;
	size_t size;
	int r = read_path(root, "proc/self/cgroup", &path);

	if (r == 0)
		r = dg_root_read(root, "proc/self/mountinfo", MOUNTINFO_CAP, &data,
				 &size);
	if (r == 0)
		r = dg_mountinfo_parse(data, size, &info, NULL);
	return r < 0 ? r : open_mounted(root, &info, path, ret_fd);
}

int dg_cgroup_path(const struct dg_root *root, int64_t pid, char **ret)
{
	char file[64];

	snprintf(file, sizeof(file), "proc/%lld/cgroup", (long long)pid);
	return read_path(root, file, ret);
}

int dg_cgroup_mount(const struct dg_root *root, char **ret)
{
	DG_CLEANUP(dg_mountinfo_clear) struct dg_mountinfo info = {0};
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_root_read(root, "proc/self/mountinfo", MOUNTINFO_CAP, &data, &size);

	if (r == 0)
		r = dg_mountinfo_parse(data, size, &info, NULL);
	if (r < 0)
		return r;
	for (size_t i = info.n_mounts; i-- > 0;) {
		const struct dg_mount *mount = &info.mounts[i];

		if (!dg_streq(mount->fs_type, "cgroup2") || !dg_streq(mount->root, "/"))
			continue;
		*ret = strdup(mount->point);
		return *ret ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

/* --- a cgroup below it --- */

void dg_cgroup_name(pid_t owner, char ret_name[static DG_CGROUP_NAME_SIZE])
{
	snprintf(ret_name, DG_CGROUP_NAME_SIZE, PREFIX "%d", (int)owner);
}

int dg_cgroup_make(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) == 0)
		return 0;
	if (errno != EEXIST || unlinkat(parent, name, AT_REMOVEDIR) < 0)
		return -errno;
	return mkdirat(parent, name, 0755) < 0 ? -errno : 0;
}

int dg_cgroup_enter(int parent, const char *name)
{
	char path[DG_CGROUP_NAME_SIZE + sizeof("/cgroup.procs")];
	DG_CLOSE int fd = -1;

	snprintf(path, sizeof(path), "%s/cgroup.procs", name);
	fd = openat(parent, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	return write(fd, "0", 1) == 1 ? 0 : -errno; /* 0: whoever writes */
}

int dg_cgroup_remove(int parent, const char *name)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	int r = 0;

	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		r = -errno;
		if (r != -EBUSY)
			break;
		nanosleep(&moment, NULL);
	}
	return r;
}

/* Whether `name` is that of a probe's cgroup whose owner does not live. */
static bool is_left_behind(const char *name)
{
	const char *digits = dg_after(name, PREFIX);
	uint64_t pid;

	if (!digits || dg_parse_u64(dg_span_str(digits), &pid) < 0 || pid == 0 ||
	    pid > INT32_MAX)
		return false;
	return kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void dg_cgroup_sweep(int parent)
{
	DG_CLOSE int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DG_CLOSEDIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		return;
	fd = -1; /* the stream's now */
	while ((entry = readdir(dir)))
		if (is_left_behind(entry->d_name))
			unlinkat(parent, entry->d_name, AT_REMOVEDIR);
}
