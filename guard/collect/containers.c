/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The containers that are configured on this node, and what is being done to them. */
#include <errno.h>

#include "guard/collect/guests.h"
#include "guard/parse/vm-config.h"

static void read_lock(const struct dg_below *dir, const char *name, struct dg_str *fact)
{
	DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config config = {0};
	DG_FREE char *data = NULL, *why = NULL;
	size_t size;
	int r = dg_below_read(dir, name, DG_VM_CONFIG_MAX, &data, &size);

	if (r == 0)
		r = dg_vm_config_parse(data, size, &config, &why);
	if (r == 0)
		dg_guest_set_lock(fact, config.lock);
	else if (r != -ENOENT)
		dg_set_gap(&fact->meta, dg_state_from_errno(r), "/%s/%s: %s", dir->path,
			   name, why ? why : dg_errno_words(r));
	else /* deleted, or migrated away, just now */
		dg_gap_from_errno(&fact->meta, r, dir->path);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	DG_BELOW_CLEANUP struct dg_below dir = DG_BELOW_NONE;
	DG_NAMES_FREE char **names = NULL;
	struct dg_meta *meta = &facts->containers.meta;

	if (dg_guest_configs_open(root, "lxc", &dir, &names, meta) < 0)
		return;
	dg_set_known(meta);
	for (char **name = names; *name; name++) {
		size_t n = dg_vmid_length(*name, ".conf");
		struct dg_container *container;

		if (!n)
			continue;
		container = DG_ADD(&facts->containers, DG_GUESTS_MAX);
		if (!container) {
			dg_set_gap(meta, DG_UNREADABLE,
				   "more than %d containers, or no memory for them",
				   DG_GUESTS_MAX);
			return;
		}
		dg_set_strn(&container->vmid, *name, n);
		read_lock(&dir, *name, &container->lock);
	}
}

const struct dg_collector dg_collect_containers = {
	.name = "containers",
	.fills = (const char *const[]){"containers", NULL},
	.run = run,
};
