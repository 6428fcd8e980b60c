/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/psi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_psi psi = {0};
	int r = dg_psi_parse((const char *)data, size, &psi);

	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 || (!psi.some_us && !psi.full_us && !psi.has_full));
	assert(psi.has_full || !psi.full_us);
	return 0;
}
