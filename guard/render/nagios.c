/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For monitoring systems that run plugins (Nagios, Icinga, Checkmk): one line with
 * figures behind a bar, then longer output. The exit status is the verb's. Sources:
 * Monitoring Plugins Development Guidelines, "Plugin Output" and "Performance data". */
#include <errno.h>

#include "guard/render/nagios.h"
#include "policy/text.h"

/* The convention knows four words; a notice is nothing to be woken for. */
const char *dg_nagios_word(enum dg_level level)
{
	return dg_level_word(level == DG_LEVEL_NOTICE ? DG_LEVEL_OK : level);
}

void dg_nagios_text(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '|' ? '/' : *text, out);
}

static void put_figures(FILE *out, const struct dg_verdict *v)
{
	size_t drift[DG_CRITICAL + 1] = {0}, of[DG_UNKNOWN + 1] = {0};

	for (size_t i = 0; i < v->finding_count; i++) {
		const struct dg_finding *f = &v->findings[i];

		of[f->status]++;
		if (f->status == DG_DRIFT)
			drift[f->severity]++;
	}
	fprintf(out, " | critical=%zu;;0;0 warning=%zu;0;;0 notice=%zu;;;0",
		drift[DG_CRITICAL], drift[DG_WARNING], drift[DG_NOTICE]);
	fprintf(out, " waived=%zu;;;0 unknown=%zu;;;0", of[DG_WAIVED], of[DG_UNKNOWN]);
	if (v->recorded.is_set && !v->recorded.missing)
		fprintf(out, " age=%llds;%d;;0", (long long)v->recorded.age_s,
			DG_VERDICT_AGE_MAX);
	fputc('\n', out);
}

static void put_finding(FILE *out, const struct dg_finding *f, const char *grade)
{
	fprintf(out, "[%s] %s: ", grade, f->check->id);
	dg_nagios_text(out, f->summary);
	fputc('\n', out);
}

/* The worst first; what is fine is left out. */
static void put_findings(FILE *out, const struct dg_verdict *v)
{
	for (int s = DG_CRITICAL; s >= DG_NOTICE; s--)
		for (size_t i = 0; i < v->finding_count; i++)
			if (v->findings[i].status == DG_DRIFT &&
			    (int)v->findings[i].severity == s)
				put_finding(out, &v->findings[i],
					    dg_severity_name(v->findings[i].severity));
	for (size_t i = 0; i < v->finding_count; i++)
		if (v->findings[i].status == DG_WAIVED ||
		    v->findings[i].status == DG_UNKNOWN)
			put_finding(out, &v->findings[i],
				    dg_status_name(v->findings[i].status));
}

static int put_plan(FILE *out, const struct dg_plan *plan)
{
	fputs(plan->ready ? "plan: " : "plan, not ready: ", out);
	dg_nagios_text(out, plan->why);
	fputc('\n', out);
	for (size_t i = 0; i < plan->step_count; i++) {
		DG_FREE char *line = dg_command_line(&plan->steps[i].argv);

		if (!line)
			return -ENOMEM;
		fputs("  ", out);
		dg_nagios_text(out, line);
		fputc('\n', out);
	}
	if (plan->then)
		fprintf(out, "  %s\n", plan->then);
	return 0;
}

static int print_verdict(FILE *out, const struct dg_verdict *v,
			 const struct dg_style *style)
{
	(void)style;
	fprintf(out, "DRIFTGUARD %s - ", dg_nagios_word(v->level));
	dg_nagios_text(out, v->headline);
	put_figures(out, v);
	if (v->recorded.missing)
		return 0;
	put_findings(out, v);
	return v->plan ? put_plan(out, v->plan) : 0;
}

const struct dg_renderer dg_render_nagios = {
	.name = "nagios",
	.verdict = print_verdict,
	.fleet = dg_nagios_fleet,
};
