/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pin and unpin: what both of them do before and after the plan is made. */
#include "guard/pin-work.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "guard/collect/collect.h"
#include "policy/policy-keys.h"
#include "policy/text.h"

void dg_pin_work_note(struct dg_pin_work *work, const char *fmt, ...)
{
	va_list args;

	if (work->note_count == DG_PIN_NOTES_MAX)
		return;
	va_start(args, fmt);
	work->notes[work->note_count] = dg_vformat(fmt, args);
	va_end(args);
	work->note_count += work->notes[work->note_count] != NULL;
}

void dg_pin_work_close(struct dg_pin_work *work)
{
	for (size_t i = 0; i < work->note_count; i++)
		free(work->notes[i]);
	for (size_t i = 0; i < DG_PREFLIGHT_NAMES_MAX && work->asked[i]; i++)
		free((char *)work->asked[i]);
	free(work->stale);
	free(work->tool);
	dg_act_report_clear(&work->report);
	dg_once_clear(&work->once);
	dg_plan_free(work->plan);
	if (work->has_view)
		dg_view_clear(&work->view);
	dg_policy_free(work->policy);
	dg_facts_free(work->facts);
	dg_root_free(work->root);
}

/* --- the host --- */

static int check_options(struct dg_pin_work *work)
{
	const struct dg_options *o = work->options;
	int status = dg_pin_overrides_take(work), r;

	if (status != DG_GO_ON)
		return status;
	if (dg_open_root(o, &work->root) < 0)
		return DG_EXIT_UNUSABLE;
	if (dg_check_user(work->root, !o->dry_run, work->verb) < 0)
		return DG_EXIT_REFUSED;
	r = dg_find_boot_tool(o, work->root, !o->dry_run, &work->tool);
	return r == 0 ? DG_GO_ON : DG_EXIT_UNUSABLE;
}

static int load(struct dg_pin_work *work)
{
	if (dg_load_facts(work->options, &work->facts) < 0)
		return DG_EXIT_UNUSABLE;
	if (work->policy)
		return DG_GO_ON;
	if (dg_load_policy(work->options, dg_get(&work->facts->host.name),
			   &work->policy) < 0)
		return DG_EXIT_UNUSABLE;
	/* The sound layers count; that others do not is for a person to know. */
	dg_print_problems(stderr, work->policy);
	return DG_GO_ON;
}

static struct dg_act_request make_request(const struct dg_pin_work *work)
{
	const struct dg_options *o = work->options;

	return (struct dg_act_request){.root = work->root,
				       .tool = work->tool,
				       .facts = work->facts,
				       .policy = work->policy,
				       .plan = work->plan,
				       .ledger = work->ledger,
				       .verb = work->verb,
				       .overridden = work->overridden,
				       .now = o->has_now ? &o->now : NULL};
}

/* An action that was cut off goes first. */
static int recover(struct dg_pin_work *work)
{
	DG_ACT_REPORT_CLEANUP struct dg_act_report report = {0};
	const struct dg_act_request request = make_request(work);
	bool found = false;
	int r = work->options->dry_run ? 0 : dg_act_recover(&request, &found, &report);

	if (r < 0) {
		dg_complain("cannot look for unfinished actions: %s", dg_errno_words(r));
		return DG_EXIT_FAILED;
	}
	if (!found)
		return DG_GO_ON;
	dg_complain("%s%s%s%s", report.why, report.record ? " (" : "",
		    report.record ? report.record : "", report.record ? ")" : "");
	if (report.outcome == DG_ACT_REFUSED)
		return DG_EXIT_REFUSED;
	if (report.outcome == DG_ACT_UNFINISHED)
		return DG_EXIT_FAILED;
	dg_facts_free(DG_STEAL(work->facts));
	return load(work);
}

static int check_host(const struct dg_pin_work *work)
{
	const struct dg_view *view = &work->view;
	/* Only a debt has a due day. */
	bool needs_clock = dg_streq(work->verb, "pin");
	const char *why = view->container ? "in a container the kernel is the host's"
			  : view->outside ? "no kernel is installed here"
			  : !view->product.proxmox ? "this is no Proxmox host"
						   : NULL;

	if (why)
		dg_complain("%s, so there is no proxmox-boot-tool to pin one with", why);
	else if (needs_clock && !view->clock_ok)
		dg_complain(
			"the clock is not plausible, and a pin's due day is counted by "
			"it: set it first (driftguard explain clock-implausible)");
	return why || (needs_clock && !view->clock_ok) ? DG_EXIT_REFUSED : DG_GO_ON;
}

