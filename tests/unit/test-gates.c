/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every gate of enforcement: open, shut, and where it cannot be told; and what follows
 * from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "policy/gates.h"
#include "policy/proven.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"

#define HOUR   INT64_C(3600)
#define NEWER7 "7.2.1-1-pve"

/* Acts on the incident's pin. */
#define ON(rest) "\"enforce\": {\"enabled\": true, " rest "}"
#define ACT                                                               \
	ON("\"on\": [\"pin-age\"], \"actions\": [\"repin\", \"unpin\"], " \
	   "\"require_proven\": false")
#define ACT_AND(rest)                                                     \
	ON("\"on\": [\"pin-age\"], \"actions\": [\"repin\", \"unpin\"], " \
	   "\"require_proven\": false, " rest)
#define PROVEN ON("\"on\": [\"pin-age\"], \"actions\": [\"repin\", \"unpin\"]")
#define WAIVER(check, until)                                                      \
	", \"waivers\": [{\"id\": \"w1\", \"check\": \"" check "\", \"reason\": " \
	"\"the driver\", \"owner\": \"gpu team\", \"until\": \"" until "\"}]"

/* --- a decision --- */

struct decision {
	struct dg_facts *facts;
	struct dg_policy *policy;
	struct dg_verdict *verdict;
	struct dg_enforcement e;
};

static void decide(struct decision *d, const char *text)
{
	DG_FREE char *document =
		dg_format("{\"schema\": \"driftguard.policy/1\", %s}", text);

	d->policy = dg_policy_new();
	assert_non_null(d->policy);
	assert_int_equal(
		dg_policy_merge(d->policy, "test", document, strlen(document), false), 0);
	assert_int_equal(dg_policy_settle(d->policy, dg_get(&d->facts->host.name)), 0);
	assert_int_equal(dg_judge(d->facts, d->policy, &d->verdict), 0);
	assert_int_equal(dg_enforce_decide(d->facts, d->policy, d->verdict, &d->e), 0);
}

static void decision_clear(struct decision *d)
{
	dg_enforcement_clear(&d->e);
	dg_verdict_free(d->verdict);
	dg_policy_free(d->policy);
	dg_facts_free(d->facts);
}
#define DECISION DG_CLEANUP(decision_clear) struct decision

static const struct dg_gate *gate_of(const struct decision *d, const char *id)
{
	for (size_t i = 0; i < d->e.gate_count; i++)
		if (dg_streq(d->e.gates[i].id, id))
			return &d->e.gates[i];
	return NULL;
}

static const char *word_of(enum dg_answer answer)
{
	return answer == DG_YES ? "open" : answer == DG_NO ? "shut" : "untold";
}

/* --- facts that are missing --- */

#define WITHOUT(name, kind, fact)            \
	static void name(struct dg_facts *f) \
	{                                    \
		pin_old(f);                  \
		make_##kind(fact);           \
	}
WITHOUT(ledger_unread, gap, &f->ledger)
WITHOUT(proofs_unread, gap, &f->proven)
WITHOUT(running_untold, gap, &f->kernel.release)
WITHOUT(modules_untold, gap, &f->modules)
WITHOUT(time_untold, gap, &f->kernel.build_time)
WITHOUT(container_untold, gap, &f->host.container)
WITHOUT(dpkg_untold, gap, &f->packages.locked)
WITHOUT(trial_untold, gap, &f->boot.next_pin)
WITHOUT(guests_untold, gap, &f->guests)
WITHOUT(actions_unread, gap, &f->actions)
WITHOUT(boot_untold, absent, &f->host.boot_id)
WITHOUT(cluster_untold, gap, &f->cluster)
WITHOUT(name_untold, gap, &f->host.name)
WITHOUT(id_untold, absent, &f->host.id)

/* --- hosts --- */

static void age_85(struct dg_facts *f)
{
	pin_old(f);
	pin(f, OLD, 85);
}

static void age_92(struct dg_facts *f)
{
	pin_old(f);
	pin(f, OLD, 92);
}

static void late_3(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, -3);
}

static void agreed(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, 30);
}

static void ledger_broken(struct dg_facts *f)
{
	pin_old(f);
	make_gap(document(f, NEWER, 30));
}

static struct dg_debt *unusable(struct dg_facts *f, const char *abi)
{
	struct dg_debt *debt = document(f, abi, 30);

	dg_set_gap(&debt->reason.meta, DG_MALFORMED, "%s.json: line 1", abi);
	dg_set_gap(&debt->owner.meta, DG_MALFORMED, "%s.json: line 1", abi);
	dg_set_gap(&debt->since.meta, DG_MALFORMED, "%s.json: line 1", abi);
	dg_set_gap(&debt->until.meta, DG_MALFORMED, "%s.json: line 1", abi);
	return debt;
}

