/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdint.h>

#include "guard/parse/grub-stub.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_grub_stub_clear) struct dg_grub_stub stub = {0};
	int r = dg_grub_stub_parse((const char *)data, size, &stub);

	assert(r == 0 ? stub.uuid && stub.dir : !stub.uuid && !stub.dir);
	assert(r < 0 || strlen(stub.uuid) + strlen(stub.dir) < size);
	return 0;
}
