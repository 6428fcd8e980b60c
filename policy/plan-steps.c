/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands that plans are made of. */
#include <errno.h>

#include "policy/plan-steps.h"
#include "policy/text.h"

static int fill_argv(struct dg_argv *argv, const char *const *words)
{
	for (size_t i = 0; words[i] && i + 1 < DG_ARGV_MAX; i++) {
		argv->words[i] = dg_format("%s", words[i]);
		if (!argv->words[i])
			return -ENOMEM;
	}
	return 0;
}

int dg_plan_add_step(struct dg_plan *plan, const char *why, const char *const *words)
{
	struct dg_step *step = &plan->steps[plan->step_count++];

	step->why = why;
	return fill_argv(&step->argv, words);
}

int dg_plan_add_undo(struct dg_plan *plan, const char *const *words)
{
	struct dg_step *step = &plan->steps[plan->step_count - 1];

	return fill_argv(&step->undo[step->undo_count++], words);
}

int dg_plan_add_refresh(const struct dg_view *view, struct dg_plan *plan)
{
	if (!dg_true(&view->facts->boot.managed))
		return 0;
	return dg_plan_add_step(plan, "copies the choice onto every ESP",
				DG_TOOL("refresh"));
}

int dg_plan_add_undo_refresh(const struct dg_view *view, struct dg_plan *plan)
{
	return dg_true(&view->facts->boot.managed)
		       ? dg_plan_add_undo(plan, DG_TOOL("refresh"))
		       : 0;
}

const char *dg_plan_old_pin(const struct dg_view *view)
{
	const char *file = dg_get(&view->facts->boot.pin);

	return file					  ? file
	       : dg_streq(view->pin.kind, "grub-snippet") ? view->pin.abi
							  : NULL;
}

/* Back to what is pinned now. */
static int add_pin_undo(const struct dg_view *view, struct dg_plan *plan)
{
	const char *old = dg_plan_old_pin(view);
	int r = old ? dg_plan_add_undo(plan, DG_TOOL("kernel", "pin", old))
		    : dg_plan_add_undo(plan, DG_TOOL("kernel", "unpin"));

	return r < 0 ? r : dg_plan_add_undo_refresh(view, plan);
}

int dg_plan_steps_pin(const struct dg_view *view, const char *abi, struct dg_plan *plan)
{
	int r = dg_plan_add_step(plan, "makes the target boot from now on",
				 DG_TOOL("kernel", "pin", abi));

	if (r == 0)
		r = add_pin_undo(view, plan);
	return r < 0 ? r : dg_plan_add_refresh(view, plan);
}

int dg_plan_steps_try(const struct dg_view *view, const char *abi, struct dg_plan *plan)
{
	int r = dg_plan_add_step(plan, "makes it boot until a boot comes up well",
				 DG_TOOL("kernel", "pin", abi, "--next-boot"));

	if (r == 0)
		r = dg_plan_add_undo(plan, DG_TOOL("kernel", "unpin", "--next-boot"));
	if (r == 0)
		r = dg_plan_add_undo_refresh(view, plan);
	return r < 0 ? r : dg_plan_add_refresh(view, plan);
}

int dg_plan_steps_unpin(const struct dg_view *view, struct dg_plan *plan)
{
	int r = dg_plan_add_step(plan, "lets the newest kernel boot again",
				 DG_TOOL("kernel", "unpin"));

	if (r == 0)
		r = add_pin_undo(view, plan);
	return r < 0 ? r : dg_plan_add_refresh(view, plan);
}

int dg_plan_steps_clear_next(const struct dg_view *view, const char *next,
			     const char *why, struct dg_plan *plan)
{
	int r = dg_plan_add_step(plan, why, DG_TOOL("kernel", "unpin", "--next-boot"));

	if (r == 0)
		r = dg_plan_add_undo(plan, DG_TOOL("kernel", "pin", next, "--next-boot"));
	if (r == 0)
		r = dg_plan_add_undo_refresh(view, plan);
	return r < 0 ? r : dg_plan_add_refresh(view, plan);
}

bool dg_plan_is_ready(const struct dg_plan *plan)
{
	for (size_t i = 0; i < plan->preflight_count; i++)
		if (dg_preflight_blocks(&plan->preflights[i]))
			return false;
	return true;
}