int dg_pin_work_open(const struct dg_options *options, const char *verb,
		     struct dg_pin_work *work)
{
	int status;

	*work = (struct dg_pin_work){.options = options, .verb = verb};
	status = check_options(work);
	if (status == DG_GO_ON)
		status = load(work);
	if (status == DG_GO_ON)
		status = recover(work);
	if (status != DG_GO_ON)
		return status;
	if (dg_view_derive(work->facts, work->policy, &work->view) < 0) {
		dg_complain("out of memory");
		return DG_EXIT_FAILED;
	}
	work->has_view = true;
	return check_host(work);
}

int dg_pin_work_stale(struct dg_pin_work *work, const char *abi)
{
	const struct dg_facts *facts = work->facts;
	size_t n = 0;

	work->stale = calloc(facts->ledger.count + 1, sizeof(*work->stale));
	if (!work->stale)
		return -ENOMEM;
	dg_list_foreach (debt, facts->ledger)
		if (dg_known(debt) && dg_known(&debt->abi) &&
		    !dg_streq(debt->abi.value, abi))
			work->stale[n++] = debt->abi.value;
	work->ledger.remove = work->stale;
	return 0;
}

/* --- doing it --- */

static bool is_blocked(const struct dg_pin_work *work)
{
	for (size_t i = 0; i < work->plan->preflight_count; i++) {
		const struct dg_preflight *p = &work->plan->preflights[i];

		if (dg_preflight_blocks(p) && !dg_word_find(work->overridden, p->id))
			return true;
	}
	return false;
}

/* Neither commands, nor a one-shot, nor anything for the ledger. */
static bool is_idle(const struct dg_pin_work *work)
{
	return !work->plan->step_count && work->once.way == DG_ONCE_NONE &&
	       !work->ledger.abi && !(work->ledger.remove && *work->ledger.remove);
}

static int act(struct dg_pin_work *work)
{
	struct dg_act_request request = make_request(work);
	struct dg_goal goal;

	if (work->once.way != DG_ONCE_NONE)
		return dg_act_once(&request, &work->once, &work->report);
	dg_goal_of_plan(work->facts, work->plan, &goal);
	/* Where the ledger alone is put in order, what boots is as good as any, and an
	 * ESP that is gone boots nothing. */
	if (!work->plan->step_count) {
		goal.missing = dg_pin_count_missing(work->facts);
		goal.boots = work->ledger.abi;
	}
	request.goal = &goal;
	return dg_act_run(&request, &work->report);
}

static int print(const struct dg_pin_work *work)
{
	const struct dg_options *o = work->options;

	if (o->quiet)
		return 0;
	return o->format == &dg_render_json ? dg_json_pin(stdout, work)
					    : dg_text_pin(stdout, work);
}

static int print_report(struct dg_pin_work *work, int status)
{
	int r = 0;

	if (status != DG_EXIT_DONE && work->acted)
		dg_complain("%s", work->report.why);
	if (work->options->format == &dg_render_json)
		r = print(work);
	else if (!work->options->quiet && work->acted)
		r = dg_text_pin_report(stdout, work);
	if (r < 0)
		dg_complain("cannot print: %s", dg_errno_words(r));
	return r < 0 || dg_finish_output() < 0 ? DG_EXIT_FAILED : status;
}

static int refuse(struct dg_pin_work *work)
{
	work->report.outcome = DG_ACT_REFUSED;
	work->report.why = dg_format("refused: not every preflight has passed");
	if (!work->report.why)
		return -ENOMEM;
	work->acted = true;
	return print_report(work, DG_EXIT_REFUSED);
}

int dg_pin_work_finish(struct dg_pin_work *work)
{
	int r = 0;

	dg_pin_overrides_settle(work);
	if (work->options->format != &dg_render_json)
		r = print(work);
	fflush(stdout);
	if (r == 0 && is_blocked(work))
		return refuse(work);
	if (r == 0 && (work->options->dry_run || is_idle(work)))
		return print_report(work, DG_EXIT_DONE);
	if (r == 0)
		r = act(work);
	if (r < 0) {
		dg_complain("out of memory");
		return DG_EXIT_FAILED;
	}
	work->acted = true;
	return print_report(work, dg_act_exit_status(work->report.outcome));
}