static void other_entry_unusable(struct dg_facts *f)
{
	pin_old(f);
	unusable(f, BEFORE);
}

static void own_entry_unusable(struct dg_facts *f)
{
	pin_old(f);
	unusable(f, OLD);
}

static void target_entry_unusable(struct dg_facts *f)
{
	pin_old(f);
	unusable(f, NEWEST);
}

static void late_and_other_unusable(struct dg_facts *f)
{
	late_3(f);
	unusable(f, BEFORE);
}

static void ports_unread(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->ports);
}

static void initrd_gone(struct dg_facts *f)
{
	pin_old(f);
	for (size_t i = 0; i < f->kernels.count; i++)
		if (!dg_streq(f->kernels.items[i].abi.value, OLD))
			make_absent(&f->kernels.items[i].initrd);
}

static void port_loose(struct dg_facts *f)
{
	struct dg_port *port;

	pin_old(f);
	port = DG_ADD(&f->ports, 8);
	dg_set_str(&port->name, "eno1");
	make_absent(&port->held);
}

static void signature_untold(struct dg_facts *f)
{
	pin_old(f);
	dg_set_bool(&f->boot.efi.booted, true);
	make_gap(&f->boot.efi.secure_boot);
}

static void passed_through(struct dg_facts *f)
{
	pin_old(f);
	dg_set_bool(&add_waiting_guest(f, "11.0.0-2", "b1d")->passthrough, true);
}

/* --- proofs --- */

static void note_boot(struct dg_facts *f, const char *abi, const char *host, int64_t up,
		      const char *verdict, const char *drift)
{
	struct dg_boot_record record = {0};
	struct dg_word word = {0};

	dg_set_str(&record.boot_id, "b000");
	dg_set_str(&record.kernel, abi);
	dg_set_str(&record.host_id, host);
	dg_set_str(&record.verdict, verdict);
	dg_set_int(&record.boot_time, NOW - 20 * DAY);
	dg_set_int(&record.time, NOW - 20 * DAY + up);
	dg_set_known(&record.drift.meta);
	dg_set_str(&word.name, drift);
	record.drift.items = &word;
	record.drift.count = 1;
	assert_int_equal(dg_proven_note(f, &record, dg_get(&f->host.id)), 0);
	free(word.name.value);
	free(record.boot_id.value);
	free(record.kernel.value);
	free(record.host_id.value);
	free(record.verdict.value);
}

static void booted_well(struct dg_facts *f)
{
	pin_old(f);
	note_boot(f, NEWEST, "c0ffee", 600, "critical", "esp-stale");
}

static void booted_briefly(struct dg_facts *f)
{
	pin_old(f);
	note_boot(f, NEWEST, "c0ffee", 599, "ok", "package-held");
}

static void booted_badly(struct dg_facts *f)
{
	pin_old(f);
	note_boot(f, NEWEST, "c0ffee", DAY, "critical", "qemu-aio-unsupported");
}

static void booted_elsewhere(struct dg_facts *f)
{
	pin_old(f);
	note_boot(f, NEWEST, "0ther", DAY, "ok", "package-held");
}

static void booted_first_well(struct dg_facts *f)
{
	booted_well(f);
	note_boot(f, NEWEST, "c0ffee", 5, "ok", "package-held");
}

static void booted_other(struct dg_facts *f)
{
	pin_old(f);
	note_boot(f, NEWER, "c0ffee", DAY, "ok", "package-held");
}

/* --- kernels --- */

/* The pin is to be left for a kernel that is older than what runs since a trial. */
static void runs_newer(struct dg_facts *f)
{
	pin_old(f);
	add_kernel(f, NEWER7);
	run_kernel(f, NEWER7);
	make_menu(f, &f->boot.grub);
	pin(f, OLD, 260);
}

static void pinned_newer(struct dg_facts *f)
{
	pin_old(f);
	add_kernel(f, NEWER7);
	make_menu(f, &f->boot.grub);
	pin(f, NEWER7, 260);
}

/* --- the moment --- */

static void clock_early(struct dg_facts *f)
{
	pin_old(f);
	dg_set_int(&f->kernel.build_time, NOW + DAY);
}

static void contained(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->host.container, "lxc");
}

static void dpkg_runs(struct dg_facts *f)
{
	pin_old(f);
	dg_set_bool(&f->packages.locked, true);
}

static void dpkg_half(struct dg_facts *f)
{
	pin_old(f);
	dg_set_bool(&f->packages.journal, true);
}

