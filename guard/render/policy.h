/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy in force, as text for people; its JSON is dg_policy_report_encode()'s. */
#pragma once

#include "guard/render/render.h"
#include "policy/policy-report.h"

/* What is not a default, and all of it with `verbose`; what is wrong; what becomes of
 * overrides and waivers. 0 or -ENOMEM; a failed write shows in ferror(out). */
int dg_print_policy(FILE *out, const struct dg_policy_report *report,
		    const struct dg_style *style);
