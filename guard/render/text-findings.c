/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings for people: drift as paragraphs with its evidence, the rest as tables. */
#include <errno.h>
#include <json-c/json.h>
#include <libsmartcols.h>

#include "guard/render/text.h"
#include "policy/text.h"
#include "policy/timefmt.h"

/* --- evidence --- */

static char *join_list(struct json_object *list)
{
	size_t n = json_object_array_length(list);
	DG_FREE char *all = NULL;

	for (size_t i = 0; i < n; i++) {
		char *longer = dg_format(
			"%s%s%s", all ? all : "", all ? ", " : "",
			json_object_get_string(json_object_array_get_idx(list, i)));

		free(all);
		all = longer;
	}
	return all ? DG_STEAL(all) : strdup("");
}

/* A value as people read it: of a time the day, of a list its items. */
static char *describe_value(struct json_object *value)
{
	const char *text = json_object_get_string(value);
	char date[DG_DATE_SIZE];
	int64_t time;

	if (json_object_is_type(value, json_type_array))
		return join_list(value);
	if (json_object_is_type(value, json_type_string) &&
	    dg_time_parse(text, &time) == 0)
		return dg_format("%s", dg_date_format(time, date));
	return dg_format("%s", text);
}

/* "pin path /etc/kernel/...": the key's words and the value. */
static char *describe_pair(const char *key, const char *value)
{
	char *pair = dg_format("%s %s", key, value);

	for (char *p = pair; p && *p && *p != ' '; p++)
		if (*p == '_')
			*p = ' ';
	return pair;
}

char *dg_evidence_text(const struct dg_finding *f)
{
	DG_FREE char *all = NULL;

	if (!f->evidence)
		return NULL;
	json_object_object_foreach(f->evidence, key, value)
	{
		DG_FREE char *text = describe_value(value), *pair = NULL;
		char *longer;

		if (!text || strstr(f->summary, text))
			continue;
		pair = describe_pair(key, text);
		longer = dg_format("%s%s%s", all ? all : "", all ? "; " : "",
				   pair ? pair : "");
		free(all);
		all = longer;
	}
	return DG_STEAL(all);
}

/* --- drift and waived drift --- */

static void print_waiver(FILE *out, const struct dg_waiver_note *w,
			 const struct dg_style *style)
{
	char date[DG_DATE_SIZE];
	DG_FREE char *text =
		dg_format("waived by %s until %s (%lld days left): %s; owner %s", w->id,
			  dg_date_format(w->until, date), (long long)w->days_left,
			  w->reason, w->owner);

	dg_print_wrapped(out, text ? text : w->id, style, 4, 4);
}

static void print_paragraph(FILE *out, const struct dg_finding *f,
			    const struct dg_style *style)
{
	const char *remedy = f->remedy ? f->remedy : f->check->remedy;
	DG_FREE char *evidence = dg_evidence_text(f);
	DG_FREE char *fix = dg_format("-> %s", remedy);
	DG_FREE char *lines = fix ? dg_wrap_clauses(fix, style->width, 4, 7) : NULL;

	fprintf(out, "  %s%-8s%s  %s\n",
		style->colour ? dg_severity_colours[f->severity] : "",
		dg_severity_name(f->severity), style->colour ? DG_RESET : "",
		f->check->id);
	dg_print_wrapped(out, f->summary, style, 4, 4);
	if (evidence)
		dg_print_wrapped(out, evidence, style, 6, 6);
	if (f->waiver)
		print_waiver(out, f->waiver, style);
	else if (lines)
		fprintf(out, "%s\n", lines);
}

void dg_print_drift(FILE *out, const struct dg_verdict *v, const char *title,
		    enum dg_status status, const struct dg_style *style)
{
	size_t printed = 0;

	for (int severity = DG_CRITICAL; severity >= DG_FINE; severity--)
		for (size_t i = 0; i < v->finding_count; i++) {
			const struct dg_finding *f = &v->findings[i];

			if (f->status != status || (int)f->severity != severity)
				continue;
			if (!printed++)
				dg_print_title(out, title, style);
			print_paragraph(out, f, style);
		}
}

/* --- the others --- */

static struct libscols_table *make_table(FILE *out, const struct dg_style *style)
{
	struct libscols_table *table = scols_new_table();
	struct libscols_column *text;

