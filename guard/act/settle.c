/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Once the boot loaders are where they should be: the rest. */
#include <errno.h>

#include "guard/act/act.h"
#include "guard/act/intent.h"
#include "guard/act/ledger.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

/* The same pin as before, written once more, is as old as it was. What cannot be set is
 * an age that is wrong, not a boot that is. */
static void keep_ages(struct dg_act *act)
{
	DG_FREE char *why = NULL;

	dg_act_restore_pins(act, false, &why);
}

int dg_act_settle(struct dg_act *act, enum dg_act_outcome outcome, const char *how)
{
	DG_FREE char *why = NULL;
	const char *boots = dg_get(&act->action->goal.boots);
	int r;

	keep_ages(act);
	dg_note_host(act, &act->action->after);
	r = dg_ledger_apply_noted(act->request->root, &act->action->ledger, &why);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return dg_act_stay_open(act,
					"%s%s, but the ledger is not: %s; driftguard "
					"completes it when it acts next",
					boots ? boots : "what was asked for",
					boots ? " boots next" : " is done", why);
	return boots ? dg_act_close(act, outcome, "%s: %s boots next", how, boots)
		     : dg_act_close(act, outcome, "%s", how);
}
