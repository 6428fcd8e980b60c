/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person asks for: pins, trials, and their end; and one-shots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "policy/one-shot.h"
#include "policy/plan-pin.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/plan-words.h"

/* --- how hosts are bent --- */

static void try_before(struct dg_facts *f)
{
	dg_set_str(&f->boot.next_pin, BEFORE);
	dg_set_int(&f->boot.next_pin_time, NOW - DAY);
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "proxmox-" BEFORE ".conf");
}

static void pinned_and_tried(struct dg_facts *f)
{
	pin(f, NEWER, 10);
	try_before(f);
}

static void try_newer_too(struct dg_facts *f)
{
	try_before(f);
	dg_set_str(&f->boot.next_pin, NEWER);
}

/* One ESP does not follow: reinit came over it. */
static void half_applied(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.esps.items[1].loader_default, "proxmox-*");
}

static void file_alone(struct dg_facts *f)
{
	pin_file(f, OLD, 10);
	add_kernel(f, OLD);
}

static void by_hand(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&f->boot.pin);
	make_absent(&f->boot.pin_time);
	make_absent(&f->boot.snippet);
	make_absent(&f->boot.snippet_time);
	dg_set_str(&f->boot.grub_default_path, "/etc/default/grub");
}

static void bad_ledger(struct dg_facts *f)
{
	struct dg_debt *debt = document(f, BEFORE, 30);

	dg_set_gap(&debt->meta, DG_MALFORMED, "/etc/driftguard/pins.d/x.json:3: broken");
}

static void newer_without_image(struct dg_facts *f)
{
	make_absent(&kernel_of(f, NEWER)->image);
	make_absent(&kernel_of(f, NEWER)->image_size);
}

/* As a full disk leaves it: what boots when nothing is pinned, and boots nothing. */
static void newest_cut_off(struct dg_facts *f)
{
	struct dg_installed *kernel;

	pin_old(f);
	kernel = kernel_of(f, NEWEST);
	dg_set_gap(&kernel->image.meta, DG_ABSENT, "/boot/vmlinuz-" NEWEST ": cut off");
	dg_set_gap(&kernel->image_version.meta, DG_MALFORMED, "truncated");
}

static void newest_initrd_cut_off(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&kernel_of(f, NEWEST)->initrd);
	dg_set_int(&kernel_of(f, NEWEST)->initrd_size, 0);
}

static void newer_without_initrd(struct dg_facts *f)
{
	make_absent(&kernel_of(f, NEWER)->initrd);
}

static void kernel_unread(struct dg_facts *f)
{
	make_gap(&kernel_of(f, NEWER)->abi);
}

static void pin_unread(struct dg_facts *f)
{
	make_gap(&f->boot.pin);
}

static void zfs_in_use(struct dg_facts *f)
{
	struct dg_module *module = DG_ADD(&f->modules, 100);

	dg_set_known(&f->modules.meta);
	dg_set_str(&module->name, "zfs");
	dg_set_str(&module->taint, "PO");
}

static void debian_newest(struct dg_facts *f)
{
	pin_old(f);
	add_kernel(f, "7.3.1+deb13-amd64");
}

/* Proxmox's sources, built and packaged as upstream's. */
static void rebuilt_newest(struct dg_facts *f)
{
	pin_old(f);
	add_kernel(f, "7.3.1-1-pve");
	dg_set_str(&owner_of(f, "7.3.1-1-pve")->name, "linux-image-7.3.1-1-pve");
}

/* Patched, and packaged as Proxmox's. */
static void patched_newest(struct dg_facts *f)
{
	pin_old(f);
	add_kernel(f, "7.3.1-1-pve-acs");
	dg_set_str(&owner_of(f, "7.3.1-1-pve-acs")->name,
		   "proxmox-kernel-7.3.1-1-pve-acs");
}

/* --- plans --- */

#define KPIN(abi) "proxmox-boot-tool kernel pin " abi
#define UNPIN	  "proxmox-boot-tool kernel unpin"
#define REFRESH	  "proxmox-boot-tool refresh"

