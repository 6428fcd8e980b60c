/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An action that was cut off. */
#include <errno.h>
#include <sys/stat.h>

#include "guard/act/act.h"
#include "guard/act/lock.h"
#include "guard/act/quiet.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

/* The open one as act->action; NULL: there is none. */
static int find(struct dg_act *act, char **ret_why)
{
	dg_action_free(DG_STEAL(act->action));
	return dg_action_find_open(act->request->root, &act->action, ret_why);
}

static bool names_pin(const struct dg_action_argv *fact, const char *pin)
{
	struct dg_argv argv;

	return dg_action_argv_get(fact, &argv) == 0 &&
	       dg_streq(argv.words[1], "kernel") && dg_streq(argv.words[2], "pin") &&
	       dg_streq(argv.words[3], pin);
}

/* Could the action, or its undo, have left this pin? No pin it could: a command that is
 * killed while it writes leaves an empty file. */
static bool is_ours(const struct dg_action *action, const char *pin)
{
	if (!pin || dg_streq(pin, dg_get(&action->before.pin)) ||
	    dg_streq(pin, dg_get(&action->before.next_pin)))
		return true;
	dg_list_foreach (step, action->steps) {
		if (names_pin(&step->argv, pin))
			return true;
		dg_list_foreach (undo, step->undo)
			if (names_pin(undo, pin))
				return true;
	}
	return false;
}

static bool unpins(const struct dg_action_argv *fact)
{
	struct dg_argv argv;

	return dg_action_argv_get(fact, &argv) == 0 && dg_streq(argv.words[2], "unpin") &&
	       !argv.words[3];
}

/* Was there a pin that neither the action nor its undo takes away, and is its file gone?
 * What a command leaves that is killed is an empty file. */
static bool was_lifted(const struct dg_act *act)
{
	const struct dg_action *action = act->action;
	struct stat st;

	if (!dg_known(&action->before.pin) ||
	    dg_root_stat(act->request->root, "etc/kernel/proxmox-boot-pin", true, &st) !=
		    -ENOENT)
		return false;
	dg_list_foreach (step, action->steps) {
		if (unpins(&step->argv))
			return false;
		dg_list_foreach (undo, step->undo)
			if (unpins(undo))
				return false;
	}
	return true;
}

static int leave(struct dg_act *act, const char *pin)
{
	return dg_act_close(act, DG_ACT_NOTHING,
			    "the action was cut off, and since then somebody has %s%s, "
			    "which is left as it is",
			    pin ? "pinned " : "lifted the pin", pin ? pin : "");
}

/* --- how far it came --- */

static bool is_at(const struct dg_act *act, const struct dg_goal *goal)
{
	DG_FREE char *why = NULL;

	return dg_goal_reached(act->facts, act->request->policy, goal, &why) == DG_YES;
}

static size_t count_steps(const struct dg_action *action, bool refreshes, bool all)
{
	size_t n = 0;

	dg_list_foreach (step, action->steps)
		n += dg_action_step_is_refresh(step) == refreshes &&
		     (all || !dg_action_step_is_done(step));
	return n;
}

/* Every command succeeded, and nothing was taken back. */
static bool is_through(const struct dg_action *action)
{
	return !action->undone.count && !count_steps(action, true, false) &&
	       !count_steps(action, false, false);
}

/* The goal is reached, also in what a refresh that was cut off may have torn beside. */
static bool is_complete(const struct dg_act *act, const struct dg_goal *goal)
{
	struct dg_goal fresh = *goal;

	fresh.fresh |= count_steps(act->action, true, false) > 0;
	return is_at(act, &fresh);
}

/* Is a refresh, which was cut off, all that is missing? */
static bool lacks_refresh(const struct dg_act *act, const struct dg_goal *goal)
{
	struct dg_goal rest = *goal;

	rest.fresh = false;
	if (!count_steps(act->action, false, true))
		rest.boots = NULL;
	return count_steps(act->action, true, false) && is_at(act, &rest);
}

/* Somebody else's doing is left alone. 0: there is none. */
static int leave_others(struct dg_act *act)
{
	const struct dg_str *pins[] = {&act->facts->boot.pin, &act->facts->boot.next_pin};

	for (size_t i = 0; i < DG_COUNT(pins); i++)
		if (!is_ours(act->action, dg_get(pins[i])))
			return leave(act, dg_get(pins[i]));
	return was_lifted(act) ? leave(act, NULL) : 0;
}

/* Complete it, or roll it back. What cannot be told is no reason to take back what the
 * commands say they have done; of what was cut off amidst them it is. */
static int finish(struct dg_act *act)
{
	const char so_far[] = "the action was cut off, and ";
	DG_FREE char *why = NULL;
	struct dg_goal goal;
	int r = dg_act_read(act);

	if (r < 0)
		return r;
	if (dg_act_is_once(act->action))
		return dg_act_recover_once(act);
	dg_action_goal_get(act->action, &goal);
	if (is_complete(act, &goal))
		return dg_act_settle(act, DG_ACT_DONE, "it was cut off, and is complete");
	r = leave_others(act);
	if (r != 0)
		return r;
	if (is_through(act->action) && dg_goal_reached(act->facts, act->request->policy,
						       &goal, &why) == DG_CANNOT_TELL)
		return dg_act_leave_unseen(act, "", why ? why : "nobody knows why");
	if (lacks_refresh(act, &goal))
		return dg_act_carry_out(act, so_far,
					"it was cut off, and is complete now");
	return dg_act_undo(act, "the action was cut off");
}

static int refuse(struct dg_act *act, int r, const char *why)
{
	/* The record is the other run's, or is to stay open. */
	dg_action_free(DG_STEAL(act->action));
	return r == -ENOMEM ? r : dg_act_refuse(act, "%s", why ? why : dg_errno_words(r));
}

static int recover(struct dg_act *act, bool *ret_found)
{
	DG_FREE char *why = NULL;
	int r = find(act, &why);

	*ret_found = r < 0 || act->action;
	if (r == 0 && act->action)
		r = dg_act_lock(act->request->root, &act->lock, &why);
	/* Whoever held the lock may just have closed it. */
	if (r == 0 && act->action)
		r = find(act, &why);
	if (r == 0 && !act->action) {
		*ret_found = false;
		return 0;
	}
	if (r == 0 && (why = dg_act_wrong_tool(act)))
		r = -EPERM;
	if (r == 0)
		r = dg_dpkg_lock(act->request->root, &act->dpkg, &why);
	return r < 0 ? refuse(act, r, why) : finish(act);
}

int dg_act_recover(const struct dg_act_request *request, bool *ret_found,
		   struct dg_act_report *ret)
{
	DG_CLEANUP(dg_act_clear)
	struct dg_act act = {.request = request, .lock = -1, .dpkg = -1};
	DG_QUIET_CLEANUP struct dg_quiet quiet;
	bool found = false;
	int r;

	dg_quiet_begin(&quiet);
	r = recover(&act, &found);
	if (r < 0)
		return r;
	*ret_found = found;
	*ret = act.report;
	act.report = (struct dg_act_report){0};
	return 0;
}
