/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done, as a record. */
#include "guard/act/intent.h"

#include <errno.h>

#include "guard/act/ledger.h"
#include "policy/text.h"

static int add_step(struct dg_action *action, const struct dg_step *step)
{
	struct dg_action_step *item = DG_ADD(&action->steps, DG_STEPS_MAX);
	int r = item ? dg_action_argv_set(&item->argv, &step->argv) : -ENOMEM;

	if (r < 0)
		return r;
	dg_action_set(&item->why, step->why);
	dg_set_known(&item->undo.meta);
	for (size_t i = 0; i < step->undo_count && r == 0; i++) {
		struct dg_action_argv *argv = DG_ADD(&item->undo, DG_UNDO_MAX);

		r = argv ? dg_action_argv_set(argv, &step->undo[i]) : -ENOMEM;
	}
	dg_action_not_run(item, "planned");
	return r;
}

static int add_plan(struct dg_action *action, const struct dg_plan *plan)
{
	int r = 0;

	dg_action_set(&action->target, plan->target);
	dg_action_set(&action->strategy, plan->strategy);
	for (size_t i = 0; i < plan->step_count && r == 0; i++)
		r = add_step(action, &plan->steps[i]);
	return r;
}

static int add_gates(struct dg_action *action, const struct dg_act_request *request)
{
	for (size_t i = 0; i < request->gate_count; i++) {
		struct dg_action_gate *gate = DG_ADD(&action->gates, DG_ACTION_LIST_MAX);

		if (!gate)
			return -ENOMEM;
		dg_action_set(&gate->id, request->gates[i].id);
		dg_set_bool(&gate->open, request->gates[i].open);
		dg_action_set(&gate->detail, request->gates[i].detail);
	}
	for (size_t i = 0; request->overridden && request->overridden[i]; i++) {
		struct dg_word *word = DG_ADD(&action->overridden, DG_ACTION_LIST_MAX);

		if (!word)
			return -ENOMEM;
		dg_set_str(&word->name, request->overridden[i]);
	}
	return 0;
}

static void set_goal(const struct dg_goal *goal, struct dg_action_goal *ret)
{
	dg_set_known(&ret->meta);
	dg_action_set(&ret->pin, goal->pin);
	dg_action_set(&ret->next_pin, goal->next_pin);
	dg_action_set(&ret->boots, goal->boots);
	dg_set_bool(&ret->fresh, goal->fresh);
	dg_set_int(&ret->missing, (int64_t)goal->missing);
}

static int set_id(const struct dg_root *root, struct dg_action *action, int64_t now)
{
	char id[DG_ACTION_ID_SIZE];
	uint32_t number;
	int r = dg_action_number(root, now, &number);

	if (r < 0)
		return r;
	dg_set_str(&action->id, dg_action_id(now, number, id));
	dg_set_int(&action->started, now);
	return 0;
}

int dg_intent_make(struct dg_act *act)
{
	DG_CLEANUP(dg_action_freep) struct dg_action *action = dg_action_new();
	const struct dg_act_request *request = act->request;
	int r = action ? set_id(request->root, action, dg_act_now(act)) : -ENOMEM;

	if (r < 0)
		return r;
	dg_set_str(&action->tool, DG_VERSION);
	dg_action_set(&action->verb, request->verb);
	dg_action_set(&action->boot_id, dg_get(&request->facts->host.boot_id));
	dg_action_set(&action->host, dg_get(&request->facts->host.name));
	dg_action_set(&action->kernel, dg_get(&request->facts->kernel.release));
	dg_action_set(&action->because, request->because);
	if (request->goal)
		set_goal(request->goal, &action->goal);
	if (request->plan)
		r = add_plan(action, request->plan);
	if (r == 0)
		r = add_gates(action, request);
	if (r == 0)
		act->action = DG_STEAL(action);
	return r;
}

/* --- the host --- */

static void copy_time(const struct dg_int *time, struct dg_int *ret)
{
	if (dg_known(time))
		dg_set_int(ret, time->value);
	else
		dg_set_gap(&ret->meta, DG_ABSENT, "none");
}

void dg_note_host(const struct dg_act *act, struct dg_action_host *ret)
{
	const struct dg_boot *boot = &act->facts->boot;
	struct dg_goal goal;

	dg_goal_of(act->facts, act->request->policy, &goal);
	dg_set_known(&ret->meta);
	dg_action_set(&ret->pin, goal.pin);
	dg_action_set(&ret->next_pin, goal.next_pin);
	dg_action_set(&ret->boots, goal.boots);
	dg_set_bool(&ret->fresh, goal.fresh);
	copy_time(&boot->pin_time, &ret->pin_time);
	copy_time(&boot->next_pin_time, &ret->next_pin_time);
}

/* ESPs that were not there before, which a person has put up with. */
static size_t count_missing(const struct dg_act *act)
{
	size_t n = 0;

	for (size_t i = 0; act->request->overridden && act->request->overridden[i]; i++)
		if (dg_streq(act->request->overridden[i], "esps-reachable"))
			dg_list_foreach (esp, act->facts->boot.esps)
				n += dg_true(&esp->listed) && dg_absent(&esp->device);
	return n;
}

/* A refresh alone is to make the ESPs fresh; one that makes another choice boot is not to
 * make fresh ones stale. */
static bool is_to_be_fresh(const struct dg_action *action)
{
	size_t others = 0, refreshes = 0;

	dg_list_foreach (step, action->steps)
		if (dg_action_step_is_refresh(step))
			refreshes++;
		else
			others++;
	return refreshes && (!others || dg_true(&action->before.fresh));
}

int dg_intent_note_host(struct dg_act *act, char **ret_why)
{
	struct dg_action *action = act->action;

	dg_note_host(act, &action->before);
	if (action->goal.missing.value == 0)
		dg_set_int(&action->goal.missing, (int64_t)count_missing(act));
	dg_set_bool(&action->goal.fresh, is_to_be_fresh(action));
	return dg_ledger_note(act->request->root, &act->request->ledger, &action->ledger,
			      ret_why);
}

/* --- a run that does not act --- */

int dg_act_note(const struct dg_act_request *request, const char *outcome,
		const char *why, char **ret_record, char **ret_why)
{
	DG_CLEANUP(dg_act_clear)
	struct dg_act act = {.request = request, .lock = -1, .dpkg = -1};
	int r = dg_intent_make(&act);

	if (r < 0)
		return r;
	dg_set_str(&act.action->state, "closed");
	dg_set_str(&act.action->outcome, outcome);
	dg_set_str(&act.action->why, why);
	dg_set_int(&act.action->ended, dg_act_now(&act));
	r = dg_act_write(&act, ret_why);
	if (r < 0)
		return r;
	dg_actions_retain(request->root);
	*ret_record = dg_format("%s/%s.json", DG_ACTIONS_DIR, dg_get(&act.action->id));
	return *ret_record ? 0 : -ENOMEM;
}
