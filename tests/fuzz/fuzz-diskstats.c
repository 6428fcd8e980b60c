/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/diskstats.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_FREE struct dg_diskstat *disks = NULL;
	DG_FREE char *why = NULL;
	size_t n = 0;
	int r = dg_diskstats_parse((const char *)data, size, &disks, &n, &why);

	assert(r == 0 ? !why : why && !disks && n == 0);
	assert(n <= DG_DISKSTATS_MAX && n <= size);
	for (size_t i = 0; i < n; i++) {
		assert(disks[i].name[0]);
		assert(strnlen(disks[i].name, sizeof(disks[i].name)) <
		       sizeof(disks[i].name));
		assert(disks[i].has_flushes || (!disks[i].flushes && !disks[i].flush_ms));
	}
	return 0;
}
