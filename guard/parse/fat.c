/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "guard/parse/fat.h"

#define BOOT_SIZE   512u
#define ENTRY_SIZE  32u
#define LINE_SIZE   4096u /* of the FAT cache; a multiple of every sector size */
#define LINE_COUNT  4u
#define LONG_PARTS  20u /* entries that one long name takes at most */
#define PART_UNITS  13u /* UTF-16 units in each */
#define LONG_MAX    255u
#define NAME_SIZE   (LONG_MAX * 3 + 1) /* as UTF-8, with a NUL */
#define ALIAS_SIZE  (11 * 3 + 1 + 1)   /* an 8.3 name likewise, with its dot */
#define REPLACEMENT 0xfffdu
#define CLUSTERS_12 4084u /* at most; one more makes it FAT16 */
#define CLUSTERS_16 65524u
#define CLUSTERS_32 0x0ffffff5u
#define FNV_START   0xcbf29ce484222325ull
#define FNV_PRIME   0x100000001b3ull

enum { ATTR_LABEL = 0x08, ATTR_DIRECTORY = 0x10, ATTR_LONG = 0x0f, ATTR_MASK = 0x3f };

/* The BIOS parameter block as it is stored, in sectors where nothing else is said. */
struct bpb {
	uint32_t sector_size, cluster_sectors, reserved, fats, root_entries, media;
	uint32_t sectors, fat_sectors;
	/* FAT32 only: */
	bool wide;
	uint32_t flags, root_cluster, info_sector;
};

struct fat_line {
	uint32_t number; /* UINT32_MAX: empty */
	uint8_t data[LINE_SIZE];
};

/* A place in a cluster chain. */
struct walk {
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
	struct fat_line lines[LINE_COUNT];
	struct walk file; /* where the last dg_fat_read() stopped */
	char why[160];
};

static uint32_t get16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | get16(p + 2) << 16;
}

DG_PRINTF(3, 4)
static int fail(struct dg_fat *fat, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fat->why, sizeof(fat->why), format, args);
	va_end(args);
	return error;
}

static int volume_read(struct dg_fat *fat, uint64_t offset, void *buf, size_t len)
{
	int r = fat->read(fat->ctx, offset, buf, len);

	return r > 0 ? -EIO : r;
}

/* The boot sector. */

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static void bpb_load(struct bpb *bpb, const uint8_t *b)
{
	*bpb = (struct bpb){
		.sector_size = get16(b + 0x0b),
		.cluster_sectors = b[0x0d],
		.reserved = get16(b + 0x0e),
		.fats = b[0x10],
		.root_entries = get16(b + 0x11),
		.sectors = get16(b + 0x13),
		.media = b[0x15],
		.fat_sectors = get16(b + 0x16),
	};
	if (!bpb->sectors)
		bpb->sectors = get32(b + 0x20);
	bpb->wide = !bpb->fat_sectors;
	if (!bpb->wide)
		return;
	bpb->fat_sectors = get32(b + 0x24);
	bpb->flags = get16(b + 0x28);
	bpb->root_cluster = get32(b + 0x2c);
	bpb->info_sector = get16(b + 0x30);
}

/* What makes it implausible that this is a FAT boot sector, or NULL. */
static const char *bpb_find_fault(const struct bpb *bpb, const uint8_t *b)
{
	if (b[510] != 0x55 || b[511] != 0xaa)
		return "no boot signature at byte 510";
	if (b[0] != 0xe9 && (b[0] != 0xeb || b[2] != 0x90))
		return "no jump at byte 0";
	if (!is_power_of_2(bpb->sector_size) || bpb->sector_size < 512 ||
	    bpb->sector_size > LINE_SIZE)
		return "bad sector size at byte 11";
	if (!is_power_of_2(bpb->cluster_sectors))
		return "bad cluster size at byte 13";
	if (!bpb->reserved)
		return "no reserved sectors at byte 14";
	if (!bpb->fats)
		return "no FATs at byte 16";
	if (bpb->media != 0xf0 && bpb->media < 0xf8)
		return "bad media type at byte 21";
	return NULL;
}

