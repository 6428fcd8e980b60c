/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the admins want: severities, the terms of a pin, waivers. */
#pragma once

#include "policy/check.h"

/* What is wrong with a policy document, and where. */
struct dg_problem {
	char *file;
	unsigned line;	 /* 0: the whole file */
	char *key;	 /* dotted; NULL: none in particular */
	char *message;	 /* what, and the nearest valid word */
	bool unusable;	 /* the layer is not used at all; else only the key is ignored */
	bool unreadable; /* the layer could not be read, which says nothing about it */
};

struct dg_waiver {
	char *id;
	char *check;   /* an id */
	char **hosts;  /* NULL-terminated patterns; NULL: every host */
	char *kernel;  /* pattern for the running or pinned kernel; NULL: any */
	char *subject; /* pattern; NULL: any */
	char *reason;
	char *owner;
	int64_t until; /* last second of the day */
};

struct dg_policy_pin {
	int64_t max_age_days, warn_days, grace_days;
	bool require_reason;
	const char *strategy; /* auto, repin, unpin: a word of the key table */
};

/* When pressure is high, and what explains it (pressure.h). */
struct dg_policy_pressure {
	int64_t window_s;
	int64_t io_full_percent, await_ms, queue;
	int64_t cpu_some_percent, memory_some_percent;
};

/* What may be done without a person. The lists ("on", "actions", "canaries") are in the
 * tree. */
struct dg_policy_enforce {
	bool enabled, require_proven;
	int64_t grace_days, rollout_percent, cooldown_hours;
};

enum dg_layer_state {
	DG_LAYER_USED,
	DG_LAYER_CACHED, /* used, but only a copy of it could be read */
	DG_LAYER_ABSENT,
	DG_LAYER_INVALID,
	DG_LAYER_UNREADABLE,
};

/* Where policies are looked for: the layers, in the order in which they are merged. */
struct dg_policy_layer {
	char *file;
	char *copy_of;	/* this file is a copy of that layer; NULL: it is the layer */
	int64_t copied; /* when it was last seen to be like that */
	enum dg_layer_state state;
};

/* Where a value in force was said. */
struct dg_origin {
	const char *file; /* the policy's, or DG_BUILT_IN */
	unsigned line;
	int override; /* in the place of the list; -1: by none */
};

enum dg_override { DG_AS_IS, DG_SWITCHED_OFF, DG_REGRADED };

struct dg_policy {
	struct json_object *tree; /* all values in force, as a policy document */
	struct {
		enum dg_override how;
		enum dg_severity severity;
	} checks[64]; /* in the catalogue's order */
	bool essential[64];
	struct dg_policy_pin pin;
	struct dg_policy_pressure pressure;
	struct dg_policy_enforce enforce;
	struct dg_waiver *waivers;
	size_t waiver_count;
	struct dg_problem *problems;
	size_t problem_count;
	struct dg_policy_layer *layers;
	size_t layer_count;
	struct json_object *origins; /* dg_policy_origin() knows how to read it */
};

#define DG_BUILT_IN "(built in)"

/* The policy that is compiled in: policy/default.json. NULL: out of memory. */
struct dg_policy *dg_policy_new(void);
void dg_policy_free(struct dg_policy *policy);
DG_DEFINE_CLEANUP(struct dg_policy *, dg_policy_free);

/* Merge a document over the policy. What is wrong with it is added to the problems; a
 * document that cannot be used changes nothing else. `strict`: unknown keys make it
 * unusable too (policy check). 0 or -ENOMEM. */
int dg_policy_merge(struct dg_policy *policy, const char *file, const char *text,
		    size_t size, bool strict);
/* The same with a copy of a layer that cannot be had itself: `copied` (seconds since
 * 1970) is when the two were last seen to be the same. */
int dg_policy_merge_copy(struct dg_policy *policy, const char *file, const char *copy_of,
			 int64_t copied, const char *text, size_t size);
/* The file exists and cannot be read: a problem of its own. */
int dg_policy_add_unreadable(struct dg_policy *policy, const char *file, const char *why);
/* What is there in the file's stead can never be a policy (a directory, say). */
int dg_policy_add_unusable(struct dg_policy *policy, const char *file, const char *why);
/* There is no such file, which is no problem. */
int dg_policy_add_absent(struct dg_policy *policy, const char *file);
/* Apply the overrides that name this host, and take the values out of the tree. */
int dg_policy_settle(struct dg_policy *policy, const char *host_name);

/* Where the value at a dotted path ("pin.max_age_days", "checks.pin-age.severity") was
 * said, or the waiver "waivers[ID]", or the override "overrides[N]". Of a settled policy;
 * *ret's file lives as long as the policy. False: there is no such value. */
bool dg_policy_origin(const struct dg_policy *policy, const char *path,
		      struct dg_origin *ret);
/* "enforce.enabled, /etc/driftguard/policy.json:7": the value's path and where it was
 * said. Owned; NULL: out of memory. */
char *dg_policy_where(const struct dg_policy *policy, const char *path);
/* Whether nothing is wrong with the policy: every layer is sound, none could not be read,
 * and none is a mere copy. False: *ret_why (owned; NULL: out of memory) says why not. */
bool dg_policy_is_sound(const struct dg_policy *policy, char **ret_why);
/* Whether it allows that anything is done: it is sound, and it is enabled there
 * (enforce.enabled). False: as above. */
bool dg_policy_may_enforce(const struct dg_policy *policy, char **ret_why);
/* used, cached, absent, invalid, unreadable */
const char *dg_layer_state_name(enum dg_layer_state state);

/* The text of the compiled-in default, NUL-terminated. */
extern const char dg_policy_default_text[];
