/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an action ends, and what is reported of it. */
#include <errno.h>
#include <stdarg.h>

#include "guard/act/act.h"
#include "guard/base/cleanup.h"
#include "policy/text.h"
#include "policy/view.h"

static const char *const names[] = {
	[DG_ACT_REFUSED] = "refused",
	[DG_ACT_NOTHING] = "nothing",
	[DG_ACT_DONE] = "done",
	[DG_ACT_UNDONE] = "undone",
	[DG_ACT_UNFINISHED] = "unfinished",
};

const char *dg_act_outcome_name(enum dg_act_outcome outcome)
{
	return names[outcome];
}

void dg_act_report_clear(struct dg_act_report *report)
{
	free(report->why);
	free(report->record);
	free(report->boots);
	*report = (struct dg_act_report){0};
}

void dg_act_clear(struct dg_act *act)
{
	dg_action_free(act->action);
	dg_facts_free(act->facts);
	dg_act_report_clear(&act->report);
	/* Last: what is open shall be closed while nobody else may look. */
	dg_closep(&act->dpkg);
	dg_closep(&act->lock);
}

/* What boots next, by what was read last. */
static int tell_boots(struct dg_act *act)
{
	const struct dg_facts *facts = act->facts ? act->facts : act->request->facts;
	struct dg_view view;
	int r = 0;

	free(DG_STEAL(act->report.boots));
	if (!facts)
		return 0;
	if (dg_view_derive(facts, act->request->policy, &view) < 0)
		return -ENOMEM;
	if (view.next.abi) {
		act->report.boots = strdup(view.next.abi);
		r = act->report.boots ? 0 : -ENOMEM;
	}
	dg_view_clear(&view);
	return r;
}

static int tell(struct dg_act *act, enum dg_act_outcome outcome, char *why)
{
	act->report.outcome = outcome;
	free(act->report.why);
	act->report.why = why;
	return why && tell_boots(act) == 0 ? 1 : -ENOMEM;
}

static int tell_record(struct dg_act *act)
{
	free(act->report.record);
	act->report.record =
		dg_format("%s/%s.json", DG_ACTIONS_DIR, dg_get(&act->action->id));
	return act->report.record ? 0 : -ENOMEM;
}

/* The record as closed, on disk. */
static int write_closed(struct dg_act *act, enum dg_act_outcome outcome, char **ret_why)
{
	struct dg_action *action = act->action;
	int r;

	dg_set_str(&action->state, "closed");
	dg_set_str(&action->outcome, dg_act_outcome_name(outcome));
	dg_set_str(&action->why, act->report.why);
	dg_set_int(&action->ended, dg_act_now(act));
	r = dg_act_write(act, ret_why);
	return r < 0 ? r : tell_record(act);
}

int dg_act_refuse(struct dg_act *act, const char *fmt, ...)
{
	DG_FREE char *why = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = tell(act, DG_ACT_REFUSED, dg_vformat(fmt, args));
	va_end(args);
	/* One that cannot be written is missed, no more. */
	if (r > 0 && act->action && write_closed(act, DG_ACT_REFUSED, &why) == -ENOMEM)
		return -ENOMEM;
	return r;
}

int dg_act_stay_open(struct dg_act *act, const char *fmt, ...)
{
	DG_FREE char *why = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = tell(act, DG_ACT_UNFINISHED, dg_vformat(fmt, args));
	va_end(args);
	if (r < 0)
		return r;
	dg_set_str(&act->action->state, "open");
	dg_set_gap(&act->action->outcome.meta, DG_ABSENT, "open");
	dg_set_gap(&act->action->ended.meta, DG_ABSENT, "open");
	dg_set_str(&act->action->why, act->report.why);
	dg_act_write(act, &why);
	return tell_record(act) < 0 ? -ENOMEM : 1;
}

int dg_act_close(struct dg_act *act, enum dg_act_outcome outcome, const char *fmt, ...)
{
	DG_FREE char *why = NULL, *so_far = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = tell(act, outcome, dg_vformat(fmt, args));
	va_end(args);
	if (r < 0)
		return r;
	r = write_closed(act, outcome, &why);
	if (r == 0) {
		dg_actions_retain(act->request->root);
		return 1;
	}
	so_far = DG_STEAL(act->report.why);
	return dg_act_stay_open(act,
				"%s; but that could not be recorded: %s; driftguard "
				"closes the record when it acts next",
				so_far, why ? why : "out of memory");
}
