/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A one-shot as an action. */
#include "guard/act/once.h"

#include <errno.h>

#include "guard/act/act.h"
#include "guard/act/intent.h"
#include "guard/act/quiet.h"
#include "guard/collect/collect.h"
#include "policy/text.h"
#include "policy/view.h"

/* What stands there now; NULL: nothing. */
static const char *find_entry(const struct dg_facts *facts, enum dg_once_way way)
{
	return way == DG_ONCE_EFI ? dg_get(&facts->boot.efi.entry_oneshot)
				  : dg_get(&facts->boot.grub.next_entry);
}

/* By a one-shot what boots from then on does not change: that is the goal which an action
 * that was cut off is held against. */
static int make_intent(struct dg_act *act)
{
	const struct dg_act_request *asked = act->request;
	struct dg_act_request request = *asked;
	struct dg_goal goal;
	int r;

	dg_goal_of(request.facts, request.policy, &goal);
	request.goal = &goal;
	act->request = &request;
	r = dg_intent_make(act);
	act->request = asked;
	return r;
}

static int begin(struct dg_act *act)
{
	DG_FREE char *why = NULL;
	int r = dg_intent_note_host(act, &why);

	if (r == 0)
		r = dg_act_write(act, &why);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? dg_act_refuse(act, "what is to be done cannot be noted down: %s",
				     why ? why : dg_errno_words(r))
		     : 0;
}

/* Does the host, read again, boot `abi` next, and by this way? */
static int verify(struct dg_act *act, const struct dg_once *once, const char *entry,
		  char **ret_why)
{
	const char *abi = act->request->plan->target, *found, *pending;
	enum dg_once_way way = DG_ONCE_NONE;
	struct dg_view view;
	int r = dg_act_read(act);

	if (r < 0) {
		*ret_why = dg_format("what came of it cannot be read");
		return r;
	}
	found = find_entry(act->facts, once->way);
	if (entry ? !dg_streq(found, entry) : found != NULL) {
		*ret_why =
			dg_format("%s says %s, not %s", dg_once_name(once->way),
				  found ? found : "nothing", entry ? entry : "nothing");
		return -EIO;
	}
	if (!entry || !once->entry)
		return 0;
	r = dg_view_derive(act->facts, act->request->policy, &view);
	if (r < 0)
		return r;
	pending = dg_once_pending(&view, &way);
	if (!dg_streq(pending, abi) || !dg_streq(view.next.abi, abi)) {
		*ret_why = dg_format("%s boots next, not %s",
				     view.next.abi ? view.next.abi : "nobody knows what",
				     abi);
		r = -EIO;
	}
	dg_view_clear(&view);
	return r;
}

/* What stood there when the lock was taken, as read under it (owned; NULL: nothing): that
 * is what goes back if it fails. 1: refused, since somebody has changed it after this
 * host was looked at. */
static int take_entry(struct dg_act *act, enum dg_once_way way, char **ret)
{
	const char *then = find_entry(act->request->facts, way);
	const char *now = find_entry(act->facts, way);

	if ((then || now) && !dg_streq(then, now))
		return dg_act_refuse(act,
				     "%s was changed since this host was looked at; try "
				     "again",
				     dg_once_name(way));
	*ret = now ? strdup(now) : NULL;
	return now && !*ret ? -ENOMEM : 0;
}

/* Mostly nothing was written at all; then there is nothing to take back. */
static bool is_restored(struct dg_act *act, const struct dg_once *once,
			const char *before, char **ret_why)
{
	DG_FREE char *why = NULL;

	if (verify(act, once, before, &why) == 0)
		return true;
	return dg_once_write(act->request->root, once->way, before, ret_why) == 0 &&
	       verify(act, once, before, ret_why) == 0;
}

static int undo(struct dg_act *act, const struct dg_once *once, const char *before,
		const char *failure)
{
	DG_FREE char *why = NULL;

	if (is_restored(act, once, before, &why))
		return dg_act_close(act, DG_ACT_UNDONE, "%s; what boots is as before",
				    failure);
	return dg_act_stay_open(act,
				"%s; and what was before could not be brought back: %s; "
				"what boots after the next boot is as before",
				failure, why ? why : "it cannot be told");
}