/* Whether the file system type that stands there as text is a FAT. */
static bool boot_claims_fat(const uint8_t *b)
{
	return !memcmp(b + 0x36, "FAT12   ", 8) || !memcmp(b + 0x36, "FAT16   ", 8) ||
	       !memcmp(b + 0x36, "FAT     ", 8) || !memcmp(b + 0x52, "FAT32   ", 8);
}

/* Where the tables, the root directory and the data stand. Returns the data's clusters.
 */
static int fat_lay_out(struct dg_fat *fat, const struct bpb *bpb, uint32_t *ret_clusters)
{
	uint32_t size = bpb->sector_size, active = 0;
	uint32_t root_bytes = bpb->root_entries * ENTRY_SIZE;
	uint64_t root = bpb->reserved + (uint64_t)bpb->fats * bpb->fat_sectors;
	uint64_t data = root + (root_bytes + size - 1) / size;

	if (!bpb->fat_sectors)
		return fail(fat, -EBADMSG, "the FAT's size is 0");
	if (!bpb->wide && !root_bytes)
		return fail(fat, -EBADMSG, "the root directory's size is 0");
	if (data + bpb->cluster_sectors > bpb->sectors)
		return fail(fat, -EBADMSG, "%u sectors are too few for the tables (%llu)",
			    bpb->sectors, (unsigned long long)data);
	if (bpb->wide && bpb->flags & 0x80) /* not mirrored: one of them is in use */
		active = bpb->flags & 0x0f;
	if (active >= bpb->fats)
		return fail(fat, -EBADMSG, "FAT %u of %u is in use", active, bpb->fats);
	fat->fat_bytes = (uint64_t)bpb->fat_sectors * size;
	fat->fat_at = bpb->reserved * (uint64_t)size + active * fat->fat_bytes;
	fat->root_at = root * size;
	fat->root_bytes = bpb->wide ? 0 : root_bytes;
	fat->data_at = data * size;
	if (bpb->wide && bpb->info_sector && bpb->info_sector < bpb->reserved)
		fat->info_at = bpb->info_sector * (uint64_t)size;
	*ret_clusters = (bpb->sectors - data) / bpb->cluster_sectors;
	return 0;
}

/*
 * The type follows from the layout and the number of clusters, as in Linux: mkfs.vfat
 * makes FAT32 volumes that the specification finds too small. A FAT too short for the
 * clusters limits them, also as in Linux.
 */
static int fat_count_clusters(struct dg_fat *fat, const struct bpb *bpb,
			      uint32_t clusters)
{
	unsigned bits = bpb->wide ? 32 : clusters > CLUSTERS_12 ? 16 : 12;
	uint64_t fat_entries = fat->fat_bytes * 8 / bits;

	if (fat_entries < 3)
		return fail(fat, -EBADMSG, "the FAT has no room for any cluster");
	if (clusters > fat_entries - 2)
		clusters = fat_entries - 2;
	if (clusters > (bpb->wide ? CLUSTERS_32 : CLUSTERS_16))
		return fail(fat, -EBADMSG, "%u clusters are too many for FAT%u", clusters,
			    bits);
	fat->info.bits = bits;
	fat->info.clusters = clusters;
	fat->root_cluster = bpb->root_cluster;
	if (bpb->wide && (bpb->root_cluster < 2 || bpb->root_cluster - 2 >= clusters))
		return fail(fat, -EBADMSG,
			    "the root directory's cluster %u does not exist",
			    bpb->root_cluster);
	return 0;
}

/* Serial number, label and state stand behind the BPB, whose length differs. */
static void fat_load_identity(struct dg_fat *fat, const uint8_t *boot)
{
	const uint8_t *ext = boot + (fat->info.bits == 32 ? 0x40 : 0x24);
	uint32_t serial = get32(ext + 3);

	fat->info.dirty = ext[1] & 1;
	/* Like blkid, which names the volume, whether the extension is signed or not. */
	if (serial)
		snprintf(fat->info.serial, sizeof(fat->info.serial), "%04X-%04X",
			 serial >> 16, serial & 0xffff);
	if (ext[2] == 0x29 && memcmp(ext + 7, "NO NAME    ", 11) != 0)
		memcpy(fat->label, ext + 7, 11);
}

