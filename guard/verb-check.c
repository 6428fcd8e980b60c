/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check: collect (or read facts), judge, print. Writes nothing. */
#include <errno.h>
#include <unistd.h>

#include "guard/verbs.h"
#include "policy/facts.h"

int dg_print_verdict(const struct dg_options *options, const struct dg_verdict *verdict)
{
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	int r;

	/* What was recorded, or comes from elsewhere, was read by somebody else. */
	style.as_user = geteuid() != 0 && !options->facts && !verdict->recorded.is_set;
	if (options->quiet)
		return 0;
	r = options->format->verdict(stdout, verdict, &style);
	if (r < 0) {
		dg_complain("cannot print the verdict: %s", strerror(-r));
		return r;
	}
	return dg_finish_output();
}

static int run_check(const struct dg_options *options)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = NULL;
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;
	int r;

	if (dg_load_facts(options, &facts) < 0 ||
	    dg_load_policy(options, dg_get(&facts->host.name), &policy) < 0)
		return DG_EXIT_UNUSABLE;
	r = dg_judge(facts, policy, &verdict);
	if (r < 0) {
		dg_complain("cannot judge: %s", strerror(-r));
		return DG_EXIT_UNUSABLE;
	}
	if (dg_print_verdict(options, verdict) < 0)
		return DG_EXIT_UNUSABLE;
	return dg_level_exit_status(verdict->level);
}

const struct dg_verb dg_verb_check = {
	.name = "check",
	.args = "",
	.help = "read this host and judge it",
	DG_OUTPUT(verdict),
	.run = run_check,
};
