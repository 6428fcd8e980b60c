/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/psi.h"

#include "guard/parse/span.h"

/* The `total=` among the fields of a line. */
static int parse_total(struct dg_span fields, uint64_t *ret)
{
	struct dg_span word, digits;

	while (dg_span_word(&fields, &word))
		if (dg_span_after(word, "total=", &digits))
			return dg_parse_u64(digits, ret) < 0 ? -EBADMSG : 0;
	return -EBADMSG;
}

int dg_psi_parse(const char *buf, size_t len, struct dg_psi *ret)
{
	struct dg_span rest = dg_span_of(buf, len), line = {0};
	struct dg_psi psi = {0};

	while (dg_span_line(&rest, &line)) {
		struct dg_span name = {0};
		bool full, *seen;

		dg_span_word(&line, &name);
		full = dg_span_eq(name, "full");
		if (!full && !dg_span_eq(name, "some"))
			continue;
		seen = full ? &psi.has_full : &psi.has_some;
		if (*seen || parse_total(line, full ? &psi.full_us : &psi.some_us) < 0)
			return -EBADMSG;
		*seen = true;
	}
	if (!psi.has_some && !psi.has_full)
		return -EBADMSG;
	*ret = psi;
	return 0;
}
