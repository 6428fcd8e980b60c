/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/cgroup, cgroups(7): "HIERARCHY:CONTROLLERS:PATH", a line for each hierarchy
 * of cgroup v1 and, "0::PATH", for the unified one of v2. */
#pragma once

#include <stddef.h>

#include "guard/parse/span.h"

/*
 * 0 and *ret_path is the path in the unified hierarchy, a part of `buf`: it begins with a
 * '/' and is as seen from the reader's cgroup namespace ("/../other" lies outside of it).
 * Behind that of a cgroup which is removed already stands " (deleted)". -ENOENT: there is
 * no such line; -EBADMSG: no path in it.
 */
int dg_proc_cgroup_parse(const char *buf, size_t len, struct dg_span *ret_path);
