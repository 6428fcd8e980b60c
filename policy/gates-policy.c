/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gates: does the policy want anything done about what was found, by now? */
#include <json-c/json.h>

#include "policy/gate.h"
#include "policy/policy-keys.h"
#include "policy/timefmt.h"

#define DAY INT64_C(86400)

void dg_gate_policy(const struct dg_gate_work *w, struct dg_gate *gate)
{
	DG_FREE char *why = NULL;

	if (dg_policy_is_sound(w->view->policy, &why))
		dg_gate_open(gate, "the policy is sound");
	else if (why)
		dg_gate_shut(gate, "%s", why);
}

void dg_gate_enabled(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_policy *policy = w->view->policy;
	DG_FREE char *where = dg_policy_where(policy, "enforce.enabled");

	if (!where)
		return;
	if (policy->enforce.enabled)
		dg_gate_open(gate, "the policy enables it (%s)", where);
	else
		dg_gate_shut(gate, "the policy does not enable it (%s)", where);
}

/* --- what was found --- */

/* A check that the policy acts on, of a status; NULL: none. */
static const struct dg_finding *find_listed(const struct dg_gate_work *w,
					    enum dg_status status)
{
	for (size_t i = 0; i < w->verdict->finding_count; i++) {
		const struct dg_finding *f = &w->verdict->findings[i];

		if (f->status == status &&
		    dg_policy_lists(w->view->policy, "enforce.on", f->check->id))
			return f;
	}
	return NULL;
}

/* A pin's drift that is left to people; "": none. */
static const char *find_told(const struct dg_gate_work *w)
{
	for (size_t i = 0; i < w->verdict->finding_count; i++) {
		const struct dg_finding *f = &w->verdict->findings[i];

		if (f->status == DG_DRIFT && dg_streq(f->check->family, "pin"))
			return f->check->id;
	}
	return "";
}

void dg_gate_finding(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_finding *unknown = find_listed(w, DG_UNKNOWN);
	const char *told = find_told(w);
	DG_FREE char *on = NULL;

	if (w->because) {
		dg_gate_open(gate, "%s (%s): %s", w->because->check->id,
			     dg_severity_name(w->because->severity), w->because->summary);
		return;
	}
	if (unknown) {
		dg_gate_untold(gate, "%s cannot be judged: %s", unknown->check->id,
			       unknown->summary);
		return;
	}
	on = dg_policy_list_join(w->view->policy, "enforce.on");
	if (on)
		dg_gate_shut(gate, "nothing drifts that the policy acts on (%s)%s%s%s",
			     *on ? on : "enforce.on is empty", *told ? "; " : "", told,
			     *told ? " is only told of" : "");
}

/* A waiver for anything that a change of the kernel would cure says that this kernel is
 * to stay, whichever check asks for the change. */
static bool speaks_for_kernel(const struct dg_gate_work *w, const struct dg_finding *f)
{
	return w->plan && !dg_streq(w->wanted, "refresh") &&
	       (dg_streq(f->check->family, "kernel") ||
		dg_streq(f->check->family, "pin"));
}

static const struct dg_finding *find_waived(const struct dg_gate_work *w)
{
	const struct dg_finding *found = find_listed(w, DG_WAIVED);

	for (size_t i = 0; !found && i < w->verdict->finding_count; i++) {
		const struct dg_finding *f = &w->verdict->findings[i];

		if (f->status == DG_WAIVED && speaks_for_kernel(w, f))
			found = f;
	}
	return found && found->waiver ? found : NULL;
}

void dg_gate_waived(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_finding *f = find_waived(w);
	const struct dg_pin *pin = &w->view->pin;
	char date[DG_DATE_SIZE];

	if (f)
		dg_gate_shut(gate, "%s is waived until %s (%lld days left) by %s: %s; %s",
			     f->check->id, dg_date_format(f->waiver->until, date),
			     (long long)f->waiver->days_left, f->waiver->id,
			     f->waiver->reason, f->waiver->owner);
	else if (pin->documented && w->plan && !dg_streq(w->wanted, "refresh"))
		dg_gate_shut(gate, "the pin to %s is documented until %s: %s; %s",
			     pin->abi, dg_date_format(pin->debt->until.value, date),
			     pin->debt->reason.value, pin->debt->owner.value);
	else
		dg_gate_open(gate, "nothing of it is waived");
}

/* --- grace --- */

/* When what was found fell due; 0: it has no due date. */
static int64_t find_due(const struct dg_gate_work *w)
{
	const struct dg_pin *pin = &w->view->pin;
	const char *id = w->because ? w->because->check->id : NULL;

	if (dg_streq(id, "pin-expired") && pin->debt && dg_known(&pin->debt->until))
		return pin->debt->until.value;
	if (dg_streq(id, "pin-age") && pin->time)
		return pin->time + w->view->policy->pin.max_age_days * DAY;
	return 0;
}

void dg_gate_grace(const struct dg_gate_work *w, struct dg_gate *gate)
{
	int64_t days = w->view->policy->enforce.grace_days, due = find_due(w);
	int64_t end = due + days * DAY;
	char date[DG_DATE_SIZE], last[DG_DATE_SIZE];

	dg_date_format(due, date);
	dg_date_format(end, last);
	if (!due)
		dg_gate_open(gate, "%s has no due date",
			     w->because ? w->because->check->id : "what was found");
	else if (w->view->now > end)
		dg_gate_open(gate,
			     "the pin was due on %s, and %lld days of grace are over",
			     date, (long long)days);
	else
		dg_gate_shut(gate,
			     "the pin is due on %s; with %lld days of grace nothing is "
			     "done until %s",
			     date, (long long)days, last);
}

/* --- action --- */

void dg_gate_action(const struct dg_gate_work *w, struct dg_gate *gate)
{
	DG_FREE char *allowed = dg_policy_list_join(w->view->policy, "enforce.actions");

	if (!allowed)
		return;
	if (!w->plan)
		dg_gate_shut(gate, "no command would help: what is left is for a person");
	else if (!dg_streq(w->action, "notify"))
		dg_gate_open(gate, "the plan is %s; the policy allows %s", w->action,
			     allowed);
	else
		dg_gate_shut(gate, "the plan is %s; the policy allows %s", w->wanted,
			     *allowed ? allowed : "nothing (enforce.actions is empty)");
}
