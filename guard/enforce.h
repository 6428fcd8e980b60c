/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the verb enforce: a run of it. */
#pragma once

#include "guard/act/runner.h"
#include "guard/verbs.h"
#include "policy/gates.h"

struct dg_enforce_work {
	const struct dg_options *options;
	struct dg_root *root;
	char *tool;
	struct dg_facts *facts;
	struct dg_policy *policy;
	struct dg_verdict *verdict;
	struct dg_enforcement decision;
	bool recovered; /* an unfinished action was found */
	struct dg_act_report recovery;
	bool acted; /* the runner was asked */
	struct dg_act_report report;
	char *record, *no_record;
};

/* --- enforce-tell.c --- */
/* dry-run, or what became of it. */
const char *dg_enforce_outcome(const struct dg_enforce_work *work);
/* An entry in the journal, and one of what an earlier run had left. */
void dg_enforce_tell(const struct dg_enforce_work *work);
/* 0, or negative after a complaint. */
int dg_enforce_print(const struct dg_enforce_work *work);

/* --- enforce-ledger.c --- */
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
