/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine: turns gaps into unknown before a check's function runs, applies the
 * policy's words and waivers after it, and sums up. No check handles failures itself. */
#include <errno.h>

#include "policy/catalog.h"
#include "policy/judge.h"
#include "policy/policy-waivers.h"
#include "policy/text.h"

#define DAY (24 * 60 * 60)

static const char *const level_names[] = {
	[DG_LEVEL_OK] = "ok",		[DG_LEVEL_NOTICE] = "notice",
	[DG_LEVEL_WARNING] = "warning", [DG_LEVEL_CRITICAL] = "critical",
	[DG_LEVEL_UNKNOWN] = "unknown",
};

const char *dg_level_name(enum dg_level level)
{
	return level_names[level];
}

int dg_level_exit_status(enum dg_level level)
{
	static const int statuses[] = {
		[DG_LEVEL_OK] = 0,	 [DG_LEVEL_NOTICE] = 0,	 [DG_LEVEL_WARNING] = 1,
		[DG_LEVEL_CRITICAL] = 2, [DG_LEVEL_UNKNOWN] = 3,
	};

	return statuses[level];
}

int dg_level_rank(enum dg_level level)
{
	static const int ranks[] = {
		[DG_LEVEL_OK] = 0,	[DG_LEVEL_NOTICE] = 1,	 [DG_LEVEL_UNKNOWN] = 2,
		[DG_LEVEL_WARNING] = 3, [DG_LEVEL_CRITICAL] = 4,
	};

	return ranks[level];
}

/* --- before a check --- */

/* Reasons not to look at all. */
static bool is_out_of_scope(const struct dg_view *view, struct dg_finding *f)
{
	unsigned flags = f->check->flags;

	if ((flags & DG_HOST_KERNEL) && view->container)
		dg_find_not_applicable(f, "in a container the kernel is the host's");
	else if ((flags & DG_OWN_KERNEL) && view->outside)
		dg_find_not_applicable(
			f, "no kernel is installed here: the running one came "
			   "from outside");
	else if ((flags & DG_PROXMOX_ONLY) && view->product.id && !view->product.proxmox)
		dg_find_not_applicable(f, "this is no Proxmox host");
	else
		return false;
	return true;
}

/* Of a container nothing that concerns the kernel is to be said. */
static bool is_container_untold(const struct dg_view *view, struct dg_finding *f)
{
	DG_FREE char *gap = dg_facts_gap(view->facts, "host.container");

	if (gap)
		dg_find_unknown(f, "%s", gap);
	return gap;
}

/* Reasons why nothing can be said. */
static bool is_unknowable(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_check *check = f->check;

	for (size_t i = 0; i < DG_CHECK_NEEDS && check->needs[i]; i++) {
		DG_FREE char *gap = dg_facts_gap(view->facts, check->needs[i]);

		if (gap) {
			dg_find_unknown(f, "%s", gap);
			return true;
		}
	}
	if ((check->flags & DG_HOST_KERNEL) && is_container_untold(view, f))
		return true;
	if ((check->flags & DG_SETTLED_ONLY) && view->unsettled)
		dg_find_unknown(f,
				"packages are being changed (see upgrade-in-progress)");
	else if ((check->flags & DG_NEEDS_CLOCK) && !view->clock_ok)
		dg_find_unknown(f, "the clock is not plausible (see clock-implausible)");
	else
		return false;
	return true;
}

/* --- after a check --- */

/* A gap in one item: what was found stands, and nothing else can be said. */
static void mind_item_gaps(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_check *check = f->check;

	for (size_t i = 0; i < DG_CHECK_NEEDS && check->each[i]; i++) {
		DG_FREE char *gap = dg_facts_gap(view->facts, check->each[i]);

		if (!gap)
			continue;
		if (f->status == DG_DRIFT)
			dg_find_item(f, "not_seen", gap);
		else if (f->status == DG_OK)
			dg_find_unknown(f, "%s", gap);
	}
}

static size_t index_of(const struct dg_view *view, const struct dg_finding *f)
{
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);

	(void)view;
	for (size_t i = 0; i < count; i++)
		if (all[i] == f->check)
			return i;
	return 0;
}

