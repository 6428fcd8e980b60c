/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/vm-config.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config c = {0};
	DG_FREE char *why = NULL;
	int r = dg_vm_config_parse((const char *)data, size, &c, &why);

	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 ? !why : why != NULL);
	assert(!c.name || (c.name[0] && strlen(c.name) < size));
	assert(c.n_drives <= DG_VM_DRIVES_MAX);
	for (size_t i = 0; i < c.n_drives; i++) {
		assert(c.drives[i].name[0]);
		assert(!c.drives[i].aio || c.drives[i].aio[0]);
		assert(c.drives[i].direct >= -1 && c.drives[i].direct <= 1);
	}
	return 0;
}
