/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every small reader of words: two strings, split at the first NUL, in all of them. */
#include <assert.h>
#include <stdint.h>
#include "policy/abi.h"
#include "policy/debversion.h"
#include "policy/glob.h"
#include "policy/loader-version.h"
#include "policy/nearest.h"
#include "policy/text.h"
#include "policy/timefmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int compare_fn(const char *a, const char *b);

static void check_order(compare_fn *compare, const char *a, const char *b)
{
	int ab = compare(a, b), ba = compare(b, a);

	assert((ab < 0) == (ba > 0) && (ab == 0) == (ba == 0));
	assert(compare(a, a) == 0 && compare(b, b) == 0);
}

static void check_orders(const char *a, const char *b)
{
	check_order(dg_debversion_cmp, a, b);
	check_order(dg_abi_cmp, a, b);
	check_order(dg_series_cmp, a, b);
	check_order(dg_loader_version_cmp, a, b);
	assert((dg_abi_cmp(a, b) == 0) == dg_streq(a, b));
}

static void check_version(const char *s)
{
	char series[DG_SERIES_SIZE];
	struct dg_abi abi;

	if (dg_debversion_valid(s))
		assert(dg_debversion_cmp(s, "") > 0);
	assert(dg_debversion_upstream_major(s) >= -1);
	assert(dg_debversion_upstream_minor(s) >= -1);
	if (dg_abi_series(s, series) == 0)
		assert(dg_abi_valid(series) && dg_abi_parse(s, &abi) == 0);
	if (dg_abi_from_image(s))
		assert(dg_abi_valid(dg_abi_from_image(s)));
	if (dg_abi_valid(s))
		assert(!strchr(s, '/') && s[0] >= '0' && s[0] <= '9');
}

static void check_time(const char *s)
{
	char buf[DG_TIME_SIZE], date[DG_DATE_SIZE];
	int64_t time, back;

	if (dg_time_parse(s, &time) == 0) {
		assert(dg_time_parse(dg_time_format(time, buf), &back) == 0);
		assert(back == time);
	}
	if (dg_date_parse_end(s, &time) == 0)
		assert(dg_streq(dg_date_format(time, date), s));
}

static void check_text(const char *s, size_t n)
{
	DG_FREE char *clean = dg_clean_text(s, n), *short_clean = NULL;

	assert(dg_text_is_clean(clean, strlen(clean)));
	if (dg_text_is_clean(s, n))
		assert(strlen(clean) == n && memcmp(clean, s, n) == 0);
	short_clean = dg_clean_text_max(s, n, 9);
	assert(strlen(short_clean) <= 9);
	assert(dg_text_is_clean(short_clean, strlen(short_clean)));
}

static void check_pair(const char *a, const char *b)
{
	const char *const candidates[] = {b, a};
	const char *nearest = dg_nearest_word(a, candidates, 2);

	if (nearest)
		assert(dg_streq(nearest, a) || nearest == b);
	dg_glob_match(a, b);
	assert(dg_glob_match("*", a));
	if (!strpbrk(a, "*?[\\"))
		assert(dg_glob_match(a, a) && dg_glob_match(a, b) == dg_streq(a, b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t n = zero ? (size_t)(zero - data) : size;
	DG_FREE char *a = strndup(size ? (const char *)data : "", n);
	DG_FREE char *b =
		zero ? strndup((const char *)zero + 1, size - n - 1) : strdup(a);

	check_orders(a, b);
	check_version(a);
	check_time(a);
	check_text((const char *)data, size);
	check_pair(a, b);
	return 0;
}
