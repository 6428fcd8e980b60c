/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guard/parse/span.h"
#include "policy/util.h"

/* A constant, unlike a call, so that static tables can hold it; outside of them: S(). */
#define SPAN(literal)                                  \
	{                                              \
		.p = literal, .n = sizeof(literal) - 1 \
	}
#define S(literal) dg_span_of(literal, sizeof(literal) - 1)

/* A copy without a byte to spare, so that the sanitizer sees a read behind its end. */
static struct dg_span exact(struct dg_span s)
{
	char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	if (s.n == 0) {
		free(p);
		return dg_span_of(NULL, 0);
	}
	memcpy(p, s.p, s.n);
	return dg_span_of(p, s.n);
}

static void exact_free(struct dg_span s)
{
	free((void *)(uintptr_t)s.p);
}

/* What was taken, one part after the other, each in brackets. */
static void collect(bool (*take)(struct dg_span *, struct dg_span *), struct dg_span text,
		    char out[static 128])
{
	struct dg_span all = exact(text), rest = all, part;
	size_t n = 0;

	while (take(&rest, &part)) {
		assert_true(n + part.n + 3 < 128);
		out[n++] = '[';
		if (part.n)
			memcpy(out + n, part.p, part.n);
		n += part.n;
		out[n++] = ']';
	}
	out[n] = '\0';
	assert_int_equal(rest.n, 0);
	exact_free(all);
}

static void test_lines(void **state)
{
	static const struct {
		struct dg_span in;
		const char *out;
	} table[] = {
		{{NULL, 0}, ""},
		{SPAN("\n"), "[]"},
		{SPAN("a"), "[a]"},
		{SPAN("a\n"), "[a]"},
		{SPAN("a\nb"), "[a][b]"},
		{SPAN("a\r\nb\r"), "[a][b]"},
		{SPAN("a\r\r\n"), "[a\r]"},
		{SPAN("\r\n\n"), "[][]"},
		{SPAN("a\rb\n"), "[a\rb]"},
	};
	char out[128];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(table); i++) {
		collect(dg_span_line, table[i].in, out);
		assert_string_equal(out, table[i].out);
	}
}

static void test_words(void **state)
{
	static const struct {
		struct dg_span in;
		const char *out;
	} table[] = {
		{{NULL, 0}, ""},
		{SPAN(" \t\n"), ""},
		{SPAN("a"), "[a]"},
		{SPAN("  a\tbc \n d"), "[a][bc][d]"},
		{SPAN("a\v\f\rb"), "[a][b]"},
		{SPAN("\xc2\xa0x"), "[\xc2\xa0x]"},
	};
	char out[128];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(table); i++) {
		collect(dg_span_word, table[i].in, out);
		assert_string_equal(out, table[i].out);
	}
}

static bool take_field(struct dg_span *rest, struct dg_span *ret)
{
	return dg_span_split(rest, ':', ret);
}

static void test_split(void **state)
{
	char out[128];

	(void)state;
	collect(take_field, S("a::b"), out);
	assert_string_equal(out, "[a][][b]");
	collect(take_field, S(":a:"), out);
	assert_string_equal(out, "[][a]");
	collect(take_field, S(""), out);
	assert_string_equal(out, "");
}

static void test_nothing_written_at_end(void **state)
{
	struct dg_span rest = S("  "), part = S("kept");

	(void)state;
	assert_false(dg_span_word(&rest, &part));
	assert_false(dg_span_line(&rest, &part));
	assert_false(dg_span_after(S("abc"), "abd", &part));
	assert_true(dg_span_eq(part, "kept"));
}

static void test_trim(void **state)
{
	(void)state;
	assert_true(dg_span_eq(dg_span_trim(S(" \t a b \r\n")), "a b"));
	assert_true(dg_span_eq(dg_span_trim_start(S(" a ")), "a "));
	assert_true(dg_span_eq(dg_span_trim_end(S(" a ")), " a"));
	assert_int_equal(dg_span_trim(S(" \n ")).n, 0);
	assert_int_equal(dg_span_trim(dg_span_of(NULL, 0)).n, 0);
}

