/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer on its way into the policy: read, validated, merged over what is there. */
#include <errno.h>
#include <json-c/json.h>
#include "policy/json-scan.h"
#include "policy/policy-layer.h"
#include "policy/policy-waivers.h"
#include "policy/text.h"

#define LAYER_MAX ((size_t)1024 * 1024) /* bytes of a document */

/* --- trees --- */

void dg_json_putp(struct json_object **value)
{
	json_object_put(*value);
}

struct json_object *dg_json_copy(struct json_object *value)
{
	struct json_object *copy = NULL;

	return json_object_deep_copy(value, &copy, NULL) == 0 ? copy : NULL;
}

static int object_merge(struct json_object *to, struct json_object *from);

int dg_json_member_merge(struct json_object *to, const char *key,
			 struct json_object *value)
{
	struct json_object *old = NULL, *copy;

	json_object_object_get_ex(to, key, &old);
	if (json_object_is_type(old, json_type_object) &&
	    json_object_is_type(value, json_type_object))
		return object_merge(old, value);
	copy = dg_json_copy(value);
	if (copy && json_object_object_add(to, key, copy) == 0)
		return 0;
	json_object_put(copy);
	return -ENOMEM;
}

static int object_merge(struct json_object *to, struct json_object *from)
{
	json_object_object_foreach(from, key, value)
	{
		int r = dg_json_member_merge(to, key, value);

		if (r < 0)
			return r;
	}
	return 0;
}

static int array_append(struct json_object *to, struct json_object *from)
{
	for (size_t i = 0; i < json_object_array_length(from); i++) {
		struct json_object *copy =
			dg_json_copy(json_object_array_get_idx(from, i));

		if (!copy || json_object_array_add(to, copy) < 0) {
			json_object_put(copy);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Waivers merge by id, overrides add up, all else goes key by key. */
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
			r = dg_json_member_merge(to, key, value);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- layers --- */

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

static size_t overrides_count(const struct dg_policy *policy)
{
	struct json_object *overrides = dg_policy_value(policy->tree, "overrides");

	return overrides ? json_object_array_length(overrides) : 0;
}

/* Merge what was read of the layer into the policy's tree and origins. */
static int layer_apply(struct dg_policy *policy, const struct dg_layer *layer)
{
	DG_CLEANUP(dg_json_putp) struct json_object *merged = dg_json_copy(policy->tree);
	int r = merged ? layer_merge(merged, layer->tree) : -ENOMEM;

	if (r == 0)
		r = dg_origins_merge(policy->origins, layer->origins);
	if (r < 0)
		return r;
	json_object_put(policy->tree);
	policy->tree = DG_STEAL(merged);
	return 0;
}

static int merge(struct dg_policy *policy, struct dg_layer *layer, const char *text,
		 size_t size)
{
	struct dg_policy_layer *note =
		dg_policy_layer_add(policy, layer->file, DG_LAYER_INVALID);
	int r = note ? 0 : -ENOMEM;

	layer->overrides_before = overrides_count(policy);
	if (r == 0)
		r = layer_read(layer, text, size);
	if (r == 0)
		r = dg_policy_problems_take(policy, layer);
	if (r < 0 || layer->unusable)
		return r;
	note->state = DG_LAYER_USED;
	return layer_apply(policy, layer);
}

int dg_policy_merge(struct dg_policy *policy, const char *file, const char *text,
		    size_t size, bool strict)
{
	DG_CLEANUP(dg_layer_clear)
	struct dg_layer layer = {.file = file, .strict = strict};

	return merge(policy, &layer, text, size);
}

int dg_policy_merge_copy(struct dg_policy *policy, const char *file, const char *copy_of,
			 int64_t copied, const char *text, size_t size)
{
	DG_CLEANUP(dg_layer_clear) struct dg_layer layer = {.file = file};
	int r = merge(policy, &layer, text, size);
	struct dg_policy_layer *note;

	if (r < 0)
		return r;
	note = &policy->layers[policy->layer_count - 1];
	note->copied = copied;
	note->copy_of = dg_clean_text(copy_of, strlen(copy_of));
	if (note->state == DG_LAYER_USED)
		note->state = DG_LAYER_CACHED;
	return note->copy_of ? 0 : -ENOMEM;
}