static int fat_load(struct dg_fat *fat, uint64_t size)
{
	uint8_t boot[BOOT_SIZE];
	const char *fault;
	struct bpb bpb;
	uint32_t clusters = 0;
	int r;

	r = volume_read(fat, 0, boot, sizeof(boot));
	if (r < 0)
		return r;
	bpb_load(&bpb, boot);
	fault = bpb_find_fault(&bpb, boot);
	if (fault)
		return fail(fat, boot_claims_fat(boot) ? -EBADMSG : -EMEDIUMTYPE,
			    "boot sector: %s", fault);
	fat->info.total_bytes = (uint64_t)bpb.sectors * bpb.sector_size;
	fat->info.cluster_size = bpb.cluster_sectors * bpb.sector_size;
	if (size && fat->info.total_bytes > size)
		return fail(fat, -EBADMSG, "the volume's %llu bytes do not fit in %llu",
			    (unsigned long long)fat->info.total_bytes,
			    (unsigned long long)size);
	r = fat_lay_out(fat, &bpb, &clusters);
	if (r < 0)
		return r;
	r = fat_count_clusters(fat, &bpb, clusters);
	if (r < 0)
		return r;
	fat_load_identity(fat, boot);
	return 0;
}

int dg_fat_open(dg_fat_read_fn read, void *ctx, uint64_t size, struct dg_fat **ret,
		char **ret_why)
{
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = calloc(1, sizeof(*fat));
	unsigned i;
	int r;

	if (!fat)
		return -ENOMEM;
	fat->read = read;
	fat->ctx = ctx;
	for (i = 0; i < LINE_COUNT; i++)
		fat->lines[i].number = UINT32_MAX;
	r = fat_load(fat, size);
	if (ret_why && fat->why[0])
		*ret_why = strdup(fat->why);
	if (r < 0)
		return r;
	*ret = DG_STEAL(fat);
	return 0;
}

void dg_fat_close(struct dg_fat *fat)
{
	if (!fat)
		return;
	free(fat->file.seen);
	free(fat);
}

const struct dg_fat_info *dg_fat_get_info(const struct dg_fat *fat)
{
	return &fat->info;
}

const char *dg_fat_why(const struct dg_fat *fat)
{
	return fat->why;
}

/* The FAT and the chains in it. */

static bool cluster_exists(const struct dg_fat *fat, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < fat->info.clusters;
}

static uint64_t cluster_at(const struct dg_fat *fat, uint32_t cluster)
{
	return fat->data_at + (uint64_t)(cluster - 2) * fat->info.cluster_size;
}

/* One byte of the FAT, through the cache. */
static int table_get(struct dg_fat *fat, uint64_t at, uint8_t *ret)
{
	uint32_t number = at / LINE_SIZE, within = at % LINE_SIZE;
	struct fat_line *line = &fat->lines[number % LINE_COUNT];
	uint64_t left = fat->fat_bytes - (at - within);
	int r;

	if (line->number != number) {
		line->number = UINT32_MAX;
		r = volume_read(fat, fat->fat_at + (at - within), line->data,
				left < LINE_SIZE ? left : LINE_SIZE);
		if (r < 0)
			return r;
		line->number = number;
	}
	*ret = line->data[within];
	return 0;
}

/* What the FAT holds for `cluster`. */
static int table_read(struct dg_fat *fat, uint32_t cluster, uint32_t *ret)
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
	*ret = get32(raw) & 0x0fffffff;
	if (bits == 12)
		*ret = (cluster & 1 ? *ret >> 4 : *ret) & 0xfff;
	return 0;
}

static void walk_start(struct walk *walk, uint32_t start)
{
	free(walk->seen);
	*walk = (struct walk){.start = start, .cluster = start};
}

