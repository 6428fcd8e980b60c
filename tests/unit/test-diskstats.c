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

#include "guard/parse/diskstats.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_diskstat **ret, size_t *ret_n,
		 char **ret_why)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_diskstats_parse(copy, len, ret, ret_n, ret_why);
}

static const char sample[] =
	"   8       0 sda 12 1 300 14 25 2 600 27 3 29 40 31 32 33 34 35 36\n"
	" 253       3 dm-3 1 0 8 4294967295 2 0 16 4294967295 0 5 6 0 0 0 0\n"
	" 259       0 nvme0n1p1 1 2 3 4 5 6 7 8 9 10 11\n"
	" 104       0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n";

static void reads_disks(void **state)
{
	DG_FREE struct dg_diskstat *disks = NULL;
	const struct dg_diskstat *d;
	size_t n = 0;

	(void)state;
	assert_int_equal(parse(sample, sizeof(sample) - 1, &disks, &n, NULL), 0);
	assert_int_equal(n, 4);
	d = &disks[0];
	assert_true(d->major == 8 && d->minor == 0);
	assert_string_equal(d->name, "sda");
	assert_true(d->reads == 12 && d->read_sectors == 300 && d->read_ms == 14);
	assert_true(d->writes == 25 && d->write_sectors == 600 && d->write_ms == 27);
	assert_true(d->in_flight == 3 && d->busy_ms == 29 && d->weighted_ms == 40);
	assert_true(d->discards == 31 && d->discard_ms == 34);
	assert_true(d->has_flushes && d->flushes == 35 && d->flush_ms == 36);
	d = &disks[1];
	assert_string_equal(d->name, "dm-3");
	assert_true(d->read_ms == UINT32_MAX && d->write_ms == UINT32_MAX);
	assert_true(!d->has_flushes && d->flushes == 0 && d->flush_ms == 0);
	d = &disks[2];
	assert_string_equal(d->name, "nvme0n1p1");
	assert_true(d->weighted_ms == 11 && !d->has_flushes);
	assert_true(d->discards == 0 && d->discard_ms == 0);
	d = &disks[3];
	assert_string_equal(d->name, "cciss/c0d0");
	assert_true(d->has_flushes && d->flushes == 16 && d->flush_ms == 17);
}

static void reads_no_disks(void **state)
{
	struct dg_diskstat *disks = (void *)state;
	size_t n = 42;

	assert_int_equal(parse("", 0, &disks, &n, NULL), 0);
	assert_true(n == 0 && disks == NULL);
}

#define NAME_63 "123456789-123456789-123456789-123456789-123456789-123456789-123"
#define ELEVEN	" 1 2 3 4 5 6 7 8 9 10 11"

static const char *const bad[] = {
	"\n",
	"x",
	"8 0 sda\n",
	"8 0" ELEVEN "\n",   /* no name: the first number is taken for it */
	"8 0 sda 1 2 3 4\n", /* a partition's, before 2.6.25 */
	"8 0 sda 1 2 3 4 5 6 7 8 9 10\n",
	"8 0 sda" ELEVEN " 12\n",
	"8 0 sda" ELEVEN " 12 13 14 15 16\n",
	"8 0 sda" ELEVEN " 12 13 14 15 16 17 x\n",
	"8 0 sda 1 2 3 4 5 6 7 8 -9 10 11\n",
	"8 0 sda 1 2 3 4 5 6 7 8 9 10 18446744073709551616\n",
	"-8 0 sda" ELEVEN "\n",
	"8 4294967296 sda" ELEVEN "\n",
	"8:0 0 sda" ELEVEN "\n",
	"8 0 " NAME_63 "4" ELEVEN "\n",
};

static void refuses_other_lines(void **state)
{
	static const char two[] = "8 0 sda" ELEVEN "\n8 1 sda1\n8 2 sda2" ELEVEN "\n";
	struct dg_diskstat *disks = NULL;
	DG_FREE char *why = NULL;
	size_t n = 42;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(bad); i++)
		if (parse(bad[i], strlen(bad[i]), &disks, &n, NULL) != -EBADMSG)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(parse(two, strlen(two), &disks, &n, &why), -EBADMSG);
	assert_string_equal(why, "no block device's counters at line 2");
	assert_true(n == 42 && disks == NULL);
}

static void takes_any_name(void **state)
{
	static const char text[] = "8 0 " NAME_63 ELEVEN "\n8 1 a\0b" ELEVEN "\n";
	DG_FREE struct dg_diskstat *disks = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &disks, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_string_equal(disks[0].name, NAME_63);
	assert_string_equal(disks[1].name, "a?b");
}

static void survives_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sample); i++) {
		DG_FREE struct dg_diskstat *disks = NULL;
		size_t n = 0;
		int r = parse(sample, i, &disks, &n, NULL);

		assert_true(r == 0 ? n <= 4 : r == -EBADMSG && n == 0);
	}
}

static void stops_at_the_cap(void **state)
{
	static const char line[] = "8 0 a" ELEVEN "\n";
	const size_t size = sizeof(line) - 1;
	DG_FREE char *text = malloc((DG_DISKSTATS_MAX + 1) * size);
	DG_FREE char *why = NULL;
	struct dg_diskstat *disks = NULL;
	size_t n = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= DG_DISKSTATS_MAX; i++)
		memcpy(text + i * size, line, size);
	assert_int_equal(
		dg_diskstats_parse(text, DG_DISKSTATS_MAX * size, &disks, &n, NULL), 0);
	assert_int_equal(n, DG_DISKSTATS_MAX);
	free(disks);
	assert_int_equal(
		dg_diskstats_parse(text, (DG_DISKSTATS_MAX + 1) * size, &disks, &n, &why),
		-EBADMSG);
	assert_string_equal(why, "too many devices at line 65537");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_disks),	       cmocka_unit_test(reads_no_disks),
		cmocka_unit_test(refuses_other_lines), cmocka_unit_test(takes_any_name),
		cmocka_unit_test(survives_every_cut),  cmocka_unit_test(stops_at_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
