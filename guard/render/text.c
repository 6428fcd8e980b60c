/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For people: the verdict and one headline, what drifts and why, the commands to copy,
 * what could not be seen, and one line for what is fine. */
#include <errno.h>

#include "guard/render/text-sample.h"
#include "guard/render/enforce.h"
#include "guard/render/records.h"
#include "guard/render/text.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define HOUR (60 * 60)

static const char *const level_colours[] = {
	[DG_LEVEL_OK] = "\033[1;32m",	   [DG_LEVEL_NOTICE] = "\033[1;36m",
	[DG_LEVEL_WARNING] = "\033[1;33m", [DG_LEVEL_CRITICAL] = "\033[1;31m",
	[DG_LEVEL_UNKNOWN] = "\033[1;35m",
};

const char *const dg_severity_colours[] = {
	[DG_FINE] = "",
	[DG_NOTICE] = "\033[36m",
	[DG_WARNING] = "\033[33m",
	[DG_CRITICAL] = "\033[31m",
};

void dg_print_wrapped(FILE *out, const char *text, const struct dg_style *style,
		      size_t indent, size_t hang)
{
	DG_FREE char *lines = dg_wrap(text, style->width, indent, hang);

	fprintf(out, "%s\n", lines ? lines : text);
}

void dg_print_title(FILE *out, const char *title, const struct dg_style *style)
{
	fputc('\n', out);
	if (style->colour)
		fputs(DG_BOLD, out);
	dg_print_wrapped(out, title, style, 0, 0);
	if (style->colour)
		fputs(DG_RESET, out);
}

/* --- the head --- */

static void print_head(FILE *out, const struct dg_verdict *v,
		       const struct dg_style *style)
{
	fprintf(out, "%s%s%s%s%s", style->colour ? level_colours[v->level] : "",
		dg_level_word(v->level), style->colour ? DG_RESET : "",
		v->host.name ? "  " : "", v->host.name ? v->host.name : "");
	if (v->host.product_name)
		fprintf(out, " (%s%s%s)", v->host.product_name,
			v->host.version ? " " : "",
			v->host.version ? v->host.version : "");
	fputc('\n', out);
	dg_print_wrapped(out, v->headline, style, 0, 0);
}

/* When it was recorded; of what is stale the headline says it. */
static void print_age(FILE *out, const struct dg_verdict *v)
{
	char time[DG_TIME_SIZE];
	long long age = v->recorded.age_s;

	if (!v->recorded.is_set || v->recorded.missing)
		return;
	fprintf(out, "Recorded %s, ", dg_time_format(v->time, time));
	if (age < 2 * HOUR)
		fprintf(out, "%lld min ago\n", age / 60);
	else if (age < 2 * 24 * HOUR)
		fprintf(out, "%lld hours ago\n", age / HOUR);
	else
		fprintf(out, "%lld days ago\n", age / (24 * HOUR));
}

static void print_kernels(FILE *out, const struct dg_verdict *v)
{
	fprintf(out, "\n  running     %s\n",
		v->kernel.running ? v->kernel.running : "unknown");
	if (v->kernel.expected_series)
		fprintf(out, "  expected    %s\n", v->kernel.expected_series);
	if (v->kernel.next_boot)
		fprintf(out, "  boots next  %s (%s)\n", v->kernel.next_boot,
			v->kernel.next_boot_because);
}

/* --- the plan --- */

int dg_print_commands(FILE *out, const struct dg_plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		DG_FREE char *line = dg_command_line(&plan->steps[i].argv);

		if (!line)
			return -ENOMEM;
		fprintf(out, "    %s\n", line);
	}
	if (plan->then)
		fprintf(out, "    %s\n", plan->then);
	return 0;
}

/* Preflights that are not passed: those in the way, or those that only advise. */
static void print_preflights(FILE *out, const struct dg_plan *plan, bool advisory,
			     const char *title, const struct dg_style *style)
{
	bool any = false;

	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];
		DG_FREE char *text = NULL, *lines = NULL;

		if (p->ok == DG_YES || p->advisory != advisory)
			continue;
		if (!any)
			fprintf(out, "  %s:\n", title);
		any = true;
		text = dg_format("%s: %s%s%s", p->id, p->detail, p->unblock ? " -> " : "",
				 p->unblock ? p->unblock : "");
		lines = dg_wrap_clauses(text ? text : p->detail, style->width, 4, 6);
		fprintf(out, "%s\n", lines ? lines : p->detail);
	}
}

static int print_plan(FILE *out, const struct dg_plan *plan, const struct dg_style *style)
{
	DG_FREE char *title = dg_format(
		"%s: %s", plan->ready ? "To put it right" : "What would put it right",
		plan->why);

	dg_print_title(out, title ? title : plan->why, style);
	if (dg_print_commands(out, plan) < 0)
		return -ENOMEM;
	/* The same, and no debt that nobody knows of. */
	if (dg_streq(plan->strategy, "repin") && plan->target)
		fprintf(out,
			"  or, with the reason written down:\n"
			"    driftguard pin %s --reason '...' --until 90d\n",
			plan->target);
	print_preflights(out, plan, false, "Not ready", style);
	print_preflights(out, plan, true, "To mind", style);
	return 0;
}

/* --- the foot --- */

static const struct {
	enum dg_status status;
	const char *title;
} folded[] = {
	{.status = DG_OK, .title = "Fine"},
	{.status = DG_NOT_APPLICABLE, .title = "Not applicable"},
	{.status = DG_NOT_MEASURED, .title = "Not measured"},
};

static void print_folded(FILE *out, const struct dg_verdict *v,
			 const struct dg_style *style)
{
	size_t counts[DG_UNKNOWN + 1] = {0};

	for (size_t i = 0; i < v->finding_count; i++)
		counts[v->findings[i].status]++;
	fprintf(out, "\nFine: %zu checks; not applicable: %zu; not measured: %zu%s\n",
		counts[DG_OK], counts[DG_NOT_APPLICABLE], counts[DG_NOT_MEASURED],
		style->verbose ? "" : " (-v lists them)");
}

static int print_verdict(FILE *out, const struct dg_verdict *v,
			 const struct dg_style *style)
{
	int r = 0;

	print_head(out, v, style);
	print_age(out, v);
	if (v->recorded.missing)
		return 0;
	print_kernels(out, v);
	dg_print_drift(out, v, "Drift", DG_DRIFT, style);
	if (v->plan)
		r = print_plan(out, v->plan, style);
	if (r < 0)
		return r;
	dg_print_drift(out, v, "Waived", DG_WAIVED, style);
	r = dg_print_table(out, v, "Not known", DG_UNKNOWN, style);
	if (r == 0 && dg_tells_denied_apart(v, style))
		r = dg_print_denied(out, v, style);
	for (size_t i = 0; style->verbose && i < DG_COUNT(folded) && r == 0; i++)
		r = dg_print_table(out, v, folded[i].title, folded[i].status, style);
	print_folded(out, v, style);
	if (dg_count_denied(v, style) > 0 && !dg_tells_denied_apart(v, style))
		fputs("Run as root to see what had no permission.\n", out);
	return r;
}

const struct dg_renderer dg_render_text = {
	.name = "text",
	.verdict = print_verdict,
	.check = dg_text_check,
	.checks = dg_text_checks,
	.probe = dg_text_probe,
	.history = dg_text_history,
	.comparison = dg_text_comparison,
	.fleet = dg_text_fleet,
	.sample = dg_text_sample,
	.enforce = dg_text_enforce,
};
