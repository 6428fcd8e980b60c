/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the scan takes, json-c takes too, and what it writes of that is taken again. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <json-c/json.h>
#include "policy/json-scan.h"
#include "policy/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct dg_json_scan *scan, const char *buf, size_t size)
{
	const char *text = dg_json_text(scan);

	assert(strlen(text) == size);
	for (size_t i = 0; i < size; i++)
		assert(text[i] == buf[i] || (text[i] == ' ' && buf[i] != '\n'));
}

/* Each key of the value has a line, and the lines do not go beyond the text. */
static void check_lines(const struct dg_json_scan *scan, struct json_object *value,
			const char *pointer, unsigned n_lines)
{
	unsigned line = dg_json_line(scan, pointer);

	assert(line >= 1 && line <= n_lines);
	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			DG_FREE char *below = dg_format("%s/%zu", pointer, i);

			check_lines(scan, json_object_array_get_idx(value, i), below,
				    n_lines);
		}
	if (!json_object_is_type(value, json_type_object))
		return;
	json_object_object_foreach(value, key, member)
	{
		DG_FREE char *below = dg_format("%s/%s", pointer, key);

		if (!strpbrk(key, "~/"))
			check_lines(scan, member, below, n_lines);
	}
}

static void check_again(struct json_object *value)
{
	const char *text =
		json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE);
	struct json_object *again = NULL;

	assert(dg_json_parse(text, strlen(text), 0, &again, NULL, NULL) == 0);
	assert(json_object_equal(value, again));
	json_object_put(again);
}

static void check_accepted(const char *buf, size_t size, unsigned flags)
{
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	struct json_object *value = NULL;
	struct dg_json_error err;
	unsigned n_lines = 1;

	assert(dg_json_parse(buf, size, flags, &value, &scan, &err) == 0);
	for (size_t i = 0; i < size; i++)
		n_lines += buf[i] == '\n';
	check_text(scan, buf, size);
	check_lines(scan, value, "", n_lines);
	check_again(value);
	json_object_put(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	const char *buf = (const char *)data;
	struct dg_json_error err;

	for (unsigned flags = 0; flags <= DG_JSON_COMMENTS; flags++) {
		int r = dg_json_scan_new(buf, size, DG_JSON_MAX, flags, &scan, &err);

		assert(r == 0 || (r == -EBADMSG && err.line && err.column));
		if (r < 0) {
			assert(dg_text_is_clean(err.message, strlen(err.message)));
			continue;
		}
		dg_json_scan_free(DG_STEAL(scan));
		check_accepted(buf, size, flags);
	}
	return 0;
}
