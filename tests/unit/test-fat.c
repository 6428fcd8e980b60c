/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two kinds of image: real ones, made by mkfs.vfat and filled by mtools, whose every file
 * must read back; and a tiny FAT12 volume in memory, damaged on purpose.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/parse/fat.h"

/* What the reader reads: a block of memory or a file. */
struct volume {
	const uint8_t *data;
	size_t len;
	int fd;
	unsigned reads;
	uint64_t bytes;
};

static int volume_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
	struct volume *volume = ctx;

	volume->reads++;
	volume->bytes += len;
	if (!volume->data)
		return pread(volume->fd, buf, len, offset) == (ssize_t)len ? 0 : -EIO;
	if (offset > volume->len || len > volume->len - offset)
		return -ENODATA;
	memcpy(buf, volume->data + offset, len);
	return 0;
}

/* A volume in memory: 512-byte clusters, one FAT of one sector, 16 entries in the root.
 */
enum {
	TINY_FAT = 512,
	TINY_ROOT = 1024,
	TINY_DATA = 1536,
	TINY_CLUSTERS = 64,
	TINY_SIZE = TINY_DATA + TINY_CLUSTERS * 512,
};

static void put16(uint8_t *p, unsigned v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static uint8_t *tiny_new(void)
{
	uint8_t *b = calloc(1, TINY_SIZE);

	assert_non_null(b);
	memcpy(b, "\xeb\x3c\x90mkfs.fat", 11);
	put16(b + 0x0b, 512);
	b[0x0d] = 1;
	put16(b + 0x0e, 1);
	b[0x10] = 1;
	put16(b + 0x11, 16);
	put16(b + 0x13, TINY_SIZE / 512);
	b[0x15] = 0xf8;
	put16(b + 0x16, 1);
	b[0x26] = 0x29;
	memcpy(b + 0x27, "\x2e\xbe\xfa\xceNO NAME    FAT12   ", 4 + 11 + 8);
	put16(b + 510, 0xaa55);
	memcpy(b + TINY_FAT, "\xf8\xff\xff", 3);
	return b;
}

static void tiny_link(uint8_t *b, unsigned cluster, unsigned next)
{
	uint8_t *p = b + TINY_FAT + cluster * 12 / 8;

	if (cluster & 1)
		put16(p, (p[0] & 0x0f) | next << 4);
	else
		put16(p, (p[1] & 0xf0) << 8 | next);
}

static uint8_t *tiny_entry(uint8_t *p, const char *name, unsigned attr, unsigned cluster,
			   unsigned size)
{
	memcpy(p, name, 11);
	p[11] = attr;
	put16(p + 24, (2024 - 1980) << 9 | 2 << 5 | 29);
	put16(p + 22, 12 << 11 | 34 << 5 | 56 / 2);
	put16(p + 26, cluster);
	put16(p + 28, size);
	put16(p + 30, size >> 16);
	return p + 32;
}

static uint8_t sum_of(const char *name)
{
	uint8_t sum = 0;
	size_t i;

	for (i = 0; i < 11; i++)
		sum = ((sum & 1) << 7 | sum >> 1) + name[i];
	return sum;
}

/* The parts of a long name, to stand before the entry of `owner`. */
static uint8_t *tiny_long(uint8_t *p, const uint16_t *units, size_t n, const char *owner)
{
	size_t parts = (n + 12) / 13, part, i, at;

	for (part = parts; part > 0; part--, p += 32) {
		memset(p, 0, 32);
		p[0] = part | (part == parts ? 0x40 : 0);
		p[11] = 0x0f;
		p[13] = sum_of(owner);
		for (i = 0; i < 13; i++) {
			at = (part - 1) * 13 + i;
			put16(p + (i < 5    ? 1 + 2 * i
				   : i < 11 ? 4 + 2 * i
					    : 6 + 2 * i),
			      at < n	? units[at]
			      : at == n ? 0
					: 0xffff);
		}
	}
	return p;
}

static struct dg_fat *tiny_open(struct volume *volume, const uint8_t *b)
{
	struct dg_fat *fat = NULL;

	*volume = (struct volume){.data = b, .len = TINY_SIZE};
	assert_int_equal(dg_fat_open(volume_read, volume, TINY_SIZE, &fat, NULL), 0);
	return fat;
}

static void test_times(void **state)
{
	static const struct {
		unsigned date, time;
		int64_t mtime;
	} cases[] = {
		{.date = (2024 - 1980) << 9 | 2 << 5 | 29,
		 .time = 12 << 11 | 34 << 5 | 28,
		 .mtime = 1709210096},
		{.date = 1 << 5 | 1, .time = 0, .mtime = 315532800},
		{.date = 127 << 9 | 12 << 5 | 31,
		 .time = 23 << 11 | 59 << 5 | 29,
		 .mtime = 4354819198},
		{.date = (2100 - 1980) << 9 | 3 << 5 | 1, .time = 0, .mtime = 4107542400},
		{.date = 0, .time = 0, .mtime = 0},
		{.date = 13 << 5 | 1, .time = 0, .mtime = 0},
		{.date = 4 << 5 | 31, .time = 0, .mtime = 0},
		{.date = 1 << 5 | 1, .time = 24 << 11, .mtime = 0},
		{.date = 1 << 5 | 1, .time = 60 << 5, .mtime = 0},
		{.date = 1 << 5 | 1, .time = 30, .mtime = 0},
	};
	DG_FREE uint8_t *b = tiny_new();
	size_t i;

	(void)state;
	tiny_entry(b + TINY_ROOT, "A          ", 0x20, 0, 0);
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		struct dg_fat_node node;
		struct volume volume;

		put16(b + TINY_ROOT + 24, cases[i].date);
		put16(b + TINY_ROOT + 22, cases[i].time);
		fat = tiny_open(&volume, b);
		assert_int_equal(dg_fat_lookup(fat, "a", &node), 0);
		assert_int_equal(node.mtime, cases[i].mtime);
		assert_int_equal(node.size, 0);
		assert_false(node.directory);
	}
}

