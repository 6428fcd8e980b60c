/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "policy/debversion.h"
#include "tests/unit/versions.h"

#define PAIRS 4000

static const struct {
	const char *a, *b;
	int r;
} pairs[] = {
	{"7.0.14-6", "7.0.14-17", -1},
	{"6.5", "6.14", -1},
	{"1.0", "1.0", 0},
	{"1.0", "1.00-0", 0},
	{"0:1.0", "1.0", 0},
	{"1:0.1", "9.9", 1},
	{"1.0~rc1", "1.0", -1},
	{"1.0~~", "1.0~", -1},
	{"1.0~~a", "1.0~", -1},
	{"1.0~", "1.0", -1},
	{"1.0a", "1.0+", -1},
	{"1.0-1~bpo12+1", "1.0-1", -1},
	{"1.0-1", "1.0-1+deb12u1", -1},
	{"1.0", "1.0-1", -1},
	{"1.2.3", "1.2.3.0", -1}, /* "." is text, and text is more than none */
	{"1.0.", "1.0", 1},
	{"1.0-", "1.0", 0},
	{"", "0", -1},
	{"", "0~", -1},
	{"", "", 0},
	{" 1.0\t", "1.0", 0},
	{"18446744073709551616", "18446744073709551615", 1},
	{"1.00000000000000000000000000000001", "1.1", 0},
	{"99999999999:1", "1", 1}, /* dpkg refuses it; as text it starts with a number */
	{"abc:1", "abd:1", -1},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(pairs); i++) {
		print_message("%s %s\n", pairs[i].a, pairs[i].b);
		assert_int_equal(sign_of(dg_debversion_cmp(pairs[i].a, pairs[i].b)),
				 pairs[i].r);
		assert_int_equal(sign_of(dg_debversion_cmp(pairs[i].b, pairs[i].a)),
				 -pairs[i].r);
	}
}

static void test_valid(void **state)
{
	static const char *const good[] = {"1",
					   "0",
					   "7.0.14-17",
					   "1:11.0.0-2",
					   "2:2.3.4+dfsg-1~deb12u1",
					   "1:2:3-4",
					   "1-2-3",
					   "2147483647:1",
					   "1~"};
	static const char *const bad[] = {
		"",	" ",	"a",  "1-",    "1:",	    ":1",	   "a:1",
		"1 2",	" 1",	"1 ", "1_2",   "1-2:",	    "-1",	   "1:-1",
		"+1:1", "-0:1", "~1", "1-2/3", "1\xc3\xa9", "2147483648:1"};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(good); i++)
		assert_true(dg_debversion_valid(good[i]));
	for (size_t i = 0; i < DG_COUNT(bad); i++) {
		print_message("%s\n", bad[i]);
		assert_false(dg_debversion_valid(bad[i]));
	}
}

static void test_upstream(void **state)
{
	static const struct {
		const char *version;
		int major, minor;
	} cases[] = {
		{"9.2.3", 9, 2},
		{"1:10.2.1-2", 10, 2},
		{"10", 10, 0},
		{"7~rc1", 7, 0},
		{"7.x", 7, 0},
		{"7.", 7, 0},
		{"8-2.3", 8, 0},
		{"8.4-2.3", 8, 4},
		{"08.012", 8, 12},
		{"", -1, -1},
		{"abc", -1, -1},
		{"1:", -1, -1},
		{"2147483647.2147483647", 2147483647, 2147483647},
		{"2147483648.1", -1, 1},
		{"1.99999999999999999999", 1, -1},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const char *v = cases[i].version;

		print_message("%s\n", v);
		assert_int_equal(dg_debversion_upstream_major(v), cases[i].major);
		assert_int_equal(dg_debversion_upstream_minor(v), cases[i].minor);
	}
}

static const char *const real[] = {
	"7.0.14-17",  "1:11.0.0-2",	  "6.8.12-43~bpo12+1", "2:2.3.4+dfsg-1~deb12u1",
	"9.2.3",      "252.39-1~deb12u2", "1.21.22",	       "6.12.43-1~bpo12+1",
	"2.4.1-pve1", "10.1.2-7+pve0",	  "0~20230301.git1-3", "5.0.0~rc2+really4.19-1",
};

