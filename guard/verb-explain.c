/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain: what a finding means, why it matters, how to clear it. */
#include "guard/verbs.h"
#include "policy/catalog.h"
#include "policy/nearest.h"

static int explain_one(const struct dg_options *options, const char *id)
{
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	const struct dg_check *check = dg_catalog_find(id);
	const char *near;
	size_t count;

	if (check)
		return options->format->check(stdout, check, &style);
	dg_catalog(&count);
	near = dg_nearest_word(id, dg_catalog_ids(), count);
	dg_complain("no check \"%s\"%s%s%s; driftguard explain lists them", id,
		    near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
	return -1;
}

static int run_explain(const struct dg_options *options)
{
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	size_t count;
	const struct dg_check *const *checks = dg_catalog(&count);

	if (options->args[0]) {
		if (explain_one(options, options->args[0]) < 0)
			return DG_EXIT_UNUSABLE;
	} else if (options->format->checks(stdout, checks, count, &style) < 0) {
		dg_complain("cannot print the list: out of memory");
		return DG_EXIT_FAILED;
	}
	return dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

const struct dg_verb dg_verb_explain = {
	.name = "explain",
	.args = "[ID]",
	.help = "what a finding means and how to clear it",
	.max_args = 1,
	DG_OUTPUT(checks),
	.run = run_explain,
};