/* Sectors that are not FAT, and FAT that is broken: byte, its value, the result. */
static void test_probe(void **state)
{
	static const struct {
		unsigned at, value;
		bool bare; /* without the text "FAT12" */
		int result;
	} cases[] = {
		{.at = 0, .value = 0xeb},
		{.at = 0, .value = 0xeb, .bare = true},
		{.at = 0, .value = 0xe9, .bare = true},
		{.at = 0, .value = 0x33, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0, .value = 0x33, .result = -EBADMSG},
		{.at = 2, .value = 0x00, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 510, .value = 0x54, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 510, .value = 0x54, .result = -EBADMSG},
		{.at = 0x0b, .value = 0x01, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x0c, .value = 0x00, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x0c, .value = 0x20, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x0d, .value = 0x00, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x0d, .value = 0x03, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x0e, .value = 0x00, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x10, .value = 0x00, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x15, .value = 0x00, .bare = true, .result = -EMEDIUMTYPE},
		{.at = 0x15, .value = 0xf1, .result = -EBADMSG},
		/* not one whole cluster */
		{.at = 0x0d, .value = 0x80, .bare = true, .result = -EBADMSG},
		/* all sectors are reserved */
		{.at = 0x0f, .value = 0x01, .bare = true, .result = -EBADMSG},
		/* all sectors are FATs */
		{.at = 0x10, .value = 0xff, .bare = true, .result = -EBADMSG},
		/* no root directory */
		{.at = 0x11, .value = 0x00, .bare = true, .result = -EBADMSG},
		/* larger than the device */
		{.at = 0x14, .value = 0x01, .bare = true, .result = -EBADMSG},
		/* FAT32 then, and all its fields are 0 */
		{.at = 0x16, .value = 0x00, .bare = true, .result = -EBADMSG},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE uint8_t *b = tiny_new();
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		DG_FREE char *why = NULL;
		struct volume volume = {.data = b, .len = TINY_SIZE};

		if (cases[i].bare)
			memset(b + 0x36, 0, 8);
		b[cases[i].at] = cases[i].value;
		assert_int_equal(dg_fat_open(volume_read, &volume, TINY_SIZE, &fat, &why),
				 cases[i].result);
		assert_int_equal(!!fat, cases[i].result == 0);
		assert_int_equal(!!why, cases[i].result != 0);
		assert_int_equal(volume.reads, 1);
	}
}

static void test_other_sectors(void **state)
{
	static const struct {
		size_t len;
		const char *start;
		bool signature;
	} cases[] = {
		{.len = 0, .start = ""}, /* zeroed; ext4, whose superblock is at 1024 */
		{.len = 0,
		 .start = "",
		 .signature = true}, /* a partition table without boot code */
		{.len = 3,
		 .start = "\xeb\x63\x90",
		 .signature = true}, /* GRUB's boot code in front of one */
		{.len = 4, .start = "XFSB"},
		{.len = 11, .start = "\xeb\x52\x90NTFS    ", .signature = true},
		{.len = 11,
		 .start = "\xeb\x76\x90"
			  "EXFAT   ",
		 .signature = true},
		{.len = 6, .start = "LUKS\xba\xbe"},
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		uint8_t b[1024] = {0};
		struct volume volume = {.data = b, .len = sizeof(b)};
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		DG_FREE char *why = NULL;

		memcpy(b, cases[i].start, cases[i].len);
		if (cases[i].signature)
			put16(b + 510, 0xaa55);
		assert_int_equal(dg_fat_open(volume_read, &volume, 0, &fat, &why),
				 -EMEDIUMTYPE);
		assert_non_null(why);
	}
	for (i = 0; i < 2000; i++) { /* noise */
		uint8_t b[512];
		struct volume volume = {.data = b, .len = sizeof(b)};
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;

		for (n = 0; n < sizeof(b); n++)
			b[n] = (i * 2654435761u + n * 40503u + (n * n * i >> 3)) >> 5;
		assert_int_equal(dg_fat_open(volume_read, &volume, 0, &fat, NULL),
				 -EMEDIUMTYPE);
	}
}

/* Every cut of an image: an error of the reading function comes through. */
static void test_truncated(void **state)
{
	DG_FREE uint8_t *b = tiny_new();
	size_t len;

	(void)state;
	tiny_link(b, 2, 0xfff);
	tiny_entry(b + TINY_ROOT, "D          ", 0x10, 2, 0);
	tiny_entry(b + TINY_DATA, "A          ", 0x20, 3, 100);
	for (len = 0; len <= TINY_DATA + 1024; len += len < 600 ? 1 : 64) {
		struct volume volume = {.data = b, .len = len};
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		struct dg_fat_node node;
		uint8_t buf[100];
		size_t n;
		int r;

		r = dg_fat_open(volume_read, &volume, 0, &fat, NULL);
		if (r == 0)
			r = dg_fat_lookup(fat, "D/A", &node);
		if (r == 0)
			r = dg_fat_read(fat, &node, 0, buf, sizeof(buf), &n);
		assert_int_equal(r, len >= TINY_DATA + 512 + 100 ? 0 : -ENODATA);
	}
}

