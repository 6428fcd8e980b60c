/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The closed set of commands, and what they lead to. */
#include "policy/abi.h"
#include "policy/goal.h"

#define TOOL "proxmox-boot-tool"

/* --- commands --- */

static size_t count_words(const struct dg_argv *argv)
{
	size_t n = 0;

	while (n < DG_ARGV_MAX && argv->words[n])
		n++;
	return n;
}

static bool is_next_only(const struct dg_argv *argv, size_t at)
{
	return count_words(argv) > at && dg_streq(argv->words[at], "--next-boot");
}

static const char *refuse_kernel(const struct dg_argv *argv, size_t n)
{
	static const char more[] = "has words that are not known here";

	if (n >= 4 && dg_streq(argv->words[2], "pin")) {
		if (!dg_abi_valid(argv->words[3]))
			return "names no kernel";
		return n == 4 || (n == 5 && is_next_only(argv, 4)) ? NULL : more;
	}
	if (n >= 3 && dg_streq(argv->words[2], "unpin"))
		return n == 3 || (n == 4 && is_next_only(argv, 3)) ? NULL : more;
	return "is none of kernel pin, kernel unpin and refresh";
}

const char *dg_command_refuse(const struct dg_argv *argv)
{
	size_t n = count_words(argv);

	if (n == 0 || !dg_streq(argv->words[0], TOOL))
		return "is no command of " TOOL;
	if (n == 2 && dg_streq(argv->words[1], "refresh"))
		return NULL;
	if (n >= 3 && dg_streq(argv->words[1], "kernel"))
		return refuse_kernel(argv, n);
	return "is none of kernel pin, kernel unpin and refresh";
}

/* unpin without --next-boot takes the next-boot pin along (DOMAIN 2.1). */
void dg_goal_step(const struct dg_argv *argv, struct dg_goal *goal)
{
	if (dg_command_refuse(argv) || !dg_streq(argv->words[1], "kernel"))
		return;
	if (dg_streq(argv->words[2], "pin")) {
		if (is_next_only(argv, 4))
			goal->next_pin = argv->words[3];
		else
			goal->pin = argv->words[3];
		return;
	}
	goal->next_pin = NULL;
	if (!is_next_only(argv, 3))
		goal->pin = NULL;
}

/* --- goals --- */

/* What a refresh makes the ESPs boot where nothing is pinned. */
static const char *find_newest(const struct dg_facts *facts)
{
	struct dg_view view = {.facts = facts};
	const char *newest = NULL;

	dg_view_product(&view);
	dg_list_foreach (kernel, facts->kernels)
		if (dg_view_is_copied(&view, kernel) &&
		    (!newest || dg_abi_cmp(kernel->abi.value, newest) > 0))
			newest = kernel->abi.value;
	return newest;
}

void dg_goal_of_plan(const struct dg_facts *facts, const struct dg_plan *plan,
		     struct dg_goal *ret)
{
	*ret = (struct dg_goal){.pin = dg_get(&facts->boot.pin),
				.next_pin = dg_get(&facts->boot.next_pin)};
	for (size_t i = 0; i < plan->step_count; i++)
		dg_goal_step(&plan->steps[i].argv, ret);
	if (ret->next_pin)
		ret->boots = ret->next_pin;
	else if (ret->pin)
		ret->boots = ret->pin;
	else if (plan->target)
		ret->boots = plan->target;
	else if (dg_true(&facts->boot.managed))
		ret->boots = find_newest(facts);
}
