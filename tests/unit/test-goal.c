/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goals: what commands lead to, and when a host is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "policy/goal.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"

#define TOOL "proxmox-boot-tool"

/* --- commands --- */

static void test_closed_set(void **state)
{
	static const struct {
		const char *words[DG_ARGV_MAX];
		bool ok;
	} cases[] = {
		{{TOOL, "refresh"}, true},
		{{TOOL, "kernel", "pin", NEWEST}, true},
		{{TOOL, "kernel", "pin", NEWEST, "--next-boot"}, true},
		{{TOOL, "kernel", "unpin"}, true},
		{{TOOL, "kernel", "unpin", "--next-boot"}, true},
		{{NULL}, false},
		{{TOOL}, false},
		{{"apt"}, false},
		{{"apt", "refresh"}, false},
		{{"/usr/sbin/" TOOL, "refresh"}, false},
		{{TOOL, "refresh", "--hook"}, false},
		{{TOOL, "reinit"}, false},
		{{TOOL, "clean"}, false},
		{{TOOL, "kernel"}, false},
		{{TOOL, "kernel", "list"}, false},
		{{TOOL, "kernel", "add", NEWEST}, false},
		{{TOOL, "kernel", "pin"}, false},
		{{TOOL, "kernel", "pin", ""}, false},
		{{TOOL, "kernel", "pin", "--next-boot"}, false},
		{{TOOL, "kernel", "pin", "../" NEWEST}, false},
		{{TOOL, "kernel", "pin", NEWEST, "--now"}, false},
		{{TOOL, "kernel", "unpin", NEWEST}, false},
		{{TOOL, "kernel", "unpin", "--next-boot", "--next-boot"}, false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_argv argv = {0};
		const char *why;

		for (size_t j = 0; j < DG_ARGV_MAX; j++)
			argv.words[j] = (char *)(uintptr_t)cases[i].words[j];
		why = dg_command_refuse(&argv);
		if (cases[i].ok != !why)
			fail_msg("case %zu: %s", i, why ? why : "is taken");
	}
}

static void add_step(struct dg_plan *plan, const char *const *words)
{
	struct dg_argv *argv = &plan->steps[plan->step_count++].argv;

	for (size_t i = 0; words[i]; i++)
		argv->words[i] = strdup(words[i]);
}

#define STEP(plan, ...) add_step(plan, (const char *const[]){TOOL, __VA_ARGS__, NULL})

static void expect_text(const char *text, const char *expected)
{
	if (expected)
		assert_string_equal(text, expected);
	else
		assert_null(text);
}

static void expect_goal(const struct dg_facts *f, struct dg_plan *plan, const char *pin_,
			const char *next, const char *boots)
{
	struct dg_goal goal;

	dg_goal_of_plan(f, plan, &goal);
	expect_text(goal.pin, pin_);
	expect_text(goal.next_pin, next);
	expect_text(goal.boots, boots);
	assert_int_equal(goal.missing, 0);
	dg_plan_free(plan);
}

static struct dg_plan *new_plan(void)
{
	return calloc(1, sizeof(struct dg_plan));
}

static void test_of_plan(void **state)
{
	struct dg_facts *f = host_esps();
	struct dg_plan *plan = new_plan();

	(void)state;
	pin_old(f);
	STEP(plan, "kernel", "pin", NEWEST);
	STEP(plan, "refresh");
	expect_goal(f, plan, NEWEST, NULL, NEWEST);
	plan = new_plan();
	STEP(plan, "kernel", "pin", NEWER, "--next-boot");
	expect_goal(f, plan, OLD, NEWER, NEWER);
	plan = new_plan();
	STEP(plan, "kernel", "unpin");
	expect_goal(f, plan, NULL, NULL, NEWEST);
	dg_set_str(&f->boot.next_pin, NEWER);
	plan = new_plan();
	STEP(plan, "refresh");
	expect_goal(f, plan, OLD, NEWER, NEWER);
	plan = new_plan();
	STEP(plan, "kernel", "unpin", "--next-boot");
	expect_goal(f, plan, OLD, NULL, OLD);
	plan = new_plan();
	STEP(plan, "kernel", "unpin"); /* takes the other along */
	expect_goal(f, plan, NULL, NULL, NEWEST);
	dg_facts_free(f);
}

/* What an unpin makes boot with the kernel `abi` of the package `owner` there too. */
static void expect_unpinned(const char *abi, const char *owner, bool runs, bool by_hand_,
			    const char *boots)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_esps();
	struct dg_plan *plan = new_plan();

	pin_old(f);
	add_kernel(f, abi);
	dg_set_str(&owner_of(f, abi)->name, owner);
	if (runs)
		run_kernel(f, abi);
	if (by_hand_)
		dg_set_str(&DG_ADD(&f->boot.manual, 1)->name, abi);
	STEP(plan, "kernel", "unpin");
	STEP(plan, "refresh");
	expect_goal(f, plan, NULL, NULL, boots);
}