/* Note that the chain has come by `cluster`. One that came by before is a loop. */
static int walk_mark(struct dg_fat *fat, struct walk *walk, uint32_t cluster)
{
	uint8_t bit = 1u << (cluster - 2) % 8, *byte = walk->seen + (cluster - 2) / 8;

	if (*byte & bit)
		return fail(fat, -EBADMSG,
			    "the cluster chain from %u loops at cluster %u", walk->start,
			    cluster);
	*byte |= bit;
	return 0;
}

static int walk_step(struct dg_fat *fat, struct walk *walk)
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
	r = table_read(fat, walk->cluster, &next);
	if (r < 0)
		return r;
	if (next >= mask - 7) {
		walk->ended = true;
		return 0;
	}
	if (!cluster_exists(fat, next))
		return fail(fat, -EBADMSG, "cluster %u is followed by %s (0x%x)",
			    walk->cluster,
			    next == 0	       ? "a free one"
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
static int walk_run(struct dg_fat *fat, struct walk *walk, uint32_t want,
		    uint32_t *ret_first, uint32_t *ret_count)
{
	uint32_t first = walk->cluster, count = 1;
	int r;

	while (count < want) {
		r = walk_step(fat, walk);
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

/* Free space. */

static int fat_read_hint(struct dg_fat *fat, uint32_t *ret)
{
	uint8_t sector[BOOT_SIZE];
	int r;

	if (!fat->info_at || fat->info.dirty)
		return -ENODATA;
	r = volume_read(fat, fat->info_at, sector, sizeof(sector));
	if (r < 0)
		return r;
	if (get32(sector) != 0x41615252 || get32(sector + 0x1e4) != 0x61417272 ||
	    get32(sector + 0x1e8) > fat->info.clusters)
		return -ENODATA;
	*ret = get32(sector + 0x1e8);
	return 0;
}

static int fat_count_free(struct dg_fat *fat, uint32_t *ret)
{
	uint32_t i, value, n = 0;
	int r;

	if (fat->info.clusters > DG_FAT_SCAN_MAX)
		return fail(fat, -E2BIG, "%u clusters are too many to count",
			    fat->info.clusters);
	for (i = 0; i < fat->info.clusters; i++) {
		r = table_read(fat, i + 2, &value);
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
		return fail(fat, -E2BIG, "%u clusters are too many to check",
			    fat->info.clusters);
	seen = calloc(fat->info.clusters / 8 + 1, 1);
	if (!seen)
		return -ENOMEM;
	for (i = 0; i < fat->info.clusters; i++) {
		r = table_read(fat, i + 2, &next);
		if (r < 0)
			return r;
		if (!cluster_exists(fat, next))
			continue;
		bit = 1u << (next - 2) % 8;
		if (seen[(next - 2) / 8] & bit)
			return fail(fat, -EBADMSG,
				    "two clusters are followed by cluster %u", next);
		seen[(next - 2) / 8] |= bit;
	}
	return 0;
}

/* Names and times of directory entries. */

static size_t put_utf8(char *out, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = n - 1; i > 0; i--, c >>= 6)
		out[i] = 0x80 | (c & 0x3f);
	out[0] = n == 1 ? c : (0xf00u >> n & 0xf0) | c;
	return n;
}

/* One byte of an 8.3 name or label. What code page it is in, no one has written down. */
static size_t put_byte(char *out, uint8_t c, bool lower)
{
	if (c < 0x20 || c > 0x7e || c == '/')
		return put_utf8(out, REPLACEMENT);
	*out = lower && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	return 1;
}

static size_t put_padded(char *out, const uint8_t *raw, size_t len, bool lower)
{
	size_t n = 0, i;

	while (len && raw[len - 1] == ' ')
		len--;
	for (i = 0; i < len; i++) /* a dot cannot be part of it, and could make it ".." */
		n += raw[i] == '.' ? put_utf8(out + n, REPLACEMENT)
				   : put_byte(out + n, raw[i], lower);
	return n;
}

/* The 8.3 name; byte 12 has Windows NT's flags for a base or extension in lower case. */
static void short_decode(const uint8_t *raw, char out[ALIAS_SIZE])
{
	size_t n = put_padded(out, raw, 8, raw[12] & 0x08), ext;

	if (n == 0)
		n = put_utf8(out, REPLACEMENT);
	ext = put_padded(out + n + 1, raw + 8, 3, raw[12] & 0x10);
	if (ext) {
		out[n] = '.';
		n += 1 + ext;
	}
	out[n] = '\0';
}

struct long_name {
	uint16_t units[LONG_PARTS * PART_UNITS];
	unsigned parts, awaited; /* the parts come last to first; 0 parts: none */
	uint8_t sum;
};

static uint8_t short_checksum(const uint8_t *raw)
{
	uint8_t sum = 0;
	unsigned i;

	for (i = 0; i < 11; i++)
		sum = (uint8_t)((sum & 1) << 7 | sum >> 1) + raw[i];
	return sum;
}

static void long_feed(struct long_name *name, const uint8_t *raw)
{
	static const uint8_t places[PART_UNITS] = {1,  3,  5,  7,  9,  14, 16,
						   18, 20, 22, 24, 28, 30};
	unsigned part = raw[0] & 0x3f, i;

	if (raw[0] & 0x40) {
		name->parts = part <= LONG_PARTS ? part : 0;
		name->awaited = part;
		name->sum = raw[13];
	}
	if (!name->parts || !part || part != name->awaited || raw[13] != name->sum) {
		name->parts = 0;
		return;
	}
	for (i = 0; i < PART_UNITS; i++)
		name->units[(part - 1) * PART_UNITS + i] = get16(raw + places[i]);
	name->awaited--;
}

static uint32_t units_decode(const uint16_t *units, size_t len, size_t *at)
{
	uint32_t c = units[(*at)++];

	if (c < 0x20 || c == 0x7f || c == '/')
		return REPLACEMENT;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || *at == len || units[*at] < 0xdc00 || units[*at] > 0xdfff)
		return REPLACEMENT;
	return 0x10000 + ((c - 0xd800) << 10) + (units[(*at)++] - 0xdc00);
}

/* The long name that was fed, if it is whole and belongs to the 8.3 entry `raw`. */
static bool long_decode(const struct long_name *name, const uint8_t *raw,
			char out[NAME_SIZE])
{
	size_t len = 0, at = 0, n = 0;

	if (!name->parts || name->awaited || name->sum != short_checksum(raw))
		return false;
	while (len < name->parts * PART_UNITS && name->units[len])
		len++;
	if (len == 0 || len > LONG_MAX)
		return false;
	while (at < len)
		n += put_utf8(out + n, units_decode(name->units, len, &at));
	out[n] = '\0';
	return !dg_streq(out, ".") && !dg_streq(out, "..");
}

/* Days from 1970-01-01 to the given day, 1980 and later. */
static int64_t days_from_date(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[] = {0,   31,  59,	 90,  120, 151,
					  181, 212, 243, 273, 304, 334};
	unsigned leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	unsigned last = year - 1;

	return (year - 1970) * 365ll + (last / 4 - last / 100 + last / 400 - 477) +
	       before[month - 1] + (leap && month > 2) + (day - 1);
}

/* 7 bits year, 4 month, 5 day; 5 bits hour, 6 minute, 5 second / 2. */
static int64_t time_decode(uint32_t date, uint32_t clock)
{
	static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned month = date >> 5 & 15, day = date & 31;
	unsigned hour = clock >> 11, minute = clock >> 5 & 63, second = (clock & 31) * 2;

	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return 0;
	if (hour > 23 || minute > 59 || second > 59)
		return 0;
	return days_from_date(1980 + (date >> 9), month, day) * 86400 + hour * 3600 +
	       minute * 60 + second;
}

static struct dg_fat_node node_decode(const struct dg_fat *fat, const uint8_t *raw)
{
	struct dg_fat_node node = {
		.cluster = get16(raw + 26),
		.size = get32(raw + 28),
		.mtime = time_decode(get16(raw + 24), get16(raw + 22)),
		.directory = raw[11] & ATTR_DIRECTORY,
	};

	if (fat->info.bits == 32) /* elsewhere these bytes mean other things */
		node.cluster |= (get16(raw + 20) & 0xfff) << 16;
	if (node.directory)
		node.size = 0;
	return node;
}

/* Directories. */

struct dir_reader {
	struct dg_fat *fat;
	struct walk walk;
	uint8_t *run; /* the clusters that were read last */
	size_t len, at;
	uint32_t clusters_left; /* until DG_FAT_DIR_MAX */
	bool fixed, started;
	/* Of the entry that dir_next() came to: */
	struct long_name long_name;
	char name[NAME_SIZE], alias[ALIAS_SIZE];
	struct dg_fat_node node;
};

static void dir_close(struct dir_reader *dir)
{
	free(dir->walk.seen);
	free(dir->run);
}

/* `dir` needs dir_close() even if this fails. */
static int dir_open(struct dir_reader *dir, struct dg_fat *fat,
		    const struct dg_fat_node *node)
{
	uint32_t cluster = node->cluster;

	*dir = (struct dir_reader){.fat = fat};
	if (!node->directory)
		return -ENOTDIR;
	if (cluster == DG_FAT_ROOT) {
		dir->fixed = fat->info.bits != 32;
		cluster = fat->root_cluster;
	}
	if (!dir->fixed && !cluster_exists(fat, cluster))
		return fail(fat, -EBADMSG,
			    "a directory's first cluster %u does not exist", cluster);
	walk_start(&dir->walk, cluster);
	dir->clusters_left = DG_FAT_DIR_MAX * ENTRY_SIZE / fat->info.cluster_size;
	if (dir->clusters_left == 0)
		dir->clusters_left = 1;
	return 0;
}

static int dir_load(struct dir_reader *dir, uint64_t at, size_t len)
{
	uint8_t *run = realloc(dir->run, len);
	int r;

	if (!run)
		return -ENOMEM;
	dir->run = run;
	dir->len = dir->at = 0;
	r = volume_read(dir->fat, at, run, len);
	if (r < 0)
		return r;
	dir->len = len;
	return 0;
}

/* Load the next run; at the directory's end leave nothing to read. */
static int dir_fill(struct dir_reader *dir)
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
		r = walk_step(fat, &dir->walk);
		if (r < 0)
			return r;
		if (!dir->walk.ended)
			return fail(fat, -E2BIG,
				    "more than %u entries in the directory at cluster %u",
				    DG_FAT_DIR_MAX, dir->walk.start);
	}
	if (dir->walk.ended)
		return 0;
	r = walk_run(fat, &dir->walk, dir->clusters_left, &first, &count);
	if (r < 0)
		return r;
	dir->clusters_left -= count;
	return dir_load(dir, cluster_at(fat, first),
			(size_t)count * fat->info.cluster_size);
}

