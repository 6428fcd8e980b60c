/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pressure files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard/parse/psi.h"
#include "policy/util.h"

#define SOME "some avg10=0.10 avg60=0.57 avg300=0.37 total=102394049\n"
#define FULL "full avg10=0.09 avg60=0.34 avg300=0.20 total=72192720\n"

static const struct {
	const char *text;
	int r;
	struct dg_psi psi;
} cases[] = {
	{SOME FULL, 0, {.some_us = 102394049, .full_us = 72192720, .has_full = true}},
	{FULL SOME, 0, {.some_us = 102394049, .full_us = 72192720, .has_full = true}},
	{SOME, 0, {.some_us = 102394049}},
	{FULL, 0, {.full_us = 72192720, .has_full = true}},
	{"later total=x\n" SOME, 0, {.some_us = 102394049}},
	{"some total=18446744073709551615", 0, {.some_us = UINT64_MAX}},
	{"some total=18446744073709551616", .r = -EBADMSG},
	{"some total=-1", .r = -EBADMSG},
	{"some total=", .r = -EBADMSG},
	{"some avg10=0.00\n", .r = -EBADMSG},
	{"something total=1\n", .r = -EBADMSG},
	{SOME SOME, .r = -EBADMSG},
	{SOME FULL FULL, .r = -EBADMSG},
	{SOME "full total=1.5\n", .r = -EBADMSG},
	{"", .r = -EBADMSG},
	{"\n\n", .r = -EBADMSG},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_psi psi = {0};

		assert_int_equal(dg_psi_parse(cases[i].text, strlen(cases[i].text), &psi),
				 cases[i].r);
		assert_int_equal(psi.some_us, cases[i].psi.some_us);
		assert_int_equal(psi.full_us, cases[i].psi.full_us);
		assert_int_equal(psi.has_full, cases[i].psi.has_full);
	}
}

/* Each beginning of a file in a block of just its size: nothing behind it is read. */
static void test_truncated(void **state)
{
	static const char text[] = SOME FULL;

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		DG_FREE char *copy = malloc(n ? n : 1);
		struct dg_psi psi = {0};
		int r;

		memcpy(copy, text, n);
		r = dg_psi_parse(copy, n, &psi);
		assert_true(r == -EBADMSG || psi.some_us > 0);
		assert_true(psi.some_us <= 102394049 && psi.full_us <= 72192720);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
