/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sample: measure pressure, disks and guests over a window, and say whether the
 * stall that the kernel reports is a real one. With --load it writes a scratch
 * file. */
#include <errno.h>
#include <unistd.h>

#include "guard/collect/run.h"
#include "guard/progress.h"
#include "guard/verbs.h"
#include "policy/pressure.h"

#define DEADLINE_MS 10000
#define LOAD_DIR    "/var/tmp"

/* --- what can be said before anything is done --- */

/* DG_EXIT_DONE, or why not. */
static int check_options(const struct dg_options *options)
{
	if (options->load_dir && !options->load) {
		dg_complain("--load-dir without --load: nothing would be written there");
		return DG_EXIT_UNUSABLE;
	}
	if (options->load && !isatty(STDIN_FILENO)) {
		dg_complain("--load is for a person at a terminal");
		return DG_EXIT_REFUSED;
	}
	return DG_EXIT_DONE;
}

/* The host's name (for the policy), and whose idle waits could be charged. */
static int read_facts(const struct dg_options *options, const struct dg_root *root,
		      struct dg_facts **ret)
{
	static const struct dg_collector *const needed[] = {
		&dg_collect_host,   &dg_collect_kernel, &dg_collect_ring,
		&dg_collect_guests, &dg_collect_qemu,
	};
	int r = dg_collect_with(root, needed, DG_COUNT(needed),
				options->has_now ? &options->now : NULL, DEADLINE_MS,
				ret);

	if (r < 0)
		dg_complain("cannot examine this host: %s", dg_errno_words(r));
	return r;
}

/* --- the result --- */

static int print_sample(const struct dg_options *options, const struct dg_sample *sample,
			const struct dg_policy *policy)
{
	DG_CLEANUP(dg_pressure_clear) struct dg_pressure pressure = {0};
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	int r;

	r = dg_pressure_judge(sample, &policy->pressure, &pressure);
	if (r == 0 && !options->quiet)
		r = options->format->sample(stdout, sample, &pressure, &style);
	if (r < 0) {
		dg_complain("cannot print the sample: %s", dg_errno_words(r));
		return r;
	}
	return dg_finish_output();
}

static int exit_status_of(int error)
{
	static const struct {
		int error, status;
	} table[] = {
		{.error = -EINVAL, .status = DG_EXIT_UNUSABLE},
		/* What a load needs, and its folder does not give. */
		{.error = -EROFS, .status = DG_EXIT_REFUSED},
		{.error = -ENOSPC, .status = DG_EXIT_REFUSED},
		{.error = -ENOTSUP, .status = DG_EXIT_REFUSED},
	};

	for (size_t i = 0; i < DG_COUNT(table); i++)
		if (table[i].error == error)
			return table[i].status;
	return DG_EXIT_FAILED;
}

static int measure(const struct dg_options *options, const struct dg_root *root,
		   const struct dg_policy *policy, struct dg_facts *facts)
{
	struct dg_display display;
	struct dg_sample_options how = {
		.window_s = options->window_s,
		.wait_s = options->wait_s,
		.load_dir = !options->load	? NULL
			    : options->load_dir ? options->load_dir
						: LOAD_DIR,
		.progress = dg_display_show,
		.arg = &display,
	};
	DG_FREE char *why = NULL;
	int r;

	dg_display_open(&display, stderr, !options->quiet);
	r = dg_sample_take(root, policy, &how, facts, &why);
	dg_display_close(&display);
	if (r < 0) {
		dg_complain("%s", why ? why : dg_errno_words(r));
		return exit_status_of(r);
	}
	r = print_sample(options, &facts->samples.items[facts->samples.count - 1],
			 policy);
	return r < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

static int run_sample(const struct dg_options *options)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = NULL;
	int status;

	if (dg_open_root(options, &root) < 0)
		return DG_EXIT_UNUSABLE;
	if (!dg_root_is_live(root)) {
		dg_complain("cannot sample %s: a tree stands still", options->root);
		return DG_EXIT_UNUSABLE;
	}
	status = check_options(options);
	if (status != DG_EXIT_DONE)
		return status;
	if (read_facts(options, root, &facts) < 0)
		return DG_EXIT_FAILED;
	if (dg_load_policy(options, dg_get(&facts->host.name), &policy) < 0)
		return DG_EXIT_UNUSABLE;
	return measure(options, root, policy, facts);
}

const struct dg_verb dg_verb_sample = {
	.name = "sample",
	.args = "",
	.help = "measure I/O pressure over a window: is the stall a real one?",
	DG_OUTPUT(sample),
	.run = run_sample,
};
