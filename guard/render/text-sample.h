/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the text form of a sample: its parts. */
#pragma once

#include "guard/render/grid.h"
#include "guard/render/text.h"
#include "policy/pressure.h"

/* Disks and guests that are shown where not all are asked for. */
#define DG_SAMPLE_TOP 8

/* A line of a label and a text, which is wrapped behind the label. */
void dg_print_labelled(FILE *out, const char *label, const char *text,
		       const struct dg_style *style);

/* Each prints a table with its title, or nothing where it has no rows. 0 or -ENOMEM. */
int dg_print_disks(FILE *out, const struct dg_sample *sample,
		   const struct dg_pressure *pressure, const struct dg_style *style);
int dg_print_guests(FILE *out, const struct dg_sample *sample,
		    const struct dg_pressure *pressure, const struct dg_style *style);
int dg_print_writers(FILE *out, const struct dg_sample *sample,
		     const struct dg_style *style);
int dg_print_trials(FILE *out, const struct dg_sample *sample,
		    const struct dg_style *style);
/* What was not seen, and why. */
void dg_print_sample_gaps(FILE *out, const struct dg_sample *sample,
			  const struct dg_style *style);

int dg_text_sample(FILE *out, const struct dg_sample *sample,
		   const struct dg_pressure *pressure, const struct dg_style *style);
