/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of gates, the plan that they guard, and the decision. */
#include <errno.h>
#include <json-c/json.h>

#include "policy/catalog.h"
#include "policy/gate.h"
#include "policy/plan-trial.h"
#include "policy/policy-keys.h"
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

/* --- answers; memory that is short shows as a gate without a detail --- */

#define ANSWER(gate, answer, fmt)                          \
	do {                                               \
		va_list args_;                             \
		va_start(args_, fmt);                      \
		(gate)->open = (answer);                   \
		(gate)->detail = dg_vformat((fmt), args_); \
		va_end(args_);                             \
	} while (0)

void dg_gate_open(struct dg_gate *gate, const char *fmt, ...)
{
	ANSWER(gate, DG_YES, fmt);
}

void dg_gate_shut(struct dg_gate *gate, const char *fmt, ...)
{
	ANSWER(gate, DG_NO, fmt);
}

void dg_gate_untold(struct dg_gate *gate, const char *fmt, ...)
{
	ANSWER(gate, DG_CANNOT_TELL, fmt);
}

bool dg_gate_gap(const struct dg_gate_work *w, struct dg_gate *gate,
		 const char *const *paths)
{
	for (; *paths; paths++) {
		DG_FREE char *gap = dg_facts_gap(w->view->facts, *paths);

		if (!gap)
			continue;
		dg_gate_untold(gate, "%s", gap);
		return true;
	}
	return false;
}

/* --- lists of the policy --- */

bool dg_policy_lists(const struct dg_policy *policy, const char *path, const char *word)
{
	struct json_object *list = dg_policy_value(policy->tree, path);
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++)
		if (dg_streq(json_object_get_string(json_object_array_get_idx(list, i)),
			     word))
			return true;
	return false;
}

char *dg_policy_list_join(const struct dg_policy *policy, const char *path)
{
	struct json_object *list = dg_policy_value(policy->tree, path);
	size_t count = list ? json_object_array_length(list) : 0;
	char *all = strdup("");

	for (size_t i = 0; all && i < count; i++) {
		char *longer = dg_format(
			"%s%s%s", all, *all ? ", " : "",
			json_object_get_string(json_object_array_get_idx(list, i)));

		free(all);
		all = longer;
	}
	return all;
}

/* --- what is to be done --- */

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
		r = dg_plan_make_trial(w->view->facts, plan);
		w->wanted = w->action = "pin-next-boot";
	}
	return r;
}

const char *dg_gate_kernel(const struct dg_gate_work *w)
{
	const struct dg_boot *boot = &w->view->facts->boot;
	const char *next = dg_get(&boot->next_pin);

	if (w->plan && w->plan->target)
		return w->plan->target;
	return next ? next : dg_get(&boot->pin);
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

	w.because = find_because(&w);
	r = make_plan(&w, &e->plan);
	if (r == 0)
		r = choose_action(&w, e->plan);
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
