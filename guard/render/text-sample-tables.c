/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sample's tables of disks and guests: the busiest first, and no more of them than one
 * looks at, unless all are asked for. */
#include <errno.h>
#include <math.h>

#include "guard/render/grid.h"
#include "guard/render/text-sample.h"
#include "policy/text.h"

/* --- the busiest of many --- */

struct rank {
	const void *item;
	double weight;
	size_t place; /* in the sample: keeps the order of equals */
};

static int compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* The known ones of `list`, heaviest first; `first` before all. NULL: out of memory. */
static struct rank *rank_items(const void *list, size_t size,
			       double (*weigh)(const void *item), const void *first,
			       size_t *ret_count)
{
	const struct dg_list *items = list;
	struct rank *ranks = calloc(items->count + 1, sizeof(*ranks));
	size_t n = 0;

	for (size_t i = 0; ranks && i < items->count; i++) {
		const void *item = (const char *)items->items + i * size;

		if (!dg_known(item))
			continue;
		ranks[n++] = (struct rank){
			.item = item,
			.weight = item == first ? (double)INFINITY : weigh(item),
			.place = i,
		};
	}
	if (ranks)
		qsort(ranks, n, sizeof(*ranks), compare_ranks);
	*ret_count = n;
	return ranks;
}

static size_t count_shown(size_t count, const struct dg_style *style)
{
	return style->verbose || count <= DG_SAMPLE_TOP ? count : DG_SAMPLE_TOP;
}

static void print_rest(FILE *out, size_t count, const struct dg_style *style)
{
	size_t shown = count_shown(count, style);

	if (shown < count)
		fprintf(out, "  and %zu more (-v shows all)\n", count - shown);
}

static double get_rate(const struct dg_real *fact)
{
	return dg_known(fact) ? fact->value : (double)NAN;
}

/* For sums and orders. */
static double get_value(const struct dg_real *fact)
{
	return dg_known(fact) ? fact->value : 0;
}

/* --- disks --- */

static double weigh_disk(const void *item)
{
	const struct dg_disk_load *disk = item;

	return get_value(&disk->util_percent) + get_value(&disk->queue);
}

/* What is longer is cut off by the table. */
#define PLACE_MAX 256

/* "pve-vm--103--disk--0 on sda"; of a whole disk its scheduler. NULL: out of memory. */
static char *describe_disk(const struct dg_disk_load *disk)
{
	const char *label = dg_get(&disk->label), *scheduler = dg_get(&disk->scheduler);
	DG_FREE char *all = dg_format("%s", label ? label : "");
	const char *before = label ? " on " : "on ";

	dg_list_foreach (below, disk->below) {
		const char *name = dg_get(&below->name);
		char *longer;

		if (!all || strlen(all) > PLACE_MAX)
			break;
		longer = dg_format("%s%s%s", all, before, name ? name : "?");
		free(all);
		all = longer;
		before = ", ";
	}
	if (!all || !scheduler)
		return DG_STEAL(all);
	return dg_format("%s%s%s", all, *all ? ", " : "", scheduler);
}

static void add_disk(struct dg_grid *grid, const struct dg_disk_load *disk, bool at_fault)
{
	const char *name = dg_get(&disk->name);
	DG_FREE char *what = describe_disk(disk);

	dg_grid_begin(grid);
	dg_grid_put(grid, at_fault ? ">" : "");
	dg_grid_put(grid, name ? name : "?");
	dg_grid_put(grid, what ? what : "");
	dg_grid_put_rate(grid, get_rate(&disk->reads_per_s));
	dg_grid_put_rate(grid, get_rate(&disk->writes_per_s));
	dg_grid_put_ms(grid, &disk->r_await_ms);
	dg_grid_put_ms(grid, &disk->w_await_ms);
	dg_grid_put_ms(grid, &disk->f_await_ms);
	dg_grid_put_real(grid, &disk->queue, 1);
	dg_grid_put_real(grid, &disk->util_percent, 1);
}

int dg_print_disks(FILE *out, const struct dg_sample *sample,
		   const struct dg_pressure *pressure, const struct dg_style *style)
{
	static const struct dg_column columns[] = {
		{.name = ""},
		{.name = "disk", .cap = 12},
		{.name = "what", .cap = 40},
		{.name = "r/s", .number = true},
		{.name = "w/s", .number = true},
		{.name = "r ms", .number = true},
		{.name = "w ms", .number = true},
		{.name = "fl ms", .number = true},
		{.name = "queue", .number = true},
		{.name = "util%", .number = true},
	};
	DG_CLEANUP(dg_grid_close) struct dg_grid grid = {0};
	DG_FREE struct rank *ranks = NULL;
	size_t count;

	ranks = rank_items(&sample->disks, sizeof(*sample->disks.items), weigh_disk,
			   pressure->device, &count);
	if (!ranks || count == 0)
		return ranks ? 0 : -ENOMEM;
	dg_grid_open(&grid, out, columns, DG_COUNT(columns), style);
	for (size_t i = 0; i < count_shown(count, style); i++)
		add_disk(&grid, ranks[i].item, ranks[i].item == pressure->device);
	dg_grid_print(&grid, out, "Disks (ms: mean time of a read, a write, a flush)",
		      style);
	print_rest(out, count, style);
	return grid.r;
}

