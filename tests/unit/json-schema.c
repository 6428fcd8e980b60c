/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <regex.h>

#include "policy/text.h"
#include "policy/util.h"
#include "tests/unit/json-schema.h"

struct state {
	struct json_object *schema;
	const char *why; /* the keyword that failed */
	char *where;	 /* and the path to it, from the inside outwards */
};

static bool is_valid(struct state *st, struct json_object *node,
		     struct json_object *json);

struct json_object *json_at(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(json, json_type_object))
		json_object_object_get_ex(json, key, &value);
	return value;
}

bool json_is_word(struct json_object *json, const char *word)
{
	return json_object_is_type(json, json_type_string) &&
	       dg_streq(json_object_get_string(json), word);
}

struct json_object *schema_resolve(struct json_object *schema, struct json_object *node)
{
	struct json_object *ref = json_at(node, "$ref");
	const char *name;

	if (!ref)
		return node;
	name = dg_after(json_object_get_string(ref), "#/$defs/");
	return name ? json_at(json_at(schema, "$defs"), name) : NULL;
}

static bool fail(struct state *st, const char *why)
{
	st->why = why;
	return false;
}

static bool fail_in(struct state *st, const char *key)
{
	DG_FREE char *inner = st->where;

	st->where = dg_format("/%s%s", key, inner ? inner : "");
	return false;
}

/* --- keywords: each gets its own value, the schema around it, and what to judge --- */

static bool has_type(struct json_object *name, struct json_object *json)
{
	return json_is_word(name, json_type_to_name(json_object_get_type(json))) ||
	       (json_is_word(name, "integer") &&
		json_object_is_type(json, json_type_int));
}

static bool key_type(struct state *st, struct json_object *value,
		     struct json_object *node, struct json_object *json)
{
	(void)st;
	(void)node;
	if (!json_object_is_type(value, json_type_array))
		return has_type(value, json);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (has_type(json_object_array_get_idx(value, i), json))
			return true;
	return false;
}

static bool key_const(struct state *st, struct json_object *value,
		      struct json_object *node, struct json_object *json)
{
	(void)st;
	(void)node;
	return json_object_equal(value, json);
}

static bool key_enum(struct state *st, struct json_object *value,
		     struct json_object *node, struct json_object *json)
{
	(void)st;
	(void)node;
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (json_object_equal(json_object_array_get_idx(value, i), json))
			return true;
	return false;
}

static bool key_pattern(struct state *st, struct json_object *value,
			struct json_object *node, struct json_object *json)
{
	regex_t regex;
	bool matches;

	(void)st;
	(void)node;
	if (!json_object_is_type(json, json_type_string))
		return true;
	if (regcomp(&regex, json_object_get_string(value), REG_EXTENDED | REG_NOSUB))
		return false;
	matches = regexec(&regex, json_object_get_string(json), 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}

static bool key_minimum(struct state *st, struct json_object *value,
			struct json_object *node, struct json_object *json)
{
	(void)st;
	(void)node;
	return !json_object_is_type(json, json_type_int) ||
	       json_object_get_int64(json) >= json_object_get_int64(value);
}

static bool key_min_length(struct state *st, struct json_object *value,
			   struct json_object *node, struct json_object *json)
{
	(void)st;
	(void)node;
	return !json_object_is_type(json, json_type_string) ||
	       json_object_get_string_len(json) >= json_object_get_int(value);
}

static bool key_min_items(struct state *st, struct json_object *value,
			  struct json_object *node, struct json_object *json)
{
	(void)st;
	(void)node;
	return !json_object_is_type(json, json_type_array) ||
	       (int64_t)json_object_array_length(json) >= json_object_get_int64(value);
}

static bool key_items(struct state *st, struct json_object *value,
		      struct json_object *node, struct json_object *json)
{
	(void)node;
	if (!json_object_is_type(json, json_type_array))
		return true;
	for (size_t i = 0; i < json_object_array_length(json); i++) {
		DG_FREE char *index = dg_format("%zu", i);

		if (!is_valid(st, value, json_object_array_get_idx(json, i)))
			return fail_in(st, index);
	}
	return true;
}

static bool key_required(struct state *st, struct json_object *value,
			 struct json_object *node, struct json_object *json)
{
	(void)node;
	if (!json_object_is_type(json, json_type_object))
		return true;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *key =
			json_object_get_string(json_object_array_get_idx(value, i));

		if (!json_object_object_get_ex(json, key, NULL))
			return fail_in(st, key);
	}
	return true;
}

