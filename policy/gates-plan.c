/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the policy wants done, and by which of the actions that it allows. */
#include <errno.h>

#include "policy/catalog.h"
#include "policy/gate.h"
#include "policy/plan-trial.h"

static const struct dg_finding *find_because(const struct dg_gate_work *w)
{
	const struct dg_finding *worst = NULL;

	for (size_t i = 0; i < w->verdict->finding_count; i++) {
		const struct dg_finding *f = &w->verdict->findings[i];

		if (f->status == DG_DRIFT && (!worst || f->severity > worst->severity) &&
		    dg_policy_lists(w->view->policy, "enforce.on", f->check->id))
			worst = f;
	}
	return worst;
}

/* Checks that ask for no command by themselves, and what a policy that acts on them wants
 * done: what another check asks for. */
static const struct {
	const char *check, *as;
} stand_ins[] = {
	{.check = "pin-undocumented", .as = "pin-age"},
	{.check = "kernel-age-skew", .as = "kernel-series-behind"},
};

static const struct dg_check *find_asking(const struct dg_check *check)
{
	for (size_t i = 0; i < DG_COUNT(stand_ins); i++)
		if (dg_streq(stand_ins[i].check, check->id))
			return dg_catalog_find(stand_ins[i].as);
	return check;
}

/* The plan for the drift that the policy acts on, and no other. */
static int make_plan(const struct dg_gate_work *w, struct dg_plan **ret)
{
	size_t count = w->verdict->finding_count;
	DG_FREE struct dg_finding *findings = calloc(count, sizeof(*findings));

	if (!findings)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct dg_finding *f = &w->verdict->findings[i];
		bool listed =
			dg_policy_lists(w->view->policy, "enforce.on", f->check->id);

		findings[i].check = listed ? find_asking(f->check) : f->check;
		findings[i].status = listed ? f->status : DG_OK;
	}
	return dg_plan_make(w->view, findings, count, ret);
}

/* What carrying out its commands is called; NULL: it has none. */
static const char *name_action(const struct dg_plan *plan)
{
	if (!plan || !plan->step_count)
		return NULL;
	return dg_streq(plan->strategy, "reboot") ? "refresh" : plan->strategy;
}

static int choose_action(struct dg_gate_work *w, struct dg_plan *plan)
{
	const struct dg_policy *policy = w->view->policy;
	int r = 0;

	w->wanted = name_action(plan);
	w->plan = w->wanted ? plan : NULL;
	w->action = "notify";
	if (!w->wanted)
		return 0;
	if (dg_policy_lists(policy, "enforce.actions", w->wanted)) {
		w->action = w->wanted;
	} else if (!dg_streq(w->wanted, "refresh") && plan->target &&
		   dg_policy_lists(policy, "enforce.actions", "pin-next-boot")) {
		r = dg_plan_make_trial(w->view, plan);
		w->wanted = w->action = "pin-next-boot";
	}
	return r;
}

int dg_gate_plan(struct dg_gate_work *w, struct dg_plan **ret)
{
	DG_CLEANUP(dg_plan_freep) struct dg_plan *plan = NULL;
	int r;

	w->because = find_because(w);
	r = make_plan(w, &plan);
	if (r == 0)
		r = choose_action(w, plan);
	if (r == 0)
		*ret = DG_STEAL(plan);
	return r;
}
