/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the policy: a document on its way into it. */
#pragma once

#include "policy/policy-keys.h"

struct dg_json_scan;

/* A document on its way into a policy. The caller sets the first three members. */
struct dg_layer {
	const char *file;
	bool strict;		 /* keys to be ignored make it unusable */
	size_t overrides_before; /* in the policy, from the layers before this one */
	struct json_object *tree;
	const struct dg_json_scan *scan; /* with lines; NULL: lines are 0 */
	bool unusable;
	struct dg_problem *problems;
	size_t problem_count;
	size_t untold; /* problems past DG_POLICY_PROBLEMS */
	bool untold_unusable;
	struct json_object *origins; /* policy-origin.c; NULL: none yet */
};

/* One step of the way from the document down to a value. */
struct dg_layer_step {
	const struct dg_layer_step *up; /* NULL: the document itself */
	const char *key;		/* NULL: an element */
	size_t index;			/* of the element in the text */
	struct json_object *value;	/* that stands here; NULL: is missing */
	const char *id;			/* that the element goes by; NULL: by its place */
	size_t place;			/* of the element in the policy */
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
/* The line of the value at `at`, or of the nearest thing around it where it is missing;
 * 0: not known. 0 or -ENOMEM. */
int dg_layer_line(const struct dg_layer *layer, const struct dg_layer_step *at,
		  unsigned *ret_line);
/* Whether there are too many problems to tell; then this one has been counted. */
bool dg_layer_is_full(struct dg_layer *layer, bool unusable);
void dg_layer_clear(struct dg_layer *layer);
void dg_problems_free(struct dg_problem *problems, size_t count);
/* A copy of somebody's word, made fit for a message. NULL: out of memory. */
char *dg_quote(const char *word);

/* --- where values come from: policy-origin.c; all return 0 or -ENOMEM --- */

/* Remember the file and line of the value at `at`. */
int dg_layer_origin_add(struct dg_layer *layer, const struct dg_layer_step *at);
/* What is in `from` (NULL: nothing) takes the place of what is known of it in `to`. */
int dg_origins_merge(struct json_object *to, struct json_object *from);
/* The values of this override come from there now. */
int dg_origins_override(struct json_object *origins, size_t index,
			struct json_object *override);

/* --- the layers themselves: policy-layers.c --- */

/* Note a layer behind the others; returns it, NULL: out of memory. */
struct dg_policy_layer *dg_policy_layer_add(struct dg_policy *policy, const char *file,
					    enum dg_layer_state state);
/* Hand what is wrong with the layer over to the policy. 0 or -ENOMEM. */
int dg_policy_problems_take(struct dg_policy *policy, struct dg_layer *layer);
void dg_policy_layers_free(struct dg_policy_layer *layers, size_t count);

/* --- trees: policy-merge.c --- */

/* Whether an override is for the host of that name (policy.c). */
bool dg_override_applies(struct json_object *override, const char *host_name);
/* NULL: out of memory. */
struct json_object *dg_json_copy(struct json_object *value);
/* Where both are objects, key by key; else a copy takes the old value's place. 0 or
 * -ENOMEM. */
int dg_json_member_merge(struct json_object *to, const char *key,
			 struct json_object *value);
void dg_json_putp(struct json_object **value);
