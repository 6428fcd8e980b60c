/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/glob.h"
#include "policy/json-scan.h"
#include "policy/policy-keys.h"
#include "policy/policy-waivers.h"
#include "policy/text.h"

#define QUOTE_MAX ((size_t)64)		/* bytes of a foreign word in a message */
#define LAYER_MAX ((size_t)1024 * 1024) /* bytes of a document */

/* --- problems --- */

char *dg_quote(const char *word)
{
	return dg_clean_text_max(word, strlen(word), QUOTE_MAX);
}

/* "waivers[0].until" */
static char *step_dotted(const struct dg_step *at)
{
	DG_FREE char *up = NULL, *key = NULL;

	if (!at->up)
		return strdup("");
	up = step_dotted(at->up);
	key = at->key ? dg_quote(at->key) : NULL;
	if (!up || (at->key && !key))
		return NULL;
	if (!key)
		return dg_format("%s[%zu]", up, at->index);
	return dg_format("%s%s%s", up, *up ? "." : "", key);
}

/* "/waivers/0/until" */
static char *step_pointer(const struct dg_step *at)
{
	DG_FREE char *up = NULL, *escaped = NULL;
	char *to;

	if (!at->up)
		return strdup("");
	up = step_pointer(at->up);
	if (!up)
		return NULL;
	if (!at->key)
		return dg_format("%s/%zu", up, at->index);
	to = escaped = malloc(2 * strlen(at->key) + 1);
	if (!escaped)
		return NULL;
	for (const char *s = at->key; *s; s++) {
		if (*s == '~' || *s == '/')
			*to++ = '~';
		*to++ = *s == '~' ? '0' : *s == '/' ? '1' : *s;
	}
	*to = '\0';
	return dg_format("%s/%s", up, escaped);
}

/* The line of the value, or of the nearest thing around it where it is missing. */
static int step_line(const struct dg_layer *layer, const struct dg_step *at,
		     unsigned *ret_line)
{
	unsigned line = 0;

	for (; layer->scan && at && line == 0; at = at->up) {
		DG_FREE char *pointer = step_pointer(at);

		if (!pointer)
			return -ENOMEM;
		line = dg_json_line(layer->scan, pointer);
	}
	*ret_line = line;
	return 0;
}

static void problem_clear(struct dg_problem *problem)
{
	free(problem->file);
	free(problem->key);
	free(problem->message);
}

void dg_problems_free(struct dg_problem *problems, size_t count)
{
	for (size_t i = 0; i < count; i++)
		problem_clear(&problems[i]);
	free(problems);
}

void dg_layer_clear(struct dg_layer *layer)
{
	dg_problems_free(layer->problems, layer->problem_count);
	json_object_put(layer->tree);
	layer->problems = NULL;
	layer->problem_count = 0;
	layer->tree = NULL;
}

int dg_layer_add(struct dg_layer *layer, unsigned line, bool unusable, char *key,
		 char *message)
{
	struct dg_problem problem = {
		.file = dg_clean_text(layer->file, strlen(layer->file)),
		.line = line,
		.key = key,
		.message = message,
		.unusable = unusable,
	};
	struct dg_problem *grown = NULL;

	if (problem.file && message)
		grown = reallocarray(layer->problems, layer->problem_count + 1,
				     sizeof(*grown));
	if (!grown) {
		problem_clear(&problem);
		return -ENOMEM;
	}
	layer->problems = grown;
	layer->problems[layer->problem_count++] = problem;
	layer->unusable |= unusable;
	return 0;
}

bool dg_layer_is_full(struct dg_layer *layer, bool unusable)
{
	if (layer->problem_count < DG_POLICY_PROBLEMS)
		return false;
	layer->untold++;
	layer->untold_unusable |= unusable;
	return true;
}

int dg_layer_complain(struct dg_layer *layer, const struct dg_step *at, bool unusable,
		      char *message)
{
	char *key;
	unsigned line;

	if (dg_layer_is_full(layer, unusable)) {
		free(message);
		return 0;
	}
	key = message ? step_dotted(at) : NULL;
	if (!key || step_line(layer, at, &line) < 0) {
		free(key);
		free(message);
		return -ENOMEM;
	}
	if (!*key) {
		free(key);
		key = NULL;
	}
	return dg_layer_add(layer, line, unusable, key, message);
}

/* --- layers --- */

