/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `policy show` tells: the values in force and where each comes from, which
 * overrides apply, what becomes of each waiver. */
#pragma once

#include "policy/judge.h"
#include "policy/policy.h"

/* A value in force, a list being one. */
struct dg_policy_value_note {
	char *path;		   /* dotted */
	struct json_object *value; /* the policy's */
	bool is_default;	   /* no layer says it */
	struct dg_origin origin;
};

struct dg_policy_override_note {
	char *hosts;	    /* its patterns, joined by ", " */
	bool no_known_host; /* its patterns match none */
	bool applies;	    /* to this host */
	struct dg_origin origin;
};

enum dg_waiver_use {
	DG_WAIVER_USED,	       /* a finding is waived by it now */
	DG_WAIVER_UNUSED,      /* it is for this host, and waives nothing now */
	DG_WAIVER_EXPIRED,     /* on whatever host */
	DG_WAIVER_OTHER_HOSTS, /* it is not for this one */
	DG_WAIVER_NO_HOST,     /* its patterns match no host that is known */
	DG_WAIVER_NOT_JUDGED,  /* whether it waives anything has not been looked at */
};

struct dg_policy_waiver_note {
	const struct dg_waiver *waiver; /* the policy's */
	enum dg_waiver_use use;
	const char *why;   /* of an unused one, or one not judged; else NULL */
	int64_t days_left; /* 0: it has expired, or does so within a day */
	struct dg_origin origin;
};

/* Leads into the policy it was made from. */
struct dg_policy_report {
	const struct dg_policy *policy;
	char *host_name; /* NULL: not known */
	int64_t now;
	struct dg_policy_value_note *values; /* in the order of the default policy */
	size_t value_count;
	struct dg_policy_override_note *overrides;
	size_t override_count;
	struct dg_policy_waiver_note *waivers;
	size_t waiver_count;
};

/*
 * Of a settled policy. `host_name` is what it was settled for; `hosts` (NULL-terminated,
 * NULL: not known) are the names of the cluster's nodes; `now` in seconds since 1970;
 * `verdict` is what it led to (NULL: nothing was judged). 0 or -ENOMEM.
 */
int dg_policy_report_new(const struct dg_policy *policy, const char *host_name,
			 const char *const *hosts, int64_t now,
			 const struct dg_verdict *verdict, struct dg_policy_report **ret);
void dg_policy_report_free(struct dg_policy_report *report);
DG_DEFINE_CLEANUP(struct dg_policy_report *, dg_policy_report_free);

/* As a document of schema driftguard.policy-show/1 (policy-report-json.c). NULL: out of
 * memory. */
struct json_object *dg_policy_report_encode(const struct dg_policy_report *report);

/* used, unused, expired, other-hosts, no-known-host, not-judged */
const char *dg_waiver_use_name(enum dg_waiver_use use);
/* Whole days from `then` to `now`, never less than 0. */
int64_t dg_days_between(int64_t then, int64_t now);
