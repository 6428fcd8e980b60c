/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The installed layers of the policy, lowest first: the default, which is compiled in;
 * the cluster's /etc/pve/driftguard/policy.json; the node's own
 * /etc/driftguard/policy.json; and what ends in .json in /etc/driftguard/policy.d, in the
 * order of the names, those that begin with a dot left out.
 *
 * /etc/pve is a file system in user space: it is not there early in boot, and it may hang
 * for good. It is read by a child with a time limit, and what was read last is kept in
 * /var/lib/driftguard/cluster-policy.json for when it cannot be had.
 */
#pragma once

#include "guard/base/root.h"
#include "policy/policy.h"

#define DG_CLUSTER_LAYER "/etc/pve/driftguard/policy.json"
#define DG_CLUSTER_COPY	 "/var/lib/driftguard/cluster-policy.json"

#define DG_POLICY_SIZE_MAX     ((size_t)1 << 20) /* bytes of a layer */
#define DG_CLUSTER_DEADLINE_MS 2000

/* What /etc/pve holds for us. */
struct dg_cluster {
	/* Of the layer: 0, or a negative errno; -ETIMEDOUT: /etc/pve does not answer. */
	int error;
	bool mounted; /* that is known; false also where it does not answer */
	char *text;   /* of the layer; NULL unless `error` is 0 */
	size_t size;
	char **nodes; /* the names of the cluster's nodes; NULL: not known */
};

/* 0, or -ENOMEM and what else keeps a child from being started. */
int dg_cluster_read(const struct dg_root *root, int deadline_ms, struct dg_cluster *ret);
void dg_cluster_clear(struct dg_cluster *cluster);
/* For a `struct dg_cluster` that starts zeroed. */
#define DG_CLUSTER_CLEANUP DG_CLEANUP(dg_cluster_clear)

/*
 * Merge the layers that are installed below `root` over the policy (dg_policy_new()).
 * What is wrong with them is among the policy's problems and layers then. `strict`:
 * unknown keys make a layer unusable. 0 or a negative errno: no memory, no process.
 */
int dg_layers_merge(const struct dg_root *root, const struct dg_cluster *cluster,
		    bool strict, struct dg_policy *policy);

/*
 * Bring the copy of the cluster's layer up to date, for `record`: written where the
 * layer could be read and the copy differs or is a day old, so that its time tells when
 * the two were last the same; removed where /etc/pve is there and holds no such layer;
 * else left alone. 0 or a negative errno, and *ret_why (owned) says what failed.
 */
int dg_layers_copy_update(const struct dg_root *root, const struct dg_cluster *cluster,
			  int64_t now, char **ret_why);
