/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include "policy/policy-layer.h"
#include "policy/policy-report.h"
#include "policy/policy-waivers.h"
#include "policy/text.h"

#define DAY (24 * 60 * 60)

int64_t dg_days_between(int64_t then, int64_t now)
{
	return now > then ? (now - then) / DAY : 0;
}

/* --- values --- */

static int value_add(struct dg_policy_report *report, const char *path,
		     struct json_object *value)
{
	struct dg_policy_value_note *grown, *note;

	grown = reallocarray(report->values, report->value_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	report->values = grown;
	note = &grown[report->value_count];
	*note = (struct dg_policy_value_note){.path = strdup(path), .value = value};
	if (!note->path)
		return -ENOMEM;
	report->value_count++;
	if (dg_policy_origin(report->policy, path, &note->origin))
		note->is_default = dg_streq(note->origin.file, DG_BUILT_IN);
	return 0;
}

/* What is told in its own way. */
static bool is_apart(const char *path)
{
	return dg_streq(path, "schema") || dg_streq(path, "waivers") ||
	       dg_streq(path, "overrides");
}

static int values_fill(struct dg_policy_report *report, const char *above,
		       struct json_object *object)
{
	int r = 0;

	json_object_object_foreach(object, key, value)
	{
		DG_FREE char *path = dg_format("%s%s%s", above, *above ? "." : "", key);

		if (r == 0 && !path)
			r = -ENOMEM;
		if (r < 0 || is_apart(path))
			continue;
		if (json_object_is_type(value, json_type_object))
			r = values_fill(report, path, value);
		else
			r = value_add(report, path, value);
	}
	return r;
}

/* --- overrides --- */

/* "lab-*, test-*" */
static char *hosts_join(struct json_object *hosts)
{
	char *all = strdup("");

	for (size_t i = 0; all && hosts && i < json_object_array_length(hosts); i++) {
		DG_FREE char *before = all;

		all = dg_format(
			"%s%s%s", before, i ? ", " : "",
			json_object_get_string(json_object_array_get_idx(hosts, i)));
	}
	return all;
}

/* Whether the patterns match a host that is known, this one included. */
static bool override_reaches(const struct dg_policy_report *report,
			     struct json_object *override, const char *const *hosts)
{
	bool any = report->host_name && dg_override_applies(override, report->host_name);

	for (; !any && *hosts; hosts++)
		any = dg_override_applies(override, *hosts);
	return any;
}

static int override_fill(const struct dg_policy_report *report, const char *const *hosts,
			 struct json_object *override, size_t index,
			 struct dg_policy_override_note *note)
{
	DG_FREE char *path = dg_format("overrides[%zu]", index);

