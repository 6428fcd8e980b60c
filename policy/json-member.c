/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of documents, typed. */
#include <errno.h>

#include "policy/text.h"
#include "policy/timefmt.h"
#include "policy/json-member.h"

int dg_member_bad(const char *key, const char *what, char **ret_why)
{
	if (!*ret_why)
		*ret_why = dg_format("\"%s\" %s", key, what);
	return *ret_why ? -EBADMSG : -ENOMEM;
}

int dg_member_get(struct json_object *json, const char *key, json_type type, bool or_null,
		  struct json_object **ret, char **ret_why)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(json, json_type_object) ||
	    !json_object_object_get_ex(json, key, &value))
		return dg_member_bad(key, "is missing", ret_why);
	if (!value && !or_null)
		return dg_member_bad(key, "is null", ret_why);
	if (value && !json_object_is_type(value, type))
		return dg_member_bad(key, "is of another type", ret_why);
	*ret = value;
	return 0;
}

bool dg_value_is_text(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
	       dg_text_is_clean(json_object_get_string(value),
				(size_t)json_object_get_string_len(value));
}

int dg_member_text(struct json_object *json, const char *key, bool or_null,
		   const char **ret, char **ret_why)
{
	struct json_object *value;
	int r = dg_member_get(json, key, json_type_string, or_null, &value, ret_why);

	if (r < 0)
		return r;
	if (value && !dg_value_is_text(value))
		return dg_member_bad(key, "is no clean text", ret_why);
	*ret = value ? json_object_get_string(value) : NULL;
	return 0;
}

int dg_member_copy(struct json_object *json, const char *key, bool or_null, char **ret,
		   char **ret_why)
{
	const char *text = NULL;
	char *copy = NULL;
	int r = dg_member_text(json, key, or_null, &text, ret_why);

	if (r == 0 && text) {
		copy = strdup(text);
		r = copy ? 0 : -ENOMEM;
	}
	if (r == 0)
		*ret = copy;
	return r;
}

int dg_member_word(struct json_object *json, const char *key, bool or_null,
		   const char *(*name)(int i), int count, int *ret, char **ret_why)
{
	const char *text = NULL;
	int r = dg_member_text(json, key, or_null, &text, ret_why);

	if (r < 0)
		return r;
	if (!text) {
		*ret = -1;
		return 0;
	}
	for (int i = 0; i < count; i++)
		if (dg_streq(name(i), text)) {
			*ret = i;
			return 0;
		}
	return dg_member_bad(key, "is none of its words", ret_why);
}

int dg_member_time(struct json_object *json, const char *key, int64_t *ret,
		   char **ret_why)
{
	const char *text = NULL;
	int r = dg_member_text(json, key, false, &text, ret_why);

	if (r == 0 && dg_time_parse(text, ret) < 0)
		r = dg_member_bad(key, "is no time", ret_why);
	return r;
}

int dg_member_bool(struct json_object *json, const char *key, bool *ret, char **ret_why)
{
	struct json_object *value;
	int r = dg_member_get(json, key, json_type_boolean, false, &value, ret_why);

	if (r == 0)
		*ret = json_object_get_boolean(value);
	return r;
}

int dg_member_list(struct json_object *json, const char *key, size_t max,
		   struct json_object **ret, char **ret_why)
{
	struct json_object *value;
	int r = dg_member_get(json, key, json_type_array, false, &value, ret_why);

	if (r < 0)
		return r;
	if (json_object_array_length(value) > max)
		return dg_member_bad(key, "has too many elements", ret_why);
	*ret = value;
	return 0;
}
