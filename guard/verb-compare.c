/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare: the before and after of two recorded boots. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/record/boots.h"
#include "guard/verbs.h"
#include "policy/compare.h"

/* Two that are named, or the last two kernels. */
static int pick(const struct dg_options *options, const struct dg_history *history,
		const struct dg_boot_record *ret_boots[2])
{
	DG_FREE char *why = NULL;
	int r;

	if (!options->args[0]) {
		r = dg_history_pick_two(history, &ret_boots[0], &ret_boots[1], &why);
	} else {
		r = dg_history_pick(history, options->args[0], &ret_boots[0], &why);
		if (r == 0)
			r = dg_history_pick(history, options->args[1], &ret_boots[1],
					    &why);
	}
	if (r < 0)
		dg_complain("%s", why ? why : dg_errno_words(r));
	return r;
}

static int print_comparison(const struct dg_options *options,
			    const struct dg_comparison *comparison)
{
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	int r = options->quiet ? 0
			       : options->format->comparison(stdout, comparison, &style);

	if (r < 0)
		dg_complain("cannot print: %s", dg_errno_words(r));
	return r < 0 ? r : dg_finish_output();
}

static int run_compare(const struct dg_options *options)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	DG_CLEANUP(dg_comparison_freep) struct dg_comparison *comparison = NULL;
	const struct dg_boot_record *boots[2];
	int r;

	if (options->args[0] && !options->args[1]) {
		dg_complain("compare takes two boots, or none: the last two kernels");
		return DG_EXIT_UNUSABLE;
	}
	if (dg_load_history(options, &history) < 0)
		return DG_EXIT_UNUSABLE;
	if (pick(options, &history, boots) < 0)
		return DG_EXIT_FAILED;
	r = dg_compare(boots[0], boots[1], &comparison);
	if (r < 0) {
		dg_complain("cannot compare: %s", dg_errno_words(r));
		return DG_EXIT_FAILED;
	}
	return print_comparison(options, comparison) < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

const struct dg_verb dg_verb_compare = {
	.name = "compare",
	.args = "[A B]",
	.help = "two boots, side by side (default: one of each of the last two kernels)",
	.max_args = 2,
	DG_OUTPUT(comparison),
	.run = run_compare,
};