#define DEBIAN "7.3.1+deb13-amd64"

static void test_of_unpin(void **state)
{
	(void)state;
	expect_unpinned(DEBIAN, "linux-image-" DEBIAN, false, false, NEWEST);
	expect_unpinned(DEBIAN, "linux-image-" DEBIAN, true, false, DEBIAN);
	expect_unpinned(DEBIAN, "linux-image-" DEBIAN, false, true, DEBIAN);
	expect_unpinned("7.3.1-1-pve", "linux-image-7.3.1-1-pve", false, false, NEWEST);
	expect_unpinned("7.3.1-1-pve-acs", "proxmox-kernel-7.3.1-1-pve-acs", false, false,
			"7.3.1-1-pve-acs");
}

/* --- hosts --- */

/* Whether a host, made and bent, is where the goal says; with `says` in why not. */
static void expect_reached(struct dg_facts *(*make)(void),
			   void (*bend)(struct dg_facts *), const struct dg_goal *goal,
			   enum dg_answer answer, const char *says)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = make();
	DG_FREE char *why = NULL;
	enum dg_answer got;

	if (bend)
		bend(f);
	got = dg_goal_reached(f, policy, goal, &why);
	if (got != answer || (says ? !why || !strstr(why, says) : why != NULL))
		fail_msg("%d, not %d: %s, not %s", got, answer, why ? why : "nothing",
			 says ? says : "nothing");
}

static void empty_pin(struct dg_facts *f)
{
	dg_set_gap(&f->boot.pin.meta, DG_MALFORMED, "\"x y\" is no kernel's name");
}

static void unread_pin(struct dg_facts *f)
{
	make_gap(&f->boot.pin);
}

static void trial(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.next_pin, NEWER);
}

/* The pin file alone, as after a pin without a refresh. */
static void not_refreshed(struct dg_facts *f)
{
	pin_file(f, NEWEST, 0);
}

static void second_is_old(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.esps.items[0].loader_default, "proxmox-*");
}

static void second_is_gone(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&f->boot.esps.items[1].device);
	make_absent(&f->boot.esps.items[1].loader);
}

static void second_is_unread(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->boot.esps.items[1].loader);
}

static void no_list(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->boot.managed);
}

static struct dg_copy *copy_of(struct dg_facts *f, const char *abi)
{
	dg_list_foreach (copy, f->boot.esps.items[1].copies)
		if (dg_streq(dg_get(&copy->abi), abi))
			return copy;
	fail_msg("there is no copy of %s", abi);
	return NULL;
}

static void broken_image(struct dg_facts *f)
{
	pin_old(f);
	dg_set_gap(&copy_of(f, OLD)->image_version.meta, DG_MALFORMED, "truncated");
}

static void short_initrd(struct dg_facts *f)
{
	struct dg_copy *copy;

	pin_old(f);
	copy = copy_of(f, OLD);
	dg_set_int(&copy->initrd_size, copy->initrd_size.value / 2);
}

static struct dg_installed *original_of(struct dg_facts *f, const char *abi)
{
	dg_list_foreach (kernel, f->kernels)
		if (dg_streq(dg_get(&kernel->abi), abi))
			return kernel;
	fail_msg("there is no kernel %s", abi);
	return NULL;
}

static void short_image(struct dg_facts *f)
{
	pin_old(f);
	copy_of(f, OLD)->image_size.value -= 512;
}

static void unread_original(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&original_of(f, OLD)->image);
	make_gap(&original_of(f, OLD)->image_version);
}

static void unread_original_initrd(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&original_of(f, OLD)->initrd);
	make_gap(&original_of(f, OLD)->initrd_size);
}

static void unread_copy(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&copy_of(f, OLD)->image_version);
}

static void unread_copied_initrd(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&copy_of(f, OLD)->initrd_size);
}

static void other_time(struct dg_facts *f)
{
	pin_old(f);
	copy_of(f, OLD)->initrd_time.value += 300;
}

/* The initrd is known to be wrong, whatever else is not known. */
static void short_and_unread(struct dg_facts *f)
{
	unread_copy(f);
	dg_set_int(&copy_of(f, OLD)->initrd_size, 5);
}

/* Images of another kind. */
static void no_versions(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&original_of(f, OLD)->image_version);
	dg_list_foreach (esp, f->boot.esps)
		dg_list_foreach (copy, esp->copies)
			if (dg_streq(dg_get(&copy->abi), OLD))
				make_absent(&copy->image_version);
}

