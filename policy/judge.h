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
	/* Of one that was recorded earlier (verdict-status.c). */
	struct {
		bool is_set;
		bool missing;  /* none was: there are no findings worth showing */
		bool stale;    /* too old, or of another boot: the level is unknown */
		int64_t age_s; /* of one that is not missing */
	} recorded;
};

/* Judge. The facts must be complete in the sense that what was not read is a gap.
 * 0 or -ENOMEM. */
int dg_judge(const struct dg_facts *facts, const struct dg_policy *policy,
	     struct dg_verdict **ret);
void dg_verdict_free(struct dg_verdict *verdict);
DG_DEFINE_CLEANUP(struct dg_verdict *, dg_verdict_free);

const char *dg_level_name(enum dg_level level);
/* The higher the worse: ok, notice, unknown, warning, critical. */
int dg_level_rank(enum dg_level level);
/* The exit status of `check` (CONTRACT.md): 0 ok or notice, 1, 2, 3 unknown. */
int dg_level_exit_status(enum dg_level level);

#define DG_VERDICT_SCHEMA "driftguard.verdict/1"
/* The verdict as a document of that schema (verdict-json.c). */
struct json_object *dg_verdict_encode(const struct dg_verdict *verdict);

/*
 * And back (verdict-read.c). Members that are not known here are ignored, and so are
 * checks: the file may be of an earlier or a later version; one of the catalogue that the
 * document lacks is unknown. Why a command is to be run, and the like, is kept by a
 * reference to `json`. 0, -ENOMEM, or -EBADMSG with *ret_why (owned) naming the member.
 */
int dg_verdict_decode(struct json_object *json, struct dg_verdict **ret, char **ret_why);

/* A recorded verdict older than this is no answer: twice the period of the timer that
 * records one each day (CONTRACT.md). */
#define DG_VERDICT_AGE_MAX (2 * 24 * 60 * 60)

/*
 * What a recorded verdict says at `now`: sets `recorded`. One that is too old, dated in
 * the future by more than a day, or of another boot than `boot_id` (NULL: not known)
 * becomes unknown, with a headline that says so, and without a plan; its findings stay as
 * they were. 0 or -ENOMEM.
 */
int dg_verdict_grow_old(struct dg_verdict *verdict, int64_t now, const char *boot_id);
/* The verdict where none was recorded, or it cannot be used: unknown, `headline` saying
 * why. 0 or -ENOMEM. */
int dg_verdict_missing(int64_t now, const char *headline, struct dg_verdict **ret);

/* --- within policy/ --- */
/* One sentence for the whole (headline.c). NULL: out of memory. */
char *dg_headline(const struct dg_view *view, const struct dg_finding *findings,
		  size_t count, enum dg_level level);
/* The policy's waiver that covers a finding, expired or not; NULL: none. */
const struct dg_waiver *dg_judge_waiver(const struct dg_view *view,
					const struct dg_finding *finding);
struct json_object *dg_plan_encode(const struct dg_plan *plan); /* plan-json.c */
/* plan-read.c. 0, -ENOMEM, or -EBADMSG with *ret_why set. */
int dg_plan_decode(struct json_object *json, struct dg_plan **ret, char **ret_why);
/* A finding for every check of the catalogue, all unknown for the reason `why`, for a
 * verdict that has none yet. 0 or -ENOMEM. */
int dg_findings_blank(struct dg_verdict *verdict, const char *why);
