/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Percentages as pictures, and text that has to fit a number of columns.
 *
 * Columns are counted as dg_wrap() does: one a character. */
#pragma once

#include "policy/util.h"

#define DG_BAR_MAX  64			 /* cells */
#define DG_BAR_SIZE (3 * DG_BAR_MAX + 1) /* each cell is one character of UTF-8 */

/* Whether the environment's locale is one of UTF-8, so that a terminal may be given block
 * characters. */
bool dg_bars_have_blocks(void);

/* `width` cells (at most DG_BAR_MAX), filled from the left: of 100 percent all. What is
 * not a number leaves them blank. `blocks`: in eighths of a cell, else in '#'. Returns
 * `ret`. */
const char *dg_bar(double percent, size_t width, bool blocks,
		   char ret[static DG_BAR_SIZE]);
/* One cell for each of `count` values of 0-100, oldest first; where they are more than
 * `width` (at most DG_BAR_MAX), a cell is the mean of those that share it. What is not a
 * number is a blank. Returns `ret`. */
const char *dg_sparkline(const double *percents, size_t count, size_t width, bool blocks,
			 char ret[static DG_BAR_SIZE]);

/* Columns that UTF-8 text takes. */
size_t dg_count_columns(const char *text);
/* A copy of at most `columns` (at least 1) columns, with "…" as the last one where
 * something was cut off. Owned by the caller; NULL: out of memory. */
char *dg_clip(const char *text, size_t columns);
/* A copy in which each word, between spaces, is clipped: a word is what dg_wrap() cannot
 * break. Owned by the caller; NULL: out of memory. */
char *dg_clip_words(const char *text, size_t columns);