static void test_identity(void **state)
{
	DG_FREE uint8_t *b = tiny_new();
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL, *other = NULL, *third = NULL;
	DG_FREE char *label = NULL, *boot_label = NULL;
	const struct dg_fat_info *info;
	struct volume volume;

	(void)state;
	fat = tiny_open(&volume, b);
	info = dg_fat_get_info(fat);
	assert_int_equal(info->bits, 12);
	assert_string_equal(info->serial, "CEFA-BE2E");
	assert_false(info->dirty);
	assert_int_equal(info->total_bytes, TINY_SIZE);
	assert_int_equal(info->cluster_size, 512);
	assert_int_equal(info->clusters, TINY_CLUSTERS);
	assert_int_equal(dg_fat_read_label(fat, &label), -ENODATA);
	memcpy(b + 0x2b, "BOOT LABEL ", 11);
	memset(b + 0x27, 0, 4);
	b[0x25] = 1;
	other = tiny_open(&volume, b);
	assert_true(dg_fat_get_info(other)->dirty);
	assert_string_equal(dg_fat_get_info(other)->serial, "");
	assert_int_equal(dg_fat_read_label(other, &boot_label), 0);
	assert_string_equal(boot_label, "BOOT LABEL");
	tiny_entry(b + TINY_ROOT, "\xe5OST       ", 0x08, 0, 0);
	tiny_entry(b + TINY_ROOT + 32, "ROOT \x99     ", 0x28, 0, 0);
	third = tiny_open(&volume, b);
	assert_int_equal(dg_fat_read_label(third, &label), 0);
	assert_string_equal(label, "ROOT \xef\xbf\xbd");
}

/* One entry, perhaps with a long name before it, and the name that it should have. */
static void test_names(void **state)
{
	static const struct {
		const char *raw, *name;
		unsigned flags, n;
		uint16_t units[30];
		const char *sum_of; /* NULL: of raw */
	} cases[] = {
		{.raw = "README  TXT", .name = "README.TXT"},
		{.raw = "README  TXT", .name = "readme.TXT", .flags = 0x08},
		{.raw = "README  TXT", .name = "README.txt", .flags = 0x10},
		{.raw = "README  TXT", .name = "readme.txt", .flags = 0x18},
		{.raw = "A B        ", .name = "A B"},
		{.raw = "\x05"
			"A         ",
		 .name = "\xef\xbf\xbd"
			 "A"},
		{.raw = "A/B     \x80"
			"\x01 ",
		 .name = "A\xef\xbf\xbd"
			 "B.\xef\xbf\xbd\xef\xbf\xbd"},
		{.raw = "        .  ", .name = "\xef\xbf\xbd.\xef\xbf\xbd"},
		{.raw = "...        ", .name = "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{.raw = "           ", .name = "\xef\xbf\xbd"},
		{.raw = "A          ", .name = "Bc", .n = 2, .units = {'B', 'c'}},
		{.raw = "A          ",
		 .name = "A",
		 .n = 2,
		 .units = {'B', 'c'},
		 .sum_of = "B          "},
		{.raw = "A          ",
		 .name = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82",
		 .n = 4,
		 .units = {0xe4, 0x20ac, 0xd83d, 0xde42}},
		{.raw = "A          ",
		 .name = "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd",
		 .n = 4,
		 .units = {0xde42, 'x', 0xd83d, 0xd83d}},
		{.raw = "A          ",
		 .name = "..\xef\xbf\xbd"
			 "etc",
		 .n = 6,
		 .units = {'.', '.', '/', 'e', 't', 'c'}},
		{.raw = "A          ",
		 .name = "\xef\xbf\xbd[",
		 .n = 2,
		 .units = {27, '['}},
		{.raw = "A          ", .name = "A", .n = 2, .units = {'.', '.'}},
		{.raw = "A          ", .name = "A", .n = 1, .units = {'.'}},
		{.raw = "A          ", .name = "A", .n = 1, .units = {0}},
		{.raw = "A          ",
		 .name = "thirteen-long",
		 .n = 13,
		 .units = {'t', 'h', 'i', 'r', 't', 'e', 'e', 'n', '-', 'l', 'o', 'n',
			   'g'}},
		{.raw = "A          ",
		 .name = "fourteen-longs",
		 .n = 14,
		 .units = {'f', 'o', 'u', 'r', 't', 'e', 'e', 'n', '-', 'l', 'o', 'n',
			   'g', 's'}},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE uint8_t *b = tiny_new();
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
		struct dg_fat_node root, node;
		struct volume volume;
		uint8_t *p;

		p = tiny_long(b + TINY_ROOT, cases[i].units, cases[i].n,
			      cases[i].sum_of ? cases[i].sum_of : cases[i].raw);
		tiny_entry(p, cases[i].raw, 0x20, 0, 0)[-32 + 12] = cases[i].flags;
		fat = tiny_open(&volume, b);
		assert_int_equal(dg_fat_lookup(fat, "/", &root), 0);
		assert_int_equal(dg_fat_list(fat, &root, &dir), 0);
		assert_int_equal(dir->n, 1);
		assert_string_equal(dir->entries[0].name, cases[i].name);
		assert_int_equal(dg_fat_lookup(fat, cases[i].name, &node), 0);
		assert_int_equal(volume.reads, 3);
	}
}

/* A long name of as many units as fit, one more than may be, and parts out of order. */
static void test_long_name_limits(void **state)
{
	static const struct {
		size_t units;
		int spoil; /* entry whose number is changed; -1: none */
		bool taken;
	} cases[] = {
		{.units = 100, .spoil = -1, .taken = true},
		{.units = 255, .spoil = -1, .taken = true},
		{.units = 256, .spoil = -1},
		{.units = 260, .spoil = -1},
		{.units = 261, .spoil = -1},
		{.units = 100, .spoil = 0},
		{.units = 100, .spoil = 3},
		{.units = 100, .spoil = 7},
	};
	uint16_t units[300];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(units); i++)
		units[i] = 0x20ac; /* 3 bytes of UTF-8 */
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE uint8_t *b = tiny_new();
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
		struct dg_fat_node node;
		struct volume volume;
		uint8_t *p;

		tiny_entry(b + TINY_ROOT, "D          ", 0x10, 2, 0);
		tiny_link(b, 2, 3);
		tiny_link(b, 3, 0xfff);
		p = tiny_long(b + TINY_DATA, units, cases[i].units, "A          ");
		tiny_entry(p, "A          ", 0x20, 0, 0);
		if (cases[i].spoil >= 0)
			b[TINY_DATA + 32 * cases[i].spoil] ^= 0x10;
		fat = tiny_open(&volume, b);
		assert_int_equal(dg_fat_lookup(fat, "d", &node), 0);
		assert_int_equal(dg_fat_list(fat, &node, &dir), 0);
		assert_int_equal(dir->n, 1);
		assert_int_equal(strlen(dir->entries[0].name),
				 cases[i].taken ? cases[i].units * 3 : 1);
	}
}

