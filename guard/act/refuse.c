/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold before anything is touched. */
#include <errno.h>
#include <unistd.h>

#include "guard/act/act.h"
#include "guard/act/lock.h"
#include "guard/collect/collect.h"
#include "policy/policy-keys.h"
#include "policy/text.h"

/* --- the plan itself --- */

static int check_argv(struct dg_act *act, const struct dg_argv *argv)
{
	const char *wrong = dg_command_refuse(argv);

	return wrong ? dg_act_refuse(act, "a command of the plan %s", wrong) : 0;
}

static int check_commands(struct dg_act *act)
{
	const struct dg_plan *plan = act->request->plan;
	int r = 0;

	for (size_t i = 0; i < plan->step_count && r == 0; i++) {
		const struct dg_step *step = &plan->steps[i];

		r = check_argv(act, &step->argv);
		for (size_t j = 0; j < step->undo_count && r == 0; j++)
			r = check_argv(act, &step->undo[j]);
	}
	return r;
}

static bool is_overridden(const struct dg_act *act, const char *id)
{
	const char *const *list = act->request->overridden;

	return list && dg_word_find(list, id);
}

static int check_preflights(struct dg_act *act)
{
	const struct dg_plan *plan = act->request->plan;

	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];

		if (dg_preflight_blocks(p) && !is_overridden(act, p->id))
			return dg_act_refuse(act, "preflight %s is not passed: %s%s%s",
					     p->id, p->detail ? p->detail : "no reason",
					     p->unblock ? "; try: " : "",
					     p->unblock ? p->unblock : "");
	}
	return 0;
}

/* The program of this host changes this host, whatever tree was looked at. */
char *dg_act_wrong_tool(const struct dg_act *act)
{
	const char *tool = act->request->tool;
	bool live = dg_root_is_live(act->request->root);

	if (live == dg_streq(tool, DG_BOOT_TOOL))
		return NULL;
	return live ? dg_format("%s is not the boot tool of this host, which is "
				"%s",
				tool, DG_BOOT_TOOL)
		    : dg_format("%s would change this host, not the tree at %s; name a "
				"program that acts on that",
				tool, dg_root_dir(act->request->root));
}

static int check_tool(struct dg_act *act)
{
	DG_FREE char *wrong = dg_act_wrong_tool(act);
	const char *tool = act->request->tool;

	if (wrong)
		return dg_act_refuse(act, "%s", wrong);
	if (act->request->plan->step_count && access(tool, X_OK) < 0)
		return dg_act_refuse(act,
				     "%s cannot be run: %s; it comes with the "
				     "package proxmox-kernel-helper",
				     tool, dg_errno_words(-errno));
	return 0;
}

/* --- the host, under the lock --- */

static int take_lock(struct dg_act *act)
{
	DG_FREE char *why = NULL;
	int r = dg_act_lock(act->request->root, &act->lock, &why);

	return r < 0 ? dg_act_refuse(act, "%s", why ? why : dg_errno_words(r)) : 0;
}

static int check_open(struct dg_act *act)
{
	DG_CLEANUP(dg_action_freep) struct dg_action *open = NULL;
	DG_FREE char *why = NULL;
	int r = dg_action_find_open(act->request->root, &open, &why);

	if (r < 0)
		return dg_act_refuse(act, "%s", why ? why : dg_errno_words(r));
	return open ? dg_act_refuse(act,
				    "the action %s was begun and is not finished; it has "
				    "to be completed or rolled back first",
				    dg_get(&open->id))
		    : 0;
}

static bool is_other(const struct dg_str *a, const struct dg_str *b)
{
	return dg_known(a) != dg_known(b) ||
	       (dg_known(a) && !dg_streq(a->value, b->value));
}

/* Another run, or a person, may have been faster. */
static int check_unchanged(struct dg_act *act)
{
	const struct dg_boot *then = &act->request->facts->boot, *now;
	int r = dg_act_read(act);

	if (r < 0)
		return dg_act_refuse(act, "this host cannot be read: %s",
				     dg_errno_words(r));
	now = &act->facts->boot;
	if (!dg_known(&now->pin) && !dg_absent(&now->pin))
		return dg_act_refuse(act,
				     "the pin cannot be told, so it could not be "
				     "brought back: %s",
				     now->pin.meta.detail);
	if (is_other(&then->pin, &now->pin) || is_other(&then->next_pin, &now->next_pin))
		return dg_act_refuse(act, "the pin was changed since this host was "
					  "looked at; try again");
	return 0;
}

/* Whether the plan is about the trial itself: it clears it in so many words, or makes
 * its kernel the one that lasts. */
static bool is_about_trial(const struct dg_act *act, const char *next)
{
	const struct dg_plan *plan = act->request->plan;

	for (size_t i = 0; i < plan->step_count; i++) {
		const char *const *words = (const char *const *)plan->steps[i].argv.words;

		if (dg_streq(words[2], "unpin") && dg_streq(words[3], "--next-boot"))
			return true;
	}
	return dg_streq(next, plan->target);
}

static int check_trial(struct dg_act *act)
{
	const struct dg_str *next = &act->facts->boot.next_pin;

	if (dg_absent(next))
		return 0;
	if (!dg_known(next))
		return dg_act_refuse(act, "the next-boot pin cannot be told: %s",
				     next->meta.detail);
	if (is_about_trial(act, next->value))
		return 0;
	return dg_act_refuse(act,
			     "a next-boot pin to %s is pending; reboot into it, or clear "
			     "it: proxmox-boot-tool kernel unpin --next-boot",
			     next->value);
}

static int take_dpkg_lock(struct dg_act *act)
{
	DG_FREE char *why = NULL;
	int r = dg_dpkg_lock(act->request->root, &act->dpkg, &why);

	return r < 0 ? dg_act_refuse(act, "%s", why ? why : dg_errno_words(r)) : 0;
}

int dg_act_check(struct dg_act *act)
{
	static int (*const checks[])(struct dg_act *) = {
		/* Another run holds dpkg's lock, which would be misread as dpkg. */
		check_commands,	  check_tool,	   take_lock,	check_open,
		check_preflights, check_unchanged, check_trial, take_dpkg_lock,
	};
	int r = 0;

	for (size_t i = 0; i < DG_COUNT(checks) && r == 0; i++)
		r = checks[i](act);
	return r;
}
