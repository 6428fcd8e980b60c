/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes that are unmounted FAT file systems, on a block device or in an image file. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/collect/volume.h"
#include "guard/parse/fat.h"
#include "policy/text.h"

#define SECTOR 512

/* Clusters that are counted where no count is stored or that one is not to be trusted: a
 * FAT of 1 MiB, which ESPs of 1 GiB have. Above, no count is no answer. */
#define COUNT_MAX (1u << 18)

struct fat_volume {
	struct dg_volume base;
	int fd;
	struct dg_fat *fat;
	uint64_t fingerprint; /* when it was opened */
};

static struct fat_volume *as_fat(struct dg_volume *v)
{
	return (struct fat_volume *)v;
}

static int read_exactly(void *ctx, uint64_t offset, void *buf, size_t len)
{
	size_t n = 0;
	int r = dg_fd_read_at(*(int *)ctx, offset, buf, len, &n);

	if (r < 0)
		return r;
	return n == len ? 0 : -ENODATA;
}

static int fat_stat(struct dg_volume *base, const char *path, struct dg_volume_stat *ret)
{
	struct dg_fat_node node;
	int r = dg_fat_lookup(as_fat(base)->fat, path, &node);

	if (r < 0)
		return r;
	*ret = (struct dg_volume_stat){.size = node.size,
				       .mtime = node.mtime,
				       .directory = node.directory,
				       .dated = node.mtime != 0};
	return 0;
}

static int fat_read(struct dg_volume *base, const char *path, size_t cap, char **ret_data,
		    size_t *ret_size)
{
	struct dg_fat *fat = as_fat(base)->fat;
	struct dg_fat_node node;
	int r = dg_fat_lookup(fat, path, &node);

	return r < 0 ? r : dg_fat_read_file(fat, &node, cap, ret_data, ret_size);
}

static int fat_read_head(struct dg_volume *base, const char *path, size_t len,
			 char **ret_data, size_t *ret_size)
{
	struct dg_fat *fat = as_fat(base)->fat;
	DG_FREE char *data = NULL;
	struct dg_fat_node node;
	size_t n;
	int r = dg_fat_lookup(fat, path, &node);

	if (r < 0)
		return r;
	if (len > node.size)
		len = node.size;
	data = malloc(len + 1);
	if (!data)
		return -ENOMEM;
	r = dg_fat_read(fat, &node, 0, data, len, &n);
	if (r < 0)
		return r;
	data[n] = '\0';
	*ret_data = DG_STEAL(data);
	*ret_size = n;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int fat_list(struct dg_volume *base, const char *path, size_t cap,
		    char ***ret_names)
{
	struct dg_fat *fat = as_fat(base)->fat;
	DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
	struct dg_fat_node node;
	char **names;
	int r = dg_fat_lookup(fat, path, &node);

	if (r == 0)
		r = dg_fat_list(fat, &node, &dir);
	if (r < 0)
		return r;
	if (dir->n > cap)
		return -E2BIG;
	names = calloc(dir->n + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < dir->n; i++)
		names[i] = DG_STEAL(dir->entries[i].name);
	qsort(names, dir->n, sizeof(*names), compare_names);
	*ret_names = names;
	return 0;
}

/* Of the whole, what files can have, as statfs(2) says it of a mount. */
static int fat_space(struct dg_volume *base, uint64_t *ret_size, uint64_t *ret_free)
{
	struct dg_fat *fat = as_fat(base)->fat;
	const struct dg_fat_info *info = dg_fat_get_info(fat);
	bool small = info->clusters <= COUNT_MAX;
	uint64_t n;
	int r = dg_fat_read_free(fat, small ? DG_FAT_FREE_ANY : DG_FAT_FREE_HINT, &n);

	if (r < 0)
		return r;
	*ret_free = n;
	*ret_size = (uint64_t)info->clusters * info->cluster_size;
	return 0;
}

static int fat_changed(struct dg_volume *base, bool *ret)
{
	struct fat_volume *v = as_fat(base);
	uint64_t now;
	int r = dg_fat_read_fingerprint(v->fat, &now);

	if (r < 0)
		return r;
	*ret = now != v->fingerprint;
	return 0;
}

static const char *fat_why(struct dg_volume *base)
{
	return dg_fat_why(as_fat(base)->fat);
}

static void fat_free(struct dg_volume *base)
{
	struct fat_volume *v = as_fat(base);

	dg_fat_close(v->fat);
	if (v->fd >= 0)
		close(v->fd);
	free(base->name);
	free(base);
}

static const struct dg_volume_ops fat_ops = {
	.stat = fat_stat,
	.read = fat_read,
	.read_head = fat_read_head,
	.list = fat_list,
	.space = fat_space,
	.changed = fat_changed,
	.why = fat_why,
	.free = fat_free,
};

const char *dg_volume_fat_serial(const struct dg_volume *v)
{
	return dg_fat_get_info(((const struct fat_volume *)v)->fat)->serial;
}

static int open_fat(struct fat_volume *v, char **ret_why)
{
	off_t size = lseek(v->fd, 0, SEEK_END);
	int r;

	/* Of size 0: an empty file, or a drive without a medium. */
	if (size < 0)
		return -errno;
	if (size < SECTOR)
		return -EMEDIUMTYPE;
	r = dg_fat_open(read_exactly, &v->fd, (uint64_t)size, &v->fat, ret_why);
	return r < 0 ? r : dg_fat_read_fingerprint(v->fat, &v->fingerprint);
}

int dg_volume_new_fat(const struct dg_root *root, const char *path,
		      struct dg_volume **ret, char **ret_why)
{
	struct fat_volume *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->base.ops = &fat_ops;
	v->fd = -1;
	v->base.name = dg_format("/%s: ", path + strspn(path, "/"));
	r = v->base.name ? dg_root_open(root, path, DG_ROOT_FILE | DG_ROOT_BLOCK, &v->fd)
			 : -ENOMEM;
	if (r == 0)
		r = open_fat(v, ret_why);
	if (r < 0) {
		fat_free(&v->base);
		return r;
	}
	*ret = &v->base;
	return 0;
}
