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
#include "policy/nearest.h"
#include "policy/plan-steps.h"
#include "policy/preflight.h"
#include "policy/text.h"

/* --- preflights --- */

static const char *const own_names[] = {"pin-readable", "pinned-by-tool", "ledger-sound",
					"policy-sound", "one-shot"};

/* Those that stand for something which the tool, or the look at the host afterwards,
 * would refuse all the same. */
static const struct {
	const char *id, *why;
} essentials[] = {
	{.id = "image-present",
	 .why = "proxmox-boot-tool itself refuses a kernel without an image"},
	{.id = "no-next-boot-pin",
	 .why = "whatever is changed under a pending trial is undone by its end"},
	{.id = "no-loader-override", .why = "the choice would not take effect"},
	{.id = "pin-readable", .why = "the way back would not be known"},
	{.id = "pinned-by-tool", .why = "proxmox-boot-tool takes back its own pins only"},
	{.id = "ledger-sound", .why = "the debt could not be written down"},
	{.id = "one-shot", .why = "there is --accept-sticky for it"},
};

const char *dg_preflight_essential(const char *id)
{
	for (size_t i = 0; i < DG_COUNT(essentials); i++)
		if (dg_streq(id, essentials[i].id))
			return essentials[i].why;
	return NULL;
}

void dg_preflight_names(const char *ret[static DG_PREFLIGHT_NAMES_MAX])
{
	size_t n = dg_preflight_question_names(ret);

	_Static_assert(DG_PREFLIGHTS_MAX + DG_COUNT(own_names) < DG_PREFLIGHT_NAMES_MAX,
		       "there is room for every name");
	for (size_t i = 0; i < DG_COUNT(own_names); i++)
		ret[n++] = own_names[i];
	ret[n] = NULL;
}

static struct dg_preflight *add_preflight(struct dg_plan *plan, const char *id)
{
	struct dg_preflight *p = &plan->preflights[plan->preflight_count++];

	p->id = id;
	return p;
}

static struct dg_preflight *find_preflight(struct dg_plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->preflight_count; i++)
		if (dg_streq(plan->preflights[i].id, id))
			return &plan->preflights[i];
	return NULL;
}

static int end_preflight(const struct dg_preflight *p)
{
	return p->detail ? 0 : -ENOMEM;
}

/* An entry that cannot be read is one that could be written over, or left behind. */
static int ask_ledger(const struct dg_view *view, struct dg_plan *plan)
{
	struct dg_preflight *p = add_preflight(plan, "ledger-sound");
	DG_FREE char *gap = dg_facts_gap(view->facts, "ledger.*");

	if (!gap) {
		dg_preflight_answer(p, DG_YES, "every entry can be used");
		return end_preflight(p);
	}
	dg_preflight_answer(p, DG_NO, "%s", gap);
	p->unblock = dg_format("mend that file, or remove it");
	return end_preflight(p);
}

/* Whether a reason is wanted is for the policy to say, and a layer that cannot be used
 * may have said it. */
static int ask_policy(const struct dg_view *view, struct dg_plan *plan)
{
	const struct dg_policy *policy = view->policy;
	struct dg_preflight *p = add_preflight(plan, "policy-sound");

	for (size_t i = 0; i < policy->problem_count && !p->detail; i++) {
		const struct dg_problem *problem = &policy->problems[i];

		if (!problem->unusable || problem->unreadable)
			continue;
		dg_preflight_answer(p, DG_NO, "%s, line %u: %s", problem->file,
				    problem->line ? problem->line : 1, problem->message);
		p->unblock = dg_format("driftguard policy check tells more");
	}
	if (!p->detail)
		dg_preflight_answer(p, DG_YES, "every layer can be used");
	return end_preflight(p);
}

static int ask_readable(const struct dg_view *view, struct dg_plan *plan)
{
	struct dg_preflight *p = add_preflight(plan, "pin-readable");
	DG_FREE char *pin = dg_facts_gap(view->facts, "boot.pin");
	DG_FREE char *managed = dg_facts_gap(view->facts, "boot.managed");

	if (pin || managed)
		dg_preflight_answer(p, DG_CANNOT_TELL, "%s", pin ? pin : managed);
	else
		dg_preflight_answer(p, DG_YES, "%s is pinned",
				    dg_plan_old_pin(view) ? dg_plan_old_pin(view)
							  : "nothing");
	return end_preflight(p);
}

