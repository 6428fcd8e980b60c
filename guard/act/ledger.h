/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing the ledger of pins, /etc/driftguard/pins.d/ABI.json, schema driftguard.pin/1
 * (read by guard/collect/ledger.c). */
#pragma once

#include "guard/base/root.h"
#include "policy/action-record.h"

struct dg_act_ledger;

/* Write the entry of `ledger`, if it has one, then remove those that it names; each
 * atomically. Doing it twice is as doing it once. 0 or a negative errno with *ret_why
 * (owned). */
int dg_ledger_apply(const struct dg_root *root, const struct dg_act_ledger *ledger,
		    char **ret_why);

/* What is to be done to the ledger, as part of a record, with the content of the entries
 * that go. 0; -ENOMEM; or another negative errno with *ret_why: one cannot be read. */
int dg_ledger_note(const struct dg_root *root, const struct dg_act_ledger *ledger,
		   struct dg_action_ledger *ret, char **ret_why);

/* And do what a record says is to be done. */
int dg_ledger_apply_noted(const struct dg_root *root,
			  const struct dg_action_ledger *noted, char **ret_why);
