/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files. */
#include <errno.h>

#include "guard/parse/fat-parts.h"

/* Bring fat->file to cluster number `index` of `node`, from where it is if that helps. */
static int file_seek(struct dg_fat *fat, const struct dg_fat_node *node, uint32_t index)
{
	struct dg_fat_walk *walk = &fat->file;
	int r;

	if (!dg_fat_cluster_exists(fat, node->cluster))
		return dg_fat_fail(fat, -EBADMSG,
				   "a file's first cluster %u does not exist",
				   node->cluster);
	if (walk->start != node->cluster || walk->index > index)
		dg_fat_walk_start(walk, node->cluster);
	while (walk->index < index && !walk->ended) {
		r = dg_fat_walk_step(fat, walk);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Read within the file's size, a run at a time. */
static int file_read(struct dg_fat *fat, const struct dg_fat_node *node, uint64_t offset,
		     uint8_t *buf, size_t len)
{
	uint32_t size = fat->info.cluster_size, within = offset % size, first, count;
	size_t n;
	int r;

	r = file_seek(fat, node, offset / size);
	if (r < 0)
		return r;
	for (; len; buf += n, len -= n, within = 0) {
		if (fat->file.ended)
			return dg_fat_fail(
				fat, -EBADMSG,
				"the cluster chain from %u is shorter than its %u bytes",
				node->cluster, node->size);
		r = dg_fat_walk_run(fat, &fat->file,
				    ((uint64_t)within + len + size - 1) / size, &first,
				    &count);
		if (r < 0)
			return r;
		n = (size_t)count * size - within;
		if (n > len)
			n = len;
		r = dg_fat_read_volume(fat, dg_fat_cluster_at(fat, first) + within, buf,
				       n);
		if (r < 0)
			return r;
	}
	return 0;
}

int dg_fat_read(struct dg_fat *fat, const struct dg_fat_node *file, uint64_t offset,
		void *buf, size_t len, size_t *ret_len)
{
	int r;

	if (file->directory)
		return -EISDIR;
	if (offset >= file->size)
		len = 0;
	else if (len > file->size - offset)
		len = file->size - offset;
	if (len) {
		r = file_read(fat, file, offset, buf, len);
		if (r < 0) {
			dg_fat_walk_start(&fat->file, 0);
			return r;
		}
	}
	*ret_len = len;
	return 0;
}

int dg_fat_read_file(struct dg_fat *fat, const struct dg_fat_node *file, size_t cap,
		     char **ret, size_t *ret_len)
{
	DG_FREE char *buf = NULL;
	size_t len;
	int r;

	if (file->directory)
		return -EISDIR;
	if (file->size > cap)
		return -EFBIG;
	buf = malloc((size_t)file->size + 1);
	if (!buf)
		return -ENOMEM;
	r = dg_fat_read(fat, file, 0, buf, file->size, &len);
	if (r < 0)
		return r;
	buf[len] = '\0';
	*ret = DG_STEAL(buf);
	*ret_len = len;
	return 0;
}
