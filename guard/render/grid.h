/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of figures, whose columns are known beforehand, within the width there is. */
#pragma once

#include "guard/render/render.h"
#include "policy/fact.h"

struct libscols_table;
struct libscols_line;

struct dg_column {
	const char *name;
	bool number; /* to the right */
	size_t cap;  /* its texts have at most so many columns, or fewer; 0: are shown
			whole */
};

/* An error, no memory, is kept in `r`; what follows does nothing. */
struct dg_grid {
	struct libscols_table *table;
	struct libscols_line *line;
	const struct dg_column *columns;
	size_t count, next; /* columns; the next cell's */
	size_t width;	    /* of the whole */
	int r;
};

/* The caller closes it, also where it failed. */
void dg_grid_open(struct dg_grid *grid, FILE *out, const struct dg_column *columns,
		  size_t count, const struct dg_style *style);
void dg_grid_close(struct dg_grid *grid);
/* A new line, then its cells, from the left. */
void dg_grid_begin(struct dg_grid *grid);
void dg_grid_put(struct dg_grid *grid, const char *text);
/* Of that many decimals. "-": there is none; "?": it is not known. */
void dg_grid_put_real(struct dg_grid *grid, const struct dg_real *fact, int decimals);
/* With a decimal where it is small; what is not a number is "?". */
void dg_grid_put_rate(struct dg_grid *grid, double rate);
/* Milliseconds, as precise as they are short. */
void dg_grid_put_ms(struct dg_grid *grid, const struct dg_real *fact);
/* Print it under a title; texts are clipped as far as the width asks for. 0 or -ENOMEM.
 */
int dg_grid_print(struct dg_grid *grid, FILE *out, const char *title,
		  const struct dg_style *style);

#define DG_FIGURE_SIZE 24
/* A number in at most 8 columns: of `decimals`, a large one of fewer, a huge one by its
 * size only. Returns `buf`. */
const char *dg_figure(double value, int decimals, char buf[static DG_FIGURE_SIZE]);
