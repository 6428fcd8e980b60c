/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fleet, for people: how many are how, what drifts how often, and a line for each host
 * that is not well. */
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
	{.name = "drift"},
};

static const struct dg_column check_columns[] = {
	{.name = "hosts", .number = true},
	{.name = "check"},
	{.name = "title"},
};

static void print_counts(FILE *out, const struct dg_fleet *fleet)
{
	static const enum dg_level order[] = {DG_LEVEL_CRITICAL, DG_LEVEL_WARNING,
					      DG_LEVEL_UNKNOWN, DG_LEVEL_NOTICE,
					      DG_LEVEL_OK};
	const char *separator = ": ";

	fprintf(out, "%zu host%s", fleet->count, fleet->count == 1 ? "" : "s");
	for (size_t i = 0; i < DG_COUNT(order); i++) {
		if (!fleet->levels[order[i]])
			continue;
		fprintf(out, "%s%zu %s", separator, fleet->levels[order[i]],
			dg_level_name(order[i]));
		separator = ", ";
	}
	fputc('\n', out);
	if (fleet->replaced)
		fprintf(out,
			"Older facts of hosts that came more than once, left out: %zu\n",
			fleet->replaced);
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

/* "kernel-series-behind, pin-age" */
static char *join_drift(const struct dg_fleet_host *host)
{
	DG_FREE char *all = strdup("");

	for (const char **id = host->drift; all && id && *id; id++) {
		char *more = dg_format("%s%s%s", all, *all ? ", " : "", *id);

		free(all);
		all = more;
	}
	return DG_STEAL(all);
}

static void put_host(struct dg_grid *grid, const struct dg_fleet_host *host)
{
	DG_FREE char *drift = join_drift(host);

	dg_grid_begin(grid);
	dg_grid_put(grid, dg_level_name(host->level));
	dg_grid_put(grid, host->name ? host->name : host->source);
	dg_grid_put(grid, host->running ? host->running : "?");
	dg_grid_put(grid, host->next_boot ? host->next_boot : "?");
	/* What is unknown has no drift that counts: why it is unknown says more. */
	dg_grid_put(grid, host->level == DG_LEVEL_UNKNOWN && host->headline
				  ? host->headline
			  : drift ? drift
				  : "");
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
	for (size_t i = 0; i < fleet->count; i++) {
		if (!is_shown(&fleet->hosts[i], style))
			continue;
		put_host(&grid, &fleet->hosts[i]);
		lines++;
	}
	r = lines ? dg_grid_print(&grid, out, "Hosts, the worst first", style) : grid.r;
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
