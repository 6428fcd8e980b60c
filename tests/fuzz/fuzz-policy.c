/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdint.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/policy-keys.h"
#include "policy/policy-report.h"
#include "policy/policy-waivers.h"
#include "policy/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_problems(const struct dg_policy *policy, bool *ret_unusable)
{
	*ret_unusable = false;
	assert(policy->problem_count <= DG_POLICY_PROBLEMS + 1);
	for (size_t i = 0; i < policy->problem_count; i++) {
		const struct dg_problem *p = &policy->problems[i];

		assert(p->file && p->message && !p->unreadable);
		assert(dg_text_is_clean(p->message, strlen(p->message)));
		assert(!p->key || dg_text_is_clean(p->key, strlen(p->key)));
		*ret_unusable |= p->unusable;
	}
}

static void check_values(const struct dg_policy *policy)
{
	assert(policy->pin.max_age_days >= 1 && policy->pin.max_age_days <= 36500);
	assert(policy->pin.warn_days >= 0 && policy->pin.grace_days >= 0);
	assert(policy->pin.strategy);
	for (size_t i = 0; i < policy->waiver_count; i++) {
		const struct dg_waiver *w = &policy->waivers[i];
		const char *const kernels[] = {"6.5.13-5-pve", NULL};
		struct dg_subject subject = {.kind = "kernel", .name = (char *)"a"};
		struct dg_finding finding = {
			.check = dg_catalog_find(w->check),
			.subjects = &subject,
			.subject_count = 1,
		};

		assert(w->id && w->reason && w->owner && finding.check);
		assert(!w->hosts || w->hosts[0]);
		dg_policy_find_waiver(policy, &finding, "lab-1", kernels, 2);
	}
}

/* Each value, waiver and override says where it comes from. */
static void check_origins(const struct dg_policy *policy)
{
	DG_CLEANUP(dg_policy_report_freep) struct dg_policy_report *report = NULL;
	struct json_object *json;
	char *why = NULL;

	assert(dg_policy_report_new(policy, "lab-1", NULL, 0, NULL, &report) == 0);
	for (size_t i = 0; i < report->value_count; i++)
		assert(report->values[i].origin.line > 0);
	for (size_t i = 0; i < report->waiver_count; i++)
		assert(dg_streq(report->waivers[i].origin.file, "fuzz"));
	for (size_t i = 0; i < report->override_count; i++)
		assert(dg_streq(report->overrides[i].origin.file, "fuzz"));
	json = dg_policy_report_encode(report);
	assert(json);
	json_object_put(json);
	assert(dg_policy_may_enforce(policy, &why) == !why);
	assert(policy->problem_count == 0 || why);
	free(why);
}

/* A layer that is in use is sound: as a document of its own, merged strictly over the
 * default, the tree has no problem and leads to the same tree. */
static void check_again(struct dg_policy *policy)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *again = dg_policy_new();
	const char *text = json_object_to_json_string(policy->tree);

	assert(again);
	assert(dg_policy_merge(again, "again", text, strlen(text), true) == 0);
	for (size_t i = 0; i < again->problem_count; i++)
		assert(!again->problems[i].unusable);
	assert(dg_policy_settle(again, "lab-1") == 0);
	assert(json_object_equal(policy->tree, again->tree));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dg_policy *before;

	if (!before)
		before = dg_policy_new();
	assert(before);
	for (int strict = 0; strict < 2; strict++) {
		DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
		bool unusable;

		assert(policy);
		assert(dg_policy_merge(policy, "fuzz", (const char *)data, size,
				       strict) == 0);
		check_problems(policy, &unusable);
		assert(!strict || policy->problem_count == 0 || unusable);
		if (unusable)
			assert(json_object_equal(policy->tree, before->tree));
		assert(dg_policy_settle(policy, "lab-1") == 0);
		check_values(policy);
		check_origins(policy);
		if (!unusable)
			check_again(policy);
	}
	return 0;
}
