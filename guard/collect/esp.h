/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the collector of EFI system partitions (esps.c). */
#pragma once

#include "guard/collect/device.h"
#include "guard/collect/efi.h"
#include "guard/collect/volume.h"
#include "guard/parse/mountinfo.h"

#define DG_ESP_KERNELS_MAX 256 /* entries, and copies, of one ESP */

#define DG_BY_UUID     "dev/disk/by-uuid"
#define DG_BY_PARTUUID "dev/disk/by-partuuid"

/* The UUID of the partition, and of the file system on it, as udev says them. Absent:
 * neither its records nor its links do. */
void dg_esp_find_part_uuid(const struct dg_root *root, const struct dg_device *device,
			   struct dg_str *fact);
void dg_esp_find_uuid(const struct dg_root *root, const struct dg_device *device,
		      struct dg_str *fact);

/* The device of a GPT partition; the caller clears it. -ENOENT: it is not there. */
int dg_esp_find_partition(const struct dg_root *root, const char *part_uuid,
			  struct dg_device *ret);

/* In lower case, as far as it is ASCII: what udev, firmware and boot loaders compare. */
void dg_esp_set_lower(struct dg_str *fact, const char *value);

/* What is the same for all of them. */
struct dg_esp_host {
	const struct dg_root *root;
	bool efi; /* firmware booted this host, as far as is known */
	struct dg_mountinfo mounts;
	int mounts_error;		  /* why there are none: a negative errno */
	const struct dg_efi_tries *tries; /* NULL: not known to their end */
};

/*
 * Read the ESP on `device`: through its mount if it has one, else with our own FAT
 * reader. Sets the facts from mounted_at on; and uuid too, where it is absent and the
 * file system says it.
 */
void dg_esp_read(const struct dg_esp_host *host, const struct dg_device *device,
		 struct dg_esp *esp);

/* Which loader is on the ESP, and what it would boot: the facts from loader on. */
void dg_esp_read_loader(struct dg_volume *v, bool efi, struct dg_esp *esp);

/* The first of the firmware's tries that finds its program on this ESP: the fact program,
 * absent where none does. */
void dg_esp_read_program(const struct dg_esp_host *host, struct dg_volume *v,
			 struct dg_esp *esp);

/* What the firmware's try `i` is called. */
void dg_esp_name_program(const struct dg_efi_tries *tries, size_t i,
			 struct dg_program *program);

/* A path as boot entries and firmware write it, without the separators at its start and
 * with slashes for backslashes. The caller frees it; NULL: out of memory. */
char *dg_esp_plain_path(const char *path);

/* The copies of kernels, images below `dir` in folders of their own, or all in the
 * root where `dir` is NULL (esp-copies.c). */
void dg_esp_read_copies(struct dg_volume *v, const char *dir, struct dg_esp *esp);

/* All facts from filesystem on are not known, for one reason. */
void dg_esp_gap(struct dg_esp *esp, enum dg_state state, const char *fmt, ...)
	DG_PRINTF(3, 4);
