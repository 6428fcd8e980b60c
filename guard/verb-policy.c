/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy show, policy check: what is in force, and whether a file can be used. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/base/root.h"
#include "guard/verbs.h"

#define POLICY_SIZE_MAX ((size_t)1 << 20)

static int show_policy(const struct dg_options *options)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = NULL;
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	int r;

	if (dg_load_facts(options, &facts) < 0 ||
	    dg_load_policy(options, dg_get(&facts->host.name), &policy) < 0)
		return DG_EXIT_UNUSABLE;
	dg_print_problems(stderr, policy);
	r = dg_print_json(stdout, policy->tree);
	return r < 0 || dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

static int check_policy(const char *path)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_FREE char *text = NULL;
	size_t size;

	if (!policy) {
		dg_complain("out of memory");
		return DG_EXIT_FAILED;
	}
	if (dg_read_argument(path, POLICY_SIZE_MAX, &text, &size) < 0)
		return DG_EXIT_UNUSABLE;
	if (dg_policy_merge(policy, path, text, size, true) < 0) {
		dg_complain("out of memory");
		return DG_EXIT_FAILED;
	}
	dg_print_problems(stdout, policy);
	if (policy->problem_count)
		return DG_EXIT_FAILED;
	printf("%s: sound\n", path);
	return dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

static int run_policy(const struct dg_options *options)
{
	char **args = options->args;

	if (dg_streq(args[0], "show") && !args[1])
		return show_policy(options);
	if (dg_streq(args[0], "check") && (args[1] || options->policy))
		return check_policy(args[1] ? args[1] : options->policy);
	dg_complain("policy: say \"policy show\" or \"policy check FILE\"");
	return DG_EXIT_UNUSABLE;
}

const struct dg_verb dg_verb_policy = {
	.name = "policy",
	.args = "show|check FILE",
	.help = "the policy in force; is this file a sound one?",
	.max_args = 2,
	.run = run_policy,
};
