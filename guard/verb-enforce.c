/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce: show what the policy would do now, and why, or why not; with --yes do it.
 * Whatever comes of it leaves a record and an entry in the journal. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/enforce.h"
#include "policy/text.h"

static void work_clean(struct dg_enforce_work *w)
{
	free(w->tool);
	free(w->record);
	free(w->no_record);
	dg_act_report_clear(&w->report);
	dg_act_report_clear(&w->recovery);
	dg_enforcement_clear(&w->decision);
	dg_verdict_free(w->verdict);
	dg_policy_free(w->policy);
	dg_facts_free(w->facts);
	dg_root_free(w->root);
}

/* --- reading and deciding --- */

static int load(struct dg_enforce_work *w)
{
	dg_policy_free(DG_STEAL(w->policy));
	dg_facts_free(DG_STEAL(w->facts));
	if (dg_load_facts(w->options, &w->facts) < 0)
		return -EIO;
	return dg_load_policy(w->options, dg_get(&w->facts->host.name), &w->policy);
}

static struct dg_act_request make_request(const struct dg_enforce_work *w)
{
	const struct dg_options *o = w->options;

	return (struct dg_act_request){
		.root = w->root,
		.tool = w->tool,
		.facts = w->facts,
		.policy = w->policy,
		.verb = "enforce",
		.now = o->has_now ? &o->now : NULL,
	};
}

/* First what an earlier run has left: whatever the policy says, half a change is worse
 * than either whole. */
static int recover(struct dg_enforce_work *w)
{
	const struct dg_act_request request = make_request(w);
	int r = dg_act_recover(&request, &w->recovered, &w->recovery);

	if (r == 0 && w->recovered)
		r = load(w);
	if (r < 0)
		dg_complain("cannot look for an unfinished action: %s",
			    dg_errno_words(r));
	return r;
}

static int decide(struct dg_enforce_work *w)
{
	int r = dg_judge(w->facts, w->policy, &w->verdict);

	if (r == 0)
		r = dg_enforce_decide(w->facts, w->policy, w->verdict, &w->decision);
	if (r < 0)
		dg_complain("cannot judge: %s", dg_errno_words(r));
	return r;
}

/* --- doing --- */

/* Who may not write here may still look. */
static void note(struct dg_enforce_work *w, const struct dg_act_request *request,
		 const char *outcome, const char *summary)
{
	DG_FREE char *why = NULL;
	int r = dg_act_note(request, outcome, summary, &w->record, &why);

	if (r < 0)
		w->no_record = dg_format("No record of this could be written: %s",
					 why ? why : dg_errno_words(r));
}

static int act(struct dg_enforce_work *w, struct dg_act_request *request)
{
	DG_CLEANUP(dg_enforce_ledger_clear) struct dg_enforce_ledger ledger = {0};
	int r = dg_enforce_ledger_make(w->facts, w->policy, &w->decision, &ledger);

	request->ledger = ledger.ledger;
	if (r == 0)
		r = dg_act_run(request, &w->report);
	if (r < 0) {
		dg_complain("cannot act: %s", dg_errno_words(r));
		return r;
	}
	w->acted = true;
	/* Refused so early that there was nothing to be recorded yet. */
	if (w->report.outcome == DG_ACT_REFUSED && !w->report.record)
		note(w, request, "refused", w->report.why);
	return 0;
}

static int act_or_note(struct dg_enforce_work *w)
{
	struct dg_act_gate gates[DG_GATES_MAX];
	struct dg_act_request request = make_request(w);
	struct dg_goal goal = {0};

	for (size_t i = 0; i < w->decision.gate_count; i++)
		gates[i] = (struct dg_act_gate){
			.id = w->decision.gates[i].id,
			.detail = w->decision.gates[i].detail,
			.open = w->decision.gates[i].open == DG_YES,
		};
	request.gates = gates;
	request.gate_count = w->decision.gate_count;
	request.because = w->decision.because;
	request.plan = w->decision.plan;
	request.goal = &goal;
	if (request.plan)
		dg_goal_of_plan(w->facts, request.plan, &goal);
	if (w->options->yes && w->decision.state == DG_ENFORCE_ACTS)
		return act(w, &request);
	note(w, &request, dg_enforce_outcome(w), w->decision.summary);
	return 0;
}

static int find_status(const struct dg_enforce_work *w)
{
	if (w->acted)
		return dg_act_exit_status(w->report.outcome);
	if (w->recovered && w->recovery.outcome == DG_ACT_UNFINISHED)
		return DG_EXIT_FAILED;
	return w->decision.state == DG_ENFORCE_REFUSED ? DG_EXIT_REFUSED : DG_EXIT_DONE;
}

static int run_enforce(const struct dg_options *options)
{
	DG_CLEANUP(work_clean) struct dg_enforce_work w = {.options = options};

	if (dg_open_root(options, &w.root) < 0)
		return DG_EXIT_UNUSABLE;
	if (dg_check_user(w.root, options->yes, "enforce") < 0)
		return DG_EXIT_REFUSED;
	if (dg_find_boot_tool(options, w.root, options->yes, &w.tool) < 0 || load(&w) < 0)
		return DG_EXIT_UNUSABLE;
	if ((options->yes && recover(&w) < 0) || decide(&w) < 0 || act_or_note(&w) < 0)
		return DG_EXIT_FAILED;
	dg_enforce_tell(&w);
	return dg_enforce_print(&w) < 0 ? DG_EXIT_FAILED : find_status(&w);
}

const struct dg_verb dg_verb_enforce = {
	.name = "enforce",
	.args = "",
	.help = "what the policy would do now, and why; with --yes do it",
	DG_OUTPUT(enforce),
	.run = run_enforce,
};
