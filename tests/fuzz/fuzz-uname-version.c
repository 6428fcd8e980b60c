/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/uname-version.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_uname_version_clear) struct dg_uname_version v = {0};
	int r = dg_uname_version_parse((const char *)data, size, &v);

	assert(r == 0 || r == -ENODATA || r == -EBADMSG);
	/* From 1990-12-27, which offsets reach, to the end of the year 9999. */
	assert(r < 0 ||
	       (v.build_time > 662256000 && v.build_time < 253402300800 + 360000));
	assert((v.vendor != DG_UNAME_OTHER) == (v.package_version != NULL));
	return 0;
}
