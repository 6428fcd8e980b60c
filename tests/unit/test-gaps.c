/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gap never reads as "ok", and never cries wolf: every fact of several hosts in turn is
 * made unreadable, malformed, and absent where absence is a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/catalog.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"

/* --- the hosts --- */

static struct dg_facts *incident(void)
{
	struct dg_facts *f = host_grub();

	pin_old(f);
	return f;
}

static struct dg_facts *incident_esps(void)
{
	struct dg_facts *f = host_esps();

	pin_old(f);
	return f;
}

static struct dg_facts *documented(void)
{
	struct dg_facts *f = incident_esps();

	document(f, OLD, 30);
	return f;
}

static struct dg_facts *expired(void)
{
	struct dg_facts *f = incident();

	document(f, OLD, -30);
	document(f, "6.8.12-1-pve", 30);
	return f;
}

static struct dg_facts *removed(void)
{
	struct dg_facts *f = host_grub();

	run_kernel(f, "7.0.1-1-pve");
	return f;
}

static struct dg_facts *trial(void)
{
	struct dg_facts *f = incident_esps();

	dg_set_str(&f->boot.next_pin, NEWEST);
	dg_set_int(&f->boot.next_pin_time, NOW - 10 * DAY);
	return f;
}

static struct dg_facts *trial_grub(void)
{
	struct dg_facts *f = incident();

	dg_set_str(&f->boot.next_pin, NEWEST);
	dg_set_int(&f->boot.next_pin_time, NOW - DAY);
	grub_default(f, "0");
	return f;
}

static struct dg_facts *stale(void)
{
	struct dg_facts *f = host_esps();

	dg_set_int(&f->boot.esps.items[0].copies.items[1].initrd_size, 5);
	make_absent(&f->boot.esps.items[1].device);
	return f;
}

static struct dg_facts *unmanaged(void)
{
	struct dg_facts *f = host_esps();

	dg_set_bool(&f->boot.esps.items[0].listed, false);
	return f;
}

static struct dg_facts *by_variable(void)
{
	struct dg_facts *f = incident_esps();

	dg_set_str(&f->boot.efi.entry_default, "proxmox-" OLD ".conf");
	make_absent(&f->boot.pin);
	make_absent(&f->boot.pin_time);
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "proxmox-*");
	return f;
}

static struct dg_facts *by_hand(void)
{
	struct dg_facts *f = incident();

	make_absent(&f->boot.pin);
	make_absent(&f->boot.pin_time);
	make_absent(&f->boot.snippet);
	make_absent(&f->boot.snippet_time);
	dg_set_str(&f->boot.grub_default, "1>6");
	grub_default(f, "1>6");
	return f;
}

static struct dg_facts *saved(void)
{
	struct dg_facts *f = by_hand();

	grub_default(f, "${saved_entry}");
	dg_set_str(&f->boot.grub.saved_entry, "1>6");
	return f;
}

static struct dg_facts *upgrading(void)
{
	struct dg_facts *f = host_grub();
	struct dg_word *word = DG_ADD(&f->packages.unsettled, 10);

	dg_set_str(&word->name, "libc6");
	dg_set_bool(&f->packages.locked, true);
	return f;
}

static struct dg_facts *held(void)
{
	struct dg_facts *f = host_grub();
	struct dg_preference *p = DG_ADD(&f->packages.preferences, 10);

	dg_set_str(&p->package, "proxmox-default-kernel");
	dg_set_str(&p->pin, "version 2.0*");
	dg_set_int(&p->priority, 1001);
	dg_set_str(&p->path, "/etc/apt/preferences.d/kernel");
	dg_set_str(&package_of(f, "pve-qemu-kvm")->want, "hold");
	return f;
}

/* The incident's guest. */
static struct dg_facts *phantom(void)
{
	struct dg_facts *f = incident();

	dg_set_int(&f->ring.features, 0x3fff);
	add_waiting_guest(f, "10.2.1-1", "01d");
	return f;
}

