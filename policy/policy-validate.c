/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The walk through a layer along the table of keys. Each function returns 0,
 * DG_LAYER_DROP or -ENOMEM. */
#include <errno.h>
#include <json-c/json.h>
#include "policy/policy-layer.h"
#include "policy/text.h"

static const enum json_type json_types[] = {
	[DG_KEY_OBJECT] = json_type_object, [DG_KEY_INT] = json_type_int,
	[DG_KEY_BOOL] = json_type_boolean,  [DG_KEY_TEXT] = json_type_string,
	[DG_KEY_WORD] = json_type_string,   [DG_KEY_CHECK] = json_type_string,
	[DG_KEY_DATE] = json_type_string,
};

static const char *type_name(enum json_type type)
{
	static const char *const names[] = {
		[json_type_null] = "null",
		[json_type_boolean] = "true or false",
		[json_type_double] = "a number with a fraction",
		[json_type_int] = "a whole number",
		[json_type_object] = "an object",
		[json_type_array] = "a list",
		[json_type_string] = "a text",
	};

	return names[type];
}

static int wrong_type(struct dg_layer *layer, const struct dg_layer_step *at,
		      enum json_type wanted, enum json_type found)
{
	return dg_layer_complain(layer, at, true,
				 dg_format("this must be %s, not %s", type_name(wanted),
					   type_name(found)));
}

static int value_check(struct dg_layer *layer, const struct dg_policy_key *key,
		       const struct dg_layer_step *at, struct json_object *value);

/* --- objects --- */

static int missing(struct dg_layer *layer, const struct dg_layer_step *up,
		   const char *name)
{
	struct dg_layer_step at = {.up = up, .key = name};
	const char *schema = ", add the line \"schema\": \"" DG_POLICY_SCHEMA "\",";

	return dg_layer_complain(
		layer, &at, true,
		dg_format("\"%s\" is missing%s", name, up->up ? "" : schema));
}

static int object_check_required(struct dg_layer *layer, const char *parent,
				 const struct dg_layer_step *at,
				 struct json_object *object)
{
	size_t n;
	const struct dg_policy_key *keys = dg_policy_keys(&n);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *name = dg_key_name(&keys[i], parent);

		if (name && keys[i].flags & DG_KEY_REQUIRED &&
		    !json_object_object_get_ex(object, name, NULL))
			r = missing(layer, at, name);
	}
	return r;
}

/* An object that loses what it cannot do without is itself to be dropped. */
static int object_check(struct dg_layer *layer, const char *parent,
			const struct dg_layer_step *at, struct json_object *object)
{
	int r = object_check_required(layer, parent, at, object), ret = 0;

	if (r < 0)
		return r;
	json_object_object_foreach(object, name, value)
	{
		const struct dg_policy_key *key = dg_key_find(parent, name);
		struct dg_layer_step down = {.up = at, .key = name, .value = value};

		r = key ? value_check(layer, key, &down, value)
			: dg_layer_unknown_key(layer, &down, parent);
		if (r < 0)
			return r;
		if (r != DG_LAYER_DROP)
			continue;
		if (key && key->flags & DG_KEY_REQUIRED)
			ret = DG_LAYER_DROP;
		json_object_object_del(object, name);
	}
	return ret;
}

static int single_check(struct dg_layer *layer, const struct dg_policy_key *key,
			const struct dg_layer_step *at, struct json_object *value)
{
	if (json_object_get_type(value) != json_types[key->type])
		return wrong_type(layer, at, json_types[key->type],
				  json_object_get_type(value));
	return key->type == DG_KEY_OBJECT ? object_check(layer, key->path, at, value)
					  : dg_layer_check_value(layer, key, at, value);
}

/* --- lists --- */

/* The value of the key that tells the list's objects apart; NULL: none, or no text. */
static const char *element_id(const struct dg_policy_key *list,
			      struct json_object *element)
{
	size_t n;
	const struct dg_policy_key *keys = dg_policy_keys(&n);

