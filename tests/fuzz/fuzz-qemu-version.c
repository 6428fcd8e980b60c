/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/qemu-version.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_FREE char *version = NULL;
	int r = dg_qemu_version_find((const char *)data, size, &version);

	assert(r == 0 || r == -ENOENT);
	assert(r == 0 ? version != NULL : !version);
	assert(!version || (version[0] >= '0' && version[0] <= '9'));
	assert(!version || strlen(version) < DG_QEMU_VERSION_TEXT);
	return 0;
}