static void trial_pending(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.next_pin, NEWER);
	dg_set_int(&f->boot.next_pin_time, NOW - DAY);
}

static void next_entry_set(struct dg_facts *f)
{
	pin_old(f);
	dg_set_bool(&f->boot.grub.one_shot, true);
	dg_set_str(&f->boot.grub.next_entry,
		   "gnulinux-advanced-" ROOT_ID ">gnulinux-" NEWER "-advanced-" ROOT_ID);
}

static void leaving(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&add_waiting_guest(f, "11.0.0-2", "b1d")->lock, "migrate");
}

static void backed_up(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&add_waiting_guest(f, "11.0.0-2", "b1d")->lock, "backup");
}

static void arriving(struct dg_facts *f)
{
	pin_old(f);
	dg_set_bool(&add_waiting_guest(f, "11.0.0-2", "b1d")->running.incoming, true);
}

static struct dg_container *add_container(struct dg_facts *f)
{
	struct dg_container *c = DG_ADD(&f->containers, 10);

	dg_set_str(&c->vmid, "200");
	make_absent(&c->lock);
	return c;
}

static void container_leaving(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&add_container(f)->lock, "migrate");
}

static void container_config_untold(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&add_container(f)->lock);
}

/* --- earlier actions --- */

static struct dg_deed *add_deed(struct dg_facts *f, const char *outcome, int64_t ago,
				const char *boot_id)
{
	struct dg_deed *deed = add_action(f, !outcome, outcome);

	dg_set_str(&deed->boot_id, boot_id);
	dg_set_int(&deed->started, NOW - ago);
	dg_set_int(&deed->ended, NOW - ago);
	make_absent(&deed->target);
	return deed;
}

#define ACTED(name, ...)                     \
	static void name(struct dg_facts *f) \
	{                                    \
		pin_old(f);                  \
		add_deed(f, __VA_ARGS__);    \
	}
ACTED(acted_23h_ago, "done", 23 * HOUR, "b000")
ACTED(acted_25h_ago, "done", 25 * HOUR, "b000")
ACTED(undone_23h_ago, "undone", 23 * HOUR, "b000")
ACTED(looked_1h_ago, "dry-run", HOUR, "b007")
ACTED(refused_1h_ago, "refused", HOUR, "b007")
ACTED(acted_this_boot, "done", 30 * HOUR, "b007")
ACTED(undone_this_boot, "undone", 30 * HOUR, "b007")
ACTED(cut_off, NULL, 30 * HOUR, "b000")
ACTED(not_undone, "unfinished", 30 * HOUR, "b000")

/* Records that name no boot. */
#define NAMELESS(name, ago)                                           \
	static void name(struct dg_facts *f)                          \
	{                                                             \
		pin_old(f);                                           \
		make_absent(&add_deed(f, "done", ago, "x")->boot_id); \
	}
NAMELESS(nameless_this_boot, 30 * HOUR)
NAMELESS(nameless_before, 4 * DAY)

static void nameless_and_boot_time_untold(struct dg_facts *f)
{
	nameless_before(f);
	make_gap(&f->host.boot_time);
}

static void acted_tomorrow(struct dg_facts *f)
{
	pin_old(f);
	add_deed(f, "done", -DAY, "b000");
}

static void action_broken(struct dg_facts *f)
{
	pin_old(f);
	make_gap(add_deed(f, "done", 30 * DAY, "b000"));
}

/* --- fleets --- */

static void node_of(struct dg_facts *f, const char *own, bool quorate)
{
	static const char *const names[] = {"pve1", "pve2", "pve3", "pve4"};

	pin_old(f);
	dg_set_known(&f->cluster.meta);
	dg_set_str(&f->cluster.node, own);
	dg_set_bool(&f->cluster.quorate, quorate);
	for (size_t i = 0; i < DG_COUNT(names); i++)
		dg_set_str(&DG_ADD(&f->cluster.nodes, 10)->name, names[i]);
	dg_set_str(&f->host.name, own);
}

#define NODE(name, ...)                      \
	static void name(struct dg_facts *f) \
	{                                    \
		node_of(f, __VA_ARGS__);     \
	}
NODE(first_node, "pve1", true)
NODE(second_node, "pve2", true)
NODE(last_node, "pve4", true)
NODE(stranger, "pve9", true)
NODE(lonely_node, "pve1", false)

static void quorum_untold(struct dg_facts *f)
{
	node_of(f, "pve1", true);
	make_gap(&f->cluster.quorate);
}

/* --- the table --- */

