/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the collectors of packages share. */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"

/*
 * Set build_time and build_source of each package in packages.list. They are absent for
 * one that dates no userland (policy/view.h) or is not unpacked. The date is that of the
 * newest entry of the package's changelog in /usr/share/doc; where there is none (a host
 * may keep dpkg from unpacking documentation) or it is malformed, the newest time stamp
 * among the package's copyright file and its program: dpkg gives files the time that the
 * package was built with. build_source is the path of what the date was read from.
 */
void dg_read_package_dates(const struct dg_root *root, struct dg_facts *facts);
