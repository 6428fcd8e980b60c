/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For machines: the contract's documents. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/render/enforce.h"
#include "guard/render/records.h"

int dg_print_json(FILE *out, struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			      JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		return -ENOMEM;
	fputs(text, out);
	fputc('\n', out);
	return 0;
}

static int print_and_put(FILE *out, struct json_object *json)
{
	int r = dg_print_json(out, json);

	json_object_put(json);
	return r;
}

static int print_verdict(FILE *out, const struct dg_verdict *verdict,
			 const struct dg_style *style)
{
	(void)style;
	return print_and_put(out, dg_verdict_encode(verdict));
}

static struct json_object *encode_check(const struct dg_check *check)
{
	struct json_object *json = json_object_new_object();

#define TEXT(key, value) \
	json_object_object_add(json, key, (value) ? json_object_new_string(value) : NULL)
	TEXT("id", check->id);
	TEXT("family", check->family);
	TEXT("title", check->title);
	TEXT("severity", dg_severity_name(check->severity));
	TEXT("grades", check->grades);
	TEXT("remedy", check->remedy);
	TEXT("why", check->why);
#undef TEXT
	json_object_object_add(json, "essential",
			       json_object_new_boolean(check->flags & DG_ESSENTIAL));
	return json;
}

static int print_check(FILE *out, const struct dg_check *check,
		       const struct dg_style *style)
{
	(void)style;
	return print_and_put(out, encode_check(check));
}

static int print_checks(FILE *out, const struct dg_check *const *checks, size_t count,
			const struct dg_style *style)
{
	struct json_object *array = json_object_new_array();

	(void)style;
	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, encode_check(checks[i]));
	return print_and_put(out, array);
}

const struct dg_renderer dg_render_json = {
	.name = "json",
	.verdict = print_verdict,
	.check = print_check,
	.checks = print_checks,
	.probe = dg_json_probe,
	.history = dg_json_history,
	.comparison = dg_json_comparison,
	.fleet = dg_json_fleet,
	.sample = dg_json_sample,
	.enforce = dg_json_enforce,
};