static void test_skipped_entries(void **state)
{
	static const uint16_t units[] = {'l', 'o', 'n', 'g'};
	static const struct dg_fat_node root = {.cluster = DG_FAT_ROOT,
						.directory = true};
	DG_FREE uint8_t *b = tiny_new();
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
	DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
	struct dg_fat_node node;
	struct volume volume;
	uint8_t *p = b + TINY_ROOT;

	(void)state;
	p = tiny_entry(p, "LABEL      ", 0x08, 0, 0);
	p = tiny_entry(p, ".          ", 0x10, 0, 0);
	p = tiny_entry(p, "..         ", 0x10, 0, 0);
	p = tiny_long(p, units, 4, "B          ");
	p = tiny_entry(p, "\xe5          ", 0x20, 0, 0);
	p = tiny_entry(p, "B          ", 0x20, 0, 0); /* the long name is not its own */
	p = tiny_entry(p, "BROKEN     ", 0x10, 0, 9);
	p += 32; /* the end */
	tiny_entry(p, "AFTER      ", 0x20, 0, 0);
	fat = tiny_open(&volume, b);
	assert_int_equal(dg_fat_list(fat, &root, &dir), 0);
	assert_int_equal(dir->n, 2);
	assert_string_equal(dir->entries[0].name, "B");
	assert_string_equal(dir->entries[1].name, "BROKEN");
	assert_int_equal(dir->entries[1].node.size, 0);
	assert_int_equal(dg_fat_lookup(fat, "AFTER", &node), -ENOENT);
	assert_int_equal(dg_fat_lookup(fat, ".", &node), -ENOENT);
	assert_int_equal(dg_fat_lookup(fat, "..", &node), -ENOENT);
	assert_int_equal(dg_fat_lookup(fat, "B/x", &node), -ENOTDIR);
	assert_int_equal(dg_fat_lookup(fat, "broken/x", &node), -EBADMSG);
	assert_string_equal(dg_fat_why(fat),
			    "a directory's first cluster 0 does not exist");
}

/* A file at cluster 2 and one link of its chain, 2 -> 3 -> 4 -> end, that is changed. */
static void test_chains(void **state)
{
	static const struct {
		unsigned size, cluster, next;
		int result;
		const char *why;
	} cases[] = {
		{.size = 1536, .cluster = 4, .next = 0xfff, .why = ""},
		{.size = 1536, .cluster = 4, .next = 0xff8, .why = ""},
		{.size = 1535,
		 .cluster = 4,
		 .next = 5,
		 .why = ""}, /* longer than the size: allocated in advance */
		{.size = 1537,
		 .cluster = 4,
		 .next = 0xfff,
		 .result = -EBADMSG,
		 .why = "the cluster chain from 2 is shorter than its 1537 bytes"},
		{.size = 1536,
		 .cluster = 3,
		 .next = 2,
		 .result = -EBADMSG,
		 .why = "the cluster chain from 2 loops at cluster 2"},
		{.size = 1536,
		 .cluster = 3,
		 .next = 3,
		 .result = -EBADMSG,
		 .why = "the cluster chain from 2 loops at cluster 3"},
		{.size = 1536,
		 .cluster = 2,
		 .next = 2,
		 .result = -EBADMSG,
		 .why = "the cluster chain from 2 loops at cluster 2"},
		{.size = 1536,
		 .cluster = 3,
		 .next = 0,
		 .result = -EBADMSG,
		 .why = "cluster 3 is followed by a free one (0x0)"},
		{.size = 1536,
		 .cluster = 3,
		 .next = 1,
		 .result = -EBADMSG,
		 .why = "cluster 3 is followed by one that does not exist (0x1)"},
		{.size = 1536,
		 .cluster = 3,
		 .next = TINY_CLUSTERS + 2,
		 .result = -EBADMSG,
		 .why = "cluster 3 is followed by one that does not exist (0x42)"},
		{.size = 1536,
		 .cluster = 3,
		 .next = 0xff7,
		 .result = -EBADMSG,
		 .why = "cluster 3 is followed by a bad one (0xff7)"},
		{.size = 1536,
		 .cluster = 3,
		 .next = 0xff6,
		 .result = -EBADMSG,
		 .why = "cluster 3 is followed by one that does not exist (0xff6)"},
		{.size = 0xffffffff,
		 .cluster = 4,
		 .next = 2,
		 .result = -EBADMSG,
		 .why = "the cluster chain from 2 loops at cluster 2"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE uint8_t *b = tiny_new();
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		static uint8_t buf[TINY_SIZE];
		struct dg_fat_node node;
		struct volume volume;
		size_t n;

		tiny_entry(b + TINY_ROOT, "A          ", 0x20, 2, cases[i].size);
		tiny_link(b, 2, 3);
		tiny_link(b, 3, 4);
		tiny_link(b, 4, 0xfff);
		tiny_link(b, 5, 0xfff);
		tiny_link(b, cases[i].cluster, cases[i].next);
		fat = tiny_open(&volume, b);
		assert_int_equal(dg_fat_lookup(fat, "A", &node), 0);
		assert_int_equal(dg_fat_read(fat, &node, 0, buf, sizeof(buf), &n),
				 cases[i].result);
		assert_string_equal(dg_fat_why(fat), cases[i].why);
		/* Its first cluster is sound. */
		assert_int_equal(dg_fat_read(fat, &node, 5, buf, 50, &n), 0);
		assert_int_equal(n, 50);
	}
}

static void test_directory_chains(void **state)
{
	static const struct {
		unsigned next;
		int result;
	} cases[] = {
		{.next = 0xfff},
		{.next = 2, .result = -EBADMSG},
		{.next = 3, .result = -EBADMSG},
		{.next = 0, .result = -EBADMSG},
		{.next = 0xff7, .result = -EBADMSG},
	};
	DG_FREE uint8_t *b = tiny_new();
	size_t i;

	(void)state;
	tiny_entry(b + TINY_ROOT, "D          ", 0x10, 2, 0);
	for (i = 0; i < 32; i++)
		tiny_entry(b + TINY_DATA + i * 32, "A          ", 0x20, 0, 0);
	tiny_link(b, 2, 3);
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
		struct dg_fat_node node;
		struct volume volume;

		tiny_link(b, 3, cases[i].next);
		fat = tiny_open(&volume, b);
		assert_int_equal(dg_fat_lookup(fat, "D", &node), 0);
		assert_int_equal(dg_fat_list(fat, &node, &dir), cases[i].result);
		assert_int_equal(dir ? dir->n : 0, cases[i].result ? 0 : 32);
	}
}

