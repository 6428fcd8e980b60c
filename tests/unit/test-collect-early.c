/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collector of what was so when this boot began. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define SAVED "run/driftguard/next-boot-pin"
#define EARLY "run/driftguard/initramfs.json"
#define ABI   "6.5.13-5-pve"
#define HEAD  "{\"schema\": \"driftguard.initramfs/1\""

/* As the script leaves it (tests/initramfs/run holds the script to that). */
static const char whole[] =
	HEAD ",\n\"kernel\": \"" ABI "\", \"image_for\": \"" ABI "\",\n"
	     "\"image_made\": \"2026-02-18T19:22:41Z\",\n"
	     "\"image_userland\": \"pve-manager 8.4.1\",\n"
	     "\"image_qemu\": \"pve-qemu-kvm 9.2.0-5\", \"image_pin\": null,\n"
	     "\"pin\": \"7.0.6-2-pve\", \"next_boot_pin\": \"" ABI "\",\n"
	     "\"in_force\": \"" ABI "\", \"until\": null, \"overdue\": \"unknown\"}\n";

static void test_nothing(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_early);

	(void)state;
	assert_true(dg_absent(&facts->boot.early));
	assert_true(dg_absent(&facts->boot.trial));
}

static void test_whole(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_early *early;

	(void)state;
	put(&tree, EARLY, whole);
	facts = collect(&tree, &dg_collect_early);
	early = &facts->boot.early;
	assert_string_equal(said(&early->kernel), ABI);
	assert_string_equal(said(&early->pin), "7.0.6-2-pve");
	assert_string_equal(said(&early->next_pin), ABI);
	assert_string_equal(said(&early->image_kernel), ABI);
	assert_number(&early->image_time, 1771442561);
	assert_string_equal(said(&early->image_userland), "pve-manager 8.4.1");
	assert_string_equal(said(&early->image_qemu), "pve-qemu-kvm 9.2.0-5");
	assert_true(dg_absent(&early->image_pin));
	/* Where tmpfiles saved nothing. */
	assert_string_equal(said(&facts->boot.trial), ABI);
}

static const struct {
	const char *saved, *early, *said;
} trials[] = {
	{.saved = ABI "\n", .said = ABI},
	{.saved = "6.8.12-4-pve\n", .early = whole, .said = "6.8.12-4-pve"},
	{.saved = "../x\n",
	 .said = "malformed: /" SAVED ": \"../x\" is no kernel's name"},
	{.saved = "", .said = "absent: /" SAVED ": is empty"},
	{.saved = "", .early = HEAD "}", .said = "absent: /" SAVED ": is empty"},
};

static void test_trials(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(trials); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, SAVED, trials[i].saved);
		put(&tree, EARLY, trials[i].early ? trials[i].early : "");
		facts = collect(&tree, &dg_collect_early);
		assert_string_equal(said(&facts->boot.trial), trials[i].said);
	}
}

static const char *const malformed[] = {
	"",   "{",    "[]",	"null", "{\"schema\": \"driftguard.initramfs/2\"}",
	"{}", "\xff", HEAD ",",
};

static void test_malformed(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(malformed); i++) {
		FACTS_CLEANUP struct dg_facts *bad = NULL;

		put(&tree, EARLY, malformed[i]);
		bad = collect(&tree, &dg_collect_early);
		if (bad->boot.early.meta.state != DG_MALFORMED)
			fail_msg("%zu: %s", i, said(&bad->boot.early));
		assert_true(dg_absent(&bad->boot.trial));
	}
	/* One member that is wrong costs that one. */
	put(&tree, EARLY,
	    HEAD ",\"kernel\": 7, \"pin\": \"x\", \"image_made\": \"today\"}");
	facts = collect(&tree, &dg_collect_early);
	assert_int_equal(facts->boot.early.kernel.meta.state, DG_MALFORMED);
	assert_string_equal(said(&facts->boot.early.pin), "x");
	assert_int_equal(facts->boot.early.image_time.meta.state, DG_MALFORMED);
	assert_int_equal(facts->boot.early.image_qemu.meta.state, DG_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_whole),
		TEST(test_trials),
		TEST(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
