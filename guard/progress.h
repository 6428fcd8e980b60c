/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What somebody at a terminal sees while a window is being measured: one line, written
 * anew about once a second, and gone at the end. */
#pragma once

#include <stdio.h>

#include "guard/sample/sample.h"

#define DG_DISPLAY_HISTORY 128

struct dg_display {
	FILE *out; /* NULL: nothing is shown */
	bool blocks, shown;
	int stage; /* of the history */
	/* Stall in percent, NaN where it is not known: each the mean of `step` looks. */
	double history[DG_DISPLAY_HISTORY];
	size_t count;
	unsigned int step, looks, known;
	double sum; /* of the `known` among the last `looks`, which no mean holds yet */
};

/* Show on `out`, or nothing where it is no terminal that can rewrite a line, or where
 * nothing is `wanted`. */
void dg_display_open(struct dg_display *display, FILE *out, bool wanted);
/* Fits struct dg_sample_options: `display` is a struct dg_display. */
void dg_display_show(const struct dg_progress *progress, void *display);
/* Erase the line. */
void dg_display_close(struct dg_display *display);
