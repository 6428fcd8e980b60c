/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/enforce.h"

#include <errno.h>

#include "policy/text.h"
#include "policy/timefmt.h"

#define DAY INT64_C(86400)

void dg_enforce_ledger_clear(struct dg_enforce_ledger *l)
{
	free(l->reason);
	free(l->owner);
	free(l->abis[0]);
	*l = (struct dg_enforce_ledger){0};
}

/* The last second of the day on which a pin of today is too old. */
static int64_t find_due(const struct dg_view *view)
{
	int64_t due = view->now + view->policy->pin.max_age_days * DAY;
	char date[DG_DATE_SIZE];

	/* The same day, so it can be parsed. */
	dg_date_parse_end(dg_date_format(due, date), &due);
	return due;
}

static int write_entry(const struct dg_view *view, const struct dg_enforcement *decision,
		       struct dg_enforce_ledger *l)
{
	const struct dg_debt *debt = view->pin.debt;
	const char *owner = debt ? dg_get(&debt->owner) : NULL;
	const char *reason = debt ? dg_get(&debt->reason) : NULL;

	l->reason =
		dg_format("repinned by the policy (enforce, %s) in the place of "
			  "%s%s%s%s",
			  decision->because, view->pin.abi ? view->pin.abi : "none",
			  reason ? " (" : "", reason ? reason : "", reason ? ")" : "");
	l->owner = dg_format("%s", owner && *owner ? owner : "driftguard");
	l->ledger.abi = decision->plan->target;
	l->ledger.reason = l->reason;
	l->ledger.owner = l->owner;
	l->ledger.since = view->now;
	l->ledger.until = find_due(view);
	return l->reason && l->owner ? 0 : -ENOMEM;
}

static int make(const struct dg_view *view, const struct dg_enforcement *decision,
		struct dg_enforce_ledger *l)
{
	bool repins = dg_streq(decision->action, "repin");
	int r = repins ? write_entry(view, decision, l) : 0;

	if (r < 0 || (!repins && !dg_streq(decision->action, "unpin")))
		return r;
	if (!view->pin.debt || dg_streq(view->pin.abi, l->ledger.abi))
		return 0;
	l->abis[0] = dg_format("%s", view->pin.abi);
	return l->abis[0] ? 0 : -ENOMEM;
}

int dg_enforce_ledger_make(const struct dg_facts *facts, const struct dg_policy *policy,
			   const struct dg_enforcement *decision,
			   struct dg_enforce_ledger *ret)
{
	struct dg_enforce_ledger l = {0};
	struct dg_view view;
	int r = dg_view_derive(facts, policy, &view);

	if (r < 0)
		return r;
	r = make(&view, decision, &l);
	dg_view_clear(&view);
	if (r < 0) {
		dg_enforce_ledger_clear(&l);
		return r;
	}
	*ret = l;
	/* Into *ret itself. */
	if (ret->abis[0])
		ret->ledger.remove = (const char *const *)ret->abis;
	return 0;
}
