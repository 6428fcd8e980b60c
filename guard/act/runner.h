/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying out a plan on the boot configuration, so that it cannot hurt:
 *
 *   refuse   another run holds the lock (or a child that it left does); an unfinished
 *            action is open; a next-boot pin is pending; dpkg is at work; the tool is
 *            missing; a command is none of the closed set
 *   intent   what is to be done, from what state, with what undo, on disk before the
 *            first step and brought up to date around each
 *   steps    argv without a shell, a clean environment, no terminal, a time limit, the
 *            output kept
 *   verify   the host is read again: pin file, every boot loader and ESP say what the
 *            goal says, or it was no success, whatever the exit statuses were
 *   undo     otherwise: the undo of every step begun, last first; pin files and their
 *            times as they were; and the host read once more
 *   record   /var/lib/driftguard/actions/ID.json, and the intent is closed
 *
 * It never reboots, and at every point in between the host can boot the old or the new
 * kernel: the boot tool copies before it deletes.
 */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"
#include "policy/goal.h"
#include "policy/plan.h"

#define DG_BOOT_TOOL "/usr/sbin/proxmox-boot-tool"

/* What goes into the ledger when the goal is reached. */
struct dg_act_ledger {
	const char *abi; /* NULL: no entry is written */
	const char *reason, *owner;
	int64_t since, until;
	const char *remove; /* entry of this ABI goes; NULL: none does */
};

struct dg_act_request {
	const struct dg_root *root;
	const char *tool;	      /* DG_BOOT_TOOL; another one only for a tree */
	const struct dg_facts *facts; /* as of now, complete */
	const struct dg_policy *policy;
	const struct dg_plan *plan; /* its steps, and why */
	const struct dg_goal *goal;
	struct dg_act_ledger ledger;
	const char *verb;	       /* pin, unpin, enforce: who acts */
	const char *const *overridden; /* preflights that a person has overridden; NULL-
					  terminated, NULL: none */
	int step_limit_s;	       /* 0: 300 */
};

enum dg_act_outcome {
	DG_ACT_REFUSED,	   /* nothing was touched */
	DG_ACT_NOTHING,	   /* the goal was reached already */
	DG_ACT_DONE,	   /* and verified */
	DG_ACT_UNDONE,	   /* it failed; what was before is verified to be again */
	DG_ACT_UNFINISHED, /* it failed, and so did the undo: the intent stays open */
};

struct dg_act_report {
	enum dg_act_outcome outcome;
	char *why;    /* a sentence: what was refused or failed, and what to do */
	char *record; /* path of the record; NULL: none could be written */
	char *boots;  /* the ABI that boots next now, as read again; NULL: cannot be told
		       */
};

/* 0 whatever the outcome, or a negative errno (no memory). */
int dg_act_run(const struct dg_act_request *request, struct dg_act_report *ret);
void dg_act_report_clear(struct dg_act_report *report);

/* An action that was cut off (power, SIGKILL) is completed where its goal is reached
 * already or nothing but the ledger is missing, else rolled back; then pin, ESPs and
 * ledger agree. *ret_found false: none was open. */
int dg_act_recover(const struct dg_act_request *request, bool *ret_found,
		   struct dg_act_report *ret);
/* What is unfinished, as a sentence, for `check` and `status`; NULL: nothing. Owned. */
char *dg_act_open_intent(const struct dg_root *root);
