/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within policy/: what a gate is judged by. Each is a pure function, named in the table
 * of gates.c, that answers exactly once. */
#pragma once

#include "policy/gates.h"

struct dg_gate_work {
	const struct dg_view *view;
	const struct dg_verdict *verdict;
	const struct dg_finding *because; /* the worst drift that the policy acts on */
	const struct dg_plan *plan;	  /* NULL: there is none, or it has no steps */
	const char *wanted;		  /* the plan's action; NULL: no plan */
	const char *action;		  /* that is chosen */
};

/* --- answers --- */
void dg_gate_open(struct dg_gate *gate, const char *fmt, ...) DG_PRINTF(2, 3);
void dg_gate_shut(struct dg_gate *gate, const char *fmt, ...) DG_PRINTF(2, 3);
void dg_gate_untold(struct dg_gate *gate, const char *fmt, ...) DG_PRINTF(2, 3);
/* Untold, if any of the facts at these paths (NULL-terminated) is a gap. */
bool dg_gate_gap(const struct dg_gate_work *w, struct dg_gate *gate,
		 const char *const *paths);
#define DG_PATHS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* --- lists of the policy --- */
/* Whether the list at the dotted path holds the word. */
bool dg_policy_lists(const struct dg_policy *policy, const char *path, const char *word);
/* Its elements, joined by ", ". Owned; NULL: out of memory. */
char *dg_policy_list_join(const struct dg_policy *policy, const char *path);

/* Fill because, plan, wanted and action. *ret is the plan, which the caller frees; 0 or
 * -ENOMEM (gates-plan.c). */
int dg_gate_plan(struct dg_gate_work *w, struct dg_plan **ret);

/* The kernel that boots once the plan was carried out; NULL: the newest one. */
const char *dg_gate_kernel(const struct dg_gate_work *w);

/* What the policy wants (gates-policy.c). */
void dg_gate_policy(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_enabled(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_finding(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_waived(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_grace(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_action(const struct dg_gate_work *w, struct dg_gate *gate);
/* Whether the kernel is the right one (gates-kernel.c). */
void dg_gate_preflights(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_proven(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_not_older(const struct dg_gate_work *w, struct dg_gate *gate);
/* Whether the host can be touched now (gates-host.c). */
void dg_gate_known(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_clock(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_container(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_upgrade(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_next_boot_pin(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_migration(const struct dg_gate_work *w, struct dg_gate *gate);
/* What was done before (gates-actions.c). */
void dg_gate_unfinished(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_cooldown(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_once_a_boot(const struct dg_gate_work *w, struct dg_gate *gate);
/* Whether it is this host's turn (gates-fleet.c). */
void dg_gate_quorum(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_canary(const struct dg_gate_work *w, struct dg_gate *gate);
void dg_gate_rollout(const struct dg_gate_work *w, struct dg_gate *gate);
