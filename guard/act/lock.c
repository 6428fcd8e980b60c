/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/act/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "guard/base/cleanup.h"
#include "guard/base/lock.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

static const struct dg_folder dpkg = {.base = "/var/lib/dpkg", .below = ""};

int dg_act_lock(const struct dg_root *root, int *ret_fd, char **ret_why)
{
	DG_CLOSE int fd = -1;
	int r = dg_lock_open(root, &dg_run_folder, "act.lock", 0600, &fd, ret_why);

	if (r < 0)
		return r;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
		*ret_why = r == -EBUSY
				   ? dg_format("another run of driftguard, or a command "
					       "that it left, is changing the boot "
					       "configuration; try again when it is "
					       "through")
				   : dg_format("cannot lock /run/driftguard/act.lock: %s",
					       dg_errno_words(r));
		return r;
	}
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

int dg_dpkg_lock(const struct dg_root *root, int *ret_fd, char **ret_why)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	DG_CLOSE int fd = -1;
	int r = dg_lock_open(root, &dpkg, "lock-frontend", 0640, &fd, ret_why);

	if (r < 0)
		return r;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		r = errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
		*ret_why = r == -EBUSY
				   ? dg_format("packages are being changed (dpkg's lock "
					       "is held); try again when that is over")
				   : dg_format("cannot lock /var/lib/dpkg/"
					       "lock-frontend: %s",
					       dg_errno_words(r));
		return r;
	}
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}
