/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From findings to a verdict: levels, the policy's words, waivers, the headline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/catalog.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"

/* --- hosts --- */

static void locked(struct dg_facts *f)
{
	dg_set_bool(&f->packages.locked, true);
}

static void held(struct dg_facts *f)
{
	dg_set_str(&package_of(f, "pve-qemu-kvm")->want, "hold");
}

static void old_documented(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, 30);
}

/* Essential checks unknown, and a warning known. */
static void blind_and_wrong(struct dg_facts *f)
{
	make_gap(&f->boot.grub);
	dg_set_int(&f->kernel.build_time, NOW - 789 * DAY);
}

static void blind_and_held(struct dg_facts *f)
{
	make_gap(&f->boot.grub);
	held(f);
}

/* A check that is not essential is unknown. */
static void blind_elsewhere(struct dg_facts *f)
{
	make_gap(&f->kernel.version);
}

static void packages_unread(struct dg_facts *f)
{
	make_gap(&f->packages.list);
}

static void container(struct dg_facts *f)
{
	packages_unread(f);
	dg_set_str(&f->host.container, "lxc");
}

static void pending(struct dg_facts *f)
{
	run_kernel(f, BEFORE);
}

static void ahead(struct dg_facts *f)
{
	add_kernel(f, "7.2.1-1-pve");
	run_kernel(f, "7.2.1-1-pve");
	make_menu(f, &f->boot.grub);
}

static void esp_stale(struct dg_facts *f)
{
	dg_set_int(&f->boot.esps.items[1].copies.items[1].initrd_size, 5);
}

static void nothing_known(struct dg_facts *f)
{
	dg_record_clear(&dg_facts_record, f);
	dg_set_known(&f->meta);
}

/* --- levels --- */

#define OFF(id)		 "\"checks\": {\"" id "\": {\"severity\": \"off\"}}"
#define GRADE(id, grade) "\"checks\": {\"" id "\": {\"severity\": \"" grade "\"}}"

static const struct level_case {
	const char *name;
	struct dg_facts *(*host)(void);
	void (*bend)(struct dg_facts *f);
	const char *policy;
	enum dg_level level;
	const char *headline; /* a part of it; NULL: not looked at */
} level_cases[] = {
	{"ok", host_grub, NULL, NULL, DG_LEVEL_OK,
	 NEWEST " is what Proxmox VE 9.2.3 expects, and it boots next"},
	{"Debian", host_debian, NULL, NULL, DG_LEVEL_OK,
	 "is what Debian 13.8+deb13u1 expects"},
	{"newer than expected", host_grub, ahead, NULL, DG_LEVEL_OK, "is newer than"},
	{"notice", host_grub, held, NULL, DG_LEVEL_NOTICE, "Apt holds pve-qemu-kvm"},
	{"warning", host_grub, pending, NULL, DG_LEVEL_WARNING,
	 "the next boot brings " NEWEST},
	{"critical", host_grub, pin_old, NULL, DG_LEVEL_CRITICAL, "a pin keeps it there"},
	{"essential unknown", host_grub, packages_unread, NULL, DG_LEVEL_UNKNOWN,
	 "Cannot tell: kernel-series-behind: packages.list: unreadable: Permission "
	 "denied"},
	{"warning and unknown", host_grub, blind_and_wrong, NULL, DG_LEVEL_WARNING, NULL},
	{"notice and unknown", host_grub, blind_and_held, NULL, DG_LEVEL_UNKNOWN, NULL},
	{"unknown, not essential", host_grub, blind_elsewhere, NULL, DG_LEVEL_OK, NULL},
	{"upgrade", host_grub, locked, NULL, DG_LEVEL_UNKNOWN, NULL},
	{"documented", host_grub, old_documented, NULL, DG_LEVEL_OK,
	 OLD " runs by agreement: vGPU 16 builds only on 6.5 (gpu team, 30 days left)"},
	{"container", host_grub, container, NULL, DG_LEVEL_OK,
	 "This is a container (lxc)"},
	{"nothing known", host_grub, nothing_known, NULL, DG_LEVEL_UNKNOWN,
	 "Cannot tell"},

	/* the policy's words */
	{"regraded", host_grub, pending, GRADE("kernel-series-behind", "critical"),
	 DG_LEVEL_CRITICAL, NULL},
	{"graded down", host_grub, pending, GRADE("kernel-series-behind", "notice"),
	 DG_LEVEL_NOTICE, NULL},
	{"a word raises no ok", host_grub, NULL,
	 GRADE("kernel-series-behind", "critical"), DG_LEVEL_OK, NULL},
	{"off", host_grub, held, OFF("package-held"), DG_LEVEL_OK, NULL},
	{"essential off", host_grub, packages_unread,
	 "\"checks\": {\"kernel-series-behind\": {\"severity\": \"off\"}, "
	 "\"boot-next-broken\": {\"severity\": \"off\"}, "
	 "\"pin-not-applied\": {\"severity\": \"off\"}}",
	 DG_LEVEL_OK, "is what this host expects"},
	{"essential replaced", host_grub, blind_elsewhere,
	 "\"essential\": [\"kernel-rebuilt\"]", DG_LEVEL_UNKNOWN, "kernel-rebuilt"},
	{"essential emptied", host_grub, packages_unread, "\"essential\": []",
	 DG_LEVEL_OK, NULL},
	{"override", host_grub, pending,
	 "\"overrides\": [{\"hosts\": [\"pve*\"], " GRADE("kernel-series-behind",
							  "notice") "}]",
	 DG_LEVEL_NOTICE, NULL},
	{"waived for an ESP: no word about the kernel", host_esps, esp_stale,
	 "\"waivers\": [{\"id\": \"w\", \"check\": \"esp-stale\", \"reason\": \"later\", "
	 "\"owner\": \"me\", \"until\": \"2026-12-31\"}]",
	 DG_LEVEL_OK, NEWEST " is what"},
};

