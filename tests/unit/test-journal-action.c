/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal's entry of a run that may change the boot configuration, and its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/base/cleanup.h"
#include "guard/sink/journal.h"

/* The value of a field; NULL: it is not there. */
static const char *field(const struct dg_journal_entry *entry, const char *name)
{
	for (int i = 0; i < entry->count; i++) {
		const char *rest = dg_after(entry->fields[i].iov_base, name);

		assert_int_equal(strlen(entry->fields[i].iov_base),
				 entry->fields[i].iov_len);
		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

static void test_fields(void **state)
{
	static const struct {
		const char *outcome, *priority;
	} cases[] = {
		{"dry-run", "6"}, {"nothing", "6"}, {"refused", "5"},
		{"done", "5"},	  {"undone", "3"},  {"unfinished", "2"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_journal_entry_clear) struct dg_journal_entry entry;
		const struct dg_journal_deed deed = {.verb = "enforce",
						     .outcome = cases[i].outcome,
						     .summary = "why",
						     .target = "7.0.6-2-pve",
						     .record = "/r.json"};

		assert_int_equal(dg_journal_action(&deed, &entry), 0);
		assert_string_equal(field(&entry, "MESSAGE_ID"), DG_MESSAGE_ACTION);
		assert_string_equal(field(&entry, "PRIORITY"), cases[i].priority);
		assert_string_equal(field(&entry, "DRIFTGUARD_OUTCOME"),
				    cases[i].outcome);
		assert_string_equal(field(&entry, "DRIFTGUARD_TARGET"), "7.0.6-2-pve");
		assert_string_equal(field(&entry, "DRIFTGUARD_RECORD"), "/r.json");
		assert_null(field(&entry, "DRIFTGUARD_CHECK"));
		assert_non_null(strstr(field(&entry, "MESSAGE"), "enforce ("));
	}
}

/* Each id is explained, once. */
static void test_catalogue(void **state)
{
	static const char *const ids[] = {DG_MESSAGE_VERDICT, DG_MESSAGE_FINDING,
					  DG_MESSAGE_ACTION};
	char line[256];

	(void)state;
	for (size_t i = 0; i < DG_COUNT(ids); i++) {
		DG_FCLOSE FILE *file = fopen("units/driftguard.catalog", "re");
		int found = 0;

		assert_non_null(file);
		while (fgets(line, sizeof(line), file)) {
			line[strcspn(line, "\n")] = '\0';
			found += dg_streq(dg_after(line, "-- "), ids[i]);
		}
		assert_int_equal(found, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
