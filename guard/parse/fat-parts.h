/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the FAT reader share; fat.h is for all others. */
#pragma once

#include "guard/parse/fat.h"

#define DG_FAT_BOOT	  512u
#define DG_FAT_ENTRY	  32u
#define DG_FAT_LINE	  4096u /* of the FAT cache; a multiple of every sector size */
#define DG_FAT_LINES	  4u
#define DG_FAT_LONG_PARTS 20u /* entries that one long name takes at most */
#define DG_FAT_PART_UNITS 13u /* UTF-16 units in each */
#define DG_FAT_LONG_MAX	  255u
#define DG_FAT_NAME	  (DG_FAT_LONG_MAX * 3 + 1) /* as UTF-8, with a NUL */
#define DG_FAT_ALIAS	  (11 * 3 + 1 + 1) /* an 8.3 name likewise, with its dot */

enum {
	DG_FAT_ATTR_LABEL = 0x08,
	DG_FAT_ATTR_DIRECTORY = 0x10,
	DG_FAT_ATTR_LONG = 0x0f,
	DG_FAT_ATTR_MASK = 0x3f
};

struct dg_fat_line {
	uint32_t number; /* UINT32_MAX: empty */
	uint8_t data[DG_FAT_LINE];
};

/* A place in a cluster chain. */
struct dg_fat_walk {
	uint32_t start, cluster, index; /* `cluster` is number `index` of the chain */
	bool ended;    /* beyond the last one; `cluster` is that last one */
	uint8_t *seen; /* a bit a cluster; NULL before the first step */
};

struct dg_fat {
	dg_fat_read_fn read;
	void *ctx;
	struct dg_fat_info info;
	/* Byte positions in the volume; 0: no fixed root directory, no FSInfo sector. */
	uint64_t fat_at, fat_bytes, root_at, data_at, info_at;
	uint32_t root_bytes, root_cluster;
	char label[11]; /* the boot sector's; NUL first if it has none */
	struct dg_fat_line lines[DG_FAT_LINES];
	struct dg_fat_walk file; /* where the last dg_fat_read() stopped */
	char why[160];
};

/* --- numbers, errors, reads (fat.c) --- */

static inline uint32_t dg_fat_get16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t dg_fat_get32(const uint8_t *p)
{
	return dg_fat_get16(p) | dg_fat_get16(p + 2) << 16;
}

/* Note what is wrong, for dg_fat_why(), and return `error`. */
int dg_fat_fail(struct dg_fat *fat, int error, const char *format, ...) DG_PRINTF(3, 4);
/* Through the caller's function. */
int dg_fat_read_volume(struct dg_fat *fat, uint64_t offset, void *buf, size_t len);

/* --- clusters (fat-chain.c) --- */

static inline bool dg_fat_cluster_exists(const struct dg_fat *fat, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < fat->info.clusters;
}

static inline uint64_t dg_fat_cluster_at(const struct dg_fat *fat, uint32_t cluster)
{
	return fat->data_at + (uint64_t)(cluster - 2) * fat->info.cluster_size;
}

/* What the FAT holds for `cluster`. */
int dg_fat_read_table(struct dg_fat *fat, uint32_t cluster, uint32_t *ret);

/* Stand on a chain's first cluster. What the walk held is freed. */
void dg_fat_walk_start(struct dg_fat_walk *walk, uint32_t start);
/* Go to the next cluster, or note that there is none. */
int dg_fat_walk_step(struct dg_fat *fat, struct dg_fat_walk *walk);
/*
 * Take up to `want` neighbouring clusters from where `walk` stands. It is left on the
 * last one of `want`, else on the first that is no neighbour, or at the chain's end.
 */
int dg_fat_walk_run(struct dg_fat *fat, struct dg_fat_walk *walk, uint32_t want,
		    uint32_t *ret_first, uint32_t *ret_count);

/* --- names (fat-name.c) --- */

struct dg_fat_long {
	uint16_t units[DG_FAT_LONG_PARTS * DG_FAT_PART_UNITS];
	unsigned parts, awaited; /* the parts come last to first; 0 parts: none */
	uint8_t sum;
};

/* One byte of an 8.3 name or label, as UTF-8; its length. */
size_t dg_fat_put_byte(char *out, uint8_t c, bool lower);
/* The 8.3 name; byte 12 has Windows NT's flags for a base or extension in lower case. */
void dg_fat_decode_short(const uint8_t *raw, char out[DG_FAT_ALIAS]);
/* Take in an entry that is part of a long name. */
void dg_fat_feed_long(struct dg_fat_long *name, const uint8_t *raw);
/* The long name that was fed, if it is whole and belongs to the 8.3 entry `raw`. */
bool dg_fat_decode_long(const struct dg_fat_long *name, const uint8_t *raw,
			char out[DG_FAT_NAME]);
struct dg_fat_node dg_fat_decode_node(const struct dg_fat *fat, const uint8_t *raw);

/* --- reading a directory (fat-reader.c) --- */

struct dg_fat_reader {
	struct dg_fat *fat;
	struct dg_fat_walk walk;
	uint8_t *run; /* the clusters that were read last */
	size_t len, at;
	uint32_t clusters_left; /* until DG_FAT_DIR_MAX */
	bool fixed, started;
	/* Of the entry that dg_fat_reader_next() came to: */
	struct dg_fat_long long_name;
	char name[DG_FAT_NAME], alias[DG_FAT_ALIAS];
	struct dg_fat_node node;
};

/* `dir` needs dg_fat_reader_close() even if this fails. */
int dg_fat_reader_open(struct dg_fat_reader *dir, struct dg_fat *fat,
		       const struct dg_fat_node *node);
void dg_fat_reader_close(struct dg_fat_reader *dir);
/* The next entry as stored; `*ret` is NULL at the end. */
int dg_fat_reader_next_raw(struct dg_fat_reader *dir, const uint8_t **ret);
/* Go to the next file or directory. */
int dg_fat_reader_next(struct dg_fat_reader *dir, bool *ret_found);