static const struct pin_case {
	enum dg_pin_wish wish;
	const char *abi;
	struct dg_facts *(*host)(void);
	void (*bend)(struct dg_facts *f);
	struct plan_words words;
} cases[] = {
	{DG_PIN_SET,
	 NEWER,
	 host_grub,
	 NULL,
	 {.name = "pin",
	  .strategy = "pin",
	  .target = NEWER,
	  .commands = KPIN(NEWER) " [" UNPIN "]",
	  .then = "reboot"}},
	{DG_PIN_SET,
	 NEWEST,
	 host_grub,
	 NULL,
	 {.name = "pin what runs",
	  .strategy = "pin",
	  .target = NEWEST,
	  .commands = KPIN(NEWEST) " [" UNPIN "]"}},
	{DG_PIN_SET,
	 NEWEST,
	 host_esps,
	 pin_old,
	 {.name = "repin on ESPs",
	  .strategy = "pin",
	  .target = NEWEST,
	  .commands = KPIN(NEWEST) " [" KPIN(OLD) "; " REFRESH "]; " REFRESH,
	  .then = "reboot"}},
	{DG_PIN_SET,
	 OLD,
	 host_grub,
	 pin_old,
	 {.name = "adopt",
	  .strategy = "pin",
	  .target = OLD,
	  .why = OLD " is pinned already"}},
	{DG_PIN_SET,
	 OLD,
	 host_esps,
	 pin_old,
	 {.name = "adopt on ESPs", .strategy = "pin", .target = OLD}},
	{DG_PIN_SET,
	 OLD,
	 host_grub,
	 by_hand,
	 {.name = "adopt what a person wrote", .strategy = "pin", .target = OLD}},
	{DG_PIN_SET,
	 OLD,
	 host_esps,
	 half_applied,
	 {.name = "pinned, and one ESP does not follow",
	  .strategy = "pin",
	  .target = OLD,
	  .commands = KPIN(OLD) " [" KPIN(OLD) "; " REFRESH "]; " REFRESH}},
	{DG_PIN_SET,
	 OLD,
	 host_grub,
	 file_alone,
	 {.name = "a pin file that nothing follows",
	  .strategy = "pin",
	  .target = OLD,
	  .commands = KPIN(OLD) " [" KPIN(OLD) "]",
	  .then = "reboot"}},
	{DG_PIN_SET,
	 OLD,
	 host_grub,
	 bad_ledger,
	 {.name = "not installed, and the ledger cannot be used",
	  .strategy = "pin",
	  .target = OLD,
	  .commands = KPIN(OLD) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "image-present, ledger-sound"}},
	{DG_PIN_SET,
	 NEWER,
	 host_grub,
	 newer_without_image,
	 {.name = "modules without an image",
	  .strategy = "pin",
	  .target = NEWER,
	  .commands = KPIN(NEWER) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "image-present"}},
	{DG_PIN_SET,
	 NEWER,
	 host_grub,
	 newer_without_initrd,
	 {.name = "no initrd",
	  .strategy = "pin",
	  .target = NEWER,
	  .commands = KPIN(NEWER) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "initrd-present"}},
	{DG_PIN_SET,
	 NEWER,
	 host_grub,
	 kernel_unread,
	 {.name = "kernel unread",
	  .strategy = "pin",
	  .target = NEWER,
	  .commands = KPIN(NEWER) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "image-present"}},
	{DG_PIN_SET,
	 NEWER,
	 host_grub,
	 pin_unread,
	 {.name = "pin unread",
	  .strategy = "pin",
	  .target = NEWER,
	  .commands = KPIN(NEWER) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "pin-readable"}},
	{DG_PIN_SET,
	 BEFORE,
	 host_grub,
	 zfs_in_use,
	 {.name = "older than what runs, with ZFS",
	  .strategy = "pin",
	  .target = BEFORE,
	  .commands = KPIN(BEFORE) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "out-of-tree-modules, zfs-features"}},
	{DG_PIN_SET,
	 NEWER,
	 host_grub,
	 try_before,
	 {.name = "a trial of another kernel is pending",
	  .strategy = "pin",
	  .target = NEWER,
	  .commands = KPIN(NEWER) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "no-next-boot-pin"}},
	{DG_PIN_SET,
	 NEWER,
	 host_grub,
	 try_newer_too,
	 {.name = "a trial of the same kernel is pending",
	  .strategy = "pin",
	  .target = NEWER,
	  .commands = KPIN(NEWER) " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "no-next-boot-pin"}},

	/* trials */
	{DG_PIN_TRY,
	 BEFORE,
	 host_esps,
	 NULL,
	 {.name = "try on ESPs",
	  .strategy = "pin-next-boot",
	  .target = BEFORE,
	  .commands = KPIN(BEFORE) " --next-boot [" UNPIN " --next-boot; " REFRESH
				   "]; " REFRESH,
	  .then = "reboot"}},
	{DG_PIN_TRY,
	 "7.0.6-3-pve",
	 host_grub,
	 NULL,
	 {.name = "try what is not there",
	  .strategy = "pin-next-boot",
	  .target = "7.0.6-3-pve",
	  .commands = KPIN("7.0.6-3-pve") " --next-boot [" UNPIN " --next-boot]",
	  .then = "reboot",
	  .fails = "image-present"}},
	{DG_PIN_TRY_ONCE,
	 BEFORE,
	 host_esps,
	 NULL,
	 {.name = "once", .strategy = "one-shot", .target = BEFORE, .then = "reboot"}},
	{DG_PIN_TRY_ONCE,
	 NEWER,
	 host_esps,
	 newer_without_initrd,
	 {.name = "once, without an initrd",
	  .strategy = "one-shot",
	  .target = NEWER,
	  .then = "reboot",
	  .fails = "initrd-present"}},

	/* the end */
	{DG_PIN_LIFT,
	 NULL,
	 host_grub,
	 pin_old,
	 {.name = "unpin",
	  .strategy = "unpin",
	  .target = NEWEST,
	  .commands = UNPIN " [" KPIN(OLD) "]",
	  .then = "reboot"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_esps,
	 debian_newest,
	 {.name = "unpin on ESPs, which Debian's kernel is not copied to",
	  .strategy = "unpin",
	  .target = NEWEST,
	  .commands = UNPIN " [" KPIN(OLD) "; " REFRESH "]; " REFRESH,
	  .then = "reboot"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_esps,
	 rebuilt_newest,
	 {.name = "unpin on ESPs, which no upstream package's kernel is copied to",
	  .strategy = "unpin",
	  .target = NEWEST,
	  .commands = UNPIN " [" KPIN(OLD) "; " REFRESH "]; " REFRESH,
	  .then = "reboot"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_esps,
	 patched_newest,
	 {.name = "unpin on ESPs, which a patched kernel is copied to",
	  .strategy = "unpin",
	  .target = "7.3.1-1-pve-acs",
	  .commands = UNPIN " [" KPIN(OLD) "; " REFRESH "]; " REFRESH,
	  .then = "reboot"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_grub,
	 newest_cut_off,
	 {.name = "unpin to what is cut off",
	  .strategy = "unpin",
	  .target = NEWEST,
	  .commands = UNPIN " [" KPIN(OLD) "]",
	  .then = "reboot",
	  .fails = "image-present"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_esps,
	 newest_initrd_cut_off,
	 {.name = "unpin to what has no initrd any more",
	  .strategy = "unpin",
	  .target = NEWEST,
	  .commands = UNPIN " [" KPIN(OLD) "; " REFRESH "]; " REFRESH,
	  .then = "reboot",
	  .fails = "initrd-present"}},
	{DG_PIN_SET,
	 NEWEST,
	 host_grub,
	 newest_cut_off,
	 {.name = "pin what is cut off",
	  .strategy = "pin",
	  .target = NEWEST,
	  .commands = KPIN(NEWEST) " [" KPIN(OLD) "]",
	  .then = "reboot",
	  .fails = "image-present"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_grub,
	 NULL,
	 {.name = "nothing to unpin", .strategy = "unpin", .why = "nothing is pinned"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_grub,
	 by_hand,
	 {.name = "unpin what a person wrote",
	  .strategy = "unpin",
	  .target = NEWEST,
	  .commands = UNPIN " [" UNPIN "]",
	  .then = "reboot",
	  .fails = "pinned-by-tool"}},
	{DG_PIN_LIFT,
	 NULL,
	 host_grub,
	 pinned_and_tried,
	 {.name = "unpin under a trial",
	  .strategy = "unpin",
	  .target = NEWEST,
	  .commands = UNPIN " [" KPIN(NEWER) "]",
	  .fails = "no-next-boot-pin"}},
	{DG_PIN_LIFT_TRIAL,
	 NULL,
	 host_esps,
	 pinned_and_tried,
	 {.name = "call the trial off",
	  .strategy = "unpin-next-boot",
	  .target = NEWER,
	  .commands = UNPIN " --next-boot [" KPIN(BEFORE) " --next-boot; " REFRESH
							  "]; " REFRESH}},
	{DG_PIN_LIFT_TRIAL,
	 NULL,
	 host_esps,
	 pin_old,
	 {.name = "no trial",
	  .strategy = "unpin-next-boot",
	  .why = "no trial is pending"}},
};

static struct dg_plan *make_plan(const struct dg_facts *f, enum dg_pin_wish wish,
				 const char *abi)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	struct dg_plan *plan = NULL;
	struct dg_view view;

	assert_non_null(policy);
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	assert_int_equal(dg_view_derive(f, policy, &view), 0);
	assert_int_equal(dg_plan_pin(&view, wish, abi, &plan), 0);
	dg_view_clear(&view);
	return plan;
}

static void test_plans(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = cases[i].host();
		DG_CLEANUP(dg_plan_freep) struct dg_plan *plan = NULL;

		if (cases[i].bend)
			cases[i].bend(f);
		plan = make_plan(f, cases[i].wish, cases[i].abi);
		wrong += plan_expect(&cases[i].words, plan);
	}
	assert_int_equal(wrong, 0);
}

/* --- what is not installed --- */

static const struct dg_preflight *preflight_of(const struct dg_plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->preflight_count; i++)
		if (dg_streq(plan->preflights[i].id, id))
			return &plan->preflights[i];
	fail_msg("no preflight %s", id);
	return NULL;
}

static void test_nearest(void **state)
{
	static const struct {
		const char *asked, *near;
	} pairs[] = {
		{"7.0.6-3-pve", NEWEST},    /* a slip */
		{"7.0.2-16-pve", NEWER},    /* likewise */
		{"6.17.2-1-pve", BEFORE},   /* that series */
		{"7.0.99-12-pve", NEWEST},  /* its newest */
		{"5.15.108-1-pve", NEWEST}, /* nothing like it */
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(pairs); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
		DG_CLEANUP(dg_plan_freep)
		struct dg_plan *plan = make_plan(f, DG_PIN_SET, pairs[i].asked);
		const struct dg_preflight *p = preflight_of(plan, "image-present");

		assert_int_equal(p->ok, DG_NO);
		assert_non_null(strstr(p->detail, pairs[i].asked));
		if (!strstr(p->unblock, pairs[i].near))
			fail_msg("%s: %s", pairs[i].asked, p->unblock);
	}
}

/* Every preflight of every plan has a name that --override knows. */
static void test_names(void **state)
{
	const char *names[DG_PREFLIGHT_NAMES_MAX];

	(void)state;
	dg_preflight_names(names);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = cases[i].host();
		DG_CLEANUP(dg_plan_freep) struct dg_plan *plan = NULL;

		if (cases[i].bend)
			cases[i].bend(f);
		plan = make_plan(f, cases[i].wish, cases[i].abi);
		for (size_t j = 0; j < plan->preflight_count; j++) {
			size_t n = 0;

			while (names[n] && !dg_streq(names[n], plan->preflights[j].id))
				n++;
			if (!names[n])
				fail_msg("%s has no name", plan->preflights[j].id);
		}
	}
	assert_non_null(dg_preflight_essential("image-present"));
	assert_null(dg_preflight_essential("out-of-tree-modules"));
}

/* --- one-shots --- */

#define MENU(abi) "gnulinux-advanced-" ROOT_ID ">gnulinux-" abi "-advanced-" ROOT_ID

static void grub_cannot(struct dg_facts *f)
{
	dg_set_bool(&f->boot.grub.one_shot, false);
}

static void other_esp_lacks_it(struct dg_facts *f)
{
	dg_set_str(&f->boot.efi.firmware_part_uuid, "part-b");
	dg_list_foreach (entry, f->boot.esps.items[1].entries)
		if (dg_streq(dg_get(&entry->abi), BEFORE))
			dg_set_str(&entry->abi, "1.2.3-4-pve");
}

static void booted_from_unknown(struct dg_facts *f)
{
	dg_set_str(&f->boot.efi.loader_part_uuid, "part-z");
}

static void booted_by_grub(struct dg_facts *f)
{
	make_absent(&f->boot.efi.loader_info);
}

static const struct {
	const char *name;
	struct dg_facts *(*host)(void);
	void (*bend)(struct dg_facts *f);
	const char *abi;
	enum dg_once_way way;
	const char *entry, *why;
} once_cases[] = {
	{"systemd-boot", host_esps, NULL, BEFORE, DG_ONCE_EFI, "proxmox-" BEFORE ".conf",
	 NULL},
	{"GRUB", host_grub, NULL, BEFORE, DG_ONCE_GRUBENV, MENU(BEFORE), NULL},
	{"not on the ESP", host_esps, NULL, OLD, DG_ONCE_NONE, NULL,
	 "ESP AAAA-0001 has no entry of " OLD},
	{"not on the next ESP", host_esps, other_esp_lacks_it, BEFORE, DG_ONCE_NONE, NULL,
	 "ESP BBBB-0002 has no entry of " BEFORE},
	{"unknown ESP", host_esps, booted_from_unknown, BEFORE, DG_ONCE_NONE, NULL,
	 "which ESP this boot came from is not known"},
	{"ESPs, booted by another loader", host_esps, booted_by_grub, BEFORE,
	 DG_ONCE_NONE, NULL, "did not come from systemd-boot"},
	{"GRUB on LVM", host_grub, grub_cannot, BEFORE, DG_ONCE_NONE, NULL,
	 "GRUB cannot clear next_entry here"},
	{"not in the menu", host_grub, NULL, OLD, DG_ONCE_NONE, NULL,
	 "/boot/grub/grub.cfg has no entry of " OLD},
};

static void test_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(once_cases); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = once_cases[i].host();
		DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
		DG_CLEANUP(dg_once_clear) struct dg_once once;
		struct dg_view view;

		if (once_cases[i].bend)
			once_cases[i].bend(f);
		assert_int_equal(dg_view_derive(f, policy, &view), 0);
		assert_int_equal(dg_once_choose(&view, once_cases[i].abi, &once), 0);
		dg_view_clear(&view);
		if (once.way != once_cases[i].way)
			fail_msg("%s: way %d", once_cases[i].name, (int)once.way);
		if (once_cases[i].entry)
			assert_string_equal(once.entry, once_cases[i].entry);
		if (once_cases[i].why && !strstr(once.why, once_cases[i].why))
			fail_msg("%s: %s", once_cases[i].name, once.why);
	}
}

/* What is chosen is what boots once it is set, and once alone. */
static void test_once_boots(void **state)
{
	struct dg_facts *(*const hosts[])(void) = {host_esps, host_grub};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(hosts); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = hosts[i]();
		DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
		DG_CLEANUP(dg_once_clear) struct dg_once once;
		enum dg_once_way way = DG_ONCE_NONE;
		struct dg_view view;

		assert_int_equal(dg_view_derive(f, policy, &view), 0);
		assert_null(dg_once_pending(&view, &way));
		assert_int_equal(dg_once_choose(&view, BEFORE, &once), 0);
		dg_view_clear(&view);
		dg_set_str(once.way == DG_ONCE_EFI ? &f->boot.efi.entry_oneshot
						   : &f->boot.grub.next_entry,
			   once.entry);
		assert_int_equal(dg_view_derive(f, policy, &view), 0);
		assert_string_equal(dg_once_pending(&view, &way), BEFORE);
		assert_int_equal(way, once.way);
		assert_string_equal(view.next.abi, BEFORE);
		assert_true(view.next.once);
		assert_string_equal(view.first->lasting.abi, NEWEST);
		dg_view_clear(&view);
	}
}

/* Whether one of the file's words is that. */
static bool has_word(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char found[64] = "";
	bool has = false;

	assert_non_null(file);
	while (!has && fscanf(file, " %63[a-z-]", found) != EOF) {
		has = dg_streq(found, word);
		if (fgetc(file) == EOF)
			break;
	}
	fclose(file);
	return has;
}

/* What can be overridden, and that alone, is what shells complete. */
static void test_completions(void **state)
{
	static const char *const files[] = {"completions/driftguard.bash",
					    "completions/_driftguard"};
	const char *names[DG_PREFLIGHT_NAMES_MAX];

	(void)state;
	dg_preflight_names(names);
	for (size_t i = 0; names[i]; i++)
		for (size_t j = 0; j < DG_COUNT(files); j++) {
			/* One that only advises is in nobody's way. */
			bool can = !dg_preflight_essential(names[i]) &&
				   !dg_streq(names[i], "network-names");

			if (has_word(files[j], names[i]) != can)
				fail_msg("%s: %s", files[j], names[i]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),	   cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_names),	   cmocka_unit_test(test_once),
		cmocka_unit_test(test_once_boots), cmocka_unit_test(test_completions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
