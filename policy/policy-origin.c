/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where values come from. The origins of a policy are one flat object: a member for each
 * value, waiver and override, {"file": ..., "line": ...}, called after its path:
 * "pin.warn_days", "waivers[ID]", "overrides[0]", "overrides[0].pin.warn_days". A value
 * that an override brings has the place of that in the list too, as "override".
 */
#include <errno.h>
#include <json-c/json.h>
#include "policy/policy-layer.h"
#include "policy/text.h"

/* --- of a layer --- */

/* Its path in the policy. NULL: out of memory. */
static char *step_path(const struct dg_layer_step *at)
{
	DG_FREE char *up = NULL;

	if (!at->up)
		return strdup("");
	up = step_path(at->up);
	if (!up)
		return NULL;
	if (at->key)
		return dg_format("%s%s%s", up, *up ? "." : "", at->key);
	if (at->id)
		return dg_format("%s[%s]", up, at->id);
	return dg_format("%s[%zu]", up, at->place);
}

/* Add a member, which is taken over. 0 or -ENOMEM. */
static int member_give(struct json_object *to, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(to, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static struct json_object *origin_new(const char *file, unsigned line)
{
	DG_CLEANUP(dg_json_putp) struct json_object *origin = json_object_new_object();

	if (!origin || member_give(origin, "file", json_object_new_string(file)) < 0 ||
	    member_give(origin, "line", json_object_new_int64(line)) < 0)
		return NULL;
	return DG_STEAL(origin);
}

int dg_layer_origin_add(struct dg_layer *layer, const struct dg_layer_step *at)
{
	DG_FREE char *path = step_path(at);
	DG_FREE char *file = dg_clean_text(layer->file, strlen(layer->file));
	unsigned line;
	int r;

	if (!layer->origins)
		layer->origins = json_object_new_object();
	if (!path || !file || !layer->origins)
		return -ENOMEM;
	r = dg_layer_line(layer, at, &line);
	return r < 0 ? r : member_give(layer->origins, path, origin_new(file, line));
}

/* --- of the policy --- */

int dg_origins_merge(struct json_object *to, struct json_object *from)
{
	int r = 0;

	if (!from)
		return 0;
	json_object_object_foreach(from, path, origin)
	{
		if (r == 0)
			r = member_give(to, path, json_object_get(origin));
	}
	return r;
}

static int override_take(struct json_object *origins, size_t index, const char *path)
{
	DG_FREE char *from = dg_format("overrides[%zu].%s", index, path);
	DG_CLEANUP(dg_json_putp) struct json_object *origin = NULL;
	struct json_object *there = NULL;
	int r;

	if (!from)
		return -ENOMEM;
	if (!json_object_object_get_ex(origins, from, &there))
		return 0;
	origin = dg_json_copy(there);
	if (!origin)
		return -ENOMEM;
	r = member_give(origin, "override", json_object_new_int64((int64_t)index));
	return r < 0 ? r : member_give(origins, path, DG_STEAL(origin));
}

static int overrides_walk(struct json_object *origins, size_t index, const char *above,
			  struct json_object *object)
{
	int r = 0;

	json_object_object_foreach(object, key, value)
	{
		DG_FREE char *path = dg_format("%s%s%s", above, *above ? "." : "", key);

		if (r == 0 && !path)
			r = -ENOMEM;
		if (r < 0 || dg_streq(path, "hosts"))
			continue;
		if (json_object_is_type(value, json_type_object))
			r = overrides_walk(origins, index, path, value);
		else
			r = override_take(origins, index, path);
	}
	return r;
}

int dg_origins_override(struct json_object *origins, size_t index,
			struct json_object *override)
{
	return overrides_walk(origins, index, "", override);
}

bool dg_policy_origin(const struct dg_policy *policy, const char *path,
		      struct dg_origin *ret)
{
	struct json_object *origin, *file, *line, *override = NULL;

	if (!json_object_object_get_ex(policy->origins, path, &origin) ||
	    !json_object_object_get_ex(origin, "file", &file) ||
	    !json_object_object_get_ex(origin, "line", &line))
		return false;
	json_object_object_get_ex(origin, "override", &override);
	*ret = (struct dg_origin){
		.file = json_object_get_string(file),
		.line = (unsigned)json_object_get_int64(line),
		.override = override ? json_object_get_int(override) : -1,
	};
	return true;
}

char *dg_policy_where(const struct dg_policy *policy, const char *path)
{
	struct dg_origin origin;

	if (!dg_policy_origin(policy, path, &origin) ||
	    dg_streq(origin.file, DG_BUILT_IN))
		return dg_format("%s, by default", path);
	return origin.line ? dg_format("%s, %s:%u", path, origin.file, origin.line)
			   : dg_format("%s, %s", path, origin.file);
}