	note->hosts = hosts_join(dg_policy_value(override, "hosts"));
	if (!path || !note->hosts)
		return -ENOMEM;
	note->applies =
		report->host_name && dg_override_applies(override, report->host_name);
	note->no_known_host = hosts && !override_reaches(report, override, hosts);
	dg_policy_origin(report->policy, path, &note->origin);
	return 0;
}

static int overrides_fill(struct dg_policy_report *report, const char *const *hosts)
{
	struct json_object *overrides =
		dg_policy_value(report->policy->tree, "overrides");
	size_t n = overrides ? json_object_array_length(overrides) : 0;
	int r = 0;

	report->overrides = calloc(n + 1, sizeof(*report->overrides));
	if (!report->overrides)
		return -ENOMEM;
	report->override_count = n;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = override_fill(report, hosts, json_object_array_get_idx(overrides, i),
				  i, &report->overrides[i]);
	return r;
}

/* --- waivers --- */

const char *dg_waiver_use_name(enum dg_waiver_use use)
{
	static const char *const names[] = {
		[DG_WAIVER_USED] = "used",
		[DG_WAIVER_UNUSED] = "unused",
		[DG_WAIVER_EXPIRED] = "expired",
		[DG_WAIVER_OTHER_HOSTS] = "other-hosts",
		[DG_WAIVER_NO_HOST] = "no-known-host",
		[DG_WAIVER_NOT_JUDGED] = "not-judged",
	};

	return names[use];
}

static const struct dg_finding *finding_find(const struct dg_verdict *verdict,
					     const char *check)
{
	for (size_t i = 0; i < verdict->finding_count; i++)
		if (dg_streq(verdict->findings[i].check->id, check))
			return &verdict->findings[i];
	return NULL;
}

/* Of a waiver for this host that lasts. */
static void use_tell(const struct dg_finding *finding, struct dg_policy_waiver_note *note)
{
	static const char *const whys[] = {
		[DG_OK] = "what it is about does not drift now",
		[DG_DRIFT] = "what drifts now is of another kernel or subject",
		[DG_WAIVED] = "what drifts now is waived by another one already",
		[DG_NOT_APPLICABLE] = "its check does not apply here, or is switched off",
		[DG_NOT_MEASURED] = "what its check looks at has not been measured",
		[DG_UNKNOWN] = "what its check looks at could not be seen",
	};

	note->use = DG_WAIVER_UNUSED;
	if (!finding)
		return;
	note->why = whys[finding->status];
	if (finding->status == DG_NOT_MEASURED || finding->status == DG_UNKNOWN)
		note->use = DG_WAIVER_NOT_JUDGED;
	if (finding->status != DG_WAIVED ||
	    !dg_streq(finding->waiver->id, note->waiver->id))
		return;
	note->use = DG_WAIVER_USED;
	note->why = NULL;
}

static bool covers_any(const struct dg_waiver *waiver, const char *const *hosts)
{
	for (; *hosts; hosts++)
		if (dg_waiver_covers_host(waiver, *hosts))
			return true;
	return false;
}

static int waiver_fill(const struct dg_policy_report *report, const char *const *hosts,
		       const struct dg_verdict *verdict,
		       struct dg_policy_waiver_note *note)
{
	const struct dg_waiver *waiver = note->waiver;
	DG_FREE char *path = dg_format("waivers[%s]", waiver->id);

	if (!path)
		return -ENOMEM;
	dg_policy_origin(report->policy, path, &note->origin);
	note->days_left = dg_days_between(report->now, waiver->until);
	if (waiver->until < report->now)
		note->use = DG_WAIVER_EXPIRED;
	else if (!dg_waiver_covers_host(waiver, report->host_name))
		note->use = hosts && !covers_any(waiver, hosts) ? DG_WAIVER_NO_HOST
								: DG_WAIVER_OTHER_HOSTS;
	else if (!verdict)
		note->use = DG_WAIVER_NOT_JUDGED;
	else
		use_tell(finding_find(verdict, waiver->check), note);
	if (note->use != DG_WAIVER_OTHER_HOSTS || report->host_name)
		return 0;
	note->use = DG_WAIVER_NOT_JUDGED;
	note->why = "the name of this host is not known";
	return 0;
}

static int waivers_fill(struct dg_policy_report *report, const char *const *hosts,
			const struct dg_verdict *verdict)
{
	size_t n = report->policy->waiver_count;
	int r = 0;

	report->waivers = calloc(n + 1, sizeof(*report->waivers));
	if (!report->waivers)
		return -ENOMEM;
	report->waiver_count = n;
	for (size_t i = 0; r == 0 && i < n; i++) {
		report->waivers[i].waiver = &report->policy->waivers[i];
		r = waiver_fill(report, hosts, verdict, &report->waivers[i]);
	}
	return r;
}

/* --- new, free --- */

int dg_policy_report_new(const struct dg_policy *policy, const char *host_name,
			 const char *const *hosts, int64_t now,
			 const struct dg_verdict *verdict, struct dg_policy_report **ret)
{
	DG_CLEANUP(dg_policy_report_freep)
	struct dg_policy_report *report = calloc(1, sizeof(*report));
	int r;

	if (!report)
		return -ENOMEM;
	report->policy = policy;
	report->now = now;
	report->host_name = host_name ? strdup(host_name) : NULL;
	if (host_name && !report->host_name)
		return -ENOMEM;
	r = values_fill(report, "", policy->tree);
	if (r == 0)
		r = overrides_fill(report, hosts);
	if (r == 0)
		r = waivers_fill(report, hosts, verdict);
	if (r == 0)
		*ret = DG_STEAL(report);
	return r;
}

void dg_policy_report_free(struct dg_policy_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->value_count; i++)
		free(report->values[i].path);
	free(report->values);
	for (size_t i = 0; i < report->override_count; i++)
		free(report->overrides[i].hosts);
	free(report->overrides);
	free(report->waivers);
	free(report->host_name);
	free(report);
}
