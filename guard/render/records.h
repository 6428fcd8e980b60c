/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of boots, and two of them compared, in each form that has them. */
#pragma once

#include "guard/render/render.h"
#include "policy/compare.h"

int dg_text_history(FILE *out, const struct dg_history *history,
		    const struct dg_style *style);
int dg_json_history(FILE *out, const struct dg_history *history,
		    const struct dg_style *style);
int dg_text_comparison(FILE *out, const struct dg_comparison *comparison,
		       const struct dg_style *style);
int dg_json_comparison(FILE *out, const struct dg_comparison *comparison,
		       const struct dg_style *style);
int dg_html_comparison(FILE *out, const struct dg_comparison *comparison,
		       const struct dg_style *style);

/* What one of the two boots is called above its column: its kernel, or where both have
 * the same, the beginning of its id; "first" or "second" where neither is known. */
#define DG_BOOT_TITLE_SIZE 80
const char *dg_boot_title(const struct dg_comparison *comparison, int side,
			  char buf[static DG_BOOT_TITLE_SIZE]);
/* "68.7 %", "not measured"; owned by the caller, NULL: out of memory. */
char *dg_figure_text(const struct dg_comparison_row *row, int side);
