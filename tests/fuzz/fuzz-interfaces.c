/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/interfaces.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_interfaces_clear) struct dg_interfaces all = {0};
	DG_FREE char *name = NULL;
	int r = dg_interfaces_parse((const char *)data, size, &all);

	assert(r == 0 || r == -E2BIG);
	for (size_t i = 0; i < all.n_ports; i++) {
		assert(all.ports[i][0]);
		dg_port_name_varies(all.ports[i]);
	}
	assert(dg_link_name_parse((const char *)data, size, &name) == 0);
	return 0;
}
