/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare, for people: the argument first, then the table, then what was around it. */
#include <errno.h>

#include "guard/render/bars.h"
#include "guard/render/grid.h"
#include "guard/render/records.h"
#include "guard/render/text.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define LABEL	 24 /* columns before the values */
#define ID_SHOWN 8

static const char *const ordinals[2] = {"first", "second"};

const char *dg_boot_title(const struct dg_comparison *c, int side,
			  char buf[static DG_BOOT_TITLE_SIZE])
{
	const char *kernels[2] = {c->boots[0].kernel, c->boots[1].kernel};
	const char *id = c->boots[side].boot_id;

	if (kernels[side] && !dg_streq(kernels[0], kernels[1])) {
		snprintf(buf, DG_BOOT_TITLE_SIZE, "%s", kernels[side]);
		/* A cut must not leave half a character. */
		while (!dg_text_is_clean(buf, strlen(buf)))
			buf[strlen(buf) - 1] = '\0';
	} else if (id) {
		snprintf(buf, DG_BOOT_TITLE_SIZE, "boot %.*s", ID_SHOWN, id);
	} else {
		snprintf(buf, DG_BOOT_TITLE_SIZE, "%s", ordinals[side]);
	}
	return buf;
}

char *dg_figure_text(const struct dg_comparison_row *row, int side)
{
	const struct dg_comparison_side *it = &row->sides[side];

	if (!it->text)
		return strdup("not measured");
	if (!it->is_number || !*row->unit)
		return strdup(it->text);
	return dg_format("%s%s%s", it->text, *row->unit == '/' ? "" : " ", row->unit);
}

/* --- the table --- */

static void put_figure(struct dg_grid *grid, const struct dg_comparison_row *row,
		       int side)
{
	DG_FREE char *text = dg_figure_text(row, side);

	dg_grid_put(grid, text ? text : "?");
}

static int print_figures(FILE *out, const struct dg_comparison *c,
			 const struct dg_style *style)
{
	char first[DG_BOOT_TITLE_SIZE], second[DG_BOOT_TITLE_SIZE];
	DG_FREE char *a = dg_clip(dg_boot_title(c, 0, first), LABEL);
	DG_FREE char *b = dg_clip(dg_boot_title(c, 1, second), LABEL);
	const struct dg_column columns[] = {
		{.name = ""},
		{.name = "measured", .cap = LABEL},
		{.name = a, .number = true},
		{.name = b, .number = true},
	};
	struct dg_grid grid;
	int r;

	if (!a || !b)
		return -ENOMEM;
	if (c->figures.count == 0)
		return 0;
	dg_grid_open(&grid, out, columns, DG_COUNT(columns), style);
	for (size_t i = 0; i < c->figures.count; i++) {
		dg_grid_begin(&grid);
		dg_grid_put(&grid, "");
		dg_grid_put(&grid, c->figures.items[i].what);
		put_figure(&grid, &c->figures.items[i], 0);
		put_figure(&grid, &c->figures.items[i], 1);
	}
	r = dg_grid_print(&grid, out, "Figures", style);
	dg_grid_close(&grid);
	return r;
}

/* --- lines of a label and a text --- */

static void print_line(FILE *out, const char *label, const char *text,
		       const struct dg_style *style)
{
	DG_FREE char *name = dg_clip(label, LABEL - 4);
	DG_FREE char *words = dg_clip_words(text, style->width - LABEL);
	DG_FREE char *lines = words ? dg_wrap(words, style->width, LABEL, LABEL) : NULL;
	size_t columns = 2 + dg_count_columns(name ? name : "");

	fprintf(out, "  %s%*s%s\n", name ? name : "",
		columns < LABEL ? (int)(LABEL - columns) : 0, "",
		lines ? lines + LABEL : text);
}

/* "6.5.13-5-pve -> 7.0.6-2-pve", or the one text there is of both. */
static void print_circumstance(FILE *out, const struct dg_comparison_row *row,
			       const struct dg_style *style)
{
	const char *a = row->sides[0].text, *b = row->sides[1].text;
	DG_FREE char *text = row->same ? dg_format("%s (same)", a)
				       : dg_format("%s -> %s", a ? a : "not known",
						   b ? b : "not known");

	print_line(out, row->what, text ? text : "", style);
}

static void print_boot(FILE *out, const struct dg_comparison *c, int side,
		       const struct dg_style *style)
{
	__typeof__(&c->boots[side]) boot = &c->boots[side];
	char date[DG_TIME_SIZE];
	DG_FREE char *text = dg_format(
		"%s%s%s%s, %s%s%s", boot->boot_id ? boot->boot_id : "not known",
		boot->boot_time ? " (booted " : "",
		boot->boot_time ? dg_time_format(boot->boot_time, date) : "",
		boot->boot_time ? ")" : "", boot->verdict ? boot->verdict : "no verdict",
		boot->headline ? ": " : "", boot->headline ? boot->headline : "");

	print_line(out, side ? "second boot" : "first boot", text ? text : "", style);
}

int dg_text_comparison(FILE *out, const struct dg_comparison *c,
		       const struct dg_style *style)
{
	int r;

	dg_print_wrapped(out, c->changed, style, 0, 0);
	dg_print_wrapped(out, c->same, style, 0, 0);
	if (c->caveat)
		dg_print_wrapped(out, c->caveat, style, 0, 0);
	r = print_figures(out, c, style);
	dg_print_title(out, "Circumstances", style);
	for (size_t i = 0; i < c->circumstances.count; i++)
		print_circumstance(out, &c->circumstances.items[i], style);
	for (int side = 0; side < 2; side++)
		print_boot(out, c, side, style);
	return r;
}
