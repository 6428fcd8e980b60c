/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The runner, by hand: carries out a plan on a tree.
 *
 *   act [--now TIME] [--limit S] [--override ID]... ROOT TOOL
 *       look | recover | pin ABI | trial ABI | clear | unpin | refresh | evil WORDS... |
 *       once ABI ENTRY NEWER
 *
 * A pin's entry in the ledger is written, and that of the kernel that was pinned before
 * is removed. Prints "outcome: ", "why: ", "record: " and "boots: ", or "found: no".
 * `once` sets grubenv's next_entry to ENTRY, after somebody else has set it to NEWER.
 * `look` changes nothing: it prints for each boot loader what it boots, or "broken".
 */
#include <errno.h>
#include <stdio.h>

#include "guard/act/once.h"
#include "guard/act/runner.h"
#include "guard/collect/collect.h"
#include "policy/text.h"
#include "policy/timefmt.h"
#include "policy/view.h"

#define TOOL	 "proxmox-boot-tool"
#define DAY	 INT64_C(86400)
#define DEADLINE 10000

static void make_argv(struct dg_argv *argv, const char *const *words)
{
	for (size_t i = 0; words[i] && i + 1 < DG_ARGV_MAX; i++)
		argv->words[i] = strdup(words[i]);
}

#define ARGV(...) ((const char *const[]){TOOL, __VA_ARGS__, NULL})

static struct dg_step *add_step(struct dg_plan *plan, const char *const *words)
{
	struct dg_step *step = &plan->steps[plan->step_count++];

	step->why = "a test";
	make_argv(&step->argv, words);
	return step;
}

static void add_undo(struct dg_step *step, const char *const *words)
{
	make_argv(&step->undo[step->undo_count++], words);
}

static void add_old_pin(struct dg_step *step, const struct dg_boot *boot)
{
	if (dg_known(&boot->pin))
		add_undo(step, ARGV("kernel", "pin", boot->pin.value));
	else
		add_undo(step, ARGV("kernel", "unpin"));
	if (dg_true(&boot->managed))
		add_undo(step, ARGV("refresh"));
}

static const char *find_newest(const struct dg_facts *facts)
{
	const char *newest = NULL;

	dg_list_foreach (kernel, facts->kernels)
		if (dg_installed_whole(kernel) &&
		    (!newest || dg_abi_cmp(kernel->abi.value, newest) > 0))
			newest = kernel->abi.value;
	return newest;
}

/* False: no such plan. */
static bool add_steps(const struct dg_facts *facts, char **words, struct dg_plan *plan)
{
	const struct dg_boot *boot = &facts->boot;
	const char *verb = words[0], *abi = words[1];

	if (dg_streq(verb, "pin") && abi) {
		plan->target = strdup(abi);
		add_old_pin(add_step(plan, ARGV("kernel", "pin", abi)), boot);
	} else if (dg_streq(verb, "trial") && abi) {
		plan->target = strdup(abi);
		add_undo(add_step(plan, ARGV("kernel", "pin", abi, "--next-boot")),
			 ARGV("kernel", "unpin", "--next-boot"));
	} else if (dg_streq(verb, "clear") && dg_known(&boot->next_pin)) {
		add_undo(add_step(plan, ARGV("kernel", "unpin", "--next-boot")),
			 ARGV("kernel", "pin", boot->next_pin.value, "--next-boot"));
	} else if (dg_streq(verb, "unpin")) {
		plan->target = strdup(find_newest(facts));
		add_old_pin(add_step(plan, ARGV("kernel", "unpin")), boot);
	} else if (dg_streq(verb, "evil")) {
		make_argv(&plan->steps[plan->step_count++].argv,
			  (const char *const *)words + 1);
	} else if (!dg_streq(verb, "refresh")) {
		return false;
	}
	if (dg_true(&boot->managed) && !dg_streq(verb, "evil"))
		add_step(plan, ARGV("refresh"));
	return true;
}

static int add_preflights(const struct dg_facts *facts, const struct dg_policy *policy,
			  struct dg_plan *plan)
{
	const struct dg_installed *kernel;
	struct dg_view view;
	int r = dg_view_derive(facts, policy, &view);

	if (r < 0)
		return r;
	kernel = plan->target ? dg_view_installed(&view, plan->target) : NULL;
	r = kernel ? dg_preflight_run(&view, kernel, plan)
		   : dg_preflight_refresh(&view, NULL, plan);
	dg_view_clear(&view);
	return r;
}

static void print(const struct dg_act_report *report)
{
	printf("outcome: %s\nwhy: %s\nrecord: %s\nboots: %s\n",
	       dg_act_outcome_name(report->outcome), report->why,
	       report->record ? report->record : "none",
	       report->boots ? report->boots : "unknown");
}

