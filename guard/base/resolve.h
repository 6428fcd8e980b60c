/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two ways from a path to a descriptor, for root.c and root-below.c alone: one system
 * call, and a walk name by name for where that call is taken away.
 *
 * All return a new descriptor (O_CLOEXEC) or a negative errno; `flags` are open(2)'s.
 */
#pragma once

#include <stdint.h>

/* openat2(2) with RESOLVE_* flags. -EAGAIN only where it says so every time. */
int dg_openat2(int dir, const char *path, int flags, uint64_t resolve);

/*
 * What openat2(2) does with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, where `root` is
 * the process's own "/": nothing is outside of that, so that a rename can lead the walk
 * nowhere it may not be. Not for any other directory: there ".." would leave it.
 *
 * No link is left to the kernel to follow, so that a magic one is never jumped through.
 * A link that may be one is -ELOOP: all of procfs but those in its top directory
 * (/proc/self, /proc/mounts), and of AppArmor's files. (openat2() lets the few others of
 * procfs pass, like /proc/asound/card0.) Links that fs.protected_symlinks or a mount
 * option keep from being followed are not, whatever the sysctl says: -EACCES, -ELOOP.
 */
int dg_walk(int root, const char *path, int flags);

/*
 * What openat2(2) does with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, of any directory.
 * `name` is "." or names with slashes between; -EXDEV: it is empty, begins or ends with
 * a slash, or has "." or ".." for a name.
 */
int dg_walk_beneath(int dir, const char *name, int flags);
