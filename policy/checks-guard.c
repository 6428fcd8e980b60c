/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guard family: can this program's own judgement be relied on? */
#include "policy/catalog.h"
#include "policy/text.h"
#include "policy/view.h"

/* --- policy-invalid --- */

static void note_problem(struct dg_finding *f, const struct dg_problem *p)
{
	DG_FREE char *text = NULL;

	if (p->line)
		text = dg_format("%s:%u: %s%s%s", p->file, p->line, p->key ? p->key : "",
				 p->key ? ": " : "", p->message);
	else
		text = dg_format("%s: %s", p->file, p->message);
	if (text)
		dg_find_item(f, "problems", text);
	dg_find_subject(f, "layer", p->file);
}

/* A copy is no drift: it is what early boot is for. But it is to be seen. */
static bool note_copies(const struct dg_view *view, struct dg_finding *f)
{
	bool any = false;

	for (size_t i = 0; i < view->policy->layer_count; i++) {
		const struct dg_policy_layer *layer = &view->policy->layers[i];

		if (layer->state != DG_LAYER_CACHED)
			continue;
		any = true;
		dg_find_item(f, "copy", layer->file);
		dg_find_item(f, "copy_of", layer->copy_of);
		dg_find_date(f, "copied", layer->copied);
	}
	return any;
}

static void check_policy(const struct dg_view *view, struct dg_finding *f)
{
	bool copied = note_copies(view, f);
	size_t unusable = 0, ignored = 0, unread = 0;

	for (size_t i = 0; i < view->policy->problem_count; i++) {
		const struct dg_problem *p = &view->policy->problems[i];

		note_problem(f, p);
		if (p->unreadable)
			unread++;
		else if (p->unusable)
			unusable++;
		else
			ignored++;
	}
	if (unusable)
		dg_find_drift(f, DG_CRITICAL,
			      "a policy layer cannot be used; the sound layers "
			      "still count");
	else if (ignored)
		dg_find_drift(f, DG_WARNING,
			      "the policy holds keys that this version does not "
			      "know; they are ignored");
	else if (unread)
		dg_find_unknown(f, "a policy layer cannot be read");
	else
		dg_find_ok(f, copied ? "the policy is sound; of the cluster's layer only "
				       "a copy could be read"
				     : "the policy is sound");
}

static const struct dg_check policy_invalid = {
	.id = "policy-invalid",
	.family = "guard",
	.title = "A policy layer cannot be used as it is",
	.severity = DG_CRITICAL,
	.grades = "warning for keys that this version does not know",
	.run = check_policy,
	.remedy =
		"driftguard policy check names the file, the line and the nearest valid "
		"word.",
	.why = "A policy that is silently not in force is worse than none. A layer of a "
	       "wrong "
	       "type, date or syntax is left out as a whole; an unknown key (a newer "
	       "node sharing "
	       "its policy with this one) is ignored; either stops enforcement. A layer "
	       "that could not be read says nothing about itself: that is unknown. Where "
	       "/etc/pve cannot be had, a copy of the cluster's layer stands in for it.",
};

/* --- clock-implausible --- */

static void check_clock(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_int *built = &view->facts->kernel.build_time;
	const struct dg_int *tool = &view->facts->host.tool_time;

	dg_find_date(f, "now", view->now);
	if (dg_known(built))
		dg_find_date(f, "kernel_built", built->value);
	if (dg_known(tool))
		dg_find_date(f, "tool_built", tool->value);
	if (view->clock_ok)
		dg_find_ok(f, "the clock is plausible");
	else if (dg_known(built) && view->now < built->value)
		dg_find_drift(
			f, DG_WARNING,
			"the clock is earlier than the build of the running kernel: ages "
			"are not to be trusted");
	else
		dg_find_drift(f, DG_WARNING,
			      "the clock is earlier than this program's release: "
			      "ages are not to be trusted");
}

static const struct dg_check clock_implausible = {
	.id = "clock-implausible",
	.family = "guard",
	.title = "The clock cannot be right",
	.severity = DG_WARNING,
	.needs = {"time"},
	.each = {"kernel.build_time", "host.tool_time"},
	.run = check_clock,
	.remedy = "Look at chronyc tracking or timedatectl, and at the battery of the "
		  "clock.",
	.why = "Early at boot a host without a working battery clock lives in 1970 until "
	       "it has "
	       "found a time server. Ages computed then are nonsense, so every check of "
	       "age turns "
	       "unknown instead of crying wolf.",
};

