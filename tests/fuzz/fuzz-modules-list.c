/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/modules-list.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_modules_list_clear) struct dg_modules_list list = {0};
	DG_FREE char *why = NULL;
	size_t i;
	int r = dg_modules_list_parse((const char *)data, size, &list, &why);

	assert(r == 0 ? !why : why != NULL);
	for (i = 0; i < list.n_modules; i++)
		assert(list.modules[i].name[0] && list.modules[i].taint &&
		       list.modules[i].refcount >= -1);
	return 0;
}
