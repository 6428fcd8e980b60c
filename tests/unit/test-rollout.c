/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A rollout tried out on the facts of a whole fleet: who may act at which percentage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "policy/gates.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"

#define HOSTS 400
#define NODES 10

static struct dg_policy *make_policy(int percent)
{
	DG_FREE char *text = dg_format(
		"{\"schema\": \"driftguard.policy/1\", \"enforce\": {\"enabled\": true, "
		"\"on\": [\"pin-age\"], \"actions\": [\"unpin\"], \"require_proven\": "
		"false, \"canaries\": [\"canary*\"], \"rollout_percent\": %d}}",
		percent);
	struct dg_policy *policy = dg_policy_new();

	assert_non_null(policy);
	assert_int_equal(dg_policy_merge(policy, "test", text, strlen(text), true), 0);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	return policy;
}

static bool acts(const struct dg_facts *f, const struct dg_policy *policy,
		 const struct dg_verdict *verdict)
{
	DG_ENFORCEMENT_CLEANUP struct dg_enforcement e = {0};

	assert_int_equal(dg_enforce_decide(f, policy, verdict, &e), 0);
	return e.state == DG_ENFORCE_ACTS;
}

/* Hosts of their own. */
static void name_host(struct dg_facts *f, size_t i)
{
	char text[64];

	snprintf(text, sizeof(text), "host-%zu", i);
	dg_set_str(&f->host.name, text);
	snprintf(text, sizeof(text), "%08zx%08zx", i * 2654435761U, i);
	dg_set_str(&f->host.id, text);
}

static size_t count_acting(struct dg_facts *f, const struct dg_verdict *verdict,
			   int percent, bool *acted)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = make_policy(percent);
	size_t count = 0;

	for (size_t i = 0; i < HOSTS; i++) {
		bool now;

		name_host(f, i);
		now = acts(f, policy, verdict);
		/* Who was let go first stays let go. */
		if (acted[i] && !now)
			fail_msg("host-%zu acts no more at %d percent", i, percent);
		acted[i] = now;
		count += now;
	}
	return count;
}

static void test_hosts(void **state)
{
	static const int percents[] = {0, 1, 10, 25, 50, 90, 99, 100};
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;
	static bool acted[HOSTS];

	(void)state;
	pin_old(f);
	verdict = judge(f, NULL);
	for (size_t i = 0; i < DG_COUNT(percents); i++) {
		size_t count = count_acting(f, verdict, percents[i], acted);
		int share = (int)(count * 100 / HOSTS);

		if (percents[i] == 0 || percents[i] == 100)
			assert_int_equal(share, percents[i]);
		else if (share < percents[i] - 6 || share > percents[i] + 6)
			fail_msg("%d percent act at %d", share, percents[i]);
	}
}

/* The same id has the same place for good: these were computed by hand elsewhere. */
static void test_place(void **state)
{
	(void)state;
	assert_int_equal(dg_rollout_place(""), 45);
	assert_int_equal(dg_rollout_place("c0ffee"), 7);
	for (int i = 0; i < 1000; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		assert_true(dg_rollout_place(id) < 100);
	}
}

/* A cluster of ten nodes, the last of which is a canary. */
static void make_cluster(struct dg_facts *f)
{
	char name[32];

	dg_set_known(&f->cluster.meta);
	dg_set_bool(&f->cluster.quorate, true);
	for (int i = 0; i < NODES - 1; i++) {
		snprintf(name, sizeof(name), "node-%c", 'i' - i); /* not in order */
		dg_set_str(&DG_ADD(&f->cluster.nodes, NODES)->name, name);
	}
	dg_set_str(&DG_ADD(&f->cluster.nodes, NODES)->name, "canary");
}

/* Of the nine others: never more than the share, in the order of their names. */
static void test_cluster(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;

	(void)state;
	pin_old(f);
	make_cluster(f);
	verdict = judge(f, NULL);
	for (int percent = 0; percent <= 100; percent++) {
		DG_CLEANUP(dg_policy_freep)
		struct dg_policy *policy = make_policy(percent);

		dg_list_foreach (node, f->cluster.nodes) {
			const char *name = node->name.value;
			bool canary = dg_streq(name, "canary");

			dg_set_str(&f->cluster.node, name);
			dg_set_str(&f->host.name, name);
			assert_int_equal(acts(f, policy, verdict),
					 canary || (name[5] - 'a' + 1) * 100 <=
							   percent * (NODES - 1));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_cluster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
