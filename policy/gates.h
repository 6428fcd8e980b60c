/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the policy lets driftguard act on a host by itself, now: pure, so that a
 * fleet's behaviour can be tried out on its facts. */
#pragma once

#include "policy/judge.h"

/* One condition. All of them are told, open or not: a refusal names each that is shut. */
struct dg_gate {
	const char *id;	     /* enabled, finding, waived, action, preflights, proven,
				not-older,      known, clock, container, upgrade, migration, quorum,
				canary, rollout, cooldown, once-a-boot, grace, policy */
	enum dg_answer open; /* one that cannot be told is shut */
	char *detail;	     /* a sentence with the values it was judged by */
};

struct dg_enforcement {
	struct dg_gate gates[24];
	size_t gate_count;
	bool acts; /* all gates are open, and there is a plan of an allowed action */
	const char *action;  /* notify, repin, unpin, pin-next-boot */
	const char *because; /* the check whose drift it acts on; NULL: none */
	char *summary;	     /* a sentence: what it does, or does not, and until when */
};

int dg_enforce_decide(const struct dg_facts *facts, const struct dg_policy *policy,
		      const struct dg_verdict *verdict, struct dg_enforcement *ret);
void dg_enforcement_clear(struct dg_enforcement *enforcement);
