/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/text.h"
#include "tests/unit/checks-cases.h"

static size_t expect_evidence(const struct check_case *c, const struct dg_finding *f,
			      size_t number)
{
	const char *value = c->key ? evidence(f, c->key) : NULL;

	if (!c->key || dg_streq(value, c->value))
		return 0;
	print_error("case %zu, %s: %s is %s, not %s\n", number, c->id, c->key,
		    value ? value : "not there", c->value);
	return 1;
}

static size_t expect_remedy(const struct check_case *c, const struct dg_finding *f,
			    size_t number)
{
	if (!c->remedy || dg_streq(f->remedy, c->remedy))
		return 0;
	print_error("case %zu, %s: the remedy is \"%s\", not \"%s\"\n", number, c->id,
		    f->remedy ? f->remedy : "(the check's)", c->remedy);
	return 1;
}

static size_t expect_finding(const struct check_case *c, const struct dg_finding *f,
			     size_t number)
{
	if (f->status == c->status && f->severity == c->severity)
		return expect_evidence(c, f, number) + expect_remedy(c, f, number);
	print_error("case %zu, %s: %s %s, not %s %s: %s\n", number, c->id,
		    dg_status_name(f->status), dg_severity_name(f->severity),
		    dg_status_name(c->status), dg_severity_name(c->severity), f->summary);
	return 1;
}

size_t run_check_cases(const struct check_case *cases, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = cases[i].host();
		DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;

		if (cases[i].bend)
			cases[i].bend(facts);
		v = judge(facts, NULL);
		wrong += expect_finding(&cases[i], found(v, cases[i].id), i);
	}
	return wrong;
}

/* --- bends --- */

void runs_before(struct dg_facts *f)
{
	run_kernel(f, BEFORE);
}

void behind_untold(struct dg_facts *f)
{
	run_kernel(f, BEFORE);
	make_gap(&f->boot.grub);
}

void old_documented(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, 30);
}

void old_due_today(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, 0);
}

void old_late(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, -1);
}

void old_half_documented(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&document(f, OLD, 30)->owner);
}

/* A reason of blanks is none. */
void old_blank(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&document(f, OLD, 30)->reason, " \t");
}

void old_by_number(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&f->boot.pin);
	make_absent(&f->boot.pin_time);
	make_absent(&f->boot.snippet);
	make_absent(&f->boot.snippet_time);
	grub_default(f, "1>6");
	dg_set_str(&f->boot.grub_default, "1>6");
	dg_set_str(&f->boot.grub_default_path, "/etc/default/grub");
}

void old_saved(struct dg_facts *f)
{
	old_by_number(f);
	grub_default(f, "${saved_entry}");
	dg_set_str(&f->boot.grub.saved_entry, "1>6");
	dg_set_int(&f->boot.grub.env_time, NOW - 120 * DAY);
}

void next_entry(struct dg_facts *f)
{
	dg_set_str(&f->boot.grub.next_entry, "1>2");
}

void unapplied(struct dg_facts *f)
{
	dg_set_str(&f->boot.grub_default, "1>4");
}

void loader_conf(struct dg_facts *f)
{
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "proxmox-" NEWER ".conf");
}

void variable(struct dg_facts *f)
{
	dg_set_str(&f->boot.efi.entry_default, "proxmox-" BEFORE ".conf");
}

void without_firmware(struct dg_facts *f)
{
	make_absent(&f->boot.efi.loader_part_uuid);
	make_absent(&f->boot.efi.firmware_part_uuid);
}

void esp_unread(struct dg_facts *f)
{
	make_gap(&f->boot.esps.items[1].loader);
	make_gap(&f->boot.esps.items[1].copies);
	make_gap(&f->boot.esps.items[1].entries);
}

void menu_broken(struct dg_facts *f)
{
	dg_set_gap(&f->boot.grub.entries.meta, DG_MALFORMED, "line 7");
}

void newer_pinned(struct dg_facts *f)
{
	run_kernel(f, NEWER);
	pin(f, NEWER, 10);
}

void image_removed(struct dg_facts *f)
{
	make_absent(&kernel_of(f, NEWEST)->image);
}

void modules_removed(struct dg_facts *f)
{
	make_absent(&kernel_of(f, NEWEST)->modules);
}

void trial(struct dg_facts *f, int64_t days_ago)
{
	dg_set_str(&f->boot.next_pin, NEWER);
	dg_set_int(&f->boot.next_pin_time, NOW - days_ago * DAY);
	grub_default(f, "gnulinux-advanced-" ROOT_ID ">gnulinux-" NEWER
			"-advanced-" ROOT_ID);
	dg_set_str(&f->boot.snippet, f->boot.grub.default_value.value);
	dg_set_int(&f->boot.snippet_time, NOW - days_ago * DAY);
}

void trial_new(struct dg_facts *f)
{
	trial(f, 1);
}

void esp_gone(struct dg_facts *f)
{
	make_absent(&f->boot.esps.items[1].device);
}

void esps_gone(struct dg_facts *f)
{
	make_absent(&f->boot.esps.items[0].device);
	make_absent(&f->boot.esps.items[1].device);
}

void clock_1970(struct dg_facts *f)
{
	dg_set_int(&f->time, 5);
}

void locked(struct dg_facts *f)
{
	dg_set_bool(&f->packages.locked, true);
}

void half_installed(struct dg_facts *f)
{
	dg_set_str(&DG_ADD(&f->packages.unsettled, 10)->name, "libc6");
}

void outside(struct dg_facts *f)
{
	const struct dg_record *record =
		dg_record_field(&dg_facts_record, "kernels", 7)->record;

	for (size_t i = 0; i < f->kernels.count; i++)
		dg_record_clear(record, &f->kernels.items[i]);
	f->kernels.count = 0;
	run_kernel(f, "6.18.5");
	make_absent(&f->boot.grub);
}