static void test_compare(void **state)
{
	struct dg_span rest;

	(void)state;
	assert_true(dg_span_eq(S("abc"), "abc"));
	assert_false(dg_span_eq(S("abc"), "ab"));
	assert_false(dg_span_eq(S("ab"), "abc"));
	assert_false(dg_span_eq(S("ab\0"), "ab"));
	assert_true(dg_span_eq(dg_span_of(NULL, 0), ""));
	assert_true(dg_span_starts(S("abc"), ""));
	assert_true(dg_span_starts(S("abc"), "abc"));
	assert_false(dg_span_starts(S("ab"), "abc"));
	assert_true(dg_span_ends(S("abc"), "bc"));
	assert_false(dg_span_ends(S("bc"), "abc"));
	assert_true(dg_span_after(S("abc"), "ab", &rest));
	assert_true(dg_span_eq(rest, "c"));
}

static void test_cut(void **state)
{
	(void)state;
	assert_true(dg_span_eq(dg_span_skip(S("abc"), 1), "bc"));
	assert_int_equal(dg_span_skip(S("abc"), SIZE_MAX).n, 0);
	assert_true(dg_span_eq(dg_span_head(S("abc"), 2), "ab"));
	assert_true(dg_span_eq(dg_span_head(S("abc"), SIZE_MAX), "abc"));
	assert_int_equal(dg_span_find(S("abc"), 'c'), 2);
	assert_int_equal(dg_span_find(S("abc"), '\0'), 3);
	assert_int_equal(dg_span_find(dg_span_of(NULL, 0), 'a'), 0);
}

static void test_dup(void **state)
{
	DG_FREE char *a = dg_span_dup(S("a\0b"));
	DG_FREE char *b = dg_span_dup(dg_span_of(NULL, 0));

	(void)state;
	assert_string_equal(a, "a?b");
	assert_string_equal(b, "");
}

static void test_unsigned(void **state)
{
	static const struct {
		struct dg_span in;
		unsigned int base;
		int r;
		uint64_t v;
	} table[] = {
		{SPAN("0"), 10, 0, 0},
		{SPAN("00042"), 10, 0, 42},
		{SPAN("18446744073709551615"), 10, 0, UINT64_MAX},
		{SPAN("18446744073709551616"), 10, -ERANGE, 0},
		{SPAN("99999999999999999999999999"), 10, -ERANGE, 0},
		{SPAN("99999999999999999999999999x"), 10, -EINVAL, 0},
		{SPAN(""), 10, -EINVAL, 0},
		{SPAN("+1"), 10, -EINVAL, 0},
		{SPAN("-1"), 10, -EINVAL, 0},
		{SPAN(" 1"), 10, -EINVAL, 0},
		{SPAN("1\n"), 10, -EINVAL, 0},
		{SPAN("1\0"), 10, -EINVAL, 0},
		{SPAN("1a"), 10, -EINVAL, 0},
		{SPAN("\xb2"), 10, -EINVAL, 0},
		{SPAN("aF"), 16, 0, 0xaf},
		{SPAN("ffffffffffffffff"), 16, 0, UINT64_MAX},
		{SPAN("10000000000000000"), 16, -ERANGE, 0},
		{SPAN("0x10"), 16, -EINVAL, 0},
		{SPAN("g"), 16, -EINVAL, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(table); i++) {
		struct dg_span in = exact(table[i].in);
		uint64_t v = 77;
		int r = table[i].base == 10 ? dg_parse_u64(in, &v) : dg_parse_hex(in, &v);

		assert_int_equal(r, table[i].r);
		assert_int_equal(v, r < 0 ? 77 : table[i].v);
		exact_free(in);
	}
}

static void test_signed(void **state)
{
	static const struct {
		struct dg_span in;
		int r;
		int64_t v;
	} table[] = {
		{SPAN("0"), 0, 0},
		{SPAN("-0"), 0, 0},
		{SPAN("-5"), 0, -5},
		{SPAN("9223372036854775807"), 0, INT64_MAX},
		{SPAN("9223372036854775808"), -ERANGE, 0},
		{SPAN("-9223372036854775808"), 0, INT64_MIN},
		{SPAN("-9223372036854775809"), -ERANGE, 0},
		{SPAN("-"), -EINVAL, 0},
		{SPAN("--1"), -EINVAL, 0},
		{SPAN("+1"), -EINVAL, 0},
		{SPAN("- 1"), -EINVAL, 0},
		{SPAN(""), -EINVAL, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(table); i++) {
		int64_t v = 77;
		int r = dg_parse_i64(table[i].in, &v);

		assert_int_equal(r, table[i].r);
		assert_true(v == (r < 0 ? 77 : table[i].v));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_nothing_written_at_end),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_dup),
		cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_signed),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
