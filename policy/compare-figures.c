/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The figures of two windows: which disks are compared, and the rows. */
#include <errno.h>

#include "policy/compare.h"
#include "policy/pressure.h"
#include "policy/text.h"

/* Far above any host; each is sought among the other's. */
#define DISKS_MAX 4096
/* Disks that a sentence names. */
#define NAMES_MAX  4
#define NUMBER_MAX 1e15

/* --- disks --- */

static double number(const struct dg_real *fact)
{
	return dg_known(fact) ? fact->value : 0;
}

static double activity(const struct dg_disk_load *disk)
{
	return number(&disk->reads_per_s) + number(&disk->writes_per_s);
}

const char *dg_disk_title(const struct dg_disk_load *disk)
{
	const char *label = dg_get(&disk->label);

	return label ? label : dg_get(&disk->name);
}

/* The numbers of dm devices are given anew at each boot; their labels stay. */
static bool is_same_disk(const struct dg_disk_load *a, const struct dg_disk_load *b)
{
	return dg_known(&a->label) == dg_known(&b->label) &&
	       dg_streq(dg_disk_title(a), dg_disk_title(b));
}

static size_t count_disks(const struct dg_sample *sample)
{
	if (!sample || !dg_known(&sample->disks))
		return 0;
	return sample->disks.count < DISKS_MAX ? sample->disks.count : DISKS_MAX;
}

static const struct dg_disk_load *find_disk(const struct dg_sample *sample,
					    const struct dg_disk_load *wanted)
{
	size_t count = count_disks(sample);

	for (size_t i = 0; i < count; i++) {
		const struct dg_disk_load *disk = &sample->disks.items[i];

		if (dg_known(disk) && is_same_disk(disk, wanted))
			return disk;
	}
	return NULL;
}

/* Whether a pair goes before another one: whole disks do, and busier ones. */
static bool goes_before(const struct dg_disk_load *const a[2],
			const struct dg_disk_load *const b[2])
{
	double busy[2] = {0};
	bool whole[2] = {dg_disk_is_whole(a[0] ? a[0] : a[1]),
			 dg_disk_is_whole(b[0] ? b[0] : b[1])};

	if (whole[0] != whole[1])
		return whole[0];
	for (int side = 0; side < 2; side++) {
		busy[0] += a[side] ? activity(a[side]) : 0;
		busy[1] += b[side] ? activity(b[side]) : 0;
	}
	return busy[0] > busy[1];
}

/* Put it where it belongs among the first ones; the last of them may fall out. */
static void insert_pair(struct dg_disk_pairs *pairs,
			const struct dg_disk_load *const pair[2])
{
	size_t at = 0, last;

	while (at < pairs->count && !goes_before(pair, pairs->disks[at]))
		at++;
	if (at == DG_COMPARED_DISKS)
		return;
	if (pairs->count < DG_COMPARED_DISKS)
		pairs->count++;
	last = pairs->count - 1;
	memmove(pairs->disks[at + 1], pairs->disks[at],
		(last - at) * sizeof(pairs->disks[0]));
	memcpy(pairs->disks[at], pair, sizeof(pairs->disks[0]));
}

struct names {
	char *text;
	size_t count;
};

static int add_name(struct names *names, const char *name)
{
	char *longer;

	if (++names->count > NAMES_MAX + 1)
		return 0;
	longer = names->count > NAMES_MAX
			 ? dg_format("%s and more", names->text)
			 : dg_format("%s%s%s", names->text ? names->text : "",
				     names->text ? ", " : "", name);
	if (!longer)
		return -ENOMEM;
	free(names->text);
	names->text = longer;
	return 0;
}

/* The disks of one window; of the second only what the first has not. */
static int pair_side(const struct dg_sample *const samples[2], int side,
		     struct dg_disk_pairs *pairs)
{
	const struct dg_sample *other = samples[!side];
	struct names only = {0};
	size_t count = count_disks(samples[side]);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct dg_disk_load *pair[2] = {0}, *disk;

		disk = &samples[side]->disks.items[i];
		/* Of two that a document calls the same, the first is meant. */
		if (!dg_known(disk) || !dg_disk_title(disk) || activity(disk) <= 0 ||
		    find_disk(samples[side], disk) != disk)
			continue;
		pair[side] = disk;
		pair[!side] = other ? find_disk(other, disk) : NULL;
		if (other && !pair[!side] && dg_disk_is_whole(disk))
			r = add_name(&only, dg_disk_title(disk));
		else if (!other || (pair[!side] && (side == 0 || activity(pair[0]) <= 0)))
			insert_pair(pairs, pair);
	}
	pairs->only[side] = only.text;
	return r;
}

int dg_disks_pair(const struct dg_sample *const samples[2], struct dg_disk_pairs *ret)
{
	struct dg_disk_pairs pairs = {0};
	int r = pair_side(samples, 0, &pairs);

	if (r == 0)
		r = pair_side(samples, 1, &pairs);
	if (r < 0)
		dg_disk_pairs_clear(&pairs);
	else
		*ret = pairs;
	return r;
}

void dg_disk_pairs_clear(struct dg_disk_pairs *pairs)
{
	free(pairs->only[0]);
	free(pairs->only[1]);
	*pairs = (struct dg_disk_pairs){0};
}

/* --- numbers --- */

/* Three digits that count, at most two behind the point; without printf's, which asks
 * the locale what a point looks like. */
