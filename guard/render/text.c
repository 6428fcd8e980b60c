/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For people: the verdict and one headline, what drifts and why, the commands to copy,
 * what could not be seen, and one line for what is fine. */
#include <errno.h>
#include <json-c/json.h>
#include <libsmartcols.h>

#include "guard/render/render.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define RESET "\033[0m"
#define BOLD  "\033[1m"

static const char *const level_colours[] = {
	[DG_LEVEL_OK] = "\033[1;32m",	    [DG_LEVEL_NOTICE] = "\033[1;36m",
	[DG_LEVEL_WARNING] = "\033[1;33m",  [DG_LEVEL_CRITICAL] = "\033[1;31m",
	[DG_LEVEL_UNKNOWN] = "\033[1;35m",
};

/* In the table libsmartcols writes the sequences itself. */
static const char *const severity_colours[] = {
	[DG_FINE] = NULL, [DG_NOTICE] = "cyan", [DG_WARNING] = "yellow", [DG_CRITICAL] = "red",
};

static void print_wrapped(FILE *out, const char *text, const struct dg_style *style,
			  size_t indent)
{
	DG_FREE char *lines = dg_wrap(text, style->width - indent, indent);

	fprintf(out, "%*s%s\n", (int)indent, "", lines ? lines : text);
}

/* --- the head --- */

static void print_head(FILE *out, const struct dg_verdict *v, const struct dg_style *style)
{
	static const char *const words[] = {
		[DG_LEVEL_OK] = "OK",		  [DG_LEVEL_NOTICE] = "NOTICE",
		[DG_LEVEL_WARNING] = "WARNING",	  [DG_LEVEL_CRITICAL] = "CRITICAL",
		[DG_LEVEL_UNKNOWN] = "UNKNOWN",
	};

	fprintf(out, "%s%s%s  %s", style->colour ? level_colours[v->level] : "",
		words[v->level], style->colour ? RESET : "", v->host.name ? v->host.name : "");
	if (v->host.product_name)
		fprintf(out, " (%s%s%s)", v->host.product_name, v->host.version ? " " : "",
			v->host.version ? v->host.version : "");
	fputc('\n', out);
	print_wrapped(out, v->headline, style, 0);
}

static void print_kernels(FILE *out, const struct dg_verdict *v)
{
	fprintf(out, "\n  running     %s\n", v->kernel.running ? v->kernel.running : "unknown");
	if (v->kernel.expected_series)
		fprintf(out, "  expected    %s\n", v->kernel.expected_series);
	if (v->kernel.next_boot)
		fprintf(out, "  boots next  %s (%s)\n", v->kernel.next_boot,
			v->kernel.next_boot_because);
}

/* --- findings --- */

/* A value as people read it: times lose their "T" and seconds, lists get commas. */
static char *describe_value(struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t n;
	DG_FREE char *list = NULL;
	int64_t time;
	char date[DG_DATE_SIZE];

	if (json_object_is_type(value, json_type_string) && dg_time_parse(text, &time) == 0)
		return dg_format("%s", dg_date_format(time, date));
	if (!json_object_is_type(value, json_type_array))
		return dg_format("%s", text);
	n = json_object_array_length(value);
	for (size_t i = 0; i < n; i++) {
		char *longer = dg_format(
			"%s%s%s", list ? list : "", list ? ", " : "",
			json_object_get_string(json_object_array_get_idx(value, i)));

		free(list);
		list = longer;
	}
	return dg_format("%s", list ? list : "");
}

static char *describe_evidence(const struct dg_finding *f)
{
	DG_FREE char *all = NULL;

	if (!f->evidence)
		return NULL;
	json_object_object_foreach(f->evidence, key, value)
	{
		DG_FREE char *text = describe_value(value);
		char *longer = dg_format("%s%s%s %s", all ? all : "", all ? "; " : "", key, text);

		for (char *p = longer ? longer + (all ? strlen(all) + 2 : 0) : NULL;
		     p && *p && *p != ' '; p++)
			if (*p == '_')
				*p = '-';
		free(all);
		all = longer;
	}
	return DG_STEAL(all);
}

