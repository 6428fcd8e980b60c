/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/modules-dep.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bounds {
	const char *begin, *end;
};

static int take(void *ctx, struct dg_span path, struct dg_span name)
{
	const struct bounds *all = ctx;

	assert(path.p >= all->begin && path.p + path.n <= all->end);
	assert(name.n > 0 && name.p >= path.p && name.p + name.n < path.p + path.n);
	assert(!memchr(name.p, '/', name.n) && !memchr(path.p, '\n', path.n));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bounds all = {.begin = (const char *)data,
			     .end = (const char *)data + size};
	DG_FREE char *why = NULL;
	DG_FREE char *other = NULL;
	int r = dg_modules_dep_parse(all.begin, size, take, &all, &why);

	assert(r == 0 ? !why : r == -EBADMSG && why);
	r = dg_modules_builtin_parse(all.begin, size, take, &all, &other);
	assert(r == 0 ? !other : r == -EBADMSG && other);
	return 0;
}
