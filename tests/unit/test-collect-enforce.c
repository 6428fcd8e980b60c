/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What enforcement rests on: the cluster, what is on the move, kernels that have proven
 * themselves, and earlier actions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "guard/collect/line.h"
#include "policy/text.h"
#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"
#include "tests/unit/records.h"

/* --- the cluster --- */

#define MEMBERS "etc/pve/.members"

static struct dg_facts *collect_members(const char *text)
{
	put(&tree, "etc/corosync/corosync.conf", "totem { }\n");
	put(&tree, MEMBERS, text);
	return collect(&tree, &dg_collect_membership);
}

static void test_standalone(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	/* As pmxcfs writes it without a cluster. */
	put(&tree, MEMBERS, "{\n\"nodename\": \"pve1\",\n\"version\": 0\n}\n");
	facts = collect(&tree, &dg_collect_membership);
	assert_string_equal(said(&facts->cluster),
			    "absent: /etc/corosync/corosync.conf: is not there");
}

static void test_node(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = collect_members(
		"{\n\"nodename\": \"pve2\",\n\"version\": 4,\n\"cluster\": { \"name\": "
		"\"lab\", \"version\": 3, \"nodes\": 3, \"quorate\": 1 },\n\"nodelist\": "
		"{\n  \"pve3\": { \"id\": 3, \"online\": 0},\n  \"pve1\": { \"id\": 1, "
		"\"online\": 1, \"ip\": \"192.0.2.1\"},\n  \"pve2\": { \"id\": 2, "
		"\"online\": 1, \"ip\": \"192.0.2.2\"}\n  }\n}\n");
	const struct dg_membership *cluster = &facts->cluster;

	(void)state;
	assert_string_equal(said(&cluster->node), "pve2");
	assert_true(dg_true(&cluster->quorate));
	assert_int_equal(cluster->nodes.count, 3);
	assert_string_equal(said(&cluster->nodes.items[0].name), "pve1");
	assert_string_equal(said(&cluster->nodes.items[2].name), "pve3");
}

static void test_not_quorate(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts =
		collect_members("{\"nodename\": \"pve1\", \"cluster\": {\"quorate\": 0}, "
				"\"nodelist\": {}}");

	(void)state;
	assert_true(dg_known(&facts->cluster.quorate));
	assert_false(facts->cluster.quorate.value);
	assert_int_equal(facts->cluster.nodes.count, 0);
}

/* A node whose cluster cannot be asked is no host of its own. */
static void test_members_untold(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "malformed: /etc/pve/.members:1: "},
		{"{\"nodename\": \"a\", \"nodename\": \"b\"}",
		 "malformed: /etc/pve/.members:1: "},
	};
	FACTS_CLEANUP struct dg_facts *early =
		collect_members("{\"nodename\": \"pve1\", \"version\": 0}");
	FACTS_CLEANUP struct dg_facts *unmounted = NULL;

	(void)state;
	assert_int_equal(early->cluster.quorate.meta.state, DG_UNREADABLE);
	assert_int_equal(early->cluster.nodes.meta.state, DG_UNREADABLE);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = collect_members(cases[i].text);

		if (!dg_after(said(&facts->cluster), cases[i].why))
			fail_msg("%s", said(&facts->cluster));
	}
	drop(&tree, MEMBERS);
	unmounted = collect(&tree, &dg_collect_membership);
	assert_string_equal(said(&unmounted->cluster),
			    "unreadable: /etc/pve/.members: is not there");
}

/* --- containers --- */

static void test_containers(void **state)
{
	static const char torn[] = "lock: a\0b\n";
	FACTS_CLEANUP struct dg_facts *none = collect(&tree, &dg_collect_containers);
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	assert_true(dg_absent(&none->containers));
	put(&tree, "etc/pve/lxc/200.conf", "arch: amd64\nlock: migrate\n");
	put(&tree, "etc/pve/lxc/201.conf",
	    "hostname: web\n\n[before]\nlock: snapshot\nhostname: web\n");
	put_data(&tree, "etc/pve/lxc/202.conf", torn, sizeof(torn) - 1);
	put(&tree, "etc/pve/lxc/200.conf.tmp", "lock: x\n");
	facts = collect(&tree, &dg_collect_containers);
	assert_int_equal(facts->containers.count, 3);
	assert_string_equal(said(&facts->containers.items[0].vmid), "200");
	assert_string_equal(said(&facts->containers.items[0].lock), "migrate");
	assert_true(dg_absent(&facts->containers.items[1].lock));
	assert_string_equal(said(&facts->containers.items[2].lock),
			    "malformed: /etc/pve/lxc/202.conf: holds a NUL byte at line "
			    "1");
}

/* --- proven kernels --- */

#define MACHINE_ID "00112233445566778899aabbccddeeff"
#define BOOTS	   "var/lib/driftguard/boots/"

