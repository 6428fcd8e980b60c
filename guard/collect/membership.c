/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether this host is a node of a cluster, of which, and whether that is quorate. A node
 * has /etc/corosync/corosync.conf, which pmxcfs keeps in step with the cluster's; what
 * the cluster is like right now pmxcfs tells in /etc/pve/.members (pve-cluster,
 * src/pmxcfs/status.c, create_private_file_members). That is a file system in user space.
 */
#include <errno.h>
#include <json-c/json.h>

#include "guard/collect/collect.h"
#include "policy/json-scan.h"
#include "policy/policy-keys.h"

#define CONF	    "/etc/corosync/corosync.conf"
#define MEMBERS	    "/etc/pve/.members"
#define MEMBERS_MAX ((size_t)1024 * 1024)
#define NODES_MAX   1024

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

static int by_name(const void *a, const void *b)
{
	const struct dg_word *x = a, *y = b;

	return strcmp(x->name.value, y->name.value);
}

static int take_nodes(struct json_object *list, struct dg_membership *cluster)
{
	dg_set_known(&cluster->nodes.meta);
	json_object_object_foreach(list, name, value)
	{
		struct dg_word *word = DG_ADD(&cluster->nodes, NODES_MAX);

		(void)value;
		if (!word)
			return -E2BIG;
		dg_set_str(&word->name, name);
	}
	if (cluster->nodes.count)
		qsort(cluster->nodes.items, cluster->nodes.count,
		      sizeof(*cluster->nodes.items), by_name);
	return 0;
}

/* Of a node that has not found its cluster yet, "cluster" is missing. */
static void take_members(struct json_object *json, struct dg_membership *cluster)
{
	struct json_object *node = dg_policy_value(json, "nodename");
	struct json_object *quorate = dg_policy_value(json, "cluster.quorate");
	struct json_object *list = dg_policy_value(json, "nodelist");

	dg_set_known(&cluster->meta);
	if (json_object_is_type(node, json_type_string))
		dg_set_str(&cluster->node, json_object_get_string(node));
	else
		dg_set_gap(&cluster->node.meta, DG_MALFORMED,
			   MEMBERS ": has no \"nodename\"");
	if (json_object_is_type(quorate, json_type_int))
		dg_set_bool(&cluster->quorate, json_object_get_int64(quorate) != 0);
	else
		dg_set_gap(&cluster->quorate.meta, DG_UNREADABLE,
			   MEMBERS ": does not say whether the cluster is quorate");
	if (!json_object_is_type(list, json_type_object))
		dg_set_gap(&cluster->nodes.meta, DG_UNREADABLE,
			   MEMBERS ": has no \"nodelist\"");
	else if (take_nodes(list, cluster) < 0)
		dg_set_gap(&cluster->nodes.meta, DG_UNREADABLE,
			   MEMBERS ": more than %d nodes, or no memory for them",
			   NODES_MAX);
}

static void read_members(const struct dg_root *root, struct dg_membership *cluster)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	struct dg_json_error error = {0};
	DG_FREE char *text = NULL;
	size_t size;
	int r = dg_root_read(root, MEMBERS, MEMBERS_MAX, &text, &size);

	/* It is a node, so what is not there cannot be had: /etc/pve is not mounted. */
	if (r < 0) {
		dg_set_gap(&cluster->meta, DG_UNREADABLE, MEMBERS ": %s",
			   dg_errno_words(r));
		return;
	}
	r = dg_json_parse(text, size, 0, &json, NULL, &error);
	if (r == 0)
		take_members(json, cluster);
	else
		dg_set_gap(&cluster->meta, dg_state_from_errno(r), MEMBERS ":%u: %s",
			   error.line, error.message);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct stat st;
	int r = dg_root_stat(root, CONF, true, &st);

	if (r == 0)
		read_members(root, &facts->cluster);
	else
		dg_gap_from_errno(&facts->cluster.meta, r, CONF);
}

const struct dg_collector dg_collect_membership = {
	.name = "membership",
	.fills = (const char *const[]){"cluster", NULL},
	.run = run,
};
