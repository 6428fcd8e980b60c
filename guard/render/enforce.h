/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the forms show of a run of `enforce`. */
#pragma once

#include "guard/render/render.h"
#include "policy/gates.h"

/* Pointers are the caller's; NULL where there is nothing to tell. */
struct dg_enforce_told {
	const struct dg_enforcement *decision;
	const struct dg_verdict *verdict;
	const char *outcome;   /* dry-run, nothing, refused, done, undone, unfinished */
	const char *why;       /* a sentence about what was done */
	const char *boots;     /* the kernel that boots next now */
	const char *recovered; /* what became of an unfinished action */
	const char *record;    /* path of the record */
	const char *no_record; /* why there is none */
};

int dg_text_enforce(FILE *out, const struct dg_enforce_told *told,
		    const struct dg_style *style);
int dg_json_enforce(FILE *out, const struct dg_enforce_told *told,
		    const struct dg_style *style);