/* A record of that boot, as this host's own. */
static void put_boot(const char *id, const char *kernel, const char *time)
{
	DG_LINE_CLEANUP struct dg_str host = {0};
	DG_FREE char *name = dg_format(BOOTS "%s.json", id);
	DG_FREE char *text = NULL;

	dg_read_host_id(tree.root, &host);
	text = dg_format("{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"%s\", "
			 "\"boot_time\": \"2026-05-31T20:00:00Z\", \"time\": \"%s\", "
			 "\"host_id\": \"%s\", \"kernel\": \"%s\", \"verdict\": "
			 "\"warning\", \"drift\": []}",
			 id, time, host.value, kernel);
	put(&tree, name, text);
}

static void test_proven(void **state)
{
	FACTS_CLEANUP struct dg_facts *none = NULL, *facts = NULL;

	(void)state;
	none = collect(&tree, &dg_collect_proven);
	assert_true(dg_absent(&none->proven));
	put(&tree, "etc/machine-id", MACHINE_ID "\n");
	put_boot(BOOT_A, "7.0.6-2-pve", "2026-05-31T20:10:00Z");
	put_boot(BOOT_B, "7.0.2-6-pve", "2026-05-31T20:09:59Z");
	put_boot(BOOT_C, "7.0.6-2-pve", "2026-05-31T20:01:00Z");
	/* Neither a broken file nor a copy of another boot's proves anything. */
	put(&tree, BOOTS "2f7c2b9e-9999-4d0c-8f3e-6b1d2a7c9e53.json", "{");
	put_link(&tree, BOOTS "3f7c2b9e-9999-4d0c-8f3e-6b1d2a7c9e54.json",
		 BOOT_A ".json");
	put(&tree, BOOTS "README", "x");
	facts = collect(&tree, &dg_collect_proven);
	assert_int_equal(facts->proven.count, 2);
	dg_list_foreach (proof, facts->proven) {
		bool new = dg_streq(said(&proof->abi), "7.0.6-2-pve");

		assert_string_equal(said(&proof->boot_id), new ? BOOT_A : BOOT_B);
		assert_int_equal(proof->well.value, new);
		assert_string_equal(said(&proof->because),
				    new ? "its boot of 2026-05-31 was warning 10 min "
					  "after the start"
					: "its boot of 2026-05-31 was last seen 599 s "
					  "after the start, which is less than 600");
	}
}

/* A cloned disk brings its records along, and they are the other machine's. */
static void test_proven_elsewhere(void **state)
{
	FACTS_CLEANUP struct dg_facts *cloned = NULL, *unnamed = NULL;

	(void)state;
	put(&tree, "etc/machine-id", MACHINE_ID "\n");
	put_boot(BOOT_A, "7.0.6-2-pve", "2026-05-31T20:10:00Z");
	put(&tree, "etc/machine-id", "ff112233445566778899aabbccddeeff\n");
	cloned = collect(&tree, &dg_collect_proven);
	assert_false(cloned->proven.items[0].well.value);
	drop(&tree, "etc/machine-id");
	unnamed = collect(&tree, &dg_collect_proven);
	assert_false(unnamed->proven.items[0].well.value);
}

/* --- actions --- */

#define ACTIONS "var/lib/driftguard/actions/"
#define ACTION	"\"verb\": \"enforce\", \"started\": \"2026-06-03T08:00:00Z\", "

#define NONE "{\"state\": \"absent\"}"
#define TOLD "\"pin\": " NONE ", \"next_pin\": " NONE ", \"boots\": " NONE
/* All that it takes to complete it, or to roll it back. */
#define OPEN                                                                            \
	"\"state\": \"open\", \"outcome\": " NONE ", \"steps\": [], \"before\": {" TOLD \
	", \"pin_time\": " NONE ", \"next_pin_time\": " NONE "}, "                      \
	"\"goal\": {" TOLD ", \"missing\": 0}, \"ledger\": {}"

static void put_action(int number, const char *members)
{
	DG_FREE char *name =
		dg_format(ACTIONS "20260603T080000Z-%08x.json", (unsigned)number);
	DG_FREE char *text = dg_format("{\"schema\": \"driftguard.action/1\", \"id\": "
				       "\"20260603T080000Z-%08x\", %s}",
				       (unsigned)number, members);

	put(&tree, name, text);
}

static void test_actions(void **state)
{
	FACTS_CLEANUP struct dg_facts *none = collect(&tree, &dg_collect_actions);
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_deed *deed;

	(void)state;
	assert_true(dg_absent(&none->actions));
	put_action(1, ACTION "\"boot_id\": \"b\", \"state\": \"closed\", \"outcome\": "
			     "\"done\", \"ended\": \"2026-06-03T08:01:00Z\", "
			     "\"target\": \"7.0.6-2-pve\"");
	put_action(2, ACTION OPEN);
	facts = collect(&tree, &dg_collect_actions);
	assert_int_equal(facts->actions.count, 2);
	deed = &facts->actions.items[0];
	assert_string_equal(said(&deed->id), "20260603T080000Z-00000001");
	assert_string_equal(said(&deed->outcome), "done");
	assert_string_equal(said(&deed->target), "7.0.6-2-pve");
	assert_number(&deed->ended, 1780473660);
	assert_false(dg_deed_is_unfinished(deed));
	deed = &facts->actions.items[1];
	assert_true(dg_known(deed) && dg_absent(&deed->outcome));
	assert_true(dg_deed_is_unfinished(deed));
}

