/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within guard/act/: an action under way. */
#pragma once

#include "guard/act/record.h"
#include "guard/act/runner.h"
#include "policy/action-record.h"

struct dg_act {
	const struct dg_act_request *request;
	int lock, dpkg;		  /* descriptors; -1: not held */
	struct dg_action *action; /* the record; NULL: not made yet */
	struct dg_facts *facts;	  /* as read last; NULL: not read */
	bool left;		  /* a command is at work still, and cannot be killed */
	struct dg_act_report report;
};

void dg_act_clear(struct dg_act *act);

/* --- how it ends (end.c); each returns 1, or -ENOMEM --- */

/* Nothing was touched. Where there is a record it is written, closed. */
int dg_act_refuse(struct dg_act *act, const char *fmt, ...) DG_PRINTF(2, 3);
/* The record stays as it is on disk: open. */
int dg_act_stay_open(struct dg_act *act, const char *fmt, ...) DG_PRINTF(2, 3);
/* Close the record; where that fails it stays open, and the outcome is unfinished. */
int dg_act_close(struct dg_act *act, enum dg_act_outcome outcome, const char *fmt, ...)
	DG_PRINTF(3, 4);

/* --- before it begins (refuse.c); 0: go on, 1: refused, or -ENOMEM --- */

int dg_act_check(struct dg_act *act);
/* Why the request's tool must not be run for its root (owned); NULL: it may. */
char *dg_act_wrong_tool(const struct dg_act *act);

/* --- doing and undoing; 0, or negative --- */

int64_t dg_act_now(const struct dg_act *act);
/* Read the host anew, into act->facts (runner.c). */
int dg_act_read(struct dg_act *act);
/* Bring the record up to date on disk (record.c). */
int dg_act_write(struct dg_act *act, char **ret_why);
/* Run the command of a step, which becomes ended; the locks are the command's too.
 * -EIO and others: it is no success, and *ret_why (owned) says why (steps.c). */
int dg_act_command(struct dg_act *act, struct dg_action_step *step, char **ret_why);
/* Run all steps that were not carried out yet. Negative: one failed; what was begun is to
 * be undone. */
int dg_act_steps(struct dg_act *act, char **ret_why);
/* Run them, verify, and settle as `how` says, or undo; a failure's sentence begins with
 * `so_far`. 1, or negative (runner.c). */
int dg_act_carry_out(struct dg_act *act, const char *so_far, const char *how);
/* What came of it cannot be told: nothing is taken back for that (runner.c). */
int dg_act_leave_unseen(struct dg_act *act, const char *so_far, const char *why);
/* Undo every step begun, and close the record or leave it open; `failure` is why. 1, or
 * -ENOMEM (undo.c). */
int dg_act_undo(struct dg_act *act, const char *failure);
/* Of an open record that is a one-shot's, or of one called off (once.c): close it as what
 * stands there, by act->facts, or leave it open. 1, or -ENOMEM. */
bool dg_act_is_once(const struct dg_action *action);
int dg_act_recover_once(struct dg_act *act);
/* The goal is reached: times, ledger, and closing the record as `outcome` (settle.c). */
int dg_act_settle(struct dg_act *act, enum dg_act_outcome outcome, const char *how);
/* Give a pin file that names what it named before the time that it had then; of those
 * that do not, with `content`, the content too (pins.c). */
int dg_act_restore_pins(struct dg_act *act, bool content, char **ret_why);
