/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plans of what a person asks for.
 *
 * A pin for the next boot is no one-shot (DOMAIN 2.1): proxmox-boot-tool changes the
 * lasting default, and only a boot that comes as far as multi-user takes that back. Who
 * asks for a trial is better served by the boot loader itself (one-shot.h).
 */
#include "policy/plan-pin.h"

#include <errno.h>

#include "policy/goal.h"
#include "policy/plan-steps.h"
#include "policy/preflight-pin.h"
#include "policy/text.h"

/* --- pinning --- */

/* A one-shot leaves ESPs and defaults as they are. */
static void drop_lasting(struct dg_plan *plan)
{
	static const char *const ids[] = {"esps-reachable", "esp-space",
					  "no-loader-override"};
	size_t kept = 0;

	for (size_t i = 0; i < plan->preflight_count; i++) {
		struct dg_preflight *p = &plan->preflights[i];
		bool drop = false;

		for (size_t j = 0; j < DG_COUNT(ids); j++)
			drop |= dg_streq(p->id, ids[j]);
		if (drop) {
			free(p->detail);
			free(p->unblock);
		} else {
			plan->preflights[kept++] = *p;
		}
	}
	for (size_t i = kept; i < plan->preflight_count; i++)
		plan->preflights[i] = (struct dg_preflight){0};
	plan->preflight_count = kept;
}

size_t dg_pin_count_missing(const struct dg_facts *facts)
{
	size_t n = 0;

	dg_list_foreach (esp, facts->boot.esps)
		n += dg_true(&esp->listed) && dg_absent(&esp->device);
	return n;
}

bool dg_pin_in_force(const struct dg_view *view, const char *abi)
{
	const char *file = dg_get(&view->facts->boot.pin);
	const struct dg_goal goal = {.pin = file,
				     .next_pin = dg_get(&view->facts->boot.next_pin),
				     .boots = abi,
				     .missing = dg_pin_count_missing(view->facts)};
	DG_FREE char *why = NULL;

	return dg_streq(view->pin.abi, abi) && (!file || dg_streq(file, abi)) &&
	       dg_goal_reached(view->facts, view->policy, &goal, &why) == DG_YES;
}

static int plan_set(const struct dg_view *view, const char *abi, struct dg_plan *plan)
{
	int r;

	plan->strategy = "pin";
	if (dg_pin_in_force(view, abi)) {
		plan->why = dg_format("%s is pinned already", abi);
		r = dg_pin_ask_trial(view, NULL, plan);
		if (r == 0)
			r = dg_pin_ask_policy(view, plan);
		return r < 0 ? r : dg_pin_ask_ledger(view, plan);
	}
	plan->why = dg_format("%s is to boot from now on", abi);
	if (!dg_streq(dg_get(&view->facts->kernel.release), abi))
		plan->then = "reboot";
	r = dg_plan_steps_pin(view, abi, plan);
	if (r == 0)
		r = dg_pin_ask_kernel(view, abi, plan);
	if (r == 0)
		r = dg_pin_ask_readable(view, plan);
	if (r == 0)
		r = dg_pin_ask_policy(view, plan);
	return r < 0 ? r : dg_pin_ask_ledger(view, plan);
}

/* Then there is nothing to try. */
static bool boots_anyway(const struct dg_view *view, const char *abi)
{
	return view->first && dg_streq(view->next.abi, abi) &&
	       dg_streq(view->first->lasting.abi, abi) &&
	       !dg_known(&view->facts->boot.next_pin);
}

static int plan_none(const char *abi, struct dg_plan *plan)
{
	plan->why = dg_format("%s boots next as it is: there is nothing to try", abi);
	return 0;
}

static int plan_try(const struct dg_view *view, const char *abi, struct dg_plan *plan)
{
	int r;

	plan->strategy = "pin-next-boot";
	if (boots_anyway(view, abi))
		return plan_none(abi, plan);
	plan->then = "reboot";
	plan->why = dg_format("%s is to be tried at the next boot", abi);
	r = dg_plan_steps_try(view, abi, plan);
	return r < 0 ? r : dg_pin_ask_kernel(view, abi, plan);
}

static int plan_try_once(const struct dg_view *view, const char *abi,
			 struct dg_plan *plan)
{
	int r;

	plan->strategy = "one-shot";
	if (boots_anyway(view, abi))
		return plan_none(abi, plan);
	plan->then = "reboot";
	plan->why = dg_format("%s is to be tried at the next boot alone", abi);
	r = dg_pin_ask_kernel(view, abi, plan);
	drop_lasting(plan);
	return r;
}

