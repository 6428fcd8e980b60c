/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Validation of a single value that has the right type: range, words, form. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/nearest.h"
#include "policy/policy-layer.h"
#include "policy/text.h"

static int int_check(struct dg_layer *layer, const struct dg_policy_key *key,
		     const struct dg_layer_step *at, struct json_object *value)
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
		      const struct dg_layer_step *at, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t size = strlen(text);
	DG_FREE char *clean = NULL;

	(void)key;
	if (dg_text_is_blank(text))
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
		      const struct dg_layer_step *at, struct json_object *value)
{
	const char *word = json_object_get_string(value), *nearest;
	DG_FREE char *quoted = NULL, *all = NULL;
	size_t n = 0;

	if (dg_word_find(key->words, word))
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
		    const struct dg_layer_step *at, struct json_object *value)
{
	const char *id = json_object_get_string(value);

	(void)key;
	return dg_catalog_find(id) ? 0 : dg_layer_unknown_check(layer, at, id);
}

/* No file says when it was written: its time changes with every copy. */
static int days_complain(struct dg_layer *layer, const struct dg_policy_key *key,
			 const struct dg_layer_step *at, const char *quoted)
{
	return dg_layer_complain(
		layer, at, true,
		dg_format("\"%s\" counts from a day that is not said: add \"%s\": "
			  "\"2026-12-31\" with the day on which this was written, or "
			  "say the last day itself",
			  quoted, key->from));
}

static int date_check(struct dg_layer *layer, const struct dg_policy_key *key,
		      const struct dg_layer_step *at, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	struct json_object *since =
		key->from ? dg_policy_value(at->up->value, key->from) : NULL;
	DG_FREE char *quoted = NULL;
	int64_t time;
	int r = key->from ? dg_policy_until_parse(text, json_object_get_string(since),
						  &time)
			  : dg_policy_date_parse(text, &time);

	/* A `since` that is wrong is told by itself. */
	if (r == 0 || (r == -EINVAL && since))
		return 0;
	quoted = dg_quote(text);
	if (!quoted)
		return -ENOMEM;
	if (r == -EINVAL)
		return days_complain(layer, key, at, quoted);
	return dg_layer_complain(
		layer, at, true,
		dg_format("\"%s\" is not a date such as \"2026-12-31\", nor a time "
			  "such as \"2026-12-31T18:00:00Z\"",
			  quoted));
}

int dg_layer_check_value(struct dg_layer *layer, const struct dg_policy_key *key,
			 const struct dg_layer_step *at, struct json_object *value)
{
	static int (*const checks[])(struct dg_layer *, const struct dg_policy_key *,
				     const struct dg_layer_step *,
				     struct json_object *) = {
		[DG_KEY_OBJECT] = NULL,	    [DG_KEY_INT] = int_check,
		[DG_KEY_BOOL] = NULL,	    [DG_KEY_TEXT] = text_check,
		[DG_KEY_WORD] = word_check, [DG_KEY_CHECK] = id_check,
		[DG_KEY_DATE] = date_check,
	};

	return checks[key->type] ? checks[key->type](layer, key, at, value) : 0;
}
