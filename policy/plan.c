/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which commands put things right. Only verbs of proxmox-boot-tool; never apt, never a
 * reboot: those are for a person, and are named as such. */
#include <errno.h>
#include <json-c/json.h>

#include "policy/abi.h"
#include "policy/modules.h"
#include "policy/plan-steps.h"
#include "policy/text.h"

/* What each drift asks for. */
enum wish {
	WISH_MOVE = 1 << 0,
	WISH_UNPIN = 1 << 1,
	WISH_REFRESH = 1 << 2,
	WISH_CLEAR_NEXT = 1 << 3,
	WISH_MEND = 1 << 4, /* what boots next is broken: show what it lacks */
};

static const struct {
	const char *check;
	unsigned wish;
} wishes[] = {
	{.check = "kernel-series-behind", .wish = WISH_MOVE},
	{.check = "kernel-newer-installed", .wish = WISH_MOVE},
	{.check = "kernel-removed", .wish = WISH_MOVE},
	{.check = "kernel-foreign", .wish = WISH_MOVE},
	{.check = "boot-next-broken", .wish = WISH_MOVE | WISH_REFRESH | WISH_MEND},
	{.check = "pin-target-missing", .wish = WISH_MOVE},
	{.check = "pin-age", .wish = WISH_MOVE | WISH_UNPIN},
	{.check = "pin-expired", .wish = WISH_MOVE | WISH_UNPIN},
	{.check = "pin-outlived-userland", .wish = WISH_MOVE | WISH_UNPIN},
	{.check = "pin-not-applied", .wish = WISH_REFRESH},
	{.check = "esp-stale", .wish = WISH_REFRESH},
	{.check = "next-boot-pin-left", .wish = WISH_CLEAR_NEXT},
};

/* A trial boot is on purpose. Whether its kernel stays is for a person to say, and not
 * for whatever acts on plans: a reboot would end it. */
static bool asks_for_something(const struct dg_finding *f)
{
	return f->status == DG_DRIFT && !dg_find_says(f, "state", "trial");
}

static unsigned collect_wishes(const struct dg_finding *findings, size_t count)
{
	unsigned all = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < DG_COUNT(wishes); j++)
			if (asks_for_something(&findings[i]) &&
			    dg_streq(findings[i].check->id, wishes[j].check))
				all |= wishes[j].wish;
	return all;
}

/* --- steps --- */

static int plan_repin(const struct dg_view *view, struct dg_plan *plan)
{
	plan->strategy = "repin";
	return dg_plan_steps_pin(view, plan->target, plan);
}

static int plan_unpin(const struct dg_view *view, struct dg_plan *plan)
{
	plan->strategy = "unpin";
	return dg_plan_steps_unpin(view, plan);
}

/* --- strategy --- */

static bool passes_devices_through(const struct dg_view *view)
{
	dg_list_foreach (guest, view->facts->guests)
		if (dg_true(&guest->passthrough))
			return true;
	return false;
}

/* Would the target boot when nothing names a kernel? */
static bool is_newest(const struct dg_view *view, const struct dg_installed *target)
{
	dg_list_foreach (kernel, view->facts->kernels)
		if (dg_known(&kernel->abi) && dg_installed_has_image(kernel) &&
		    dg_abi_cmp(kernel->abi.value, target->abi.value) > 0)
			return false;
	return true;
}

/* Unpinning undoes what proxmox-boot-tool did, and nothing that a person wrote. */
static bool can_unpin(const struct dg_view *view)
{
	return view->target && is_newest(view, view->target) &&
	       (dg_streq(view->pin.kind, "pin-file") ||
		dg_streq(view->pin.kind, "grub-snippet"));
}

static bool wants_repin(const struct dg_view *view)
{
	const char *strategy = view->policy->pin.strategy;

	if (!can_unpin(view) || dg_streq(strategy, "repin"))
		return true;
	if (dg_streq(strategy, "unpin"))
		return false;
	return passes_devices_through(view) || dg_view_extra_module(view);
}

/* --- plans --- */

static int plan_install(const struct dg_view *view, struct dg_plan *plan)
{
	struct dg_preflight *p = &plan->preflights[plan->preflight_count++];
	const char *package = view->expected.package;

	plan->strategy = "install";
	plan->why =
		dg_format("no kernel of series %s is installed", view->expected.series);
	p->id = "target-installed";
	p->ok = DG_NO;
	p->detail = dg_format("no kernel of series %s in /boot", view->expected.series);
	p->unblock = package ? dg_format("apt install --reinstall %s", package)
			     : dg_format("apt install proxmox-default-kernel");
	return plan->why && p->detail && p->unblock ? 0 : -ENOMEM;
}

/* At the next boot and after it: a one-shot alone does not count. */
static bool boots_target(const struct dg_view *view)
{
	const char *target = view->target->abi.value;
	const char *pin = dg_get(&view->facts->boot.pin);

	return dg_streq(view->next.abi, target) && (!pin || dg_streq(pin, target)) &&
	       (!view->next.once ||
		(view->first && dg_streq(view->first->lasting.abi, target)));
}

/* The newest kernel of the expected series that is installed at all, or whose image is
 * one; NULL: none. */
static const struct dg_installed *find_newest(const struct dg_view *view, bool is_image)
{
	const struct dg_installed *newest = NULL;

	dg_list_foreach (kernel, view->facts->kernels) {
		const char *abi = dg_get(&kernel->abi);
		char series[DG_SERIES_SIZE];

		if (abi &&
		    (is_image ? !dg_absent(&kernel->image)
			      : dg_installed_has_image(kernel)) &&
		    dg_abi_series(abi, series) == 0 &&
		    dg_streq(series, view->expected.series) &&
		    dg_view_is_kindred(view, abi) &&
		    (!newest || dg_abi_cmp(abi, newest->abi.value) > 0))
			newest = kernel;
	}
	return newest;
}