static void json_putp(struct json_object **value)
{
	json_object_put(*value);
}

static struct json_object *json_copy(struct json_object *value)
{
	struct json_object *copy = NULL;

	return json_object_deep_copy(value, &copy, NULL) == 0 ? copy : NULL;
}

static int object_merge(struct json_object *to, struct json_object *from);

/* Where both are objects, key by key; else a copy takes the old value's place. */
static int member_merge(struct json_object *to, const char *key,
			struct json_object *value)
{
	struct json_object *old = NULL, *copy;

	json_object_object_get_ex(to, key, &old);
	if (json_object_is_type(old, json_type_object) &&
	    json_object_is_type(value, json_type_object))
		return object_merge(old, value);
	copy = json_copy(value);
	if (copy && json_object_object_add(to, key, copy) == 0)
		return 0;
	json_object_put(copy);
	return -ENOMEM;
}

static int object_merge(struct json_object *to, struct json_object *from)
{
	json_object_object_foreach(from, key, value)
	{
		int r = member_merge(to, key, value);

		if (r < 0)
			return r;
	}
	return 0;
}

static int array_append(struct json_object *to, struct json_object *from)
{
	for (size_t i = 0; i < json_object_array_length(from); i++) {
		struct json_object *copy = json_copy(json_object_array_get_idx(from, i));

		if (!copy || json_object_array_add(to, copy) < 0) {
			json_object_put(copy);
			return -ENOMEM;
		}
	}
	return 0;
}

