/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeping the copy of the cluster's layer. */
#include <errno.h>

#include "guard/base/write.h"
#include "guard/layers/layers.h"

#define NAME "cluster-policy.json"
#define DAY  (24 * 60 * 60)

/* The same text, and seen to be so not long ago. */
static bool is_fresh(const struct dg_root *root, const struct dg_cluster *cluster,
		     int64_t now)
{
	DG_FREE char *text = NULL;
	struct stat st;
	size_t size;

	return dg_root_stat(root, DG_CLUSTER_COPY, false, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_mtime <= now && now - st.st_mtime < DAY &&
	       dg_root_read(root, DG_CLUSTER_COPY, DG_POLICY_SIZE_MAX, &text, &size) ==
		       0 &&
	       size == cluster->size && memcmp(text, cluster->text, size) == 0;
}

static int drop(const struct dg_root *root, char **ret_why)
{
	struct stat st;
	int r;

	if (dg_root_stat(root, DG_CLUSTER_COPY, false, &st) < 0)
		return 0;
	r = dg_root_remove(root, &dg_state_folder, NAME, ret_why);
	if (r != -ENOENT && r != -ENOTDIR)
		return r;
	free(*ret_why); /* somebody else was quicker */
	*ret_why = NULL;
	return 0;
}

int dg_layers_copy_update(const struct dg_root *root, const struct dg_cluster *cluster,
			  int64_t now, char **ret_why)
{
	*ret_why = NULL;
	if (cluster->error == 0)
		return is_fresh(root, cluster, now)
			       ? 0
			       : dg_root_write(root, &dg_state_folder, NAME,
					       cluster->text, cluster->size, 0644,
					       ret_why);
	if ((cluster->error == -ENOENT || cluster->error == -ENOTDIR) && cluster->mounted)
		return drop(root, ret_why);
	return 0;
}