/* --- guests --- */

static double find_stall(const struct dg_guest_load *guest, const char *resource,
			 bool full)
{
	if (!dg_known(&guest->pressure))
		return (double)NAN;
	dg_list_foreach (stall, guest->pressure) {
		const struct dg_real *fact =
			full ? &stall->full_percent : &stall->some_percent;

		if (dg_known(stall) && dg_streq(dg_get(&stall->resource), resource))
			return dg_known(fact) ? fact->value : (double)NAN;
	}
	return (double)NAN;
}

/* Whether another of the guest's disks lies on this one: then what is asked of that one
 * is counted here once more. */
static bool is_below(const struct dg_guest_load *guest, const struct dg_guest_disk *disk,
		     const struct dg_sample *sample)
{
	const char *name = dg_get(&disk->name);

	dg_list_foreach (other, guest->disks) {
		const char *upper = other == disk ? NULL : dg_get(&other->name);

		if (!upper || !name)
			continue;
		dg_list_foreach (load, sample->disks) {
			if (!dg_known(load) || !dg_streq(dg_get(&load->name), upper))
				continue;
			dg_list_foreach (below, load->below)
				if (dg_streq(dg_get(&below->name), name))
					return true;
		}
	}
	return false;
}

/* What the guest asked for, reads or writes a second. */
static double sum_rates(const struct dg_guest_load *guest, const struct dg_sample *sample,
			bool writes)
{
	double sum = 0;

	if (!dg_known(&guest->disks) && !dg_absent(&guest->disks))
		return (double)NAN;
	dg_list_foreach (disk, guest->disks)
		if (dg_known(disk) && !is_below(guest, disk, sample))
			sum += get_value(writes ? &disk->writes_per_s
						: &disk->reads_per_s);
	return sum;
}

/* By its stall or by what it asks for, whichever is the more: either may be the cause. */
static double weigh_guest(const void *item)
{
	const struct dg_guest_load *guest = item;
	double weight = find_stall(guest, "io", false), asks = 0;

	dg_list_foreach (disk, guest->disks) {
		double rate =
			get_value(&disk->reads_per_s) + get_value(&disk->writes_per_s);

		asks = rate > asks ? rate : asks;
	}
	/* 1000 a second are as notable as a guest that stands still. */
	return isnan(weight) || asks / 10 > weight ? asks / 10 : weight;
}

static void add_guest(struct dg_grid *grid, const struct dg_guest_load *guest,
		      const struct dg_sample *sample, bool at_fault)
{
	static const struct {
		const char *resource;
		bool full;
	} stalls[] = {{"io", false}, {"io", true}, {"cpu", false}, {"memory", false}};
	const char *vmid = dg_get(&guest->vmid), *name = dg_get(&guest->name);

	dg_grid_begin(grid);
	dg_grid_put(grid, at_fault ? ">" : "");
	dg_grid_put(grid, vmid ? vmid : "?");
	dg_grid_put(grid, name ? name : dg_absent(&guest->name) ? "" : "?");
	for (size_t i = 0; i < DG_COUNT(stalls); i++) {
		double percent = find_stall(guest, stalls[i].resource, stalls[i].full);
		char figure[DG_FIGURE_SIZE];

		dg_grid_put(grid, isnan(percent) ? "?" : dg_figure(percent, 1, figure));
	}
	dg_grid_put_rate(grid, sum_rates(guest, sample, false));
	dg_grid_put_rate(grid, sum_rates(guest, sample, true));
}

int dg_print_guests(FILE *out, const struct dg_sample *sample,
		    const struct dg_pressure *pressure, const struct dg_style *style)
{
	static const struct dg_column columns[] = {
		{.name = ""},
		{.name = "guest", .cap = 12},
		{.name = "name", .cap = 40},
		{.name = "io some", .number = true},
		{.name = "io full", .number = true},
		{.name = "cpu", .number = true},
		{.name = "memory", .number = true},
		{.name = "r/s", .number = true},
		{.name = "w/s", .number = true},
	};
	DG_CLEANUP(dg_grid_close) struct dg_grid grid = {0};
	DG_FREE struct rank *ranks = NULL;
	size_t count;

	ranks = rank_items(&sample->guests, sizeof(*sample->guests.items), weigh_guest,
			   pressure->guest, &count);
	if (!ranks || count == 0)
		return ranks ? 0 : -ENOMEM;
	dg_grid_open(&grid, out, columns, DG_COUNT(columns), style);
	for (size_t i = 0; i < count_shown(count, style); i++)
		add_guest(&grid, ranks[i].item, sample, ranks[i].item == pressure->guest);
	dg_grid_print(&grid, out,
		      "Guests (stall of their cgroups in %, cpu and memory: some)",
		      style);
	print_rest(out, count, style);
	return grid.r;
}
