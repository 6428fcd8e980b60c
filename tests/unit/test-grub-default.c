/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/grub-default.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_grub_default *ret,
		 char **ret_why)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_grub_default_parse(copy, len, ret, ret_why);
	free(copy);
	return r;
}

static const struct {
	const char *text;
	const char *value; /* of GRUB_DEFAULT; NULL: not set */
	bool dynamic;
	size_t line;
} cases[] = {
	{.text = ""},
	{.text = "GRUB_DEFAULT=0", .value = "0"},
	{.text = "GRUB_DEFAULT=", .value = ""},
	{.text = "\n\n  GRUB_DEFAULT=saved # why\n", .value = "saved", .line = 3},
	{.text = "#GRUB_DEFAULT=1\nGRUB_DEFAULT=2\r\n", .value = "2", .line = 2},
	{.text = "GRUB_DEFAULT=1\nGRUB_DEFAULT=2", .value = "2", .line = 2},
	{.text = "GRUB_DEFAULT=\"a>b\"", .value = "a>b"},
	{.text = "GRUB_DEFAULT='a>\"$b'", .value = "a>\"$b"},
	{.text = "GRUB_DEFAULT=a\\ b\\\nc", .value = "a bc"},
	{.text = "GRUB_DEFAULT=\"a\\\"b\\$c\\d\\\ne'f\"", .value = "a\"b$c\\de'f"},
	{.text = "GRUB_DEFAULT=\"1\"'>'2", .value = "1>2"},
	{.text = "GRUB_DEFAULT=a#b", .value = "a#b"},
	{.text = "export GRUB_DEFAULT=1", .value = "1"},
	{.text = "export X GRUB_DEFAULT=1", .value = "1"},
	{.text = "GRUB_DEFAULT=1; GRUB_DEFAULT=2;", .value = "2"},
	{.text = "X=1 GRUB_DEFAULT=2 Y=3", .value = "2"},
	{.text = "GRUB_DEFAULT=\"two\nlines\"", .value = "two\nlines"},
	/* sets nothing in this shell */
	{.text = "GRUB_DEFAULT=1 env"},
	{.text = "GRUB_DEFAULT=0\nGRUB_DEFAULT=1 env", .value = "0"},
	{.text = "echo GRUB_DEFAULT=1"},
	{.text = "GRUB_DEFAULT=1 | cat"},
	{.text = "GRUB_DEFAULT=1 &"},
	{.text = "GRUB_DEFAULTS=1\nXGRUB_DEFAULT=1\nGRUB_DEFAULT =1\nGRUB-DEFAULT=1"},
	/* the shell decides */
	{.text = "GRUB_DEFAULT=$X", .value = "$X", .dynamic = true},
	{.text = "GRUB_DEFAULT=\"a $X b\"", .value = "\"a $X b\"", .dynamic = true},
	{.text = "GRUB_DEFAULT=`a; b`", .value = "`a; b`", .dynamic = true},
	{.text = "GRUB_DEFAULT=$(a \"b)\" '(' (c)) d", .value = NULL},
	{.text = "GRUB_DEFAULT=$(a \"b)\" '(' (c))",
	 .value = "$(a \"b)\" '(' (c))",
	 .dynamic = true},
	{.text = "GRUB_DEFAULT=\"${X:-\"}\"}\"",
	 .value = "\"${X:-\"}\"}\"",
	 .dynamic = true},
	{.text = "if a; then GRUB_DEFAULT=1; fi", .value = "1", .dynamic = true},
	{.text = "if a; then b; fi\nGRUB_DEFAULT=1", .value = "1", .line = 2},
	{.text = "echo if\nGRUB_DEFAULT=1", .value = "1", .line = 2},
	{.text = "[ a ] && GRUB_DEFAULT=1", .value = "1", .dynamic = true},
	{.text = "[ a ] ||\n GRUB_DEFAULT=1", .value = "1", .dynamic = true, .line = 2},
	{.text = "[ a ] && b\nGRUB_DEFAULT=1", .value = "1", .line = 2},
	{.text = "f() { GRUB_DEFAULT=1; }", .value = "1", .dynamic = true},
	{.text = "f() { a; }\nGRUB_DEFAULT=1", .value = "1", .line = 2},
	{.text = "(GRUB_DEFAULT=1)", .value = "1", .dynamic = true},
	{.text = "case a in b) GRUB_DEFAULT=1;; esac", .value = "1", .dynamic = true},
	{.text = "case a in b) c;; esac; GRUB_DEFAULT=1", .value = "1"},
	{.text = "for x in a; do GRUB_DEFAULT=1; done", .value = "1", .dynamic = true},
};