/* Until the trial is over there is nothing to build on, also where it is of this very
 * kernel: its end brings back what was before. */
static int ask_trial(const struct dg_view *view, struct dg_plan *plan)
{
	const struct dg_str *next = &view->facts->boot.next_pin;
	struct dg_preflight *p = find_preflight(plan, "no-next-boot-pin");

	if (!p)
		p = add_preflight(plan, "no-next-boot-pin");
	free(p->unblock);
	p->unblock = NULL;
	if (dg_known(next)) {
		dg_preflight_answer(p, DG_NO, "a next-boot pin to %s is pending",
				    next->value);
		p->unblock = dg_format("driftguard unpin --next-boot");
	} else if (dg_absent(next)) {
		dg_preflight_answer(p, DG_YES, "none is pending");
	} else {
		dg_preflight_answer(p, DG_CANNOT_TELL,
				    "the next-boot pin cannot be read");
	}
	return end_preflight(p);
}

/* --- kernels --- */

static bool has_image(const struct dg_installed *kernel)
{
	return dg_known(&kernel->abi) && dg_known(&kernel->image);
}

/* The installed kernel that was probably meant: one that is spelt nearly so, else the
 * newest of the series, else the newest. NULL: none is installed. */
static const char *find_near(const struct dg_view *view, const char *abi)
{
	const char *names[256], *same = NULL, *newest = NULL, *spelt;
	char wanted[DG_SERIES_SIZE] = "", series[DG_SERIES_SIZE];
	size_t n = 0;

	if (dg_abi_series(abi, wanted) < 0)
		*wanted = '\0';
	dg_list_foreach (kernel, view->facts->kernels) {
		const char *name = has_image(kernel) ? kernel->abi.value : NULL;

		if (!name)
			continue;
		if (n < DG_COUNT(names))
			names[n++] = name;
		if (!newest || dg_abi_cmp(name, newest) > 0)
			newest = name;
		if (dg_abi_series(name, series) == 0 && dg_streq(series, wanted) &&
		    (!same || dg_abi_cmp(name, same) > 0))
			same = name;
	}
	spelt = dg_nearest_word(abi, names, n);
	return spelt ? spelt : same ? same : newest;
}

/* There is nothing of that kernel that other questions could be asked about. */
static int refuse_missing(const struct dg_view *view, const char *abi,
			  struct dg_plan *plan)
{
	struct dg_preflight *p = add_preflight(plan, "image-present");
	DG_FREE char *gap = dg_facts_gap(view->facts, "kernels.abi");
	const char *near = find_near(view, abi);

	if (gap) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "%s", gap);
		return end_preflight(p);
	}
	dg_preflight_answer(p, DG_NO, "there is no /boot/vmlinuz-%s", abi);
	if (near)
		p->unblock = dg_format("the nearest that is installed is %s", near);
	return end_preflight(p);
}

static int ask_kernel(const struct dg_view *view, const char *abi, struct dg_plan *plan)
{
	const struct dg_installed *kernel = dg_view_installed(view, abi);
	int r;

	if (!kernel || dg_absent(&kernel->image))
		return refuse_missing(view, abi, plan);
	r = dg_preflight_run(view, kernel, plan);
	return r < 0 ? r : ask_trial(view, plan);
}

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

/* --- pinning --- */

bool dg_pin_in_force(const struct dg_view *view, const char *abi)
{
	const char *file = dg_get(&view->facts->boot.pin);
	const struct dg_goal goal = {.pin = file,
				     .next_pin = dg_get(&view->facts->boot.next_pin),
				     .boots = abi};
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
		r = ask_trial(view, plan);
		if (r == 0)
			r = ask_policy(view, plan);
		return r < 0 ? r : ask_ledger(view, plan);
	}
	plan->why = dg_format("%s is to boot from now on", abi);
	if (!dg_streq(dg_get(&view->facts->kernel.release), abi))
		plan->then = "reboot";
	r = dg_plan_steps_pin(view, abi, plan);
	if (r == 0)
		r = ask_kernel(view, abi, plan);
	if (r == 0)
		r = ask_readable(view, plan);
	if (r == 0)
		r = ask_policy(view, plan);
	return r < 0 ? r : ask_ledger(view, plan);
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
	r = dg_plan_add_step(plan, "makes it boot until a boot comes up well",
			     DG_TOOL("kernel", "pin", abi, "--next-boot"));
	if (r == 0)
		r = dg_plan_add_undo(plan, DG_TOOL("kernel", "unpin", "--next-boot"));
	if (r == 0)
		r = dg_plan_add_undo_refresh(view, plan);
	if (r == 0)
		r = dg_plan_add_refresh(view, plan);
	return r < 0 ? r : ask_kernel(view, abi, plan);
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
	r = ask_kernel(view, abi, plan);
	drop_lasting(plan);
	return r;
}

