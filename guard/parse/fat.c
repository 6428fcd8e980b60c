/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a volume: what its boot sector says. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "guard/parse/fat-parts.h"

#define CLUSTERS_12 4084u /* at most; one more makes it FAT16 */
#define CLUSTERS_16 65524u
#define CLUSTERS_32 0x0ffffff5u

/* The BIOS parameter block as it is stored, in sectors where nothing else is said. */
struct bpb {
	uint32_t sector_size, cluster_sectors, reserved, fats, root_entries, media;
	uint32_t sectors, fat_sectors;
	/* FAT32 only: */
	bool wide;
	uint32_t flags, root_cluster, info_sector;
};

int dg_fat_fail(struct dg_fat *fat, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fat->why, sizeof(fat->why), format, args);
	va_end(args);
	return error;
}

int dg_fat_read_volume(struct dg_fat *fat, uint64_t offset, void *buf, size_t len)
{
	int r = fat->read(fat->ctx, offset, buf, len);

	return r > 0 ? -EIO : r;
}

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static void bpb_load(struct bpb *bpb, const uint8_t *b)
{
	*bpb = (struct bpb){
		.sector_size = dg_fat_get16(b + 0x0b),
		.cluster_sectors = b[0x0d],
		.reserved = dg_fat_get16(b + 0x0e),
		.fats = b[0x10],
		.root_entries = dg_fat_get16(b + 0x11),
		.sectors = dg_fat_get16(b + 0x13),
		.media = b[0x15],
		.fat_sectors = dg_fat_get16(b + 0x16),
	};
	if (!bpb->sectors)
		bpb->sectors = dg_fat_get32(b + 0x20);
	bpb->wide = !bpb->fat_sectors;
	if (!bpb->wide)
		return;
	bpb->fat_sectors = dg_fat_get32(b + 0x24);
	bpb->flags = dg_fat_get16(b + 0x28);
	bpb->root_cluster = dg_fat_get32(b + 0x2c);
	bpb->info_sector = dg_fat_get16(b + 0x30);
}

/* What makes it implausible that this is a FAT boot sector, or NULL. */
static const char *bpb_find_fault(const struct bpb *bpb, const uint8_t *b)
{
	if (b[510] != 0x55 || b[511] != 0xaa)
		return "no boot signature at byte 510";
	if (b[0] != 0xe9 && (b[0] != 0xeb || b[2] != 0x90))
		return "no jump at byte 0";
	if (!is_power_of_2(bpb->sector_size) || bpb->sector_size < 512 ||
	    bpb->sector_size > DG_FAT_LINE)
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
	uint32_t root_bytes = bpb->root_entries * DG_FAT_ENTRY;
	uint64_t root = bpb->reserved + (uint64_t)bpb->fats * bpb->fat_sectors;
	uint64_t data = root + (root_bytes + size - 1) / size;

	if (!bpb->fat_sectors)
		return dg_fat_fail(fat, -EBADMSG, "the FAT's size is 0");
	if (!bpb->wide && !root_bytes)
		return dg_fat_fail(fat, -EBADMSG, "the root directory's size is 0");
	if (data + bpb->cluster_sectors > bpb->sectors)
		return dg_fat_fail(fat, -EBADMSG,
				   "%u sectors are too few for the tables (%llu)",
				   bpb->sectors, (unsigned long long)data);
	if (bpb->wide && bpb->flags & 0x80) /* not mirrored: one of them is in use */
		active = bpb->flags & 0x0f;
	if (active >= bpb->fats)
		return dg_fat_fail(fat, -EBADMSG, "FAT %u of %u is in use", active,
				   bpb->fats);
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
		return dg_fat_fail(fat, -EBADMSG, "the FAT has no room for any cluster");
	if (clusters > fat_entries - 2)
		clusters = fat_entries - 2;
	if (clusters > (bpb->wide ? CLUSTERS_32 : CLUSTERS_16))
		return dg_fat_fail(fat, -EBADMSG, "%u clusters are too many for FAT%u",
				   clusters, bits);
	fat->info.bits = bits;
	fat->info.clusters = clusters;
	fat->root_cluster = bpb->root_cluster;
	if (bpb->wide && (bpb->root_cluster < 2 || bpb->root_cluster - 2 >= clusters))
		return dg_fat_fail(fat, -EBADMSG,
				   "the root directory's cluster %u does not exist",
				   bpb->root_cluster);
	return 0;
}

/* Serial number, label and state stand behind the BPB, whose length differs. */
static void fat_load_identity(struct dg_fat *fat, const uint8_t *boot)
{
	const uint8_t *ext = boot + (fat->info.bits == 32 ? 0x40 : 0x24);
	uint32_t serial = dg_fat_get32(ext + 3);

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
	uint8_t boot[DG_FAT_BOOT];
	const char *fault;
	struct bpb bpb;
	uint32_t clusters = 0;
	int r;

	r = dg_fat_read_volume(fat, 0, boot, sizeof(boot));
	if (r < 0)
		return r;
	bpb_load(&bpb, boot);
	fault = bpb_find_fault(&bpb, boot);
	if (fault)
		return dg_fat_fail(fat, boot_claims_fat(boot) ? -EBADMSG : -EMEDIUMTYPE,
				   "boot sector: %s", fault);
	fat->info.total_bytes = (uint64_t)bpb.sectors * bpb.sector_size;
	fat->info.cluster_size = bpb.cluster_sectors * bpb.sector_size;
	if (size && fat->info.total_bytes > size)
		return dg_fat_fail(fat, -EBADMSG,
				   "the volume's %llu bytes do not fit in %llu",
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
	for (i = 0; i < DG_FAT_LINES; i++)
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