static void reads_assignments(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_grub_default_clear) struct dg_grub_default set = {0};
		const struct dg_grub_setting *s;
		DG_FREE char *why = NULL;

		if (parse(cases[i].text, strlen(cases[i].text), &set, &why) < 0)
			fail_msg("%s: %s", cases[i].text, why);
		s = dg_grub_default_find(&set, "GRUB_DEFAULT");
		if (!s != !cases[i].value ||
		    (s && (!dg_streq(s->value, cases[i].value) ||
			   s->dynamic != cases[i].dynamic ||
			   s->line != (cases[i].line ? cases[i].line : 1))))
			fail_msg("%s: \"%s\" at %zu", cases[i].text, s ? s->value : "-",
				 s ? s->line : 0);
	}
}

static void keeps_what_is_wanted(void **state)
{
	static const char text[] =
		"GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet a=b\"\n"
		"GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX x\"\nGRUB_SAVEDEFAULT=true\n";
	DG_CLEANUP(dg_grub_default_clear) struct dg_grub_default set = {0};

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &set, NULL), 0);
	assert_int_equal(set.n_settings, 3);
	assert_string_equal(set.settings[0].name, "GRUB_CMDLINE_LINUX_DEFAULT");
	assert_string_equal(set.settings[0].value, "quiet a=b");
	assert_true(set.settings[1].dynamic);
	assert_null(dg_grub_default_find(&set, "GRUB_TIMEOUT"));
}

static const char *const torn[] = {
	"GRUB_DEFAULT=\"a",
	"GRUB_DEFAULT='a",
	"GRUB_DEFAULT=`a",
	"GRUB_DEFAULT=$(a",
	"GRUB_DEFAULT=${a",
	"GRUB_DEFAULT=\"\\\"",
	"a '",
	"\"$(\"",
};

static void refuses_open_quotes(void **state)
{
	struct dg_grub_default set = {.n_settings = 42};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(torn); i++) {
		DG_FREE char *why = NULL;

		assert_int_equal(parse(torn[i], strlen(torn[i]), &set, &why), -EBADMSG);
		assert_string_equal(why, "a quote that is not closed at line 1");
	}
	assert_int_equal(set.n_settings, 42);
}

static void keeps_to_its_bounds(void **state)
{
	static char text[3 * 1024 * 1024];
	struct dg_grub_default set;
	char *at = text;
	size_t i;

	(void)state;
	for (i = 0; i <= DG_GRUB_DEFAULT_MAX; i++)
		at = stpcpy(at, "GRUB_DEFAULT=1\n");
	assert_int_equal(parse(text, (size_t)(at - text), &set, NULL), -EBADMSG);
	/* nesting, and a buffer of nothing but openings */
	for (i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "$(", 2);
	assert_int_equal(parse(text, sizeof(text), &set, NULL), -EBADMSG);
	memset(text, 0, sizeof(text));
	assert_int_equal(parse(text, sizeof(text), &set, NULL), 0);
	dg_grub_default_clear(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_assignments),
		cmocka_unit_test(keeps_what_is_wanted),
		cmocka_unit_test(refuses_open_quotes),
		cmocka_unit_test(keeps_to_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