/* The next entry as stored; `*ret` is NULL at the end. */
static int dir_next_raw(struct dir_reader *dir, const uint8_t **ret)
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
	dir->at += ENTRY_SIZE;
	return 0;
}

static bool entry_is_dots(const uint8_t *raw)
{
	return !memcmp(raw, ".          ", 11) || !memcmp(raw, "..         ", 11);
}

/* Go to the next file or directory. */
static int dir_next(struct dir_reader *dir, bool *ret_found)
{
	const uint8_t *raw;
	int r;

	dir->long_name.parts = 0;
	for (;;) {
		r = dir_next_raw(dir, &raw);
		if (r < 0)
			return r;
		if (!raw) {
			*ret_found = false;
			return 0;
		}
		if (raw[0] != 0xe5 && (raw[11] & ATTR_MASK) == ATTR_LONG) {
			long_feed(&dir->long_name, raw);
			continue;
		}
		if (raw[0] != 0xe5 && !(raw[11] & ATTR_LABEL) && !entry_is_dots(raw))
			break;
		dir->long_name.parts = 0;
	}
	short_decode(raw, dir->alias);
	if (!long_decode(&dir->long_name, raw, dir->name))
		strcpy(dir->name, dir->alias);
	dir->node = node_decode(dir->fat, raw);
	*ret_found = true;
	return 0;
}

