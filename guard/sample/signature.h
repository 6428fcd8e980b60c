/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within sampling: how the guests wait at the time of the window. */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"

/* Look at the guests' threads, and say what qemu-ring-phantom says of them; `facts` holds
 * the self-test's result, if there is one. */
void dg_signature_take(const struct dg_root *root, const struct dg_facts *facts,
		       struct dg_signature *ret);
