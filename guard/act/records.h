/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of actions, to be read by others (record.c). */
#pragma once

#include "guard/base/root.h"
#include "policy/action-record.h"

/* The newest action that changed something: its outcome is "done". *ret NULL: there is
 * none; records that cannot be used are passed over. 0 or a negative errno. */
int dg_action_find_done(const struct dg_root *root, struct dg_action **ret);
