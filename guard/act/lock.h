/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One at a time: among runs of this program, and with dpkg. */
#pragma once

#include "guard/base/root.h"

/*
 * /run/driftguard/act.lock, by flock(2): whoever inherits the descriptor holds it too, so
 * that a refresh whose caller was killed keeps others away until it is through. *ret_fd
 * is close-on-exec; closing all copies gives the lock back.
 * -EBUSY: somebody has it; other errors as in write.h. *ret_why (owned) says it.
 */
int dg_act_lock(const struct dg_root *root, int *ret_fd, char **ret_why);

/*
 * dpkg's frontend lock, as apt takes it, in the form that is inherited as well (an open
 * file description lock, fcntl(2)): -EBUSY while dpkg or apt is at work. The file is made
 * where it is not there.
 */
int dg_dpkg_lock(const struct dg_root *root, int *ret_fd, char **ret_why);
