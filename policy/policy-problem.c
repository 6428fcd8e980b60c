/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with a layer, and where it stands. */
#include <errno.h>
#include <json-c/json.h>
#include "policy/json-scan.h"
#include "policy/policy-layer.h"
#include "policy/text.h"

#define QUOTE_MAX ((size_t)64) /* bytes of a foreign word in a message */

char *dg_quote(const char *word)
{
	return dg_clean_text_max(word, strlen(word), QUOTE_MAX);
}

/* "waivers[0].until" */
static char *step_dotted(const struct dg_layer_step *at)
{
	DG_FREE char *up = NULL, *key = NULL;

	if (!at->up)
		return strdup("");
	up = step_dotted(at->up);
	key = at->key ? dg_quote(at->key) : NULL;
	if (!up || (at->key && !key))
		return NULL;
	if (!key)
		return dg_format("%s[%zu]", up, at->index);
	return dg_format("%s%s%s", up, *up ? "." : "", key);
}

/* "/waivers/0/until" */
static char *step_pointer(const struct dg_layer_step *at)
{
	DG_FREE char *up = NULL, *escaped = NULL;
	char *to;

	if (!at->up)
		return strdup("");
	up = step_pointer(at->up);
	if (!up)
		return NULL;
	if (!at->key)
		return dg_format("%s/%zu", up, at->index);
	to = escaped = malloc(2 * strlen(at->key) + 1);
	if (!escaped)
		return NULL;
	for (const char *s = at->key; *s; s++) {
		if (*s == '~' || *s == '/')
			*to++ = '~';
		*to++ = *s == '~' ? '0' : *s == '/' ? '1' : *s;
	}
	*to = '\0';
	return dg_format("%s/%s", up, escaped);
}

int dg_layer_line(const struct dg_layer *layer, const struct dg_layer_step *at,
		  unsigned *ret_line)
{
	unsigned line = 0;

	for (; layer->scan && at && line == 0; at = at->up) {
		DG_FREE char *pointer = step_pointer(at);

		if (!pointer)
			return -ENOMEM;
		line = dg_json_line(layer->scan, pointer);
	}
	*ret_line = line;
	return 0;
}

static void problem_clear(struct dg_problem *problem)
{
	free(problem->file);
	free(problem->key);
	free(problem->message);
}

void dg_problems_free(struct dg_problem *problems, size_t count)
{
	for (size_t i = 0; i < count; i++)
		problem_clear(&problems[i]);
	free(problems);
}

void dg_layer_clear(struct dg_layer *layer)
{
	dg_problems_free(layer->problems, layer->problem_count);
	json_object_put(layer->tree);
	json_object_put(layer->origins);
	layer->problems = NULL;
	layer->problem_count = 0;
	layer->tree = NULL;
	layer->origins = NULL;
}

int dg_layer_add(struct dg_layer *layer, unsigned line, bool unusable, char *key,
		 char *message)
{
	struct dg_problem problem = {
		.file = dg_clean_text(layer->file, strlen(layer->file)),
		.line = line,
		.key = key,
		.message = message,
		.unusable = unusable,
	};
	struct dg_problem *grown = NULL;

	if (problem.file && message)
		grown = reallocarray(layer->problems, layer->problem_count + 1,
				     sizeof(*grown));
	if (!grown) {
		problem_clear(&problem);
		return -ENOMEM;
	}
	layer->problems = grown;
	layer->problems[layer->problem_count++] = problem;
	layer->unusable |= unusable;
	return 0;
}

bool dg_layer_is_full(struct dg_layer *layer, bool unusable)
{
	if (layer->problem_count < DG_POLICY_PROBLEMS)
		return false;
	layer->untold++;
	layer->untold_unusable |= unusable;
	return true;
}

int dg_layer_complain(struct dg_layer *layer, const struct dg_layer_step *at,
		      bool unusable, char *message)
{
	char *key;
	unsigned line;

	if (dg_layer_is_full(layer, unusable)) {
		free(message);
		return 0;
	}
	key = message ? step_dotted(at) : NULL;
	if (!key || dg_layer_line(layer, at, &line) < 0) {
		free(key);
		free(message);
		return -ENOMEM;
	}
	if (!*key) {
		free(key);
		key = NULL;
	}
	return dg_layer_add(layer, line, unusable, key, message);
}