/* Is the run that an open record is of still at it? */
static void test_lock(void **state)
{
	static const struct {
		const char *kind, *behind;
		bool held;
	} cases[] = {
		{"1: FLOCK  ADVISORY  WRITE", "", true},
		{"1: FLOCK  ADVISORY  READ", "1", false},
		{"1: -> FLOCK  ADVISORY  WRITE", "", false},
		{"1: POSIX  ADVISORY  WRITE", "", false},
		{"\n1: FLOCK\n2: FLOCK ADVISORY WRITE", "", true},
	};
	char path[256];
	struct stat st;

	(void)state;
	put_action(1, ACTION OPEN);
	put_action(2, ACTION "\"state\": \"closed\", \"outcome\": \"done\"");
	put(&tree, "run/driftguard/act.lock", "");
	assert_int_equal(stat(tree_path(&tree, "run/driftguard/act.lock", path), &st), 0);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		DG_FREE char *text =
			dg_format("%s 4711 %02x:%02x:%lu%s 0 EOF\n", cases[i].kind,
				  major(st.st_dev), minor(st.st_dev),
				  (unsigned long)st.st_ino, cases[i].behind);

		put(&tree, "proc/locks", text);
		facts = collect(&tree, &dg_collect_actions);
		assert_true(dg_known(&facts->actions.items[0].held));
		assert_int_equal(facts->actions.items[0].held.value, cases[i].held);
		assert_true(dg_absent(&facts->actions.items[1].held));
	}
}

static void test_broken_actions(void **state)
{
	static const struct {
		const char *members, *why;
	} cases[] = {
		{ACTION "\"state\": \"ajar\"", "\"state\" is neither"},
		{ACTION "\"state\": \"open\", \"state\": \"open\"", "line 1"},
		{ACTION "\"verb\"", "line 1"},
		{"\"verb\": \"enforce\", " OPEN, "\"started\" is no time"},
		{"\"started\": 7, " OPEN, "\"started\" is no time"},
		{ACTION "\"state\": \"open\"", "it is open, and does not tell all"},
		{ACTION "\"state\": \"closed\"", "has no \"outcome\""},
		{ACTION "\"state\": \"open\", \"x\": \"\xff\"", "line 1"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		const char *words;

		put_action(1, cases[i].members);
		facts = collect(&tree, &dg_collect_actions);
		assert_int_equal(facts->actions.count, 1);
		words = said(&facts->actions.items[0]);
		if (!dg_after(words, "malformed: /" ACTIONS
				     "20260603T080000Z-00000001.json: ") ||
		    !strstr(words, cases[i].why))
			fail_msg("%s: %s", cases[i].members, words);
	}
}

static void test_action_files(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, ACTIONS ".driftguard-0", "x");
	put(&tree, ACTIONS "README", "x");
	put_fifo(&tree, ACTIONS "1.json");
	put_sparse(&tree, ACTIONS "2.json", (off_t)1 << 30);
	put(&tree, ACTIONS "3.json",
	    "{\"schema\": \"driftguard.action/1\", \"id\": \"4\", " ACTION OPEN "}");
	facts = collect(&tree, &dg_collect_actions);
	assert_int_equal(facts->actions.count, 3);
	assert_string_equal(said(&facts->actions.items[0]),
			    "unreadable: /" ACTIONS "1.json: is not a regular file");
	assert_string_equal(said(&facts->actions.items[1]),
			    "unreadable: /" ACTIONS
			    "2.json: is larger than what is read of it");
	assert_string_equal(said(&facts->actions.items[2]),
			    "malformed: /" ACTIONS
			    "3.json: \"id\" is not what the file is named after");
}

/* Many runs that only looked do not hide an old action that was cut off. */
static void test_many_actions(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put_action(0, ACTION OPEN);
	put_action(1, ACTION "\"state\": \"closed\", \"outcome\": \"done\"");
	for (int i = 2; i < 100; i++)
		put_action(i, ACTION "\"state\": \"closed\", \"outcome\": \"dry-run\"");
	facts = collect(&tree, &dg_collect_actions);
	assert_int_equal(facts->actions.count, 66);
	assert_true(facts->actions.items[0].open.value);
	assert_string_equal(said(&facts->actions.items[1].outcome), "done");
	assert_string_equal(said(&facts->actions.items[65].id),
			    "20260603T080000Z-00000063");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_standalone),
		TEST(test_node),
		TEST(test_not_quorate),
		TEST(test_members_untold),
		TEST(test_containers),
		TEST(test_proven),
		TEST(test_proven_elsewhere),
		TEST(test_actions),
		TEST(test_lock),
		TEST(test_broken_actions),
		TEST(test_action_files),
		TEST(test_many_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
