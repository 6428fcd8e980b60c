/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of gates, and the decision. */
#include <errno.h>

#include "policy/gate.h"
#include "policy/text.h"

/* What the policy wants first; then the kernel; then the moment; then whose turn it is.
 */
static const struct {
	const char *id;
	bool always; /* also where nothing drifts that the policy acts on */
	void (*judge)(const struct dg_gate_work *w, struct dg_gate *gate);
} gates[] = {
	{.id = "policy", .always = true, .judge = dg_gate_policy},
	{.id = "enabled", .always = true, .judge = dg_gate_enabled},
	{.id = "finding", .always = true, .judge = dg_gate_finding},
	{.id = "waived", .always = true, .judge = dg_gate_waived},
	{.id = "grace", .judge = dg_gate_grace},
	{.id = "action", .judge = dg_gate_action},
	{.id = "preflights", .judge = dg_gate_preflights},
	{.id = "proven", .judge = dg_gate_proven},
	{.id = "not-older", .judge = dg_gate_not_older},
	{.id = "known", .judge = dg_gate_known},
	{.id = "clock", .judge = dg_gate_clock},
	{.id = "container", .judge = dg_gate_container},
	{.id = "upgrade", .judge = dg_gate_upgrade},
	{.id = "next-boot-pin", .judge = dg_gate_next_boot_pin},
	{.id = "unfinished", .judge = dg_gate_unfinished},
	{.id = "migration", .judge = dg_gate_migration},
	{.id = "quorum", .judge = dg_gate_quorum},
	{.id = "canary", .judge = dg_gate_canary},
	{.id = "rollout", .judge = dg_gate_rollout},
	{.id = "cooldown", .judge = dg_gate_cooldown},
	{.id = "once-a-boot", .judge = dg_gate_once_a_boot},
};
_Static_assert(DG_COUNT(gates) <= DG_GATES_MAX, "there is room for every gate");

const char *dg_enforce_state_name(enum dg_enforce_state state)
{
	static const char *const names[] = {
		[DG_ENFORCE_NOTHING] = "nothing",
		[DG_ENFORCE_NOTIFIES] = "notifies",
		[DG_ENFORCE_REFUSED] = "refused",
		[DG_ENFORCE_ACTS] = "acts",
	};

	return names[state];
}

/* --- the decision --- */

static int judge_gates(const struct dg_gate_work *w, struct dg_enforcement *e)
{
	for (size_t i = 0; i < DG_COUNT(gates); i++) {
		struct dg_gate *gate = &e->gates[e->gate_count];

		if (!w->because && !gates[i].always)
			continue;
		e->gate_count++;
		gate->id = gates[i].id;
		gates[i].judge(w, gate);
		if (!gate->detail)
			return -ENOMEM;
	}
	return 0;
}

static const struct dg_gate *find_gate(const struct dg_enforcement *e, const char *id)
{
	for (size_t i = 0; i < e->gate_count; i++)
		if (dg_streq(e->gates[i].id, id))
			return &e->gates[i];
	return NULL;
}

static bool is_open(const struct dg_enforcement *e, const char *id)
{
	const struct dg_gate *gate = find_gate(e, id);

	return gate && gate->open == DG_YES;
}

static const struct dg_gate *find_shut(const struct dg_enforcement *e)
{
	for (size_t i = 0; i < e->gate_count; i++)
		if (e->gates[i].open != DG_YES)
			return &e->gates[i];
	return NULL;
}

static enum dg_enforce_state decide(const struct dg_gate_work *w,
				    const struct dg_enforcement *e)
{
	/* What the policy says is not to be relied on. */
	if (!is_open(e, "policy"))
		return DG_ENFORCE_REFUSED;
	if (!w->because)
		return find_gate(e, "finding")->open == DG_CANNOT_TELL
			       ? DG_ENFORCE_REFUSED
			       : DG_ENFORCE_NOTHING;
	if (!find_shut(e))
		return DG_ENFORCE_ACTS;
	if (is_open(e, "enabled") && is_open(e, "waived") && is_open(e, "grace") &&
	    dg_streq(w->action, "notify") &&
	    (!w->plan || dg_policy_lists(w->view->policy, "enforce.actions", "notify")))
		return DG_ENFORCE_NOTIFIES;
	return DG_ENFORCE_REFUSED;
}

/* "preflights, proven": those that are shut. NULL: none, or out of memory. */
static char *list_shut(const struct dg_enforcement *e)
{
	DG_FREE char *all = NULL;

	for (size_t i = 0; i < e->gate_count; i++) {
		char *longer;

		if (e->gates[i].open == DG_YES)
			continue;
		longer = dg_format("%s%s%s", all ? all : "", all ? ", " : "",
				   e->gates[i].id);
		if (!longer)
			return NULL;
		free(all);
		all = longer;
	}
	return DG_STEAL(all);
}

static char *say_refusal(const struct dg_enforcement *e)
{
	const struct dg_gate *first = find_shut(e);
	DG_FREE char *shut = list_shut(e);

	return shut ? dg_format("Nothing is done; shut: %s. %s: %s", shut, first->id,
				first->detail)
		    : NULL;
}

static char *say_what(const struct dg_gate_work *w, const struct dg_enforcement *e)
{
	const struct dg_gate *waived = find_gate(e, "waived");
	const struct dg_gate *finding = find_gate(e, "finding");
	const char *target = w->plan && w->plan->target ? w->plan->target : NULL;

	switch (e->state) {
	case DG_ENFORCE_ACTS:
		return dg_format("%s%s%s, because of %s", w->action, target ? " " : "",
				 target ? target : "", finding->detail);
	case DG_ENFORCE_NOTIFIES:
		return dg_format("Nothing is done but to tell of it: %s",
				 finding->detail);
	case DG_ENFORCE_REFUSED:
		return say_refusal(e);
	case DG_ENFORCE_NOTHING:
		break;
	}
	return dg_format("Nothing is to be done: %s",
			 waived->open == DG_YES ? finding->detail : waived->detail);
}

static int decide_view(const struct dg_view *view, const struct dg_verdict *verdict,
		       struct dg_enforcement *e)
{
	struct dg_gate_work w = {.view = view, .verdict = verdict};
	int r;

	r = dg_gate_plan(&w, &e->plan);
	if (r == 0)
		r = judge_gates(&w, e);
	if (r < 0)
		return r;
	e->action = w.action;
	e->because = w.because ? w.because->check->id : NULL;
	e->state = decide(&w, e);
	e->summary = say_what(&w, e);
	return e->summary ? 0 : -ENOMEM;
}

int dg_enforce_decide(const struct dg_facts *facts, const struct dg_policy *policy,
		      const struct dg_verdict *verdict, struct dg_enforcement *ret)
{
	DG_ENFORCEMENT_CLEANUP struct dg_enforcement e = {0};
	struct dg_view view;
	int r = dg_view_derive(facts, policy, &view);

	if (r < 0)
		return r;
	r = decide_view(&view, verdict, &e);
	dg_view_clear(&view);
	if (r < 0)
		return r;
	*ret = e;
	e = (struct dg_enforcement){0};
	return 0;
}

void dg_enforcement_clear(struct dg_enforcement *e)
{
	for (size_t i = 0; i < e->gate_count; i++)
		free(e->gates[i].detail);
	dg_plan_free(e->plan);
	free(e->summary);
	*e = (struct dg_enforcement){0};
}