static void test_chain_starts(void **state)
{
	static const unsigned starts[] = {0, 1, TINY_CLUSTERS + 2, 0xffff};
	DG_FREE uint8_t *b = tiny_new();
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = tiny_open(&(struct volume){0}, b);
	char *text = NULL;
	uint8_t byte;
	size_t i, n = 7;

	(void)state;
	for (i = 0; i < DG_COUNT(starts); i++) {
		struct dg_fat_node node = {.cluster = starts[i], .size = 1};

		assert_int_equal(dg_fat_read(fat, &node, 0, &byte, 1, &n), -EBADMSG);
		node.directory = true;
		assert_int_equal(dg_fat_list(fat, &node, NULL), -EBADMSG);
		assert_int_equal(dg_fat_read(fat, &node, 0, &byte, 1, &n), -EISDIR);
		assert_int_equal(dg_fat_read_file(fat, &node, 9, &text, &n), -EISDIR);
		node.directory = false;
		assert_int_equal(dg_fat_list(fat, &node, NULL), -ENOTDIR);
		assert_int_equal(n, 7);
		node.size = 0;
		assert_int_equal(dg_fat_read(fat, &node, 0, &byte, 1, &n), 0);
		assert_int_equal(n, 0);
		n = 7;
	}
}

static void test_free_and_links(void **state)
{
	DG_FREE uint8_t *b = tiny_new();
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL, *other = NULL;
	struct volume volume;
	uint64_t bytes = 0;

	(void)state;
	tiny_link(b, 2, 3);
	tiny_link(b, 3, 0xfff);
	tiny_link(b, 9, 0xff7);
	tiny_link(b, TINY_CLUSTERS + 1, 0xfff);
	fat = tiny_open(&volume, b);
	assert_int_equal(dg_fat_read_free(fat, DG_FAT_FREE_HINT, &bytes), -ENODATA);
	assert_int_equal(dg_fat_read_free(fat, DG_FAT_FREE_ANY, &bytes), 0);
	assert_int_equal(bytes, (TINY_CLUSTERS - 4) * 512);
	assert_int_equal(dg_fat_check_links(fat), 0);
	tiny_link(b, 40, 3);
	other = tiny_open(&volume, b);
	assert_int_equal(dg_fat_check_links(other), -EBADMSG);
	assert_string_equal(dg_fat_why(other), "two clusters are followed by cluster 3");
}

static void test_fingerprint(void **state)
{
	static const struct {
		unsigned at;
		bool seen;
	} cases[] = {
		{.at = 0x25, .seen = true},
		{.at = 0x27, .seen = true},
		{.at = TINY_FAT + 3, .seen = true},
		{.at = TINY_ROOT + 22, .seen = true},
		{.at = TINY_ROOT + 511, .seen = true},
		{.at = TINY_DATA},
	};
	DG_FREE uint8_t *b = tiny_new();
	struct volume volume;
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = tiny_open(&volume, b);
	uint64_t before, after;
	size_t i;

	(void)state;
	assert_int_equal(dg_fat_read_fingerprint(fat, &before), 0);
	for (i = 0; i < DG_COUNT(cases); i++) {
		b[cases[i].at] ^= 1;
		assert_int_equal(dg_fat_read_fingerprint(fat, &after), 0);
		assert_int_equal(before != after, cases[i].seen);
		b[cases[i].at] ^= 1;
	}
	assert_int_equal(dg_fat_read_fingerprint(fat, &after), 0);
	assert_true(before == after);
}

