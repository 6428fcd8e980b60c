/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/sample/signature.h"

#include <errno.h>
#include <json-c/json.h>

#include "guard/collect/run.h"
#include "policy/judge.h"

#define DEADLINE_MS 5000
#define GUESTS_MAX  4096

static const struct dg_collector *const table[] = {
	&dg_collect_host, &dg_collect_kernel, &dg_collect_ring,
	&dg_collect_qemu, &dg_collect_guests,
};

static const char *const seen_words[] = {
	[DG_OK] = "no",	     [DG_NOT_APPLICABLE] = "no",    [DG_DRIFT] = "yes",
	[DG_WAIVED] = "yes", [DG_NOT_MEASURED] = "unknown", [DG_UNKNOWN] = "unknown",
};

static void set_unknown(struct dg_signature *ret, const char *why)
{
	dg_set_str(&ret->seen, "unknown");
	dg_set_str(&ret->because, why);
}

static void take_finding(const struct dg_finding *finding, struct dg_signature *ret)
{
	dg_set_str(&ret->seen, seen_words[finding->status]);
	dg_set_str(&ret->because, finding->summary ? finding->summary : "");
	for (size_t i = 0; i < finding->subject_count; i++) {
		struct dg_word *word = NULL;

		if (dg_streq(finding->subjects[i].kind, "guest"))
			word = DG_ADD(&ret->guests, GUESTS_MAX);
		if (word)
			dg_set_str(&word->name, finding->subjects[i].name);
	}
}

/* By the default policy: an admin who has switched the check off has not changed how the
 * guests wait. */
static int judge(struct dg_facts *now, const struct dg_facts *facts,
		 struct dg_verdict **ret)
{
	static const char *const paths[] = {"probe", NULL};
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	struct json_object *probe = dg_facts_encode_some(facts, paths);
	int r = policy && probe ? dg_record_merge(&dg_facts_record, probe, now) : -ENOMEM;

	json_object_put(probe);
	if (r == 0)
		r = dg_policy_settle(policy, dg_get(&now->host.name));
	return r < 0 ? r : dg_judge(now, policy, ret);
}

void dg_signature_take(const struct dg_root *root, const struct dg_facts *facts,
		       struct dg_signature *ret)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *now = NULL;
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;
	int r = dg_collect_with(root, table, DG_COUNT(table), NULL, DEADLINE_MS, &now);

	dg_set_known(&ret->meta);
	dg_set_gap(&ret->guests.meta, DG_ABSENT, "none was seen");
	set_unknown(ret, "how the guests wait could not be looked at");
	if (r == 0)
		r = judge(now, facts, &verdict);
	for (size_t i = 0; r == 0 && i < verdict->finding_count; i++)
		if (dg_streq(verdict->findings[i].check->id, "qemu-ring-phantom"))
			take_finding(&verdict->findings[i], ret);
}
