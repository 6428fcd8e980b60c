/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked of a volume as a whole: free space, soundness, a fingerprint. */
#include <errno.h>

#include "guard/parse/fat-parts.h"

#define FNV_START 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

static int fat_read_hint(struct dg_fat *fat, uint32_t *ret)
{
	uint8_t sector[DG_FAT_BOOT];
	int r;

	if (!fat->info_at || fat->info.dirty)
		return -ENODATA;
	r = dg_fat_read_volume(fat, fat->info_at, sector, sizeof(sector));
	if (r < 0)
		return r;
	if (dg_fat_get32(sector) != 0x41615252 ||
	    dg_fat_get32(sector + 0x1e4) != 0x61417272 ||
	    dg_fat_get32(sector + 0x1e8) > fat->info.clusters)
		return -ENODATA;
	*ret = dg_fat_get32(sector + 0x1e8);
	return 0;
}

static int fat_count_free(struct dg_fat *fat, uint32_t *ret)
{
	uint32_t i, value, n = 0;
	int r;

	if (fat->info.clusters > DG_FAT_SCAN_MAX)
		return dg_fat_fail(fat, -E2BIG, "%u clusters are too many to count",
				   fat->info.clusters);
	for (i = 0; i < fat->info.clusters; i++) {
		r = dg_fat_read_table(fat, i + 2, &value);
		if (r < 0)
			return r;
		n += value == 0;
	}
	*ret = n;
	return 0;
}

int dg_fat_read_free(struct dg_fat *fat, enum dg_fat_free how, uint64_t *ret)
{
	uint32_t n = 0;
	int r = -ENODATA;

	if (how != DG_FAT_FREE_SCAN)
		r = fat_read_hint(fat, &n);
	if (r == -ENODATA && how != DG_FAT_FREE_HINT)
		r = fat_count_free(fat, &n);
	if (r < 0)
		return r;
	*ret = (uint64_t)n * fat->info.cluster_size;
	return 0;
}

int dg_fat_check_links(struct dg_fat *fat)
{
	DG_FREE uint8_t *seen = NULL;
	uint32_t i, next, bit;
	int r;

	if (fat->info.clusters > DG_FAT_SCAN_MAX)
		return dg_fat_fail(fat, -E2BIG, "%u clusters are too many to check",
				   fat->info.clusters);
	seen = calloc(fat->info.clusters / 8 + 1, 1);
	if (!seen)
		return -ENOMEM;
	for (i = 0; i < fat->info.clusters; i++) {
		r = dg_fat_read_table(fat, i + 2, &next);
		if (r < 0)
			return r;
		if (!dg_fat_cluster_exists(fat, next))
			continue;
		bit = 1u << (next - 2) % 8;
		if (seen[(next - 2) / 8] & bit)
			return dg_fat_fail(fat, -EBADMSG,
					   "two clusters are followed by cluster %u",
					   next);
		seen[(next - 2) / 8] |= bit;
	}
	return 0;
}

static int hash_add(struct dg_fat *fat, uint64_t at, uint64_t len, uint64_t *hash)
{
	uint8_t block[DG_FAT_LINE];
	size_t n, i;
	int r;

	for (; len; at += n, len -= n) {
		n = len < sizeof(block) ? len : sizeof(block);
		r = dg_fat_read_volume(fat, at, block, n);
		if (r < 0)
			return r;
		for (i = 0; i < n; i++)
			*hash = (*hash ^ block[i]) * FNV_PRIME;
	}
	return 0;
}

int dg_fat_read_fingerprint(struct dg_fat *fat, uint64_t *ret)
{
	bool wide = fat->info.bits == 32;
	const struct {
		uint64_t at, len;
	} parts[] = {
		{.at = 0, .len = DG_FAT_BOOT},
		/* FAT16 and FAT32 keep dirty bits in entry 1. */
		{.at = fat->fat_at, .len = 8},
		{.at = fat->info_at, .len = fat->info_at ? DG_FAT_BOOT : 0},
		{.at = wide ? dg_fat_cluster_at(fat, fat->root_cluster) : fat->root_at,
		 .len = wide ? fat->info.cluster_size : fat->root_bytes},
	};
	uint64_t hash = FNV_START;
	size_t i;
	int r;

	for (i = 0; i < DG_COUNT(parts); i++) {
		r = hash_add(fat, parts[i].at, parts[i].len, &hash);
		if (r < 0)
			return r;
	}
	*ret = hash;
	return 0;
}
