/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan of a trial: a kernel for the next boot only. */
#include <errno.h>

#include "policy/plan-trial.h"
#include "policy/text.h"

#define TOOL "proxmox-boot-tool"

static int fill(struct dg_argv *argv, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		argv->words[i] = dg_format("%s", words[i]);
		if (!argv->words[i])
			return -ENOMEM;
	}
	return 0;
}

int dg_plan_make_trial(const struct dg_facts *facts, struct dg_plan *plan)
{
	const char *const pin[] = {TOOL,	 "kernel",	"pin",
				   plan->target, "--next-boot", NULL};
	const char *const unpin[] = {TOOL, "kernel", "unpin", "--next-boot", NULL};
	const char *const refresh[] = {TOOL, "refresh", NULL};
	struct dg_step *first = &plan->steps[0], *second = &plan->steps[1];
	bool managed = dg_true(&facts->boot.managed);
	int r;

	dg_plan_drop_steps(plan);
	plan->strategy = "pin-next-boot";
	plan->step_count = managed ? 2 : 1;
	first->why = "makes the target boot once";
	first->undo_count = plan->step_count;
	r = fill(&first->argv, pin);
	if (r == 0)
		r = fill(&first->undo[0], unpin);
	if (r == 0 && managed)
		r = fill(&first->undo[1], refresh);
	if (r < 0 || !managed)
		return r;
	second->why = "copies the choice onto every ESP";
	return fill(&second->argv, refresh);
}
