/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an action on the boot configuration is to bring about, and whether a host is
 * there. */
#pragma once

#include "policy/plan.h"

struct dg_goal {
	const char *pin;      /* what the pin file names; NULL: there is no pin file */
	const char *next_pin; /* likewise for the next boot only */
	const char *boots;    /* what every boot loader that the firmware may start, on
				 every listed ESP, boots lastingly; NULL: does not matter */
};

/* YES: all of it; NO and CANNOT_TELL with *ret_why (owned): what is missing, where. */
enum dg_answer dg_goal_reached(const struct dg_facts *facts,
			       const struct dg_policy *policy, const struct dg_goal *goal,
			       char **ret_why);
/* The goal that stands for a host as it is now: what an undo has to bring back. Pointers
 * lead into `facts`. */
void dg_goal_of(const struct dg_facts *facts, const struct dg_policy *policy,
		struct dg_goal *ret);
