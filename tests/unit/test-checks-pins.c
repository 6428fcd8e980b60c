/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every grade of the checks of pins, and of the guard itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/text.h"
#include "tests/unit/checks-cases.h"

/* --- how hosts are bent --- */

static void old_very_late(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, -16);
}

static void next_entry_stays(struct dg_facts *f)
{
	next_entry(f);
	dg_set_bool(&f->boot.grub.one_shot, false);
}

static void pin_for(struct dg_facts *f, int64_t days)
{
	pin(f, NEWEST, days);
}

static void pin_76(struct dg_facts *f)
{
	pin_for(f, 76);
}

static void pin_77(struct dg_facts *f)
{
	pin_for(f, 77);
}

static void pin_90(struct dg_facts *f)
{
	pin_for(f, 90);
}

static void pin_91(struct dg_facts *f)
{
	pin_for(f, 91);
}

static void pin_undated(struct dg_facts *f)
{
	pin_for(f, 5);
	make_gap(&f->boot.pin_time);
}

static void pin_of_future(struct dg_facts *f)
{
	pin_for(f, -3);
}

static void pin_of_tomorrow(struct dg_facts *f)
{
	pin_for(f, -1);
}

/* A new pin of the same kernel makes the file young; the ledger remembers. */
static void pin_again(struct dg_facts *f)
{
	pin_for(f, 1);
	document(f, NEWEST, -1);
}

static void variable_pin(struct dg_facts *f)
{
	dg_set_str(&f->boot.efi.entry_default, "proxmox-" NEWEST ".conf");
}

static void saved_young(struct dg_facts *f)
{
	grub_default(f, "${saved_entry}");
	dg_set_str(&f->boot.grub.saved_entry, "1>2");
	dg_set_int(&f->boot.grub.env_time, NOW - 5 * DAY);
}

static void outlived_minor(struct dg_facts *f)
{
	pin_for(f, 40);
}

static void outlived_major(struct dg_facts *f)
{
	pin_for(f, 500);
}

static void outlived_qemu(struct dg_facts *f)
{
	pin_for(f, 210);
	f->packages.upgrades.items[2].time.value = NOW - 300 * DAY;
}

static void outlived_none(struct dg_facts *f)
{
	pin_for(f, 20);
}

static void outlived_untold(struct dg_facts *f)
{
	pin_for(f, 20);
	dg_set_int(&f->packages.log_since, NOW - 10 * DAY);
}

static void outlived_no_log(struct dg_facts *f)
{
	pin_for(f, 20);
	make_absent(&f->packages.log_since);
	make_absent(&f->packages.upgrades);
}

static void clock_before_program(struct dg_facts *f)
{
	dg_set_int(&f->host.tool_time, NOW + 1);
}

static void clock_by_hand(struct dg_facts *f)
{
	make_absent(&f->host.tool_time);
}

static void old_1970(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, -30);
	clock_1970(f);
}

static void journal(struct dg_facts *f)
{
	dg_set_bool(&f->packages.journal, true);
}

/* --- the cases --- */

/* --- actions of driftguard --- */

static void acted(struct dg_facts *f)
{
	add_action(f, false, "undone");
}

static void cut_off(struct dg_facts *f)
{
	acted(f);
	add_action(f, true, NULL);
}

static void under_way(struct dg_facts *f)
{
	struct dg_deed *deed = add_action(f, true, NULL);

	dg_set_bool(&deed->held, true);
	dg_set_int(&deed->started, NOW - 60);
}

static void under_way_for_long(struct dg_facts *f)
{
	dg_set_bool(&add_action(f, true, NULL)->held, true);
}

/* What nobody finished does not become less by the run that is on. */
static void cut_off_and_under_way(struct dg_facts *f)
{
	cut_off(f);
	under_way(f);
}

static void not_undone(struct dg_facts *f)
{
	add_action(f, false, "unfinished");
}

static void action_unread(struct dg_facts *f)
{
	make_gap(add_action(f, false, "done"));
}

static void cut_off_and_unread(struct dg_facts *f)
{
	cut_off(f);
	action_unread(f);
}

static void actions_unread(struct dg_facts *f)
{
	make_gap(&f->actions);
}

