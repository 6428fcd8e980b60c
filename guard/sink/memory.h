/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within sink/: what a sink remembers from one verdict to the next, a small JSON file
 * each in /var/lib/driftguard. */
#pragma once

#include "guard/base/root.h"

struct json_object;

struct dg_memory {
	const char *name;   /* of the file */
	const char *schema; /* and its mark */
	/* Where /var is read-only or full it is kept in /run/driftguard: better than
	 * none, though only for this boot. */
	bool or_in_run;
};

/* *ret is NULL where there is nothing to remember, or what there is cannot be used; else
 * the caller's. Below 0: it may be there, and cannot be read (*ret_why is set). */
int dg_memory_read(const struct dg_root *root, const struct dg_memory *memory,
		   struct json_object **ret, char **ret_why);
/* Write `json` and its schema. As dg_root_write(). */
int dg_memory_write(const struct dg_root *root, const struct dg_memory *memory,
		    struct json_object *json, char **ret_why);
/* Keep for good what could be kept for this boot only; if it still cannot, that is no
 * failure. Errors as of the others. */
int dg_memory_settle(const struct dg_root *root, const struct dg_memory *memory,
		     char **ret_why);
/* No memory at all is as good. */
int dg_memory_forget(const struct dg_root *root, const struct dg_memory *memory,
		     char **ret_why);
void dg_memory_drop(struct json_object **json);
#define DG_MEMORY_CLEANUP DG_CLEANUP(dg_memory_drop)
/* A text member; "" where it is missing or none. Lives as long as `json`. */
const char *dg_memory_text(struct json_object *json, const char *key);