static void regrade(const struct dg_view *view, struct dg_finding *f)
{
	size_t at = index_of(view, f);

	if (f->status == DG_DRIFT && view->policy->checks[at].how == DG_REGRADED)
		f->severity = view->policy->checks[at].severity;
}

static void run_check(const struct dg_view *view, struct dg_finding *f)
{
	if (view->policy->checks[index_of(view, f)].how == DG_SWITCHED_OFF) {
		dg_find_not_applicable(f, "switched off by the policy");
		return;
	}
	if (is_out_of_scope(view, f) || is_unknowable(view, f))
		return;
	if (!f->check->run)
		return;
	f->check->run(view, f);
	mind_item_gaps(view, f);
	regrade(view, f);
}

/* --- waivers --- */

static int set_note(struct dg_finding *f, const char *id, const char *reason,
		    const char *owner, int64_t until, int64_t now)
{
	struct dg_waiver_note *note = calloc(1, sizeof(*note));

	if (!note)
		return -ENOMEM;
	f->waiver = note;
	note->id = dg_format("%s", id);
	note->reason = dg_format("%s", reason);
	note->owner = dg_format("%s", owner);
	note->until = until;
	note->days_left = until > now ? (until - now) / DAY : 0;
	f->status = DG_WAIVED;
	return note->id && note->reason && note->owner ? 0 : -ENOMEM;
}

const struct dg_waiver *dg_judge_waiver(const struct dg_view *view,
					const struct dg_finding *finding)
{
	const char *kernels[2];
	size_t n = 0;

	if (dg_known(&view->facts->kernel.release))
		kernels[n++] = view->facts->kernel.release.value;
	if (view->pin.abi)
		kernels[n++] = view->pin.abi;
	return dg_policy_find_waiver(view->policy, finding,
				     dg_get(&view->facts->host.name), kernels, n);
}

/* The ledger's entry of a documented pin answers for what follows from that pin. */
static bool is_covered_by_pin(const struct dg_view *view, const struct dg_finding *f)
{
	const char *running = dg_get(&view->facts->kernel.release);

	return (f->check->flags & DG_PIN_WAIVES) && view->pin.documented &&
	       (dg_streq(f->check->family, "pin") || dg_streq(running, view->pin.abi));
}

static int waive(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_waiver *w;

	if (f->status != DG_DRIFT)
		return 0;
	if (is_covered_by_pin(view, f)) {
		const struct dg_debt *debt = view->pin.debt;
		DG_FREE char *id = dg_format("ledger:%s", view->pin.abi);

		return id ? set_note(f, id, debt->reason.value, debt->owner.value,
				     debt->until.value, view->now)
			  : -ENOMEM;
	}
	w = dg_judge_waiver(view, f);
	/* By an implausible clock nobody can say that a waiver has expired. */
	if (w && (w->until >= view->now || !view->clock_ok))
		return set_note(f, w->id, w->reason, w->owner, w->until, view->now);
	return 0;
}

/* --- the sum --- */

static enum dg_level sum_up(const struct dg_policy *policy,
			    const struct dg_finding *findings, size_t count)
{
	enum dg_severity worst = DG_FINE;
	bool blind = false;

	for (size_t i = 0; i < count; i++) {
		if (findings[i].status == DG_DRIFT && findings[i].severity > worst)
			worst = findings[i].severity;
		blind |= findings[i].status == DG_UNKNOWN && policy->essential[i];
	}
	if (worst >= DG_WARNING)
		return worst == DG_CRITICAL ? DG_LEVEL_CRITICAL : DG_LEVEL_WARNING;
	if (blind)
		return DG_LEVEL_UNKNOWN;
	return worst == DG_NOTICE ? DG_LEVEL_NOTICE : DG_LEVEL_OK;
}

