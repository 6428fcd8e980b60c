/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of an object that a file of ours holds, of the type that they must have: 0;
 * -EBADMSG, and *ret_why (owned, set once) says which member is wrong; or -ENOMEM. */
#pragma once

#include <stdint.h>
#include <json-c/json.h>

#include "policy/util.h"

/* What is wrong with a member. */
int dg_member_bad(const char *key, const char *what, char **ret_why);

/* A member that has to be there; *ret is NULL where it is null. `type`: which it must be,
 * `or_null`: or null. */
int dg_member_get(struct json_object *json, const char *key, json_type type, bool or_null,
		  struct json_object **ret, char **ret_why);
/* Clean text (policy/text.h), borrowed from `json`; NULL: null. */
int dg_member_text(struct json_object *json, const char *key, bool or_null,
		   const char **ret, char **ret_why);
/* A copy of it, owned. */
int dg_member_copy(struct json_object *json, const char *key, bool or_null, char **ret,
		   char **ret_why);
/* The place of a word in a table; *ret is -1 for null. */
int dg_member_word(struct json_object *json, const char *key, bool or_null,
		   const char *(*name)(int i), int count, int *ret, char **ret_why);
int dg_member_time(struct json_object *json, const char *key, int64_t *ret,
		   char **ret_why);
int dg_member_bool(struct json_object *json, const char *key, bool *ret, char **ret_why);
/* Not NULL, of at most `max` elements. */
int dg_member_list(struct json_object *json, const char *key, size_t max,
		   struct json_object **ret, char **ret_why);
/* Whether a value is clean text. */
bool dg_value_is_text(struct json_object *value);