/* Summary, evidence and remedy as the lines of one cell. */
static char *describe_finding(const struct dg_finding *f, size_t width, bool drifts)
{
	const char *remedy = f->remedy ? f->remedy : f->check->remedy;
	DG_FREE char *evidence = drifts ? describe_evidence(f) : NULL;
	DG_FREE char *first = dg_wrap(f->summary ? f->summary : "", width, 0);
	DG_FREE char *second = evidence ? dg_wrap(evidence, width, 2) : NULL;
	DG_FREE char *third = NULL, *fix = NULL;

	if (f->waiver) {
		char date[DG_DATE_SIZE];

		fix = dg_format("waived by %s until %s (%lld days left): %s; owner %s",
				f->waiver->id, dg_date_format(f->waiver->until, date),
				(long long)f->waiver->days_left, f->waiver->reason,
				f->waiver->owner);
	} else if (drifts && remedy) {
		fix = dg_format("-> %s", remedy);
	}
	third = fix ? dg_wrap(fix, width, 3) : NULL;
	return dg_format("%s%s%s%s%s", first, second ? "\n" : "", second ? second : "",
			 third ? "\n" : "", third ? third : "");
}

static struct libscols_table *make_table(const struct dg_style *style)
{
	struct libscols_table *table = scols_new_table();
	struct libscols_column *last;

	if (!table)
		return NULL;
	scols_table_enable_noheadings(table, 1);
	scols_table_enable_colors(table, style->colour);
	scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(table, style->width);
	scols_table_set_column_separator(table, "  ");
	if (!scols_table_new_column(table, "SEVERITY", 0, 0) ||
	    !scols_table_new_column(table, "CHECK", 0, 0))
		goto fail;
	last = scols_table_new_column(table, "FINDING", 0, SCOLS_FL_WRAP);
	if (!last || scols_column_set_wrapfunc(last, scols_wrapnl_chunksize,
					       scols_wrapnl_nextchunk, NULL) < 0)
		goto fail;
	scols_column_set_safechars(last, "\n");
	return table;
fail:
	scols_unref_table(table);
	return NULL;
}

/* Columns left for the finding's text, behind the severity and the longest id. */
static size_t find_text_width(const struct dg_verdict *v, const struct dg_style *style)
{
	size_t longest = 0, left = strlen("critical") + 2 + 2;

	for (size_t i = 0; i < v->finding_count; i++)
		if (v->findings[i].status != DG_OK &&
		    strlen(v->findings[i].check->id) > longest)
			longest = strlen(v->findings[i].check->id);
	left += longest;
	return style->width > left + 30 ? style->width - left : 30;
}

static const char *find_word(const struct dg_finding *f)
{
	return f->status == DG_DRIFT ? dg_severity_name(f->severity) : dg_status_name(f->status);
}

static int add_line(struct libscols_table *table, const struct dg_finding *f, size_t width)
{
	bool drifts = f->status == DG_DRIFT || f->status == DG_WAIVED;
	struct libscols_line *line = scols_table_new_line(table, NULL);
	DG_FREE char *text = describe_finding(f, width, drifts);

	if (!line || !text)
		return -ENOMEM;
	if (f->status == DG_DRIFT && severity_colours[f->severity])
		scols_cell_set_color(scols_line_get_cell(line, 0), severity_colours[f->severity]);
	if (scols_line_set_data(line, 0, find_word(f)) < 0 ||
	    scols_line_set_data(line, 1, f->check->id) < 0 ||
	    scols_line_set_data(line, 2, text) < 0)
		return -ENOMEM;
	return 0;
}

/* Findings of a status (of drift: and of a severity) as a table; none: nothing. */
static int print_findings(FILE *out, const struct dg_verdict *v, const char *title,
			  enum dg_status status, const struct dg_style *style)
{
	struct libscols_table *table = make_table(style);
	size_t width = find_text_width(v, style), lines = 0;
	int r = table ? 0 : -ENOMEM;

	for (int severity = DG_CRITICAL; severity >= DG_FINE && r == 0; severity--)
		for (size_t i = 0; i < v->finding_count && r == 0; i++) {
			const struct dg_finding *f = &v->findings[i];

			if (f->status != status || (int)f->severity != severity)
				continue;
			r = add_line(table, f, width);
			lines++;
		}
	if (r == 0 && lines) {
		fprintf(out, "\n%s%s%s\n", style->colour ? BOLD : "", title,
			style->colour ? RESET : "");
		scols_table_set_stream(table, out);
		scols_print_table(table);
	}
	scols_unref_table(table);
	return r;
}

/* --- the plan --- */

