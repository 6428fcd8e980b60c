/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the plans of pin and unpin: preflights of their own. Each adds one to the plan,
 * or answers the one of its name anew. 0 or -ENOMEM. */
#pragma once

#include "policy/plan.h"

/* All preflights of moving to `abi`; of a kernel that is not installed its image alone,
 * with the nearest one that is. */
int dg_pin_ask_kernel(const struct dg_view *view, const char *abi, struct dg_plan *plan);
/* ledger-sound: an entry that cannot be read is one that could be written over, or left
 * behind. */
int dg_pin_ask_ledger(const struct dg_view *view, struct dg_plan *plan);
/* policy-sound: whether a reason is wanted is for the policy to say, and a layer that
 * cannot be used may have said it. */
int dg_pin_ask_policy(const struct dg_view *view, struct dg_plan *plan);
/* pin-readable: the way back leads to what is pinned now. */
int dg_pin_ask_readable(const struct dg_view *view, struct dg_plan *plan);
/* no-next-boot-pin: until the trial is over there is nothing to build on, also where it
 * is of this very kernel: its end brings back what was before. `then` is the command that
 * goes on after that; NULL: none. */
int dg_pin_ask_trial(const struct dg_view *view, const char *then, struct dg_plan *plan);
/* pinned-by-tool: what a person wrote is for a person to take back. */
int dg_pin_ask_by_hand(const struct dg_view *view, struct dg_plan *plan);
