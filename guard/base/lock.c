/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "guard/base/cleanup.h"
#include "policy/text.h"

#define TICK_MS 20

static int fail(const struct dg_folder *folder, const char *name, int r, char **ret_why)
{
	const char *words = strerrordesc_np(-r);

	*ret_why = dg_format("cannot lock %s%s%s/%s: %s", folder->base,
			     *folder->below ? "/" : "", folder->below, name,
			     words ? words : "unknown error");
	return r;
}

int dg_lock_open(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, mode_t mode, int *ret_fd, char **ret_why)
{
	DG_CLOSE int dir = -1;
	DG_CLOSE int fd = -1;
	struct stat st;
	int r = dg_root_folder(root, folder, name, &dir, ret_why);

	if (r < 0)
		return r;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		    mode);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(folder, name, -errno, ret_why);
	if (!S_ISREG(st.st_mode))
		return fail(folder, name, -ENOTSUP, ret_why);
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

/* fcntl(2) can wait by itself, but only for ever. */
static int wait_for(int fd, int limit_ms)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};

	for (int waited = 0;; waited += TICK_MS) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

		if (fcntl(fd, F_SETLK, &lock) == 0)
			return 0;
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (waited >= limit_ms)
			return -EBUSY;
		nanosleep(&tick, NULL);
	}
}

int dg_lock_take(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, int limit_ms, int *ret_fd, char **ret_why)
{
	DG_CLOSE int fd = -1;
	int r = dg_lock_open(root, folder, name, 0600, &fd, ret_why);

	if (r < 0)
		return r;
	r = wait_for(fd, limit_ms);
	if (r < 0)
		return r == -EBUSY ? r : fail(folder, name, r, ret_why);
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}
