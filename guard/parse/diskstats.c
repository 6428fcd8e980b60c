/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/diskstats.h"

#include <limits.h>

#include "guard/parse/grow.h"
#include "guard/parse/span.h"

/* The columns behind the name, and how many there are on the kernels so far. */
enum {
	READS = 0,
	READ_SECTORS = 2,
	READ_MS,
	WRITES,
	WRITE_SECTORS = 6,
	WRITE_MS,
	IN_FLIGHT,
	BUSY_MS,
	WEIGHTED_MS,
	N_BASIC,
	DISCARDS = N_BASIC,
	DISCARD_MS = 14,
	N_WITH_DISCARDS,
	FLUSHES = N_WITH_DISCARDS,
	FLUSH_MS,
	N_WITH_FLUSHES
};

static int take_device(struct dg_span *rest, unsigned int *ret)
{
	struct dg_span word;
	uint64_t v;

	if (!dg_span_word(rest, &word) || dg_parse_u64(word, &v) < 0 || v > UINT_MAX)
		return -EBADMSG;
	*ret = (unsigned int)v;
	return 0;
}

static int take_name(struct dg_span *rest, struct dg_diskstat *disk)
{
	struct dg_span word;

	if (!dg_span_word(rest, &word) || word.n >= sizeof(disk->name))
		return -EBADMSG;
	for (size_t i = 0; i < word.n; i++)
		disk->name[i] = word.p[i] ? word.p[i] : '?';
	return 0;
}

/* All numbers of the line are checked, also those that a later kernel adds. */
static int take_counters(struct dg_span *rest, uint64_t v[static N_WITH_FLUSHES],
			 size_t *ret_n)
{
	struct dg_span word;
	size_t n;

	for (n = 0; dg_span_word(rest, &word); n++) {
		uint64_t later;

		if (dg_parse_u64(word, n < N_WITH_FLUSHES ? &v[n] : &later) < 0)
			return -EBADMSG;
	}
	if (n != N_BASIC && n != N_WITH_DISCARDS && n < N_WITH_FLUSHES)
		return -EBADMSG; /* cut off */
	*ret_n = n;
	return 0;
}

static int parse_line(struct dg_span rest, struct dg_diskstat *disk)
{
	uint64_t v[N_WITH_FLUSHES] = {0};
	size_t n;

	if (take_device(&rest, &disk->major) < 0 ||
	    take_device(&rest, &disk->minor) < 0 || take_name(&rest, disk) < 0 ||
	    take_counters(&rest, v, &n) < 0)
		return -EBADMSG;
	disk->reads = v[READS];
	disk->read_sectors = v[READ_SECTORS];
	disk->read_ms = v[READ_MS];
	disk->writes = v[WRITES];
	disk->write_sectors = v[WRITE_SECTORS];
	disk->write_ms = v[WRITE_MS];
	disk->in_flight = v[IN_FLIGHT];
	disk->busy_ms = v[BUSY_MS];
	disk->weighted_ms = v[WEIGHTED_MS];
	disk->discards = v[DISCARDS];
	disk->discard_ms = v[DISCARD_MS];
	disk->flushes = v[FLUSHES];
	disk->flush_ms = v[FLUSH_MS];
	disk->has_flushes = n >= N_WITH_FLUSHES;
	return 0;
}

int dg_diskstats_parse(const char *buf, size_t len, struct dg_diskstat **ret,
		       size_t *ret_count, char **ret_why)
{
	DG_FREE struct dg_diskstat *disks = NULL;
	struct dg_span rest = dg_span_of(buf, len), line;
	size_t n = 0;

	while (dg_span_line(&rest, &line)) {
		struct dg_diskstat *slot;

		if (n == DG_DISKSTATS_MAX)
			return dg_bad_line(ret_why, n + 1, "too many devices");
		slot = DG_GROW(disks, n);
		if (!slot)
			return -ENOMEM;
		n++;
		if (parse_line(line, slot) < 0)
			return dg_bad_line(ret_why, n, "no block device's counters");
	}
	*ret = DG_STEAL(disks);
	*ret_count = n;
	return 0;
}
