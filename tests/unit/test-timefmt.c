/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include "policy/timefmt.h"
#include "tests/unit/random.h"

static const struct {
	const char *text;
	int64_t time;
} times[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"1969-12-31T23:59:59Z", -1},
	{"1969-12-31T23:59:58.9Z", -2},
	{"2026-11-22T00:00:00Z", 1795305600},
	{"2026-06-03T07:12:44Z", 1780470764},
	{"2026-06-03t07:12:44z", 1780470764},
	{"2026-06-03T09:12:44.123456789123456789+02:00", 1780470764},
	{"2026-06-03T00:12:44-07:00", 1780470764},
	{"2026-06-02T07:13:44-23:59", 1780470764 - 0},
	{"2026-06-03T07:12:44-00:00", 1780470764},
	{"2000-02-29T00:00:00Z", 951782400},
	{"2024-02-29T12:00:00Z", 1709208000},
	{"2016-12-31T23:59:60Z", 1483228799},
	{"1990-12-31T15:59:60-08:00", 662687999},
	{"0001-01-01T00:00:00Z", DG_TIME_FIRST},
	{"9999-12-31T23:59:59Z", DG_TIME_LAST},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(times); i++) {
		int64_t time = 7;

		print_message("%s\n", times[i].text);
		assert_int_equal(dg_time_parse(times[i].text, &time), 0);
		assert_int_equal(time, times[i].time);
	}
}

static const char *const bad_times[] = {
	"",
	"now",
	"2026-06-03",
	"2026-06-03T07:12:44",
	"2026-06-03 07:12:44Z",
	"2026-06-03T07:12Z",
	"2026-06-03T07:12:44ZZ",
	"2026-06-03T07:12:44Z ",
	" 2026-06-03T07:12:44Z",
	"2026-06-03T07:12:44.Z",
	"2026-06-03T07:12:44,5Z",
	"2026-06-03T07:12:61Z",
	"2026-06-03T07:60:00Z",
	"2026-06-03T24:00:00Z",
	"2026-06-03T07:12:44+2:00",
	"2026-06-03T07:12:44+0200",
	"2026-06-03T07:12:44+24:00",
	"2026-06-03T07:12:44+02:60",
	"2026-06-03T07:12:44*02:00",
	"2026-6-03T07:12:44Z",
	"2026-06-3T07:12:44Z",
	"26-06-03T07:12:44Z",
	"02026-06-03T07:12:44Z",
	"-026-06-03T07:12:44Z",
	"+2026-06-03T07:12:44Z",
	"2026-00-03T07:12:44Z",
	"2026-13-03T07:12:44Z",
	"2026-06-00T07:12:44Z",
	"2026-06-31T07:12:44Z",
	"2026-02-29T07:12:44Z",
	"1900-02-29T07:12:44Z",
	"0000-01-01T00:00:00Z",
	"0001-01-01T00:00:00+00:01",
	"9999-12-31T23:59:59-00:01",
};

static void test_refuse(void **state)
{
	int64_t time = 7;
	char cut[sizeof("2026-06-03T09:12:44.25+02:00")];

	(void)state;
	for (size_t i = 0; i < DG_COUNT(bad_times); i++) {
		print_message("%s\n", bad_times[i]);
		assert_int_equal(dg_time_parse(bad_times[i], &time), -EBADMSG);
	}
	for (size_t n = 0; n < sizeof(cut) - 1; n++) {
		DG_FREE char *exact = strndup("2026-06-03T09:12:44.25+02:00", n);

		assert_int_equal(dg_time_parse(exact, &time), -EBADMSG);
	}
	assert_int_equal(time, 7);
}

static void test_dates(void **state)
{
	static const char *const bad[] = {"",		"2026-02-29", "2026-06-031",
					  "2026-06-3",	"2026-06",    "2026/06/03",
					  "0000-01-01", "2026-06-03T"};
	int64_t time = 7;

	(void)state;
	assert_int_equal(dg_date_parse_start("2026-06-03", &time), 0);
	assert_int_equal(time, 1780444800);
	assert_int_equal(dg_date_parse_end("2026-06-03", &time), 0);
	assert_int_equal(time, 1780444800 + 86399);
	assert_int_equal(dg_date_parse_end("9999-12-31", &time), 0);
	assert_int_equal(time, DG_TIME_LAST);
	assert_int_equal(dg_date_parse_start("0001-01-01", &time), 0);
	assert_int_equal(time, DG_TIME_FIRST);
	for (size_t i = 0; i < DG_COUNT(bad); i++) {
		assert_int_equal(dg_date_parse_start(bad[i], &time), -EBADMSG);
		assert_int_equal(dg_date_parse_end(bad[i], &time), -EBADMSG);
	}
	assert_int_equal(time, DG_TIME_FIRST);
}

static void test_format_clamps(void **state)
{
	char buf[DG_TIME_SIZE], date[DG_DATE_SIZE];

	(void)state;
	assert_string_equal(dg_time_format(INT64_MIN, buf), "0001-01-01T00:00:00Z");
	assert_string_equal(dg_time_format(INT64_MAX, buf), "9999-12-31T23:59:59Z");
	assert_string_equal(dg_date_format(INT64_MAX, date), "9999-12-31");
	assert_string_equal(dg_date_format(-1, date), "1969-12-31");
}

/* Against libc's calendar: the policy library may not use it, a test may. */
static void check_against_libc(int64_t time)
{
	char ours[DG_TIME_SIZE], theirs[64];
	time_t t = (time_t)time;
	struct tm tm;
	int64_t back;

	assert_non_null(gmtime_r(&t, &tm));
	snprintf(theirs, sizeof(theirs), "%04d-%02d-%02dT%02d:%02d:%02dZ",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec);
	assert_string_equal(dg_time_format(time, ours), theirs);
	assert_int_equal(dg_time_parse(ours, &back), 0);
	assert_int_equal(back, time);
}

static void test_every_day(void **state)
{
	(void)state;
	for (int64_t time = DG_TIME_FIRST; time <= DG_TIME_LAST - 86400; time += 86400) {
		int64_t at = time + (int64_t)random_below(86400);

		if (at % 7 == 0) /* some days of every month */
			check_against_libc(at);
	}
	for (int i = 0; i < 1000; i++)
		check_against_libc(DG_TIME_LAST - i * 86400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	  cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_dates),	  cmocka_unit_test(test_format_clamps),
		cmocka_unit_test(test_every_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
