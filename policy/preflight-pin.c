/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold before a person's pin or unpin, beside what holds for every move. */
#include <errno.h>

#include "policy/nearest.h"
#include "policy/plan-pin.h"
#include "policy/plan-steps.h"
#include "policy/preflight-pin.h"
#include "policy/preflight.h"
#include "policy/text.h"

/* --- their names --- */

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

int dg_pin_ask_ledger(const struct dg_view *view, struct dg_plan *plan)
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

int dg_pin_ask_policy(const struct dg_view *view, struct dg_plan *plan)
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

int dg_pin_ask_readable(const struct dg_view *view, struct dg_plan *plan)
{
	struct dg_preflight *p = add_preflight(plan, "pin-readable");
	DG_FREE char *pin = dg_facts_gap(view->facts, "boot.pin");
	DG_FREE char *managed = dg_facts_gap(view->facts, "boot.managed");

	if (pin || managed) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "%s", pin ? pin : managed);
		p->unblock =
			dg_format("look at %s, and mend it or move it away",
				  dg_facts_source(pin ? "boot.pin" : "boot.managed"));
	} else {
		dg_preflight_answer(p, DG_YES, "%s is pinned",
				    dg_plan_old_pin(view) ? dg_plan_old_pin(view)
							  : "nothing");
	}
	return end_preflight(p);
}

int dg_pin_ask_trial(const struct dg_view *view, const char *then, struct dg_plan *plan)
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
		p->unblock = dg_format("driftguard unpin --next-boot%s%s",
				       then ? ", then " : "", then ? then : "");
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

int dg_pin_ask_kernel(const struct dg_view *view, const char *abi, struct dg_plan *plan)
{
	const struct dg_installed *kernel = dg_view_installed(view, abi);
	int r;

	if (!kernel || !dg_installed_has_image(kernel))
		return refuse_missing(view, abi, plan);
	r = dg_preflight_run(view, kernel, plan);
	return r < 0 ? r : dg_pin_ask_trial(view, NULL, plan);
}

/* --- pins that the tool did not make --- */

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

int dg_pin_ask_by_hand(const struct dg_view *view, struct dg_plan *plan)
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