static void test_levels(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(level_cases); i++) {
		const struct level_case *c = &level_cases[i];
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = c->host();
		DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;

		if (c->bend)
			c->bend(f);
		v = judge(f, c->policy);
		if (v->level == c->level &&
		    (!c->headline || strstr(v->headline, c->headline)))
			continue;
		print_error("%s: %s, not %s: %s\n", c->name, dg_level_name(v->level),
			    dg_level_name(c->level), v->headline);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void test_exit_statuses(void **state)
{
	(void)state;
	assert_int_equal(dg_level_exit_status(DG_LEVEL_OK), 0);
	assert_int_equal(dg_level_exit_status(DG_LEVEL_NOTICE), 0);
	assert_int_equal(dg_level_exit_status(DG_LEVEL_WARNING), 1);
	assert_int_equal(dg_level_exit_status(DG_LEVEL_CRITICAL), 2);
	assert_int_equal(dg_level_exit_status(DG_LEVEL_UNKNOWN), 3);
}

/* --- waivers --- */

#define WAIVER(id, more, until)                                           \
	"{\"id\": \"" id "\", \"check\": \"kernel-series-behind\", " more \
	"\"reason\": \"why\", \"owner\": \"who\", \"until\": \"" until "\"}"
#define WAIVERS(list) "\"waivers\": [" list "]"

static const struct waiver_case {
	const char *name;
	const char *policy;
	const char *waiver;	/* the id that counts; NULL: none */
	enum dg_status expired; /* status of waiver-expired */
} waiver_cases[] = {
	{"plain", WAIVERS(WAIVER("a", "", "2026-12-31")), "a", DG_OK},
	{"last day", WAIVERS(WAIVER("a", "", "2026-06-03")), "a", DG_OK},
	{"expired", WAIVERS(WAIVER("a", "", "2026-06-02")), NULL, DG_DRIFT},
	{"this host", WAIVERS(WAIVER("a", "\"hosts\": [\"x\", \"pv*\"], ", "2026-12-31")),
	 "a", DG_OK},
	{"another host", WAIVERS(WAIVER("a", "\"hosts\": [\"gpu-*\"], ", "2026-12-31")),
	 NULL, DG_OK},
	{"another host, expired",
	 WAIVERS(WAIVER("a", "\"hosts\": [\"gpu-*\"], ", "2026-01-01")), NULL, DG_OK},
	{"this kernel", WAIVERS(WAIVER("a", "\"kernel\": \"6.5.*\", ", "2026-12-31")),
	 "a", DG_OK},
	{"another kernel", WAIVERS(WAIVER("a", "\"kernel\": \"6.8.*\", ", "2026-12-31")),
	 NULL, DG_OK},
	{"this subject",
	 WAIVERS(WAIVER("a", "\"subject\": \"6.5.1?-*\", ", "2026-12-31")), "a", DG_OK},
	{"another subject", WAIVERS(WAIVER("a", "\"subject\": \"7.*\", ", "2026-12-31")),
	 NULL, DG_OK},
	/* Of several the one that lasts counts, whichever stands first. */
	{"expired and renewed",
	 WAIVERS(WAIVER("a", "", "2026-01-01") ", " WAIVER("b", "", "2026-12-31")), "b",
	 DG_OK},
	{"renewed and expired",
	 WAIVERS(WAIVER("b", "", "2026-12-31") ", " WAIVER("a", "", "2026-01-01")), "b",
	 DG_OK},
};

static size_t expect_waiver(const struct waiver_case *c, const struct dg_verdict *v)
{
	const struct dg_finding *behind = found(v, "kernel-series-behind");
	const struct dg_finding *expired = found(v, "waiver-expired");
	const char *id = behind->waiver ? behind->waiver->id : NULL;

	if ((c->waiver ? dg_streq(id, c->waiver) : !id) &&
	    behind->status == (c->waiver ? DG_WAIVED : DG_DRIFT) &&
	    behind->severity == DG_CRITICAL && expired->status == c->expired)
		return 0;
	print_error("%s: waiver %s, not %s; %s\n", c->name, id ? id : "none",
		    c->waiver ? c->waiver : "none", expired->summary);
	return 1;
}

static void test_waivers(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(waiver_cases); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
		DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;

		pin_old(f);
		v = judge(f, waiver_cases[i].policy);
		wrong += expect_waiver(&waiver_cases[i], v);
	}
	assert_int_equal(wrong, 0);
}

