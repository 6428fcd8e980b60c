/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe: what this kernel's io_uring can do, and the idle-wait self-test. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/probe/probe.h"
#include "guard/verbs.h"

static int print_probe(const struct dg_options *options, const struct dg_probe *probe)
{
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	int r;

	if (options->quiet)
		return 0;
	r = options->format->probe(stdout, probe, &style);
	if (r < 0)
		dg_complain("cannot print: %s", dg_errno_words(r));
	return r < 0 ? r : dg_finish_output();
}

static int examine(const struct dg_options *options, const struct dg_root *root,
		   struct dg_facts *facts)
{
	struct dg_idle_test test;
	struct dg_probe probe = {.facts = facts};
	DG_FREE char *conclusion = NULL;

	dg_read_line_fact(root, "proc/sys/kernel/osrelease", &facts->kernel.release);
	dg_collect_ring.run(root, facts);
	if (dg_root_is_live(root)) {
		dg_idle_test_run(root, &test);
		probe.test = &test;
	}
	conclusion = dg_probe_conclude(&facts->ring, probe.test);
	if (!conclusion)
		return DG_EXIT_FAILED;
	probe.conclusion = conclusion;
	if (print_probe(options, &probe) < 0)
		return DG_EXIT_FAILED;
	return dg_probe_told(&facts->ring, probe.test) ? DG_EXIT_DONE : DG_EXIT_FAILED;
}

static int run_probe(const struct dg_options *options)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = dg_facts_new();

	if (!facts) {
		dg_complain("out of memory");
		return DG_EXIT_UNUSABLE;
	}
	return dg_open_root(options, &root) < 0 ? DG_EXIT_UNUSABLE
						: examine(options, root, facts);
}

const struct dg_verb dg_verb_probe = {
	.name = "probe",
	.args = "",
	.help = "what this kernel's io_uring can do; does it count idle waits?",
	DG_OUTPUT(probe),
	.run = run_probe,
};