static const struct check_case cases[] = {
#define K(how, ...)                                                          \
	{                                                                    \
		.id = "pin-age", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(pin_76, OK, EVIDENCE("age_days", "76")),
	K(pin_77, DRIFT(NOTICE)),
	K(pin_90, DRIFT(NOTICE)),
	K(pin_91, DRIFT(WARNING)),
	K(pin_undated, UNKNOWN),
	K(pin_of_future, UNKNOWN),
	K(pin_of_tomorrow, OK),
	K(pin_again, DRIFT(WARNING), EVIDENCE("age_days", "100")),
	K(old_documented, WAIVED(WARNING)),
	K(old_late, DRIFT(WARNING)),
	K(old_by_number, DRIFT(WARNING), EVIDENCE("pin_path", "/etc/default/grub")),
	K(old_saved, DRIFT(WARNING), EVIDENCE("pin_kind", "grub-saved")),
	K(saved_young, OK, EVIDENCE("pin_kind", "grub-saved")),
	K(next_entry, OK),
	K(next_entry_stays, OK, EVIDENCE("pinned", NEWER)),
	K(unapplied, OK),
	K(trial_new, OK),
	K(menu_broken, UNKNOWN),
	K(old_1970, UNKNOWN),
	{.id = "pin-age",
	 .host = host_esps,
	 .bend = variable_pin,
	 UNKNOWN,
	 EVIDENCE("pin_kind", "efi-variable")},
	{.id = "pin-age",
	 .host = host_esps,
	 .bend = loader_conf,
	 OK,
	 EVIDENCE("pin_kind", "loader-conf")},
#undef K
#define K(how, ...)                                                              \
	{                                                                        \
		.id = "pin-expired", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(pin_old, NOT_APPLICABLE),
	K(old_documented, OK),
	K(old_due_today, OK),
	K(old_late, DRIFT(WARNING)),
	K(old_very_late, DRIFT(CRITICAL), EVIDENCE("late_days", "15")),
	K(old_1970, UNKNOWN),
#undef K
#define K(how, ...)                                                                   \
	{                                                                             \
		.id = "pin-undocumented", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(pin_old, DRIFT(NOTICE)),
	K(old_documented, OK),
	K(old_late, OK),
	K(old_half_documented, DRIFT(NOTICE), EVIDENCE("missing", "[ \"owner\" ]")),
	K(old_blank, DRIFT(NOTICE), EVIDENCE("missing", "[ \"reason\" ]")),
	K(trial_new, OK),
	K(next_entry_stays, DRIFT(NOTICE)),
#undef K
#define K(how, ...)                                                            \
	{                                                                      \
		.id = "pin-outlived-userland", .host = host_grub, .bend = how, \
		__VA_ARGS__                                                    \
	}
	K(NULL, OK),
	K(outlived_none, OK),
	K(outlived_minor, DRIFT(WARNING)),
	K(outlived_major, DRIFT(CRITICAL)),
	K(outlived_qemu, DRIFT(WARNING)),
	K(outlived_untold, UNKNOWN),
	K(outlived_no_log, UNKNOWN),
	K(old_documented, WAIVED(WARNING)),
	K(old_blank, DRIFT(WARNING)),
#undef K
#define K(how, ...)                                                                    \
	{                                                                              \
		.id = "clock-implausible", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(clock_1970, DRIFT(WARNING)),
	K(clock_before_program, DRIFT(WARNING)),
	K(clock_by_hand, OK),
#undef K
#define K(how, ...)                                                                      \
	{                                                                                \
		.id = "upgrade-in-progress", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(locked, DRIFT(NOTICE)),
	K(journal, DRIFT(NOTICE)),
	K(half_installed, DRIFT(NOTICE)),
#undef K
#define K(how, ...)                                                                    \
	{                                                                              \
		.id = "action-unfinished", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(acted, OK),
	K(cut_off, DRIFT(CRITICAL), EVIDENCE("begun", "2026-06-02T08:00:00Z")),
	K(under_way, DRIFT(NOTICE)),
	K(under_way_for_long, DRIFT(CRITICAL)),
	K(cut_off_and_under_way, DRIFT(CRITICAL)),
	K(not_undone, DRIFT(CRITICAL)),
	K(cut_off_and_unread, DRIFT(CRITICAL)),
	K(action_unread, UNKNOWN),
	K(actions_unread, UNKNOWN),
#undef K
};

static void test_checks(void **state)
{
	(void)state;
	assert_int_equal(run_check_cases(cases, DG_COUNT(cases)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