static const struct gate_case {
	const char *gate;
	enum dg_answer answer;
	void (*bend)(struct dg_facts *f);
	const char *policy;
	const char *detail; /* a part of it */
} gate_cases[] = {
	{"policy", DG_YES, pin_old, ACT, "sound"},
	{"policy", DG_NO, pin_old, ACT ", \"nonsense\": 1", "test:1: nonsense"},
	{"enabled", DG_YES, pin_old, ACT, "enforce.enabled, test"},
	{"enabled", DG_NO, pin_old, "\"pin\": {\"max_age_days\": 90}", "by default"},

	{"finding", DG_YES, pin_old, ACT, "pinned for 260 days; 90 are allowed"},
	{"finding", DG_NO, pin_old, ON("\"on\": [\"pin-expired\"]"),
	 "(pin-expired); pin-outlived-userland is only told of"},
	{"finding", DG_NO, pin_old, ON("\"on\": []"), "is empty"},
	{"finding", DG_CANNOT_TELL, ledger_unread, ACT, "pin-age cannot be judged"},
	{"finding", DG_YES, pin_old, ON("\"on\": [\"pin-undocumented\"]"),
	 "nobody wrote down"},

	{"waived", DG_YES, pin_old, ACT, "nothing of it"},
	{"waived", DG_NO, pin_old, ACT WAIVER("pin-age", "2026-12-31"),
	 "pin-age is waived until 2026-12-31 (211 days left) by w1: the driver; gpu "
	 "team"},
	{"waived", DG_NO, pin_old, ACT WAIVER("kernel-series-behind", "2026-06-03"),
	 "kernel-series-behind is waived until 2026-06-03"},
	{"waived", DG_YES, pin_old, ACT WAIVER("pin-age", "2026-06-02"), "nothing of it"},
	{"waived", DG_YES, pin_old, ACT WAIVER("qemu-ring-phantom", "2026-12-31"),
	 "nothing of it"},
	{"waived", DG_NO, agreed, ACT, "by ledger:" OLD ": vGPU 16"},

	{"grace", DG_NO, age_85, ACT, "due on 2026-06-08"},
	{"grace", DG_YES, age_92, ACT, "due on 2026-06-01, and 0 days of grace"},
	{"grace", DG_YES, age_92, ACT_AND("\"grace_days\": 1"), "1 days of grace"},
	{"grace", DG_NO, age_92, ACT_AND("\"grace_days\": 2"), "until 2026-06-03"},
	{"grace", DG_YES, late_3, ON("\"on\": [\"pin-expired\"], \"grace_days\": 2"),
	 "due on 2026-05-31"},
	{"grace", DG_NO, late_3, ON("\"on\": [\"pin-expired\"], \"grace_days\": 3"),
	 "until 2026-06-03"},
	{"grace", DG_YES, pin_old, ON("\"on\": [\"kernel-series-behind\"]"),
	 "has no due date"},

	{"action", DG_YES, pin_old, ACT,
	 "the plan is unpin; the policy allows repin, "
	 "unpin"},
	{"action", DG_YES, passed_through, ACT, "the plan is repin"},
	{"action", DG_NO, pin_old, ON("\"on\": [\"pin-age\"], \"actions\": [\"repin\"]"),
	 "the plan is unpin; the policy allows repin"},
	{"action", DG_NO, pin_old, ON("\"on\": [\"pin-age\"], \"actions\": []"),
	 "allows nothing"},
	{"action", DG_NO, pin_old, ON("\"on\": [\"pin-age\"], \"actions\": [\"notify\"]"),
	 "allows notify"},
	{"action", DG_YES, pin_old,
	 ON("\"on\": [\"pin-age\"], \"actions\": [\"notify\", \"pin-next-boot\"]"),
	 "the plan is pin-next-boot"},

	{"preflights", DG_YES, pin_old, ACT, "are passed"},
	{"preflights", DG_YES, port_loose, ACT, "to mind: network-names"},
	{"preflights", DG_YES, ports_unread, ACT, "to mind: network-names: cannot"},
	{"preflights", DG_NO, initrd_gone, ACT, "initrd"},
	{"preflights", DG_CANNOT_TELL, signature_untold, ACT, "secure-boot"},

	{"proven", DG_YES, pin_old, ACT, "does not ask"},
	{"proven", DG_NO, pin_old, PROVEN,
	 "there is no record of it; a person may try it: driftguard pin " NEWEST
	 " --next-boot"},
	{"proven", DG_YES, booted_well, PROVEN,
	 "its boot of 2026-05-14 was critical 10 min after the start"},
	{"proven", DG_NO, booted_briefly, PROVEN, "599 s after the start"},
	{"proven", DG_NO, booted_badly, PROVEN, "critical for qemu-aio-unsupported"},
	{"proven", DG_NO, booted_elsewhere, PROVEN, "not known to be this host's"},
	{"proven", DG_YES, booted_first_well, PROVEN, "10 min after the start"},
	{"proven", DG_NO, booted_other, PROVEN, "there is no record of it"},
	{"proven", DG_CANNOT_TELL, proofs_unread, PROVEN, "Permission denied"},

	{"not-older", DG_YES, pin_old, ACT, NEWEST " is not older than " OLD},
	{"not-older", DG_NO, runs_newer, ACT, "is older than " NEWER7 ", which runs"},
	{"not-older", DG_NO, pinned_newer, ACT,
	 "is older than " NEWER7 ", which boots next"},

	{"known", DG_YES, pin_old, ACT, "none of the"},
	{"known", DG_CANNOT_TELL, modules_untold, ACT, "module-blocks-target is unknown"},
	{"known", DG_YES, other_entry_unusable, ACT,
	 "about another kernel cannot be used: " BEFORE ".json: line 1"},
	{"known", DG_CANNOT_TELL, dpkg_runs, ACT, "is unknown: packages are being"},

	{"clock", DG_YES, pin_old, ACT, "2026-06-03T08:00:00Z is plausible"},
	{"clock", DG_CANNOT_TELL, time_untold, ACT, "kernel.build_time"},
	{"container", DG_YES, pin_old, ACT, "no container"},
	{"upgrade", DG_YES, pin_old, ACT, "no package"},
	{"upgrade", DG_NO, dpkg_runs, ACT, "/var/lib/dpkg/lock-frontend is locked"},
	{"upgrade", DG_NO, dpkg_half, ACT, "half-way"},
	{"upgrade", DG_CANNOT_TELL, dpkg_untold, ACT, "packages.locked"},
	{"next-boot-pin", DG_YES, pin_old, ACT, "nothing is pinned for"},
	{"next-boot-pin", DG_NO, trial_pending, ACT, NEWER " is pinned for"},
	{"next-boot-pin", DG_NO, next_entry_set, ACT, NEWER " boots once"},

	{"unfinished", DG_YES, acted_25h_ago, ACT, "no action is unfinished"},
	{"unfinished", DG_NO, cut_off, ACT,
	 "enforce 20260602T080000Z-0000abcd was begun"},
	{"unfinished", DG_NO, not_undone, ACT, "is not finished"},
	{"unfinished", DG_CANNOT_TELL, action_broken, ACT, "Permission denied"},
	{"unfinished", DG_CANNOT_TELL, actions_unread, ACT, "Permission denied"},
	{"cooldown", DG_YES, pin_old, ACT, "no action is on record"},
	{"cooldown", DG_YES, acted_25h_ago, ACT, "more than 24 hours ago"},
	{"cooldown", DG_NO, acted_23h_ago, ACT, "until 2026-06-03T09:00:00Z"},
	{"cooldown", DG_NO, undone_23h_ago, ACT, "until 2026-06-03T09:00:00Z"},
	{"cooldown", DG_NO, acted_tomorrow, ACT, "until 2026-06-05T08:00:00Z"},
	{"cooldown", DG_YES, looked_1h_ago, ACT, "no action is on record"},
	{"cooldown", DG_YES, refused_1h_ago, ACT, "no action is on record"},
	{"cooldown", DG_YES, acted_23h_ago, ACT_AND("\"cooldown_hours\": 0"), "0 hours"},
	{"cooldown", DG_CANNOT_TELL, action_broken, ACT, "Permission denied"},
	{"once-a-boot", DG_YES, acted_25h_ago, ACT, "no change yet"},
	{"once-a-boot", DG_YES, looked_1h_ago, ACT, "no change yet"},
	{"once-a-boot", DG_NO, acted_this_boot, ACT, "a change already"},
	{"once-a-boot", DG_NO, undone_this_boot, ACT, "a change already"},
	{"once-a-boot", DG_CANNOT_TELL, boot_untold, ACT, "which boot"},
	{"once-a-boot", DG_NO, nameless_this_boot, ACT, "its record names no boot"},
	{"once-a-boot", DG_YES, nameless_before, ACT, "no change yet"},
	{"once-a-boot", DG_CANNOT_TELL, nameless_and_boot_time_untold, ACT,
	 "names no boot, and when this one began"},
	{"once-a-boot", DG_CANNOT_TELL, actions_unread, ACT, "Permission denied"},

	{"migration", DG_YES, backed_up, ACT, "none of 1 guests and 0 containers"},
	{"migration", DG_NO, leaving, ACT, "guest 109 is being migrated (lock"},
	{"migration", DG_NO, arriving, ACT, "109 is being migrated to this host"},
	{"migration", DG_NO, container_leaving, ACT, "container 200 is being migrated"},
	{"migration", DG_CANNOT_TELL, container_config_untold, ACT, "Permission denied"},
	{"migration", DG_CANNOT_TELL, guests_untold, ACT, "Permission denied"},

	{"quorum", DG_YES, pin_old, ACT, "no node of a cluster"},
	{"quorum", DG_YES, first_node, ACT, "cluster of 4 nodes is quorate"},
	{"quorum", DG_NO, lonely_node, ACT, "is not quorate"},
	{"quorum", DG_CANNOT_TELL, quorum_untold, ACT, "Permission denied"},
	{"quorum", DG_CANNOT_TELL, cluster_untold, ACT, "Permission denied"},
	{"canary", DG_YES, pin_old, ACT, "no canaries"},
	{"canary", DG_YES, pin_old, ACT_AND("\"canaries\": [\"pve?\"]"), "(pve?)"},
	{"canary", DG_NO, pin_old,
	 ACT_AND("\"canaries\": [\"lab-*\", \"x\"], \"rollout_percent\": 0"),
	 "only canaries (lab-*, x) act"},
	{"canary", DG_YES, pin_old, ACT_AND("\"canaries\": [\"lab-*\"]"),
	 "none of the canaries (lab-*); of the others 100 percent"},
	{"canary", DG_CANNOT_TELL, name_untold,
	 ACT_AND("\"canaries\": [\"lab-*\"], \"rollout_percent\": 0"),
	 "Permission denied"},
	{"rollout", DG_YES, pin_old, ACT, "all hosts may act"},
	{"rollout", DG_YES, id_untold, ACT, "all hosts may act"},
	{"rollout", DG_YES, last_node,
	 ACT_AND("\"canaries\": [\"pve4\"], \"rollout_percent\": 0"), "need not wait"},
	{"rollout", DG_YES, first_node, ACT_AND("\"rollout_percent\": 25"),
	 "number 1 of 4 nodes that are no canaries, and 25 percent"},
	{"rollout", DG_NO, first_node, ACT_AND("\"rollout_percent\": 24"), "only 24"},
	{"rollout", DG_NO, second_node, ACT_AND("\"rollout_percent\": 49"), "number 2"},
	{"rollout", DG_YES, second_node,
	 ACT_AND("\"canaries\": [\"pve1\"], \"rollout_percent\": 34"),
	 "number 1 of 3 nodes"},
	{"rollout", DG_CANNOT_TELL, stranger, ACT_AND("\"rollout_percent\": 99"),
	 "pve9 is not in the list"},
	{"rollout", DG_CANNOT_TELL, cluster_untold, ACT_AND("\"rollout_percent\": 99"),
	 "Permission denied"},
	{"rollout", DG_NO, pin_old, ACT_AND("\"rollout_percent\": 0"), "only 0 percent"},
	{"rollout", DG_CANNOT_TELL, id_untold, ACT_AND("\"rollout_percent\": 99"),
	 "no id"},
};

