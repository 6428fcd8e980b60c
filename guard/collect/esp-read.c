/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One EFI system partition: the way to its content. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "guard/collect/collect.h"
#include "guard/collect/esp.h"
#include "policy/text.h"

#define TRIES 2 /* of reading what may be written to meanwhile */

void dg_esp_gap(struct dg_esp *esp, enum dg_state state, const char *fmt, ...)
{
	struct dg_meta *all[] = {&esp->filesystem.meta,	    &esp->loader.meta,
				 &esp->size.meta,	    &esp->free.meta,
				 &esp->loader_default.meta, &esp->loader_time.meta,
				 &esp->entries.meta,	    &esp->copies.meta,
				 &esp->grub.meta,	    &esp->program.meta};
	DG_FREE char *why = NULL;
	va_list args;

	va_start(args, fmt);
	why = dg_vformat(fmt, args);
	va_end(args);
	for (size_t i = 0; i < DG_COUNT(all); i++)
		dg_set_gap(all[i], state, "%s", why ? why : "");
}

/* --- its mount --- */

/* By number. An image that stands for the device has none that is sure: by path too. */
static bool is_mount_of(const struct dg_mount *m, const struct dg_device *device,
			const char *uuid)
{
	const char *by_uuid = dg_after(m->source, "/" DG_BY_UUID "/");
	char number[DG_NUMBER_SIZE];

	if (!dg_streq(m->fs_type, "vfat") || !dg_streq(m->root, "/"))
		return false;
	snprintf(number, sizeof(number), "%u:%u", m->major, m->minor);
	if (dg_streq(device->number, number))
		return true;
	return !device->block && (dg_streq(m->source, device->path) ||
				  (by_uuid && dg_streq(by_uuid, uuid)));
}

/* Whether the mount point leads to this mount, and not to one that covers it. A tree has
 * folders in the place of mounts. */
static bool is_reachable(const struct dg_root *root, const struct dg_mount *m)
{
	struct stat st;

	return dg_root_stat(root, m->point, true, &st) == 0 && S_ISDIR(st.st_mode) &&
	       (!dg_root_is_live(root) || st.st_dev == makedev(m->major, m->minor));
}

/* NULL: none that can be used. */
static const struct dg_mount *find_mount(const struct dg_esp_host *host,
					 const struct dg_device *device, const char *uuid)
{
	for (size_t i = host->mounts.n_mounts; i-- > 0;) {
		const struct dg_mount *m = &host->mounts.mounts[i];

		if (is_mount_of(m, device, uuid) && is_reachable(host->root, m))
			return m;
	}
	return NULL;
}

/* --- its content --- */

static void read_space(struct dg_volume *v, struct dg_esp *esp)
{
	uint64_t size, left;
	int r = dg_volume_space(v, &size, &left);

	if (r == 0) {
		dg_set_int(&esp->size, (int64_t)size);
		dg_set_int(&esp->free, (int64_t)left);
		return;
	}
	/* Of a tree's folder nobody can tell: that is not for want of permission. */
	if (r == -ENODATA) {
		dg_set_gap(&esp->size.meta, DG_ABSENT, "cannot be told");
		dg_set_gap(&esp->free.meta, DG_ABSENT, "cannot be told");
		return;
	}
	dg_volume_gap(v, &esp->size.meta, r, "free space");
	dg_volume_gap(v, &esp->free.meta, r, "free space");
}

static void read_content(const struct dg_esp_host *host, struct dg_volume *v,
			 struct dg_esp *esp)
{
	dg_set_str(&esp->filesystem, "fat");
	read_space(v, esp);
	dg_esp_read_loader(v, host->efi, esp);
	dg_esp_read_program(host, v, esp);
}

static void read_mounted(const struct dg_esp_host *host, const struct dg_mount *m,
			 struct dg_esp *esp)
{
	DG_VOLUME_CLEANUP struct dg_volume *v = NULL;
	int r = dg_volume_new_dir(host->root, m->point, &v);

	dg_set_str(&esp->mounted_at, m->point);
	if (r < 0)
		dg_esp_gap(esp, DG_UNREADABLE, "%s: %s", m->point, dg_errno_words(r));
	else
		read_content(host, v, esp);
}

static void gap_open(const struct dg_device *device, int r, const char *why,
		     struct dg_esp *esp)
{
	if (r != -EMEDIUMTYPE) {
		dg_esp_gap(esp, dg_state_from_errno(r), "%s: %s", device->path,
			   why ? why : dg_errno_words(r));
		return;
	}
	dg_esp_gap(esp, DG_ABSENT, "%s: %s", device->path,
		   why ? why : "holds no FAT file system");
	dg_set_str(&esp->filesystem, "other");
}

/* Everything but what tells which ESP it is goes. */
static void drop_content(struct dg_esp *esp)
{
	const struct dg_record *boot =
		dg_record_field(&dg_facts_record, "boot", 4)->record;
	const struct dg_record *record = dg_record_field(boot, "esps", 4)->record;
	struct dg_esp kept = {.meta = esp->meta,
			      .uuid = esp->uuid,
			      .listed = esp->listed,
			      .device = esp->device,
			      .part_uuid = esp->part_uuid,
			      .mounted_at = esp->mounted_at};

	esp->meta = (struct dg_meta){0};
	esp->uuid = esp->device = esp->part_uuid = esp->mounted_at = (struct dg_str){0};
	esp->listed = (struct dg_bool){0};
	dg_record_clear(record, esp);
	*esp = kept;
}

/* 0, and whether what was read can be believed. -EBADMSG: the file system is damaged, or
 * looks so because it is being written to. */
static int read_once(const struct dg_esp_host *host, const struct dg_device *device,
		     struct dg_esp *esp, bool *ret_torn)
{
	DG_VOLUME_CLEANUP struct dg_volume *v = NULL;
	DG_FREE char *why = NULL;
	int r = dg_volume_new_fat(host->root, device->path, &v, &why);

	if (r < 0) {
		gap_open(device, r, why, esp);
		return r;
	}
	if (dg_absent(&esp->uuid) && *dg_volume_fat_serial(v))
		dg_set_str(&esp->uuid, dg_volume_fat_serial(v));
	read_content(host, v, esp);
	r = dg_volume_changed(v, ret_torn);
	if (r < 0) {
		drop_content(esp);
		gap_open(device, r, NULL, esp);
	}
	return r;
}

static void read_unmounted(const struct dg_esp_host *host, const struct dg_device *device,
			   struct dg_esp *esp)
{
	for (int i = 1; i <= TRIES; i++) {
		bool torn = false;
		int r;

		drop_content(esp);
		r = read_once(host, device, esp, &torn);
		if (r == -EBADMSG ? i == TRIES : !torn)
			return;
	}
	drop_content(esp);
	dg_esp_gap(esp, DG_UNREADABLE, "%s: was being written while it was read",
		   device->path);
}

void dg_esp_read(const struct dg_esp_host *host, const struct dg_device *device,
		 struct dg_esp *esp)
{
	const struct dg_mount *m = find_mount(host, device, dg_get(&esp->uuid));

	if (m) {
		read_mounted(host, m, esp);
		return;
	}
	if (host->mounts_error && dg_state_from_errno(host->mounts_error) != DG_ABSENT)
		dg_gap_from_errno(&esp->mounted_at.meta, host->mounts_error,
				  "proc/self/mountinfo");
	else
		dg_set_gap(&esp->mounted_at.meta, DG_ABSENT, "not mounted");
	read_unmounted(host, device, esp);
}
