/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan of a trial: a kernel for the next boot only. */
#include "policy/plan-trial.h"

int dg_plan_make_trial(const struct dg_view *view, struct dg_plan *plan)
{
	dg_plan_drop_steps(plan);
	plan->strategy = "pin-next-boot";
	return dg_plan_steps_try(view, plan->target, plan);
}
