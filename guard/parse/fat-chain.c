/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The FAT, and the chains of clusters in it. */
#include <errno.h>

#include "guard/parse/fat-parts.h"

/* One byte of the FAT, through the cache. */
static int table_get(struct dg_fat *fat, uint64_t at, uint8_t *ret)
{
	uint32_t number = at / DG_FAT_LINE, within = at % DG_FAT_LINE;
	struct dg_fat_line *line = &fat->lines[number % DG_FAT_LINES];
	uint64_t left = fat->fat_bytes - (at - within);
	int r;

	if (line->number != number) {
		line->number = UINT32_MAX;
		r = dg_fat_read_volume(fat, fat->fat_at + (at - within), line->data,
				       left < DG_FAT_LINE ? left : DG_FAT_LINE);
		if (r < 0)
			return r;
		line->number = number;
	}
	*ret = line->data[within];
	return 0;
}

/* What the FAT holds for `cluster`. */
int dg_fat_read_table(struct dg_fat *fat, uint32_t cluster, uint32_t *ret)
{
	unsigned bits = fat->info.bits, width = bits == 32 ? 4 : 2, i;
	uint64_t at = (uint64_t)cluster * bits / 8;
	uint8_t raw[4] = {0};
	int r;

	for (i = 0; i < width; i++) { /* singly: FAT12's lie across the cache's lines */
		r = table_get(fat, at + i, &raw[i]);
		if (r < 0)
			return r;
	}
	*ret = dg_fat_get32(raw) & 0x0fffffff;
	if (bits == 12)
		*ret = (cluster & 1 ? *ret >> 4 : *ret) & 0xfff;
	return 0;
}

void dg_fat_walk_start(struct dg_fat_walk *walk, uint32_t start)
{
	free(walk->seen);
	*walk = (struct dg_fat_walk){.start = start, .cluster = start};
}

/* Note that the chain has come by `cluster`. One that came by before is a loop. */
static int walk_mark(struct dg_fat *fat, struct dg_fat_walk *walk, uint32_t cluster)
{
	uint8_t bit = 1u << (cluster - 2) % 8, *byte = walk->seen + (cluster - 2) / 8;

	if (*byte & bit)
		return dg_fat_fail(fat, -EBADMSG,
				   "the cluster chain from %u loops at cluster %u",
				   walk->start, cluster);
	*byte |= bit;
	return 0;
}

int dg_fat_walk_step(struct dg_fat *fat, struct dg_fat_walk *walk)
{
	uint32_t mask = fat->info.bits == 12   ? 0xfff
			: fat->info.bits == 16 ? 0xffff
					       : 0xfffffff;
	uint32_t next;
	int r;

	if (!walk->seen) {
		walk->seen = calloc(fat->info.clusters / 8 + 1, 1);
		if (!walk->seen)
			return -ENOMEM;
		walk_mark(fat, walk, walk->cluster);
	}
	r = dg_fat_read_table(fat, walk->cluster, &next);
	if (r < 0)
		return r;
	if (next >= mask - 7) {
		walk->ended = true;
		return 0;
	}
	if (!dg_fat_cluster_exists(fat, next))
		return dg_fat_fail(fat, -EBADMSG, "cluster %u is followed by %s (0x%x)",
				   walk->cluster,
				   next == 0	      ? "a free one"
				   : next == mask - 8 ? "a bad one"
						      : "one that does not exist",
				   next);
	r = walk_mark(fat, walk, next);
	if (r < 0)
		return r;
	walk->cluster = next;
	walk->index++;
	return 0;
}

/*
 * Take up to `want` neighbouring clusters from where `walk` stands. It is left on the
 * last one of `want`, else on the first that is no neighbour, or at the chain's end.
 */
int dg_fat_walk_run(struct dg_fat *fat, struct dg_fat_walk *walk, uint32_t want,
		    uint32_t *ret_first, uint32_t *ret_count)
{
	uint32_t first = walk->cluster, count = 1;
	int r;

	while (count < want) {
		r = dg_fat_walk_step(fat, walk);
		if (r < 0)
			return r;
		if (walk->ended || walk->cluster != first + count)
			break;
		count++;
	}
	*ret_first = first;
	*ret_count = count;
	return 0;
}
