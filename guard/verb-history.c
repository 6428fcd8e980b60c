/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* history: the boots that are recorded. */
#include "guard/collect/collect.h"
#include "guard/record/boots.h"
#include "guard/verbs.h"

int dg_load_history(const struct dg_options *options, struct dg_history *ret)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int r = dg_open_root(options, &root);

	if (r < 0)
		return r;
	r = dg_history_read(root, ret);
	if (r < 0)
		dg_complain("cannot read %s: %s", DG_BOOTS_DIR, dg_errno_words(r));
	return r;
}

static int run_history(const struct dg_options *options)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	int r;

	if (dg_load_history(options, &history) < 0)
		return DG_EXIT_UNUSABLE;
	if (options->quiet)
		return DG_EXIT_DONE;
	r = options->format->history(stdout, &history, &style);
	if (r < 0)
		dg_complain("cannot print: %s", dg_errno_words(r));
	return r < 0 || dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

const struct dg_verb dg_verb_history = {
	.name = "history",
	.args = "",
	.help = "the boots that are recorded",
	DG_OUTPUT(history),
	.run = run_history,
};