static int carry_out(struct dg_act *act, const struct dg_once *once, const char *before)
{
	DG_FREE char *why = NULL;
	int r = dg_once_write(act->request->root, once->way, once->entry, &why);

	if (r == 0)
		r = verify(act, once, once->entry, &why);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return undo(act, once, before, why ? why : dg_errno_words(r));
	dg_note_host(act, &act->action->after);
	return once->entry
		       ? dg_act_close(act, DG_ACT_DONE, "%s is set to %s, and verified",
				      dg_once_name(once->way), once->entry)
		       : dg_act_close(act, DG_ACT_DONE, "%s is cleared, and verified",
				      dg_once_name(once->way));
}

/* --- one that was cut off --- */

bool dg_act_is_once(const struct dg_action *action)
{
	const char *strategy = dg_get(&action->strategy);

	return !action->steps.count &&
	       (dg_streq(strategy, "one-shot") || dg_streq(strategy, "unpin-next-boot"));
}

/* The boot loader has cleared it since, and the kernel that it named runs. */
static bool has_booted(const struct dg_act *act)
{
	const struct dg_action *action = act->action;
	const char *boot_id = dg_get(&act->facts->host.boot_id);

	return boot_id && dg_known(&action->boot_id) &&
	       !dg_streq(boot_id, action->boot_id.value) &&
	       dg_streq(dg_get(&act->facts->kernel.release), dg_get(&action->target));
}

/* It is written whole or not at all, so what stands there tells which. */
static int settle_once(struct dg_act *act, const struct dg_view *view)
{
	const char *target = dg_get(&act->action->target), *pending;
	enum dg_once_way way = DG_ONCE_NONE;
	bool sets = dg_streq(dg_get(&act->action->strategy), "one-shot");

	if (!view->next.abi)
		return dg_act_stay_open(act,
					"it was cut off, and what boots next cannot be "
					"told: %s",
					view->next.why);
	pending = dg_once_pending(view, &way);
	dg_note_host(act, &act->action->after);
	if (!sets)
		return pending ? dg_act_close(act, DG_ACT_UNDONE,
					      "it was cut off, and %s is still to be "
					      "booted once",
					      pending)
			       : dg_act_close(act, DG_ACT_DONE,
					      "it was cut off, and is complete: no "
					      "one-shot is pending");
	if (target && dg_streq(pending, target))
		return dg_act_close(act, DG_ACT_DONE,
				    "it was cut off, and is complete: %s boots once",
				    target);
	if (has_booted(act))
		return dg_act_close(act, DG_ACT_DONE,
				    "it was cut off, and %s has been booted since",
				    target);
	return dg_act_close(act, DG_ACT_UNDONE,
			    "it was cut off before the one-shot to %s was set: nothing "
			    "was changed",
			    target ? target : "a kernel");
}

int dg_act_recover_once(struct dg_act *act)
{
	struct dg_view view;
	int r = dg_view_derive(act->facts, act->request->policy, &view);

	if (r < 0)
		return r;
	r = settle_once(act, &view);
	dg_view_clear(&view);
	return r;
}

int dg_act_once(const struct dg_act_request *request, const struct dg_once *once,
		struct dg_act_report *ret)
{
	DG_CLEANUP(dg_act_clear)
	struct dg_act act = {.request = request, .lock = -1, .dpkg = -1};
	DG_QUIET_CLEANUP struct dg_quiet quiet;
	DG_FREE char *before = NULL;
	int r;

	dg_quiet_begin(&quiet);
	r = make_intent(&act);
	if (r == 0)
		r = dg_act_check(&act);
	if (r == 0)
		r = take_entry(&act, once->way, &before);
	if (r == 0)
		r = begin(&act);
	if (r == 0)
		r = carry_out(&act, once, before);
	if (r < 0)
		return r;
	*ret = act.report;
	act.report = (struct dg_act_report){0};
	return 0;
}
