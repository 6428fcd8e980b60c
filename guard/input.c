/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verbs work on: facts of a host or a file, and the policy. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/base/root.h"
#include "guard/collect/collect.h"
#include "guard/verbs.h"
#include "policy/json-scan.h"

#define FACTS_SIZE_MAX	((size_t)16 << 20)
#define POLICY_SIZE_MAX ((size_t)1 << 20)
#define DEADLINE_MS	10000

/* --- files named on the command line --- */

static int read_stream(FILE *in, size_t cap, char **ret_text, size_t *ret_size)
{
	DG_FREE char *text = NULL;
	size_t room = 64 * 1024, size = 0, n;

	text = malloc(room);
	while (text && (n = fread(text + size, 1, room - size - 1, in)) > 0) {
		char *more;

		size += n;
		if (size > cap)
			return -EFBIG;
		if (size + 1 < room)
			continue;
		room *= 2;
		more = realloc(text, room);
		if (!more)
			return -ENOMEM;
		text = more;
	}
	if (!text)
		return -ENOMEM;
	if (ferror(in))
		return -EIO;
	text[size] = '\0';
	*ret_text = DG_STEAL(text);
	*ret_size = size;
	return 0;
}

int dg_read_argument(const char *path, size_t cap, char **ret_text, size_t *ret_size)
{
	DG_FCLOSE FILE *file = NULL;
	int r;

	if (dg_streq(path, "-")) {
		r = read_stream(stdin, cap, ret_text, ret_size);
	} else {
		file = fopen(path, "re");
		r = file ? read_stream(file, cap, ret_text, ret_size) : -errno;
	}
	if (r < 0)
		dg_complain("cannot read %s: %s", path, dg_errno_words(r));
	return r;
}

/* --- facts --- */

static int read_facts(const struct dg_options *options, struct dg_facts **ret)
{
	struct dg_json_error error = {0};
	struct json_object *json = NULL;
	DG_FREE char *text = NULL, *why = NULL;
	size_t size;
	int r;

	r = dg_read_argument(options->facts, FACTS_SIZE_MAX, &text, &size);
	if (r < 0)
		return r;
	r = dg_json_parse(text, size, 0, &json, NULL, &error);
	if (r < 0) {
		dg_complain("%s:%u:%u: %s", options->facts, error.line, error.column,
			    error.message);
		return r;
	}
	r = dg_facts_decode(json, ret, &why);
	json_object_put(json);
	if (r < 0)
		dg_complain("%s: %s", options->facts, why ? why : strerror(-r));
	return r;
}

static int collect_facts(const struct dg_options *options, struct dg_facts **ret)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int r = dg_root_new(options->root, &root);

	if (r == 0)
		r = dg_collect(root, options->has_now ? &options->now : NULL, DEADLINE_MS,
			       ret);
	if (r < 0)
		dg_complain("cannot examine %s: %s", options->root, dg_errno_words(r));
	return r;
}

int dg_load_facts(const struct dg_options *options, struct dg_facts **ret)
{
	int r;

	if (!options->facts)
		return collect_facts(options, ret);
	r = read_facts(options, ret);
	if (r == 0 && options->has_now) {
		dg_set_int(&(*ret)->time, options->now);
		dg_set_gap(&(*ret)->host.tool_time.meta, DG_ABSENT, "the time was given");
	}
	return r;
}

/* --- policy --- */

static int merge_file(struct dg_root *root, const char *path, struct dg_policy *policy)
{
	DG_FREE char *text = NULL;
	size_t size;
	int r = dg_root_read(root, path, POLICY_SIZE_MAX, &text, &size);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return dg_policy_add_unreadable(policy, path, dg_errno_words(r));
	return dg_policy_merge(policy, path, text, size, false);
}

/* The node's layers, in name order. */
static int merge_installed(const struct dg_options *options, struct dg_policy *policy)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_NAMES_FREE char **names = NULL;
	int r;

	/* Facts from a file are of some other host, whose layers are not here. */
	if (options->facts)
		return 0;
	r = dg_root_new(options->root, &root);
	if (r == 0)
		r = merge_file(root, "/etc/driftguard/policy.json", policy);
	if (r < 0)
		return r;
	r = dg_root_list(root, "/etc/driftguard/policy.d", 1024, &names, NULL);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return dg_policy_add_unreadable(policy, "/etc/driftguard/policy.d",
						dg_errno_words(r));
	for (size_t i = 0; names[i] && r == 0; i++) {
		char path[512];

		if (names[i][0] == '.' || !dg_ends_with(names[i], ".json"))
			continue;
		snprintf(path, sizeof(path), "/etc/driftguard/policy.d/%s", names[i]);
		r = merge_file(root, path, policy);
	}
	return r;
}

static bool is_usable(const struct dg_policy *policy)
{
	for (size_t i = 0; i < policy->problem_count; i++)
		if (policy->problems[i].unusable)
			return false;
	return true;
}

static int merge_given(const char *path, struct dg_policy *policy)
{
	DG_FREE char *text = NULL;
	size_t size;
	int r = dg_read_argument(path, POLICY_SIZE_MAX, &text, &size);

	if (r == 0)
		r = dg_policy_merge(policy, path, text, size, false);
	if (r == 0 && !is_usable(policy)) {
		dg_print_problems(stderr, policy);
		r = -EBADMSG;
	}
	return r;
}

int dg_load_policy(const struct dg_options *options, const char *host_name,
		   struct dg_policy **ret)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	int r;

	if (!policy) {
		dg_complain("out of memory");
		return -ENOMEM;
	}
	r = options->policy ? merge_given(options->policy, policy)
			    : merge_installed(options, policy);
	if (r == 0)
		r = dg_policy_settle(policy, host_name);
	if (r < 0) {
		dg_complain("the policy cannot be used: %s", strerror(-r));
		return r;
	}
	*ret = DG_STEAL(policy);
	return 0;
}

void dg_print_problems(FILE *out, const struct dg_policy *policy)
{
	for (size_t i = 0; i < policy->problem_count; i++) {
		const struct dg_problem *p = &policy->problems[i];

		fprintf(out, "%s", p->file);
		if (p->line)
			fprintf(out, ":%u", p->line);
		fprintf(out, ": %s%s%s\n", p->key ? p->key : "", p->key ? ": " : "",
			p->message);
	}
}
