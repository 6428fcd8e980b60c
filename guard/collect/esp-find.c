/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an EFI system partition is called: from its device to its UUIDs, and back. */
#include <errno.h>
#include <stdio.h>

#include "guard/collect/collect.h"
#include "guard/collect/esp.h"
#include "guard/collect/udev.h"
#include "guard/parse/span.h"
#include "policy/text.h"

static bool is_gpt_uuid(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-'
							    : dg_digit_value(s[i]) > 15)
			return false;
	return n == 36;
}

void dg_esp_set_lower(struct dg_str *fact, const char *value)
{
	dg_set_str(fact, value);
	for (char *p = fact->value; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
}

/* By udev's record, which is one small file; else by the links, which are many. */
void dg_esp_find_part_uuid(const struct dg_root *root, const struct dg_device *device,
			   struct dg_str *fact)
{
	DG_CLEANUP(dg_udev_data_clear) struct dg_udev_data udev = {0};
	DG_FREE char *name = NULL;
	const char *uuid = NULL;
	int r;

	if (dg_udev_read(root, device->number, &udev) == 0)
		uuid = dg_udev_data_get(&udev, "ID_PART_ENTRY_UUID");
	if (uuid && *uuid) {
		dg_esp_set_lower(fact, uuid);
		return;
	}
	r = dg_device_find_link(root, DG_BY_PARTUUID, device, &name);
	if (r == 0)
		dg_esp_set_lower(fact, name);
	else
		dg_gap_from_errno(&fact->meta, r, DG_BY_PARTUUID);
}

/* Absent, where neither says it: the file system itself may. */
void dg_esp_find_uuid(const struct dg_root *root, const struct dg_device *device,
		      struct dg_str *fact)
{
	DG_CLEANUP(dg_udev_data_clear) struct dg_udev_data udev = {0};
	DG_FREE char *name = NULL;
	const char *uuid = NULL;

	if (dg_udev_read(root, device->number, &udev) == 0)
		uuid = dg_udev_data_get(&udev, "ID_FS_UUID");
	if (!uuid && dg_device_find_link(root, DG_BY_UUID, device, &name) == 0)
		uuid = name;
	if (uuid && *uuid)
		dg_set_str(fact, uuid);
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "not on record");
}

struct part_search {
	const char *part_uuid;
	char path[64];
};

static int compare_part(void *ctx, const char *number, const struct dg_udev_data *data,
			int r)
{
	struct part_search *search = ctx;
	const char *uuid = r == 0 ? dg_udev_data_get(data, "ID_PART_ENTRY_UUID") : NULL;

	if (!uuid || strcasecmp(uuid, search->part_uuid) != 0)
		return 0;
	snprintf(search->path, sizeof(search->path), "dev/block/%s", number);
	return 1;
}

/* By udev's link; where that is missing, by its records: the number's link, or the
 * kernel's name for it. */
int dg_esp_find_partition(const struct dg_root *root, const char *part_uuid,
			  struct dg_device *ret)
{
	struct part_search search = {.part_uuid = part_uuid};
	DG_FREE char *path = NULL;
	DG_FREE char *name = NULL;
	int r;

	if (!is_gpt_uuid(part_uuid))
		return -ENOENT;
	path = dg_format(DG_BY_PARTUUID "/%s", part_uuid);
	r = path ? dg_device_find(root, path, ret) : -ENOMEM;
	if (r != -ENOENT && r != -ENOTDIR)
		return r;
	if (dg_udev_walk(root, compare_part, &search) != 1)
		return -ENOENT;
	r = dg_device_find(root, search.path, ret);
	if (r != -ENOENT && r != -ENOTDIR)
		return r;
	name = dg_device_name(root, strrchr(search.path, '/') + 1);
	if (!name)
		return -ENOENT;
	snprintf(search.path, sizeof(search.path), "dev/%.32s", name);
	return dg_device_find(root, search.path, ret);
}
