/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce: show what the policy would do now, and why, or why not; with --yes do it. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/render/enforce.h"
#include "guard/verbs.h"

struct work {
	const struct dg_options *options;
	const struct dg_root *root;
	struct dg_facts *facts;
	struct dg_policy *policy;
	struct dg_verdict *verdict;
	struct dg_enforcement decision;
};

static void work_clean(struct work *w)
{
	dg_enforcement_clear(&w->decision);
	dg_verdict_free(w->verdict);
	dg_policy_free(w->policy);
	dg_facts_free(w->facts);
}

static int decide(struct work *w)
{
	int r = dg_judge(w->facts, w->policy, &w->verdict);

	if (r == 0)
		r = dg_enforce_decide(w->facts, w->policy, w->verdict, &w->decision);
	if (r < 0)
		dg_complain("cannot judge: %s", dg_errno_words(r));
	return r;
}

static int print(const struct work *w)
{
	struct dg_style style = dg_style_of(stdout, w->options->verbose > 0);
	const struct dg_enforce_told told = {
		.decision = &w->decision, .verdict = w->verdict, .outcome = "dry-run"};
	int r;

	if (w->options->quiet)
		return 0;
	r = w->options->format->enforce(stdout, &told, &style);
	return r < 0 ? r : dg_finish_output();
}

static int run_enforce(const struct dg_options *options)
{
	DG_CLEANUP(work_clean) struct work w = {.options = options};

	if (dg_load_facts(options, &w.facts) < 0 ||
	    dg_load_policy(options, dg_get(&w.facts->host.name), &w.policy) < 0)
		return DG_EXIT_UNUSABLE;
	if (decide(&w) < 0 || print(&w) < 0)
		return DG_EXIT_FAILED;
	return w.decision.state == DG_ENFORCE_REFUSED ? DG_EXIT_REFUSED : DG_EXIT_DONE;
}

const struct dg_verb dg_verb_enforce = {
	.name = "enforce",
	.args = "",
	.help = "what the policy would do now, and why; with --yes do it",
	DG_OUTPUT(enforce),
	.run = run_enforce,
};