/* By the grammar of deb-version(7), from pieces that often make equal beginnings. */
static void version_make(char version[VERSION_SIZE])
{
	static const char *const epochs[] = {"", "", "", "0:", "1:", "2:", "00:", "10:"};
	static const char *const numbers[] = {"0", "1", "2", "9", "10", "00", "01"};
	static const char *const pieces[] = {"0", "1",	"01", "10",    ".",   "+",
					     "~", "~~", "a",  "Z",     "deb", "rc",
					     "0", "9",	".0", "99999", "-"};
	static const char *const revision[] = {"0", "1", "~", "+", ".", "b", "10", "pve"};

	strcpy(version, epochs[random_below(DG_COUNT(epochs))]);
	version_append(version, numbers, DG_COUNT(numbers), 1);
	version_append(version, pieces, DG_COUNT(pieces), random_below(5));
	if (random_below(2)) {
		strcat(version, "-");
		version_append(version, revision, DG_COUNT(revision),
			       1 + random_below(3));
	}
}

static void pair_make(char a[VERSION_SIZE], char b[VERSION_SIZE])
{
	static const char alphabet[] = "0123456789.~+-abzAZ:";

	if (random_below(2)) {
		version_make(a);
		version_make(b);
		return;
	}
	strcpy(a, real[random_below(DG_COUNT(real))]);
	version_mutate(a, alphabet);
	strcpy(b, random_below(4) ? a : real[random_below(DG_COUNT(real))]);
	version_mutate(b, alphabet);
}

/* dpkg's own answer to "a OURS b"; the relations exclude each other, so one is enough. */
static int ask_dpkg(const char *a, int ours, const char *b)
{
	const char *const argv[] = {
		"dpkg", "--compare-versions", a, relation_name(ours), b, NULL};

	return run_quiet(argv);
}

static void test_against_dpkg(void **state)
{
	size_t compared = 0, equal = 0;

	(void)state;
	if (ask_dpkg("1", -1, "2") != 0) {
		print_message("skipped: dpkg is not here to compare with\n");
		skip();
	}
	for (size_t i = 0; i < PAIRS; i++) {
		char a[VERSION_SIZE], b[VERSION_SIZE];
		int ours, answer;

		pair_make(a, b);
		if (a[0] == '-' || b[0] == '-' || !a[0] || !b[0])
			continue; /* an option to dpkg, or no version */
		ours = dg_debversion_cmp(a, b);
		answer = ask_dpkg(a, ours, b);
		if (answer == 1)
			fail_msg("dpkg does not say: %s %s %s", a, relation_name(ours),
				 b);
		if (answer != 0) /* refused: then it is not valid for us either */
			assert_false(dg_debversion_valid(a) && dg_debversion_valid(b));
		compared += answer == 0;
		equal += answer == 0 && ours == 0;
	}
	print_message("%zu compared, %zu of them equal\n", compared, equal);
	assert_true(compared >= 3000);
	assert_true(equal >= 50);
}

static void test_order_is_total(void **state)
{
	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		char v[4][VERSION_SIZE];
		int ab, bc, ac;

		pair_make(v[0], v[1]);
		pair_make(v[2], v[3]);
		ab = dg_debversion_cmp(v[0], v[1]);
		bc = dg_debversion_cmp(v[1], v[2]);
		ac = dg_debversion_cmp(v[0], v[2]);
		assert_int_equal(sign_of(ab), -sign_of(dg_debversion_cmp(v[1], v[0])));
		assert_int_equal(dg_debversion_cmp(v[0], v[0]), 0);
		if (ab <= 0 && bc <= 0)
			assert_true(ac <= 0 && (ac < 0 || (ab == 0 && bc == 0)));
		if (ab >= 0 && bc >= 0)
			assert_true(ac >= 0 && (ac > 0 || (ab == 0 && bc == 0)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_upstream),
		cmocka_unit_test(test_against_dpkg),
		cmocka_unit_test(test_order_is_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
