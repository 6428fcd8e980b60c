/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the policy: a document on its way into it. */
#pragma once

#include "policy/policy-keys.h"

struct dg_json_scan;

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
struct dg_layer_step {
	const struct dg_layer_step *up; /* NULL: the document itself */
	const char *key;		/* NULL: an element */
	size_t index;
};

/* --- validation: policy-validate.c, policy-value.c, policy-unknown.c --- */

enum { DG_LAYER_DROP = 1 }; /* this is to be ignored: take it out */

/*
 * Look for everything that is wrong with layer->tree, and take what is to be ignored out
 * of it. Unless the layer is unusable then, what is left in the tree has the types,
 * ranges and words of the table, all that is required, and clean text. 0 or -ENOMEM.
 */
int dg_layer_validate(struct dg_layer *layer);

/* The parts of it; each returns 0, DG_LAYER_DROP or -ENOMEM. The value has its key's type
 * and is no object; its text gets clean. */
int dg_layer_check_value(struct dg_layer *layer, const struct dg_policy_key *key,
			 const struct dg_layer_step *at, struct json_object *value);
int dg_layer_unknown_key(struct dg_layer *layer, const struct dg_layer_step *at,
			 const char *parent);
int dg_layer_unknown_check(struct dg_layer *layer, const struct dg_layer_step *at,
			   const char *id);

/* --- problems: policy-problem.c --- */

/* Add a problem. `key` (may be NULL) and `message` are taken over, also where this fails;
 * a NULL message is -ENOMEM. */
int dg_layer_add(struct dg_layer *layer, unsigned line, bool unusable, char *key,
		 char *message);
/* The same with the line and the key of the value at `at`, if there is still room. */
int dg_layer_complain(struct dg_layer *layer, const struct dg_layer_step *at,
		      bool unusable, char *message);
/* Whether there are too many problems to tell; then this one has been counted. */
bool dg_layer_is_full(struct dg_layer *layer, bool unusable);
void dg_layer_clear(struct dg_layer *layer);
void dg_problems_free(struct dg_problem *problems, size_t count);
/* A copy of somebody's word, made fit for a message. NULL: out of memory. */
char *dg_quote(const char *word);

/* --- trees: policy-merge.c --- */

/* NULL: out of memory. */
struct json_object *dg_json_copy(struct json_object *value);
/* Where both are objects, key by key; else a copy takes the old value's place. 0 or
 * -ENOMEM. */
int dg_json_member_merge(struct json_object *to, const char *key,
			 struct json_object *value);
void dg_json_putp(struct json_object **value);
