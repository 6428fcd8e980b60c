/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy show, policy check: what is in force, and whether files can be used. */
#include <errno.h>
#include <json-c/json.h>
#include <time.h>

#include "guard/collect/line.h"
#include "guard/layers/layers.h"
#include "guard/render/policy.h"
#include "guard/verbs.h"
#include "policy/policy-waivers.h"

/* --- show --- */

struct show {
	struct dg_facts *facts; /* NULL: not looked at yet */
	struct dg_str host_name;
	struct dg_cluster cluster;
	struct dg_policy *policy;
	struct dg_verdict *verdict; /* NULL: not judged */
};

static void show_clear(struct show *show)
{
	dg_facts_free(show->facts);
	dg_line_done(&show->host_name);
	dg_cluster_clear(&show->cluster);
	dg_policy_free(show->policy);
	dg_verdict_free(show->verdict);
}

/* The host's name alone, where nothing else of it is asked. */
static int show_load_name(const struct dg_options *options, struct show *show)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int r;

	if (options->facts)
		return dg_load_facts(options, &show->facts);
	r = dg_open_root(options, &root);
	if (r == 0)
		dg_read_host_name(root, &show->host_name);
	return r;
}

static const char *show_host_name(const struct show *show)
{
	return show->facts ? dg_get(&show->facts->host.name) : dg_get(&show->host_name);
}

/* Whether a waiver is of use is seen by what it waives; others need no look. */
static bool has_waivers_here(const struct show *show, int64_t now)
{
	for (size_t i = 0; i < show->policy->waiver_count; i++)
		if (show->policy->waivers[i].until >= now &&
		    dg_waiver_covers_host(&show->policy->waivers[i],
					  show_host_name(show)))
			return true;
	return false;
}

static int show_judge(const struct dg_options *options, struct show *show)
{
	int r = show->facts ? 0 : dg_load_facts(options, &show->facts);

	return r < 0 ? r : dg_judge(show->facts, show->policy, &show->verdict);
}

static int64_t show_time(const struct dg_options *options, const struct show *show)
{
	if (options->has_now)
		return options->now;
	if (show->facts && dg_known(&show->facts->time))
		return show->facts->time.value;
	return time(NULL);
}

static int show_print(const struct dg_options *options, const struct show *show)
{
	DG_CLEANUP(dg_policy_report_freep) struct dg_policy_report *report = NULL;
	struct dg_style style = dg_style_of(stdout, options->verbose > 0);
	struct json_object *json;
	int r = dg_policy_report_new(show->policy, show_host_name(show),
				     (const char *const *)show->cluster.nodes,
				     show_time(options, show), show->verdict, &report);

	if (r < 0)
		return r;
	if (options->format != &dg_render_json)
		return dg_print_policy(stdout, report, &style);
	json = dg_policy_report_encode(report);
	r = json ? dg_print_json(stdout, json) : -ENOMEM;
	json_object_put(json);
	return r;
}