static size_t try_gate(const struct gate_case *c, size_t number)
{
	DECISION d = {.facts = host_grub()};
	const struct dg_gate *gate;

	c->bend(d.facts);
	decide(&d, c->policy);
	gate = gate_of(&d, c->gate);
	if (gate && gate->open == c->answer && strstr(gate->detail, c->detail)) {
		/* None but open gates lead to an action. */
		return c->answer != DG_YES && d.e.state == DG_ENFORCE_ACTS;
	}
	print_error("case %zu, %s: %s, not %s with \"%s\": %s\n", number, c->gate,
		    gate ? word_of(gate->open) : "not there", word_of(c->answer),
		    c->detail, gate ? gate->detail : d.e.summary);
	return 1;
}

static void test_gates(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(gate_cases); i++)
		wrong += try_gate(&gate_cases[i], i);
	assert_int_equal(wrong, 0);
}

/* Each gate is seen open, and seen not open. */
static void test_table(void **state)
{
	DECISION d = {.facts = host_grub()};

	(void)state;
	pin_old(d.facts);
	decide(&d, ACT);
	assert_int_equal(d.e.gate_count, 21);
	for (size_t i = 0; i < d.e.gate_count; i++) {
		bool open = false, other = false;

		for (size_t j = 0; j < DG_COUNT(gate_cases); j++) {
			if (!dg_streq(gate_cases[j].gate, d.e.gates[i].id))
				continue;
			open |= gate_cases[j].answer == DG_YES;
			other |= gate_cases[j].answer != DG_YES;
		}
		/* In a container the checks themselves do not apply. */
		if (!open || !(other || dg_streq(d.e.gates[i].id, "container")))
			fail_msg("%s is tried in one way only", d.e.gates[i].id);
	}
}

