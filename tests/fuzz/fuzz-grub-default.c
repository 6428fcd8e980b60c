/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/grub-default.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_grub_default_clear) struct dg_grub_default set = {0};
	DG_FREE char *why = NULL;
	size_t i;
	int r = dg_grub_default_parse((const char *)data, size, &set, &why);

	assert(r == 0 ? !why : why != NULL);
	for (i = 0; i < set.n_settings; i++) {
		const struct dg_grub_setting *s = &set.settings[i];

		assert(dg_after(s->name, "GRUB_") && s->line >= 1);
		assert(strlen(s->name) + strlen(s->value) < size);
		assert(dg_grub_default_find(&set, s->name) >= s);
	}
	return 0;
}
