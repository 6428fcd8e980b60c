/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gates: is the kernel that the plan leads to fit to be booted without a person? */
#include "policy/gate.h"
#include "policy/text.h"
#include "policy/timefmt.h"

/* --- preflights --- */

/* "image: no image; esp-space: ...", those of an answer that are in the way, or that only
 * advise. NULL: none, or no memory. */
static char *list_preflights(const struct dg_plan *plan, enum dg_answer answer,
			     bool advisory)
{
	DG_FREE char *all = NULL;

	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];
		char *longer;

		if (p->ok != answer || p->advisory != advisory)
			continue;
		longer = dg_format("%s%s%s: %s", all ? all : "", all ? "; " : "", p->id,
				   p->detail);
		if (!longer)
			return NULL;
		free(all);
		all = longer;
	}
	return DG_STEAL(all);
}

/* Advice is given, and stands in nobody's way. */
static size_t count_blocking(const struct dg_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->preflight_count; i++)
		n += !plan->preflights[i].advisory;
	return n;
}

void dg_gate_preflights(const struct dg_gate_work *w, struct dg_gate *gate)
{
	DG_FREE char *no = NULL, *untold = NULL, *advice = NULL;

	if (!w->plan) {
		dg_gate_shut(gate, "no command is planned");
		return;
	}
	no = list_preflights(w->plan, DG_NO, false);
	untold = list_preflights(w->plan, DG_CANNOT_TELL, false);
	advice = list_preflights(w->plan, DG_NO, true);
	if (!advice)
		advice = list_preflights(w->plan, DG_CANNOT_TELL, true);
	if (no)
		dg_gate_shut(gate, "%s", no);
	else if (untold)
		dg_gate_untold(gate, "%s", untold);
	else if (w->plan->ready && advice)
		dg_gate_open(gate, "all that count are passed; to mind: %s", advice);
	else if (w->plan->ready)
		dg_gate_open(gate, "all of %zu that could be in the way are passed",
			     count_blocking(w->plan));
}

/* --- proven --- */

static const struct dg_proof *find_proof(const struct dg_facts *facts, const char *abi)
{
	dg_list_foreach (proof, facts->proven)
		if (dg_streq(dg_get(&proof->abi), abi))
			return proof;
	return NULL;
}

static void judge_proof(const struct dg_gate_work *w, const char *abi,
			struct dg_gate *gate)
{
	const struct dg_proof *proof = find_proof(w->view->facts, abi);
	const char *because = proof ? dg_get(&proof->because) : NULL;

	if (proof && dg_true(&proof->well))
		dg_gate_open(gate, "%s has booted well here before: %s", abi,
			     because ? because : "by its record");
	else if (dg_gate_gap(w, gate, DG_PATHS("proven.*")))
		return;
	else
		dg_gate_shut(gate,
			     "%s has not booted well here before: %s; a person may try "
			     "it: driftguard pin %s --next-boot",
			     abi, because ? because : "there is no record of it", abi);
}

void dg_gate_proven(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const char *abi = dg_gate_kernel(w);

	if (!w->view->policy->enforce.require_proven)
		dg_gate_open(gate, "the policy does not ask for it "
				   "(enforce.require_proven)");
	else if (!abi)
		dg_gate_shut(gate, "which kernel would boot is not said");
	else if (dg_streq(abi, dg_get(&w->view->facts->kernel.release)))
		dg_gate_open(gate, "%s is what runs", abi);
	else
		judge_proof(w, abi, gate);
}

/* --- not-older --- */

void dg_gate_not_older(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const char *running = dg_get(&w->view->facts->kernel.release);
	const char *next = w->view->next.abi, *abi = dg_gate_kernel(w);

	if (!running || !next)
		dg_gate_untold(gate, "which kernel %s is not known",
			       running ? "boots next" : "runs");
	else if (!abi)
		dg_gate_open(gate, "the newest kernel boots; %s runs", running);
	else if (dg_abi_cmp(abi, running) < 0)
		dg_gate_shut(gate, "%s is older than %s, which runs", abi, running);
	else if (dg_abi_cmp(abi, next) < 0)
		dg_gate_shut(gate, "%s is older than %s, which boots next", abi, next);
	else
		dg_gate_open(gate,
			     "%s is not older than %s, which runs, nor than %s, "
			     "which boots next",
			     abi, running, next);
}
