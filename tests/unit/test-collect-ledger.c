/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collectors of the ledger and of guests' configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/collecting.h"

#define PINS "etc/driftguard/pins.d/"
#define ABI  "6.5.13-5-pve"

static struct tree tree;

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
		{HEAD ",\"until\":\"2026-12-31T00:00:00Z\"}", "\"until\" is no date"},
		{HEAD ",\"owner\":\"\xff\"}", "line 1, column"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = collect_entry(cases[i].text);
		const char *words = said(&facts->ledger.items[0]);

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
	put(&tree, PINS "4..4.json",
	    "{\"schema\":\"driftguard.pin/1\",\"abi\":\"4..4\"}");
	facts = collect(&tree, &dg_collect_ledger);
	assert_int_equal(facts->ledger.count, 4);
	assert_string_equal(said(&facts->ledger.items[0]),
			    "unreadable: /" PINS "1.json: is not a regular file");
	assert_string_equal(said(&facts->ledger.items[1]),
			    "unreadable: /" PINS
			    "2.json: is larger than what is read of it");
	assert_string_equal(said(&facts->ledger.items[2]),
			    "unreadable: /" PINS "3.json: is not there");
	assert_int_equal(facts->ledger.items[3].meta.state, DG_MALFORMED);
}

/* --- guests --- */

static void expect_guest(const char *vmid, bool passthrough)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_guests);

	dg_list_foreach (guest, facts->guests) {
		if (!dg_streq(dg_get(&guest->vmid), vmid))
			continue;
		assert_true(dg_known(&guest->passthrough));
		assert_int_equal(guest->passthrough.value, passthrough);
		return;
	}
	fail_msg("no guest %s in %s", vmid, said(&facts->guests));
}

#define NODE "etc/pve/nodes/pve1/qemu-server/"

static void test_guests(void **state)
{
	static const struct {
		const char *text;
		bool passthrough;
	} cases[] = {
		{"cores: 4\nhostpci0: 0000:01:00.0,pcie=1\n", true},
		{"hostpci15: mapping=gpu", true},
		{"hostpci: x\n", false},
		{"hostpci0 : x\n", false},
		{"#hostpci0: x\n", false},
		{"name: hostpci0:\n", false},
		{"cores: 2\n\n[snap]\nhostpci0: 01:00\n", false},
		{"cores: 2\r\nhostpci1: 01:00\r\n[PENDING]\n", true},
		{"\xff\xfe\x01\n", false},
		{"", false},
	};

	(void)state;
	put_link(&tree, "etc/pve/qemu-server", "nodes/pve1/qemu-server");
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		put(&tree, NODE "103.conf", cases[i].text);
		expect_guest("103", cases[i].passthrough);
	}
	/* Without the link, the host's name tells. */
	drop(&tree, "etc/pve/qemu-server");
	put(&tree, "proc/sys/kernel/hostname", "pve1.example.org\n");
	expect_guest("103", false);
}

static void test_guest_files(void **state)
{
	static const char nul[] = "cores: 1\0hostpci0: x\n";
	FACTS_CLEANUP struct dg_facts *none = collect(&tree, &dg_collect_guests);
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	assert_true(dg_absent(&none->guests));
	put(&tree, "etc/hostname", "../../../../etc\n");
	put_link(&tree, "etc/pve/qemu-server", "nodes/pve1/qemu-server");
	put(&tree, NODE "x.conf", "hostpci0: x\n");
	put(&tree, NODE "1.conf.tmp", "hostpci0: x\n");
	put(&tree, NODE ".conf", "hostpci0: x\n");
	put_fifo(&tree, NODE "100.conf");
	put_sparse(&tree, NODE "101.conf", (off_t)1 << 30);
	put_data(&tree, NODE "102.conf", nul, sizeof(nul) - 1);
	put_link(&tree, NODE "103.conf", "migrated");
	put(&tree, NODE "104.conf", "hostpci0: x\n");
	facts = collect(&tree, &dg_collect_guests);
	assert_int_equal(facts->guests.count, 4);
	assert_string_equal(said(&facts->guests.items[0]),
			    "unreadable: /etc/pve/qemu-server/100.conf: is not a regular "
			    "file");
	assert_int_equal(facts->guests.items[1].meta.state, DG_UNREADABLE);
	assert_int_equal(facts->guests.items[2].meta.state, DG_MALFORMED);
	assert_true(dg_true(&facts->guests.items[3].passthrough));
	drop(&tree, "etc/pve/qemu-server");
	put(&tree, "etc/pve/qemu-server", "a file\n");
	{
		FACTS_CLEANUP struct dg_facts *file = collect(&tree, &dg_collect_guests);

		assert_true(dg_absent(&file->guests));
	}
}

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entry),  TEST(test_bad_entries), TEST(test_ledger_files),
		TEST(test_guests), TEST(test_guest_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
