/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "policy/nearest.h"

static const char *const words[] = {
	"check", "severity", NULL, "kernel-age-skew", "plan", "pin", "unpin", "esp", "",
};

static void test_nearest(void **state)
{
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{"check", "check"},
		{"chekc", "check"},
		{"chck", "check"},
		{"checkss", "check"},
		{"checksss", NULL},
		{"severty", "severity"},
		{"serevity", "severity"},
		{"Severitiy", "severity"},
		{"kernel_age_skew", "kernel-age-skew"},
		{"kernel_age_skews", NULL},
		{"pln", "plan"}, /* plan and pin are as near: the first */
		{"upnin", "unpin"},
		{"", NULL},
		{"xy", NULL},
		{"zzz", NULL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const char *found =
			dg_nearest_word(cases[i].word, words, DG_COUNT(words));

		print_message("%s\n", cases[i].word);
		if (cases[i].nearest)
			assert_string_equal(found, cases[i].nearest);
		else
			assert_null(found);
	}
	assert_null(dg_nearest_word("check", NULL, 0));
}

static void test_long_words(void **state)
{
	char word[67], other[67];
	const char *const candidates[] = {other};

	(void)state;
	memset(word, 'a', 66);
	memset(other, 'a', 66);
	word[64] = other[64] = '\0';
	other[63] = 'b';
	assert_ptr_equal(dg_nearest_word(word, candidates, 1), other);
	word[64] = 'a';
	word[65] = '\0';
	assert_null(dg_nearest_word(word, candidates, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