	for (size_t i = 0; i < n; i++) {
		const char *name = dg_key_name(&keys[i], list->path);
		struct json_object *id;

		if (name && keys[i].flags & DG_KEY_UNIQUE &&
		    json_object_object_get_ex(element, name, &id) &&
		    json_object_is_type(id, json_type_string))
			return json_object_get_string(id);
	}
	return NULL;
}

/* That no element before this one has its id. */
static int unique_check(struct dg_layer *layer, const struct dg_policy_key *key,
			const struct dg_layer_step *at, struct json_object *array,
			size_t before, struct json_object *element)
{
	const char *id = element_id(key, element);

	for (size_t i = 0; id && i < before; i++) {
		DG_FREE char *quoted = NULL;

		if (!dg_streq(id, element_id(key, json_object_array_get_idx(array, i))))
			continue;
		quoted = dg_quote(id);
		return quoted ? dg_layer_complain(
					layer, at, true,
					dg_format("\"%s\" stands here a second time",
						  quoted))
			      : -ENOMEM;
	}
	return 0;
}

static int list_check_size(struct dg_layer *layer, const struct dg_policy_key *key,
			   const struct dg_layer_step *at, size_t n)
{
	if (n > DG_POLICY_LIST_MAX)
		return dg_layer_complain(
			layer, at, true,
			dg_format("this list has %zu elements, %d are allowed", n,
				  DG_POLICY_LIST_MAX));
	if (n == 0 && key->flags & DG_KEY_FILLED)
		return dg_layer_complain(layer, at, true,
					 dg_format("this list is empty"));
	return 0;
}

/* Overrides add up, so that those of earlier layers come first. */
static size_t places_before(const struct dg_layer *layer, const struct dg_policy_key *key)
{
	return dg_streq(key->path, "overrides") ? layer->overrides_before : 0;
}

static int list_check(struct dg_layer *layer, const struct dg_policy_key *key,
		      const struct dg_layer_step *at, struct json_object *array)
{
	size_t n = json_object_array_length(array), kept = 0;
	int r = list_check_size(layer, key, at, n);

	for (size_t i = 0; r >= 0 && i < n && n <= DG_POLICY_LIST_MAX; i++) {
		struct json_object *element = json_object_array_get_idx(array, i);
		struct dg_layer_step down = {.up = at,
					     .index = i,
					     .value = element,
					     .place = places_before(layer, key) + kept};

		r = single_check(layer, key, &down, element);
		if (r == 0)
			r = unique_check(layer, key, &down, array, kept, element);
		if (r == 0 && key->type == DG_KEY_OBJECT) {
			down.id = element_id(key, element);
			r = dg_layer_origin_add(layer, &down);
		}
		if (r == 0 && kept++ < i &&
		    json_object_array_put_idx(array, kept - 1, json_object_get(element)) <
			    0)
			r = -ENOMEM;
	}
	if (r >= 0 && kept < n)
		json_object_array_del_idx(array, kept, n - kept);
	return r < 0 ? r : 0;
}

static int value_check(struct dg_layer *layer, const struct dg_policy_key *key,
		       const struct dg_layer_step *at, struct json_object *value)
{
	int r;

	if (!(key->flags & DG_KEY_LIST))
		r = single_check(layer, key, at, value);
	else if (json_object_is_type(value, json_type_array))
		r = list_check(layer, key, at, value);
	else
		r = wrong_type(layer, at, json_type_array, json_object_get_type(value));
	/* A waiver has one origin as a whole. */
	if (r == 0 && key->type != DG_KEY_OBJECT && !dg_after(key->path, "waivers."))
		r = dg_layer_origin_add(layer, at);
	return r;
}

int dg_layer_validate(struct dg_layer *layer)
{
	struct dg_layer_step top = {.value = layer->tree};
	int r;

	if (!json_object_is_type(layer->tree, json_type_object))
		return wrong_type(layer, &top, json_type_object,
				  json_object_get_type(layer->tree));
	r = object_check(layer, "", &top, layer->tree);
	if (r < 0 || layer->untold == 0)
		return r < 0 ? r : 0;
	return dg_layer_add(layer, 0, layer->untold_unusable, NULL,
			    dg_format("%zu more problems are not told", layer->untold));
}
