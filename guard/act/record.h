/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records of actions on disk, /var/lib/driftguard/actions/ID.json. */
#pragma once

#include "guard/base/root.h"
#include "policy/action-record.h"

/* The oldest open one; *ret NULL: there is none. Negative: it cannot be told, and
 * *ret_why (owned) says why. */
int dg_action_find_open(const struct dg_root *root, struct dg_action **ret,
			char **ret_why);
/* Write it, whole or not at all; errors as in guard/base/write.h. */
int dg_action_write(const struct dg_root *root, const struct dg_action *action,
		    char **ret_why);
/* Take a record back that nothing was done by. */
void dg_action_drop(const struct dg_root *root, const struct dg_action *action);
/* The number for an id of this time (dg_action_id): ids sort in the order in which they
 * were made, of one second too. 0, or a negative errno. */
int dg_action_number(const struct dg_root *root, int64_t time, uint32_t *ret);
/* Remove the oldest closed ones: of runs that did nothing beyond the newest 100, of
 * others beyond the newest 200. */
void dg_actions_retain(const struct dg_root *root);
