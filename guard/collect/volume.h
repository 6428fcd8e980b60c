/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A volume: a file system, or a part of the host's tree, that is read by paths of its
 * own. An EFI system partition is one, through the mount that is there already or, while
 * it is not mounted, through our own FAT reader. It is never mounted: whoever holds it
 * mounted makes proxmox-boot-tool skip it.
 *
 * Paths have no leading slash. Errors that all functions share are those of
 * dg_root_open() and dg_fat_open(); -EBADMSG: the file system is damaged.
 */
#pragma once

#include <stdint.h>

#include "guard/base/root.h"
#include "policy/facts.h"

struct dg_volume_stat {
	uint64_t size; /* bytes */
	int64_t mtime; /* seconds since the epoch; FAT unmounted: local time, see fat.h */
	bool directory;
	bool dated; /* mtime is one */
};

struct dg_volume;

struct dg_volume_ops {
	int (*stat)(struct dg_volume *v, const char *path, struct dg_volume_stat *ret);
	int (*read)(struct dg_volume *v, const char *path, size_t cap, char **ret_data,
		    size_t *ret_size);
	int (*read_head)(struct dg_volume *v, const char *path, size_t len,
			 char **ret_data, size_t *ret_size);
	int (*list)(struct dg_volume *v, const char *path, size_t cap, char ***ret_names);
	int (*space)(struct dg_volume *v, uint64_t *ret_size, uint64_t *ret_free);
	int (*changed)(struct dg_volume *v, bool *ret);
	const char *(*why)(struct dg_volume *v);
	void (*free)(struct dg_volume *v);
};

/* Kinds of volumes begin with this. */
struct dg_volume {
	const struct dg_volume_ops *ops;
	char *name; /* what messages put before a path, "/boot/efi/"; owned */
};

/* What lies below the directory `prefix` ("" is the root). `root` must outlive it. */
int dg_volume_new_dir(const struct dg_root *root, const char *prefix,
		      struct dg_volume **ret);

/*
 * The FAT file system on the block device or in the image file at `path`. -EMEDIUMTYPE:
 * it holds something else; -EBADMSG: a damaged one. With both, `*ret_why` may be set
 * (owned).
 */
int dg_volume_new_fat(const struct dg_root *root, const char *path,
		      struct dg_volume **ret, char **ret_why);

/* The "XXXX-XXXX" of a volume made by dg_volume_new_fat(); "" where it has none. */
const char *dg_volume_fat_serial(const struct dg_volume *v);

static inline void dg_volume_free(struct dg_volume *v)
{
	if (v)
		v->ops->free(v);
}
DG_DEFINE_CLEANUP(struct dg_volume *, dg_volume_free);
#define DG_VOLUME_CLEANUP DG_CLEANUP(dg_volume_freep)

/* Status of what is there; on the host's own file systems links are followed. */
static inline int dg_volume_stat(struct dg_volume *v, const char *path,
				 struct dg_volume_stat *ret)
{
	return v->ops->stat(v, path, ret);
}

/* The whole of a file of at most `cap` bytes, with a NUL behind it that is not counted;
 * the caller frees it. -EFBIG: it is larger. */
static inline int dg_volume_read(struct dg_volume *v, const char *path, size_t cap,
				 char **ret_data, size_t *ret_size)
{
	return v->ops->read(v, path, cap, ret_data, ret_size);
}

/* Its first `len` bytes; fewer where it is shorter. */
static inline int dg_volume_read_head(struct dg_volume *v, const char *path, size_t len,
				      char **ret_data, size_t *ret_size)
{
	return v->ops->read_head(v, path, len, ret_data, ret_size);
}

/* The names in a directory in byte order, for dg_names_free(). -E2BIG: over `cap`. */
static inline int dg_volume_list(struct dg_volume *v, const char *path, size_t cap,
				 char ***ret_names)
{
	return v->ops->list(v, path, cap, ret_names);
}

/* Bytes that files can have in all, and that are free. -ENODATA: cannot be told. */
static inline int dg_volume_space(struct dg_volume *v, uint64_t *ret_size,
				  uint64_t *ret_free)
{
	return v->ops->space(v, ret_size, ret_free);
}

/* Whether it was written to since it was opened, so that what was read may be torn.
 * Through a mount the kernel keeps readers and writers apart: never. */
static inline int dg_volume_changed(struct dg_volume *v, bool *ret)
{
	return v->ops->changed(v, ret);
}

/* The fact at `meta` is not known because reading `path` failed with `r`. */
void dg_volume_gap(struct dg_volume *v, struct dg_meta *meta, int r, const char *path);
