/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdicts for tests: the test hosts' own, and ones made of little. */
#pragma once

#include <json-c/json.h>

#include "policy/judge.h"

#define VERDICT_CLEANUP DG_CLEANUP(dg_verdict_freep)

/* tests/hosts/NAME/verdict.json. */
static inline struct json_object *golden_json(const char *name)
{
	char path[128];
	struct json_object *json;

	snprintf(path, sizeof(path), "tests/hosts/%s/verdict.json", name);
	json = json_object_from_file(path);
	if (!json)
		fail_msg("%s cannot be read", path);
	return json;
}

/* Frees `json`. */
static inline struct dg_verdict *verdict_of(struct json_object *json)
{
	struct dg_verdict *verdict = NULL;
	char *why = NULL;

	if (dg_verdict_decode(json, &verdict, &why) < 0)
		fail_msg("%s", why);
	json_object_put(json);
	return verdict;
}

static inline struct dg_verdict *golden(const char *name)
{
	return verdict_of(golden_json(name));
}

static inline void expect_within(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in\n%s", part, text);
}
