/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of collectors: each fact has one that fills it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/text.h"
#include "tests/unit/collecting.h"

/* Known to whoever starts collecting; no collector's. */
static const char *const framework[] = {"tool", "time", "live", "host.tool_time"};

static size_t count_fillers(const char *path)
{
	const struct dg_collector *const *table;
	size_t n, found = 0;

	table = dg_collectors(&n);
	for (size_t i = 0; i < n; i++)
		for (const char *const *p = table[i]->fills; *p; p++)
			found += dg_streq(*p, path);
	for (size_t i = 0; i < DG_COUNT(framework); i++)
		found += dg_streq(framework[i], path);
	return found;
}

static void expect_filled(const struct dg_record *record, const char *prefix)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct dg_field *field = &record->fields[i];
		DG_FREE char *path = dg_format("%s%s", prefix, field->name);
		DG_FREE char *below = dg_format("%s.", path);

		if (field->type == DG_RECORD && count_fillers(path) == 0)
			expect_filled(field->record, below);
		else if (count_fillers(path) != 1)
			fail_msg("%s is filled by %zu collectors", path,
				 count_fillers(path));
	}
}

static void test_filled_once(void **state)
{
	(void)state;
	expect_filled(&dg_facts_record, "");
}

static void test_paths(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = dg_facts_new();
	const struct dg_collector *const *table;
	size_t n;

	(void)state;
	table = dg_collectors(&n);
	for (size_t i = 0; i < n; i++)
		for (const char *const *p = table[i]->fills; *p; p++)
			if (!dg_facts_at(facts, *p))
				fail_msg("%s: no fact %s", table[i]->name, *p);
}

/* Nothing at all is there: each one still sets all of its facts. */
static void test_empty_tree(void **state)
{
	const struct dg_collector *const *table;
	struct tree tree;
	size_t n;

	(void)state;
	tree_make(&tree);
	table = dg_collectors(&n);
	for (size_t i = 0; i < n; i++)
		dg_facts_free(collect(&tree, table[i]));
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filled_once),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_empty_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