/* --- upgrade-in-progress --- */

static void check_upgrade(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_packages *packages = &view->facts->packages;

	dg_list_foreach (word, packages->unsettled)
		dg_find_subject(f, "package", dg_get(&word->name));
	if (dg_true(&packages->locked))
		dg_find_drift(f, DG_NOTICE,
			      "packages are being changed right now: boot and "
			      "package checks wait until that is done");
	else if (view->unsettled)
		dg_find_drift(f, DG_NOTICE,
			      "a package change was stopped half-way: boot and "
			      "package checks cannot be relied on until it is "
			      "finished");
	else
		dg_find_ok(f, "no package change is under way");
	if (dg_true(&packages->locked))
		dg_find_remedy(f, "wait for it, then check again");
}

static const struct dg_check upgrade_in_progress = {
	.id = "upgrade-in-progress",
	.family = "guard",
	.title = "Packages are being changed",
	.severity = DG_NOTICE,
	.each = {"packages.locked", "packages.journal", "packages.unsettled.*"},
	.run = check_upgrade,
	.remedy = "dpkg --configure -a",
	.why = "In the middle of an upgrade kernels lie on disk without their initrd, "
	       "ESPs lack "
	       "what is about to be copied, and metapackages point to what is not there "
	       "yet. "
	       "That is no drift. dpkg's lock, its journal in /var/lib/dpkg/updates, and "
	       "packages "
	       "that are half-installed tell such a moment.",
};

/* --- action-unfinished --- */

#define AT_WORK_S (60 * 60)

/* Longer than a run and its undo may take, something hangs. */
static bool is_at_work(const struct dg_view *view, const struct dg_deed *deed)
{
	return dg_true(&deed->held) && dg_known(&deed->started) &&
	       view->now - deed->started.value < AT_WORK_S;
}

static void check_action(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_deed *last = NULL;
	bool at_work = true;

	dg_list_foreach (deed, view->facts->actions) {
		if (!dg_deed_is_unfinished(deed))
			continue;
		last = deed;
		at_work = at_work && is_at_work(view, deed);
		dg_find_item(f, "actions", dg_get(&deed->id));
		dg_find_item(f, "why", dg_get(&deed->why));
		if (dg_known(&deed->target))
			dg_find_subject(f, "kernel", deed->target.value);
	}
	if (!last) {
		dg_find_ok(f, "no action of driftguard is unfinished");
		return;
	}
	if (dg_known(&last->started))
		dg_find_date(f, "begun", last->started.value);
	dg_find_drift(
		f, at_work ? DG_NOTICE : DG_CRITICAL,
		at_work ? "%s%s%s (%s) is under way"
			: "%s%s%s (%s) was begun, and neither completed nor rolled back",
		dg_known(&last->verb) ? last->verb.value : "an action",
		dg_known(&last->target) ? " to " : "",
		dg_known(&last->target) ? last->target.value : "",
		dg_known(&last->id) ? last->id.value : "?");
}

static const struct dg_check action_unfinished = {
	.id = "action-unfinished",
	.family = "guard",
	.title = "Driftguard's own change of the boot configuration is unfinished",
	.severity = DG_CRITICAL,
	.grades = "notice while a run is at work on it",
	.needs = {"actions"},
	.each = {"actions.*"},
	.run = check_action,
	.remedy =
		"driftguard enforce --yes completes it or rolls it back before anything "
		"else (driftguard pin and unpin do too); its record is in "
		"/var/lib/driftguard/actions.",
	.why = "Before driftguard changes the boot configuration it writes down what it "
	       "is "
	       "about to do and how to undo it, and closes that record when the host was "
	       "read again and is as it should be. A record that stayed open is of a run "
	       "that was killed or lost its power, that could not put things back, whose "
	       "outcome could not be told, or that "
	       "is at work this very moment. Until it is closed, pin, boot loaders, ESPs "
	       "and ledger may not agree. The host boots the old or the new kernel, "
	       "unless the power failed in the very moment that proxmox-boot-tool "
	       "rewrote a boot loader's file: see what boots next before a reboot. Where "
	       "the reason is a copy on an ESP that no refresh replaces, remove that "
	       "copy and refresh again.",
};

static const struct dg_check *const rows[] = {
	&policy_invalid,
	&clock_implausible,
	&upgrade_in_progress,
	&action_unfinished,
};

const struct dg_family dg_guard_checks = {
	.name = "guard", .checks = rows, .count = DG_COUNT(rows)};
