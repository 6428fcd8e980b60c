/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One output form a file, behind one table. */
#pragma once

#include <stdio.h>

#include "policy/judge.h"

struct json_object;
struct dg_probe;
struct dg_sample;
struct dg_pressure;
struct dg_history;
struct dg_comparison;
struct dg_fleet;
struct dg_enforce_told;

struct dg_style {
	bool colour;
	bool blocks;  /* a terminal that shows block characters */
	bool verbose; /* also what is fine */
	bool as_user; /* what may not be read, root could read */
	size_t width; /* columns to wrap at */
};

struct dg_renderer {
	const char *name;
	/* Each: 0 or a negative errno; a failed write shows in ferror(out). NULL: this
	 * form has none. */
	int (*verdict)(FILE *out, const struct dg_verdict *verdict,
		       const struct dg_style *style);
	int (*check)(FILE *out, const struct dg_check *check,
		     const struct dg_style *style);
	int (*checks)(FILE *out, const struct dg_check *const *checks, size_t count,
		      const struct dg_style *style);
	int (*probe)(FILE *out, const struct dg_probe *probe,
		     const struct dg_style *style);
	int (*sample)(FILE *out, const struct dg_sample *sample,
		      const struct dg_pressure *pressure, const struct dg_style *style);
	int (*history)(FILE *out, const struct dg_history *history,
		       const struct dg_style *style);
	int (*comparison)(FILE *out, const struct dg_comparison *comparison,
			  const struct dg_style *style);
	int (*fleet)(FILE *out, const struct dg_fleet *fleet,
		     const struct dg_style *style);
	int (*enforce)(FILE *out, const struct dg_enforce_told *told,
		       const struct dg_style *style);
};

extern const struct dg_renderer dg_render_text, dg_render_json, dg_render_nagios,
	dg_render_prometheus, dg_render_motd, dg_render_html;

/* NULL: no such form. */
const struct dg_renderer *dg_renderer_find(const char *name);
/* The names, "text, json, ...". */
const char *dg_renderer_names(void);
/* Whether a form has what stands at that offset of its table, and the names of those that
 * have. The names are good until the next call. */
bool dg_renderer_has(const struct dg_renderer *renderer, size_t offset);
const char *dg_renderer_names_with(size_t offset);
/* "CRITICAL", where dg_level_name() is "critical". */
const char *dg_level_word(enum dg_level level);
/* Colour only on a terminal and without NO_COLOR; its width, else 80 columns. */
struct dg_style dg_style_of(FILE *out, bool verbose);

/* A JSON document, indented, doubles as %.6g, with a newline (render/json.c). */
int dg_print_json(FILE *out, struct json_object *json);
int dg_json_probe(FILE *out, const struct dg_probe *probe, const struct dg_style *style);
int dg_json_sample(FILE *out, const struct dg_sample *sample,
		   const struct dg_pressure *pressure, const struct dg_style *style);

/* "40 hosts: 2 critical, 38 ok" (nagios-fleet.c). */
void dg_fleet_put_counts(FILE *out, const struct dg_fleet *fleet);
int dg_text_fleet(FILE *out, const struct dg_fleet *fleet, const struct dg_style *style);
int dg_json_fleet(FILE *out, const struct dg_fleet *fleet, const struct dg_style *style);
int dg_nagios_fleet(FILE *out, const struct dg_fleet *fleet,
		    const struct dg_style *style);
int dg_prometheus_fleet(FILE *out, const struct dg_fleet *fleet,
			const struct dg_style *style);

int dg_html_verdict(FILE *out, const struct dg_verdict *verdict,
		    const struct dg_style *style);

/* What a login prints (motd.c): at most six lines of 80 columns; "" where all is well. Of
 * a notice too, which the form "motd" leaves out. *ret is owned. 0 or -ENOMEM. */
int dg_motd_text(const struct dg_verdict *verdict, char **ret);

/* A command as it is typed into a shell, words quoted that need it (command.c). Owned by
 * the caller; NULL: out of memory. */
char *dg_command_line(const struct dg_argv *argv);

/* Words of `text` in lines of at most `width` columns: the first behind `indent` spaces,
 * the others behind `hang`. Owned by the caller; NULL: out of memory (render/wrap.c). */
char *dg_wrap(const char *text, size_t width, size_t indent, size_t hang);
/* The same of commands between ";" and other clauses: none is broken that fits on a line,
 * so that it can be copied. */
char *dg_wrap_clauses(const char *text, size_t width, size_t indent, size_t hang);
