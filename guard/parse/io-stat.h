/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cgroup's io.stat (Documentation/admin-guide/cgroup-v2.rst of the kernel): a block
 * device a line, and what the cgroup and those below it did to it:
 *
 *     253:3 rbytes=1449984 wbytes=3145728 rios=18 wios=24 dbytes=0 dios=0
 *
 * Three things are not as documented (block/blk-cgroup.c, blkcg_print_one_stat()). A
 * device without any counts has its number only. Kernels from 5.15 (252c651a4c85) until
 * 5.17 do not end such a line: several numbers may stand before counts, which are the
 * last one's. And a disk whose backing device information is not registered is
 * "(unknown)", which is seen on hosts with ZFS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DG_IO_STAT_MAX 65536 /* devices */

struct dg_io_stat {
	bool has_number; /* false: "(unknown)", of which there may be several */
	unsigned int major, minor;
	uint64_t rbytes, wbytes, rios, wios; /* all 0 where only the number stands */
};

/* 0 and *ret is an array of *ret_count in the file's order, which the caller frees; NULL
 * where there are none. Keys of other names (dbytes, cost.usage) are passed over.
 * -EBADMSG: *ret_why (may be NULL) says what and where, owned. -ENOMEM. */
int dg_io_stat_parse(const char *buf, size_t len, struct dg_io_stat **ret,
		     size_t *ret_count, char **ret_why);