/* --- what follows --- */

static const struct state_case {
	void (*bend)(struct dg_facts *f);
	const char *policy;
	enum dg_enforce_state state;
	const char *action, *because; /* NULL: none */
	const char *summary;	      /* a part of it */
} state_cases[] = {
	{pin_old, ACT, DG_ENFORCE_ACTS, "unpin", "pin-age",
	 "unpin " NEWEST ", because of pin-age (warning)"},
	{passed_through, ACT, DG_ENFORCE_ACTS, "repin", "pin-age", "repin " NEWEST},
	{pin_old,
	 ON("\"on\": [\"pin-undocumented\"], \"actions\": [\"unpin\"], "
	    "\"require_proven\": false"),
	 DG_ENFORCE_ACTS, "unpin", "pin-undocumented", "pin-undocumented (notice)"},
	{pin_old,
	 ON("\"on\": [\"pin-age\"], \"actions\": [\"pin-next-boot\"], "
	    "\"require_proven\": false"),
	 DG_ENFORCE_ACTS, "pin-next-boot", "pin-age", "pin-next-boot " NEWEST},
	{late_3, ON("\"actions\": [\"unpin\"], \"require_proven\": false"),
	 DG_ENFORCE_ACTS, "unpin", "pin-expired", "pin-expired (warning)"},
	/* The pin is nobody's debt by the default policy. */
	{pin_old, ON("\"require_proven\": false"), DG_ENFORCE_NOTHING, "notify", NULL,
	 "Nothing is to be done: nothing drifts"},
	{agreed, ACT, DG_ENFORCE_NOTHING, "notify", NULL, "is waived until 2026-07-03"},
	{pin_old, ACT WAIVER("pin-age", "2026-12-31"), DG_ENFORCE_NOTHING, "notify", NULL,
	 "Nothing is to be done: pin-age is waived until 2026-12-31"},
	{pin_old, ACT WAIVER("kernel-series-behind", "2026-12-31"), DG_ENFORCE_REFUSED,
	 "unpin", "pin-age",
	 "shut: waived. waived: kernel-series-behind is waived until "
	 "2026-12-31"},
	{pin_old, ON("\"on\": [\"pin-age\"], \"actions\": [\"notify\"]"),
	 DG_ENFORCE_NOTIFIES, "notify", "pin-age", "Nothing is done but to tell of it"},
	/* Nothing that driftguard can do cures it. */
	{passed_through, ON("\"on\": [\"qemu-ring-phantom\"]"), DG_ENFORCE_NOTIFIES,
	 "notify", "qemu-ring-phantom", "Nothing is done but to tell of it"},
	{pin_old, ON("\"on\": [\"pin-age\"], \"actions\": [\"repin\"]"),
	 DG_ENFORCE_REFUSED, "notify", "pin-age", "shut: action"},
	{pin_old, PROVEN, DG_ENFORCE_REFUSED, "unpin", "pin-age",
	 "a person may try it: driftguard pin " NEWEST " --next-boot"},
	{pin_old, "\"enforce\": {\"on\": [\"pin-age\"]}", DG_ENFORCE_REFUSED, "notify",
	 "pin-age", "shut: enabled"},
	/* What `on` really holds cannot be told. */
	{pin_old, ACT ", \"nonsense\": 1", DG_ENFORCE_REFUSED, "unpin", "pin-age",
	 "the policy is not sound"},
	{agreed, ACT ", \"nonsense\": 1", DG_ENFORCE_REFUSED, "notify", NULL,
	 "the policy is not sound"},
	{ledger_unread, ACT, DG_ENFORCE_REFUSED, "notify", NULL, "finding: pin-age"},
	{other_entry_unusable, ACT, DG_ENFORCE_ACTS, "unpin", "pin-age", "unpin"},
	{late_and_other_unusable,
	 ON("\"on\": [\"pin-expired\"], \"actions\": [\"unpin\"], "
	    "\"require_proven\": false"),
	 DG_ENFORCE_ACTS, "unpin", "pin-expired", "unpin"},
	{own_entry_unusable, ACT, DG_ENFORCE_REFUSED, "unpin", "pin-age",
	 "known: pin-expired is unknown: " OLD ".json: line 1"},
	{target_entry_unusable, ACT, DG_ENFORCE_REFUSED, "unpin", "pin-age",
	 "known: " NEWEST ".json: line 1"},
	{ledger_broken, ACT, DG_ENFORCE_REFUSED, "unpin", "pin-age",
	 "known: pin-expired is unknown"},
	{contained, ACT, DG_ENFORCE_NOTHING, "notify", NULL, "nothing drifts"},
	{container_untold, ACT, DG_ENFORCE_REFUSED, "notify", NULL, "host.container"},
	{clock_early, ACT, DG_ENFORCE_REFUSED, "notify", NULL, "clock is not plausible"},
	{running_untold, ACT, DG_ENFORCE_REFUSED, "unpin", "pin-age",
	 "shut: not-older, known"},
	{trial_untold, ACT, DG_ENFORCE_REFUSED, "notify", NULL, "boot.next_pin"},
	{dpkg_half, ACT, DG_ENFORCE_REFUSED, "unpin", "pin-age", "known, upgrade"},
};

