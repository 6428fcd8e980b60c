/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A read-only FAT12/16/32 reader with long names. It does no I/O of its own: the caller
 * hands it a function that reads bytes of the volume, so that an unmounted EFI system
 * partition and an image file are read alike.
 *
 * The volume may change while it is read. Nothing here locks it: take a fingerprint
 * before and after, and where the two differ close, open anew (which drops the cached
 * parts of the FAT) and read again. A volume that Linux has mounted for writing has
 * `dirty` set for as long.
 *
 * Formats: Microsoft's "FAT32 File System Specification" 1.03 (2000); where it and
 * Linux's fs/fat differ, this follows Linux, because that is what wrote the files.
 *
 * Errors that all functions below share: -EBADMSG where the file system is damaged
 * (dg_fat_why() says how), -ENOMEM, and whatever the caller's function returned.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/util.h"

/* Entries of 32 bytes in one directory: the format's limit. A long name takes several. */
#define DG_FAT_DIR_MAX 65536u
/* Clusters that a pass over the whole FAT looks at, at most (64 MiB of FAT32). */
#define DG_FAT_SCAN_MAX (16u << 20)
/* `cluster` of the root directory. */
#define DG_FAT_ROOT UINT32_MAX

/*
 * Read exactly `len` bytes at byte `offset` of the volume. Return 0 or a negative errno;
 * fewer bytes than asked for are an error (-EIO, or -ENODATA past the end).
 */
typedef int (*dg_fat_read_fn)(void *ctx, uint64_t offset, void *buf, size_t len);

struct dg_fat;

struct dg_fat_info {
	unsigned bits;	       /* 12, 16 or 32 */
	char serial[10];       /* "XXXX-XXXX" as blkid prints it; "" where it is zero */
	bool dirty;	       /* mounted for writing, or not unmounted cleanly */
	uint64_t total_bytes;  /* the whole volume, its own tables included */
	uint32_t cluster_size; /* bytes */
	uint32_t clusters;     /* that files and directories can have */
};

/* A file or directory. Plain data: it owns nothing, and stays good while nothing changes.
 */
struct dg_fat_node {
	uint32_t cluster; /* its first one, as stored; DG_FAT_ROOT for the root */
	uint32_t size;	  /* bytes; 0 for directories */
	/*
	 * Seconds since the epoch as if the stored time were UTC. It is local time in
	 * truth, of a time zone that is stored nowhere, in steps of 2 s. 0: no valid time
	 * stored.
	 */
	int64_t mtime;
	bool directory;
};

struct dg_fat_entry {
	/*
	 * UTF-8. The long name, else the 8.3 name in the case that Windows NT's flags
	 * say. U+FFFD stands for what cannot be a character of a name (lone surrogates,
	 * '/', control characters) and for bytes of unknown code pages in 8.3 names.
	 * Never empty, never "." or "..".
	 */
	char *name;
	struct dg_fat_node node;
};

struct dg_fat_dir {
	struct dg_fat_entry *entries; /* in the directory's own order */
	size_t n;
};

enum dg_fat_free {
	DG_FAT_FREE_HINT, /* FAT32's stored count, else -ENODATA */
	DG_FAT_FREE_ANY,  /* that count, else count the FAT */
	DG_FAT_FREE_SCAN, /* count the FAT, as Linux does for statfs(2) */
};

/*
 * Open the volume that `read` reads; `size` is its length in bytes, 0 if unknown. It
 * costs one read of 512 bytes. -EMEDIUMTYPE: not a FAT file system; -EBADMSG: one, but
 * damaged. With both, `*ret_why` (if not NULL) is set to a malloc'd reason, or NULL
 * without memory.
 */
int dg_fat_open(dg_fat_read_fn read, void *ctx, uint64_t size, struct dg_fat **ret,
		char **ret_why);
void dg_fat_close(struct dg_fat *fat);
DG_DEFINE_CLEANUP(struct dg_fat *, dg_fat_close);

/* What the boot sector says. Lives as long as `fat`; always succeeds. */
const struct dg_fat_info *dg_fat_get_info(const struct dg_fat *fat);

/* What the latest -EBADMSG or -E2BIG was about, or "". Lives as long as `fat`. */
const char *dg_fat_why(const struct dg_fat *fat);

/*
 * The volume's label: the root directory's, else the boot sector's, as blkid has it.
 * `*ret` is malloc'd. -ENODATA: it has none.
 */
int dg_fat_read_label(struct dg_fat *fat, char **ret);

/*
 * Free space in bytes. The stored count is a hint: it is passed over where it is
 * implausible or the volume is dirty. -E2BIG: too large to count (DG_FAT_SCAN_MAX).
 */
int dg_fat_read_free(struct dg_fat *fat, enum dg_fat_free how, uint64_t *ret);

/*
 * Look for clusters that two chains share: each cluster may follow one other at most. One
 * pass over the FAT and one bit of memory a cluster. 0: none. -E2BIG: too large to look.
 */
int dg_fat_check_links(struct dg_fat *fat);

/*
 * Find `path`, names divided by '/'; "" is the root. A name matches the long or the 8.3
 * name; ASCII letters match in either case, other characters only themselves.
 * -ENOENT (also for "." and ".."), -ENOTDIR, -E2BIG.
 */
int dg_fat_lookup(struct dg_fat *fat, const char *path, struct dg_fat_node *ret);

/*
 * List a directory, without labels, deleted entries, "." and "..". One read for each run
 * of neighbouring clusters. -ENOTDIR; -E2BIG: more than DG_FAT_DIR_MAX entries.
 */
int dg_fat_list(struct dg_fat *fat, const struct dg_fat_node *dir,
		struct dg_fat_dir **ret);
void dg_fat_dir_free(struct dg_fat_dir *dir);
DG_DEFINE_CLEANUP(struct dg_fat_dir *, dg_fat_dir_free);

/*
 * Read up to `len` bytes at `offset` of a file; `*ret_len` is less only at its end. One
 * read for each run of neighbouring clusters; going on where the last call ended costs no
 * second walk along the chain. Only the part that is asked for is checked. -EISDIR.
 */
int dg_fat_read(struct dg_fat *fat, const struct dg_fat_node *file, uint64_t offset,
		void *buf, size_t len, size_t *ret_len);

/*
 * Read a whole file of at most `cap` bytes. `*ret` is malloc'd, with a NUL behind it that
 * `*ret_len` does not count. -EFBIG: larger than `cap`; -EISDIR.
 */
int dg_fat_read_file(struct dg_fat *fat, const struct dg_fat_node *file, size_t cap,
		     char **ret, size_t *ret_len);

/*
 * A hash of what nearly every change to the volume touches: the boot sector (Linux marks
 * a mount for writing there), the FAT's own dirty bits, the count of free clusters and
 * the root directory (its first cluster with FAT32). Read anew, past the cache. It does
 * not see a file below the root that is overwritten in place; compare its directory's
 * listing.
 */
int dg_fat_read_fingerprint(struct dg_fat *fat, uint64_t *ret);
