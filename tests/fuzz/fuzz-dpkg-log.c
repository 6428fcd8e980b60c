/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log, in one piece and in small ones: the result must be the same. */
#include <errno.h>
#include <stdint.h>

#include "guard/parse/dpkg-log.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(const char *text, size_t size, size_t step, struct dg_dpkg_log *ret)
{
	struct dg_dpkg_log_parser *p;
	char *why = NULL;
	size_t i;
	int r;

	if (dg_dpkg_log_new(NULL, NULL, &p) < 0)
		abort();
	for (i = 0; i < size; i += step)
		if (dg_dpkg_log_feed(p, text + i, step < size - i ? step : size - i) < 0)
			abort();
	r = dg_dpkg_log_finish(p, ret, &why);
	if (r != 0 && (r != -EBADMSG || !why))
		abort();
	free(why);
	dg_dpkg_log_free(p);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_dpkg_log a = {0}, b = {0};
	size_t step = size > 0 ? data[size - 1] % 64 + 1u : 1;
	int r = parse((const char *)data, size, size + 1, &a);

	if (parse((const char *)data, size, step, &b) != r)
		abort();
	if (a.n_events != b.n_events || a.n_lines != b.n_lines || a.n_bad != b.n_bad ||
	    a.first != b.first || a.last != b.last || a.first > a.last)
		abort();
	dg_dpkg_log_done(&a);
	dg_dpkg_log_done(&b);
	return 0;
}
