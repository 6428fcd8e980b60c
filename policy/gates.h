/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the policy lets driftguard act on a host by itself, now: pure, so that a
 * fleet's behaviour can be tried out on its facts. */
#pragma once

#include "policy/judge.h"

/* One condition. All of them are told, open or not: a refusal names each that is shut. */
struct dg_gate {
	const char *id;
	enum dg_answer open; /* one that cannot be told is shut */
	char *detail;	     /* a clause with the values it was judged by */
};

#define DG_GATES_MAX 24

enum dg_enforce_state {
	DG_ENFORCE_NOTHING,  /* there is nothing to be done: no drift, or it is waived */
	DG_ENFORCE_NOTIFIES, /* the policy wants it told, and no more */
	DG_ENFORCE_REFUSED,  /* a gate is shut */
	DG_ENFORCE_ACTS,     /* all are open, and there is a plan of an allowed action */
};

struct dg_enforcement {
	/* In the order of the table in gates.c; where nothing drifts that the policy acts
	 * on, only those that tell so. */
	struct dg_gate gates[DG_GATES_MAX];
	size_t gate_count;
	enum dg_enforce_state state;
	const char *action;   /* notify, repin, unpin, pin-next-boot, refresh */
	const char *because;  /* the check whose drift it acts on; NULL: none */
	struct dg_plan *plan; /* what would be done; NULL: nothing */
	char *summary;	      /* a sentence: what is done, or why not, and until when */
};

/*
 * Decide for a host, by facts and the verdict that they led to under this (settled)
 * policy. The plan is made for the drift that the policy acts on, and for no other, so it
 * may differ from the verdict's. 0 or -ENOMEM; the caller clears *ret.
 */
int dg_enforce_decide(const struct dg_facts *facts, const struct dg_policy *policy,
		      const struct dg_verdict *verdict, struct dg_enforcement *ret);
void dg_enforcement_clear(struct dg_enforcement *enforcement);
/* For one that starts zeroed. */
#define DG_ENFORCEMENT_CLEANUP DG_CLEANUP(dg_enforcement_clear)

/* nothing, notifies, refused, acts */
const char *dg_enforce_state_name(enum dg_enforce_state state);
/* As driftguard.enforce/1, without what became of it (gates-json.c). */
struct json_object *dg_enforcement_encode(const struct dg_enforcement *enforcement);
struct json_object *dg_gates_encode(const struct dg_enforcement *enforcement);

/* The place of a host among 100, from 0 on, by a hash of its id: the same for good. */
unsigned dg_rollout_place(const char *host_id);
