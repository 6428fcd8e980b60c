/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pin and unpin have in common: the host and the policy, a plan with its preflights,
 * and carrying it out. */
#pragma once

#include "guard/act/once.h"
#include "guard/act/runner.h"
#include "guard/verbs.h"
#include "policy/plan-pin.h"

/* In place of an exit status: nothing stands in the way yet. */
#define DG_GO_ON (-1)

#define DG_PIN_NOTES_MAX 8

struct dg_pin_work {
	const struct dg_options *options;
	const char *verb;
	char *tool;
	struct dg_root *root;
	struct dg_facts *facts;
	struct dg_policy *policy;
	struct dg_view view;
	bool has_view;
	struct dg_plan *plan;
	struct dg_once once; /* of a trial by the boot loader itself */
	struct dg_act_ledger ledger;
	const char **stale; /* entries of kernels that are not pinned then */
	const char *asked[DG_PREFLIGHT_NAMES_MAX];	/* to be overridden */
	const char *overridden[DG_PREFLIGHT_NAMES_MAX]; /* those that had to be */
	char *notes[DG_PIN_NOTES_MAX + 1];		/* what else has to be said */
	size_t note_count;
	struct dg_act_report report;
	bool acted; /* there is a report; else it was a dry run, or nothing to do */
};

/*
 * Read the options, the host and the policy; where an earlier action was cut off, see to
 * that first. Everything is work->...'s to clear, whatever is returned: DG_GO_ON, or the
 * exit status after a complaint.
 */
int dg_pin_work_open(const struct dg_options *options, const char *verb,
		     struct dg_pin_work *work);
void dg_pin_work_close(struct dg_pin_work *work);
#define DG_PIN_WORK_CLEANUP DG_CLEANUP(dg_pin_work_close)

/* Something that is told with the plan; memory that runs out leaves it out. */
void dg_pin_work_note(struct dg_pin_work *work, const char *fmt, ...) DG_PRINTF(2, 3);
/* The entries of the ledger that go, since nothing pins those kernels then; `abi` (NULL:
 * none) is the one that stays pinned. 0 or -ENOMEM. */
int dg_pin_work_stale(struct dg_pin_work *work, const char *abi);
/* Print the plan, carry it out, print what came of it. The exit status. */
int dg_pin_work_finish(struct dg_pin_work *work);

/* --- pin-overrides.c --- */
/* Those that the options ask for, checked: DG_GO_ON, or the exit status after a
 * complaint. */
int dg_pin_overrides_take(struct dg_pin_work *work);
/* Which of them had to be: one that has passed needs none. */
void dg_pin_overrides_settle(struct dg_pin_work *work);

/* --- pin-print.c; 0 or a negative errno --- */
int dg_text_pin(FILE *out, const struct dg_pin_work *work);
int dg_text_pin_report(FILE *out, const struct dg_pin_work *work);
int dg_json_pin(FILE *out, const struct dg_pin_work *work);
