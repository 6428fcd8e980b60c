/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which layers there are, what has become of them, and what may be done by them. */
#include <errno.h>
#include <json-c/json.h>
#include "policy/policy-layer.h"
#include "policy/text.h"

const char *dg_layer_state_name(enum dg_layer_state state)
{
	static const char *const names[] = {
		[DG_LAYER_USED] = "used",
		[DG_LAYER_CACHED] = "cached",
		[DG_LAYER_ABSENT] = "absent",
		[DG_LAYER_INVALID] = "invalid",
		[DG_LAYER_UNREADABLE] = "unreadable",
	};

	return names[state];
}

struct dg_policy_layer *dg_policy_layer_add(struct dg_policy *policy, const char *file,
					    enum dg_layer_state state)
{
	struct dg_policy_layer *grown = reallocarray(
		policy->layers, policy->layer_count + 1, sizeof(*policy->layers));
	struct dg_policy_layer layer = {.state = state};

	if (!grown)
		return NULL;
	policy->layers = grown;
	layer.file = dg_clean_text(file, strlen(file));
	if (!layer.file)
		return NULL;
	grown[policy->layer_count] = layer;
	return &grown[policy->layer_count++];
}

void dg_policy_layers_free(struct dg_policy_layer *layers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(layers[i].file);
		free(layers[i].copy_of);
	}
	free(layers);
}

int dg_policy_problems_take(struct dg_policy *policy, struct dg_layer *layer)
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

/* --- layers without a text --- */

static int add_without_text(struct dg_policy *policy, const char *file,
			    enum dg_layer_state state, const char *what, const char *why)
{
	DG_CLEANUP(dg_layer_clear) struct dg_layer layer = {.file = file};
	DG_FREE char *clean = dg_clean_text(why, strlen(why));
	int r;

	if (!clean || !dg_policy_layer_add(policy, file, state))
		return -ENOMEM;
	r = dg_layer_add(&layer, 0, state == DG_LAYER_INVALID, NULL,
			 dg_format("%s: %s", what, clean));
	if (r < 0)
		return r;
	layer.problems[0].unreadable = state == DG_LAYER_UNREADABLE;
	return dg_policy_problems_take(policy, &layer);
}

int dg_policy_add_unreadable(struct dg_policy *policy, const char *file, const char *why)
{
	return add_without_text(policy, file, DG_LAYER_UNREADABLE, "cannot be read", why);
}

int dg_policy_add_unusable(struct dg_policy *policy, const char *file, const char *why)
{
	return add_without_text(policy, file, DG_LAYER_INVALID, "cannot be used", why);
}

int dg_policy_add_absent(struct dg_policy *policy, const char *file)
{
	return dg_policy_layer_add(policy, file, DG_LAYER_ABSENT) ? 0 : -ENOMEM;
}

/* --- what they allow --- */

/* "/etc/driftguard/policy.json:7: ", without a line where none is known. */
static char *place_format(const char *file, unsigned line)
{
	return line ? dg_format("%s:%u", file, line) : dg_format("%s", file);
}

/* Why problems stop everything; NULL: there are none, or out of memory. */
static char *problem_find(const struct dg_policy *policy)
{
	const struct dg_problem *p = policy->problems;
	DG_FREE char *place = NULL;

	if (policy->problem_count == 0)
		return NULL;
	/* The worst one: a layer that is missing as a whole. */
	for (size_t i = 1; i < policy->problem_count && !p->unusable; i++)
		if (policy->problems[i].unusable)
			p = &policy->problems[i];
	place = place_format(p->file, p->line);
	if (!place)
		return NULL;
	return dg_format("the policy is not sound: %s: %s%s%s", place,
			 p->key ? p->key : "", p->key ? ": " : "", p->message);
}

static const struct dg_policy_layer *copy_find(const struct dg_policy *policy)
{
	for (size_t i = 0; i < policy->layer_count; i++)
		if (policy->layers[i].state == DG_LAYER_CACHED)
			return &policy->layers[i];
	return NULL;
}

static char *disabled_format(const struct dg_policy *policy)
{
	DG_FREE char *where = dg_policy_where(policy, "enforce.enabled");

	return where ? dg_format("the policy does not enable it (%s)", where) : NULL;
}

bool dg_policy_is_sound(const struct dg_policy *policy, char **ret_why)
{
	const struct dg_policy_layer *copy = copy_find(policy);

	if (policy->problem_count > 0)
		*ret_why = problem_find(policy);
	else if (copy)
		*ret_why = dg_format("only a copy of %s could be read (%s)",
				     copy->copy_of, copy->file);
	else
		return true;
	return false;
}

bool dg_policy_may_enforce(const struct dg_policy *policy, char **ret_why)
{
	struct json_object *enabled = dg_policy_value(policy->tree, "enforce.enabled");

	if (!dg_policy_is_sound(policy, ret_why))
		return false;
	if (enabled && json_object_get_boolean(enabled))
		return true;
	*ret_why = disabled_format(policy);
	return false;
}