/* The kernel that boots next is neither the running nor the pinned one. */
static void test_waiver_of_next(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;

	(void)state;
	pending(f);
	v = judge(f, WAIVERS(WAIVER("a", "\"kernel\": \"7.0.*\", ", "2026-12-31")));
	assert_int_equal(found(v, "kernel-series-behind")->status, DG_DRIFT);
}

/* By a clock that cannot be right nothing has expired; and what cannot be judged may
 * still want its waiver. */
static void test_waiver_untold(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;
	static const char policy[] = WAIVERS(WAIVER("a", "", "2026-01-01"));

	(void)state;
	pin_old(f);
	dg_set_int(&f->host.tool_time, NOW + DAY);
	v = judge(f, policy);
	assert_int_equal(found(v, "kernel-series-behind")->status, DG_WAIVED);
	assert_int_equal(found(v, "waiver-expired")->status, DG_UNKNOWN);
	dg_verdict_free(v);
	dg_set_int(&f->host.tool_time, NOW - DAY);
	make_gap(&f->packages.list);
	v = judge(f, policy);
	assert_int_equal(found(v, "waiver-expired")->status, DG_UNKNOWN);
}

/* The note of a documented pin, and what it answers for. */
static void test_documented(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;
	const struct dg_finding *behind;

	(void)state;
	old_documented(f);
	make_absent(&kernel_of(f, OLD)->initrd);
	v = judge(f, NULL);
	behind = found(v, "kernel-series-behind");
	assert_string_equal(behind->waiver->id, "ledger:" OLD);
	assert_string_equal(behind->waiver->owner, "gpu team");
	assert_int_equal(behind->waiver->days_left, 30);
	assert_int_equal(found(v, "kernel-age-skew")->status, DG_WAIVED);
	assert_int_equal(found(v, "pin-outlived-userland")->status, DG_WAIVED);
	/* It never answers for what boots. */
	assert_int_equal(found(v, "boot-next-broken")->status, DG_DRIFT);
	assert_int_equal(found(v, "pin-target-missing")->status, DG_DRIFT);
	assert_int_equal(v->level, DG_LEVEL_CRITICAL);
}

/* CHECKS.md's list, no more and no less. */
static void test_documented_waives(void **state)
{
	static const char *const listed[] = {"kernel-series-behind", "kernel-age-skew",
					     "kernel-newer-installed", "pin-age",
					     "pin-outlived-userland"};
	size_t count, waiving = 0;
	const struct dg_check *const *all = dg_catalog(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool is_listed = false;

		for (size_t j = 0; j < DG_COUNT(listed); j++)
			is_listed |= dg_streq(all[i]->id, listed[j]);
		if (is_listed != !!(all[i]->flags & DG_PIN_WAIVES))
			fail_msg("%s", all[i]->id);
		waiving += is_listed;
	}
	assert_int_equal(waiving, DG_COUNT(listed));
}

