/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/mountinfo: one mount a line, see proc(5). Octal escapes are decoded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DG_MOUNTINFO_MAX 131072 /* mounts; the kernel's own limit is 100 000 */

struct dg_mount {
	uint32_t id, parent;
	uint32_t major, minor;
	char *root; /* of the mount, within its file system */
	char *point;
	char *options; /* of the mount */
	char *fs_type;
	char *source;
	char *super_options; /* of the file system */
};

struct dg_mountinfo {
	struct dg_mount *mounts; /* file order: a later one may cover an earlier one */
	size_t n_mounts;
};

/* 0 and *ret is written: the caller clears it. -EBADMSG: *ret_why (may be NULL) says what
 * and where, owned. -ENOMEM. */
int dg_mountinfo_parse(const char *buf, size_t len, struct dg_mountinfo *ret,
		       char **ret_why);
void dg_mountinfo_clear(struct dg_mountinfo *info);
