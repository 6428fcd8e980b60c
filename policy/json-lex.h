/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of JSON: blanks, comments, strings, numbers. For json-scan.c. */
#pragma once

#include "policy/json-scan.h"

struct dg_json_cursor {
	char *text; /* a copy to work in: `size` bytes, then NUL */
	size_t size, at;
	unsigned line; /* of `at`; strings and numbers hold no newline */
	unsigned flags;
	struct dg_json_error *err; /* may be NULL */
};

/* A string's bytes between its quotes, as they stand in the text. */
struct dg_json_string {
	size_t at, size;
	bool escaped;
};

/* Note an error at `at`, which is on `line`, and return -EBADMSG. */
int dg_json_fail(struct dg_json_cursor *c, size_t at, unsigned line, const char *fmt, ...)
	DG_PRINTF(4, 5);

/* Each of these starts at c->at and stops behind what it read. 0 or -EBADMSG. */
int dg_json_skip_blank(struct dg_json_cursor *c); /* comments are overwritten */
int dg_json_take_string(struct dg_json_cursor *c, struct dg_json_string *ret_string);
int dg_json_take_number(struct dg_json_cursor *c);
int dg_json_take_word(
	struct dg_json_cursor *c); /* true, false, null; else says why not */

/* Undo the escapes of a string that dg_json_take_string() took. Returns how many bytes
 * it wrote, never more than string->size. */
size_t dg_json_unescape(const struct dg_json_cursor *c,
			const struct dg_json_string *string, char *ret_bytes);
