/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An action from its beginning to its end. */
#include "guard/act/runner.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "guard/act/act.h"
#include "guard/act/intent.h"
#include "guard/act/quiet.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

#define DEADLINE_MS 10000

int64_t dg_act_now(const struct dg_act *act)
{
	return act->request->now ? *act->request->now : (int64_t)time(NULL);
}

int dg_act_read(struct dg_act *act)
{
	struct dg_facts *facts;
	int r = dg_collect(act->request->root, act->request->now, DEADLINE_MS, &facts);

	if (r < 0)
		return r;
	dg_facts_free(act->facts);
	act->facts = facts;
	return 0;
}

/* Is there nothing left to do for the commands? A refresh is asked for because of what
 * the goal does not tell. */
static bool is_there(const struct dg_act *act)
{
	const struct dg_plan *plan = act->request->plan;
	DG_FREE char *why = NULL;
	struct dg_goal goal;
	bool pins = plan->step_count == 0;

	for (size_t i = 0; i < plan->step_count; i++)
		pins |= dg_streq(plan->steps[i].argv.words[1], "kernel");
	dg_action_goal_get(act->action, &goal);
	return pins &&
	       dg_goal_reached(act->facts, act->request->policy, &goal, &why) == DG_YES;
}

static int begin(struct dg_act *act)
{
	DG_FREE char *why = NULL;
	int r = dg_intent_note_host(act, &why);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return dg_act_refuse(act, "%s", why);
	r = dg_act_write(act, &why);
	/* Where only its folder could not be flushed, it is there. */
	if (r < 0)
		dg_action_drop(act->request->root, act->action);
	return r < 0 ? dg_act_refuse(act, "what is to be done cannot be noted down: %s",
				     why ? why : dg_errno_words(r))
		     : 0;
}

int dg_act_leave_unseen(struct dg_act *act, const char *so_far, const char *why)
{
	return dg_act_stay_open(act,
				"%sthe commands succeeded, but whether it took effect "
				"cannot be told: %s; it is left as it is, and driftguard "
				"looks again when it acts next",
				so_far, why);
}

static enum dg_answer verify(struct dg_act *act, char **ret_why)
{
	struct dg_goal goal;
	int r = dg_act_read(act);

	if (r < 0) {
		*ret_why = dg_format("this host cannot be read: %s", dg_errno_words(r));
		return DG_CANNOT_TELL;
	}
	dg_action_goal_get(act->action, &goal);
	return dg_goal_reached(act->facts, act->request->policy, &goal, ret_why);
}

static int fail(struct dg_act *act, const char *so_far, const char *failed,
		const char *why)
{
	DG_FREE char *all = dg_format("%s%s%s", so_far, failed, why);

	return all ? dg_act_undo(act, all) : -ENOMEM;
}

/* What is seen to have failed is undone. What is not seen is not known to have, and the
 * way back could be verified as little: that is left, and told. */
int dg_act_carry_out(struct dg_act *act, const char *so_far, const char *how)
{
	DG_FREE char *why = NULL;
	int r = dg_act_steps(act, &why);

	if (r < 0)
		return fail(act, so_far, "", why ? why : dg_errno_words(r));
	switch (verify(act, &why)) {
	case DG_YES:
		break;
	case DG_NO:
		return fail(act, so_far, "the commands succeeded, and yet ",
			    why ? why : "it cannot be told");
	case DG_CANNOT_TELL:
		return dg_act_leave_unseen(act, so_far, why ? why : "nobody knows why");
	}
	return dg_act_settle(act, DG_ACT_DONE, how);
}

static int run(struct dg_act *act)
{
	int r = dg_intent_make(act);

	if (r == 0)
		r = dg_act_check(act);
	if (r == 0)
		r = begin(act);
	if (r != 0)
		return r;
	if (is_there(act))
		return dg_act_settle(act, DG_ACT_NOTHING,
				     "the boot loaders were there already");
	return dg_act_carry_out(act, "", "done, and verified");
}

int dg_act_run(const struct dg_act_request *request, struct dg_act_report *ret)
{
	DG_CLEANUP(dg_act_clear)
	struct dg_act act = {.request = request, .lock = -1, .dpkg = -1};
	DG_QUIET_CLEANUP struct dg_quiet quiet;
	int r;

	dg_quiet_begin(&quiet);
	r = run(&act);
	if (r < 0)
		return r;
	*ret = act.report;
	act.report = (struct dg_act_report){0};
	return 0;
}
