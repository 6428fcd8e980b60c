/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/collect/udev.h"

#include <errno.h>

#include "guard/collect/device.h"
#include "policy/text.h"

#define UDEV_DIR   "run/udev/data"
#define RECORD_MAX ((size_t)64 * 1024) /* bytes */
#define NAMES_CAP  65536

/* Guests' disks and the like; a host may have thousands. Majors as in Linux,
 * Documentation/admin-guide/devices.txt; zvols have theirs from OpenZFS. */
static const struct {
	const char *major;
	const char *what;
} passed_over[] = {
	{.major = "1:", .what = "RAM disks"},
	{.major = "2:", .what = "floppy disks"},
	{.major = "7:", .what = "loop devices"},
	{.major = "11:", .what = "optical drives"},
	{.major = "43:", .what = "nbd"},
	{.major = "147:", .what = "drbd"},
	{.major = "230:", .what = "zvols"},
};

static bool is_passed_over(const char *number)
{
	for (size_t i = 0; i < DG_COUNT(passed_over); i++)
		if (dg_after(number, passed_over[i].major))
			return true;
	return false;
}

static bool is_of_use(const char *data)
{
	return strstr(data, "E:ID_PART_ENTRY_") || strstr(data, "E:ID_FS_UUID=");
}

static int record_read(const struct dg_root *root, const char *number, char **ret_data,
		       size_t *ret_size)
{
	DG_FREE char *path = dg_format(UDEV_DIR "/b%s", number);

	return path ? dg_root_read(root, path, RECORD_MAX, ret_data, ret_size) : -ENOMEM;
}

int dg_udev_read(const struct dg_root *root, const char *number, struct dg_udev_data *ret)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_device_is_number(number) ? record_read(root, number, &data, &size)
					    : -ENOENT;

	return r < 0 ? r : dg_udev_data_parse(data, size, ret, NULL);
}

static int walk_one(const struct dg_root *root, const char *number, dg_udev_fn fn,
		    void *ctx)
{
	DG_CLEANUP(dg_udev_data_clear) struct dg_udev_data udev = {0};
	DG_FREE char *data = NULL;
	size_t size;
	int r = record_read(root, number, &data, &size);

	/* Unplugged just now. */
	if (r == -ENOENT)
		return 0;
	if (r == 0 && !is_of_use(data))
		return 0;
	if (r == 0)
		r = dg_udev_data_parse(data, size, &udev, NULL);
	return r == -ENOMEM ? r : fn(ctx, number, &udev, r);
}

int dg_udev_walk(const struct dg_root *root, dg_udev_fn fn, void *ctx)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, UDEV_DIR, NAMES_CAP, &names, NULL);

	if (r < 0)
		return r;
	for (char **name = names; r == 0 && *name; name++) {
		const char *number = dg_after(*name, "b");

		if (number && dg_device_is_number(number) && !is_passed_over(number))
			r = walk_one(root, number, fn, ctx);
	}
	return r;
}
