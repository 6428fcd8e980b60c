/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a policy document in one table, look-up in it, and the values of a tree. */
#pragma once

#include <stdint.h>
#include "policy/policy.h"

#define DG_POLICY_SCHEMA   "driftguard.policy/1"
#define DG_POLICY_LIST_MAX 1000 /* elements of any list */
#define DG_POLICY_TEXT_MAX 4096 /* bytes of any text */
#define DG_POLICY_PROBLEMS 100	/* of one layer that are told */

struct json_object;

enum dg_key_type {
	DG_KEY_OBJECT,
	DG_KEY_INT,
	DG_KEY_BOOL,
	DG_KEY_TEXT, /* not empty; names and patterns too */
	DG_KEY_WORD,
	DG_KEY_CHECK, /* the id of a check */
	DG_KEY_DATE,  /* "2026-12-31" or an RFC 3339 time; see `from` */
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
	/* Of a date: days ("90d") may stand for it, which count from this other member of
	 * the same object. */
	const char *from;
};

const struct dg_policy_key *dg_policy_keys(size_t *ret_count);

/* --- look-up --- */

/* What `key` is called within the object at `parent` ("": the document), "*" for any
 * check; NULL: it is no member of that. */
const char *dg_key_name(const struct dg_policy_key *key, const char *parent);
/* The key of the member `name` of the object at `parent`; NULL: none. */
const struct dg_policy_key *dg_key_find(const char *parent, const char *name);
/* The member of `parent` that may have been meant; NULL: none is near. */
const char *dg_key_nearest(const char *parent, const char *name);
/* Whether the members of `parent` are called as the checks are. */
bool dg_keys_are_checks(const char *parent);
/* The table's own copy of a word; NULL: not among these. */
const char *dg_word_find(const char *const *words, const char *word);

/* --- values --- */

/* The value at a dotted path of plain keys; NULL: none. Borrowed. */
struct json_object *dg_policy_value(struct json_object *tree, const char *path);

/* Write the values of the tree to their places; what is missing gets the least value, or
 * the first word. */
void dg_policy_place(struct dg_policy *policy, struct json_object *tree);

/* A date as the last second of that day, or a time. 0 or -EBADMSG. */
int dg_policy_date_parse(const char *text, int64_t *ret_time);
/* The same, or days from the day of `since` on (NULL: not said), the last one included.
 * 0; -EBADMSG: none of these; -EINVAL: days, and no date or time that they count from. */
int dg_policy_until_parse(const char *text, const char *since, int64_t *ret_time);
