/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include "policy/json-walk.h"

void dg_json_scan_free(struct dg_json_scan *scan)
{
	if (!scan)
		return;
	dg_json_keys_clear(&scan->keys);
	free(scan->decoded);
	free(scan->cursor.text);
	free(scan);
}

static int scan_alloc(const char *buf, size_t size, unsigned flags,
		      struct dg_json_error *err, struct dg_json_scan **ret_scan)
{
	struct dg_json_scan *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->cursor = (struct dg_json_cursor){
		.text = malloc(size + 1),
		.size = size,
		.line = 1,
		.flags = flags,
		.err = err,
	};
	if (!s->cursor.text) {
		free(s);
		return -ENOMEM;
	}
	if (size > 0)
		memcpy(s->cursor.text, buf, size);
	s->cursor.text[size] = '\0';
	*ret_scan = s;
	return 0;
}

int dg_json_scan_new(const char *buf, size_t size, size_t max, unsigned flags,
		     struct dg_json_scan **ret_scan, struct dg_json_error *err)
{
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	int r;

	if (err)
		*err = (struct dg_json_error){0};
	if (max > DG_JSON_MAX)
		max = DG_JSON_MAX;
	if (size > max) {
		if (err)
			snprintf(err->message, sizeof(err->message),
				 "the document has %zu bytes, %zu are allowed", size,
				 max);
		return -EFBIG;
	}
	r = scan_alloc(buf, size, flags, err, &scan);
	if (r == 0)
		r = dg_json_walk(scan);
	if (r < 0)
		return r;
	scan->cursor.err = NULL; /* the caller's, it may go before the scan does */
	*ret_scan = DG_STEAL(scan);
	return 0;
}

const char *dg_json_text(const struct dg_json_scan *scan)
{
	return scan->cursor.text;
}

unsigned dg_json_line(const struct dg_json_scan *scan, const char *pointer)
{
	uint32_t container = scan->root;
	unsigned line = scan->root_line;

	if (!(scan->cursor.flags & DG_JSON_LINES))
		return 0;
	while (*pointer == '/') {
		const struct dg_json_entry *entry;

		pointer++;
		if (container == DG_JSON_NO_CHILD)
			return 0;
		entry = dg_json_keys_find(&scan->keys, container, &pointer);
		if (!entry)
			return 0;
		line = entry->line;
		container = entry->child;
	}
	return *pointer ? 0 : line;
}