static int show_policy(const struct dg_options *options)
{
	DG_CLEANUP(show_clear) struct show show = {0};
	int r = 0;

	if (show_load_name(options, &show) < 0 ||
	    dg_load_policy_and(options, show_host_name(&show), &show.cluster,
			       &show.policy) < 0)
		return DG_EXIT_UNUSABLE;
	if (options->quiet)
		return DG_EXIT_DONE;
	if (has_waivers_here(&show, show_time(options, &show)))
		r = show_judge(options, &show);
	if (r == 0)
		r = show_print(options, &show);
	if (r < 0)
		dg_complain("cannot show the policy: %s", dg_errno_words(r));
	return r < 0 || dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

/* --- check --- */

/* What is sound and may yet be a slip. */
static void print_note(const char *file, unsigned line, const char *what,
		       const char *name, const char *note)
{
	printf("%s:%u: note: %s \"%s\" %s\n", file, line, what, name, note);
}

static int print_notes(const struct dg_policy *policy, const char *const *hosts,
		       int64_t now)
{
	DG_CLEANUP(dg_policy_report_freep) struct dg_policy_report *report = NULL;
	int r = dg_policy_report_new(policy, NULL, hosts, now, NULL, &report);

	for (size_t i = 0; r == 0 && i < report->waiver_count; i++) {
		const struct dg_policy_waiver_note *w = &report->waivers[i];

		if (w->use == DG_WAIVER_EXPIRED)
			print_note(w->origin.file, w->origin.line, "the waiver",
				   w->waiver->id, "has expired");
		if (w->use == DG_WAIVER_NO_HOST)
			print_note(w->origin.file, w->origin.line, "the waiver",
				   w->waiver->id, "is for hosts that are not known here");
	}
	for (size_t i = 0; r == 0 && i < report->override_count; i++)
		if (report->overrides[i].no_known_host)
			print_note(report->overrides[i].origin.file,
				   report->overrides[i].origin.line, "the override for",
				   report->overrides[i].hosts,
				   "is for hosts that are not known here");
	return r;
}

static int check_file(const char *path, struct dg_policy *policy)
{
	DG_FREE char *text = NULL;
	size_t size;
	int r = dg_read_argument(path, DG_POLICY_SIZE_MAX, &text, &size);

	return r < 0 ? r : dg_policy_merge(policy, path, text, size, true);
}

static void print_sound(const char *path, const struct dg_policy *policy)
{
	if (path) {
		printf("%s: sound\n", path);
		return;
	}
	for (size_t i = 0; i < policy->layer_count; i++)
		printf("%s: %s\n", policy->layers[i].file,
		       policy->layers[i].state == DG_LAYER_ABSENT ? "absent" : "sound");
}

/* `hosts`: those that are known, NULL-terminated; NULL: none is. */
static int print_check(const struct dg_options *options, const char *path,
		       struct dg_policy *policy, const char *const *hosts)
{
	int r = dg_policy_settle(policy, NULL);

	dg_print_problems(stdout, policy);
	if (policy->problem_count == 0)
		print_sound(path, policy);
	return r < 0 ? r
		     : print_notes(policy, hosts,
				   options->has_now ? options->now : time(NULL));
}

/* A host that is in no cluster knows itself. A file may be meant for any. */
static int print_check_known(const struct dg_options *options, const char *path,
			     struct dg_policy *policy, const struct dg_root *root,
			     const struct dg_cluster *cluster)
{
	struct dg_str name = {0};
	const char *alone[2] = {0};
	int r;

	if (cluster->nodes || path)
		return print_check(options, path, policy,
				   (const char *const *)cluster->nodes);
	dg_read_host_name(root, &name);
	alone[0] = dg_get(&name);
	r = print_check(options, path, policy, alone[0] ? alone : NULL);
	dg_line_done(&name);
	return r;
}

/* `path` NULL: the installed layers. */
static int check_policy(const struct dg_options *options, const char *path)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_CLUSTER_CLEANUP struct dg_cluster cluster = {0};
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int r = policy ? 0 : -ENOMEM;

	if (r == 0 && dg_open_root(options, &root) < 0)
		return DG_EXIT_UNUSABLE;
	if (r == 0)
		r = dg_cluster_read(root, DG_CLUSTER_DEADLINE_MS, &cluster);
	if (r < 0) {
		dg_complain("cannot examine %s: %s", options->root, dg_errno_words(r));
		return DG_EXIT_UNUSABLE;
	}
	r = path ? check_file(path, policy)
		 : dg_layers_merge(root, &cluster, true, policy);
	if (r < 0)
		return DG_EXIT_UNUSABLE;
	r = options->quiet ? 0 : print_check_known(options, path, policy, root, &cluster);
	if (r < 0 || dg_finish_output() < 0 || policy->problem_count)
		return DG_EXIT_FAILED;
	return DG_EXIT_DONE;
}

static int run_policy(const struct dg_options *options)
{
	char **args = options->args;
	bool check = dg_streq(args[0], "check");

	if (check && options->format != &dg_render_text) {
		dg_complain("policy check has text alone");
		return DG_EXIT_UNUSABLE;
	}
	if (dg_streq(args[0], "show") && !args[1])
		return show_policy(options);
	if (check)
		return check_policy(options, args[1] ? args[1] : options->policy);
	dg_complain("policy: say \"policy show\" or \"policy check [FILE]\"");
	return DG_EXIT_UNUSABLE;
}

const struct dg_verb dg_verb_policy = {
	.name = "policy",
	.args = "show|check [FILE]",
	.help = "the policy in force and where it comes from; are these files sound?",
	.max_args = 2,
	.plain = true,
	.run = run_policy,
};
