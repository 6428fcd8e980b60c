/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "policy/text.h"

#define REPLACED "\xef\xbf\xbd"

static void test_format(void **state)
{
	DG_FREE char *empty = dg_format("%s", ""), *text = dg_format("%s=%d", "a", -7);
	DG_FREE char *wide = dg_format("%5000d", 1);

	(void)state;
	assert_string_equal(empty, "");
	assert_string_equal(text, "a=-7");
	assert_int_equal(strlen(wide), 5000);
}

static const struct {
	const char *name, *in;
	size_t size;
	const char *out;
} cleanings[] = {
#define CLEAN(n, i, o)                                                    \
	{                                                                 \
		.name = (n), .in = (i), .size = sizeof(i) - 1, .out = (o) \
	}
	CLEAN("empty", "", ""),
	CLEAN("ascii", "pve1: all ~ well", "pve1: all ~ well"),
	CLEAN("valid UTF-8 stays", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
	      "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7"),
	CLEAN("blanks", "a\tb\nc", "a b c"),
	CLEAN("C0", "\x1b[31m\r\x01\x1f\x7f", "?[31m????"),
	CLEAN("NUL", "a\0b", "a?b"),
	CLEAN("C1", "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "???\xc2\xa0"),
	CLEAN("bidi", "\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\xa9",
	      "?????"),
	CLEAN("next to bidi", "\xe2\x80\xaf\xe2\x81\xa5", "\xe2\x80\xaf\xe2\x81\xa5"),
	CLEAN("stray continuation",
	      "\x80"
	      "a\xbf",
	      REPLACED "a" REPLACED),
	CLEAN("overlong slash", "\xc0\xaf", REPLACED REPLACED),
	CLEAN("overlong of 3", "\xe0\x80\xaf", REPLACED REPLACED REPLACED),
	CLEAN("overlong of 4", "\xf0\x80\x80\xaf", REPLACED REPLACED REPLACED REPLACED),
	CLEAN("surrogate", "\xed\xa0\x80", REPLACED REPLACED REPLACED),
	CLEAN("past the last", "\xf4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED),
	CLEAN("the last", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"),
	CLEAN("never a lead", "\xff\xfe\xf8", REPLACED REPLACED REPLACED),
	CLEAN("cut short", "a\xe2\x82", "a" REPLACED REPLACED),
	CLEAN("cut by ASCII", "\xe2\x82z", REPLACED REPLACED "z"),
};

static void test_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cleanings); i++) {
		DG_FREE char *in = malloc(cleanings[i].size + !cleanings[i].size);
		DG_FREE char *out = NULL;
		bool same = strcmp(cleanings[i].out, cleanings[i].in) == 0 &&
			    strlen(cleanings[i].out) == cleanings[i].size;

		memcpy(in, cleanings[i].in, cleanings[i].size);
		out = dg_clean_text(in, cleanings[i].size);
		print_message("%s\n", cleanings[i].name);
		assert_string_equal(out, cleanings[i].out);
		assert_int_equal(dg_text_is_clean(in, cleanings[i].size), same);
		assert_true(dg_text_is_clean(out, strlen(out)));
	}
}

static void test_clean_cap(void **state)
{
	DG_FREE char *big = malloc(DG_TEXT_MAX + 1);
	DG_FREE char *full = NULL, *cut = NULL, *rune = NULL, *tiny = NULL, *bad = NULL;

	(void)state;
	memset(big, 'x', DG_TEXT_MAX + 1);
	full = dg_clean_text(big, DG_TEXT_MAX);
	assert_int_equal(strlen(full), DG_TEXT_MAX);
	assert_true(dg_text_is_clean(big, DG_TEXT_MAX));
	assert_false(dg_text_is_clean(big, DG_TEXT_MAX + 1));
	cut = dg_clean_text(big, DG_TEXT_MAX + 1);
	assert_int_equal(strlen(cut), DG_TEXT_MAX);
	assert_string_equal(cut + DG_TEXT_MAX - 4, "x\xe2\x80\xa6");
	rune = dg_clean_text_max("ab\xe2\x82\xac"
				 "cde",
				 8, 7);
	assert_string_equal(rune, "ab\xe2\x80\xa6"); /* no character is cut in two */
	tiny = dg_clean_text_max("abcd", 4, 0);
	assert_string_equal(tiny, "\xe2\x80\xa6");
	memset(big, 0xff, DG_TEXT_MAX + 1);
	bad = dg_clean_text(big, DG_TEXT_MAX + 1);
	assert_true(strlen(bad) <= DG_TEXT_MAX);
	assert_true(dg_text_is_clean(bad, strlen(bad)));
}

static void test_utf8_round_trip(void **state)
{
	(void)state;
	for (uint32_t rune = 0; rune <= 0x10ffff; rune++) {
		bool surrogate = rune >= 0xd800 && rune <= 0xdfff;
		char bytes[4];
		uint32_t back = 0;
		size_t n = dg_utf8_encode(rune, bytes);

		assert_int_equal(dg_utf8_decode(bytes, n, &back), surrogate ? 0 : n);
		assert_int_equal(dg_utf8_decode(bytes, n - 1, &back), 0);
		if (!surrogate)
			assert_int_equal(back, rune);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_cap),
		cmocka_unit_test(test_utf8_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
