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

static const char *name_of(const struct dg_deed *action)
{
	const char *id = dg_get(&action->id);

	return id ? id : "an action without a name";
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

/* Was it in this boot? One whose record names no boot counts by its time. */
static enum dg_answer is_of_boot(const struct dg_facts *facts, const char *boot_id,
				 const struct dg_deed *action)
{
	const struct dg_int *began = &facts->host.boot_time;
	const char *id = dg_get(&action->boot_id);

	if (id)
		return dg_streq(id, boot_id) ? DG_YES : DG_NO;
	if (!time_of(action) || !dg_known(began))
		return DG_CANNOT_TELL;
	return time_of(action) < began->value ? DG_NO : DG_YES;
}

/* The first touching action of which that is the answer; NULL: none. */
static const struct dg_deed *find_of_boot(const struct dg_facts *facts,
					  const char *boot_id, enum dg_answer answer)
{
	dg_list_foreach (action, facts->actions)
		if (has_touched(action) && is_of_boot(facts, boot_id, action) == answer)
			return action;
	return NULL;
}

void dg_gate_once_a_boot(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_facts *facts = w->view->facts;
	const char *boot_id = dg_get(&facts->host.boot_id);
	const struct dg_deed *here, *untold;

	if (!boot_id) {
		dg_gate_untold(gate, "which boot this is is not known");
		return;
	}
	here = find_of_boot(facts, boot_id, DG_YES);
	untold = find_of_boot(facts, boot_id, DG_CANNOT_TELL);
	if (here)
		dg_gate_shut(gate, "this boot has seen a change already (%s)%s",
			     name_of(here),
			     dg_known(&here->boot_id)
				     ? ""
				     : ", by its time: its record names no boot");
	else if (untold)
		dg_gate_untold(gate,
			       "whether %s was in this boot cannot be told: its record "
			       "names no boot, and when this one began is not known",
			       name_of(untold));
	else if (!dg_gate_gap(w, gate, DG_PATHS("actions.*")))
		dg_gate_open(gate, "this boot has seen no change yet");
}
