/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "guard/parse/apt-preferences.h"
#include "policy/util.h"

/*
 * What apt 2.6 makes of these was seen with "apt-cache policy". Pins are shown as
 * "PACKAGE|PIN|PRIORITY|LINE;".
 */
static const struct {
	const char *text;
	const char *pins; /* NULL: malformed, and `why` says so */
	const char *why;
} rows[] = {
	{"", ""},
	{"\n\n# a comment\n\n", ""},
	{"Explanation: held for the storage driver\nPackage: proxmox-default-kernel\n"
	 "Pin: version 1.1.*\nPin-Priority: 1001\n",
	 "proxmox-default-kernel|version 1.1.*|1001|1;"},
	{"\nPackage: *\nPin: release a=stable,\n  l=Debian\nPin-Priority: -1\n\n#x\n\n"
	 "package: a b* /c.*d/ src:e\nPIN:  Origin  \"x.y\" \nPin-priority:\n +7\n",
	 "*|release a=stable, l=Debian|-1|2;a|Origin  \"x.y\"|7|9;b*|Origin  \"x.y\"|7|9;"
	 "/c.*d/|Origin  \"x.y\"|7|9;src:e|Origin  \"x.y\"|7|9;"},
	{"Package: foo\n# in between\n bar\n# and here\nPin: version 5\nPin-Priority: 7",
	 "foo|version 5|7|1;bar|version 5|7|1;"},
	{"Package: a\r\nPin: version 1\r\nPin-Priority: 7\r\n\r\nPackage: b\r\n"
	 "Pin: version 2\r\nPin-Priority: 8\r\n",
	 "a|version 1|7|1;b|version 2|8|5;"},
	{"Package: a\nPin: version 1\n \nPin-Priority: 7\n", "a|version 1|7|1;"},
	{"Package: a\nPin: version 1\nPin-Priority: 7\nPin-Priority: 8 # x\n",
	 "a|version 1|8|1;"},
	{"Package: *\nPin: release *\nPin-Priority: never\n", "*|release *|-32768|1;"},
	{"Package: a\nPin-Priority: 7\n", ""},
	{"Package: a\nPin: moon full\n", ""},
	{"Package: *\nPin: version 1\nPin-Priority: 7\n", ""},
	{"Package: a\nPin:\nPin-Priority: 7\n", ""},
	{"Pin: version 1\nPin-Priority: 7\n", NULL, "no Package in the entry at line 1"},
	{"#\n\nPackage:\n #\nPin: version 1\nPin-Priority: 7\n", "#|version 1|7|3;"},
	{"Package: a\nPin: version 1\n", NULL,
	 "no valid Pin-Priority in the entry at line 1"},
	{"Package: a\nPin: version 1\nPin-Priority: 0\n", NULL,
	 "no valid Pin-Priority in the entry at line 1"},
	{"Package: a\nPin: version 1\nPin-Priority: 32768\n", NULL,
	 "no valid Pin-Priority in the entry at line 1"},
	{"Package: a\nPin: version 1\nPin-Priority: 99999999999999999999\n", NULL,
	 "no valid Pin-Priority in the entry at line 1"},
	{"Package: a\nPin: version 1\nPin-Priority: never\n", NULL,
	 "no valid Pin-Priority in the entry at line 1"},
	{"Package: a\nPin: version 1\nPin-Priority: x\n", NULL,
	 "no valid Pin-Priority in the entry at line 1"},
	{"Package: a\nPin: version 1\nPin-Priority: 7\nwhat is this\n", NULL,
	 "no colon behind the field name at line 4"},
	{"  Package: a\n", NULL, "no field name at line 1"},
	{"\x7f"
	 "ELF\x02\x01",
	 NULL, "no field name at line 1"},
};

static int parse_exact(const char *text, size_t len, struct dg_apt_preferences *ret,
		       char **why)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_apt_preferences_parse(copy, len, ret, why);
}

static void show(const struct dg_apt_preferences *p, char *out, size_t size)
{
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < p->n_pins && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s|%s|%d|%zu;",
				      p->pins[i].package, p->pins[i].pin,
				      p->pins[i].priority, p->pins[i].line);
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(rows); i++) {
		struct dg_apt_preferences p = {0};
		DG_FREE char *why = NULL;
		char out[512];
		int r = parse_exact(rows[i].text, strlen(rows[i].text), &p, &why);

		if (r != (rows[i].pins ? 0 : -EBADMSG))
			fail_msg("row %zu: %d, %s", i, r, why ? why : "-");
		if (r < 0) {
			assert_string_equal(why, rows[i].why);
			continue;
		}
		show(&p, out, sizeof(out));
		assert_string_equal(out, rows[i].pins);
		dg_apt_preferences_done(&p);
	}
	dg_apt_preferences_done(NULL);
}

/* Cut anywhere and with a NUL anywhere: never a crash. */
static void test_hostile(void **state)
{
	struct dg_apt_preferences p = {0};
	size_t i, len;

	(void)state;
	for (i = 0; i < DG_COUNT(rows); i++) {
		for (len = 0; len < strlen(rows[i].text); len++) {
			DG_FREE char *text = strdup(rows[i].text);

			parse_exact(text, len, &p, NULL);
			dg_apt_preferences_done(&p);
			text[len] = '\0';
			assert_int_equal(
				parse_exact(text, strlen(rows[i].text), &p, NULL),
				-EBADMSG);
		}
	}
}

/* Each of a stanza's names gets a copy of the pin: ten thousand of a megabyte would be
 * too many. */
static void test_long_pin(void **state)
{
	DG_CLEANUP(dg_apt_preferences_done) struct dg_apt_preferences pins = {0};
	DG_FREE char *why = NULL, *text = NULL;

	(void)state;
	assert_true(asprintf(&text,
			     "Package: a b\nPin: version %02000d\nPin-Priority: 7\n",
			     1) > 0);
	assert_int_equal(dg_apt_preferences_parse(text, strlen(text), &pins, &why),
			 -EBADMSG);
	assert_string_equal(why, "a pin longer than 1 KiB at line 1");
}

static void test_too_many(void **state)
{
	static const char tail[] = "\nPin: version 1\nPin-Priority: 7\n";
	const size_t n = 2 * DG_APT_PINS_MAX;
	DG_FREE char *text = malloc(n * 2 + 64), *why = NULL;
	struct dg_apt_preferences p;
	char *end;
	size_t i;

	(void)state;
	assert_non_null(text);
	end = stpcpy(text, "Package:");
	for (i = 0; i < n; i++)
		end = stpcpy(end, " a");
	end = stpcpy(end, tail);
	assert_int_equal(dg_apt_preferences_parse(text, (size_t)(end - text), &p, &why),
			 -EBADMSG);
	assert_string_equal(why, "too many pins at line 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_long_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
