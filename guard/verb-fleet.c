/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fleet: judge many hosts' facts as of now, and sum up. Writes nothing. */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "guard/base/cleanup.h"
#include "guard/collect/collect.h"
#include "guard/fleet/fleet.h"
#include "guard/layers/layers.h"
#include "guard/verbs.h"
#include "policy/facts.h"
#include "policy/json-scan.h"
#include "policy/policy-keys.h"
#include "policy/text.h"

#define FACTS_SIZE_MAX ((size_t)16 << 20)

struct work {
	const struct dg_options *options;
	char *text; /* the policy's file; NULL: the default alone */
	size_t text_size;
	struct dg_fleet fleet;
	struct dg_policy *policy_of_all; /* NULL: hosts differ */
	const char *file;		 /* that is being read */
};

static void work_clean(struct work *w)
{
	dg_fleet_clear(&w->fleet);
	dg_policy_free(w->policy_of_all);
	free(w->text);
}

/* --- a policy for each host: overrides go by its name --- */

static bool is_usable(const struct dg_policy *policy)
{
	for (size_t i = 0; i < policy->problem_count; i++)
		if (policy->problems[i].unusable)
			return false;
	return true;
}

static int make_policy(const struct work *w, const char *name, struct dg_policy **ret)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	int r = policy ? 0 : -ENOMEM;

	if (r == 0 && w->text)
		r = dg_policy_merge(policy, w->options->policy, w->text, w->text_size,
				    false);
	if (r == 0 && !is_usable(policy)) {
		dg_print_problems(stderr, policy);
		r = -EBADMSG;
	}
	if (r == 0)
		r = dg_policy_settle(policy, name);
	if (r == 0)
		*ret = DG_STEAL(policy);
	return r;
}

/* The layers of this host are not those of the others: only what --policy names. */
static int read_policy(struct work *w)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = NULL;
	struct json_object *overrides;
	int r = 0;

	if (w->options->policy)
		r = dg_read_argument(w->options->policy, DG_POLICY_SIZE_MAX, &w->text,
				     &w->text_size);
	if (r < 0)
		return r;
	r = make_policy(w, NULL, &policy);
	if (r < 0) {
		dg_complain("the policy cannot be used: %s", dg_errno_words(r));
		return r;
	}
	overrides = dg_policy_value(policy->tree, "overrides");
	if (!overrides || json_object_array_length(overrides) == 0)
		w->policy_of_all = DG_STEAL(policy);
	return 0;
}

/* --- hosts --- */

static int judge_facts(struct work *w, const char *source, struct dg_facts *facts)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = NULL;
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;
	int64_t time = dg_known(&facts->time) ? facts->time.value : DG_FLEET_NO_TIME;
	int r = w->policy_of_all ? 0 : make_policy(w, dg_get(&facts->host.name), &policy);

	if (r < 0)
		return r;
	dg_set_int(&facts->time, w->fleet.time);
	dg_set_gap(&facts->host.tool_time.meta, DG_ABSENT, "the time was given");
	r = dg_judge(facts, policy ? policy : w->policy_of_all, &verdict);
	return r < 0 ? r : dg_fleet_add(&w->fleet, source, time, verdict);
}

/* The form for people lists them by itself. */
static int add_problem(struct work *w, const char *source, const char *why)
{
	if (w->options->quiet || w->options->format != &dg_render_text)
		dg_complain("%s: %s", source, why);
	return dg_fleet_add_problem(&w->fleet, source, why);
}

static int add_text(struct work *w, const char *source, const char *text, size_t size)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	struct dg_json_error error = {0};
	struct json_object *json = NULL;
	DG_FREE char *why = NULL;
	int r = dg_json_parse(text, size, 0, &json, NULL, &error);

	if (r == -EBADMSG || r == -EFBIG) {
		why = dg_format("line %u, column %u: %s", error.line, error.column,
				error.message);
		return why ? add_problem(w, source, why) : -ENOMEM;
	}
	if (r == 0)
		r = dg_facts_decode(json, &facts, &why);
	json_object_put(json);
	if (r == -EBADMSG)
		return add_problem(w, source, why ? why : "these are no facts");
	return r < 0 ? r : judge_facts(w, source, facts);
}

/* "hosts.json:17"; of a file's first line the name alone. */
static char *name_source(const struct work *w, unsigned line)
{
	const char *file = dg_streq(w->file, "-") ? "standard input" : w->file;
	DG_FREE char *name = dg_clean_text(file, strlen(file));

	if (!name || line == 1)
		return DG_STEAL(name);
	return dg_format("%s:%u", name, line);
}

static int add_document(void *arg, unsigned line, const char *text, size_t size,
			const char *why)
{
	struct work *w = arg;
	DG_FREE char *source = name_source(w, line);

	if (!source)
		return -ENOMEM;
	return why ? add_problem(w, source, why) : add_text(w, source, text, size);
}

/* A folder can be opened, and says nothing but that it cannot be read. */
static int open_file(const char *path, FILE **ret)
{
	struct stat st;
	FILE *file = fopen(path, "re");

	if (!file)
		return -errno;
	if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(file);
		return -EISDIR;
	}
	*ret = file;
	return 0;
}

/* What cannot be read, or holds nothing, is one host that is not known. */
static int add_unread(struct work *w, int r)
{
	DG_FREE char *source = name_source(w, 1);

	if (!source)
		return -ENOMEM;
	return add_problem(w, source, r < 0 ? dg_errno_words(r) : "holds no facts");
}

static int read_file(struct work *w, const char *path)
{
	DG_FCLOSE FILE *file = NULL;
	size_t before = w->fleet.count;
	bool is_stdin = dg_streq(path, "-");
	int r;

	w->file = path;
	r = is_stdin ? 0 : open_file(path, &file);
	if (r < 0)
		return add_unread(w, r);
	r = dg_documents_read(is_stdin ? stdin : file, FACTS_SIZE_MAX, add_document, w);
	if (r == -EIO || (r == 0 && w->fleet.count == before))
		return add_unread(w, r);
	return r;
}

static int read_files(struct work *w)
{
	char **file = w->options->args;
	int r = 0;

	if (!*file)
		return read_file(w, "-");
	for (; *file && r == 0; file++)
		r = read_file(w, *file);
	return r;
}

static int print_fleet(const struct work *w)
{
	struct dg_style style = dg_style_of(stdout, w->options->verbose > 0);
	int r;

	if (w->options->quiet)
		return 0;
	r = w->options->format->fleet(stdout, &w->fleet, &style);
	if (r < 0) {
		dg_complain("cannot print: %s", dg_errno_words(r));
		return r;
	}
	return dg_finish_output();
}

static int run_fleet(const struct dg_options *options)
{
	DG_CLEANUP(work_clean) struct work w = {.options = options};
	int r;

	w.fleet.time = options->has_now ? options->now : (int64_t)time(NULL);
	if (read_policy(&w) < 0)
		return DG_EXIT_UNUSABLE;
	r = read_files(&w);
	if (r == 0)
		r = dg_fleet_settle(&w.fleet);
	if (r < 0) {
		dg_complain("cannot judge: %s", dg_errno_words(r));
		return DG_EXIT_UNUSABLE;
	}
	if (print_fleet(&w) < 0)
		return DG_EXIT_UNUSABLE;
	return dg_level_exit_status(w.fleet.level);
}

const struct dg_verb dg_verb_fleet = {
	.name = "fleet",
	.args = "[FILE...|-]",
	.help = "judge many hosts' facts, and sum up",
	.max_args = INT_MAX,
	DG_OUTPUT(fleet),
	.run = run_fleet,
};
