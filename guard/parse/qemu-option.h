/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parsers of QEMU's arguments share: lists "key=value,key=value" as of -drive,
 * in which a doubled comma means one that separates nothing, and JSON in their place.
 */
#pragma once

#include <json-c/json.h>
#include <stdio.h>

#include "guard/parse/span.h"
#include "policy/json-scan.h"
#include "policy/util.h"

struct dg_option {
	struct dg_span key;
	struct dg_span value; /* commas in it are still doubled */
	bool bare;	      /* no '=': `key` is all there is */
};

/* Up to the next comma that is not doubled. */
static inline size_t dg_option_length(struct dg_span s)
{
	size_t n = 0;

	for (;;) {
		n += dg_span_find(dg_span_skip(s, n), ',');
		if (n + 1 >= s.n || s.p[n + 1] != ',')
			return n < s.n ? n : s.n;
		n += 2;
	}
}

static inline bool dg_option_next(struct dg_span *rest, struct dg_option *ret)
{
	struct dg_span part;
	size_t n, equals;

	if (rest->n == 0)
		return false;
	n = dg_option_length(*rest);
	part = dg_span_head(*rest, n);
	*rest = dg_span_skip(*rest, n < rest->n ? n + 1 : n);
	equals = dg_span_find(part, '=');
	ret->bare = equals == part.n;
	ret->key = dg_span_head(part, equals);
	ret->value = ret->bare ? part : dg_span_skip(part, equals + 1);
	return true;
}

/* Replace *text by a copy of the value. */
static inline int dg_set_copy(char **text, struct dg_span value)
{
	char *copy = dg_span_dup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static inline void dg_json_drop(struct json_object **json)
{
	json_object_put(*json);
}

#define DG_JSON_DROP DG_CLEANUP(dg_json_drop)

static inline const char *dg_json_member(struct json_object *json, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* An object of JSON; where there is none, 0 with the reason in *ret_bad. */
static inline int dg_json_read(struct dg_span value, struct json_object **ret,
			       char **ret_bad)
{
	DG_JSON_DROP struct json_object *json = NULL;
	struct dg_json_error err;
	int r = dg_json_parse(value.p, value.n, 0, &json, NULL, &err);

	if (r == -EBADMSG || r == -EFBIG) {
		if (asprintf(ret_bad, "JSON, column %u: %s", err.column, err.message) < 0)
			*ret_bad = NULL;
		return *ret_bad ? 0 : -ENOMEM;
	}
	if (r == 0)
		*ret = DG_STEAL(json);
	return r;
}