/* A ring that this kernel refuses. */
static struct dg_facts *refused(void)
{
	struct dg_facts *f = host_grub();

	dg_set_int(&f->ring.disabled, 2);
	make_absent(&f->ring.features);
	add_waiting_guest(f, "11.0.0-2", "b1d");
	return f;
}

static struct dg_facts *without_meta(void)
{
	struct dg_facts *f = incident();

	drop_package(f, "proxmox-default-kernel");
	drop_package(f, "proxmox-kernel-7.0");
	drop_package(f, "proxmox-kernel-6.17");
	return f;
}

static struct dg_facts *debian_behind(void)
{
	struct dg_facts *f = host_debian();

	add_kernel(f, "6.1.0-44-amd64");
	run_kernel(f, "6.1.0-44-amd64");
	make_menu(f, &f->boot.grub);
	return f;
}

static struct dg_facts *container(void)
{
	struct dg_facts *f = host_debian();

	dg_set_str(&f->host.container, "lxc");
	return f;
}

static struct dg_facts *outside(void)
{
	struct dg_facts *f = host_debian();

	dg_record_clear(dg_record_field(&dg_facts_record, "kernels", 7)->record,
			&f->kernels.items[0]);
	dg_record_clear(dg_record_field(&dg_facts_record, "kernels", 7)->record,
			&f->kernels.items[1]);
	f->kernels.count = 0;
	run_kernel(f, "6.18.5");
	make_absent(&f->boot.grub);
	return f;
}

static const struct {
	const char *name;
	struct dg_facts *(*make)(void);
} hosts[] = {
	{"grub", host_grub},
	{"esps", host_esps},
	{"debian", host_debian},
	{"incident", incident},
	{"incident-esps", incident_esps},
	{"documented", documented},
	{"expired", expired},
	{"removed", removed},
	{"trial", trial},
	{"trial-grub", trial_grub},
	{"stale", stale},
	{"unmanaged", unmanaged},
	{"variable", by_variable},
	{"hand", by_hand},
	{"saved", saved},
	{"upgrading", upgrading},
	{"held", held},
	{"without-meta", without_meta},
	{"phantom", phantom},
	{"refused", refused},
	{"debian-behind", debian_behind},
	{"container", container},
	{"outside", outside},
};

/* --- walking over every fact --- */

struct walk {
	struct dg_facts *facts;
	const char *host;
	struct dg_verdict *before;
	bool item; /* the gap is a whole item of the list that the path names */
	size_t wrong, looks;
};

/* Does `named`, a path in a check's row, look at the fact at `path`? */
static bool looks_at(const char *named, const char *path, bool item)
{
	size_t n = strlen(path);

	if (strncmp(named, path, n) == 0 && (named[n] == '.' || (!named[n] && !item)))
		return true;
	n = strlen(named);
	return n > 2 && dg_ends_with(named, ".*") && strncmp(named, path, n - 1) == 0;
}

static bool row_looks_at(const struct dg_check *check, const char *path, bool item)
{
	for (size_t i = 0; i < DG_CHECK_NEEDS; i++)
		if ((check->needs[i] && looks_at(check->needs[i], path, item)) ||
		    (check->each[i] && looks_at(check->each[i], path, item)))
			return true;
	return false;
}

static const char *find_wrong(const struct walk *w, const struct dg_finding *was,
			      const struct dg_finding *is, const char *path)
{
	if (is->status == DG_OK && row_looks_at(is->check, path, w->item))
		return "is ok although its row names the fact";
	if (was->status == DG_OK && is->status == DG_DRIFT && is->severity >= DG_WARNING)
		return "cries wolf";
	if ((was->status == DG_DRIFT || was->status == DG_UNKNOWN ||
	     was->status == DG_WAIVED) &&
	    (is->status == DG_OK || is->status == DG_NOT_APPLICABLE))
		return "is fine all of a sudden";
	if (was->status == DG_DRIFT && is->status == DG_DRIFT &&
	    is->severity > was->severity)
		return "got worse";
	if (!is->summary || strstr(is->summary, "(null)"))
		return "has no proper summary";
	return NULL;
}

