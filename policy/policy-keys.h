/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a policy document in one table, and the validation of a layer by it. */
#pragma once

#include <stdint.h>
#include "policy/policy.h"

#define DG_POLICY_SCHEMA   "driftguard.policy/1"
#define DG_POLICY_LIST_MAX 1000 /* elements of any list */
#define DG_POLICY_TEXT_MAX 4096 /* bytes of any text */
#define DG_POLICY_PROBLEMS 100	/* of one layer that are told */

struct json_object;
struct dg_json_scan;

enum dg_key_type {
	DG_KEY_OBJECT,
	DG_KEY_INT,
	DG_KEY_BOOL,
	DG_KEY_TEXT, /* not empty; names and patterns too */
	DG_KEY_WORD,
	DG_KEY_CHECK, /* the id of a check */
	DG_KEY_DATE,  /* "2026-12-31" or an RFC 3339 time */
};

enum dg_key_flags {
	DG_KEY_LIST = 1 << 0,	  /* an array of the type */
	DG_KEY_FILLED = 1 << 1,	  /* an array that must not be empty */
	DG_KEY_REQUIRED = 1 << 2, /* its object is of no use without */
	DG_KEY_UNIQUE = 1 << 3,	  /* its value, among the objects of the list */
	DG_KEY_OVERRIDE = 1 << 4, /* may stand in an override as well */
};

struct dg_policy_key {
	/* Dotted: "pin.warn_days", "checks.*.severity" ("*": any check's id),
	 * "waivers.id" (of each object in the list). */
	const char *path;
	enum dg_key_type type;
	unsigned flags;
	int64_t min, max;	  /* of an integer */
	const char *const *words; /* that are allowed, NULL-terminated */
	size_t place;		  /* in struct dg_policy; 0: has none */
};

const struct dg_policy_key *dg_policy_keys(size_t *ret_count);

/* A document on its way into a policy. The caller sets the first two members. */
struct dg_layer {
	const char *file;
	bool strict; /* keys to be ignored make it unusable */
	struct json_object *tree;
	const struct dg_json_scan *scan; /* with lines; NULL: lines are 0 */
	bool unusable;
	struct dg_problem *problems;
	size_t problem_count;
	size_t untold; /* problems past DG_POLICY_PROBLEMS */
	bool untold_unusable;
};

/* One step of the way from the document down to a value. */
struct dg_step {
	const struct dg_step *up; /* NULL: the document itself */
	const char *key;	  /* NULL: an element */
	size_t index;
};

/*
 * Look for everything that is wrong with layer->tree, and take what is to be ignored out
 * of it. Unless the layer is unusable then, what is left in the tree has the types,
 * ranges and words of the table, all that is required, and clean text. 0 or -ENOMEM.
 */
int dg_layer_validate(struct dg_layer *layer);

/* --- problems; policy.c --- */

/* Add a problem. `key` (may be NULL) and `message` are taken over, also where this fails;
 * a NULL message is -ENOMEM. */
int dg_layer_add(struct dg_layer *layer, unsigned line, bool unusable, char *key,
		 char *message);
/* The same with the line and the key of the value at `at`, if there is still room. */
int dg_layer_complain(struct dg_layer *layer, const struct dg_step *at, bool unusable,
		      char *message);
/* Whether there are too many problems to tell; then this one has been counted. */
bool dg_layer_is_full(struct dg_layer *layer, bool unusable);
void dg_layer_clear(struct dg_layer *layer);
void dg_problems_free(struct dg_problem *problems, size_t count);
/* A copy of somebody's word, made fit for a message. NULL: out of memory. */
char *dg_quote(const char *word);

/* --- values --- */

/* The value at a dotted path of plain keys; NULL: none. Borrowed. */
struct json_object *dg_policy_value(struct json_object *tree, const char *path);

/* Write the values of the tree to their places; what is missing gets the least value, or
 * the first word. */
void dg_policy_place(struct dg_policy *policy, struct json_object *tree);

/* A date as the last second of that day, or a time. 0 or -EBADMSG. */
int dg_policy_date_parse(const char *text, int64_t *ret_time);
