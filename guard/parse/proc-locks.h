/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/locks, proc_locks(5): the locks on files that processes hold or wait for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether somebody holds a flock(2) on the file of this device and inode. Lines that look
 * otherwise than the kernel's are passed over. */
bool dg_proc_locks_flocked(const char *buf, size_t len, dev_t dev, ino_t ino);
