/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/layers/layers.h"

#include <errno.h>

#include "guard/collect/collect.h"
#include "policy/text.h"

#define NODE_LAYER  "/etc/driftguard/policy.json"
#define NODE_FOLDER "/etc/driftguard/policy.d"
#define FOLDER_MAX  1024 /* names */

/* --- what a failed read says --- */

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

/* What is there can never be a policy, whoever reads it and when. */
static bool is_hopeless(int r)
{
	return r == -EFBIG || r == -EISDIR || r == -ENOTSUP || r == -ELOOP ||
	       r == -ENOTDIR || r == -E2BIG;
}

static const char *words_of(int r)
{
	if (r == -ETIMEDOUT)
		return "/etc/pve does not answer";
	if (r == -ECHILD)
		return "the process that was to read it ended early";
	if (r == -EFBIG)
		return "is larger than the 1 MiB that a layer may have";
	return dg_errno_words(r);
}

static int add_failure(struct dg_policy *policy, const char *path, int r)
{
	return is_hopeless(r) ? dg_policy_add_unusable(policy, path, words_of(r))
			      : dg_policy_add_unreadable(policy, path, words_of(r));
}

/* --- the node's --- */

static int merge_file(const struct dg_root *root, const char *path, bool strict,
		      struct dg_policy *policy)
{
	DG_FREE char *text = NULL;
	struct stat st;
	size_t size;
	int r = dg_root_read(root, path, DG_POLICY_SIZE_MAX, &text, &size);

	if (r == 0)
		return dg_policy_merge(policy, path, text, size, strict);
	if (!is_absent(r))
		return add_failure(policy, path, r);
	/* A link that dangles was put there by somebody who meant something. */
	if (dg_root_stat(root, path, false, &st) == 0)
		return dg_policy_add_unreadable(policy, path, "its link leads nowhere");
	return dg_policy_add_absent(policy, path);
}

static int merge_names(const struct dg_root *root, char *const *names, bool strict,
		       struct dg_policy *policy)
{
	bool any = false;

	for (; *names; names++) {
		DG_FREE char *path = NULL;
		int r;

		if (**names == '.' || !dg_ends_with(*names, ".json"))
			continue;
		any = true;
		path = dg_format(NODE_FOLDER "/%s", *names);
		r = path ? merge_file(root, path, strict, policy) : -ENOMEM;
		if (r < 0)
			return r;
	}
	return any ? 0 : dg_policy_add_absent(policy, NODE_FOLDER "/*.json");
}

static int merge_folder(const struct dg_root *root, bool strict, struct dg_policy *policy)
{
	DG_NAMES_FREE char **names = NULL;
	struct stat st;
	int r = dg_root_list(root, NODE_FOLDER, FOLDER_MAX, &names, NULL);

	if (r == 0)
		return merge_names(root, names, strict, policy);
	/* Something else may have its name. */
	if (is_absent(r) && dg_root_stat(root, NODE_FOLDER, false, &st) < 0)
		return dg_policy_add_absent(policy, NODE_FOLDER "/*.json");
	if (r == -ENOTDIR)
		return dg_policy_add_unusable(policy, NODE_FOLDER, "is no directory");
	return add_failure(policy, NODE_FOLDER, r);
}

/* --- the cluster's --- */

/* 0: merged, or told what is wrong with it; -ENOENT: there is no copy. */
static int merge_copy(const struct dg_root *root, struct dg_policy *policy)
{
	DG_FREE char *text = NULL;
	struct stat st = {0};
	size_t size;
	int r = dg_root_read(root, DG_CLUSTER_COPY, DG_POLICY_SIZE_MAX, &text, &size);

	if (r == 0)
		r = dg_root_stat(root, DG_CLUSTER_COPY, true, &st);
	if (r == 0)
		return dg_policy_merge_copy(policy, DG_CLUSTER_COPY, DG_CLUSTER_LAYER,
					    st.st_mtime, text, size);
	return is_absent(r) ? -ENOENT : add_failure(policy, DG_CLUSTER_COPY, r);
}

static int merge_cluster(const struct dg_root *root, const struct dg_cluster *cluster,
			 bool strict, struct dg_policy *policy)
{
	int r = cluster->error, copied;

	if (r == 0)
		return dg_policy_merge(policy, DG_CLUSTER_LAYER, cluster->text,
				       cluster->size, strict);
	if (is_absent(r) && cluster->mounted)
		return dg_policy_add_absent(policy, DG_CLUSTER_LAYER);
	if (!is_absent(r)) {
		int told = add_failure(policy, DG_CLUSTER_LAYER, r);

		if (told < 0 || is_hopeless(r))
			return told;
	}
	copied = merge_copy(root, policy);
	if (copied != -ENOENT)
		return copied;
	return is_absent(r) ? dg_policy_add_absent(policy, DG_CLUSTER_LAYER) : 0;
}

int dg_layers_merge(const struct dg_root *root, const struct dg_cluster *cluster,
		    bool strict, struct dg_policy *policy)
{
	int r = merge_cluster(root, cluster, strict, policy);

	if (r == 0)
		r = merge_file(root, NODE_LAYER, strict, policy);
	return r < 0 ? r : merge_folder(root, strict, policy);
}