	if (!table)
		return NULL;
	scols_table_enable_noheadings(table, 1);
	scols_table_set_stream(table, out);
	scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(table, style->width);
	scols_table_set_column_separator(table, "  ");
	if (!scols_table_new_column(table, "", 0, 0) ||
	    !scols_table_new_column(table, "", 0, 0))
		goto fail;
	text = scols_table_new_column(table, "", 0, SCOLS_FL_WRAP);
	if (!text ||
	    scols_column_set_wrapfunc(text, scols_wrapnl_chunksize,
				      scols_wrapnl_nextchunk, NULL) < 0 ||
	    scols_column_set_safechars(text, "\n") < 0)
		goto fail;
	return table;
fail:
	scols_unref_table(table);
	return NULL;
}

static int add_line(struct libscols_table *table, const struct dg_finding *f,
		    const char *summary, size_t width)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	DG_FREE char *text = dg_wrap(summary ? summary : "", width, 0, 0);

	if (!line || !text || scols_line_set_data(line, 0, "") < 0 ||
	    scols_line_set_data(line, 1, f->check->id) < 0 ||
	    scols_line_set_data(line, 2, text) < 0)
		return -ENOMEM;
	return 0;
}

/* Not known since somebody who is not root has looked (the words are those of
 * dg_errno_words()). */
static bool is_denied(const struct dg_finding *f)
{
	return f->status == DG_UNKNOWN && f->summary &&
	       strstr(f->summary, "no permission");
}

size_t dg_count_denied(const struct dg_verdict *v, const struct dg_style *style)
{
	size_t n = 0;

	for (size_t i = 0; style->as_user && i < v->finding_count; i++)
		n += is_denied(&v->findings[i]);
	return n;
}

bool dg_tells_denied_apart(const struct dg_verdict *v, const struct dg_style *style)
{
	return !style->verbose && dg_count_denied(v, style) > 1;
}

static bool is_listed(const struct dg_verdict *v, const struct dg_finding *f,
		      enum dg_status status, const struct dg_style *style)
{
	return f->status == status && !(is_denied(f) && dg_tells_denied_apart(v, style));
}

int dg_print_denied(FILE *out, const struct dg_verdict *v, const struct dg_style *style)
{
	char *all = NULL;

	for (size_t i = 0; i < v->finding_count; i++) {
		DG_FREE char *before = all;

		if (!is_denied(&v->findings[i])) {
			DG_STEAL(before);
			continue;
		}
		all = dg_format("%s%s%s", before ? before : "", before ? ", " : "",
				v->findings[i].check->id);
		if (!all)
			return -ENOMEM;
	}
	dg_print_title(out, "Not known for lack of permission: run this as root", style);
	dg_print_wrapped(out, all ? all : "", style, 3, 3);
	free(all);
	return 0;
}

/* Whether two say the same. */
static bool is_same(const struct dg_finding *a, const struct dg_finding *b)
{
	return a->status == b->status && a->summary && dg_streq(a->summary, b->summary);
}

static bool is_told(const struct dg_verdict *v, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_same(&v->findings[i], &v->findings[index]))
			return true;
	return false;
}

/* One that was not told yet, and all that say the same: often one thing that could not be
 * read is the reason of many. */
static int add_group(struct libscols_table *table, const struct dg_verdict *v,
		     size_t index, size_t width)
{
	const struct dg_finding *first = &v->findings[index];
	int r = add_line(table, first, first->summary, width);

	for (size_t i = index + 1; i < v->finding_count && r == 0; i++)
		if (is_same(first, &v->findings[i]))
			r = add_line(table, &v->findings[i], "(as above)", width);
	return r;
}

static size_t find_longest_id(const struct dg_verdict *v, enum dg_status status,
			      const struct dg_style *style)
{
	size_t longest = 0;

	for (size_t i = 0; i < v->finding_count; i++)
		if (is_listed(v, &v->findings[i], status, style) &&
		    strlen(v->findings[i].check->id) > longest)
			longest = strlen(v->findings[i].check->id);
	return longest;
}

int dg_print_table(FILE *out, const struct dg_verdict *v, const char *title,
		   enum dg_status status, const struct dg_style *style)
{
	size_t longest = find_longest_id(v, status, style);
	size_t width = style->width - longest - 5;
	struct libscols_table *table;
	int r = 0;

	if (!longest)
		return 0;
	table = make_table(out, style);
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < v->finding_count && r == 0; i++)
		if (is_listed(v, &v->findings[i], status, style) && !is_told(v, i))
			r = add_group(table, v, i, width);
	dg_print_title(out, title, style);
	if (r == 0 && scols_print_table(table) < 0)
		r = -ENOMEM;
	scols_unref_table(table);
	return r;
}
