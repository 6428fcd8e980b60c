/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts and policy in, verdict out. */
#pragma once

#include "policy/plan.h"

enum dg_level {
	DG_LEVEL_OK,
	DG_LEVEL_NOTICE,
	DG_LEVEL_WARNING,
	DG_LEVEL_CRITICAL,
	DG_LEVEL_UNKNOWN
};

/* All texts are owned; NULL where not known. Needs neither facts nor policy any more. */
struct dg_verdict {
	char *tool;
	int64_t time;
	struct {
		char *id, *name, *product, *product_name, *version, *boot_id;
	} host;
	enum dg_level level;
	char *headline;
	struct {
		char *running, *expected_series, *next_boot, *next_boot_because, *target;
	} kernel;
	struct dg_finding
		*findings; /* one for each check of the catalogue, in its order */
	size_t finding_count;
	struct dg_plan *plan; /* NULL: nothing to be done */
};

/* Judge. The facts must be complete in the sense that what was not read is a gap.
 * 0 or -ENOMEM. */
int dg_judge(const struct dg_facts *facts, const struct dg_policy *policy,
	     struct dg_verdict **ret);
void dg_verdict_free(struct dg_verdict *verdict);
DG_DEFINE_CLEANUP(struct dg_verdict *, dg_verdict_free);

const char *dg_level_name(enum dg_level level);
/* The exit status of `check` (CONTRACT.md): 0 ok or notice, 1, 2, 3 unknown. */
int dg_level_exit_status(enum dg_level level);

/* The verdict as a document of schema driftguard.verdict/1 (verdict-json.c). */
struct json_object *dg_verdict_encode(const struct dg_verdict *verdict);

/* --- within policy/ --- */
/* One sentence for the whole (headline.c). NULL: out of memory. */
char *dg_headline(const struct dg_view *view, const struct dg_finding *findings,
		  size_t count, enum dg_level level);
/* The policy's waiver that covers a finding, expired or not; NULL: none. */
const struct dg_waiver *dg_judge_waiver(const struct dg_view *view,
					const struct dg_finding *finding);
struct json_object *dg_plan_encode(const struct dg_plan *plan); /* plan-json.c */
