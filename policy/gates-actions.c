/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gates: what driftguard, or a person through it, did to this host before. */
#include "policy/gate.h"
#include "policy/timefmt.h"

#define HOUR INT64_C(3600)

/* The boot configuration was touched, be it put back again. */
static bool has_touched(const struct dg_deed *action)
{
	const char *outcome = dg_get(&action->outcome);

	return dg_deed_is_unfinished(action) || dg_streq(outcome, "done") ||
	       dg_streq(outcome, "undone");
}

static int64_t time_of(const struct dg_deed *action)
{
	return dg_known(&action->ended)	    ? action->ended.value
	       : dg_known(&action->started) ? action->started.value
					    : 0;
}

void dg_gate_unfinished(const struct dg_gate_work *w, struct dg_gate *gate)
{
	dg_list_foreach (action, w->view->facts->actions) {
		const char *id = dg_get(&action->id), *verb = dg_get(&action->verb);

		if (!dg_deed_is_unfinished(action))
			continue;
		dg_gate_shut(gate, "%s %s was begun and is not finished",
			     verb ? verb : "an action", id ? id : "?");
		return;
	}
	if (!dg_gate_gap(w, gate, DG_PATHS("actions.*")))
		dg_gate_open(gate, "no action is unfinished");
}

void dg_gate_cooldown(const struct dg_gate_work *w, struct dg_gate *gate)
{
	int64_t hours = w->view->policy->enforce.cooldown_hours, last = 0;
	char when[DG_TIME_SIZE], until[DG_TIME_SIZE];

	dg_list_foreach (action, w->view->facts->actions)
		if (has_touched(action) && time_of(action) > last)
			last = time_of(action);
	dg_time_format(last, when);
	dg_time_format(last + hours * HOUR, until);
	if (last && w->view->now < last + hours * HOUR)
		dg_gate_shut(gate,
			     "the last action was at %s; with %lld hours between "
			     "two, nothing is done until %s",
			     when, (long long)hours, until);
	else if (dg_gate_gap(w, gate, DG_PATHS("actions.*")))
		return;
	else if (last)
		dg_gate_open(gate, "the last action was at %s, more than %lld hours ago",
			     when, (long long)hours);
	else
		dg_gate_open(gate, "no action is on record");
}

void dg_gate_once_a_boot(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const char *boot_id = dg_get(&w->view->facts->host.boot_id);

	if (!boot_id) {
		dg_gate_untold(gate, "which boot this is is not known");
		return;
	}
	dg_list_foreach (action, w->view->facts->actions) {
		const char *id = dg_get(&action->id);

		if (!has_touched(action) || !dg_streq(dg_get(&action->boot_id), boot_id))
			continue;
		dg_gate_shut(gate, "this boot has seen a change already (%s)",
			     id ? id : "?");
		return;
	}
	if (!dg_gate_gap(w, gate, DG_PATHS("actions.*")))
		dg_gate_open(gate, "this boot has seen no change yet");
}
