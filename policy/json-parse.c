/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include "policy/json-scan.h"

static int fail_tokener(struct json_tokener *tokener, struct dg_json_error *err)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);

	if (err)
		snprintf(err->message, sizeof(err->message), "json-c: %s at byte %zu",
			 json_tokener_error_desc(error),
			 json_tokener_get_parse_end(tokener));
	return -EBADMSG;
}

int dg_json_parse(const char *buf, size_t size, unsigned flags,
		  struct json_object **ret_value, struct dg_json_scan **ret_scan,
		  struct dg_json_error *err)
{
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	struct json_tokener *tokener;
	struct json_object *value;
	int r;

	if (ret_scan)
		flags |= DG_JSON_LINES;
	r = dg_json_scan_new(buf, size, DG_JSON_MAX, flags, &scan, err);
	if (r < 0)
		return r;
	/* json-c counts the scalar within the innermost container too, and one more. */
	tokener = json_tokener_new_ex(DG_JSON_DEPTH + 2);
	if (!tokener)
		return -ENOMEM;
	/* The scan has seen to what JSON_TOKENER_STRICT is for; json-c 0.18 (Debian 13),
	 * so told, takes every byte above 0x7f in a string for a control character. */
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, dg_json_text(scan), -1);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		r = fail_tokener(tokener, err);
		json_object_put(value);
	}
	json_tokener_free(tokener);
	if (r < 0)
		return r;
	*ret_value = value;
	if (ret_scan)
		*ret_scan = DG_STEAL(scan);
	return 0;
}
