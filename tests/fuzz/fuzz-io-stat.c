/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/io-stat.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_FREE struct dg_io_stat *items = NULL;
	DG_FREE char *why = NULL;
	size_t n = 0;
	int r = dg_io_stat_parse((const char *)data, size, &items, &n, &why);

	assert(r == 0 ? !why : why && !items && n == 0);
	assert(n <= DG_IO_STAT_MAX && n <= size);
	for (size_t i = 0; i < n; i++)
		assert(items[i].has_number || (!items[i].major && !items[i].minor));
	return 0;
}
