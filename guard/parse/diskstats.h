/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/diskstats: one block device or partition a line, "MAJOR MINOR NAME" and its
 * counters (Documentation/admin-guide/iostats.rst of the kernel): 11 of them, four more
 * of discards since 4.18, two more of flushes since 5.5.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DG_DISKSTATS_MAX      65536 /* devices */
#define DG_DISKSTAT_NAME_SIZE 64    /* the kernel's names have less than 32 bytes */

/*
 * Counters since the device came, but for in_flight. Sectors have 512 bytes, whatever the
 * device's are. Milliseconds are 32-bit numbers on some kernels and wrap after 49.7 days
 * of waiting, some counters as well: whoever takes a difference deals with it.
 */
struct dg_diskstat {
	unsigned int major, minor;
	char name[DG_DISKSTAT_NAME_SIZE]; /* as it stands there: "cciss/c0d0", "sda1" */
	uint64_t reads, read_sectors, read_ms;
	uint64_t writes, write_sectors, write_ms;
	uint64_t in_flight; /* at this moment */
	uint64_t busy_ms;   /* something was in flight */
	uint64_t weighted_ms;
	/* 0 where the kernel does not count them */
	uint64_t discards, discard_ms;
	uint64_t flushes, flush_ms;
	bool has_flushes;
};

/* 0 and *ret is an array of *ret_count in the file's order, which the caller frees; NULL
 * where there are none. -EBADMSG: *ret_why (may be NULL) says what and where, owned; no
 * line is passed over. -ENOMEM. */
int dg_diskstats_parse(const char *buf, size_t len, struct dg_diskstat **ret,
		       size_t *ret_count, char **ret_why);
