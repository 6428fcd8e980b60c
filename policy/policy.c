/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/glob.h"
#include "policy/policy-layer.h"
#include "policy/policy-waivers.h"

/* --- what is in force --- */

bool dg_override_applies(struct json_object *override, const char *host_name)
{
	struct json_object *hosts = dg_policy_value(override, "hosts");

	for (size_t i = 0; hosts && i < json_object_array_length(hosts); i++) {
		struct json_object *pattern = json_object_array_get_idx(hosts, i);

		if (dg_glob_match(json_object_get_string(pattern), host_name))
			return true;
	}
	return false;
}

static int override_merge(struct json_object *to, struct json_object *override)
{
	json_object_object_foreach(override, key, value)
	{
		int r = dg_streq(key, "hosts") ? 0 : dg_json_member_merge(to, key, value);

		if (r < 0)
			return r;
	}
	return 0;
}

static int overrides_apply(struct json_object *to, struct json_object *origins,
			   struct json_object *overrides, const char *host_name)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_object_array_length(overrides); i++) {
		struct json_object *override = json_object_array_get_idx(overrides, i);

		if (!dg_override_applies(override, host_name))
			continue;
		r = override_merge(to, override);
		if (r == 0)
			r = dg_origins_override(origins, i, override);
	}
	return r;
}

static void checks_fill(struct dg_policy *policy, struct json_object *tree)
{
	struct json_object *checks = dg_policy_value(tree, "checks");
	size_t n;
	const struct dg_check *const *rows = dg_catalog(&n);

	memset(policy->checks, 0, sizeof(policy->checks));
	for (size_t i = 0; i < n && i < DG_COUNT(policy->checks); i++) {
		struct json_object *check = dg_policy_value(checks, rows[i]->id);
		struct json_object *word = dg_policy_value(check, "severity");
		const char *severity = word ? json_object_get_string(word) : NULL;

		if (dg_streq(severity, "off"))
			policy->checks[i].how = DG_SWITCHED_OFF;
		else if (severity &&
			 dg_severity_parse(severity, &policy->checks[i].severity) == 0)
			policy->checks[i].how = DG_REGRADED;
	}
}

static void essential_fill(struct dg_policy *policy, struct json_object *tree)
{
	struct json_object *ids = dg_policy_value(tree, "essential");
	size_t n;
	const struct dg_check *const *rows = dg_catalog(&n);

	memset(policy->essential, 0, sizeof(policy->essential));
	for (size_t i = 0; ids && i < json_object_array_length(ids); i++) {
		const char *id =
			json_object_get_string(json_object_array_get_idx(ids, i));

		for (size_t j = 0; j < n && j < DG_COUNT(policy->essential); j++)
			if (dg_streq(rows[j]->id, id))
				policy->essential[j] = true;
	}
}

int dg_policy_settle(struct dg_policy *policy, const char *host_name)
{
	DG_CLEANUP(dg_json_putp) struct json_object *tree = dg_json_copy(policy->tree);
	DG_CLEANUP(dg_json_putp)
	struct json_object *origins = dg_json_copy(policy->origins);
	struct json_object *overrides = dg_policy_value(policy->tree, "overrides");
	struct dg_waiver *waivers = NULL;
	size_t count = 0;
	int r = tree && origins ? 0 : -ENOMEM;

	if (r == 0 && host_name && overrides)
		r = overrides_apply(tree, origins, overrides, host_name);
	if (r == 0)
		r = dg_waivers_take(dg_policy_value(tree, "waivers"), &waivers, &count);
	if (r < 0)
		return r;
	dg_waivers_free(policy->waivers, policy->waiver_count);
	policy->waivers = waivers;
	policy->waiver_count = count;
	checks_fill(policy, tree);
	essential_fill(policy, tree);
	dg_policy_place(policy, tree);
	json_object_put(policy->tree);
	policy->tree = DG_STEAL(tree);
	json_object_put(policy->origins);
	policy->origins = DG_STEAL(origins);
	return 0;
}

/* --- new, free --- */

void dg_policy_free(struct dg_policy *policy)
{
	if (!policy)
		return;
	json_object_put(policy->tree);
	json_object_put(policy->origins);
	dg_policy_layers_free(policy->layers, policy->layer_count);
	dg_waivers_free(policy->waivers, policy->waiver_count);
	dg_problems_free(policy->problems, policy->problem_count);
	free(policy);
}

struct dg_policy *dg_policy_new(void)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->tree = json_object_new_object();
	policy->origins = json_object_new_object();
	if (!policy->tree || !policy->origins ||
	    dg_policy_merge(policy, DG_BUILT_IN, dg_policy_default_text,
			    strlen(dg_policy_default_text), true) < 0 ||
	    dg_policy_settle(policy, NULL) < 0)
		return NULL;
	return DG_STEAL(policy);
}
