/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bringing back what was before. */
#include <errno.h>

#include "guard/act/act.h"
#include "guard/act/intent.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

/* Why something of it did not work; the first is what is told. */
struct undo {
	struct dg_act *act;
	bool refresh; /* the ESPs are to be brought up to date, last of all */
	bool failed;  /* the command that was run last */
	char *why;
};

static void note_failure(struct undo *undo, char *why)
{
	if (undo->why)
		free(why);
	else
		undo->why = why;
}

static int run_argv(struct undo *undo, const struct dg_argv *argv)
{
	struct dg_act *act = undo->act;
	struct dg_action_step *step;
	char *why = NULL;
	int r;

	if (act->left)
		return 0;
	step = DG_ADD(&act->action->undone, DG_ACTION_LIST_MAX);
	r = step ? dg_action_argv_set(&step->argv, argv) : -ENOMEM;

	if (r < 0)
		return r;
	dg_action_set(&step->why, NULL);
	dg_set_known(&step->undo.meta);
	dg_action_not_run(step, "begun");
	r = dg_act_command(act, step, &why);
	undo->failed = r < 0;
	note_failure(undo, why);
	/* That it was tried is worth less than the trying. */
	why = NULL;
	dg_act_write(act, &why);
	free(why);
	return r == -ENOMEM ? r : 0;
}

static int undo_step(struct undo *undo, const struct dg_action_step *step)
{
	struct dg_argv argv;
	int r = dg_action_argv_get(&step->argv, &argv);

	undo->refresh |= r == 0 && dg_streq(argv.words[1], "refresh");
	r = 0;
	dg_list_foreach (item, step->undo) {
		if (dg_action_argv_get(item, &argv) < 0)
			continue;
		if (dg_streq(argv.words[1], "refresh"))
			undo->refresh = true;
		else
			r = run_argv(undo, &argv);
		if (r < 0)
			break;
	}
	return r;
}

/* Last first. The refresh waits until the pin files are as they were: what they say is
 * what it copies. */
static int undo_steps(struct undo *undo)
{
	const struct dg_argv refresh = {
		.words = {(char *)"proxmox-boot-tool", (char *)"refresh"}};
	const struct dg_action *action = undo->act->action;
	char *why = NULL;
	int r = 0;

	for (size_t i = action->steps.count; i-- > 0 && r == 0;)
		if (!dg_streq(dg_get(&action->steps.items[i].state), "planned"))
			r = undo_step(undo, &action->steps.items[i]);
	if (r < 0)
		return r;
	if (dg_act_restore_pins(undo->act, true, &why) < 0)
		note_failure(undo, why);
	return undo->refresh ? run_argv(undo, &refresh) : 0;
}

/* YES: what was before is again. */
static enum dg_answer verify(struct undo *undo)
{
	struct dg_act *act = undo->act;
	struct dg_goal before;
	char *why = NULL;
	enum dg_answer answer = DG_CANNOT_TELL;

	if (dg_act_read(act) == 0) {
		dg_action_before_get(act->action, &before);
		answer = dg_goal_reached(act->facts, act->request->policy, &before, &why);
		/* Where the loaders did not agree before, there is nothing that what a
		 * refresh left half-way could be told by. */
		if (answer == DG_YES &&
		    (act->left || (!before.boots && undo->refresh && undo->failed)))
			answer = DG_CANNOT_TELL;
		dg_note_host(act, &act->action->after);
	}
	/* What is missing says more than a command that complained on the way. */
	if (why) {
		free(undo->why);
		undo->why = why;
	}
	return answer;
}

/* What may help, of what driftguard itself does not do. */
static const char *find_hint(const struct dg_act *act)
{
	const struct dg_boot *boot = act->facts ? &act->facts->boot : NULL;

	if (!boot || !dg_known(&boot->managed))
		return "";
	if (!boot->managed.value)
		return " (update-grub writes GRUB's menu anew, by what the pin files "
		       "say)";
	dg_list_foreach (esp, boot->esps)
		if (dg_true(&esp->listed) && dg_absent(&esp->device))
			return " (proxmox-boot-tool clean takes an ESP that is gone for "
			       "good off the list)";
	return "";
}

static int conclude(struct undo *undo, const char *failure, enum dg_answer restored)
{
	const char *pin = dg_get(&undo->act->action->before.pin);

	if (restored == DG_YES)
		return dg_act_close(undo->act, DG_ACT_UNDONE,
				    "%s; it was undone, and what was before is verified "
				    "to be again (%s%s)",
				    failure, pin ? "pinned: " : "nothing is pinned",
				    pin ? pin : "");
	return dg_act_stay_open(
		undo->act,
		"%s; and what was before could not be brought back: %s; driftguard tries "
		"again when it acts next%s",
		failure, undo->why ? undo->why : "it cannot be told",
		find_hint(undo->act));
}

int dg_act_undo(struct dg_act *act, const char *failure)
{
	struct undo undo = {.act = act};
	int r;

	/* What it still does would race with what takes it back. It has the lock, so that
	 * the next start waits for its end. */
	if (act->left)
		return dg_act_stay_open(act,
					"%s; nothing can be undone while it is at work; "
					"driftguard does that when it acts next",
					failure);
	dg_action_forget_undone(act->action);
	r = undo_steps(&undo);
	if (r == 0)
		r = conclude(&undo, failure, verify(&undo));
	free(undo.why);
	return r;
}