static void no_versions_short(struct dg_facts *f)
{
	no_versions(f);
	copy_of(f, OLD)->image_size.value -= 512;
}

static void no_versions_unread(struct dg_facts *f)
{
	no_versions(f);
	make_gap(&copy_of(f, OLD)->image_size);
}

static void one_has_no_version(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&copy_of(f, OLD)->image_version);
}

/* A pin that outlived its kernel: the copies stay, and boot. */
static void uninstalled(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&original_of(f, OLD)->abi, "6.2.1-1-pve");
}

static void uninstalled_without_initrd(struct dg_facts *f)
{
	uninstalled(f);
	make_absent(&copy_of(f, OLD)->initrd);
}

static void unread_kernels(struct dg_facts *f)
{
	uninstalled(f);
	make_gap(&f->kernels);
}

static void other_is_broken(struct dg_facts *f)
{
	pin_old(f);
	dg_set_gap(&copy_of(f, NEWER)->image_version.meta, DG_MALFORMED, "truncated");
}

/* As a full ESP leaves it. */
static void lose_image(struct dg_facts *f, const char *abi)
{
	struct dg_copy *copy;

	pin_old(f);
	copy = copy_of(f, abi);
	make_absent(&copy->image);
	copy->image_size.value -= 512;
	dg_set_gap(&copy->image_version.meta, DG_MALFORMED, "truncated");
}

static void lost_image(struct dg_facts *f)
{
	lose_image(f, OLD);
}

static void other_is_lost(struct dg_facts *f)
{
	lose_image(f, NEWER);
}

static void other_is_short(struct dg_facts *f)
{
	pin_old(f);
	dg_set_int(&copy_of(f, NEWER)->initrd_size, 5);
}

static void other_is_unread(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&copy_of(f, NEWER)->image);
}

/* What no refresh mends: a kernel that is not in /boot, and what removing one left. */
static void other_is_debris(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&copy_of(f, NEWER)->abi, "6.2.1-1-pve");
	make_absent(&copy_of(f, BEFORE)->image);
	make_absent(&copy_of(f, BEFORE)->image_size);
	make_absent(&copy_of(f, BEFORE)->image_version);
}

static void by_hand(struct dg_facts *f)
{
	char id[128];

	snprintf(id, sizeof(id), "gnulinux-advanced-%s>gnulinux-%s-advanced-%s", ROOT_ID,
		 NEWER, ROOT_ID);
	grub_default(f, id);
	dg_set_str(&f->boot.grub_default, id);
}

static void left_in_menu(struct dg_facts *f)
{
	by_hand(f);
	dg_set_str(&f->boot.grub_default, "0");
}

/* A pin file that names another kernel than the loaders. */
static void pins_differ(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.pin, NEWER);
}

static const struct dg_goal unpinned = {.boots = NEWEST};
static const struct dg_goal old = {.pin = OLD, .boots = OLD};
static const struct dg_goal newest = {.pin = NEWEST, .boots = NEWEST};

static void test_pins(void **state)
{
	static const struct dg_goal no_pin = {0}, next = {.pin = OLD, .next_pin = NEWER};

	(void)state;
	expect_reached(host_grub, NULL, &unpinned, DG_YES, NULL);
	expect_reached(host_grub, pin_old, &old, DG_YES, NULL);
	expect_reached(host_grub, pin_old, &newest, DG_NO,
		       "proxmox-boot-pin names " OLD ", not " NEWEST);
	expect_reached(host_grub, pin_old, &no_pin, DG_NO, "names " OLD ", not none");
	expect_reached(host_grub, NULL, &old, DG_NO, "names no kernel, not " OLD);
	expect_reached(host_grub, empty_pin, &no_pin, DG_NO, "is no kernel's name");
	expect_reached(host_grub, unread_pin, &no_pin, DG_CANNOT_TELL, "cannot be told");
	expect_reached(host_grub, trial, &next, DG_YES, NULL);
	expect_reached(host_grub, trial, &old, DG_NO, "next-boot-pin names " NEWER);
}

static void test_loaders(void **state)
{
	static const struct dg_goal newer = {.boots = NEWER};

	(void)state;
	expect_reached(host_esps, NULL, &unpinned, DG_YES, NULL);
	expect_reached(host_esps, pin_old, &old, DG_YES, NULL);
	/* The newest boots, but not because it is pinned. */
	expect_reached(host_esps, not_refreshed, &newest, DG_NO, "as the newest");
	expect_reached(host_grub, not_refreshed, &newest, DG_NO, "as the newest");
	expect_reached(host_esps, second_is_old, &old, DG_NO, "boots " NEWEST);
	expect_reached(host_grub, by_hand, &newer, DG_YES, NULL);
	expect_reached(host_grub, left_in_menu, &newer, DG_NO, "as if it were still");
	expect_reached(host_esps, no_list, &old, DG_CANNOT_TELL, "managed");
}

