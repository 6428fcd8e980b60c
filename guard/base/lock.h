/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are there to be locked. */
#pragma once

#include "guard/base/write.h"

/*
 * Open the lock `name` of the folder, a regular file, made with `mode` where it is not
 * there. Whoever may read a lock may also hold it, and keep others from it: what is ours
 * is for its owner alone (0600). Errors as in write.h; *ret_fd is close-on-exec.
 */
int dg_lock_open(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, mode_t mode, int *ret_fd, char **ret_why);

/*
 * Lock that file for this process, waiting up to `limit_ms`; *ret_fd, closed, gives it
 * back. No child inherits the lock (fcntl(2), F_SETLK): one that is left behind because
 * it hangs in a read for good keeps nobody waiting. So a process may open such a file
 * once only: closing any descriptor of it gives the lock back. -EBUSY: another one has it
 * still (*ret_why is not set); or as dg_lock_open().
 */
int dg_lock_take(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, int limit_ms, int *ret_fd, char **ret_why);