/* A regraded finding stays what it is when it is waived. */
static void test_regraded_waived(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;

	(void)state;
	old_documented(f);
	v = judge(f, GRADE("kernel-series-behind", "warning"));
	assert_int_equal(found(v, "kernel-series-behind")->status, DG_WAIVED);
	assert_int_equal(found(v, "kernel-series-behind")->severity, DG_WARNING);
}

static void test_pin_terms(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *strict = NULL, *lax = NULL;

	(void)state;
	pin(f, NEWEST, 20);
	strict = judge(f, "\"pin\": {\"max_age_days\": 10}");
	assert_int_equal(found(strict, "pin-age")->severity, DG_WARNING);
	assert_int_equal(found(strict, "pin-undocumented")->status, DG_DRIFT);
	lax = judge(f, "\"pin\": {\"require_reason\": false}");
	assert_int_equal(found(lax, "pin-age")->status, DG_OK);
	assert_int_equal(found(lax, "pin-undocumented")->status, DG_OK);
}

/* --- the policy itself --- */

static enum dg_status judge_problem(bool unusable, bool unreadable,
				    enum dg_severity *ret_severity)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;
	const char *text = unusable
				   ? "{\"schema\": 5}"
				   : "{\"schema\": \"driftguard.policy/1\", \"pni\": {}}";

	if (unreadable)
		assert_int_equal(dg_policy_add_unreadable(policy, "/etc/pve/x", "EIO"),
				 0);
	else
		assert_int_equal(dg_policy_merge(policy, "f", text, strlen(text), false),
				 0);
	assert_int_equal(dg_policy_settle(policy, "pve1"), 0);
	assert_int_equal(dg_judge(f, policy, &v), 0);
	*ret_severity = found(v, "policy-invalid")->severity;
	return found(v, "policy-invalid")->status;
}

static void test_policy_invalid(void **state)
{
	enum dg_severity severity;

	(void)state;
	assert_int_equal(judge_problem(true, false, &severity), DG_DRIFT);
	assert_int_equal(severity, DG_CRITICAL);
	assert_int_equal(judge_problem(false, false, &severity), DG_DRIFT);
	assert_int_equal(severity, DG_WARNING);
	assert_int_equal(judge_problem(false, true, &severity), DG_UNKNOWN);
}

/* --- the document --- */

static struct json_object *member(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(json, key, &value))
		fail_msg("no %s", key);
	return value;
}

static void expect_finding(struct json_object *json, const struct dg_finding *f)
{
	static const char *const keys[] = {"id",       "status",   "severity", "summary",
					   "subjects", "evidence", "sources",  "waiver"};

	for (size_t i = 0; i < DG_COUNT(keys); i++)
		member(json, keys[i]);
	assert_string_equal(json_object_get_string(member(json, "id")), f->check->id);
	assert_true((f->severity == DG_FINE) == !member(json, "severity"));
	assert_true(!f->waiver == !member(json, "waiver"));
}

static void test_document(void **state)
{
	static const char *const keys[] = {"schema", "tool",	 "time",
					   "host",   "verdict",	 "headline",
					   "kernel", "findings", "plan"};
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;
	struct json_object *json, *findings;
	size_t count;

	(void)state;
	dg_catalog(&count);
	old_documented(f);
	v = judge(f, NULL);
	json = dg_verdict_encode(v);
	for (size_t i = 0; i < DG_COUNT(keys); i++)
		member(json, keys[i]);
	assert_string_equal(json_object_get_string(member(json, "time")),
			    "2026-06-03T08:00:00Z");
	assert_string_equal(
		json_object_get_string(member(member(json, "kernel"), "target")), NEWEST);
	findings = member(json, "findings");
	assert_int_equal(json_object_array_length(findings), count);
	for (size_t i = 0; i < count; i++)
		expect_finding(json_object_array_get_idx(findings, i), &v->findings[i]);
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_exit_statuses),
		cmocka_unit_test(test_waivers),
		cmocka_unit_test(test_waiver_of_next),
		cmocka_unit_test(test_waiver_untold),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_documented_waives),
		cmocka_unit_test(test_regraded_waived),
		cmocka_unit_test(test_pin_terms),
		cmocka_unit_test(test_policy_invalid),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
