/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories, an entry at a time. */
#include <errno.h>

#include "guard/parse/fat-parts.h"

void dg_fat_reader_close(struct dg_fat_reader *dir)
{
	free(dir->walk.seen);
	free(dir->run);
}

/* `dir` needs dg_fat_reader_close() even if this fails. */
int dg_fat_reader_open(struct dg_fat_reader *dir, struct dg_fat *fat,
		       const struct dg_fat_node *node)
{
	uint32_t cluster = node->cluster;

	*dir = (struct dg_fat_reader){.fat = fat};
	if (!node->directory)
		return -ENOTDIR;
	if (cluster == DG_FAT_ROOT) {
		dir->fixed = fat->info.bits != 32;
		cluster = fat->root_cluster;
	}
	if (!dir->fixed && !dg_fat_cluster_exists(fat, cluster))
		return dg_fat_fail(fat, -EBADMSG,
				   "a directory's first cluster %u does not exist",
				   cluster);
	dg_fat_walk_start(&dir->walk, cluster);
	dir->clusters_left = DG_FAT_DIR_MAX * DG_FAT_ENTRY / fat->info.cluster_size;
	if (dir->clusters_left == 0)
		dir->clusters_left = 1;
	return 0;
}

static int dir_load(struct dg_fat_reader *dir, uint64_t at, size_t len)
{
	uint8_t *run = realloc(dir->run, len);
	int r;

	if (!run)
		return -ENOMEM;
	dir->run = run;
	dir->len = dir->at = 0;
	r = dg_fat_read_volume(dir->fat, at, run, len);
	if (r < 0)
		return r;
	dir->len = len;
	return 0;
}

/* Load the next run; at the directory's end leave nothing to read. */
static int dir_fill(struct dg_fat_reader *dir)
{
	struct dg_fat *fat = dir->fat;
	uint32_t first, count;
	int r;

	if (dir->fixed) {
		if (dir->started)
			return 0;
		dir->started = true;
		return dir_load(dir, fat->root_at, fat->root_bytes);
	}
	if (!dir->walk.ended && !dir->clusters_left) {
		r = dg_fat_walk_step(fat, &dir->walk);
		if (r < 0)
			return r;
		if (!dir->walk.ended)
			return dg_fat_fail(
				fat, -E2BIG,
				"more than %u entries in the directory at cluster %u",
				DG_FAT_DIR_MAX, dir->walk.start);
	}
	if (dir->walk.ended)
		return 0;
	r = dg_fat_walk_run(fat, &dir->walk, dir->clusters_left, &first, &count);
	if (r < 0)
		return r;
	dir->clusters_left -= count;
	return dir_load(dir, dg_fat_cluster_at(fat, first),
			(size_t)count * fat->info.cluster_size);
}

/* The next entry as stored; `*ret` is NULL at the end. */
int dg_fat_reader_next_raw(struct dg_fat_reader *dir, const uint8_t **ret)
{
	int r;

	if (dir->at == dir->len) {
		r = dir_fill(dir);
		if (r < 0)
			return r;
	}
	if (dir->at == dir->len || dir->run[dir->at] == 0) {
		*ret = NULL; /* stays there: the next call finds the same */
		return 0;
	}
	*ret = dir->run + dir->at;
	dir->at += DG_FAT_ENTRY;
	return 0;
}

static bool entry_is_dots(const uint8_t *raw)
{
	return !memcmp(raw, ".          ", 11) || !memcmp(raw, "..         ", 11);
}

/* Go to the next file or directory. */
int dg_fat_reader_next(struct dg_fat_reader *dir, bool *ret_found)
{
	const uint8_t *raw;
	int r;

	dir->long_name.parts = 0;
	for (;;) {
		r = dg_fat_reader_next_raw(dir, &raw);
		if (r < 0)
			return r;
		if (!raw) {
			*ret_found = false;
			return 0;
		}
		if (raw[0] != 0xe5 && (raw[11] & DG_FAT_ATTR_MASK) == DG_FAT_ATTR_LONG) {
			dg_fat_feed_long(&dir->long_name, raw);
			continue;
		}
		if (raw[0] != 0xe5 && !(raw[11] & DG_FAT_ATTR_LABEL) &&
		    !entry_is_dots(raw))
			break;
		dir->long_name.parts = 0;
	}
	dg_fat_decode_short(raw, dir->alias);
	if (!dg_fat_decode_long(&dir->long_name, raw, dir->name))
		strcpy(dir->name, dir->alias);
	dir->node = dg_fat_decode_node(dir->fat, raw);
	*ret_found = true;
	return 0;
}
