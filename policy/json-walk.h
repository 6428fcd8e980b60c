/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The grammar of JSON, over the words of json-lex.h. For json-scan.c. */
#pragma once

#include "policy/json-keys.h"
#include "policy/json-lex.h"

struct dg_json_scan {
	struct dg_json_cursor cursor;
	char *decoded; /* keys that had escapes; made when the first one comes */
	size_t n_decoded;
	struct dg_json_keys keys;
	unsigned root_line;
	uint32_t root; /* the document's container, or DG_JSON_NO_CHILD */
};

/* Check the whole text and gather its keys. 0, -EBADMSG or -ENOMEM. */
int dg_json_walk(struct dg_json_scan *s);