static size_t try_state(const struct state_case *c, size_t number)
{
	DECISION d = {.facts = host_grub()};

	c->bend(d.facts);
	decide(&d, c->policy);
	if (d.e.state == c->state && dg_streq(d.e.action, c->action) &&
	    (c->because ? dg_streq(d.e.because, c->because) : !d.e.because) &&
	    strstr(d.e.summary, c->summary))
		return 0;
	print_error("case %zu: %s %s because of %s, not %s %s because of %s with \"%s\": "
		    "%s\n",
		    number, dg_enforce_state_name(d.e.state), d.e.action,
		    d.e.because ? d.e.because : "nothing",
		    dg_enforce_state_name(c->state), c->action,
		    c->because ? c->because : "nothing", c->summary, d.e.summary);
	return 1;
}

static void test_states(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(state_cases); i++)
		wrong += try_state(&state_cases[i], i);
	assert_int_equal(wrong, 0);
}

/* --- plans --- */

static void assert_argv(const struct dg_argv *argv, const char *want)
{
	DG_FREE char *all = strdup("");

	for (size_t i = 0; i < DG_ARGV_MAX && argv->words[i]; i++) {
		char *longer = dg_format("%s%s%s", all, i ? " " : "", argv->words[i]);

		free(all);
		all = longer;
	}
	assert_string_equal(all, want);
}

