/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guard/parse/changelog.h"
#include "policy/util.h"

#define HEAD "pve-manager (9.0.3) trixie; urgency=medium\n\n  * something\n\n"
#define NAME " -- Proxmox Support Team <support@proxmox.com>  "

static const char sample[] =
	HEAD NAME "Tue, 05 Aug 2025 11:03:00 +0200\n\n"
		  "pve-manager (9.0.2) trixie; urgency=medium\n\n  * older\n\n" NAME
		  "Mon, 04 Aug 2025 11:03:00 +0200\n";

static int parse_exact(const char *text, size_t len, struct dg_changelog *ret, char **why)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_changelog_parse(copy, len, ret, why);
}

static void test_sample(void **state)
{
	struct dg_changelog c;
	size_t len, first = (size_t)(strstr(sample, "+0200\n") - sample) + 6;

	(void)state;
	/* Whole with the first trailer's newline, not before. */
	for (len = 0; len < sizeof(sample); len++) {
		int r = parse_exact(sample, len, &c, NULL);

		assert_int_equal(r, len < first ? -EBADMSG : 0);
		if (r < 0)
			continue;
		assert_string_equal(c.package, "pve-manager");
		assert_string_equal(c.version, "9.0.3");
		assert_int_equal(c.time, 1754384580);
		dg_changelog_done(&c);
	}
	dg_changelog_done(&c);
	dg_changelog_done(NULL);
}

static const struct {
	const char *date;
	int64_t time; /* -1: not a date */
} dates[] = {
	{"Tue, 05 Aug 2025 11:03:00 +0200", 1754384580},
	{"Tue, 05 Aug 2025 09:03:00 +0000", 1754384580},
	{"Tue,  5 Aug 2025 9:03:00 -0000", 1754384580},
	{"5 Aug 2025 04:33:00 -0430  ", 1754384580},
	{"Wed, 05 Aug 2025 09:03:00 +0000", 1754384580}, /* a wrong day's name */
	{"Tue, 05 Aug 2025 09:03:00 +0000 (UTC)", 1754384580},
	{"Thu, 01 Jan 1970 00:00:00 +0000", 0},
	{"Tue, 31 Feb 2025 11:03:00 +0200", -1},
	{"Tue, 05 Aug 2025 11:03:00", -1},
	{"Tue, 05 Aug 2025 11:03:00 CEST", -1},
	{"Tue, 05 Aug 2025 11:03 +0200", -1},
	{"Tue, 05 Aug 25 11:03:00 +0200", -1},
	{"Tue, 05 Agu 2025 11:03:00 +0200", -1},
	{"Tue, 05 Aug 2025 24:03:00 +0200", -1},
	{"Tue, 05 Aug 2025 11:03:00:00 +0200", -1},
	{"Tue, 05 Aug 0000 11:03:00 +0200", -1},
	{"", -1},
};

static void test_dates(void **state)
{
	struct dg_changelog c;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(dates); i++) {
		int r;

		stpcpy(stpcpy(stpcpy(text, HEAD NAME), dates[i].date), "\n");
		r = parse_exact(text, strlen(text), &c, NULL);
		if (r != (dates[i].time < 0 ? -EBADMSG : 0))
			fail_msg("\"%s\": %d", dates[i].date, r);
		if (r < 0)
			continue;
		assert_int_equal(c.time, dates[i].time);
		dg_changelog_done(&c);
	}
}

static const struct {
	const char *text, *why;
} malformed[] = {
	{"", "changelog ends before its first entry does at line 1"},
	{"2025-01-01  A B <a@b.c>\n\n\t* file.c: GNU style.\n",
	 "no changelog heading at line 1"},
	{"\n\nfoo 1.0 unstable; urgency=low\n", "no changelog heading at line 3"},
	{"foo (1.0) unstable\n", "no changelog heading at line 1"},
	{"foo (1.0 unstable; urgency=low\n", "no changelog heading at line 1"},
	{"foo () unstable; urgency=low\n", "no changelog heading at line 1"},
	{" foo (1) unstable; urgency=low\n", "no changelog heading at line 1"},
	{HEAD " -- nobody\n", "no date at line 5"},
	/* The second entry's date is not the first one's. */
	{HEAD HEAD NAME "Tue, 05 Aug 2025 11:03:00 +0200\n",
	 "entry without its date at line 5"},
};

static void test_malformed(void **state)
{
	struct dg_changelog c;
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(malformed); i++) {
		DG_FREE char *why = NULL;

		assert_int_equal(parse_exact(malformed[i].text, strlen(malformed[i].text),
					     &c, &why),
				 -EBADMSG);
		assert_string_equal(why, malformed[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
