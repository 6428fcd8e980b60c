/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/proc-cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_span path = {0};
	const char *text = (const char *)data;
	int r = dg_proc_cgroup_parse(text, size, &path);

	assert(r == 0 || ((r == -ENOENT || r == -EBADMSG) && path.n == 0));
	if (r == 0) {
		assert(path.p > text && path.p + path.n <= text + size);
		assert(path.p[0] == '/' && dg_span_find(path, '\n') == path.n);
	}
	return 0;
}