static void print_argv(FILE *out, const struct dg_argv *argv)
{
	fputs("   ", out);
	for (size_t i = 0; i < DG_ARGV_MAX && argv->words[i]; i++)
		fprintf(out, " %s", argv->words[i]);
	fputc('\n', out);
}

static void print_blockers(FILE *out, const struct dg_plan *plan, const struct dg_style *style)
{
	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];
		DG_FREE char *text = NULL;

		if (p->ok == DG_YES)
			continue;
		text = dg_format("%s: %s%s%s", p->id, p->detail, p->unblock ? " -> " : "",
				 p->unblock ? p->unblock : "");
		print_wrapped(out, text ? text : p->detail, style, 4);
	}
}

static void print_plan(FILE *out, const struct dg_plan *plan, const struct dg_style *style)
{
	DG_FREE char *title = dg_format("%s: %s", plan->ready ? "To put it right"
							      : "What would put it right",
					plan->why);

	fputc('\n', out);
	if (style->colour)
		fputs(BOLD, out);
	print_wrapped(out, title ? title : plan->why, style, 0);
	if (style->colour)
		fputs(RESET, out);
	for (size_t i = 0; i < plan->step_count; i++)
		print_argv(out, &plan->steps[i].argv);
	if (plan->then)
		fprintf(out, "    %s\n", plan->then);
	if (plan->ready)
		return;
	fputs("  Not ready; first:\n", out);
	print_blockers(out, plan, style);
}

/* --- the foot --- */

static void print_folded(FILE *out, const struct dg_verdict *v, const struct dg_style *style)
{
	size_t counts[DG_UNKNOWN + 1] = {0};

	for (size_t i = 0; i < v->finding_count; i++)
		counts[v->findings[i].status]++;
	fprintf(out, "\nFine: %zu checks; not applicable: %zu; not measured: %zu%s\n",
		counts[DG_OK], counts[DG_NOT_APPLICABLE], counts[DG_NOT_MEASURED],
		style->verbose ? "" : " (-v lists them)");
}

static int print_verdict(FILE *out, const struct dg_verdict *v, const struct dg_style *style)
{
	int r;

	print_head(out, v, style);
	print_kernels(out, v);
	r = print_findings(out, v, "Drift", DG_DRIFT, style);
	if (r == 0 && v->plan)
		print_plan(out, v->plan, style);
	if (r == 0)
		r = print_findings(out, v, "Waived", DG_WAIVED, style);
	if (r == 0)
		r = print_findings(out, v, "Not known", DG_UNKNOWN, style);
	if (r == 0 && style->verbose) {
		r = print_findings(out, v, "Fine", DG_OK, style);
		if (r == 0)
			r = print_findings(out, v, "Not applicable", DG_NOT_APPLICABLE, style);
		if (r == 0)
			r = print_findings(out, v, "Not measured", DG_NOT_MEASURED, style);
	}
	print_folded(out, v, style);
	return r;
}

/* --- explain --- */

static int print_check(FILE *out, const struct dg_check *check, const struct dg_style *style)
{
	fprintf(out, "%s%s%s (%s)\n", style->colour ? BOLD : "", check->id,
		style->colour ? RESET : "", check->family);
	print_wrapped(out, check->title, style, 0);
	fprintf(out, "\nSeverity: %s%s%s%s\n", dg_severity_name(check->severity),
		check->grades ? "; " : "", check->grades ? check->grades : "",
		check->flags & DG_ESSENTIAL
			? "\nEssential: when it cannot be judged, the verdict is unknown"
			: "");
	if (check->flags & DG_LATER)
		fputs("This version does not look at it yet.\n", out);
	fputs("\nWhy\n", out);
	print_wrapped(out, check->why, style, 2);
	fputs("\nWhat to do\n", out);
	print_wrapped(out, check->remedy, style, 2);
	return 0;
}

static int print_checks(FILE *out, const struct dg_check *const *checks, size_t count,
			const struct dg_style *style)
{
	(void)style;
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%-10s %-26s %s%s%s\n", checks[i]->family, checks[i]->id,
			checks[i]->title, checks[i]->flags & DG_ESSENTIAL ? " (essential)" : "",
			checks[i]->flags & DG_LATER ? " (not looked at yet)" : "");
	return 0;
}

const struct dg_renderer dg_render_text = {
	.name = "text",
	.verdict = print_verdict,
	.check = print_check,
	.checks = print_checks,
};