static bool key_properties(struct state *st, struct json_object *value,
			   struct json_object *node, struct json_object *json)
{
	(void)node;
	if (!json_object_is_type(json, json_type_object))
		return true;
	json_object_object_foreach(value, key, child)
	{
		struct json_object *member;

		if (json_object_object_get_ex(json, key, &member) &&
		    !is_valid(st, child, member))
			return fail_in(st, key);
	}
	return true;
}

static bool key_additional(struct state *st, struct json_object *value,
			   struct json_object *node, struct json_object *json)
{
	if (!json_object_is_type(json, json_type_object))
		return true;
	json_object_object_foreach(json, key, member)
	{
		if (json_at(json_at(node, "properties"), key))
			continue;
		if (!is_valid(st, value, member))
			return fail_in(st, key);
	}
	return true;
}

static bool key_ref(struct state *st, struct json_object *value, struct json_object *node,
		    struct json_object *json)
{
	struct json_object *to = schema_resolve(st->schema, node);

	(void)value;
	return to && is_valid(st, to, json);
}

/* Where none fits, the first one's reason is told: the value, not its absence. */
static bool key_any_of(struct state *st, struct json_object *value,
		       struct json_object *node, struct json_object *json)
{
	struct state first = {.schema = st->schema};
	bool any = is_valid(&first, json_object_array_get_idx(value, 0), json);

	(void)node;
	for (size_t i = 1; !any && i < json_object_array_length(value); i++) {
		struct state other = {.schema = st->schema};

		any = is_valid(&other, json_object_array_get_idx(value, i), json);
		free(other.where);
	}
	if (any) {
		free(first.where);
		return true;
	}
	*st = first;
	return false;
}

static bool key_all_of(struct state *st, struct json_object *value,
		       struct json_object *node, struct json_object *json)
{
	(void)node;
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!is_valid(st, json_object_array_get_idx(value, i), json))
			return false;
	return true;
}

static bool key_if(struct state *st, struct json_object *value, struct json_object *node,
		   struct json_object *json)
{
	struct state question = {.schema = st->schema};
	bool holds = is_valid(&question, value, json);
	struct json_object *next = json_at(node, holds ? "then" : "else");

	free(question.where);
	return !next || is_valid(st, next, json);
}

static const struct {
	const char *name;
	bool (*holds)(struct state *st, struct json_object *value,
		      struct json_object *node, struct json_object *json);
} keywords[] = {
	{"type", key_type},
	{"const", key_const},
	{"enum", key_enum},
	{"pattern", key_pattern},
	{"minimum", key_minimum},
	{"minLength", key_min_length},
	{"minItems", key_min_items},
	{"items", key_items},
	{"required", key_required},
	{"properties", key_properties},
	{"additionalProperties", key_additional},
	{"$ref", key_ref},
	{"anyOf", key_any_of},
	{"allOf", key_all_of},
	{"if", key_if},
	/* Judged by "if", or for people only. */
	{"then", NULL},
	{"else", NULL},
	{"$schema", NULL},
	{"$id", NULL},
	{"$defs", NULL},
	{"title", NULL},
	{"description", NULL},
	{"format", NULL},
};

static bool keyword_holds(struct state *st, const char *name, struct json_object *value,
			  struct json_object *node, struct json_object *json)
{
	for (size_t i = 0; i < DG_COUNT(keywords); i++) {
		if (!dg_streq(name, keywords[i].name))
			continue;
		if (!keywords[i].holds || keywords[i].holds(st, value, node, json))
			return true;
		return st->why ? false : fail(st, keywords[i].name);
	}
	return fail(st, "a keyword that is not known here");
}

static bool is_valid(struct state *st, struct json_object *node, struct json_object *json)
{
	if (json_object_is_type(node, json_type_boolean))
		return json_object_get_boolean(node) || fail(st, "no such member");
	if (!json_object_is_type(node, json_type_object))
		return fail(st, "no schema");
	json_object_object_foreach(node, key, value)
	{
		if (!keyword_holds(st, key, value, node, json))
			return false;
	}
	return true;
}

bool json_is_valid(struct json_object *schema, struct json_object *json, char **ret_why)
{
	struct state st = {.schema = schema};
	bool valid = is_valid(&st, schema, json);

	if (!valid && ret_why)
		*ret_why = dg_format("%s: %s", st.where ? st.where : "/", st.why);
	free(st.where);
	return valid;
}
