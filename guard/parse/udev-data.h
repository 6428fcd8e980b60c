/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record of udev's database, /run/udev/data/b8:2: lines of a letter, ':' and a value
 * (systemd, src/libsystemd/sd-device/device-private.c). Properties (E:KEY=VALUE) and
 * links (S:PATH under /dev) are kept, the rest is passed over.
 */
#pragma once

#include <stddef.h>

#define DG_UDEV_LINES_MAX 8192

struct dg_udev_property {
	char *key, *value;
};

struct dg_udev_data {
	struct dg_udev_property *properties;
	size_t n_properties;
	char **links; /* "disk/by-uuid/…", without "/dev/" */
	size_t n_links;
};

/* 0 and *ret is written: the caller clears it. -EBADMSG: a line that is no record, or too
 * many; *ret_why (may be NULL) says, owned. -ENOMEM. */
int dg_udev_data_parse(const char *buf, size_t len, struct dg_udev_data *ret,
		       char **ret_why);

/* The value of a property such as ID_FS_UUID, the last of that key; NULL: not there. */
const char *dg_udev_data_get(const struct dg_udev_data *data, const char *key);

void dg_udev_data_clear(struct dg_udev_data *data);
