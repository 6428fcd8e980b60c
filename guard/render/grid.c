/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of figures, printed by libsmartcols. */
#include <errno.h>
#include <libsmartcols.h>
#include <locale.h>
#include <math.h>

#include "guard/render/bars.h"
#include "guard/render/grid.h"
#include "guard/render/text.h"

#define WIDTH_USUAL 80
#define COLUMNS_MAX 16

const char *dg_figure(double value, int decimals, char buf[static DG_FIGURE_SIZE])
{
	double size = fabs(value);

	if (size < 1e6)
		snprintf(buf, DG_FIGURE_SIZE, "%.*f", size < 1e4 ? decimals : 0, value);
	else
		snprintf(buf, DG_FIGURE_SIZE, "%.0e", value);
	return buf;
}

void dg_grid_close(struct dg_grid *grid)
{
	scols_unref_table(grid->table);
	grid->table = NULL;
}

void dg_grid_open(struct dg_grid *grid, FILE *out, const struct dg_column *columns,
		  size_t count, const struct dg_style *style)
{
	bool narrow = style->width < WIDTH_USUAL;

	*grid = (struct dg_grid){
		.columns = columns, .count = count, .width = style->width, .r = -ENOMEM};
	grid->table = count <= COLUMNS_MAX ? scols_new_table() : NULL;
	if (!grid->table)
		return;
	scols_table_set_stream(grid->table, out);
	scols_table_set_termforce(grid->table, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(grid->table, style->width);
	if (scols_table_set_column_separator(grid->table, narrow ? " " : "  ") < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (!scols_table_new_column(
			    grid->table, columns[i].name, 0,
			    (columns[i].number ? SCOLS_FL_RIGHT : 0) |
				    (columns[i].cap ? SCOLS_FL_TRUNC : 0)))
			return;
	grid->r = 0;
}

/* --- cells --- */

void dg_grid_begin(struct dg_grid *grid)
{
	if (grid->r < 0)
		return;
	grid->next = 0;
	grid->line = scols_table_new_line(grid->table, NULL);
	if (!grid->line)
		grid->r = -ENOMEM;
}

void dg_grid_put(struct dg_grid *grid, const char *text)
{
	DG_FREE char *clipped = NULL;
	size_t cap;

	if (grid->r < 0)
		return;
	cap = grid->columns[grid->next].cap;
	clipped = cap ? dg_clip(text, cap) : NULL;
	if ((cap && !clipped) ||
	    scols_line_set_data(grid->line, grid->next++, clipped ? clipped : text) < 0)
		grid->r = -ENOMEM;
}

void dg_grid_put_real(struct dg_grid *grid, const struct dg_real *fact, int decimals)
{
	char figure[DG_FIGURE_SIZE];

	if (dg_known(fact))
		dg_grid_put(grid, dg_figure(fact->value, decimals, figure));
	else
		dg_grid_put(grid, dg_absent(fact) ? "-" : "?");
}

void dg_grid_put_rate(struct dg_grid *grid, double rate)
{
	char figure[DG_FIGURE_SIZE];

	dg_grid_put(grid, isnan(rate) ? "?" : dg_figure(rate, rate < 10 ? 1 : 0, figure));
}

void dg_grid_put_ms(struct dg_grid *grid, const struct dg_real *fact)
{
	double value = dg_known(fact) ? fact->value : 0;

	dg_grid_put_real(grid, fact, value < 10 ? 2 : value < 100 ? 1 : 0);
}

/* --- making it fit --- */

static const char *get_cell(struct libscols_line *line, size_t column)
{
	const char *text = scols_cell_get_data(scols_line_get_cell(line, column));

	return text ? text : "";
}

static void measure_columns(const struct dg_grid *grid, size_t *widths)
{
	size_t lines = scols_table_get_nlines(grid->table);

	for (size_t i = 0; i < grid->count; i++) {
		widths[i] = dg_count_columns(grid->columns[i].name);
		for (size_t n = 0; n < lines; n++) {
			struct libscols_line *line = scols_table_get_line(grid->table, n);
			size_t width = dg_count_columns(get_cell(line, i));

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
}

/* The widest column of texts that may lose some; `count`: there is none. */
static size_t find_widest(const struct dg_grid *grid, const size_t *widths)
{
	size_t widest = grid->count;

	for (size_t i = 0; i < grid->count; i++)
		if (grid->columns[i].cap &&
		    widths[i] > dg_count_columns(grid->columns[i].name) &&
		    (widest == grid->count || widths[i] > widths[widest]))
			widest = i;
	return widest;
}

static int clip_column(const struct dg_grid *grid, size_t column, size_t width)
{
	size_t lines = scols_table_get_nlines(grid->table);

	for (size_t n = 0; n < lines; n++) {
		struct libscols_line *line = scols_table_get_line(grid->table, n);
		DG_FREE char *text = dg_clip(get_cell(line, column), width);

		if (!text || scols_line_set_data(line, column, text) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The library would cut texts off without a sign of it, and does from a line on that is
 * as long as the whole is wide. */
static int fit_texts(const struct dg_grid *grid)
{
	size_t between = strlen(scols_table_get_column_separator(grid->table));
	size_t widths[COLUMNS_MAX], total = (grid->count - 1) * between;
	int r = 0;

	measure_columns(grid, widths);
	for (size_t i = 0; i < grid->count; i++)
		total += widths[i];
	for (; total >= grid->width; total--) {
		size_t widest = find_widest(grid, widths);

		if (widest == grid->count)
			break;
		widths[widest]--;
	}
	for (size_t i = 0; i < grid->count && r == 0; i++)
		if (grid->columns[i].cap)
			r = clip_column(grid, i, widths[i]);
	return r;
}

/* --- printing --- */

/* Texts here are of UTF-8 whatever the environment's locale is, by which the library
 * would count, and replace, what it does not know. */
static int print_table(struct libscols_table *table)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), before = NULL;
	int r;

	if (utf8)
		before = uselocale(utf8);
	r = scols_print_table(table) < 0 ? -ENOMEM : 0;
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return r;
}

int dg_grid_print(struct dg_grid *grid, FILE *out, const char *title,
		  const struct dg_style *style)
{
	if (grid->r == 0)
		grid->r = fit_texts(grid);
	if (grid->r < 0)
		return grid->r;
	dg_print_title(out, title, style);
	grid->r = print_table(grid->table);
	return grid->r;
}
