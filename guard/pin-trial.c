/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Was this boot a trial? Of several signs each is enough; what none shows is no trial. */
#include "guard/pin-trial.h"

#include <errno.h>

#include "guard/act/records.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

#define SAVED_PIN "/run/driftguard/next-boot-pin"

void dg_pin_trial_clear(struct dg_pin_trial *trial)
{
	dg_action_free(trial->action);
	free(trial->how);
	*trial = (struct dg_pin_trial){0};
}

static int conclude(struct dg_pin_trial *ret, bool found, char *how)
{
	ret->found = found;
	ret->how = how;
	return how ? 0 : -ENOMEM;
}

static bool was_pinned(const struct dg_root *root, const char *running)
{
	struct dg_str pin = {0};
	bool same;

	dg_read_line_fact(root, SAVED_PIN, &pin);
	same = dg_streq(dg_get(&pin), running);
	free(pin.value);
	free(pin.meta.detail);
	return same;
}

/* The entry that this boot came from is this kernel's, and by itself another boots. */
static bool was_selected(const struct dg_view *view, const char *running)
{
	const char *selected = dg_get(&view->facts->boot.efi.entry_selected);
	const struct dg_loader *first = view->first;

	if (!selected || !first || !first->esp || dg_streq(first->lasting.abi, running))
		return false;
	dg_list_foreach (entry, first->esp->entries)
		if (dg_streq(dg_get(&entry->id), selected))
			return dg_streq(dg_get(&entry->abi), running);
	return false;
}

static bool is_of_this_boot(const struct dg_action *action, const struct dg_view *view)
{
	const char *boot_id = dg_get(&view->facts->host.boot_id);

	return !boot_id || dg_streq(dg_get(&action->boot_id), boot_id);
}

/* What changed something; that a trial which has begun is called off does not count. */
static bool is_change(const struct dg_action *action, const void *view)
{
	return dg_streq(dg_get(&action->outcome), "done") &&
	       !(dg_streq(dg_get(&action->strategy), "unpin-next-boot") &&
		 is_of_this_boot(action, view));
}

/* A trial of this kernel, asked for in another boot than this. */
static bool is_trial(const struct dg_action *action, const struct dg_view *view,
		     const char *running)
{
	return (dg_streq(dg_get(&action->strategy), "one-shot") ||
		dg_streq(dg_get(&action->strategy), "pin-next-boot")) &&
	       dg_streq(dg_get(&action->target), running) &&
	       !is_of_this_boot(action, view);
}

/* Where something of ours came later that changed what boots, the trial is history. */
static int find_action(const struct dg_root *root, const struct dg_view *view,
		       const char *running, struct dg_action **ret)
{
	DG_CLEANUP(dg_action_freep) struct dg_action *action = NULL;
	int r = dg_action_find(root, is_change, view, &action);

	*ret = NULL;
	if (r == -ENOMEM)
		return r;
	if (r == 0 && action && is_trial(action, view, running))
		*ret = DG_STEAL(action);
	return 0;
}

/* By a one-shot another kernel boots again by now; else this one boots by itself, and the
 * record may be as old as it likes. */
static bool proves_one_shot(const struct dg_pin_trial *trial, const struct dg_view *view,
			    const char *running)
{
	return trial->action && dg_streq(dg_get(&trial->action->strategy), "one-shot") &&
	       view->first && !dg_streq(view->first->lasting.abi, running);
}

int dg_pin_trial_find(const struct dg_root *root, const struct dg_view *view,
		      struct dg_pin_trial *ret)
{
	const char *running = dg_get(&view->facts->kernel.release);
	int r;

	*ret = (struct dg_pin_trial){0};
	if (!running)
		return conclude(ret, false, dg_format("which kernel runs is not known"));
	r = find_action(root, view, running, &ret->action);
	if (r < 0)
		return r;
	if (was_pinned(root, running))
		return conclude(ret, true,
				dg_format("%s was pinned for this boot", running));
	if (proves_one_shot(ret, view, running))
		return conclude(ret, true,
				dg_format("%s was to be booted once (%s)", running,
					  dg_get(&ret->action->id)));
	if (was_selected(view, running))
		return conclude(ret, true,
				dg_format("this boot selected %s, and %s boots by itself",
					  dg_get(&view->facts->boot.efi.entry_selected),
					  view->first->lasting.abi));
	return conclude(ret, false,
			dg_format("nothing shows that this boot was a trial of %s: no "
				  "next-boot pin was there when it began, and no "
				  "one-shot to it is on record",
				  running));
}
