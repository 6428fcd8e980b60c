/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file is taken to be as long as its head, and longer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t more[] = {0, 1 << 20, UINT64_MAX / 2};

	for (size_t i = 0; i < DG_COUNT(more); i++) {
		DG_FREE char *why = NULL;
		struct dg_pe pe = {0};
		int r = dg_pe_parse(data, size, size + more[i], &pe, &why);

		assert(r == 0 || r == -EBADMSG || r == -EMEDIUMTYPE);
		assert(r == 0 ? !why : why != NULL);
		assert((uint64_t)pe.signatures + pe.signatures_size <= size + more[i]);
		assert(pe.signatures_size || !pe.signatures);
	}
	return 0;
}
