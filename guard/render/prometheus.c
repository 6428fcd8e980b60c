/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For Prometheus: its text exposition format, version 0.0.4. Names and labels are those
 * of CONTRACT.md; labels never change with time, so that alerts keep their `for:`. */
#include <json-c/json.h>

#include "guard/render/prometheus.h"
#include "policy/timefmt.h"

#define DAY (24 * 60 * 60)

void dg_prometheus_head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP driftguard_%s %s\n# TYPE driftguard_%s gauge\n", name, help,
		name);
}

void dg_prometheus_number(FILE *out, const char *name, const char *help, long long value)
{
	dg_prometheus_head(out, name, help);
	fprintf(out, "driftguard_%s %lld\n", name, value);
}

void dg_prometheus_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; value && *value; value++) {
		if (*value == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('"', out);
}

/* --- figures that lie in the evidence --- */

static const struct dg_finding *find(const struct dg_verdict *v, const char *id)
{
	for (size_t i = 0; i < v->finding_count; i++)
		if (dg_streq(v->findings[i].check->id, id))
			return &v->findings[i];
	return NULL;
}

static struct json_object *find_value(const struct dg_verdict *v, const char *id,
				      const char *key, json_type type)
{
	const struct dg_finding *f = find(v, id);
	struct json_object *value;

	if (!f || !f->evidence || !json_object_object_get_ex(f->evidence, key, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

static bool find_time(const struct dg_verdict *v, const char *id, const char *key,
		      int64_t *ret)
{
	struct json_object *value = find_value(v, id, key, json_type_string);

	return value && dg_time_parse(json_object_get_string(value), ret) == 0;
}

/* The date in the ledger; else where undocumented pins become drift. */
static bool find_due(const struct dg_verdict *v, int64_t *ret)
{
	struct json_object *days =
		find_value(v, "pin-age", "max_age_days", json_type_int);
	int64_t since;

	if (find_time(v, "pin-expired", "until", ret))
		return true;
	if (!days || !find_time(v, "pin-age", "since", &since))
		return false;
	/* The policy allows 36500 days; a file may say anything. */
	if (json_object_get_int64(days) < 0 || json_object_get_int64(days) > 36500)
		return false;
	*ret = since + json_object_get_int64(days) * DAY;
	return true;
}

static void put_pin(FILE *out, const struct dg_verdict *v)
{
	int64_t time;

	if (find_time(v, "pin-age", "since", &time) ||
	    find_time(v, "pin-expired", "since", &time))
		dg_prometheus_number(out, "pin_created_timestamp_seconds",
				     "When the kernel was pinned.", time);
	if (find_due(v, &time))
		dg_prometheus_number(out, "pin_due_timestamp_seconds",
				     "When the pin is due, by the ledger or the policy.",
				     time);
}

static void put_pressure(FILE *out, const struct dg_verdict *v)
{
	const struct dg_finding *f = find(v, "pressure-phantom");
	int64_t time;

	if (!f || !find_time(v, f->check->id, "sampled", &time))
		return;
	if (f->status == DG_OK || f->status == DG_DRIFT || f->status == DG_WAIVED)
		dg_prometheus_number(out, "pressure_phantom",
				     "1: I/O stall is charged, and no I/O is behind it.",
				     f->status != DG_OK);
	dg_prometheus_number(out, "sample_timestamp_seconds",
			     "When the pressure was sampled that this is judged by.",
			     time);
}

/* --- the whole --- */

int dg_prometheus_level(enum dg_level level)
{
	return level == DG_LEVEL_UNKNOWN ? -1 : (int)level;
}

/* What is waived does not count; that it is waived shows in a metric of its own. */
static int severity_value(const struct dg_finding *f)
{
	if (f->status == DG_UNKNOWN)
		return -1;
	return f->status == DG_DRIFT ? (int)f->severity : 0;
}

static void put_findings(FILE *out, const struct dg_verdict *v)
{
	dg_prometheus_head(
		out, "finding_severity",
		"0 fine or not applicable, 1 notice, 2 warning, 3 critical, -1 "
		"unknown.");
	for (size_t i = 0; i < v->finding_count; i++)
		fprintf(out, "driftguard_finding_severity{check=\"%s\"} %d\n",
			v->findings[i].check->id, severity_value(&v->findings[i]));
	dg_prometheus_head(out, "finding_waived",
			   "1: it drifts, and that is agreed upon.");
	for (size_t i = 0; i < v->finding_count; i++)
		fprintf(out, "driftguard_finding_waived{check=\"%s\"} %d\n",
			v->findings[i].check->id, v->findings[i].status == DG_WAIVED);
}

static void put_kernel(FILE *out, const struct dg_verdict *v)
{
	dg_prometheus_head(out, "kernel_info",
			   "Which kernel runs, is expected, boots next, and should.");
	fputs("driftguard_kernel_info{", out);
	dg_prometheus_label(out, "running", v->kernel.running);
	fputc(',', out);
	dg_prometheus_label(out, "expected_series", v->kernel.expected_series);
	fputc(',', out);
	dg_prometheus_label(out, "next_boot", v->kernel.next_boot);
	fputc(',', out);
	dg_prometheus_label(out, "target", v->kernel.target);
	fputs("} 1\n", out);
}

static int print_verdict(FILE *out, const struct dg_verdict *v,
			 const struct dg_style *style)
{
	(void)style;
	dg_prometheus_number(out, "verdict_severity",
			     "0 ok, 1 notice, 2 warning, 3 critical, -1 unknown.",
			     dg_prometheus_level(v->level));
	put_findings(out, v);
	put_kernel(out, v);
	put_pin(out, v);
	put_pressure(out, v);
	if (!v->recorded.missing)
		dg_prometheus_number(out, "last_check_timestamp_seconds",
				     "As of when the host was judged.", v->time);
	return 0;
}

const struct dg_renderer dg_render_prometheus = {
	.name = "prometheus",
	.verdict = print_verdict,
	.fleet = dg_prometheus_fleet,
};
