/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* history, for people: a line a boot. */
#include "guard/record/boots.h"
#include "guard/render/grid.h"
#include "guard/render/records.h"
#include "guard/render/text.h"
#include "policy/pressure.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define ID_SHOWN   8 /* digits of a boot id: enough to name it */
#define TIME_SHOWN 16

static const struct dg_column columns[] = {
	{.name = "#", .number = true},
	{.name = "booted (UTC)"},
	{.name = "boot"},
	{.name = "kernel", .cap = 16},
	{.name = "userland", .cap = 9},
	{.name = "io full", .number = true},
	{.name = "verdict", .cap = 8},
};

static void put_text(struct dg_grid *grid, const struct dg_str *fact, size_t size)
{
	const char *text = dg_get(fact);
	DG_FREE char *start = text ? strndup(text, size) : NULL;

	dg_grid_put(grid, start ? start : "?");
}

/* "2026-06-03 07:12" */
static void put_time(struct dg_grid *grid, const struct dg_int *fact)
{
	char text[DG_TIME_SIZE];

	if (!dg_known(fact)) {
		dg_grid_put(grid, "?");
		return;
	}
	dg_time_format(fact->value, text);
	text[strlen("2026-06-03")] = ' ';
	text[TIME_SHOWN] = '\0';
	dg_grid_put(grid, text);
}

static void put_stall(struct dg_grid *grid, const struct dg_boot_record *record)
{
	const struct dg_sample *sample = dg_boot_sample(record);
	const struct dg_stall *io = sample ? dg_sample_stall(sample, "io") : NULL;
	char figure[DG_FIGURE_SIZE], text[DG_FIGURE_SIZE + 4];

	if (!io || !dg_known(&io->full_percent)) {
		dg_grid_put(grid, "-");
		return;
	}
	snprintf(text, sizeof(text), "%s %%",
		 dg_figure(io->full_percent.value, 1, figure));
	dg_grid_put(grid, text);
}

static void add_boot(struct dg_grid *grid, size_t back,
		     const struct dg_boot_record *record)
{
	char number[24];

	snprintf(number, sizeof(number), "%s%zu", back ? "-" : "", back);
	dg_grid_begin(grid);
	dg_grid_put(grid, number);
	put_time(grid, &record->boot_time);
	put_text(grid, &record->boot_id, ID_SHOWN);
	put_text(grid, &record->kernel, DG_TEXT_MAX);
	put_text(grid, &record->product_version, DG_TEXT_MAX);
	put_stall(grid, record);
	put_text(grid, &record->verdict, DG_TEXT_MAX);
}

static int print_boots(FILE *out, const struct dg_history *history,
		       const struct dg_style *style)
{
	struct dg_grid grid;
	int r;

	fputs("Boots that are recorded; compare takes their numbers, ids or kernels.\n",
	      out);
	dg_grid_open(&grid, out, columns, DG_COUNT(columns), style);
	for (size_t i = 0; i < history->count && history->files[i].record; i++)
		add_boot(&grid, i, history->files[i].record);
	r = dg_grid_print(&grid, out, "Newest first", style);
	dg_grid_close(&grid);
	return r;
}

static void print_unusable(FILE *out, const struct dg_history *history,
			   const struct dg_style *style)
{
	bool titled = false;

	for (size_t i = 0; i < history->count; i++) {
		const struct dg_boot_file *file = &history->files[i];
		DG_FREE char *line = NULL;

		if (file->record)
			continue;
		if (!titled)
			dg_print_title(out, "Records that cannot be used", style);
		titled = true;
		line = dg_format("%s/%s: %s", DG_BOOTS_DIR, file->name, file->why);
		dg_print_wrapped(out, line ? line : file->name, style, 2, 4);
	}
}

int dg_text_history(FILE *out, const struct dg_history *history,
		    const struct dg_style *style)
{
	int r = 0;

	if (history->count > 0 && history->files[0].record)
		r = print_boots(out, history, style);
	else
		fputs("No boot is recorded yet; driftguard record does it.\n", out);
	print_unusable(out, history, style);
	return r;
}
