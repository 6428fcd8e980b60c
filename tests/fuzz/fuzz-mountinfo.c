/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/mountinfo.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_mountinfo_clear) struct dg_mountinfo info = {0};
	DG_FREE char *why = NULL;
	size_t i;
	int r = dg_mountinfo_parse((const char *)data, size, &info, &why);

	assert(r == 0 ? !why : why != NULL);
	for (i = 0; i < info.n_mounts; i++) {
		const struct dg_mount *m = &info.mounts[i];

		assert(m->root && m->point && m->options && m->fs_type && m->source &&
		       m->super_options);
	}
	return 0;
}
