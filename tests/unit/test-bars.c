/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bars, sparklines and clipped text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guard/render/bars.h"

static void test_bars(void **state)
{
	static const struct {
		double percent;
		const char *plain, *blocks;
	} rows[] = {
		{0, "....", "░░░░"},	       {0.04, "....", "░░░░"},
		{0.06, "....", "▏░░░"},	       {50, "##..", "██░░"},
		{53.2, "##..", "██▏░"},	       {99.9, "####", "████"},
		{100, "####", "████"},	       {250, "####", "████"},
		{1e300, "####", "████"},       {(double)INFINITY, "####", "████"},
		{-5, "....", "░░░░"},	       {(double)-INFINITY, "....", "░░░░"},
		{(double)NAN, "    ", "    "},
	};
	char bar[DG_BAR_SIZE];

	(void)state;
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		assert_string_equal(dg_bar(rows[i].percent, 4, false, bar),
				    rows[i].plain);
		assert_string_equal(dg_bar(rows[i].percent, 4, true, bar),
				    rows[i].blocks);
	}
	assert_string_equal(dg_bar(50, 0, true, bar), "");
	assert_int_equal(dg_count_columns(dg_bar(77, 1000, true, bar)), DG_BAR_MAX);
	assert_int_equal(strlen(dg_bar(100, DG_BAR_MAX, true, bar)), DG_BAR_SIZE - 1);
}

static void test_sparklines(void **state)
{
	static const double values[] = {0, 12.4, 12.5, 50, 99, 100, 250, -3, (double)NAN};
	static const double pairs[] = {0,   100,	 (double)NAN,
				       100, (double)NAN, (double)NAN};
	char spark[DG_BAR_SIZE];
	double many[1000];

	(void)state;
	assert_string_equal(dg_sparkline(values, 9, 20, true, spark), "▁▁▂▅███▁ ");
	assert_string_equal(dg_sparkline(values, 9, 20, false, spark), "__.=###_ ");
	assert_string_equal(dg_sparkline(pairs, 6, 3, true, spark), "▅█ ");
	assert_string_equal(dg_sparkline(NULL, 0, 9, true, spark), "");
	assert_string_equal(dg_sparkline(values, 9, 0, true, spark), "");
	for (size_t i = 0; i < DG_COUNT(many); i++)
		many[i] = (double)i / 10;
	dg_sparkline(many, DG_COUNT(many), 5000, true, spark);
	assert_int_equal(dg_count_columns(spark), DG_BAR_MAX);
}

static void test_clipping(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *clipped, *words;
	} rows[] = {
		{"", 3, "", ""},
		{"abc", 3, "abc", "abc"},
		{"abcd", 3, "ab…", "ab…"},
		{"äöü", 3, "äöü", "äöü"},
		{"äöüß", 3, "äö…", "äö…"},
		{"abcd", 1, "…", "…"},
		{"ab", 0, "…", "…"},
		{"ab cd", 3, "ab…", "ab cd"},
		{"abcd  e", 3, "ab…", "ab…  e"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		DG_FREE char *a = dg_clip(rows[i].text, rows[i].columns);
		DG_FREE char *b = dg_clip_words(rows[i].text, rows[i].columns);

		assert_string_equal(a, rows[i].clipped);
		assert_string_equal(b, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_sparklines),
		cmocka_unit_test(test_clipping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
