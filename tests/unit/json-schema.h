/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holding JSON against a JSON Schema: as much of draft 2020-12 as the schemas here use.
 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

/*
 * Whether `json` is valid by `schema`, a whole document: "$ref" leads into its "$defs".
 * A keyword that is not known here makes everything invalid, so that none is passed over.
 * Without *ret_why the answer is enough; else it says what and where (owned).
 */
bool json_is_valid(struct json_object *schema, struct json_object *json, char **ret_why);

/* The schema that `node` refers to, or `node` itself. NULL: "$ref" leads nowhere. */
struct json_object *schema_resolve(struct json_object *schema, struct json_object *node);

/* The member of an object; NULL: no object, no such member, or null. */
struct json_object *json_at(struct json_object *json, const char *key);
bool json_is_word(struct json_object *json, const char *word);
