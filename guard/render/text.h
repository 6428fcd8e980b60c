/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the text form: its parts. */
#pragma once

#include "guard/render/render.h"

#define DG_RESET "\033[0m"
#define DG_BOLD	 "\033[1m"

extern const char *const dg_severity_colours[];

/* `text` in lines, the first behind `indent` spaces, the others behind `hang`. */
void dg_print_wrapped(FILE *out, const char *text, const struct dg_style *style,
		      size_t indent, size_t hang);
void dg_print_title(FILE *out, const char *title, const struct dg_style *style);

/* All evidence but what the summary says already; NULL: none is left. Owned. */
char *dg_evidence_text(const struct dg_finding *finding);

/* A plan's commands, a line each, and what follows them. 0 or -ENOMEM. */
int dg_print_commands(FILE *out, const struct dg_plan *plan);

/* Findings of a status, the worst first, with evidence and remedy. */
void dg_print_drift(FILE *out, const struct dg_verdict *v, const char *title,
		    enum dg_status status, const struct dg_style *style);
/* Findings of a status, a line each. 0 or -ENOMEM. */
int dg_print_table(FILE *out, const struct dg_verdict *v, const char *title,
		   enum dg_status status, const struct dg_style *style);

/* How many are not known for that who looks is not root. */
size_t dg_count_denied(const struct dg_verdict *v, const struct dg_style *style);
/* Whether only the names of those are told, together: of several with one reason. */
bool dg_tells_denied_apart(const struct dg_verdict *v, const struct dg_style *style);
/* These names. 0 or -ENOMEM. */
int dg_print_denied(FILE *out, const struct dg_verdict *v, const struct dg_style *style);

int dg_text_check(FILE *out, const struct dg_check *check, const struct dg_style *style);
int dg_text_checks(FILE *out, const struct dg_check *const *checks, size_t count,
		   const struct dg_style *style);
int dg_text_probe(FILE *out, const struct dg_probe *probe, const struct dg_style *style);