/* A directory in memory of `clusters` clusters of 32 KiB on FAT16, full of one file. */
static int list_large(unsigned clusters, size_t *ret_n, unsigned *ret_reads)
{
	enum { CLUSTER = 32768, ROOT = 1 + 17, DATA = ROOT + 1, COUNT = 4100 };
	size_t len = DATA * 512 + (clusters + 1) * CLUSTER, i;
	DG_FREE uint8_t *b = calloc(1, len);
	DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
	DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
	struct volume volume = {.data = b, .len = len};
	struct dg_fat_node node;
	DG_FREE uint8_t *tiny = tiny_new();
	int r;

	memcpy(b, tiny, 512);
	b[0x0d] = 64;
	put16(b + 0x13, 0);
	put16(b + 0x16, 17);
	put16(b + 0x20, (DATA + COUNT * 64) & 0xffff);
	put16(b + 0x22, (DATA + COUNT * 64) >> 16);
	tiny_entry(b + ROOT * 512, "D          ", 0x10, 2, 0);
	for (i = 0; i < clusters; i++)
		put16(b + 512 + (2 + i) * 2, i + 1 < clusters ? 3 + i : 0xffff);
	for (i = 0; i < clusters * (CLUSTER / 32); i++)
		tiny_entry(b + DATA * 512 + i * 32, "A          ", 0x20, 0, 0);
	assert_int_equal(dg_fat_open(volume_read, &volume, 0, &fat, NULL), 0);
	assert_int_equal(dg_fat_get_info(fat)->bits, 16);
	assert_int_equal(dg_fat_lookup(fat, "D", &node), 0);
	volume.reads = 0;
	r = dg_fat_list(fat, &node, &dir);
	*ret_reads = volume.reads;
	*ret_n = dir ? dir->n : 0;
	return r;
}

static void test_large_directory(void **state)
{
	unsigned reads;
	size_t n;

	(void)state;
	assert_int_equal(list_large(64, &n, &reads), 0);
	assert_int_equal(n, DG_FAT_DIR_MAX);
	assert_int_equal(reads, 2); /* FAT and directory */
	assert_int_equal(list_large(65, &n, &reads), -E2BIG);
}

/* Real volumes. */

static char *scratch; /* a directory; NULL where the tools are missing */

DG_PRINTF(1, 2)
static void run(const char *format, ...)
{
	DG_FREE char *command = NULL, *logged = NULL;
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&command, format, args) > 0);
	va_end(args);
	assert_true(asprintf(&logged, "cd '%s' && { %s; } >log 2>&1", scratch, command) >
		    0);
	if (system(logged) != 0)
		fail_msg("%s", logged);
}

static const struct {
	const char *options;
	unsigned kib, bits, cluster_size, sector_size;
} volumes[] = {
	{.options = "-F 12",
	 .kib = 1440,
	 .bits = 12,
	 .cluster_size = 512,
	 .sector_size = 512},
	{.options = "-F 12 -s 8",
	 .kib = 8192,
	 .bits = 12,
	 .cluster_size = 4096,
	 .sector_size = 512},
	{.options = "-F 16 -s 4",
	 .kib = 32768,
	 .bits = 16,
	 .cluster_size = 2048,
	 .sector_size = 512},
	{.options = "-F 16 -s 2 -S 2048 -f 1",
	 .kib = 65536,
	 .bits = 16,
	 .cluster_size = 4096,
	 .sector_size = 2048},
	{.options = "-F 32 -s 1",
	 .kib = 65536,
	 .bits = 32,
	 .cluster_size = 512,
	 .sector_size = 512},
	{.options = "-F 32 -s 8",
	 .kib = 300000,
	 .bits = 32,
	 .cluster_size = 4096,
	 .sector_size = 512},
	{.options = "-F 32 -s 1 -S 4096",
	 .kib = 270000,
	 .bits = 32,
	 .cluster_size = 4096,
	 .sector_size = 4096},
};

static const struct {
	const char *path;
	unsigned clusters, more; /* its size */
} sources[] = {
	{.path = "EFI/proxmox/6.8.4-2-pve/vmlinuz-6.8.4-2-pve",
	 .clusters = 37,
	 .more = 123},
	{.path = "EFI/proxmox/6.8.4-2-pve/initrd.img-6.8.4-2-pve",
	 .clusters = 20,
	 .more = 0},
	{.path = "loader/loader.conf", .clusters = 0, .more = 40},
	{.path = "loader/entries/proxmox-6.8.4-2-pve.conf", .clusters = 0, .more = 200},
	{.path = "empty", .clusters = 0, .more = 0},
	{.path = "one", .clusters = 0, .more = 1},
	{.path = "EXACT.BIN", .clusters = 1, .more = 0},
	{.path = "Mixed.Txt", .clusters = 2, .more = 511},
	{.path = "gr\xc3\xb6\xc3\x9f"
		 "e \xe6\x97\xa5\xe6\x9c\xac.txt",
	 .clusters = 1,
	 .more = 1},
	{.path = "a name of well over a hundred letters, which takes many entries of the "
		 "directory "
		 "that it is in, and reaches into its second cluster",
	 .clusters = 0,
	 .more = 9},
	{.path = "fragmented", .clusters = 25, .more = 7},
};

enum { PADS = 40, PADS_LEFT = PADS / 2 };