/* --- unpinning --- */

/* What makes a kernel boot again and again, though the tool did not do it, and how a
 * person takes it back. */
static const struct {
	const char *kind, *what, *unblock;
} by_hand[] = {
	{.kind = "grub-default",
	 .what = "GRUB_DEFAULT names it",
	 .unblock = "remove GRUB_DEFAULT there, then update-grub"},
	{.kind = "grub-saved",
	 .what = "grubenv's saved_entry names it",
	 .unblock = "grub-set-default 0"},
	{.kind = "efi-variable",
	 .what = "the EFI variable LoaderEntryDefault names it",
	 .unblock = "bootctl set-default \"\""},
};

/* Of next_entry that GRUB cannot clear: what is meant for once stays. */
static bool is_stuck_entry(const struct dg_view *view)
{
	const struct dg_grub *grub = &view->facts->boot.grub;

	return dg_streq(view->pin.kind, "grub-saved") && dg_known(&grub->next_entry) &&
	       !dg_true(&grub->one_shot);
}

static int ask_by_hand(const struct dg_view *view, struct dg_plan *plan)
{
	const struct dg_pin *pin = &view->pin;
	struct dg_preflight *p = add_preflight(plan, "pinned-by-tool");

	if (is_stuck_entry(view)) {
		dg_preflight_answer(
			p, DG_NO,
			"%s boots by next_entry in grubenv, which GRUB cannot "
			"clear here",
			pin->abi);
		p->unblock = dg_format("grub-editenv - unset next_entry");
		return end_preflight(p);
	}
	for (size_t i = 0; pin->abi && i < DG_COUNT(by_hand); i++) {
		if (!dg_streq(pin->kind, by_hand[i].kind))
			continue;
		dg_preflight_answer(p, DG_NO, "%s is pinned by hand: %s (%s)", pin->abi,
				    by_hand[i].what, pin->path ? pin->path : "?");
		p->unblock = dg_format("%s", by_hand[i].unblock);
		return end_preflight(p);
	}
	dg_preflight_answer(p, DG_YES, "no pin is made by hand");
	return end_preflight(p);
}

/* What boots when nothing names a kernel. A refresh copies no other distribution's
 * kernel, and none without its initrd; update-grub takes whatever lies in /boot. */
static const struct dg_installed *find_newest(const struct dg_view *view)
{
	bool copied = dg_true(&view->facts->boot.managed);
	const struct dg_installed *newest = NULL;

	dg_list_foreach (kernel, view->facts->kernels) {
		if (!has_image(kernel) || (copied && (!dg_known(&kernel->initrd) ||
						      !dg_abi_is_pve(kernel->abi.value))))
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
	int r = 0;

	(void)abi;
	plan->strategy = "unpin";
	plan->why = dg_format("%s%s", old ? old : "nothing",
			      old ? " is not to be pinned any more" : " is pinned");
	if (has_pin(view)) {
		plan->target = newest ? dg_format("%s", newest->abi.value) : NULL;
		if (newest &&
		    !dg_streq(dg_get(&view->facts->kernel.release), newest->abi.value))
			plan->then = "reboot";
		r = dg_plan_steps_unpin(view, plan);
		if (r == 0 && newest)
			r = dg_preflight_run(view, newest, plan);
		if (r == 0)
			r = ask_readable(view, plan);
		if (r == 0)
			r = ask_by_hand(view, plan);
	}
	if (r == 0)
		r = ask_trial(view, plan);
	return r < 0 ? r : ask_ledger(view, plan);
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
	return r < 0 ? r : ask_readable(view, plan);
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
