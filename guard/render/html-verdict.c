/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict as a page: for a ticket, or for somebody without a terminal. */
#include <errno.h>

#include "guard/render/html-page.h"
#include "guard/render/text.h"
#include "policy/catalog.h"
#include "policy/text.h"
#include "policy/timefmt.h"

/* --- the head --- */

static void print_row(FILE *out, const char *what, const char *text)
{
	fputs("<tr>", out);
	dg_html_element(out, "th scope=\"row\"", NULL, what);
	dg_html_element(out, "td", NULL, text ? text : "not known");
	fputs("</tr>\n", out);
}

static int print_kernels(FILE *out, const struct dg_verdict *v)
{
	DG_FREE char *next = v->kernel.next_boot
				     ? dg_format("%s (%s)", v->kernel.next_boot,
						 v->kernel.next_boot_because)
				     : strdup("not known");
	char time[DG_TIME_SIZE];

	if (!next)
		return -ENOMEM;
	fputs("<table><tbody>\n", out);
	print_row(out, "running", v->kernel.running);
	print_row(out, "expected series", v->kernel.expected_series);
	print_row(out, "boots next", next);
	print_row(out, "as of", dg_time_format(v->time, time));
	fputs("</tbody></table>\n", out);
	return 0;
}

/* --- findings --- */

static void print_waiver(FILE *out, const struct dg_waiver_note *w)
{
	char date[DG_DATE_SIZE];
	DG_FREE char *text =
		dg_format("Waived by %s until %s: %s; owner %s", w->id,
			  dg_date_format(w->until, date), w->reason, w->owner);

	if (text)
		dg_html_element(out, "p", NULL, text);
}

static void print_finding(FILE *out, const struct dg_finding *f)
{
	const char *remedy = f->remedy ? f->remedy : f->check->remedy;
	DG_FREE char *evidence = dg_evidence_text(f);
	DG_FREE char *title =
		dg_format("%s: %s", dg_severity_name(f->severity), f->check->id);

	fprintf(out, "<article class=\"%s\">\n", dg_severity_name(f->severity));
	dg_html_element(out, "h3", NULL, title ? title : f->check->id);
	dg_html_element(out, "p", NULL, f->summary);
	if (evidence)
		dg_html_element(out, "p", "quiet", evidence);
	if (f->waiver)
		print_waiver(out, f->waiver);
	else
		dg_html_element(out, "p", NULL, remedy);
	fputs("</article>\n", out);
}

static bool has_status(const struct dg_verdict *v, enum dg_status status)
{
	for (size_t i = 0; i < v->finding_count; i++)
		if (v->findings[i].status == status)
			return true;
	return false;
}

static void print_drift(FILE *out, const struct dg_verdict *v, const char *title,
			enum dg_status status)
{
	if (!has_status(v, status))
		return;
	dg_html_element(out, "h2", NULL, title);
	for (int severity = DG_CRITICAL; severity >= DG_FINE; severity--)
		for (size_t i = 0; i < v->finding_count; i++)
			if (v->findings[i].status == status &&
			    (int)v->findings[i].severity == severity)
				print_finding(out, &v->findings[i]);
}

static void print_table(FILE *out, const struct dg_verdict *v, const char *title,
			enum dg_status status)
{
	if (!has_status(v, status))
		return;
	fputs("<table>\n", out);
	dg_html_element(out, "caption", NULL, title);
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < v->finding_count; i++)
		if (v->findings[i].status == status)
			print_row(out, v->findings[i].check->id, v->findings[i].summary);
	fputs("</tbody></table>\n", out);
}

/* --- the plan --- */

static int print_commands(FILE *out, const struct dg_plan *plan)
{
	DG_FREE char *all = NULL;

	for (size_t i = 0; i < plan->step_count; i++) {
		DG_FREE char *line = dg_command_line(&plan->steps[i].argv);
		char *more = line ? dg_format("%s%s\n", all ? all : "", line) : NULL;

		free(all);
		all = more;
		if (!more)
			return -ENOMEM;
	}
	if (all)
		dg_html_element(out, "pre", NULL, all);
	if (plan->then)
		dg_html_element(out, "p", NULL, plan->then);
	return 0;
}

static int print_plan(FILE *out, const struct dg_plan *plan)
{
	int r;

	dg_html_element(out, "h2", NULL,
			plan->ready ? "To put it right" : "What would put it right");
	dg_html_element(out, "p", NULL, plan->why);
	r = print_commands(out, plan);
	if (r < 0)
		return r;
	fputs("<table>\n", out);
	dg_html_element(out, "caption", NULL, "Preflights");
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];
		DG_FREE char *text =
			dg_format("%s%s%s%s",
				  p->ok == DG_YES ? ""
				  : p->advisory	  ? "to mind: "
						  : "not passed: ",
				  p->detail, p->unblock ? " \xe2\x86\x92 " : "",
				  p->unblock ? p->unblock : "");

		print_row(out, p->id, text ? text : p->detail);
	}
	fputs("</tbody></table>\n", out);
	return 0;
}

int dg_html_verdict(FILE *out, const struct dg_verdict *v, const struct dg_style *style)
{
	DG_FREE char *title =
		dg_format("%s: %s", v->host.name ? v->host.name : "This host",
			  dg_level_name(v->level));
	int r;

	(void)style;
	if (!title)
		return -ENOMEM;
	dg_html_begin(out, title);
	dg_html_element(out, "p", NULL, v->headline);
	r = print_kernels(out, v);
	print_drift(out, v, "Drift", DG_DRIFT);
	if (r == 0 && v->plan)
		r = print_plan(out, v->plan);
	print_drift(out, v, "Waived", DG_WAIVED);
	print_table(out, v, "Not known", DG_UNKNOWN);
	print_table(out, v, "Fine", DG_OK);
	print_table(out, v, "Not measured", DG_NOT_MEASURED);
	print_table(out, v, "Not applicable", DG_NOT_APPLICABLE);
	dg_html_end(out);
	return r;
}