static void source_write(const char *path, size_t size, unsigned seed)
{
	struct timespec times[2] = {{.tv_sec = 1712315400 + 864246ll * seed}};
	DG_FREE char *name = NULL;
	uint32_t n = seed * 2654435761u;
	FILE *f;

	times[1] = times[0];
	assert_true(asprintf(&name, "%s/%s", scratch, path) > 0);
	f = fopen(name, "w");
	assert_non_null(f);
	for (; size; size--, n = n * 1664525 + 1013904223)
		fputc(n >> 24, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void sources_make(unsigned cluster_size)
{
	char path[256];
	size_t i;

	run("rm -rf src pads && mkdir -p pads src/EFI/proxmox/6.8.4-2-pve "
	    "src/loader/entries");
	for (i = 0; i < DG_COUNT(sources); i++) {
		snprintf(path, sizeof(path), "src/%s", sources[i].path);
		source_write(path, sources[i].clusters * cluster_size + sources[i].more,
			     i);
	}
	for (i = 0; i < PADS; i++) {
		snprintf(path, sizeof(path), "pads/PAD%02zu", i);
		source_write(path, cluster_size, 100 + i);
	}
}

/* Copy the pads, delete every second, and copy what then has to go into the gaps. */
static void volume_make(size_t which)
{
	DG_FREE char *image = NULL;
	uint64_t next = volumes[which].sector_size + 0x1ec;
	int fd;

	sources_make(volumes[which].cluster_size);
	run("rm -f img && mkfs.vfat -C %s -n 'PVE ESP' -i cefabe2e img %u",
	    volumes[which].options, volumes[which].kib);
	run("mcopy -m -i img pads/* :: && mdel -i img '::PAD?[02468]'");
	run("rm pads/PAD?[02468]");
	assert_true(asprintf(&image, "%s/img", scratch) > 0);
	fd = open(image, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	if (volumes[which].bits == 32) /* forget where the last free cluster was found */
		assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, next), 4);
	close(fd);
	run("mcopy -m -i img src/fragmented ::");
	run("mv src/fragmented pads && mcopy -s -m -i img src/* :: && mv pads/* src");
}

static int volume_open(struct volume *volume, struct dg_fat **ret)
{
	DG_FREE char *image = NULL, *why = NULL;
	int r;

	assert_true(asprintf(&image, "%s/img", scratch) > 0);
	*volume = (struct volume){.fd = open(image, O_RDONLY | O_CLOEXEC)};
	assert_true(volume->fd >= 0);
	r = dg_fat_open(volume_read, volume, lseek(volume->fd, 0, SEEK_END), ret, &why);
	if (r < 0)
		print_error("%s\n", why ? why : "?");
	return r;
}

/* Read in pieces, forwards and then back, and compare with the source. */
static void check_pieces(struct dg_fat *fat, const struct dg_fat_node *node,
			 const char *wanted)
{
	enum { STEP = 1789 };
	char buf[STEP];
	uint64_t at;
	size_t n;

	for (at = 0; at < node->size; at += STEP) {
		assert_int_equal(dg_fat_read(fat, node, at, buf, STEP, &n), 0);
		assert_int_equal(n, node->size - at < STEP ? node->size - at : STEP);
		assert_memory_equal(buf, wanted + at, n);
	}
	assert_int_equal(dg_fat_read(fat, node, node->size, buf, STEP, &n), 0);
	assert_int_equal(n, 0);
	for (at = node->size / STEP * STEP; at; at -= STEP) {
		assert_int_equal(dg_fat_read(fat, node, at - 1, buf, STEP, &n), 0);
		assert_memory_equal(buf, wanted + at - 1, n);
	}
}

static void check_file(struct dg_fat *fat, const char *path,
		       const struct dg_fat_node *node)
{
	DG_FREE char *name = NULL, *wanted = NULL, *text = NULL;
	struct dg_fat_node again;
	struct stat st;
	size_t n;
	int fd;

	assert_true(asprintf(&name, "%s/src/%s", scratch, path) > 0);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("%s is none of the sources", path);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(node->size, st.st_size);
	assert_int_equal(node->mtime, st.st_mtime);
	wanted = malloc(node->size + 1);
	assert_int_equal(read(fd, wanted, node->size), node->size);
	close(fd);
	assert_int_equal(dg_fat_read_file(fat, node, node->size, &text, &n), 0);
	assert_int_equal(n, node->size);
	assert_memory_equal(text, wanted, n);
	assert_int_equal(text[n], 0);
	if (n)
		assert_int_equal(dg_fat_read_file(fat, node, n - 1, &text, &n), -EFBIG);
	check_pieces(fat, node, wanted);
	assert_int_equal(dg_fat_lookup(fat, path, &again), 0);
	assert_int_equal(again.cluster, node->cluster);
}

static size_t check_tree(struct dg_fat *fat, const char *path)
{
	DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
	struct dg_fat_node node;
	size_t i, files = 0;

	assert_int_equal(dg_fat_lookup(fat, path, &node), 0);
	assert_int_equal(dg_fat_list(fat, &node, &dir), 0);
	for (i = 0; i < dir->n; i++) {
		DG_FREE char *name = NULL;

		assert_true(asprintf(&name, "%s%s%s", path, *path ? "/" : "",
				     dir->entries[i].name) > 0);
		if (dir->entries[i].node.directory) {
			files += check_tree(fat, name);
			continue;
		}
		check_file(fat, name, &dir->entries[i].node);
		files++;
	}
	return files;
}

/* What mdir says at its end: "... 1 234 567 bytes free". */
static uint64_t free_by_mdir(void)
{
	DG_FREE char *command = NULL;
	char line[256];
	uint64_t n = 0;
	const char *p;
	FILE *f;

	assert_true(asprintf(&command, "mdir -i '%s/img' ::", scratch) > 0);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "bytes free"))
			for (p = line, n = 0; *p != 'b'; p++)
				if (*p >= '0' && *p <= '9')
					n = n * 10 + (*p - '0');
	pclose(f);
	return n;
}

