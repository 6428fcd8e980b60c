/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* udev's records of block devices, run/udev/data/b8:2. */
#pragma once

#include "guard/base/root.h"
#include "guard/parse/udev-data.h"

/* The record of the device with number `number`; the caller clears it. -ENOENT: none. */
int dg_udev_read(const struct dg_root *root, const char *number,
		 struct dg_udev_data *ret);

/*
 * Called with each record in turn; other than 0 ends the walk. `r`: 0, or why the record
 * could not be read, and `data` is empty.
 */
typedef int (*dg_udev_fn)(void *ctx, const char *number, const struct dg_udev_data *data,
			  int r);

/*
 * Records of devices that are partitions or hold a file system; those of kinds that
 * carry no partition that this host boots from (zvols, loops) are not even opened. 0, a
 * negative errno, or what `fn` returned. -ENOENT: udev keeps no records here.
 */
int dg_udev_walk(const struct dg_root *root, dg_udev_fn fn, void *ctx);
