/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdint.h>
#include <json-c/json.h>
#include "policy/compare.h"
#include "policy/json-scan.h"
#include "policy/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(const char *text)
{
	assert(text && *text);
	assert(dg_text_is_clean(text, strlen(text)) || strlen(text) > DG_TEXT_MAX);
}

static void check_rows(const struct dg_comparison_rows *rows, bool all_same)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct dg_comparison_row *row = &rows->items[i];

		assert(row->what && *row->what && row->unit);
		assert(!row->same || (row->sides[0].text && row->sides[1].text));
		for (int side = 0; side < 2; side++)
			assert(!row->sides[side].is_number || row->sides[side].text);
		assert(!all_same || row->same || !row->sides[0].text);
	}
}

static void check_pair(const struct dg_boot_record *a, const struct dg_boot_record *b)
{
	struct dg_comparison *c = NULL;

	assert(dg_compare(a, b, &c) == 0);
	check_sentence(c->changed);
	check_sentence(c->same);
	if (c->caveat)
		check_sentence(c->caveat);
	check_rows(&c->circumstances, a == b);
	check_rows(&c->figures, a == b);
	/* A guest that is listed twice may differ from itself; nothing else does. */
	if (a == b && strstr(c->changed, "Changed: "))
		assert(strstr(c->changed, "the guests' I/O threads"));
	dg_comparison_free(c);
}

/* What was decoded encodes to a document that is decoded to the same. */
static struct dg_boot_record *check_again(const struct dg_boot_record *record)
{
	struct json_object *first = dg_boot_record_encode(record, NULL), *second;
	struct dg_boot_record *again = NULL;
	char *why = NULL;

	assert(dg_boot_record_decode(first, &again, &why) == 0);
	second = dg_boot_record_encode(again, NULL);
	assert(json_object_equal(first, second));
	json_object_put(first);
	json_object_put(second);
	return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dg_boot_record *before; /* an earlier input's */
	struct dg_boot_record *record = NULL, *again;
	struct json_object *json = NULL;
	char *why = NULL;

	if (dg_json_parse((const char *)data, size, 0, &json, NULL, NULL) < 0)
		return 0;
	if (dg_boot_record_decode(json, &record, &why) == 0) {
		again = check_again(record);
		check_pair(record, record);
		check_pair(again, record);
		if (before) {
			check_pair(before, record);
			check_pair(record, before);
		}
		dg_boot_record_free(before);
		before = again;
		dg_boot_record_free(record);
	} else {
		assert(why);
	}
	free(why);
	json_object_put(json);
	return 0;
}
