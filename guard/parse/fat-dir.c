/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is looked for in directories: the label, a path, all entries. */
#include <errno.h>

#include "guard/parse/fat-parts.h"

static bool entry_is_label(const uint8_t *raw)
{
	return raw[0] != 0xe5 && (raw[11] & DG_FAT_ATTR_MASK) != DG_FAT_ATTR_LONG &&
	       (raw[11] & (DG_FAT_ATTR_LABEL | DG_FAT_ATTR_DIRECTORY)) ==
		       DG_FAT_ATTR_LABEL;
}

static char *label_decode(const uint8_t raw[11])
{
	char out[11 * 3 + 1];
	size_t len = 11, n = 0, i;

	while (len && raw[len - 1] == ' ')
		len--;
	for (i = 0; i < len; i++)
		n += dg_fat_put_byte(out + n, raw[i], false);
	return strndup(out, n);
}

int dg_fat_read_label(struct dg_fat *fat, char **ret)
{
	static const struct dg_fat_node root = {.cluster = DG_FAT_ROOT,
						.directory = true};
	DG_CLEANUP(dg_fat_reader_close) struct dg_fat_reader dir = {0};
	DG_FREE char *label = NULL;
	const uint8_t *raw;
	int r;

	r = dg_fat_reader_open(&dir, fat, &root);
	if (r < 0)
		return r;
	do {
		r = dg_fat_reader_next_raw(&dir, &raw);
		if (r < 0)
			return r;
	} while (raw && !entry_is_label(raw));
	if (!raw && !fat->label[0])
		return -ENODATA;
	label = label_decode(raw ? raw : (const uint8_t *)fat->label);
	if (!label)
		return -ENOMEM;
	if (!label[0])
		return -ENODATA;
	*ret = DG_STEAL(label);
	return 0;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool name_matches(const char *name, const char *wanted, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!name[i] || fold(name[i]) != fold(wanted[i]))
			return false;
	return name[len] == '\0';
}

static int dir_find(struct dg_fat *fat, const struct dg_fat_node *node,
		    const char *wanted, size_t len, struct dg_fat_node *ret)
{
	DG_CLEANUP(dg_fat_reader_close) struct dg_fat_reader dir = {0};
	bool found;
	int r;

	r = dg_fat_reader_open(&dir, fat, node);
	if (r < 0)
		return r;
	do {
		r = dg_fat_reader_next(&dir, &found);
		if (r < 0)
			return r;
		if (!found)
			return -ENOENT;
	} while (!name_matches(dir.name, wanted, len) &&
		 !name_matches(dir.alias, wanted, len));
	*ret = dir.node;
	return 0;
}

int dg_fat_lookup(struct dg_fat *fat, const char *path, struct dg_fat_node *ret)
{
	struct dg_fat_node node = {.cluster = DG_FAT_ROOT, .directory = true};
	size_t len;
	int r;

	for (;;) {
		path += strspn(path, "/");
		if (!*path)
			break;
		len = strcspn(path, "/");
		r = dir_find(fat, &node, path, len, &node);
		if (r < 0)
			return r;
		path += len;
	}
	*ret = node;
	return 0;
}

static int list_add(struct dg_fat_dir *list, size_t *room,
		    const struct dg_fat_reader *dir)
{
	struct dg_fat_entry *entries;

	if (list->n == *room) {
		*room = *room ? *room * 2 : 16;
		entries = reallocarray(list->entries, *room, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		list->entries = entries;
	}
	list->entries[list->n].name = strdup(dir->name);
	if (!list->entries[list->n].name)
		return -ENOMEM;
	list->entries[list->n++].node = dir->node;
	return 0;
}

int dg_fat_list(struct dg_fat *fat, const struct dg_fat_node *node,
		struct dg_fat_dir **ret)
{
	DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *list = NULL;
	DG_CLEANUP(dg_fat_reader_close) struct dg_fat_reader dir = {0};
	size_t room = 0;
	bool found;
	int r;

	r = dg_fat_reader_open(&dir, fat, node);
	if (r < 0)
		return r;
	list = calloc(1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (;;) {
		r = dg_fat_reader_next(&dir, &found);
		if (r < 0)
			return r;
		if (!found)
			break;
		r = list_add(list, &room, &dir);
		if (r < 0)
			return r;
	}
	*ret = DG_STEAL(list);
	return 0;
}

void dg_fat_dir_free(struct dg_fat_dir *dir)
{
	size_t i;

	if (!dir)
		return;
	for (i = 0; i < dir->n; i++)
		free(dir->entries[i].name);
	free(dir->entries);
	free(dir);
}
