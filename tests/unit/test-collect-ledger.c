/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collectors of the ledger and of guests' configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define PINS "etc/driftguard/pins.d/"
#define ABI  "6.5.13-5-pve"

/* --- the ledger --- */

static struct dg_facts *collect_entry(const char *text)
{
	struct dg_facts *facts;

	put(&tree, PINS ABI ".json", text);
	facts = collect(&tree, &dg_collect_ledger);
	assert_true(dg_known(&facts->ledger));
	assert_int_equal(facts->ledger.count, 1);
	return facts;
}

static void test_entry(void **state)
{
	FACTS_CLEANUP struct dg_facts *full = collect_entry(
		"{\"schema\": \"driftguard.pin/1\", \"abi\": \"" ABI "\", \"reason\": "
		"\"vGPU \\u001b builds only on 6.5\", \"owner\": \"gpu team\", "
		"\"since\": "
		"\"2026-01-02\", \"until\": \"2026-12-31\", \"ticket\": 7}");
	FACTS_CLEANUP struct dg_facts *bare =
		collect_entry("{\"schema\":\"driftguard.pin/1\",\"abi\":\"" ABI "\","
			      "\"since\":\"2026-01-02T10:00:00+01:00\"}");
	const struct dg_debt *debt = &full->ledger.items[0];

	(void)state;
	assert_string_equal(said(&debt->path), "/" PINS ABI ".json");
	assert_string_equal(said(&debt->abi), ABI);
	assert_string_equal(said(&debt->reason), "vGPU ? builds only on 6.5");
	assert_string_equal(said(&debt->owner), "gpu team");
	assert_number(&debt->since, 1767312000);
	assert_number(&debt->until, 1798761599);
	debt = &bare->ledger.items[0];
	assert_true(dg_known(debt));
	assert_true(dg_absent(&debt->reason) && dg_absent(&debt->owner));
	assert_number(&debt->since, 1767344400);
	assert_string_equal(said(&debt->until), "absent: no \"until\"");
}

#define HEAD "{\"schema\":\"driftguard.pin/1\",\"abi\":\"" ABI "\""

static void test_bad_entries(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "line 1, column 1"},
		{"[]", "is no object"},
		{"null", "is no object"},
		{"{", "line 1, column 2"},
		{HEAD "} x", "line 1, column"},
		{HEAD ",\n\"owner\":\"a\",\n\"owner\":\"b\"}", "line 3, column"},
		{HEAD ",}", "line 1, column"},
		{"// c\n" HEAD "}", "line 1, column"},
		{"{\"abi\":\"" ABI "\"}", "\"schema\" is not"},
		{"{\"schema\":\"driftguard.pin/2\",\"abi\":\"" ABI "\"}",
		 "\"schema\" is not"},
		{"{\"schema\":1,\"abi\":\"" ABI "\"}", "\"schema\" is not"},
		{"{\"schema\":\"driftguard.pin/1\"}", "\"abi\" is not the kernel"},
		{"{\"schema\":\"driftguard.pin/1\",\"abi\":\"6.5\"}", "\"abi\" is not"},
		{"{\"schema\":\"driftguard.pin/1\",\"abi\":\"" ABI "\\u0000\"}",
		 "\\u0000 is not allowed"},
		{HEAD ",\"reason\":7}", "\"reason\" is no text"},
		{HEAD ",\"owner\":null}", "\"owner\" is no text"},
		{HEAD ",\"since\":\"yesterday\"}", "\"since\" is no date"},
		{HEAD ",\"since\":1767312000}", "\"since\" is no date"},
		{HEAD ",\"until\":\"2026-02-30\"}", "\"until\" is no date"},
		{HEAD ",\n\"reason\": \"x\",\n\"until\": \"2026-02-30\"}",
		 "line 3: \"until\" is no date"},
		{HEAD ",\n\"since\": 1e999}", "line 2, column"},
		{HEAD ",\n\"since\": 99999999999999999999}", "line 2, column"},
		{HEAD ",\"until\":\"2026-12-31T00:00:00Z\"}", "\"until\" is no date"},
		{HEAD ",\"owner\":\"\xff\"}", "line 1, column"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = collect_entry(cases[i].text);
		const struct dg_debt *debt = &facts->ledger.items[0];
		const char *words = said(&debt->until);

		assert_string_equal(said(&debt->abi), ABI);
		if (!dg_after(words, "malformed: /" PINS ABI ".json: ") ||
		    !strstr(words, cases[i].why))
			fail_msg("%s: %s", cases[i].text, words);
	}
}

static void test_ledger_files(void **state)
{
	FACTS_CLEANUP struct dg_facts *none = collect(&tree, &dg_collect_ledger);
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	assert_true(dg_absent(&none->ledger));
	put(&tree, PINS ".hidden.json", "x");
	put(&tree, PINS "README", "x");
	put(&tree, PINS "6.1.json~", "x");
	put_fifo(&tree, PINS "1.json");
	put_sparse(&tree, PINS "2.json", (off_t)1 << 30);
	put_link(&tree, PINS "3.json", "nowhere");
	put_link(&tree, PINS ABI ".json", "nowhere");
	put(&tree, PINS "4..4.json",
	    "{\"schema\":\"driftguard.pin/1\",\"abi\":\"4..4\"}");
	facts = collect(&tree, &dg_collect_ledger);
	assert_int_equal(facts->ledger.count, 5);
	assert_string_equal(said(&facts->ledger.items[0].until),
			    "unreadable: /" PINS "1.json: is not a regular file");
	assert_string_equal(said(&facts->ledger.items[1].until),
			    "unreadable: /" PINS
			    "2.json: is larger than what is read of it");
	assert_string_equal(said(&facts->ledger.items[2].until),
			    "unreadable: /" PINS "3.json: is not there");
	assert_int_equal(facts->ledger.items[3].meta.state, DG_MALFORMED);
	/* Of a kernel the name tells which. */
	assert_string_equal(said(&facts->ledger.items[4].abi), ABI);
	assert_string_equal(said(&facts->ledger.items[4].until),
			    "unreadable: /" PINS ABI ".json: is not there");
	assert_string_equal(dg_debt_gap(&facts->ledger.items[4]),
			    "/" PINS ABI ".json: is not there");
}

static void expect_misplaced(const char *why)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_ledger);

	assert_true(dg_known(&facts->ledger));
	assert_int_equal(facts->ledger.count, 1);
	assert_string_equal(said(&facts->ledger.items[0]), why);
}

/* That no reason is on record is not what it says. */
static void test_no_folder(void **state)
{
	(void)state;
	put(&tree, "etc/driftguard/pins.d", "6.5.13-5-pve: vGPU\n");
	expect_misplaced("malformed: /etc/driftguard/pins.d: is not a folder");
	drop(&tree, "etc/driftguard/pins.d");
	put_link(&tree, "etc/driftguard/pins.d", "/nowhere");
	expect_misplaced(
		"malformed: /etc/driftguard/pins.d: is a link that leads to no folder");
	put(&tree, "nowhere", "a file");
	expect_misplaced(
		"malformed: /etc/driftguard/pins.d: is a link that leads to no folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entry),
		TEST(test_bad_entries),
		TEST(test_ledger_files),
		TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