static void look(struct walk *w, const char *path, const char *state)
{
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *after = judge(w->facts, NULL);
	struct json_object *json = dg_verdict_encode(after);

	w->looks++;
	for (size_t i = 0; i < after->finding_count; i++) {
		const char *what =
			find_wrong(w, &w->before->findings[i], &after->findings[i], path);

		if (!what)
			continue;
		w->wrong++;
		print_error("%s: %s%s %s: %s %s (%s: %s)\n", w->host, path,
			    w->item ? "[]" : "", state, after->findings[i].check->id,
			    what, dg_status_name(after->findings[i].status),
			    after->findings[i].summary);
	}
	if (strstr(json_object_to_json_string(json), "(null)")) {
		w->wrong++;
		print_error("%s: %s%s %s: (null) in %s\n", w->host, path,
			    w->item ? "[]" : "", state, after->headline);
	}
	json_object_put(json);
}

static void try_states(struct walk *w, struct dg_meta *meta, const char *path,
		       bool absent_ok)
{
	const enum dg_state was = meta->state;

	for (enum dg_state s = DG_UNREADABLE; s < DG_KNOWN; s++) {
		if (s == was || (s == DG_ABSENT && absent_ok))
			continue;
		meta->state = s;
		look(w, path, dg_state_name(s));
	}
	meta->state = was;
}

static void walk_record(struct walk *w, const struct dg_record *record, void *data,
			const char *prefix);

static void walk_member(struct walk *w, const struct dg_field *field,
			struct dg_meta *meta, const char *path)
{
	struct dg_list *list = (struct dg_list *)meta;

	w->item = false;
	try_states(w, meta, path, field->absent_ok);
	if (meta->state != DG_KNOWN)
		return;
	if (field->type == DG_RECORD)
		walk_record(w, field->record, meta, path);
	for (size_t i = 0; field->type == DG_LIST_OF && i < list->count; i++) {
		void *item = (char *)list->items + i * field->record->size;

		w->item = true;
		try_states(w, item, path, false);
		w->item = false;
		walk_record(w, field->record, item, path);
	}
}

static void walk_record(struct walk *w, const struct dg_record *record, void *data,
			const char *prefix)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct dg_field *field = &record->fields[i];
		DG_FREE char *path =
			dg_format("%s%s%s", prefix, *prefix ? "." : "", field->name);

		walk_member(w, field, (struct dg_meta *)((char *)data + field->offset),
			    path);
	}
}

static void test_gaps(void **state)
{
	struct walk w = {0};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(hosts); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = hosts[i].make();
		DG_CLEANUP(dg_verdict_freep)
		struct dg_verdict *before = judge(facts, NULL);

		w.facts = facts;
		w.host = hosts[i].name;
		w.before = before;
		walk_record(&w, &dg_facts_record, facts, "");
	}
	assert_true(w.looks > 5000);
	assert_int_equal(w.wrong, 0);
}

/* The hosts that are said to be healthy are, and nothing of them is a gap. */
static void test_healthy(void **state)
{
	static const char *const paths[] = {"time",	   "host.*",	 "kernel.*",
					    "kernels.abi", "packages.*", "boot.*",
					    "ledger.*"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = hosts[i].make();
		DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = judge(facts, NULL);

		for (size_t j = 0; j < DG_COUNT(paths); j++) {
			DG_FREE char *gap = dg_facts_gap(facts, paths[j]);

			if (gap)
				fail_msg("%s: %s", hosts[i].name, gap);
		}
		for (size_t j = 0; j < v->finding_count; j++)
			if (v->findings[j].status == DG_DRIFT ||
			    v->findings[j].status == DG_UNKNOWN)
				fail_msg("%s: %s: %s", hosts[i].name,
					 v->findings[j].check->id,
					 v->findings[j].summary);
		assert_int_equal(v->level, DG_LEVEL_OK);
		assert_null(v->plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
