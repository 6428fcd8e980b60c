/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A short-lived cgroup (v2) below the one that this process is in: where nobody else
 * runs, its pressure is the doing of whoever entered it. See cgroups(7). */
#pragma once

#include <sys/types.h>

#include "guard/base/root.h"

/* "driftguard-probe-" and a process id. */
#define DG_CGROUP_NAME_SIZE 40

/*
 * A descriptor for the directory of this process's own cgroup, below whichever mount of
 * cgroup v2 shows it (/sys/fs/cgroup, or /sys/fs/cgroup/unified on a hybrid host). The
 * caller closes it. -ENOENT: it is in none, or none is mounted where it can be seen.
 */
int dg_cgroup_open_own(const struct dg_root *root, int *ret_fd);

/* The path of a process's cgroup in the unified hierarchy, "/qemu.slice/103.scope", and
 * where that hierarchy is mounted; owned by the caller. -ENOENT: none. */
int dg_cgroup_path(const struct dg_root *root, int64_t pid, char **ret);
int dg_cgroup_mount(const struct dg_root *root, char **ret);

void dg_cgroup_name(pid_t owner, char ret_name[static DG_CGROUP_NAME_SIZE]);

/* Make the cgroup `name` below `parent`; one of that name that is empty is taken over. 0
 * or a negative errno: -EACCES, -EROFS (a read-only mount). */
int dg_cgroup_make(int parent, const char *name);
/* Move the calling process there. */
int dg_cgroup_enter(int parent, const char *name);
/* Remove it, waiting a moment for its last process to be gone. No error where it is not
 * there. */
int dg_cgroup_remove(int parent, const char *name);

/* Remove what probes left behind whose processes all were killed at once: the empty
 * cgroups of dg_cgroup_name() whose owner does not live. */
void dg_cgroup_sweep(int parent);
