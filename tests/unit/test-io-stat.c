/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard/parse/io-stat.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_io_stat **ret, size_t *ret_n,
		 char **ret_why)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_io_stat_parse(copy, len, ret, ret_n, ret_why);
}

#define COUNTS " rbytes=10 wbytes=20 rios=3 wios=4 dbytes=50 dios=6"

static const char sample[] =
	"253:3" COUNTS "\n"
	"253:5 \n" /* no I/O */
	"8:0 8:16 8:32" COUNTS "\n"
	"(unknown)" COUNTS "\n"
	"259:0" COUNTS " cost.vrate=100.00 cost.usage=17 use_delay=0 depth=max\n"
	"7:1 cost.usage=1\n"
	"252:0 ";

static const struct dg_io_stat devices[] = {
	{true, 253, 3, 10, 20, 3, 4},
	{true, 253, 5},
	{true, 8, 0},
	{true, 8, 16},
	{true, 8, 32, 10, 20, 3, 4},
	{false, 0, 0, 10, 20, 3, 4},
	{true, 259, 0, 10, 20, 3, 4},
	{true, 7, 1},
	{true, 252, 0},
};

static void reads_devices(void **state)
{
	DG_FREE struct dg_io_stat *items = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(parse(sample, sizeof(sample) - 1, &items, &n, NULL), 0);
	assert_int_equal(n, DG_COUNT(devices));
	for (size_t i = 0; i < n; i++) {
		const struct dg_io_stat *got = &items[i], *want = &devices[i];

		if (got->has_number != want->has_number || got->major != want->major ||
		    got->minor != want->minor || got->rbytes != want->rbytes ||
		    got->wbytes != want->wbytes || got->rios != want->rios ||
		    got->wios != want->wios)
			fail_msg("device %zu: %u:%u", i, got->major, got->minor);
	}
}

static void reads_no_devices(void **state)
{
	struct dg_io_stat *items = (void *)state;
	size_t n = 42;

	assert_int_equal(parse("", 0, &items, &n, NULL), 0);
	assert_true(n == 0 && items == NULL);
}

static const char *const bad[] = {
	"rbytes=1\n",
	"8:0\nrbytes=1\n",
	"8\n",
	"8:\n",
	":0\n",
	"8:0:1\n",
	"8:-1\n",
	"8:4294967296 rbytes=1\n",
	"unknown rbytes=1\n",
	"8:0 rbytes\n",
	"8:0 rbytes=\n",
	"8:0 rbytes=-1\n",
	"8:0 rbytes=1.0\n",
	"8:0 wios=18446744073709551616\n",
	"8:0 =1\n",
	"8:0 rbytes=1 rbytes=1\n",
};

static void refuses_other_lines(void **state)
{
	static const char two[] = "8:0" COUNTS "\n\nwios=1\n";
	struct dg_io_stat *items = NULL;
	DG_FREE char *why = NULL;
	size_t n = 42;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(bad); i++)
		if (parse(bad[i], strlen(bad[i]), &items, &n, NULL) != -EBADMSG)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(parse(two, strlen(two), &items, &n, &why), -EBADMSG);
	assert_string_equal(why, "no block device's counts at line 3");
	assert_true(n == 42 && items == NULL);
}

/* A device may follow another's counts on the line; the keys begin anew with it. */
static void begins_anew_with_a_device(void **state)
{
	static const char text[] = "8:0 wios=1 8:16 wios=2 rios=18446744073709551615";
	DG_FREE struct dg_io_stat *items = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &items, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_true(items[0].wios == 1 && items[0].rios == 0);
	assert_true(items[1].wios == 2 && items[1].rios == UINT64_MAX);
}

static void survives_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sample); i++) {
		DG_FREE struct dg_io_stat *items = NULL;
		size_t n = 0;
		int r = parse(sample, i, &items, &n, NULL);

		assert_true(r == 0 ? n <= DG_COUNT(devices) : r == -EBADMSG && n == 0);
	}
}

static void stops_at_the_cap(void **state)
{
	const size_t size = sizeof("8:0 ") - 1;
	DG_FREE char *text = malloc((DG_IO_STAT_MAX + 1) * size);
	DG_FREE struct dg_io_stat *items = NULL;
	size_t n = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= DG_IO_STAT_MAX; i++)
		memcpy(text + i * size, "8:0 ", size);
	assert_int_equal(
		dg_io_stat_parse(text, (DG_IO_STAT_MAX + 1) * size, &items, &n, NULL),
		-EBADMSG);
	assert_int_equal(dg_io_stat_parse(text, DG_IO_STAT_MAX * size, &items, &n, NULL),
			 0);
	assert_int_equal(n, DG_IO_STAT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_devices),
		cmocka_unit_test(reads_no_devices),
		cmocka_unit_test(refuses_other_lines),
		cmocka_unit_test(begins_anew_with_a_device),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(stops_at_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