static char *say_why(const struct dg_view *view, unsigned wish, bool right)
{
	const char *target = view->target->abi.value;

	if (right && (wish & WISH_MEND))
		return dg_format("%s boots next, and is not whole", target);
	return dg_format("%s is the newest installed kernel of series %s%s", target,
			 view->expected.series,
			 find_newest(view, false) == view->target
				 ? ""
				 : " that passes the preflights");
}

/* Nothing is to be changed but what boots already, or only its copies. */
static int plan_stay(const struct dg_view *view, unsigned wish, bool runs,
		     struct dg_plan *plan)
{
	plan->strategy = runs ? "refresh" : "reboot";
	return wish & WISH_REFRESH ? dg_plan_add_refresh(view, plan) : 0;
}

static int plan_move(const struct dg_view *view, unsigned wish, struct dg_plan *plan)
{
	const char *running = dg_get(&view->facts->kernel.release);
	const char *target = view->target->abi.value;
	bool right = boots_target(view), runs = dg_streq(running, target);
	int r;

	plan->target = dg_format("%s", target);
	plan->why = say_why(view, wish, right);
	if (!plan->target || !plan->why)
		return -ENOMEM;
	if (!right && wants_repin(view))
		r = plan_repin(view, plan);
	else if (!right || ((wish & WISH_UNPIN) && !wants_repin(view)))
		r = plan_unpin(view, plan);
	else
		r = plan_stay(view, wish, runs, plan);
	if (!runs)
		plan->then = "reboot";
	return r < 0 ? r : dg_preflight_run(view, view->target, plan);
}

/* What is pinned once more, where no ESPs are to be refreshed. */
static int plan_again(const char *next, const char *pin, struct dg_plan *plan)
{
	static const char why[] = "writes the GRUB snippet again and runs update-grub";

	if (next)
		return dg_plan_add_step(plan, why,
					DG_TOOL("kernel", "pin", next, "--next-boot"));
	return pin ? dg_plan_add_step(plan, why, DG_TOOL("kernel", "pin", pin)) : 0;
}

/* Nothing to move to: make the loaders do what the pin files say. */
static int plan_refresh(const struct dg_view *view, unsigned wish, struct dg_plan *plan)
{
	const char *next = dg_get(&view->facts->boot.next_pin),
		   *pin = dg_plan_old_pin(view);
	const char *asked = next && !(wish & WISH_CLEAR_NEXT) ? next : pin;
	int r;

	plan->strategy = "refresh";
	plan->why = dg_format("the boot loader does not hold what it should");
	if (!plan->why)
		return -ENOMEM;
	if (next && (wish & WISH_CLEAR_NEXT))
		r = dg_plan_steps_clear_next(view, next, "clears the trial that is over",
					     plan);
	else if (dg_true(&view->facts->boot.managed))
		r = dg_plan_add_refresh(view, plan);
	else
		r = plan_again(next, pin, plan);
	if (!plan->step_count)
		plan->strategy = NULL;
	return r < 0 ? r
		     : dg_preflight_refresh(
			       view, asked ? dg_view_installed(view, asked) : NULL, plan);
}

static bool wants_move(const struct dg_view *view, unsigned wish)
{
	return !boots_target(view) || (wish & WISH_MEND) ||
	       !dg_streq(dg_get(&view->facts->kernel.release), view->target->abi.value) ||
	       ((wish & WISH_UNPIN) && !wants_repin(view));
}

static int make(const struct dg_view *view, unsigned wish, struct dg_plan *plan)
{
	bool moves = wish & (WISH_MOVE | WISH_UNPIN);

	/* Without proxmox-boot-tool there are no commands, and a reboot may still help.
	 */
	if (!view->product.proxmox && !(view->target && boots_target(view)))
		return 0;
	if (moves && view->target && wants_move(view, wish))
		return plan_move(view, wish, plan);
	if (moves && view->expected.series[0] && !find_newest(view, true))
		return plan_install(view, plan);
	if (wish & (WISH_REFRESH | WISH_CLEAR_NEXT))
		return plan_refresh(view, wish, plan);
	return 0;
}

int dg_plan_make(const struct dg_view *view, const struct dg_finding *findings,
		 size_t count, struct dg_plan **ret)
{
	DG_CLEANUP(dg_plan_freep) struct dg_plan *plan = NULL;
	unsigned wish = collect_wishes(findings, count);
	int r;

	*ret = NULL;
	/* proxmox-boot-tool is what plans are made of. */
	if (!wish || view->container || view->outside)
		return 0;
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	r = make(view, wish, plan);
	if (r < 0)
		return r;
	if (!plan->strategy)
		return 0;
	plan->ready = dg_plan_is_ready(plan);
	*ret = DG_STEAL(plan);
	return 0;
}

static void free_argv(struct dg_argv *argv)
{
	for (size_t i = 0; i < DG_ARGV_MAX; i++)
		free(argv->words[i]);
}

void dg_plan_drop_steps(struct dg_plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		free_argv(&plan->steps[i].argv);
		for (size_t j = 0; j < plan->steps[i].undo_count; j++)
			free_argv(&plan->steps[i].undo[j]);
	}
	memset(plan->steps, 0, sizeof(plan->steps));
	plan->step_count = 0;
}

void dg_plan_free(struct dg_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->preflight_count; i++) {
		free(plan->preflights[i].detail);
		free(plan->preflights[i].unblock);
	}
	dg_plan_drop_steps(plan);
	free(plan->target);
	free(plan->why);
	json_object_put(plan->source);
	free(plan);
}