#define TRIAL                                                          \
	ON("\"on\": [\"pin-age\"], \"actions\": [\"pin-next-boot\"], " \
	   "\"require_proven\": false")

static void test_trial(void **state)
{
	DECISION grub = {.facts = host_grub()}, esps = {.facts = host_esps()};

	(void)state;
	pin_old(grub.facts);
	decide(&grub, TRIAL);
	assert_int_equal(grub.e.plan->step_count, 1);
	assert_argv(&grub.e.plan->steps[0].argv,
		    "proxmox-boot-tool kernel pin " NEWEST " --next-boot");
	assert_int_equal(grub.e.plan->steps[0].undo_count, 1);
	assert_argv(&grub.e.plan->steps[0].undo[0],
		    "proxmox-boot-tool kernel unpin --next-boot");
	pin_old(esps.facts);
	decide(&esps, TRIAL);
	assert_int_equal(esps.e.plan->step_count, 2);
	assert_argv(&esps.e.plan->steps[1].argv, "proxmox-boot-tool refresh");
	assert_int_equal(esps.e.plan->steps[0].undo_count, 2);
	assert_argv(&esps.e.plan->steps[0].undo[1], "proxmox-boot-tool refresh");
	assert_string_equal(esps.e.plan->then, "reboot");
}

static void stale(struct dg_facts *f)
{
	pin_old(f);
	dg_set_int(&f->boot.esps.items[1].copies.items[1].initrd_size, 5);
}

/* The plan is for the drift that the policy acts on: an old pin is none of this one's. */
static void test_own_plan(void **state)
{
	DECISION d = {.facts = host_esps()};

	(void)state;
	stale(d.facts);
	decide(&d, ON("\"on\": [\"esp-stale\"], \"actions\": [\"refresh\"], "
		      "\"require_proven\": false"));
	assert_string_equal(d.verdict->plan->target, NEWEST);
	assert_string_equal(d.e.summary + strlen(d.e.summary) - 1, "t");
	assert_int_equal(d.e.state, DG_ENFORCE_ACTS);
	assert_string_equal(d.e.action, "refresh");
	assert_int_equal(d.e.plan->step_count, 1);
	assert_argv(&d.e.plan->steps[0].argv, "proxmox-boot-tool refresh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gates),	 cmocka_unit_test(test_table),
		cmocka_unit_test(test_states),	 cmocka_unit_test(test_trial),
		cmocka_unit_test(test_own_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
