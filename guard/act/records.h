/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of actions, to be read by others (record.c). */
#pragma once

#include "guard/base/root.h"
#include "policy/action-record.h"

/* The newest action of those that are `wanted`. *ret NULL: there is none; records that
 * cannot be used are passed over. 0 or a negative errno. */
int dg_action_find(const struct dg_root *root,
		   bool (*wanted)(const struct dg_action *action, const void *arg),
		   const void *arg, struct dg_action **ret);
