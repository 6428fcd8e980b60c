/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdint.h>

#include "policy/grub-menu.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENTRIES 8

/* Eight bytes make a menu, often an unsound one; the rest is the selector. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"0", "a", "a>b", "", "adv", "6.5", ">", NULL};
	struct dg_grub_entry_ref refs[ENTRIES];
	struct dg_grub_target target;
	DG_FREE char *selector = NULL;
	size_t i;

	if (size < ENTRIES)
		return 0;
	for (i = 0; i < ENTRIES; i++)
		refs[i] =
			(struct dg_grub_entry_ref){.title = names[data[i] & 7],
						   .id = names[data[i] >> 3 & 7],
						   .parent = (int)i - (data[i] >> 6) - 1,
						   .submenu = data[i] & 32};
	selector = strndup((const char *)data + ENTRIES, size - ENTRIES);
	if (!selector || dg_grub_resolve(refs, ENTRIES, selector, &target) < 0)
		return 0;
	assert(target.index >= 0 && target.index < ENTRIES);
	assert(!refs[target.index].submenu);
	assert(target.how <= DG_GRUB_FELL_BACK);
	return 0;
}