static bool entry_is_label(const uint8_t *raw)
{
	return raw[0] != 0xe5 && (raw[11] & ATTR_MASK) != ATTR_LONG &&
	       (raw[11] & (ATTR_LABEL | ATTR_DIRECTORY)) == ATTR_LABEL;
}

static char *label_decode(const uint8_t raw[11])
{
	char out[11 * 3 + 1];
	size_t len = 11, n = 0, i;

	while (len && raw[len - 1] == ' ')
		len--;
	for (i = 0; i < len; i++)
		n += put_byte(out + n, raw[i], false);
	return strndup(out, n);
}

int dg_fat_read_label(struct dg_fat *fat, char **ret)
{
	static const struct dg_fat_node root = {.cluster = DG_FAT_ROOT,
						.directory = true};
	DG_CLEANUP(dir_close) struct dir_reader dir = {0};
	DG_FREE char *label = NULL;
	const uint8_t *raw;
	int r;

	r = dir_open(&dir, fat, &root);
	if (r < 0)
		return r;
	do {
		r = dir_next_raw(&dir, &raw);
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
	DG_CLEANUP(dir_close) struct dir_reader dir = {0};
	bool found;
	int r;

	r = dir_open(&dir, fat, node);
	if (r < 0)
		return r;
	do {
		r = dir_next(&dir, &found);
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

static int list_add(struct dg_fat_dir *list, size_t *room, const struct dir_reader *dir)
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
	DG_CLEANUP(dir_close) struct dir_reader dir = {0};
	size_t room = 0;
	bool found;
	int r;

	r = dir_open(&dir, fat, node);
	if (r < 0)
		return r;
	list = calloc(1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (;;) {
		r = dir_next(&dir, &found);
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

/* Files. */

/* Bring fat->file to cluster number `index` of `node`, from where it is if that helps. */
static int file_seek(struct dg_fat *fat, const struct dg_fat_node *node, uint32_t index)
{
	struct walk *walk = &fat->file;
	int r;

	if (!cluster_exists(fat, node->cluster))
		return fail(fat, -EBADMSG, "a file's first cluster %u does not exist",
			    node->cluster);
	if (walk->start != node->cluster || walk->index > index)
		walk_start(walk, node->cluster);
	while (walk->index < index && !walk->ended) {
		r = walk_step(fat, walk);
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
			return fail(
				fat, -EBADMSG,
				"the cluster chain from %u is shorter than its %u bytes",
				node->cluster, node->size);
		r = walk_run(fat, &fat->file, ((uint64_t)within + len + size - 1) / size,
			     &first, &count);
		if (r < 0)
			return r;
		n = (size_t)count * size - within;
		if (n > len)
			n = len;
		r = volume_read(fat, cluster_at(fat, first) + within, buf, n);
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
			walk_start(&fat->file, 0);
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

/* Fingerprint. */

static int hash_add(struct dg_fat *fat, uint64_t at, uint64_t len, uint64_t *hash)
{
	uint8_t block[LINE_SIZE];
	size_t n, i;
	int r;

	for (; len; at += n, len -= n) {
		n = len < sizeof(block) ? len : sizeof(block);
		r = volume_read(fat, at, block, n);
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
		{.at = 0, .len = BOOT_SIZE},
		/* FAT16 and FAT32 keep dirty bits in entry 1. */
		{.at = fat->fat_at, .len = 8},
		{.at = fat->info_at, .len = fat->info_at ? BOOT_SIZE : 0},
		{.at = wide ? cluster_at(fat, fat->root_cluster) : fat->root_at,
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
