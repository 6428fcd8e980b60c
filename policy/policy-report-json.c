/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The document driftguard.policy-show/1. */
#include <errno.h>
#include <json-c/json.h>
#include "policy/policy-layer.h"
#include "policy/policy-report.h"
#include "policy/timefmt.h"

#define SCHEMA "driftguard.policy-show/1"

/* Each adds a member, and returns 0 or -ENOMEM; `value` is taken over. */
static int put(struct json_object *to, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(to, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int put_text(struct json_object *to, const char *key, const char *text)
{
	if (!text)
		return json_object_object_add(to, key, NULL) == 0 ? 0 : -ENOMEM;
	return put(to, key, json_object_new_string(text));
}

static int put_int(struct json_object *to, const char *key, int64_t number)
{
	return put(to, key, json_object_new_int64(number));
}

static int put_bool(struct json_object *to, const char *key, bool truth)
{
	return put(to, key, json_object_new_boolean(truth));
}

static int put_origin(struct json_object *to, const struct dg_origin *origin)
{
	int r = put_text(to, "file", origin->file);

	return r < 0 ? r : put_int(to, "line", origin->line);
}

/* --- the parts --- */

static int put_value_origin(struct json_object *to,
			    const struct dg_policy_value_note *note)
{
	DG_CLEANUP(dg_json_putp) struct json_object *json = json_object_new_object();
	int r = json ? put_origin(json, &note->origin) : -ENOMEM;

	if (r == 0 && note->origin.override >= 0)
		r = put_int(json, "override", note->origin.override);
	return r < 0 ? r : put(to, note->path, DG_STEAL(json));
}

static int fill_layer(struct json_object *to, const struct dg_policy_report *report,
		      size_t i)
{
	const struct dg_policy_layer *layer = &report->policy->layers[i];
	int r = put_text(to, "file", layer->file);

	if (r == 0)
		r = put_text(to, "state", dg_layer_state_name(layer->state));
	if (r < 0 || !layer->copy_of)
		return r;
	r = put_text(to, "copy_of", layer->copy_of);
	return r < 0 ? r
		     : put_int(to, "age_days",
			       dg_days_between(layer->copied, report->now));
}

static int fill_override(struct json_object *to, const struct dg_policy_report *report,
			 size_t i)
{
	const struct dg_policy_override_note *note = &report->overrides[i];
	int r = put_text(to, "hosts", note->hosts);

	if (r == 0)
		r = put_bool(to, "applies", note->applies);
	return r < 0 ? r : put_origin(to, &note->origin);
}

static int fill_waiver(struct json_object *to, const struct dg_policy_report *report,
		       size_t i)
{
	const struct dg_policy_waiver_note *note = &report->waivers[i];
	char until[DG_TIME_SIZE];
	int r = put_text(to, "id", note->waiver->id);

	if (r == 0)
		r = put_text(to, "use", dg_waiver_use_name(note->use));
	if (r == 0)
		r = put_text(to, "why", note->why);
	if (r == 0)
		r = put_text(to, "until", dg_time_format(note->waiver->until, until));
	if (r == 0)
		r = put_int(to, "days_left", note->days_left);
	return r < 0 ? r : put_origin(to, &note->origin);
}

static int fill_problem(struct json_object *to, const struct dg_policy_report *report,
			size_t i)
{
	const struct dg_problem *problem = &report->policy->problems[i];
	const char *effect = problem->unreadable ? "layer-not-read"
			     : problem->unusable ? "layer-not-used"
						 : "key-ignored";
	int r = put_text(to, "file", problem->file);

	if (r == 0)
		r = put_int(to, "line", problem->line);
	if (r == 0)
		r = put_text(to, "key", problem->key);
	if (r == 0)
		r = put_text(to, "effect", effect);
	return r < 0 ? r : put_text(to, "message", problem->message);
}

static int put_list(struct json_object *to, const char *key,
		    const struct dg_policy_report *report, size_t count,
		    int (*fill)(struct json_object *, const struct dg_policy_report *,
				size_t))
{
	DG_CLEANUP(dg_json_putp) struct json_object *list = json_object_new_array();
	int r = list ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_object *json = json_object_new_object();

		r = json ? fill(json, report, i) : -ENOMEM;
		if (r == 0 && json_object_array_add(list, json) == 0)
			continue;
		json_object_put(json);
		r = -ENOMEM;
	}
	return r < 0 ? r : put(to, key, DG_STEAL(list));
}

static int put_origins(struct json_object *to, const struct dg_policy_report *report)
{
	DG_CLEANUP(dg_json_putp) struct json_object *origins = json_object_new_object();
	int r = origins ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < report->value_count; i++)
		r = put_value_origin(origins, &report->values[i]);
	return r < 0 ? r : put(to, "origins", DG_STEAL(origins));
}

static int put_enforce(struct json_object *to, const struct dg_policy *policy)
{
	DG_FREE char *why = NULL;
	bool may = dg_policy_may_enforce(policy, &why);
	int r = put_bool(to, "may_enforce", may);

	if (r == 0 && !may && !why)
		r = -ENOMEM;
	return r < 0 ? r : put_text(to, "may_not_because", why);
}

static int fill(struct json_object *to, const struct dg_policy_report *report)
{
	const struct dg_policy *policy = report->policy;
	int r = put_text(to, "schema", SCHEMA);

	if (r == 0)
		r = put_text(to, "host", report->host_name);
	if (r == 0)
		r = put(to, "policy", json_object_get(policy->tree));
	if (r == 0)
		r = put_origins(to, report);
	if (r == 0)
		r = put_list(to, "layers", report, policy->layer_count, fill_layer);
	if (r == 0)
		r = put_list(to, "overrides", report, report->override_count,
			     fill_override);
	if (r == 0)
		r = put_list(to, "waivers", report, report->waiver_count, fill_waiver);
	if (r == 0)
		r = put_list(to, "problems", report, policy->problem_count, fill_problem);
	return r < 0 ? r : put_enforce(to, policy);
}

struct json_object *dg_policy_report_encode(const struct dg_policy_report *report)
{
	DG_CLEANUP(dg_json_putp) struct json_object *json = json_object_new_object();

	if (!json || fill(json, report) < 0)
		return NULL;
	return DG_STEAL(json);
}
