/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/json-scan.h"
#include "policy/nearest.h"
#include "policy/policy-keys.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define DAYS_MAX 36500

static const char *const schema_words[] = {DG_POLICY_SCHEMA, NULL};
static const char *const severity_words[] = {"notice", "warning", "critical", "off",
					     NULL};
static const char *const strategy_words[] = {"auto", "repin", "unpin", NULL};
static const char *const action_words[] = {"repin", "unpin", "refresh", NULL};
static const char *const sink_words[] = {"ok",	     "notice", "warning",
					 "critical", "off",    NULL};

#define KEY(dotted, kind, ...)                                     \
	{                                                          \
		.path = dotted, .type = DG_KEY_##kind, __VA_ARGS__ \
	}
#define FLAGS(set)	   .flags = (set)
#define WORDS(set)	   .words = set##_words
#define RANGE(least, most) .min = (least), .max = (most)
#define PLACE(member)	   .place = offsetof(struct dg_policy, member)

static const struct dg_policy_key keys[] = {
	KEY("schema", WORD, FLAGS(DG_KEY_REQUIRED), WORDS(schema)),

	KEY("checks", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("checks.*", OBJECT),
	KEY("checks.*.severity", WORD, WORDS(severity)),
	KEY("essential", CHECK, FLAGS(DG_KEY_LIST | DG_KEY_OVERRIDE)),

	KEY("pin", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("pin.max_age_days", INT, RANGE(1, DAYS_MAX), PLACE(pin.max_age_days)),
	KEY("pin.warn_days", INT, RANGE(0, DAYS_MAX), PLACE(pin.warn_days)),
	KEY("pin.grace_days", INT, RANGE(0, DAYS_MAX), PLACE(pin.grace_days)),
	KEY("pin.require_reason", BOOL, PLACE(pin.require_reason)),
	KEY("pin.strategy", WORD, WORDS(strategy), PLACE(pin.strategy)),

	KEY("waivers", OBJECT, FLAGS(DG_KEY_LIST)),
	KEY("waivers.id", TEXT, FLAGS(DG_KEY_REQUIRED | DG_KEY_UNIQUE)),
	KEY("waivers.check", CHECK, FLAGS(DG_KEY_REQUIRED)),
	KEY("waivers.hosts", TEXT, FLAGS(DG_KEY_LIST | DG_KEY_FILLED)),
	KEY("waivers.kernel", TEXT),
	KEY("waivers.subject", TEXT),
	KEY("waivers.reason", TEXT, FLAGS(DG_KEY_REQUIRED)),
	KEY("waivers.owner", TEXT, FLAGS(DG_KEY_REQUIRED)),
	KEY("waivers.until", DATE, FLAGS(DG_KEY_REQUIRED)),

	KEY("overrides", OBJECT, FLAGS(DG_KEY_LIST)),
	KEY("overrides.hosts", TEXT,
	    FLAGS(DG_KEY_REQUIRED | DG_KEY_LIST | DG_KEY_FILLED)),

	KEY("pressure", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("pressure.window_s", INT, RANGE(1, 3600)),
	KEY("pressure.io_full_percent", INT, RANGE(1, 100)),
	KEY("pressure.await_ms", INT, RANGE(1, 60000)),
	KEY("pressure.queue", INT, RANGE(1, 65536)),

	KEY("enforce", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("enforce.enabled", BOOL),
	KEY("enforce.on", CHECK, FLAGS(DG_KEY_LIST)),
	KEY("enforce.actions", WORD, FLAGS(DG_KEY_LIST), WORDS(action)),
	KEY("enforce.require_proven", BOOL),
	KEY("enforce.canaries", TEXT, FLAGS(DG_KEY_LIST)),
	KEY("enforce.rollout_percent", INT, RANGE(0, 100)),
	KEY("enforce.cooldown_hours", INT, RANGE(0, 24 * DAYS_MAX)),

	KEY("sinks", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("sinks.motd", WORD, WORDS(sink)),
	KEY("sinks.journal", WORD, WORDS(sink)),
	KEY("sinks.mail", WORD, WORDS(sink)),
	KEY("sinks.textfile", BOOL),
	KEY("sinks.reboot_required", BOOL),

	KEY("history", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("history.keep_boots", INT, RANGE(1, 100000)),
};

const struct dg_policy_key *dg_policy_keys(size_t *ret_count)
{
	*ret_count = DG_COUNT(keys);
	return keys;
}

/* --- look-up --- */

/* What `key` is called within the object at `parent`, "*" for any check; NULL: it is no
 * member of that. */
static const char *member_name(const struct dg_policy_key *key, const char *parent)
{
	const char *rest = key->path;

	if (key->flags & DG_KEY_OVERRIDE && dg_streq(parent, "overrides"))
		return rest;
	if (*parent) {
		rest = dg_after(rest, parent);
		if (!rest || *rest++ != '.')
			return NULL;
	}
	return strchr(rest, '.') ? NULL : rest;
}

static const struct dg_policy_key *member_find(const char *parent, const char *name)
{
	for (size_t i = 0; i < DG_COUNT(keys); i++) {
		const char *known = member_name(&keys[i], parent);

		if (dg_streq(known, "*") ? dg_catalog_find(name) != NULL
					 : dg_streq(known, name))
			return &keys[i];
	}
	return NULL;
}

static bool members_are_checks(const char *parent)
{
	for (size_t i = 0; i < DG_COUNT(keys); i++)
		if (dg_streq(member_name(&keys[i], parent), "*"))
			return true;
	return false;
}

static const char *check_nearest(const char *id)
{
	const char *const *ids = dg_catalog_ids();
	size_t n = 0;

	while (ids[n])
		n++;
	return dg_nearest_word(id, ids, n);
}

static const char *word_find(const char *const *words, const char *word)
{
	while (*words && !dg_streq(*words, word))
		words++;
	return *words;
}

/* --- validation: each function returns 0, DROP or -ENOMEM --- */

enum { DROP = 1 }; /* this is to be ignored: take it out */

/* `what`: key, check. */
static int unknown_name(struct dg_layer *layer, const struct dg_step *at,
			const char *what, const char *name, const char *nearest)
{
	DG_FREE char *quoted = dg_quote(name);
	int r;

	if (!quoted)
		return -ENOMEM;
	r = dg_layer_complain(layer, at, layer->strict,
			      dg_format("unknown %s \"%s\"%s%s%s", what, quoted,
					nearest ? "; did you mean \"" : "",
					nearest ? nearest : "", nearest ? "\"?" : ""));
	return r < 0 ? r : DROP;
}

static int unknown_check(struct dg_layer *layer, const struct dg_step *at, const char *id)
{
	if (dg_layer_is_full(layer, layer->strict))
		return DROP;
	return unknown_name(layer, at, "check", id, check_nearest(id));
}

static int unknown_key(struct dg_layer *layer, const struct dg_step *at,
		       const char *parent)
{
	const char *names[DG_COUNT(keys)];
	size_t n = 0;

	if (members_are_checks(parent))
		return unknown_check(layer, at, at->key);
	if (dg_layer_is_full(layer, layer->strict))
		return DROP;
	for (size_t i = 0; i < DG_COUNT(keys); i++)
		names[n++] = member_name(&keys[i], parent);
	return unknown_name(layer, at, "key", at->key,
			    dg_nearest_word(at->key, names, n));
}

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

static int wrong_type(struct dg_layer *layer, const struct dg_step *at,
		      enum json_type wanted, enum json_type found)
{
	return dg_layer_complain(layer, at, true,
				 dg_format("this must be %s, not %s", type_name(wanted),
					   type_name(found)));
}

static int int_check(struct dg_layer *layer, const struct dg_policy_key *key,
		     const struct dg_step *at, struct json_object *value)
{
	int64_t n = json_object_get_int64(value);

	if (n >= key->min && n <= key->max)
		return 0;
	return dg_layer_complain(
		layer, at, true,
		dg_format("%s is out of range, it goes from %" PRId64 " to %" PRId64,
			  json_object_get_string(value), key->min, key->max));
}

static int text_check(struct dg_layer *layer, const struct dg_policy_key *key,
		      const struct dg_step *at, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t size = strlen(text);
	DG_FREE char *clean = NULL;

	(void)key;
	if (size == 0)
		return dg_layer_complain(layer, at, true,
					 dg_format("this text is empty"));
	if (size > DG_POLICY_TEXT_MAX)
		return dg_layer_complain(
			layer, at, true,
			dg_format("this text has %zu bytes, %d are allowed", size,
				  DG_POLICY_TEXT_MAX));
	if (dg_text_is_clean(text, size))
		return 0;
	clean = dg_clean_text(text, size);
	return clean && json_object_set_string(value, clean) ? 0 : -ENOMEM;
}

/* "a, b or c" */
static char *words_join(const char *const *words)
{
	char *all = strdup(words[0]);

	for (size_t i = 1; all && words[i]; i++) {
		DG_FREE char *before = all;

		all = dg_format("%s%s%s", before, words[i + 1] ? ", " : " or ", words[i]);
	}
	return all;
}

static int word_check(struct dg_layer *layer, const struct dg_policy_key *key,
		      const struct dg_step *at, struct json_object *value)
{
	const char *word = json_object_get_string(value), *nearest;
	DG_FREE char *quoted = NULL, *all = NULL;
	size_t n = 0;

	if (word_find(key->words, word))
		return 0;
	quoted = dg_quote(word);
	all = words_join(key->words);
	if (!quoted || !all)
		return -ENOMEM;
	while (key->words[n])
		n++;
	nearest = dg_nearest_word(word, key->words, n);
	return dg_layer_complain(layer, at, true,
				 dg_format("this must be %s, not \"%s\"%s%s%s", all,
					   quoted, nearest ? "; did you mean \"" : "",
					   nearest ? nearest : "", nearest ? "\"?" : ""));
}

static int id_check(struct dg_layer *layer, const struct dg_policy_key *key,
		    const struct dg_step *at, struct json_object *value)
{
	const char *id = json_object_get_string(value);

	(void)key;
	return dg_catalog_find(id) ? 0 : unknown_check(layer, at, id);
}

int dg_policy_date_parse(const char *text, int64_t *ret_time)
{
	return dg_date_parse_end(text, ret_time) == 0 ? 0 : dg_time_parse(text, ret_time);
}

static int date_check(struct dg_layer *layer, const struct dg_policy_key *key,
		      const struct dg_step *at, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	DG_FREE char *quoted = NULL;
	int64_t time;

	(void)key;
	if (dg_policy_date_parse(text, &time) == 0)
		return 0;
	quoted = dg_quote(text);
	if (!quoted)
		return -ENOMEM;
	return dg_layer_complain(
		layer, at, true,
		dg_format("\"%s\" is not a date such as \"2026-12-31\", nor a time "
			  "such as \"2026-12-31T18:00:00Z\"",
			  quoted));
}

static int value_check(struct dg_layer *layer, const struct dg_policy_key *key,
		       const struct dg_step *at, struct json_object *value);

static int missing(struct dg_layer *layer, const struct dg_step *up, const char *name)
{
	struct dg_step at = {.up = up, .key = name};
	const char *schema = ", add the line \"schema\": \"" DG_POLICY_SCHEMA "\",";

	return dg_layer_complain(
		layer, &at, true,
		dg_format("\"%s\" is missing%s", name, up->up ? "" : schema));
}

static int object_check_required(struct dg_layer *layer, const char *parent,
				 const struct dg_step *at, struct json_object *object)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < DG_COUNT(keys); i++) {
		const char *name = member_name(&keys[i], parent);

		if (name && keys[i].flags & DG_KEY_REQUIRED &&
		    !json_object_object_get_ex(object, name, NULL))
			r = missing(layer, at, name);
	}
	return r;
}

/* An object that loses what it cannot do without is itself to be dropped. */
static int object_check(struct dg_layer *layer, const char *parent,
			const struct dg_step *at, struct json_object *object)
{
	int r = object_check_required(layer, parent, at, object), ret = 0;

	if (r < 0)
		return r;
	json_object_object_foreach(object, name, value)
	{
		const struct dg_policy_key *key = member_find(parent, name);
		struct dg_step down = {.up = at, .key = name};

		r = key ? value_check(layer, key, &down, value)
			: unknown_key(layer, &down, parent);
		if (r < 0)
			return r;
		if (r != DROP)
			continue;
		if (key && key->flags & DG_KEY_REQUIRED)
			ret = DROP;
		json_object_object_del(object, name);
	}
	return ret;
}

static int keyed_object_check(struct dg_layer *layer, const struct dg_policy_key *key,
			      const struct dg_step *at, struct json_object *value)
{
	return object_check(layer, key->path, at, value);
}

static int single_check(struct dg_layer *layer, const struct dg_policy_key *key,
			const struct dg_step *at, struct json_object *value)
{
	static int (*const checks[])(struct dg_layer *, const struct dg_policy_key *,
				     const struct dg_step *, struct json_object *) = {
		[DG_KEY_OBJECT] = keyed_object_check,
		[DG_KEY_INT] = int_check,
		[DG_KEY_TEXT] = text_check,
		[DG_KEY_WORD] = word_check,
		[DG_KEY_CHECK] = id_check,
		[DG_KEY_DATE] = date_check,
	};

	if (json_object_get_type(value) != json_types[key->type])
		return wrong_type(layer, at, json_types[key->type],
				  json_object_get_type(value));
	return checks[key->type] ? checks[key->type](layer, key, at, value) : 0;
}

/* The value of the key that tells the list's objects apart; NULL: none, or no text. */
static const char *element_id(const struct dg_policy_key *list,
			      struct json_object *element)
{
	for (size_t i = 0; i < DG_COUNT(keys); i++) {
		const char *name = member_name(&keys[i], list->path);
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
			const struct dg_step *at, struct json_object *array,
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
			   const struct dg_step *at, size_t n)
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

static int list_check(struct dg_layer *layer, const struct dg_policy_key *key,
		      const struct dg_step *at, struct json_object *array)
{
	size_t n = json_object_array_length(array), kept = 0;
	int r = list_check_size(layer, key, at, n);

	for (size_t i = 0; r >= 0 && i < n && n <= DG_POLICY_LIST_MAX; i++) {
		struct json_object *element = json_object_array_get_idx(array, i);
		struct dg_step down = {.up = at, .index = i};

		r = single_check(layer, key, &down, element);
		if (r == 0)
			r = unique_check(layer, key, &down, array, kept, element);
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
		       const struct dg_step *at, struct json_object *value)
{
	if (!(key->flags & DG_KEY_LIST))
		return single_check(layer, key, at, value);
	if (!json_object_is_type(value, json_type_array))
		return wrong_type(layer, at, json_type_array,
				  json_object_get_type(value));
	return list_check(layer, key, at, value);
}

int dg_layer_validate(struct dg_layer *layer)
{
	struct dg_step top = {.up = NULL};
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

/* --- the values' places --- */

struct json_object *dg_policy_value(struct json_object *tree, const char *path)
{
	while (tree && *path) {
		char name[64];
		size_t n = strcspn(path, ".");

		if (n >= sizeof(name) || !json_object_is_type(tree, json_type_object))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		if (!json_object_object_get_ex(tree, name, &tree))
			return NULL;
		path += n + (path[n] == '.');
	}
	return tree;
}

static void place_fill(const struct dg_policy_key *key, struct json_object *value,
		       void *place)
{
	const char *word = NULL;

	switch (key->type) {
	case DG_KEY_INT:
		*(int64_t *)place = value ? json_object_get_int64(value) : key->min;
		break;
	case DG_KEY_BOOL:
		*(bool *)place = value && json_object_get_boolean(value);
		break;
	case DG_KEY_WORD:
		if (value)
			word = word_find(key->words, json_object_get_string(value));
		*(const char **)place = word ? word : key->words[0];
		break;
	default:
		break;
	}
}

void dg_policy_place(struct dg_policy *policy, struct json_object *tree)
{
	for (size_t i = 0; i < DG_COUNT(keys); i++)
		if (keys[i].place)
			place_fill(&keys[i], dg_policy_value(tree, keys[i].path),
				   (char *)policy + keys[i].place);
}
