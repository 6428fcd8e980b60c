/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices, by the links that udev keeps of them. In a tree a device may be an image
 * file of that name. */
#pragma once

#include "guard/base/root.h"

#define DG_NUMBER_SIZE sizeof("4294967295:4294967295")

struct dg_device {
	char *path;		     /* "/dev/sda2": links are followed */
	char number[DG_NUMBER_SIZE]; /* "8:2"; "" where it cannot be told */
	bool block;		     /* else an image file stands for it */
	dev_t dev; /* of the file that stands for it, and its inode: who it is */
	ino_t ino;
};

/* What the path `link` leads to; the caller clears it. -ENOENT: no such device. */
int dg_device_find(const struct dg_root *root, const char *link, struct dg_device *ret);
void dg_device_clear(struct dg_device *device);

/* Whether this is a device number, "8:2". */
bool dg_device_is_number(const char *s);

/* The kernel's name of the device with number `number` ("8:2" is "sda2"); the caller
 * frees it. NULL: not known. */
char *dg_device_name(const struct dg_root *root, const char *number);

/* The name below the folder `dir` of links (dev/disk/by-partuuid) of a link that leads to
 * `device`; the caller frees it. -ENOENT: none. */
int dg_device_find_link(const struct dg_root *root, const char *dir,
			const struct dg_device *device, char **ret);
