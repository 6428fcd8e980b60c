/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdint.h>

#include "guard/parse/grub-cfg.h"
#include "policy/grub-menu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const struct dg_grub_cfg *cfg, size_t i)
{
	const struct dg_grub_cfg_entry *e = &cfg->entries[i];

	assert(e->title && e->parent < (int)i && e->parent >= -1);
	assert(e->parent < 0 || cfg->entries[e->parent].submenu);
	assert(e->line >= 1 && (e->kernel != NULL) == (e->args != NULL));
	assert(!e->abi || (e->kernel && strstr(e->kernel, e->abi)));
	assert(!e->submenu || (!e->kernel && !e->initrd));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
	DG_FREE struct dg_grub_entry_ref *refs = NULL;
	struct dg_grub_target target;
	DG_FREE char *why = NULL;
	size_t i;
	int r = dg_grub_cfg_parse((const char *)data, size, &cfg, &why);

	assert(r == 0 ? !why : why != NULL);
	refs = calloc(cfg.n_entries + 1, sizeof(*refs));
	if (!refs)
		return 0;
	for (i = 0; i < cfg.n_entries; i++) {
		check_entry(&cfg, i);
		refs[i] = (struct dg_grub_entry_ref){.title = cfg.entries[i].title,
						     .id = cfg.entries[i].id,
						     .parent = cfg.entries[i].parent,
						     .submenu = cfg.entries[i].submenu};
	}
	if (dg_grub_resolve(refs, cfg.n_entries, cfg.default_value, &target) == 0)
		assert(target.index >= 0 && (size_t)target.index < cfg.n_entries &&
		       !refs[target.index].submenu);
	return 0;
}
