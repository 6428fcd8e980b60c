/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <json-c/json.h>
#include "guard/render/render.h"
#include "policy/catalog.h"
#include "policy/json-scan.h"
#include "policy/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct dg_verdict *v, const char *form)
{
	const struct dg_style style = {.width = 80, .verbose = true};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert(out && dg_renderer_find(form)->verdict(out, v, &style) == 0);
	assert(fclose(out) == 0);
	return text;
}

/* Six lines of 80 columns, as far as characters of one column go. */
static void check_motd(const char *text)
{
	size_t lines = 0;

	for (const char *end; *text; text = end + 1) {
		size_t columns = 0;

		end = strchr(text, '\n');
		assert(end);
		for (const char *p = text; p < end; p++)
			columns += ((unsigned char)*p & 0xc0) != 0x80;
		assert(columns <= 80);
		lines++;
	}
	assert(lines <= 6);
}

/* The figures begin behind the first bar, and there is no other. */
static void check_plugin(const char *text)
{
	size_t bar = strcspn(text, "|");

	assert(bar < strcspn(text, "\n"));
	assert(!strchr(text + bar + 1, '|'));
}

static void check_forms(const struct dg_verdict *v)
{
	static const char *const forms[] = {"text", "json", "prometheus", "motd",
					    "nagios"};

	for (size_t i = 0; i < DG_COUNT(forms); i++) {
		char *text = print(v, forms[i]);

		for (const char *p = text; *p; p++)
			assert((unsigned char)*p >= 0x20 || *p == '\n');
		if (dg_streq(forms[i], "motd"))
			check_motd(text);
		if (dg_streq(forms[i], "nagios"))
			check_plugin(text);
		free(text);
	}
}

/* What was decoded encodes to a document that is decoded to the same. */
static void check_again(const struct dg_verdict *v)
{
	struct json_object *first = dg_verdict_encode(v), *second;
	struct dg_verdict *again = NULL;
	char *why = NULL;

	assert(dg_verdict_decode(first, &again, &why) == 0);
	second = dg_verdict_encode(again);
	assert(json_object_equal(first, second));
	json_object_put(first);
	json_object_put(second);
	dg_verdict_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *json = NULL;
	struct dg_verdict *v = NULL;
	char *why = NULL;
	size_t count;

	if (dg_json_parse((const char *)data, size, 0, &json, NULL, NULL) < 0)
		return 0;
	dg_catalog(&count);
	if (dg_verdict_decode(json, &v, &why) == 0) {
		/* It needs its document no more. */
		json_object_put(json);
		json = NULL;
		assert(v->finding_count == count);
		check_again(v);
		check_forms(v);
		assert(dg_verdict_grow_old(v, v->time + 10 * DG_VERDICT_AGE_MAX, NULL) ==
		       0);
		assert(v->level == DG_LEVEL_UNKNOWN);
		check_forms(v);
	} else {
		assert(why);
	}
	free(why);
	dg_verdict_free(v);
	json_object_put(json);
	return 0;
}
