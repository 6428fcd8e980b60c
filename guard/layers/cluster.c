/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading /etc/pve in a child. What the child hands over: a head, the layer's text, and
 * the names of the nodes, each ended by a NUL. */
#include <errno.h>

#include "guard/base/apart.h"
#include "guard/layers/layers.h"

#define NODES	  "/etc/pve/nodes"
#define NODES_MAX 1024
#define NODE_SIZE 256 /* bytes of a name and its NUL */
#define ALL_MAX	  (sizeof(struct head) + DG_POLICY_SIZE_MAX + NODES_MAX * NODE_SIZE)

struct head {
	int error;
	bool mounted;
	size_t size;  /* of the text */
	size_t nodes; /* SIZE_MAX: not known */
};

/* --- in the child --- */

/* Below an empty folder, or a mount whose service has died, neither is there. */
static bool is_mounted(const struct dg_root *root)
{
	struct stat st;

	return dg_root_stat(root, "/etc/pve/.version", false, &st) == 0 ||
	       dg_root_stat(root, "/etc/pve/local", false, &st) == 0;
}

static int write_names(int fd, char *const *names)
{
	int r = 0;

	for (; r == 0 && *names; names++)
		r = dg_write_all(fd, *names, strlen(*names) + 1);
	return r;
}

static int hand_over(const void *arg, int fd)
{
	const struct dg_root *root = arg;
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *text = NULL;
	struct head head = {.nodes = SIZE_MAX};
	int r;

	head.error = dg_root_read(root, DG_CLUSTER_LAYER, DG_POLICY_SIZE_MAX, &text,
				  &head.size);
	head.mounted = is_mounted(root);
	if (dg_root_list(root, NODES, NODES_MAX, &names, &head.nodes) < 0)
		head.nodes = SIZE_MAX;
	r = dg_write_all(fd, &head, sizeof(head));
	if (r == 0 && text)
		r = dg_write_all(fd, text, head.size);
	return r == 0 && names ? write_names(fd, names) : r;
}

/* --- in the parent --- */

static int take_names(const char *at, size_t size, size_t count, char ***ret)
{
	DG_NAMES_FREE char **names = calloc(count + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t n = strnlen(at, size);

		if (n == size)
			return -ECHILD;
		names[i] = strndup(at, n);
		if (!names[i])
			return -ENOMEM;
		at += n + 1;
		size -= n + 1;
	}
	*ret = DG_STEAL(names);
	return 0;
}

static int take_over(const char *data, size_t size, struct dg_cluster *ret)
{
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};
	struct head head;
	int r = 0;

	if (size < sizeof(head))
		return -ECHILD;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);
	if (head.size > size || (head.nodes > NODES_MAX && head.nodes != SIZE_MAX))
		return -ECHILD;
	cluster.error = head.error;
	cluster.mounted = head.mounted;
	cluster.size = head.size;
	if (head.error == 0)
		cluster.text = malloc(head.size + 1);
	if (head.error == 0 && !cluster.text)
		return -ENOMEM;
	if (cluster.text) {
		memcpy(cluster.text, data, head.size);
		cluster.text[head.size] = '\0';
	}
	if (head.nodes != SIZE_MAX)
		r = take_names(data + head.size, size - head.size, head.nodes,
			       &cluster.nodes);
	if (r < 0)
		return r;
	*ret = cluster;
	cluster = (struct dg_cluster){0};
	return 0;
}

int dg_cluster_read(const struct dg_root *root, int deadline_ms, struct dg_cluster *ret)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_run_apart(hand_over, root, deadline_ms, ALL_MAX, &data, &size);

	if (r == 0)
		r = take_over(data, size, ret);
	if (r != -ETIMEDOUT && r != -ECHILD)
		return r;
	*ret = (struct dg_cluster){.error = r};
	return 0;
}

void dg_cluster_clear(struct dg_cluster *cluster)
{
	free(cluster->text);
	dg_names_free(cluster->nodes);
	*cluster = (struct dg_cluster){0};
}