static void test_esps(void **state)
{
	static const struct dg_goal spared = {.pin = OLD, .boots = OLD, .missing = 1};

	(void)state;
	expect_reached(host_esps, second_is_gone, &old, DG_NO, "is not there");
	expect_reached(host_esps, second_is_gone, &spared, DG_YES, NULL);
	expect_reached(host_esps, second_is_unread, &old, DG_CANNOT_TELL, "ESP ");
	expect_reached(host_esps, second_is_unread, &spared, DG_CANNOT_TELL, "ESP ");
	expect_reached(host_esps, broken_image, &old, DG_NO, "is broken: truncated");
	expect_reached(host_esps, lost_image, &old, DG_NO, "is broken: truncated");
	expect_reached(host_esps, short_initrd, &old, DG_NO, "not the one in /boot");
	expect_reached(host_esps, short_image, &old, DG_NO, "not the one in /boot");
	expect_reached(host_esps, short_and_unread, &old, DG_NO, "not the one in /boot");
	expect_reached(host_esps, one_has_no_version, &old, DG_NO,
		       "not the one in /boot");
	expect_reached(host_esps, no_versions, &old, DG_YES, NULL);
	expect_reached(host_esps, no_versions_short, &old, DG_NO, "not the one in /boot");
	expect_reached(host_esps, uninstalled, &old, DG_YES, NULL);
	expect_reached(host_esps, uninstalled_without_initrd, &old, DG_NO,
		       "has no initrd");
	/* Another kernel's copy is not what boots. */
	expect_reached(host_esps, other_is_broken, &old, DG_YES, NULL);
}

static void test_unseen_copies(void **state)
{
	static void (*const bends[])(struct dg_facts *) = {
		unread_original, unread_original_initrd,
		unread_copy,	 unread_copied_initrd,
		other_time,	 no_versions_unread,
		unread_kernels,
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(bends); i++)
		expect_reached(host_esps, bends[i], &old, DG_CANNOT_TELL, "its cop");
}

static void test_fresh(void **state)
{
	static const struct dg_goal fresh = {.pin = OLD, .fresh = true};

	(void)state;
	expect_reached(host_esps, pin_old, &fresh, DG_YES, NULL);
	expect_reached(host_esps, other_is_debris, &fresh, DG_YES, NULL);
	expect_reached(host_esps, other_is_broken, &fresh, DG_NO,
		       "its copy of " NEWER " is broken");
	expect_reached(host_esps, other_is_lost, &fresh, DG_NO,
		       "its copy of " NEWER " is broken");
	expect_reached(host_esps, other_is_short, &fresh, DG_NO, "not the one in /boot");
	expect_reached(host_esps, second_is_gone, &fresh, DG_NO, "is not there");
	expect_reached(host_esps, other_is_unread, &fresh, DG_CANNOT_TELL,
		       "its copy of " NEWER " cannot be read");
	expect_reached(host_esps, unread_kernels, &fresh, DG_CANNOT_TELL, "its copies");
}

static void expect_is_at(struct dg_facts *(*make)(void), void (*bend)(struct dg_facts *),
			 const char *pin_, const char *boots, bool fresh)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = make();
	struct dg_goal goal;

	if (bend)
		bend(f);
	dg_goal_of(f, policy, &goal);
	expect_text(goal.pin, pin_);
	assert_null(goal.next_pin);
	expect_text(goal.boots, boots);
	assert_int_equal(goal.fresh, fresh);
}

static void test_of_host(void **state)
{
	(void)state;
	expect_is_at(host_grub, NULL, NULL, NEWEST, false);
	expect_is_at(host_esps, pin_old, OLD, OLD, true);
	expect_is_at(host_esps, second_is_old, OLD, NULL, true);
	expect_is_at(host_esps, not_refreshed, NEWEST, NULL, true);
	expect_is_at(host_grub, pins_differ, NEWER, NULL, false);
	expect_is_at(host_esps, second_is_gone, OLD, OLD, true);
	expect_is_at(host_esps, broken_image, OLD, NULL, false);
	expect_is_at(host_esps, unread_copy, OLD, NULL, false);
	expect_is_at(host_esps, other_is_short, OLD, OLD, false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_set),    cmocka_unit_test(test_of_plan),
		cmocka_unit_test(test_of_unpin),      cmocka_unit_test(test_pins),
		cmocka_unit_test(test_loaders),	      cmocka_unit_test(test_esps),
		cmocka_unit_test(test_unseen_copies), cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_of_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
