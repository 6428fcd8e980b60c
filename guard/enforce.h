/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the verb enforce: from a decision to what the runner is asked for. */
#pragma once

#include "guard/act/runner.h"
#include "policy/gates.h"

/* The entry of the ledger that goes with an action; owns its texts. */
struct dg_enforce_ledger {
	char *reason, *owner;
	char *abis[2]; /* of the entry that goes, NULL-terminated */
	struct dg_act_ledger ledger;
};

/*
 * After a pin of ours: why, in the name of whoever owned the pin before, due when a pin
 * may be no older (pin.max_age_days). The entry of the pin that is replaced or left goes.
 * A trial leaves the ledger as it is. 0 or -ENOMEM; the caller clears *ret.
 */
int dg_enforce_ledger_make(const struct dg_facts *facts, const struct dg_policy *policy,
			   const struct dg_enforcement *decision,
			   struct dg_enforce_ledger *ret);
void dg_enforce_ledger_clear(struct dg_enforce_ledger *ledger);
