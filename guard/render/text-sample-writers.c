/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sample's tables of processes that write, and of the writes of our own. */
#include "guard/render/grid.h"
#include "guard/render/text-sample.h"
#include "policy/text.h"

/* --- writers --- */

static void put_bytes(struct dg_grid *grid, const struct dg_real *rate)
{
	char figure[DG_FIGURE_SIZE];
	DG_FREE char *text = NULL;

	if (!dg_known(rate))
		text = dg_format("?");
	else if (rate->value < 1e6)
		text = dg_format("%s kB/s", dg_figure(rate->value / 1e3, 1, figure));
	else
		text = dg_format("%s MB/s", dg_figure(rate->value / 1e6, 1, figure));
	dg_grid_put(grid, text ? text : "?");
}

static void add_writer(struct dg_grid *grid, const struct dg_writer *writer)
{
	const char *name = dg_get(&writer->name), *vmid = dg_get(&writer->vmid);
	char pid[24] = "?";

	if (dg_known(&writer->pid))
		snprintf(pid, sizeof(pid), "%lld", (long long)writer->pid.value);
	dg_grid_begin(grid);
	dg_grid_put(grid, "");
	dg_grid_put(grid, pid);
	dg_grid_put(grid, name ? name : "?");
	dg_grid_put(grid, vmid ? vmid : dg_absent(&writer->vmid) ? "-" : "?");
	put_bytes(grid, &writer->write_bytes_per_s);
}

int dg_print_writers(FILE *out, const struct dg_sample *sample,
		     const struct dg_style *style)
{
	static const struct dg_column columns[] = {
		{.name = ""},
		{.name = "pid", .number = true},
		{.name = "process", .cap = 24},
		{.name = "guest", .cap = 12},
		{.name = "writes", .number = true},
	};
	DG_CLEANUP(dg_grid_close) struct dg_grid grid = {0};
	size_t count = 0;

	dg_list_foreach (writer, sample->writers)
		count += dg_known(writer);
	if (count == 0)
		return 0;
	dg_grid_open(&grid, out, columns, DG_COUNT(columns), style);
	if (count > DG_SAMPLE_TOP && !style->verbose)
		count = DG_SAMPLE_TOP;
	dg_list_foreach (writer, sample->writers) {
		if (!dg_known(writer) || !count)
			continue;
		add_writer(&grid, writer);
		count--;
	}
	return dg_grid_print(&grid, out, "Top writers", style);
}

/* --- trials --- */

static void put_ms_of(struct dg_grid *grid, const struct dg_int *us)
{
	struct dg_real ms = {.meta = us->meta, .value = (double)us->value / 1000};

	dg_grid_put_ms(grid, &ms);
}

static void add_trial(struct dg_grid *grid, const struct dg_trial *trial)
{
	struct dg_real writes = {.meta = trial->writes.meta,
				 .value = (double)trial->writes.value};
	const char *way = dg_get(&trial->way);

	dg_grid_begin(grid);
	dg_grid_put(grid, "");
	dg_grid_put(grid, way ? way : "?");
	dg_grid_put_real(grid, &writes, 0);
	dg_grid_put_ms(grid, &trial->await_ms);
	put_ms_of(grid, &trial->in_flight_us);
	put_ms_of(grid, &trial->stalled_us);
	dg_grid_put_real(grid, &trial->inflation, 1);
}

int dg_print_trials(FILE *out, const struct dg_sample *sample,
		    const struct dg_style *style)
{
	static const struct dg_column columns[] = {
		{.name = ""},
		{.name = "way", .cap = 24},
		{.name = "writes", .number = true},
		{.name = "await ms", .number = true},
		{.name = "in flight", .number = true},
		{.name = "stalled", .number = true},
		{.name = "inflation", .number = true},
	};
	DG_CLEANUP(dg_grid_close) struct dg_grid grid = {0};
	int r;

	if (!dg_known(&sample->trials) || sample->trials.count == 0)
		return 0;
	dg_grid_open(&grid, out, columns, DG_COUNT(columns), style);
	dg_list_foreach (trial, sample->trials)
		if (dg_known(trial))
			add_trial(&grid, trial);
	r = dg_grid_print(&grid, out,
			  "Trials: small durable writes of our own (times in ms)", style);
	dg_print_wrapped(out,
			 "Inflation is the stall that was charged over the time in "
			 "which a write was in flight: about 1 is honest accounting, "
			 "and at 10 most of the stall is not there.",
			 style, 2, 2);
	return r;
}
