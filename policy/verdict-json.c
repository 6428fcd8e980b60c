/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict as JSON: schema driftguard.verdict/1 (CONTRACT.md). */
#include <json-c/json.h>

#include "policy/judge.h"
#include "policy/timefmt.h"

static void add(struct json_object *json, const char *key, struct json_object *value)
{
	json_object_object_add(json, key, value);
}

/* NULL becomes null. */
static void add_text(struct json_object *json, const char *key, const char *value)
{
	add(json, key, value ? json_object_new_string(value) : NULL);
}

static void add_time(struct json_object *json, const char *key, int64_t time)
{
	char text[DG_TIME_SIZE];

	add_text(json, key, dg_time_format(time, text));
}

static struct json_object *encode_host(const struct dg_verdict *v)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "id", v->host.id);
	add_text(json, "name", v->host.name);
	add_text(json, "product", v->host.product);
	add_text(json, "version", v->host.version);
	add_text(json, "boot_id", v->host.boot_id);
	return json;
}

static struct json_object *encode_kernel(const struct dg_verdict *v)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "running", v->kernel.running);
	add_text(json, "expected_series", v->kernel.expected_series);
	add_text(json, "next_boot", v->kernel.next_boot);
	add_text(json, "next_boot_because", v->kernel.next_boot_because);
	add_text(json, "target", v->kernel.target);
	return json;
}

static struct json_object *encode_subjects(const struct dg_finding *f)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < f->subject_count; i++) {
		struct json_object *json = json_object_new_object();

		add_text(json, "kind", f->subjects[i].kind);
		add_text(json, "name", f->subjects[i].name);
		json_object_array_add(array, json);
	}
	return array;
}

static void add_source(struct json_object *array, const char *path)
{
	size_t n = json_object_array_length(array);

	for (size_t i = 0; path && i < n; i++)
		if (dg_streq(json_object_get_string(json_object_array_get_idx(array, i)),
			     path))
			return;
	if (path)
		json_object_array_add(array, json_object_new_string(path));
}

/* What was not looked at has no sources. */
static struct json_object *encode_sources(const struct dg_finding *f)
{
	struct json_object *array = json_object_new_array();
	const struct dg_check *check = f->check;

	if (f->status == DG_NOT_APPLICABLE || f->status == DG_NOT_MEASURED)
		return array;
	for (size_t i = 0; i < DG_CHECK_NEEDS && check->needs[i]; i++)
		add_source(array, dg_facts_source(check->needs[i]));
	for (size_t i = 0; i < DG_CHECK_NEEDS && check->each[i]; i++)
		add_source(array, dg_facts_source(check->each[i]));
	return array;
}

static struct json_object *encode_waiver(const struct dg_waiver_note *note)
{
	struct json_object *json;

	if (!note)
		return NULL;
	json = json_object_new_object();
	add_text(json, "id", note->id);
	add_text(json, "reason", note->reason);
	add_text(json, "owner", note->owner);
	add_time(json, "until", note->until);
	add(json, "days_left", json_object_new_int64(note->days_left));
	return json;
}

static const char *find_remedy(const struct dg_finding *f)
{
	if (f->status != DG_DRIFT && f->status != DG_WAIVED)
		return NULL;
	return f->remedy ? f->remedy : f->check->remedy;
}

static struct json_object *encode_finding(const struct dg_finding *f)
{
	bool drifts = f->status == DG_DRIFT || f->status == DG_WAIVED;
	struct json_object *json = json_object_new_object();

	add_text(json, "id", f->check->id);
	add_text(json, "status", dg_status_name(f->status));
	add_text(json, "severity", drifts ? dg_severity_name(f->severity) : NULL);
	add_text(json, "summary", f->summary);
	add(json, "subjects", encode_subjects(f));
	add(json, "evidence",
	    f->evidence ? json_object_get(f->evidence) : json_object_new_object());
	add(json, "sources", encode_sources(f));
	add_text(json, "remedy", find_remedy(f));
	add(json, "waiver", encode_waiver(f->waiver));
	return json;
}

/* Only `status` says it. */
static void add_recorded(struct json_object *json, const struct dg_verdict *v)
{
	struct json_object *recorded;

	if (!v->recorded.is_set)
		return;
	recorded = json_object_new_object();
	add(recorded, "age_s",
	    v->recorded.missing ? NULL : json_object_new_int64(v->recorded.age_s));
	add(recorded, "stale", json_object_new_boolean(v->recorded.stale));
	add(json, "recorded", recorded);
}

struct json_object *dg_verdict_encode(const struct dg_verdict *v)
{
	struct json_object *json = json_object_new_object();
	struct json_object *findings = json_object_new_array();

	add_text(json, "schema", DG_VERDICT_SCHEMA);
	add_text(json, "tool", v->tool);
	add_time(json, "time", v->time);
	add(json, "host", encode_host(v));
	add_text(json, "verdict", dg_level_name(v->level));
	add_text(json, "headline", v->headline);
	add_recorded(json, v);
	add(json, "kernel", encode_kernel(v));
	for (size_t i = 0; i < v->finding_count; i++)
		json_object_array_add(findings, encode_finding(&v->findings[i]));
	add(json, "findings", findings);
	add(json, "plan", v->plan ? dg_plan_encode(v->plan) : NULL);
	return json;
}
