/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting apt's pins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "tests/unit/packages.h"

#define PIN(name, pin, priority) \
	"Package: " name "\nPin: " pin "\nPin-Priority: " priority "\n\n"

static void test_preferences(void **state)
{
	const struct dg_preference *p;

	(void)state;
	tree_text(&tree, "etc/apt/preferences",
		  PIN("pve-manager", "version 8.*", "1001"));
	tree_text(&tree, "etc/apt/preferences.d/b.pref",
		  PIN("b c*", "release a=x", "-1"));
	tree_text(&tree, "etc/apt/preferences.d/a", PIN("a", "origin h", "500"));
	collect(&dg_collect_preferences);
	assert_true(dg_known(&facts->packages.preferences));
	assert_int_equal(facts->packages.preferences.count, 4);
	p = facts->packages.preferences.items;
	expect_str(p[0].package, "pve-manager");
	expect_str(p[0].pin, "version 8.*");
	assert_int_equal(p[0].priority.value, 1001);
	expect_str(p[0].path, "/etc/apt/preferences");
	expect_str(p[1].package, "a");
	expect_str(p[2].package, "b");
	expect_str(p[3].package, "c*");
	assert_int_equal(p[3].priority.value, -1);
	expect_str(p[3].path, "/etc/apt/preferences.d/b.pref");
	assert_null(dg_facts_gap(facts, "packages.preferences.*"));
}

/* As `apt-cache -o Debug::GetListOfFilesInDir=1 policy` has it. */
static void test_preference_names(void **state)
{
	static const struct {
		const char *name;
		bool read;
	} rows[] = {
		{"a", true},	     {"10-pve_x", true},
		{"a.pref", true},    {"a.b.pref", true},
		{"a:b", true},	     {"a.bak", false},
		{"a.", false},	     {".a", false},
		{".pref", false},    {"a~", false},
		{"a b", false},	     {"a.PREF", false},
		{"a+b.pref", false}, {"a.pref.dpkg-old", false},
	};
	char name[128];

	(void)state;
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		snprintf(name, sizeof(name), "etc/apt/preferences.d/%s", rows[i].name);
		tree_text(&tree, name, PIN("x", "version 1", "1001"));
		collect(&dg_collect_preferences);
		if ((facts->packages.preferences.count == 1) != rows[i].read)
			fail_msg("%s", rows[i].name);
		tree_drop(name);
	}
}

static void test_preferences_broken(void **state)
{
	const struct dg_preference *p;
	DG_FREE char *gap = NULL;

	(void)state;
	tree_fifo("etc/apt/preferences");
	tree_fifo("etc/apt/preferences.d/fifo");
	tree_dir(&tree, "etc/apt/preferences.d/dir");
	tree_link(&tree, "etc/apt/preferences.d/dangling", "nowhere");
	collect(&dg_collect_preferences);
	assert_true(dg_known(&facts->packages.preferences));
	assert_int_equal(facts->packages.preferences.count, 0);
	tree_text(&tree, "etc/apt/preferences.d/a", "Package: x\nPin: version 1\n");
	tree_text(&tree, "etc/apt/preferences.d/b", PIN("x", "version 1", "1001"));
	tree_link(&tree, "etc/apt/preferences.d/c", "c");
	collect(&dg_collect_preferences);
	assert_int_equal(facts->packages.preferences.count, 3);
	p = facts->packages.preferences.items;
	expect_gap(&p[0].meta, DG_MALFORMED, "/etc/apt/preferences.d/a: ");
	assert_true(dg_known(&p[1]));
	expect_gap(&p[2].meta, DG_UNREADABLE, "/etc/apt/preferences.d/c: ");
	gap = dg_facts_gap(facts, "packages.preferences.*");
	assert_non_null(gap);
}

static void test_preferences_absent(void **state)
{
	(void)state;
	collect(&dg_collect_preferences);
	assert_true(dg_known(&facts->packages.preferences));
	tree_drop("etc/apt/preferences.d");
	collect(&dg_collect_preferences);
	expect_gap(&facts->packages.preferences.meta, DG_ABSENT, "/etc/apt/preferences");
}

static void test_preferences_many(void **state)
{
	DG_FREE char *text = NULL, *gap = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 3000; i++)
		fprintf(f, PIN("p%d", "version 1", "2"), i);
	assert_int_equal(fclose(f), 0);
	for (int i = 0; i < 20; i++) {
		char name[64];

		snprintf(name, sizeof(name), "etc/apt/preferences.d/%02d", i);
		tree_text(&tree, name, text);
	}
	collect(&dg_collect_preferences);
	assert_int_equal(facts->packages.preferences.count, 16385);
	gap = dg_facts_gap(facts, "packages.preferences.*");
	assert_non_null(strstr(gap, "/etc/apt/preferences.d/05"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_preferences),	       TEST(test_preference_names),
		TEST(test_preferences_broken), TEST(test_preferences_absent),
		TEST(test_preferences_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
