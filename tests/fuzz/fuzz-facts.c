/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdint.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/facts.h"
#include "policy/json-scan.h"
#include "policy/judge.h"
#include "policy/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dg_policy *policy_get(void)
{
	static struct dg_policy *policy;

	if (!policy) {
		policy = dg_policy_new();
		assert(policy && dg_policy_settle(policy, "pve1") == 0);
	}
	return policy;
}

/* Every check appears once, and says something that is fit to be shown. */
static void check_findings(const struct dg_verdict *v, const struct dg_policy *policy)
{
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);
	enum dg_severity worst = DG_FINE;
	bool blind = false;

	assert(v->finding_count == count);
	for (size_t i = 0; i < count; i++) {
		const struct dg_finding *f = &v->findings[i];

		assert(f->check == all[i]);
		assert(f->summary && *f->summary && !strstr(f->summary, "(null)"));
		assert(dg_text_is_clean(f->summary, strlen(f->summary)));
		assert((f->severity != DG_FINE) ==
		       (f->status == DG_DRIFT || f->status == DG_WAIVED));
		assert((f->status == DG_WAIVED) == (f->waiver != NULL));
		if (f->status == DG_DRIFT && f->severity > worst)
			worst = f->severity;
		blind |= f->status == DG_UNKNOWN && policy->essential[i];
	}
	if (worst < DG_WARNING && blind)
		assert(v->level == DG_LEVEL_UNKNOWN);
	else
		assert(v->level == (enum dg_level)worst);
}

static void check_plan(const struct dg_plan *plan)
{
	bool passes = true;

	if (!plan)
		return;
	assert(plan->strategy && plan->why && !strstr(plan->why, "(null)"));
	assert(plan->preflight_count > 0 && plan->preflight_count <= DG_PREFLIGHTS_MAX);
	for (size_t i = 0; i < plan->preflight_count; i++) {
		assert(plan->preflights[i].detail);
		assert(!strstr(plan->preflights[i].detail, "(null)"));
		passes &= !dg_preflight_blocks(&plan->preflights[i]);
	}
	assert(plan->ready == passes);
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct dg_argv *argv = &plan->steps[i].argv;

		assert(dg_streq(argv->words[0], "proxmox-boot-tool"));
		for (size_t j = 1; argv->words[j]; j++)
			assert(*argv->words[j] != '\0');
	}
}

static void check_verdict(const struct dg_facts *facts)
{
	struct dg_verdict *v = NULL;
	struct json_object *json;

	assert(dg_judge(facts, policy_get(), &v) == 0);
	assert(v->headline && *v->headline && !strstr(v->headline, "(null)"));
	assert(dg_text_is_clean(v->headline, strlen(v->headline)));
	check_findings(v, policy_get());
	check_plan(v->plan);
	json = dg_verdict_encode(v);
	assert(json_object_to_json_string(json));
	json_object_put(json);
	dg_verdict_free(v);
}

/* What was decoded encodes to a document that is decoded to the same. */
static void check_again(const struct dg_facts *facts)
{
	struct json_object *first = dg_facts_encode(facts), *second;
	struct dg_facts *again = NULL;
	char *why = NULL;

	assert(dg_facts_decode(first, &again, &why) == 0);
	second = dg_facts_encode(again);
	assert(json_object_equal(first, second));
	json_object_put(first);
	json_object_put(second);
	dg_facts_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *json = NULL;
	struct dg_facts *facts = NULL;
	char *why = NULL;

	if (dg_json_parse((const char *)data, size, 0, &json, NULL, NULL) < 0)
		return 0;
	if (dg_facts_decode(json, &facts, &why) == 0) {
		check_again(facts);
		check_verdict(facts);
	} else {
		assert(why);
	}
	free(why);
	dg_facts_free(facts);
	json_object_put(json);
	return 0;
}
