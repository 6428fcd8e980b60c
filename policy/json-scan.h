/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strict reading of JSON text. json-c takes more than JSON and keeps no positions, so a
 * scan goes in front of it: it refuses what json-c would let pass or change silently
 * (keys that stand twice, numbers it would saturate, single quotes, trailing text),
 * blanks comments, and knows the line of each value.
 */
#pragma once

#include <stdint.h>
#include "policy/util.h"

#define DG_JSON_MAX   ((size_t)16 * 1024 * 1024) /* bytes of text */
#define DG_JSON_DEPTH 32 /* objects and arrays within each other */

struct json_object;
struct dg_json_scan;

enum {
	DG_JSON_COMMENTS = 1 << 0, /* allow comments, C's and C++'s */
	DG_JSON_LINES = 1 << 1,	   /* keep what dg_json_line() needs */
};

/* Where the text is wrong: line and column (in characters) from 1, 0 0 where the whole
 * is. The message is clean text of one line. */
struct dg_json_error {
	unsigned line, column;
	char message[192];
};

/*
 * Check the `size` bytes at `buf`, at most `max` and at most DG_JSON_MAX. On success
 * *ret_scan is the caller's to free. Takes time and memory linear in `size`, but for the
 * sorting of an object's keys (n log n).
 * 0, -EBADMSG (*err says what and where), -EFBIG (also said there) or -ENOMEM. `err` may
 * be NULL.
 */
int dg_json_scan_new(const char *buf, size_t size, size_t max, unsigned flags,
		     struct dg_json_scan **ret_scan, struct dg_json_error *err);
void dg_json_scan_free(struct dg_json_scan *scan);
DG_DEFINE_CLEANUP(struct dg_json_scan *, dg_json_scan_free);

/* The text, NUL-terminated and as long as it was, with spaces for comments; it lives as
 * long as the scan. */
const char *dg_json_text(const struct dg_json_scan *scan);

/*
 * The line, from 1, of the key or array element that a JSON pointer (RFC 6901) names:
 * "/checks/kernel-age-skew/severity", "/waivers/0", "" for the document's value. 0 where
 * there is none, or the scan was made without DG_JSON_LINES.
 */
unsigned dg_json_line(const struct dg_json_scan *scan, const char *pointer);

/*
 * dg_json_scan_new() with DG_JSON_MAX, then json-c, strict. *ret_value is the caller's
 * to json_object_put(); it is NULL for the document `null`. `ret_scan` may be NULL, else
 * the scan has lines and is the caller's to free. Errors as above.
 */
int dg_json_parse(const char *buf, size_t size, unsigned flags,
		  struct json_object **ret_value, struct dg_json_scan **ret_scan,
		  struct dg_json_error *err);