/* --- unpinning --- */

/* What boots when nothing names a kernel: on ESPs the newest that a refresh copies;
 * update-grub takes whatever lies in /boot. */
static const struct dg_installed *find_newest(const struct dg_view *view)
{
	bool copied = dg_true(&view->facts->boot.managed);
	const struct dg_installed *newest = NULL;

	dg_list_foreach (kernel, view->facts->kernels) {
		if (copied ? !dg_view_is_copied(view, kernel)
			   : !dg_known(&kernel->abi) || !dg_installed_has_image(kernel))
			continue;
		if (!newest || dg_abi_cmp(kernel->abi.value, newest->abi.value) > 0)
			newest = kernel;
	}
	return newest;
}

static bool has_pin(const struct dg_view *view)
{
	return view->pin.abi || !dg_absent(&view->facts->boot.pin);
}

static int plan_lift(const struct dg_view *view, const char *abi, struct dg_plan *plan)
{
	const struct dg_installed *newest = find_newest(view);
	const char *old = view->pin.abi ? view->pin.abi : dg_get(&view->facts->boot.pin);
	const char *next = dg_get(&view->facts->boot.next_pin);
	int r = 0;

	(void)abi;
	plan->strategy = "unpin";
	plan->why =
		has_pin(view) ? dg_format("%s is not to be pinned any more",
					  old ? old : "what is pinned")
		: next ? dg_format("nothing is pinned, but %s for the next boot", next)
		       : dg_format("nothing is pinned");
	if (has_pin(view)) {
		plan->target = newest ? dg_format("%s", newest->abi.value) : NULL;
		if (newest &&
		    !dg_streq(dg_get(&view->facts->kernel.release), newest->abi.value))
			plan->then = "reboot";
		r = dg_plan_steps_unpin(view, plan);
		if (r == 0 && newest)
			r = dg_preflight_run(view, newest, plan);
		if (r == 0)
			r = dg_pin_ask_readable(view, plan);
		if (r == 0)
			r = dg_pin_ask_by_hand(view, plan);
	}
	if (r == 0)
		r = dg_pin_ask_trial(view, has_pin(view) ? "driftguard unpin" : NULL,
				     plan);
	return r < 0 ? r : dg_pin_ask_ledger(view, plan);
}

static int plan_lift_trial(const struct dg_view *view, const char *abi,
			   struct dg_plan *plan)
{
	const char *next = dg_get(&view->facts->boot.next_pin);
	const char *lasting = dg_plan_old_pin(view);
	const struct dg_installed *kernel =
		lasting ? dg_view_installed(view, lasting) : find_newest(view);
	int r = 0;

	(void)abi;
	plan->strategy = "unpin-next-boot";
	plan->why = next ? dg_format("the trial of %s is called off", next)
			 : dg_format("no trial is pending");
	if (next) {
		plan->target = kernel ? dg_format("%s", kernel->abi.value) : NULL;
		r = dg_plan_steps_clear_next(view, next, "calls the trial off", plan);
		if (r == 0)
			r = dg_preflight_refresh(view, kernel, plan);
	}
	return r < 0 ? r : dg_pin_ask_readable(view, plan);
}

int dg_plan_pin(const struct dg_view *view, enum dg_pin_wish wish, const char *abi,
		struct dg_plan **ret)
{
	static int (*const makers[])(const struct dg_view *, const char *,
				     struct dg_plan *) = {
		[DG_PIN_SET] = plan_set,
		[DG_PIN_TRY] = plan_try,
		[DG_PIN_TRY_ONCE] = plan_try_once,
		[DG_PIN_LIFT] = plan_lift,
		[DG_PIN_LIFT_TRIAL] = plan_lift_trial,
	};
	DG_CLEANUP(dg_plan_freep) struct dg_plan *plan = calloc(1, sizeof(*plan));
	int r = plan ? 0 : -ENOMEM;

	if (r == 0 && abi) {
		plan->target = dg_format("%s", abi);
		r = plan->target ? 0 : -ENOMEM;
	}
	if (r < 0)
		return r;
	r = makers[wish](view, abi, plan);
	if (r == 0 && !plan->why)
		r = -ENOMEM;
	if (r < 0)
		return r;
	plan->ready = dg_plan_is_ready(plan);
	*ret = DG_STEAL(plan);
	return 0;
}