static int find_all(const struct dg_view *view, struct dg_verdict *verdict)
{
	const struct dg_check *const *all = dg_catalog(&verdict->finding_count);
	size_t count = verdict->finding_count;
	int r = 0;

	verdict->findings = calloc(count, sizeof(*verdict->findings));
	if (!verdict->findings)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		verdict->findings[i].check = all[i];
		run_check(view, &verdict->findings[i]);
		if (!r)
			r = waive(view, &verdict->findings[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct dg_finding *f = &verdict->findings[i];

		if (f->check->run_last && !f->summary)
			f->check->run_last(view, verdict->findings, count, f);
		regrade(view, f);
	}
	return r;
}

static bool is_broken_next(const struct dg_finding *f)
{
	return (f->status == DG_DRIFT || f->status == DG_WAIVED) &&
	       dg_streq(f->check->id, "boot-next-broken");
}

/* Nobody is sent into a reboot that may fail. */
static void hold_reboots(struct dg_finding *findings, size_t count)
{
	bool broken = false;

	for (size_t i = 0; i < count; i++)
		broken |= is_broken_next(&findings[i]);
	for (size_t i = 0; i < count; i++)
		if (broken && dg_streq(findings[i].remedy, "reboot"))
			dg_find_remedy(&findings[i], "Once what boots next is whole (see "
						     "boot-next-broken): reboot");
}

static char *copy(const char *text)
{
	return text ? dg_format("%s", text) : NULL;
}

static void describe_host(const struct dg_view *view, struct dg_verdict *verdict)
{
	const struct dg_facts *facts = view->facts;

	verdict->tool = copy(dg_get(&facts->tool));
	verdict->time = view->now;
	verdict->host.id = copy(dg_get(&facts->host.id));
	verdict->host.name = copy(dg_get(&facts->host.name));
	verdict->host.boot_id = copy(dg_get(&facts->host.boot_id));
	verdict->host.product = copy(view->product.id);
	verdict->host.product_name = copy(view->product.name);
	verdict->host.version = copy(view->product.version);
	verdict->kernel.running = copy(dg_get(&facts->kernel.release));
	if (view->container || view->outside)
		return;
	if (view->expected.series[0])
		verdict->kernel.expected_series = copy(view->expected.series);
	if (view->next.abi) {
		verdict->kernel.next_boot = copy(view->next.abi);
		verdict->kernel.next_boot_because =
			copy(dg_because_name(view->next.because));
	}
	if (view->target)
		verdict->kernel.target = copy(view->target->abi.value);
}

static int judge_view(const struct dg_view *view, struct dg_verdict *verdict)
{
	int r = find_all(view, verdict);

	if (r < 0)
		return r;
	hold_reboots(verdict->findings, verdict->finding_count);
	describe_host(view, verdict);
	verdict->level = sum_up(view->policy, verdict->findings, verdict->finding_count);
	verdict->headline = dg_headline(view, verdict->findings, verdict->finding_count,
					verdict->level);
	if (!verdict->headline)
		return -ENOMEM;
	return dg_plan_make(view, verdict->findings, verdict->finding_count,
			    &verdict->plan);
}

int dg_judge(const struct dg_facts *facts, const struct dg_policy *policy,
	     struct dg_verdict **ret)
{
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;
	struct dg_view view;
	int r;

	verdict = calloc(1, sizeof(*verdict));
	if (!verdict)
		return -ENOMEM;
	r = dg_view_derive(facts, policy, &view);
	if (r < 0)
		return r;
	r = judge_view(&view, verdict);
	dg_view_clear(&view);
	if (r < 0)
		return r;
	*ret = DG_STEAL(verdict);
	return 0;
}

static void verdict_clear(struct dg_verdict *v)
{
	char **texts[] = {&v->tool,
			  &v->host.id,
			  &v->host.name,
			  &v->host.product,
			  &v->host.product_name,
			  &v->host.version,
			  &v->host.boot_id,
			  &v->headline,
			  &v->kernel.running,
			  &v->kernel.expected_series,
			  &v->kernel.next_boot,
			  &v->kernel.next_boot_because,
			  &v->kernel.target};

	for (size_t i = 0; i < DG_COUNT(texts); i++)
		free(*texts[i]);
	for (size_t i = 0; v->findings && i < v->finding_count; i++)
		dg_finding_clear(&v->findings[i]);
	free(v->findings);
	dg_plan_free(v->plan);
}

void dg_verdict_free(struct dg_verdict *v)
{
	if (v)
		verdict_clear(v);
	free(v);
}