static char *format_number(double value)
{
	const char *sign = value < 0 ? "-" : "";
	double size = value < 0 ? -value : value;
	int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
	uint64_t scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1, scaled;

	if (size > NUMBER_MAX)
		size = NUMBER_MAX;
	scaled = (uint64_t)(size * (double)scale + 0.5);
	if (scaled == 0)
		sign = "";
	if (decimals == 0)
		return dg_format("%s%llu", sign, (unsigned long long)scaled);
	return dg_format("%s%llu.%0*llu", sign, (unsigned long long)(scaled / scale),
			 decimals, (unsigned long long)(scaled % scale));
}

/* `none`: what an absent number means. A text that cannot be had shows as not known. */
static struct dg_comparison_side side_of(const struct dg_real *fact, const char *none)
{
	struct dg_comparison_side side = {0};

	if (fact && dg_known(fact))
		side = (struct dg_comparison_side){.text = format_number(fact->value),
						   .is_number = true,
						   .number = fact->value};
	else if (fact && dg_absent(fact) && none)
		side.text = strdup(none);
	return side;
}

/* --- rows --- */

static bool is_same(const struct dg_comparison_side *a,
		    const struct dg_comparison_side *b)
{
	return a->is_number == b->is_number && dg_streq(a->text, b->text);
}

int dg_comparison_add(struct dg_comparison_rows *rows, char *what, const char *unit,
		      struct dg_comparison_side a, struct dg_comparison_side b)
{
	struct dg_comparison_row *items =
		what ? reallocarray(rows->items, rows->count + 1, sizeof(*items)) : NULL;

	if (!items) {
		free(what);
		free(a.text);
		free(b.text);
		return -ENOMEM;
	}
	rows->items = items;
	items[rows->count++] = (struct dg_comparison_row){
		.what = what, .unit = unit, .sides = {a, b}, .same = is_same(&a, &b)};
	return 0;
}

/* Nothing where neither is known. */
static int add_figure(struct dg_comparison_rows *rows, char *what, const char *unit,
		      struct dg_comparison_side a, struct dg_comparison_side b)
{
	if (a.text || b.text || !what)
		return dg_comparison_add(rows, what, unit, a, b);
	free(what);
	return 0;
}

static const struct dg_real *stall_at(const struct dg_sample *sample,
				      const char *resource, size_t offset)
{
	const struct dg_stall *stall = sample ? dg_sample_stall(sample, resource) : NULL;

	return stall ? (const struct dg_real *)((const char *)stall + offset) : NULL;
}

static int add_stalls(const struct dg_sample *const samples[2],
		      struct dg_comparison_rows *rows)
{
	static const struct {
		const char *resource, *what;
		size_t offset;
	} stalls[] = {
#define STALL(name, line)                                            \
	{                                                            \
		.resource = #name,                                   \
		.what = "PSI " #name " " #line,                      \
		.offset = offsetof(struct dg_stall, line##_percent), \
	}
		STALL(io, full),
		STALL(io, some),
		STALL(memory, some),
		STALL(cpu, some),
#undef STALL
	};
	int r = 0;

	for (size_t i = 0; i < DG_COUNT(stalls) && r == 0; i++) {
		const struct dg_real *a =
			stall_at(samples[0], stalls[i].resource, stalls[i].offset);
		const struct dg_real *b =
			stall_at(samples[1], stalls[i].resource, stalls[i].offset);

		r = add_figure(rows, strdup(stalls[i].what), "%", side_of(a, NULL),
			       side_of(b, NULL));
	}
	return r;
}

static struct dg_comparison_side disk_side(const struct dg_disk_load *disk, size_t offset,
					   const char *none)
{
	if (!disk)
		return (struct dg_comparison_side){0};
	return side_of((const struct dg_real *)((const char *)disk + offset), none);
}

static int add_disk(const struct dg_disk_load *const pair[2],
		    struct dg_comparison_rows *rows)
{
#define AT(member) .offset = offsetof(struct dg_disk_load, member)
	static const struct {
		const char *what, *unit, *none;
		size_t offset;
	} figures[] = {
		{.what = "util", .unit = "%", AT(util_percent)},
		{.what = "r_await", .unit = "ms", .none = "no reads", AT(r_await_ms)},
		{.what = "w_await", .unit = "ms", .none = "no writes", AT(w_await_ms)},
		{.what = "f_await", .unit = "ms", .none = "no flushes", AT(f_await_ms)},
		{.what = "queue", .unit = "", AT(queue)},
		{.what = "reads", .unit = "/s", AT(reads_per_s)},
		{.what = "writes", .unit = "/s", AT(writes_per_s)},
	};
#undef AT
	const char *title = dg_disk_title(pair[0] ? pair[0] : pair[1]);
	int r = 0;

	for (size_t i = 0; i < DG_COUNT(figures) && r == 0; i++) {
		struct dg_comparison_side a =
			disk_side(pair[0], figures[i].offset, figures[i].none);
		struct dg_comparison_side b =
			disk_side(pair[1], figures[i].offset, figures[i].none);

		/* What neither disk was asked to do needs no row. */
		if ((!a.text || !a.is_number) && (!b.text || !b.is_number)) {
			free(a.text);
			free(b.text);
			continue;
		}
		r = add_figure(rows, dg_format("%s %s", title, figures[i].what),
			       figures[i].unit, a, b);
	}
	return r;
}

int dg_compare_figures(const struct dg_sample *const samples[2],
		       const struct dg_disk_pairs *pairs, struct dg_comparison_rows *rows)
{
	const struct dg_sample *a = samples[0], *b = samples[1];
	int r = add_stalls(samples, rows);

	if (r == 0)
		r = add_figure(rows, strdup("iowait"), "%",
			       side_of(a ? &a->iowait_percent : NULL, NULL),
			       side_of(b ? &b->iowait_percent : NULL, NULL));
	for (size_t i = 0; i < pairs->count && r == 0; i++)
		r = add_disk(pairs->disks[i], rows);
	return r;
}
