/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The goal that a host is at. */
#include "policy/goal.h"
#include "policy/text.h"
#include "policy/view.h"

/* The kernel that all of the loaders boot; NULL: they do not agree. */
static const char *find_agreed(const struct dg_view *view)
{
	for (size_t i = 1; i < view->loader_count; i++)
		if (!dg_streq(view->loaders[i].lasting.abi, view->loaders[0].lasting.abi))
			return NULL;
	return view->loader_count ? view->loaders[0].lasting.abi : NULL;
}

static size_t count_missing(const struct dg_facts *facts)
{
	size_t n = 0;

	dg_list_foreach (esp, facts->boot.esps)
		n += dg_true(&esp->listed) && dg_absent(&esp->device);
	return n;
}

static bool is_at(const struct dg_facts *facts, const struct dg_policy *policy,
		  const struct dg_goal *goal)
{
	DG_FREE char *why = NULL;

	return dg_goal_reached(facts, policy, goal, &why) == DG_YES;
}

/* What does not follow the pin files is nothing that commands lead back to. */
static bool follows_pins(const struct dg_goal *goal, const char *boots)
{
	const char *pinned = goal->next_pin ? goal->next_pin : goal->pin;

	return !pinned || dg_streq(pinned, boots);
}

void dg_goal_of(const struct dg_facts *facts, const struct dg_policy *policy,
		struct dg_goal *ret)
{
	struct dg_goal boots = {.pin = dg_get(&facts->boot.pin),
				.next_pin = dg_get(&facts->boot.next_pin),
				.missing = count_missing(facts)};
	struct dg_goal fresh = boots;
	struct dg_view view;

	*ret = boots;
	if (dg_view_derive(facts, policy, &view) < 0)
		return;
	boots.boots = find_agreed(&view);
	dg_view_clear(&view);
	if (boots.boots && follows_pins(ret, boots.boots) && is_at(facts, policy, &boots))
		ret->boots = boots.boots;
	fresh.fresh = dg_true(&facts->boot.managed);
	ret->fresh = fresh.fresh && is_at(facts, policy, &fresh);
}
