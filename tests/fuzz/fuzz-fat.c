/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image; everything in it is walked, up to a number of entries. */
#include <assert.h>
#include <errno.h>

#include "guard/parse/fat.h"

#define DEPTH_MAX 4
#define FILE_MAX  (1u << 20)

struct image {
	const uint8_t *data;
	size_t size;
	unsigned entries_left;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int image_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
	const struct image *image = ctx;

	if (offset > image->size || len > image->size - offset)
		return -ENODATA;
	memcpy(buf, image->data + offset, len);
	return 0;
}

static void check_name(struct dg_fat *fat, const struct dg_fat_entry *entry, bool in_root)
{
	struct dg_fat_node node;

	assert(entry->name[0] && !strchr(entry->name, '/'));
	assert(!dg_streq(entry->name, ".") && !dg_streq(entry->name, ".."));
	assert(strlen(entry->name) <= 255 * 3);
	if (in_root)
		assert(dg_fat_lookup(fat, entry->name, &node) == 0);
}

static void check_file(struct dg_fat *fat, const struct dg_fat_node *node)
{
	DG_FREE char *text = NULL;
	char part[700];
	size_t len, n;

	if (dg_fat_read_file(fat, node, FILE_MAX, &text, &len) < 0)
		return;
	assert(len == node->size);
	if (dg_fat_read(fat, node, len / 2, part, sizeof(part), &n) < 0)
		abort(); /* the whole was sound */
	assert(memcmp(part, text + len / 2, n) == 0);
}

static void check_tree(struct dg_fat *fat, struct image *image,
		       const struct dg_fat_node *node, unsigned depth)
{
	DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
	size_t i;

	if (dg_fat_list(fat, node, &dir) < 0)
		return;
	for (i = 0; i < dir->n && image->entries_left; i++) {
		image->entries_left--;
		check_name(fat, &dir->entries[i], depth == 0);
		if (!dir->entries[i].node.directory)
			check_file(fat, &dir->entries[i].node);
		else if (depth < DEPTH_MAX)
			check_tree(fat, image, &dir->entries[i].node, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image = {.data = data, .size = size, .entries_left = 200};
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
	DG_FREE char *why = NULL, *label = NULL;
	struct dg_fat_node node;
	uint64_t bytes;
	int r;

	r = dg_fat_open(image_read, &image, 0, &fat, &why);
	if (r < 0) {
		assert(r == -ENODATA || why);
		return 0;
	}
	assert(dg_fat_get_info(fat)->clusters > 0);
	(void)dg_fat_read_label(fat, &label);
	if (dg_fat_read_free(fat, DG_FAT_FREE_ANY, &bytes) == 0)
		assert(bytes <= dg_fat_get_info(fat)->total_bytes);
	(void)dg_fat_check_links(fat);
	(void)dg_fat_read_fingerprint(fat, &bytes);
	(void)dg_fat_lookup(fat, "EFI/proxmox/6.8/vmlinuz", &node);
	if (dg_fat_lookup(fat, "", &node) < 0)
		abort();
	check_tree(fat, &image, &node, 0);
	return 0;
}
