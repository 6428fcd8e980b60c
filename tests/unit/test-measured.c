/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was measured in this boot: only its own record says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"
#include "tests/unit/records.h"

#define BOOT_ID "proc/sys/kernel/random/boot_id"
#define RECORD	"var/lib/driftguard/boots/" BOOT_A ".json"

#define PROBE                                                                          \
	"{\"time\": \"2026-06-01T00:00:00Z\", \"plain\": \"charged\", \"no_iowait\": " \
	"\"not-tried\", \"plain_percent\": 99.5, \"no_iowait_percent\": {\"state\": "  \
	"\"absent\"}, \"why\": {\"state\": \"absent\"}}"

static void expect_both(const char *says)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_measured);

	if (!strstr(said(&facts->probe), says))
		fail_msg("probe: \"%s\", not \"%s\"", said(&facts->probe), says);
	if (!strstr(said(&facts->samples), says))
		fail_msg("samples: \"%s\", not \"%s\"", said(&facts->samples), says);
}

static void no_record(void **state)
{
	(void)state;
	put(&tree, BOOT_ID, BOOT_A "\n");
	expect_both("absent: ");
	put_dir(&tree, "var/lib/driftguard/boots");
	expect_both("absent: ");
}

static void good_record(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, BOOT_ID, BOOT_A "\n");
	put(&tree, RECORD,
	    "{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"" BOOT_A
	    "\", \"probe\": " PROBE ", \"host\": \"somebody\", \"kernel\": \"1\", "
	    "\"samples\": [{\"window_s\": 10}, "
	    "{\"window_s\": 20}]}");
	facts = collect(&tree, &dg_collect_measured);
	assert_true(dg_known(&facts->probe));
	assert_string_equal(dg_get(&facts->probe.plain), "charged");
	assert_true(dg_known(&facts->samples));
	assert_int_equal(facts->samples.count, 2);
	assert_true(facts->samples.items[1].window_s.value > 19);
	/* Nothing else is taken from the past. */
	assert_false(dg_known(&facts->host));
	assert_false(dg_known(&facts->kernel));
}

/* The probe was tried, no sample taken yet. */
static void half_a_record(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, BOOT_ID, BOOT_A "\n");
	put(&tree, RECORD,
	    "{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"" BOOT_A
	    "\", \"probe\": " PROBE ", \"samples\": {\"state\": \"absent\"}}");
	facts = collect(&tree, &dg_collect_measured);
	assert_true(dg_known(&facts->probe));
	assert_true(dg_absent(&facts->samples));
}

static void malformed_records(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"schema\": \"driftguard.boot/2\"}",
		"{\"schema\": \"driftguard.facts/1\", \"boot_id\": \"" BOOT_A "\"}",
		"{\"schema\": \"driftguard.boot/1\"}",
		"{\"schema\": \"driftguard.boot/1\", \"boot_id\": 7}",
		"{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"" BOOT_A "\"}",
		"{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"" BOOT_A
		"\", \"probe\": 7, \"samples\": \"x\"}",
	};

	(void)state;
	put(&tree, BOOT_ID, BOOT_A "\n");
	for (size_t i = 0; i < DG_COUNT(texts); i++) {
		put(&tree, RECORD, texts[i]);
		expect_both("malformed: ");
	}
}

static void other_boots_record(void **state)
{
	DG_FREE char *text = boot_text(&(struct boot){.id = BOOT_B});

	(void)state;
	put(&tree, BOOT_ID, BOOT_A "\n");
	put(&tree, RECORD, text);
	expect_both("is another boot's record");
}

static void cannot_be_read(void **state)
{
	(void)state;
	put(&tree, BOOT_ID, BOOT_A "\n");
	put_sparse(&tree, RECORD, DG_BOOT_FILE_MAX + 1);
	expect_both("unreadable: ");
	drop(&tree, RECORD);
	put_fifo(&tree, RECORD);
	expect_both("unreadable: ");
	drop(&tree, RECORD);
	put_dir(&tree, RECORD);
	expect_both("unreadable: ");
}

static void hostile_boot_ids(void **state)
{
	static const char *const ids[] = {
		"../../../../etc/passwd\n",
		"..\n",
		BOOT_A "/../x\n",
		"------------------------------------\n",
		"0f7c2b9e/5a41-4d0c-8f3e-6b1d2a7c9e50\n",
		"\033[31mred\n",
	};

	(void)state;
	put(&tree, "etc/passwd.json", "{}");
	for (size_t i = 0; i < DG_COUNT(ids); i++) {
		put(&tree, BOOT_ID, ids[i]);
		expect_both("malformed: this boot's id is no id");
	}
}

static void no_boot_id(void **state)
{
	(void)state;
	expect_both("which boot this is cannot be told");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_record),	 TEST(good_record),	   TEST(half_a_record),
		TEST(malformed_records), TEST(other_boots_record), TEST(cannot_be_read),
		TEST(hostile_boot_ids),	 TEST(no_boot_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
