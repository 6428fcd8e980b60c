/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fleet, for people: how many are how, what drifts how often, and a line for each host
 * that is not well. */
#include <errno.h>

#include "guard/fleet/fleet.h"
#include "guard/render/grid.h"
#include "guard/render/text.h"
#include "policy/catalog.h"
#include "policy/text.h"

static const struct dg_column columns[] = {
	{.name = "verdict"},
	{.name = "host", .cap = 24},
	{.name = "running", .cap = 20},
	{.name = "boots next", .cap = 20},
	{.name = "drift", .cap = 60},
};

static const struct dg_column check_columns[] = {
	{.name = "hosts", .number = true},
	{.name = "check"},
	{.name = "title", .cap = 80},
};

static void print_counts(FILE *out, const struct dg_fleet *fleet)
{
	dg_fleet_put_counts(out, fleet);
	fputc('\n', out);
	if (fleet->replaced)
		fprintf(out,
			"Older facts of hosts that came more than once, left out: %zu\n",
			fleet->replaced);
	if (fleet->old)
		fprintf(out,
			"Facts older than 2 days, which may no longer be true: of %zu\n",
			fleet->old);
}

static int print_checks(FILE *out, const struct dg_fleet *fleet,
			const struct dg_style *style)
{
	size_t count, lines = 0;
	const struct dg_check *const *all = dg_catalog(&count);
	struct dg_grid grid;
	int r;

	dg_grid_open(&grid, out, check_columns, DG_COUNT(check_columns), style);
	for (size_t i = 0; i < count; i++) {
		char number[24];

		if (!fleet->drift[i])
			continue;
		snprintf(number, sizeof(number), "%zu", fleet->drift[i]);
		dg_grid_begin(&grid);
		dg_grid_put(&grid, number);
		dg_grid_put(&grid, all[i]->id);
		dg_grid_put(&grid, all[i]->title);
		lines++;
	}
	r = lines ? dg_grid_print(&grid, out, "Drift", style) : grid.r;
	dg_grid_close(&grid);
	return r;
}

/* "kernel-series-behind +2": a list of them all would cost the other columns. */
static char *say_drift(const struct dg_fleet_host *host)
{
	size_t count = 0;

	while (host->drift && host->drift[count])
		count++;
	if (count < 2)
		return strdup(count ? host->drift[0] : "");
	return dg_format("%s +%zu", host->drift[0], count - 1);
}

static int put_host(struct dg_grid *grid, const struct dg_fleet_host *host)
{
	DG_FREE char *drift = say_drift(host);

	if (!drift)
		return -ENOMEM;
	dg_grid_begin(grid);
	dg_grid_put(grid, dg_level_name(host->level));
	dg_grid_put(grid, host->name ? host->name : host->source);
	dg_grid_put(grid, host->running ? host->running : "?");
	dg_grid_put(grid, host->next_boot ? host->next_boot : "?");
	/* Why it is unknown says more than drift that does not make it worse. */
	dg_grid_put(grid, host->level == DG_LEVEL_UNKNOWN ? host->headline : drift);
	return grid->r;
}

static bool is_shown(const struct dg_fleet_host *host, const struct dg_style *style)
{
	return !host->problem &&
	       (style->verbose ||
		dg_level_rank(host->level) > dg_level_rank(DG_LEVEL_NOTICE));
}

static int print_hosts(FILE *out, const struct dg_fleet *fleet,
		       const struct dg_style *style)
{
	size_t lines = 0;
	struct dg_grid grid;
	int r;

	dg_grid_open(&grid, out, columns, DG_COUNT(columns), style);
	r = grid.r;
	for (size_t i = 0; i < fleet->count && r == 0; i++) {
		if (!is_shown(&fleet->hosts[i], style))
			continue;
		r = put_host(&grid, &fleet->hosts[i]);
		lines++;
	}
	if (r == 0 && lines)
		r = dg_grid_print(&grid, out, "Hosts, the worst first", style);
	dg_grid_close(&grid);
	return r;
}

static void print_problems(FILE *out, const struct dg_fleet *fleet,
			   const struct dg_style *style)
{
	bool titled = false;

	for (size_t i = 0; i < fleet->count; i++) {
		const struct dg_fleet_host *host = &fleet->hosts[i];
		DG_FREE char *line = NULL;

		if (!host->problem)
			continue;
		if (!titled)
			dg_print_title(out, "Facts that cannot be used", style);
		titled = true;
		line = dg_format("%s: %s", host->source, host->problem);
		dg_print_wrapped(out, line ? line : host->source, style, 2, 4);
	}
}

int dg_text_fleet(FILE *out, const struct dg_fleet *fleet, const struct dg_style *style)
{
	size_t folded = fleet->levels[DG_LEVEL_OK] + fleet->levels[DG_LEVEL_NOTICE];
	int r;

	print_counts(out, fleet);
	r = print_checks(out, fleet, style);
	if (r == 0)
		r = print_hosts(out, fleet, style);
	print_problems(out, fleet, style);
	if (folded && !style->verbose)
		fprintf(out, "\nFine: %zu host%s (-v lists them)\n", folded,
			folded == 1 ? "" : "s");
	return r;
}