static int layer_merge(struct json_object *to, struct json_object *layer)
{
	json_object_object_foreach(layer, key, value)
	{
		struct json_object *old = NULL;
		int r;

		json_object_object_get_ex(to, key, &old);
		if (old && dg_streq(key, "waivers"))
			r = dg_waivers_merge(old, value);
		else if (old && dg_streq(key, "overrides"))
			r = array_append(old, value);
		else
			r = member_merge(to, key, value);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Parse and validate. Text that is no JSON is a problem, not an error. */
static int layer_read(struct dg_layer *layer, const char *text, size_t size)
{
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	struct dg_json_error err = {0};
	int r;

	if (size > LAYER_MAX)
		return dg_layer_add(
			layer, 0, true, NULL,
			dg_format("the document has %zu bytes, %zu are allowed", size,
				  LAYER_MAX));
	r = dg_json_parse(text, size, DG_JSON_COMMENTS, &layer->tree, &scan, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return dg_layer_add(layer, err.line, true, NULL,
				    err.column > 0 ? dg_format("%s (column %u)",
							       err.message, err.column)
						   : strdup(err.message));
	layer->scan = scan;
	r = dg_layer_validate(layer);
	layer->scan = NULL;
	return r;
}

/* Hand the layer's problems over to the policy. */
static int problems_move(struct dg_policy *policy, struct dg_layer *layer)
{
	size_t n = policy->problem_count + layer->problem_count;
	struct dg_problem *grown;

	if (layer->problem_count == 0)
		return 0;
	grown = reallocarray(policy->problems, n, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memcpy(grown + policy->problem_count, layer->problems,
	       layer->problem_count * sizeof(*grown));
	free(layer->problems);
	layer->problems = NULL;
	layer->problem_count = 0;
	policy->problems = grown;
	policy->problem_count = n;
	return 0;
}

int dg_policy_merge(struct dg_policy *policy, const char *file, const char *text,
		    size_t size, bool strict)
{
	DG_CLEANUP(dg_layer_clear)
	struct dg_layer layer = {.file = file, .strict = strict};
	DG_CLEANUP(json_putp) struct json_object *merged = NULL;
	int r = layer_read(&layer, text, size);

	if (r == 0 && !layer.unusable) {
		merged = json_copy(policy->tree);
		r = merged ? layer_merge(merged, layer.tree) : -ENOMEM;
	}
	if (r == 0)
		r = problems_move(policy, &layer);
	if (r == 0 && !layer.unusable) {
		json_object_put(policy->tree);
		policy->tree = DG_STEAL(merged);
	}
	return r;
}

int dg_policy_add_unreadable(struct dg_policy *policy, const char *file, const char *why)
{
	DG_CLEANUP(dg_layer_clear) struct dg_layer layer = {.file = file};
	DG_FREE char *clean = dg_clean_text(why, strlen(why));
	int r;

	if (!clean)
		return -ENOMEM;
	r = dg_layer_add(&layer, 0, false, NULL, dg_format("cannot be read: %s", clean));
	if (r < 0)
		return r;
	layer.problems[0].unreadable = true;
	return problems_move(policy, &layer);
}

/* --- what is in force --- */

static bool override_applies(struct json_object *override, const char *host_name)
{
	struct json_object *hosts = dg_policy_value(override, "hosts");

	for (size_t i = 0; hosts && i < json_object_array_length(hosts); i++) {
		struct json_object *pattern = json_object_array_get_idx(hosts, i);

		if (dg_glob_match(json_object_get_string(pattern), host_name))
			return true;
	}
	return false;
}

static int override_merge(struct json_object *to, struct json_object *override)
{
	json_object_object_foreach(override, key, value)
	{
		int r = dg_streq(key, "hosts") ? 0 : member_merge(to, key, value);

		if (r < 0)
			return r;
	}
	return 0;
}

static int overrides_apply(struct json_object *to, struct json_object *overrides,
			   const char *host_name)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_object_array_length(overrides); i++) {
		struct json_object *override = json_object_array_get_idx(overrides, i);

		if (override_applies(override, host_name))
			r = override_merge(to, override);
	}
	return r;
}

static void checks_fill(struct dg_policy *policy, struct json_object *tree)
{
	struct json_object *checks = dg_policy_value(tree, "checks");
	size_t n;
	const struct dg_check *const *rows = dg_catalog(&n);

	memset(policy->checks, 0, sizeof(policy->checks));
	for (size_t i = 0; i < n && i < DG_COUNT(policy->checks); i++) {
		struct json_object *check = dg_policy_value(checks, rows[i]->id);
		struct json_object *word = dg_policy_value(check, "severity");
		const char *severity = word ? json_object_get_string(word) : NULL;

		if (dg_streq(severity, "off"))
			policy->checks[i].how = DG_SWITCHED_OFF;
		else if (severity &&
			 dg_severity_parse(severity, &policy->checks[i].severity) == 0)
			policy->checks[i].how = DG_REGRADED;
	}
}

static void essential_fill(struct dg_policy *policy, struct json_object *tree)
{
	struct json_object *ids = dg_policy_value(tree, "essential");
	size_t n;
	const struct dg_check *const *rows = dg_catalog(&n);

	memset(policy->essential, 0, sizeof(policy->essential));
	for (size_t i = 0; ids && i < json_object_array_length(ids); i++) {
		const char *id =
			json_object_get_string(json_object_array_get_idx(ids, i));

		for (size_t j = 0; j < n && j < DG_COUNT(policy->essential); j++)
			if (dg_streq(rows[j]->id, id))
				policy->essential[j] = true;
	}
}

int dg_policy_settle(struct dg_policy *policy, const char *host_name)
{
	DG_CLEANUP(json_putp) struct json_object *tree = json_copy(policy->tree);
	struct json_object *overrides = dg_policy_value(policy->tree, "overrides");
	struct dg_waiver *waivers = NULL;
	size_t count = 0;
	int r = tree ? 0 : -ENOMEM;

	if (r == 0 && host_name && overrides)
		r = overrides_apply(tree, overrides, host_name);
	if (r == 0)
		r = dg_waivers_take(dg_policy_value(tree, "waivers"), &waivers, &count);
	if (r < 0)
		return r;
	dg_waivers_free(policy->waivers, policy->waiver_count);
	policy->waivers = waivers;
	policy->waiver_count = count;
	checks_fill(policy, tree);
	essential_fill(policy, tree);
	dg_policy_place(policy, tree);
	json_object_put(policy->tree);
	policy->tree = DG_STEAL(tree);
	return 0;
}

void dg_policy_free(struct dg_policy *policy)
{
	if (!policy)
		return;
	json_object_put(policy->tree);
	dg_waivers_free(policy->waivers, policy->waiver_count);
	dg_problems_free(policy->problems, policy->problem_count);
	free(policy);
}

struct dg_policy *dg_policy_new(void)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->tree = json_object_new_object();
	if (!policy->tree ||
	    dg_policy_merge(policy, "(built in)", dg_policy_default_text,
			    strlen(dg_policy_default_text), true) < 0 ||
	    dg_policy_settle(policy, NULL) < 0)
		return NULL;
	return DG_STEAL(policy);
}
