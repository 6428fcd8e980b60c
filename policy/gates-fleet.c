/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gates: is it this host's turn? Canaries may always act. Of the others only a share may:
 * in a cluster by the place in the list of its nodes, so that a small cluster gets the
 * share that was asked for; elsewhere by a hash of the host's id, which no other host has
 * to be known for. */
#include <json-c/json.h>

#include "policy/gate.h"
#include "policy/glob.h"
#include "policy/policy-keys.h"

void dg_gate_quorum(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_membership *cluster = &w->view->facts->cluster;

	if (dg_absent(cluster)) {
		dg_gate_open(gate, "this host is no node of a cluster");
		return;
	}
	if (dg_gate_gap(w, gate, DG_PATHS("cluster.quorate")))
		return;
	if (cluster->quorate.value)
		dg_gate_open(gate, "the cluster of %zu nodes is quorate",
			     cluster->nodes.count);
	else
		dg_gate_shut(gate, "the cluster of %zu nodes is not quorate",
			     cluster->nodes.count);
}

/* --- canaries --- */

/* The canaries' pattern that matches the name; NULL: none. */
static const char *find_pattern(const struct dg_policy *policy, const char *name)
{
	struct json_object *list = dg_policy_value(policy->tree, "enforce.canaries");
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; name && i < count; i++) {
		const char *pattern =
			json_object_get_string(json_object_array_get_idx(list, i));

		if (dg_glob_match(pattern, name))
			return pattern;
	}
	return NULL;
}

/* By the host's name, or by the one that it has as a node. */
static const char *find_own_pattern(const struct dg_gate_work *w)
{
	const struct dg_facts *facts = w->view->facts;
	const char *pattern = find_pattern(w->view->policy, dg_get(&facts->host.name));

	return pattern ? pattern
		       : find_pattern(w->view->policy, dg_get(&facts->cluster.node));
}

void dg_gate_canary(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_policy *policy = w->view->policy;
	const char *pattern = find_own_pattern(w);
	DG_FREE char *all = dg_policy_list_join(policy, "enforce.canaries");

	if (!all)
		return;
	if (pattern)
		dg_gate_open(gate, "this host is a canary (%s)", pattern);
	else if (!*all)
		dg_gate_open(gate, "the policy names no canaries");
	else if (dg_gate_gap(w, gate, DG_PATHS("host.name")))
		return;
	else if (policy->enforce.rollout_percent > 0)
		dg_gate_open(gate,
			     "this host is none of the canaries (%s); of the others %lld "
			     "percent may act",
			     all, (long long)policy->enforce.rollout_percent);
	else
		dg_gate_shut(gate, "only canaries (%s) act, and this host is none", all);
}

/* --- rollout --- */

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
unsigned dg_rollout_place(const char *host_id)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *host_id; host_id++)
		hash = (hash ^ (unsigned char)*host_id) * UINT64_C(1099511628211);
	return (unsigned)((hash ^ hash >> 32) % 100);
}

static void judge_hash(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const char *id = dg_get(&w->view->facts->host.id);
	int64_t percent = w->view->policy->enforce.rollout_percent;

	if (!id)
		dg_gate_untold(gate, "this host has no id that its place could be told "
				     "by");
	else if ((int64_t)dg_rollout_place(id) < percent)
		dg_gate_open(gate,
			     "by its id this host is at place %u of 0 to 99, and "
			     "%lld percent may act",
			     dg_rollout_place(id), (long long)percent);
	else
		dg_gate_shut(gate,
			     "by its id this host is at place %u of 0 to 99, and "
			     "only %lld percent may act",
			     dg_rollout_place(id), (long long)percent);
}

struct rank {
	size_t place; /* from 1 on */
	size_t count; /* of nodes that are no canaries */
	bool listed;
};

static struct rank find_rank(const struct dg_gate_work *w, const char *own)
{
	struct rank rank = {.place = 1};

	dg_list_foreach (node, w->view->facts->cluster.nodes) {
		const char *name = dg_get(&node->name);

		if (!name || find_pattern(w->view->policy, name))
			continue;
		rank.count++;
		rank.place += strcmp(name, own) < 0;
		rank.listed |= dg_streq(name, own);
	}
	return rank;
}

static void judge_rank(const struct dg_gate_work *w, struct dg_gate *gate)
{
	int64_t percent = w->view->policy->enforce.rollout_percent;
	const char *own = dg_get(&w->view->facts->cluster.node);
	struct rank rank;

	if (dg_gate_gap(w, gate, DG_PATHS("cluster.node", "cluster.nodes.*")))
		return;
	rank = find_rank(w, own);
	if (!rank.listed)
		dg_gate_untold(gate, "%s is not in the list of the cluster's nodes", own);
	else if ((int64_t)rank.place * 100 <= percent * (int64_t)rank.count)
		dg_gate_open(gate,
			     "%s is number %zu of %zu nodes that are no canaries, "
			     "and %lld percent may act",
			     own, rank.place, rank.count, (long long)percent);
	else
		dg_gate_shut(gate,
			     "%s is number %zu of %zu nodes that are no canaries, "
			     "and only %lld percent may act",
			     own, rank.place, rank.count, (long long)percent);
}

void dg_gate_rollout(const struct dg_gate_work *w, struct dg_gate *gate)
{
	int64_t percent = w->view->policy->enforce.rollout_percent;

	if (find_own_pattern(w))
		dg_gate_open(gate, "a canary need not wait");
	else if (percent == 100)
		dg_gate_open(gate, "all hosts may act (enforce.rollout_percent)");
	else if (dg_absent(&w->view->facts->cluster))
		judge_hash(w, gate);
	else
		judge_rank(w, gate);
}
