/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The partitions of the host's disks, and what is on them, as udev has them on record. No
 * device is opened. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/collect/device.h"
#include "guard/collect/udev.h"
#include "policy/text.h"

#define PARTITIONS_MAX 1024
#define SOURCE	       "run/udev/data"

struct walk {
	const struct dg_root *root;
	struct dg_facts *facts;
};

static void set_text(struct dg_str *fact, const struct dg_udev_data *data,
		     const char *key)
{
	const char *value = dg_udev_data_get(data, key);

	if (value && *value)
		dg_set_str(fact, value);
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "no %s on record", key);
}

/* UUIDs and type GUIDs are compared as text. */
static void set_lower(struct dg_str *fact, const struct dg_udev_data *data,
		      const char *key)
{
	set_text(fact, data, key);
	if (!dg_known(fact))
		return;
	for (char *p = fact->value; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
}

/* "sda", or "8:0" where the kernel's list of devices is not at hand; a whole disk is on
 * none. */
static void set_disk(const struct dg_root *root, struct dg_str *fact,
		     const struct dg_udev_data *data)
{
	const char *number = dg_udev_data_get(data, "ID_PART_ENTRY_DISK");
	DG_FREE char *name = number ? dg_device_name(root, number) : NULL;

	if (name)
		dg_set_str(fact, name);
	else
		set_text(fact, data, "ID_PART_ENTRY_DISK");
}

static void set_name(const struct dg_root *root, struct dg_str *fact, const char *number)
{
	DG_FREE char *name = dg_device_name(root, number);
	DG_FREE char *other = name ? NULL : dg_format("b%s", number);

	if (name || other)
		dg_set_str(fact, name ? name : other);
}

static void gap_all(struct dg_partition *p, int r, const char *number)
{
	struct dg_str *all[] = {&p->disk,    &p->type,	  &p->part_uuid,
				&p->fs_type, &p->fs_uuid, &p->fs_label};

	for (size_t i = 0; i < DG_COUNT(all); i++)
		dg_set_gap(&all[i]->meta, dg_state_from_errno(r), "/" SOURCE "/b%s: %s",
			   number, dg_errno_words(r));
}

/* Logical volumes and the like are no partitions, whatever they hold; a partition of a
 * multipath device, which is one of the mapper's too, has an entry. */
static bool is_wanted(const struct dg_udev_data *data)
{
	return dg_udev_data_get(data, "ID_PART_ENTRY_TYPE") ||
	       dg_udev_data_get(data, "ID_PART_ENTRY_UUID") ||
	       (dg_udev_data_get(data, "ID_FS_UUID") &&
		!dg_udev_data_get(data, "DM_NAME"));
}

static int add_partition(void *ctx, const char *number, const struct dg_udev_data *data,
			 int r)
{
	struct walk *w = ctx;
	struct dg_partition *p;

	if (r == 0 && !is_wanted(data))
		return 0;
	p = DG_ADD(&w->facts->boot.partitions, PARTITIONS_MAX);
	if (!p)
		return -E2BIG;
	set_name(w->root, &p->name, number);
	if (r < 0) {
		gap_all(p, r, number);
		return 0;
	}
	set_disk(w->root, &p->disk, data);
	set_lower(&p->type, data, "ID_PART_ENTRY_TYPE");
	set_lower(&p->part_uuid, data, "ID_PART_ENTRY_UUID");
	set_text(&p->fs_type, data, "ID_FS_TYPE");
	set_text(&p->fs_uuid, data, "ID_FS_UUID");
	set_text(&p->fs_label, data, "ID_FS_LABEL");
	return 0;
}

/* By name; without memory for one, such a partition comes first. */
static int compare_partitions(const void *a, const void *b)
{
	const char *x = dg_get(&((const struct dg_partition *)a)->name);
	const char *y = dg_get(&((const struct dg_partition *)b)->name);

	return strcmp(x ? x : "", y ? y : "");
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct walk w = {.root = root, .facts = facts};
	int r;

	dg_set_known(&facts->boot.partitions.meta);
	r = dg_udev_walk(root, add_partition, &w);
	if (facts->boot.partitions.count)
		qsort(facts->boot.partitions.items, facts->boot.partitions.count,
		      sizeof(struct dg_partition), compare_partitions);
	if (r < 0)
		dg_gap_from_errno(&facts->boot.partitions.meta, r, SOURCE);
}

const struct dg_collector dg_collect_partitions = {
	.name = "partitions",
	.fills = (const char *const[]){"boot.partitions", NULL},
	.run = run,
};