static void check_identity(struct dg_fat *fat, size_t which)
{
	const struct dg_fat_info *info = dg_fat_get_info(fat);
	DG_FREE char *label = NULL;
	uint64_t counted = 0, hint = 0;

	assert_int_equal(info->bits, volumes[which].bits);
	assert_int_equal(info->cluster_size, volumes[which].cluster_size);
	/* mkfs.vfat rounds down to a whole track. */
	assert_in_range(info->total_bytes, (volumes[which].kib - 64) * 1024ull,
			volumes[which].kib * 1024ull);
	assert_string_equal(info->serial, "CEFA-BE2E");
	assert_false(info->dirty);
	assert_int_equal(dg_fat_read_label(fat, &label), 0);
	assert_string_equal(label, "PVE ESP");
	assert_int_equal(dg_fat_check_links(fat), 0);
	assert_int_equal(dg_fat_read_free(fat, DG_FAT_FREE_SCAN, &counted), 0);
	assert_int_equal(counted, free_by_mdir());
	if (info->bits != 32)
		return;
	assert_int_equal(dg_fat_read_free(fat, DG_FAT_FREE_HINT, &hint), 0);
	assert_int_equal(hint, counted);
}

/* How many reads things cost on a volume that was just opened. */
static void check_costs(struct dg_fat *fat, struct volume *volume)
{
	DG_FREE char *text = NULL;
	struct dg_fat_node node;
	char head[4096];
	size_t n;

	assert_int_equal(volume->reads, 1);
	assert_int_equal(
		dg_fat_lookup(fat, "efi/PROXMOX/6.8.4-2-PVE/VMLINUZ-6.8.4-2-PVE", &node),
		0);
	assert_in_range(volume->reads, 5, 12);
	volume->reads = 0;
	assert_int_equal(dg_fat_read(fat, &node, 0, head, sizeof(head), &n), 0);
	assert_in_range(volume->reads, 1, 8);
	assert_int_equal(dg_fat_lookup(fat, "fragmented", &node), 0);
	volume->reads = 0;
	assert_int_equal(dg_fat_read_file(fat, &node, node.size, &text, &n), 0);
	assert_true(volume->reads > PADS_LEFT); /* else it is not fragmented */
}

static void test_real(void **state)
{
	size_t i;

	(void)state;
	if (!scratch) {
		print_message("skipped: mkfs.vfat or mtools is not here\n");
		skip();
	}
	for (i = 0; i < DG_COUNT(volumes); i++) {
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		struct volume volume;
		uint64_t before = 0, after = 1;

		volume_make(i);
		assert_int_equal(volume_open(&volume, &fat), 0);
		check_costs(fat, &volume);
		check_identity(fat, i);
		assert_int_equal(dg_fat_read_fingerprint(fat, &before), 0);
		assert_int_equal(check_tree(fat, ""), DG_COUNT(sources) + PADS_LEFT);
		assert_int_equal(dg_fat_read_fingerprint(fat, &after), 0);
		assert_true(before == after);
		run("mmd -i img ::NEW");
		assert_int_equal(dg_fat_read_fingerprint(fat, &after), 0);
		assert_true(before != after);
		close(volume.fd);
	}
}

static void test_real_large_root(void **state)
{
	static const char *const options[] = {"-F 12 -r 512", "-F 16 -s 1 -r 512",
					      "-F 32 -s 1"};
	static const unsigned kib[] = {1440, 16384, 40960};
	static const struct dg_fat_node root = {.cluster = DG_FAT_ROOT,
						.directory = true};
	char name[16];
	size_t i, k;

	(void)state;
	if (!scratch) {
		print_message("skipped: mkfs.vfat or mtools is not here\n");
		skip();
	}
	run("rm -rf src && mkdir src && cd src && for i in $(seq 100 499); do : >F$i; "
	    "done");
	for (i = 0; i < DG_COUNT(options); i++) {
		DG_CLEANUP(dg_fat_closep) struct dg_fat *fat = NULL;
		DG_CLEANUP(dg_fat_dir_freep) struct dg_fat_dir *dir = NULL;
		struct volume volume;

		run("rm -f img && mkfs.vfat -C %s img %u", options[i], kib[i]);
		run("mcopy -i img src/* ::");
		assert_int_equal(volume_open(&volume, &fat), 0);
		assert_int_equal(dg_fat_list(fat, &root, &dir), 0);
		assert_int_equal(dir->n, 400);
		for (k = 0; k < dir->n; k++) {
			snprintf(name, sizeof(name), "F%zu", 100 + k);
			assert_string_equal(dir->entries[k].name, name);
		}
		assert_in_range(volume.reads, 2, 4);
		close(volume.fd);
	}
}

static int scratch_make(void **state)
{
	static const char look[] = "for i in mkfs.vfat mcopy mdel mdir mmd; do "
				   "command -v $i || exit 1; done >/dev/null";
	DG_FREE char *path = NULL, *template = NULL;
	const char *dir = getenv("TMPDIR");

	(void)state;
	if (asprintf(&path, "%s:/usr/sbin:/sbin", getenv("PATH")) < 0 ||
	    asprintf(&template, "%s/test-fat-XXXXXX", dir ? dir : P_tmpdir) < 0)
		return -1;
	setenv("PATH", path, 1);
	setenv("LC_ALL", "C.UTF-8", 1); /* the names that mtools are given */
	setenv("TZ", "UTC", 1);
	setenv("MTOOLS_SKIP_CHECK", "1", 1);
	if (system(look) != 0) {
		print_message("mkfs.vfat (dosfstools) or mtools are missing: "
			      "no tests on real volumes\n");
		return 0;
	}
	scratch = mkdtemp(template);
	if (!scratch)
		return -1;
	template = NULL;
	return 0;
}

static int scratch_remove(void **state)
{
	DG_FREE char *command = NULL;

	(void)state;
	if (scratch && asprintf(&command, "rm -rf '%s'", scratch) > 0 &&
	    system(command) != 0)
		print_error("%s failed\n", command);
	free(scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_other_sectors),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_name_limits),
		cmocka_unit_test(test_skipped_entries),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_directory_chains),
		cmocka_unit_test(test_chain_starts),
		cmocka_unit_test(test_free_and_links),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_large_directory),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_real_large_root),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
