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
	struct dg_waiver *waivers;
	size_t waiver_count;
	struct dg_problem *problems;
	size_t problem_count;
};

/* The policy that is compiled in: policy/default.json. NULL: out of memory. */
struct dg_policy *dg_policy_new(void);
void dg_policy_free(struct dg_policy *policy);
DG_DEFINE_CLEANUP(struct dg_policy *, dg_policy_free);

/* Merge a document over the policy. What is wrong with it is added to the problems; a
 * document that cannot be used changes nothing else. `strict`: unknown keys make it
 * unusable too (policy check). 0 or -ENOMEM. */
int dg_policy_merge(struct dg_policy *policy, const char *file, const char *text,
		    size_t size, bool strict);
/* The file exists and cannot be read: a problem of its own. */
int dg_policy_add_unreadable(struct dg_policy *policy, const char *file, const char *why);
/* Apply the overrides that name this host, and take the values out of the tree. */
int dg_policy_settle(struct dg_policy *policy, const char *host_name);

/* The text of the compiled-in default, NUL-terminated. */
extern const char dg_policy_default_text[];
