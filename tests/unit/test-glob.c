/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fnmatch.h>
#include "policy/glob.h"
#include "tests/unit/random.h"

static void test_table(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} cases[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"pve1", "pve1", true},
		{"pve1", "pve10", false},
		{"*", "", true},
		{"**", "a/b", true},
		{"*", ".hidden", true},
		{"proxmox-*", "proxmox-7.0.6-2-pve.conf", true},
		{"proxmox-*", "proxmox", false},
		{"*-pve", "7.0.6-2-pve", true},
		{"*-pve", "7.0.6-2-pve.conf", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"pve?", "pve1", true},
		{"pve?", "pve", false},
		{"?", "\xc3\xa9", false}, /* two bytes */
		{"??", "\xc3\xa9", true},
		{"[\x80-\xff]?", "\xc3\xa9", true},
		{"pve[12]", "pve2", true},
		{"pve[12]", "pve3", false},
		{"pve[1-3a]", "pve2", true},
		{"pve[1-3a]", "pvea", true},
		{"pve[1-3a]", "pve-", false},
		{"[!x]", "y", true},
		{"[!x]", "x", false},
		{"[^x]", "x", false},
		{"[!x]", "", false},
		{"[]]", "]", true},
		{"[!]]", "]", false},
		{"[]-a]", "_", true},
		{"[a-]", "-", true},
		{"[-a]", "-", true},
		{"[z-a]", "m", false},
		{"[\\]]", "]", true},
		{"[a\\-z]", "m", false},
		{"[a\\-z]", "-", true},
		{"[", "[", true},
		{"[abc", "[abc", true},
		{"[]", "[]", true},
		{"[!]", "[!]", true},
		{"a[b*c", "a[bxc", true},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"\\[a]", "[a]", true},
		{"\\", "\\", true},
		{"a\\", "a\\", true},
		{"\\a", "a", true},
		{"A", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		print_message("%s %s\n", cases[i].pattern, cases[i].text);
		assert_int_equal(dg_glob_match(cases[i].pattern, cases[i].text),
				 cases[i].match);
	}
}

/* Against fnmatch(), where POSIX leaves nothing open: no "[" without "]". */
static void test_against_libc(void **state)
{
	static const char *const pieces[] = {"a",   "b", "*", "?",     "[ab]", "[!a]",
					     "\\*", "-", "]", "[a-c]", "[]a]"};
	size_t matches = 0;

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		char pattern[64] = "", text[16];
		size_t n = random_below(8);

		for (size_t p = random_below(7); p > 0; p--)
			strcat(pattern, pieces[random_below(DG_COUNT(pieces))]);
		for (size_t t = 0; t < n; t++)
			text[t] = "abc*]-"[random_below(6)];
		text[n] = '\0';
		if (dg_glob_match(pattern, text) != (fnmatch(pattern, text, 0) == 0))
			fail_msg("%s %s", pattern, text);
		matches += dg_glob_match(pattern, text);
	}
	assert_true(matches > 10000);
}

/* Would not end in a lifetime if each "*" doubled the work. */
static void test_hostile(void **state)
{
	enum { N = 2000 };
	DG_FREE char *pattern = malloc(2 * N + 2), *text = malloc(N + 1);

	(void)state;
	memset(text, 'a', N);
	text[N] = '\0';
	for (size_t i = 0; i < N; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	strcpy(pattern + 2 * N, "b");
	assert_false(dg_glob_match(pattern, text));
	memset(pattern, '[', 2 * N);
	pattern[0] = '*';
	memset(text, '[', N);
	assert_false(dg_glob_match(pattern, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_against_libc),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
