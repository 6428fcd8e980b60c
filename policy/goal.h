/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an action on the boot configuration is to bring about, and whether a host is
 * there. Pure: what a command's exit status says does not count, only what is read. */
#pragma once

#include "policy/plan.h"

struct dg_goal {
	const char *pin;      /* what the pin file names; NULL: there is none */
	const char *next_pin; /* likewise for the next boot only */
	/* What every boot loader boots that the firmware may start, on every listed ESP:
	 * lastingly, that is, a one-shot of the loader's own left aside. Its copy there
	 * is whole. NULL: does not matter. */
	const char *boots;
	/* Each listed ESP's copies are those of what lies in /boot: of all kernels, not
	 * only of the one that boots. */
	bool fresh;
	size_t missing; /* so many listed ESPs may lack their device: a person said so */
};

/* YES: all of it. NO, CANNOT_TELL: *ret_why (owned; NULL where memory ran out) says what
 * is missing, and where. */
enum dg_answer dg_goal_reached(const struct dg_facts *facts,
			       const struct dg_policy *policy, const struct dg_goal *goal,
			       char **ret_why);

/* The goal of a plan that was made from these facts. Pointers lead into both. */
void dg_goal_of_plan(const struct dg_facts *facts, const struct dg_plan *plan,
		     struct dg_goal *ret);

/* The goal that stands for a host as it is now: what an undo has to bring back. Boot
 * loaders that do not agree, or do not follow the pin files, are not among it, nor are
 * stale ESPs. Pointers lead into `facts`. */
void dg_goal_of(const struct dg_facts *facts, const struct dg_policy *policy,
		struct dg_goal *ret);

/* What the pin files name once `argv` was carried out: the two pins of `goal` become
 * that. */
void dg_goal_step(const struct dg_argv *argv, struct dg_goal *goal);

/* What is wrong with `argv` as a command of a plan, in words; NULL: it is one of the
 * closed set of proxmox-boot-tool's verbs: kernel pin ABI [--next-boot], kernel unpin
 * [--next-boot], refresh. */
const char *dg_command_refuse(const struct dg_argv *argv);
