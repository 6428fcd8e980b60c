/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verbs work on: the policy, of the installed layers or of a file. */
#include <errno.h>
#include <stdio.h>

#include "guard/collect/collect.h"
#include "guard/layers/layers.h"
#include "guard/verbs.h"

static bool is_usable(const struct dg_policy *policy)
{
	for (size_t i = 0; i < policy->problem_count; i++)
		if (policy->problems[i].unusable)
			return false;
	return true;
}

static int merge_given(const char *path, struct dg_policy *policy)
{
	DG_FREE char *text = NULL;
	size_t size;
	int r = dg_read_argument(path, DG_POLICY_SIZE_MAX, &text, &size);

	if (r == 0)
		r = dg_policy_merge(policy, path, text, size, false);
	if (r == 0 && !is_usable(policy)) {
		dg_print_problems(stderr, policy);
		r = -EBADMSG;
	}
	return r;
}

static int merge_installed(const struct dg_options *options, struct dg_cluster *cluster,
			   struct dg_policy *policy)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int r;

	/* Facts from a file are of some other host, whose layers are not here. */
	if (options->facts)
		return 0;
	r = dg_root_new(options->root, &root);
	if (r == 0)
		r = dg_cluster_read(root, DG_CLUSTER_DEADLINE_MS, cluster);
	return r < 0 ? r : dg_layers_merge(root, cluster, false, policy);
}

int dg_load_policy_and(const struct dg_options *options, const char *host_name,
		       struct dg_cluster *ret_cluster, struct dg_policy **ret)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};
	int r;

	if (!policy) {
		dg_complain("out of memory");
		return -ENOMEM;
	}
	r = options->policy ? merge_given(options->policy, policy)
			    : merge_installed(options, &cluster, policy);
	if (r == 0)
		r = dg_policy_settle(policy, host_name);
	if (r < 0) {
		dg_complain("the policy cannot be used: %s", dg_errno_words(r));
		return r;
	}
	*ret_cluster = cluster;
	cluster = (struct dg_cluster){0};
	*ret = DG_STEAL(policy);
	return 0;
}

int dg_load_policy(const struct dg_options *options, const char *host_name,
		   struct dg_policy **ret)
{
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};

	return dg_load_policy_and(options, host_name, &cluster, ret);
}

int dg_keep_cluster_policy(const struct dg_options *options, int64_t now)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};
	DG_FREE char *why = NULL;
	int r;

	if (options->facts)
		return 0;
	r = dg_root_new(options->root, &root);
	if (r == 0)
		r = dg_cluster_read(root, DG_CLUSTER_DEADLINE_MS, &cluster);
	if (r == 0)
		r = dg_layers_copy_update(root, &cluster, now, &why);
	if (r < 0)
		dg_complain("the cluster's policy is not kept for early boot: %s",
			    why ? why : dg_errno_words(r));
	return r;
}

void dg_print_problems(FILE *out, const struct dg_policy *policy)
{
	for (size_t i = 0; i < policy->problem_count; i++) {
		const struct dg_problem *p = &policy->problems[i];

		fprintf(out, "%s", p->file);
		if (p->line)
			fprintf(out, ":%u", p->line);
		fprintf(out, ": %s%s%s\n", p->key ? p->key : "", p->key ? ": " : "",
			p->message);
	}
}