static int run(struct dg_act_request *request, char **words)
{
	DG_CLEANUP(dg_plan_freep) struct dg_plan *plan = calloc(1, sizeof(*plan));
	DG_ACT_REPORT_CLEANUP struct dg_act_report report = {0};
	const struct dg_facts *facts = request->facts;
	const char *removed[] = {dg_get(&facts->boot.pin), NULL};
	struct dg_goal goal;
	int r;

	if (!plan || !add_steps(facts, words, plan)) {
		fprintf(stderr, "act: no such plan\n");
		return -EINVAL;
	}
	r = add_preflights(facts, request->policy, plan);
	dg_goal_of_plan(facts, plan, &goal);
	request->plan = plan;
	request->goal = &goal;
	request->verb = words[0];
	if (dg_streq(words[0], "pin"))
		request->ledger =
			(struct dg_act_ledger){.abi = plan->target,
					       .reason = "a test",
					       .owner = "tests",
					       .since = facts->time.value,
					       .until = facts->time.value + 90 * DAY};
	if (dg_streq(words[0], "pin") || dg_streq(words[0], "unpin"))
		request->ledger.remove = removed;
	if (r == 0)
		r = dg_act_run(request, &report);
	if (r == 0)
		print(&report);
	return r;
}

static int recover(const struct dg_act_request *request)
{
	DG_ACT_REPORT_CLEANUP struct dg_act_report report = {0};
	bool found;
	int r = dg_act_recover(request, &found, &report);

	if (r == 0 && !found)
		printf("found: no\n");
	else if (r == 0)
		print(&report);
	return r;
}

static int run_once(struct dg_act_request *request, char **words)
{
	struct dg_plan plan = {.target = words[1], .strategy = "one-shot"};
	const struct dg_once once = {.way = DG_ONCE_GRUBENV, .entry = words[2]};
	DG_ACT_REPORT_CLEANUP struct dg_act_report report = {0};
	DG_FREE char *why = NULL;
	int r = dg_once_write(request->root, once.way, words[3], &why);

	request->plan = &plan;
	request->verb = "pin";
	if (r == 0)
		r = dg_act_once(request, &once, &report);
	if (r == 0)
		print(&report);
	return r;
}

/* Is the copy that an ESP would boot one of what lies in /boot? */
static bool is_whole(const struct dg_view *view, const struct dg_esp *esp,
		     const char *abi)
{
	const struct dg_installed *kernel = dg_view_installed(view, abi);
	const char *why;

	dg_list_foreach (copy, esp->copies)
		if (dg_streq(dg_get(&copy->abi), abi))
			return kernel && dg_known(&copy->image_version) &&
			       dg_copy_compare(copy, kernel, &why) == DG_COPY_SAME;
	return false;
}

static int look(const struct dg_act_request *request)
{
	struct dg_view view;
	int r = dg_view_derive(request->facts, request->policy, &view);

	for (size_t i = 0; r == 0 && i < view.loader_count; i++) {
		const struct dg_esp *esp = view.loaders[i].esp;
		const char *abi = view.loaders[i].next.abi;
		bool boots = abi && (!esp || is_whole(&view, esp, abi));

		printf("%s %s\n", esp ? dg_get(&esp->uuid) : "grub",
		       boots ? abi : "broken");
	}
	if (r == 0)
		dg_view_clear(&view);
	return r;
}

static char **take_options(char **arg, struct dg_act_request *request, int64_t *now,
			   const char **overridden)
{
	size_t n = 0;

	for (; arg[0] && arg[1] && arg[0][0] == '-'; arg += 2) {
		if (dg_streq(arg[0], "--now") && dg_time_parse(arg[1], now) == 0)
			request->now = now;
		else if (dg_streq(arg[0], "--limit"))
			request->step_limit_s = atoi(arg[1]);
		else if (dg_streq(arg[0], "--override") && n < 8)
			overridden[n++] = arg[1];
	}
	request->overridden = overridden;
	return arg;
}

int main(int argc, char **argv)
{
	const char *overridden[9] = {NULL};
	struct dg_act_request request = {0};
	int64_t now;
	char **arg = take_options(argv + 1, &request, &now, overridden);
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	int r;

	if (argc < 4 || !arg[0] || !arg[1] || !arg[2]) {
		fprintf(stderr, "usage: act [OPTIONS] ROOT TOOL PLAN...\n");
		return 2;
	}
	r = dg_root_new(arg[0], &root);
	if (r == 0)
		r = dg_collect(root, request.now, DEADLINE, &facts);
	request.root = root;
	request.tool = arg[1];
	request.facts = facts;
	request.policy = policy;
	if (r == 0)
		r = dg_streq(arg[2], "look")	  ? look(&request)
		    : dg_streq(arg[2], "recover") ? recover(&request)
		    : dg_streq(arg[2], "once") && argv + argc - arg == 6
			    ? run_once(&request, arg + 2)
			    : run(&request, arg + 2);
	if (r < 0)
		fprintf(stderr, "act: %s\n", strerror(-r));
	return r < 0;
}
