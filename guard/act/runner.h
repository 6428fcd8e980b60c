/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying out a plan on the boot configuration, so that it cannot hurt:
 *
 *   refuse   another run holds the lock, or a command that it left does; an unfinished
 *            action is open; a next-boot pin is pending; dpkg is at work (its frontend
 *            lock is taken, and held while acting); the tool is missing; a command is
 *            none of the closed set; a preflight is not passed and not overridden
 *   intent   what is to be done, from what state, with what undo, on disk before the
 *            first step, and brought up to date around each
 *   steps    no shell, a clean environment, no terminal, a process group of its own, a
 *            time limit; what it said is kept in the record
 *   verify   the host is read again: pin files, every boot loader and every listed ESP
 *            say what the goal says, or it was no success, whatever the exit statuses
 *            were
 *   undo     otherwise: the undo of every step begun, last first; the pin files and their
 *            times (a pin's age) as they were; and the host is read once more
 *   record   /var/lib/driftguard/actions/ID.json *is* the intent while its "state" is
 *            "open"; closing it is one atomic rewrite
 *
 * It never reboots. SIGHUP, SIGINT and SIGTERM wait until it is through.
 */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"
#include "policy/goal.h"
#include "policy/plan.h"

#define DG_BOOT_TOOL "/usr/sbin/proxmox-boot-tool"

/* What becomes of the ledger when the goal is reached. */
struct dg_act_ledger {
	const char *abi; /* NULL: no entry is written */
	const char *reason, *owner;
	int64_t since, until;	   /* a time; the last second of the due day */
	const char *const *remove; /* entries of these ABIs go, and are kept in the
				      record; NULL-terminated, NULL: none */
};

/* Why it may act, as a policy sees it; for the record. */
struct dg_act_gate {
	const char *id, *detail;
	bool open;
};

struct dg_act_request {
	const struct dg_root *root;
	const char *tool; /* DG_BOOT_TOOL; on a tree, a program that acts on that */
	const struct dg_facts *facts; /* that the plan was made from */
	const struct dg_policy *policy;
	const struct dg_plan *plan;
	const struct dg_goal *goal;
	struct dg_act_ledger ledger;
	const char *verb;	       /* pin, unpin, enforce: who acts */
	const char *because;	       /* check id that it acts on; NULL */
	const char *const *overridden; /* preflights that a person has overridden;
					  NULL-terminated, NULL: none */
	const struct dg_act_gate *gates;
	size_t gate_count;
	const int64_t *now; /* NULL: the clock */
	int step_limit_s;   /* 0: 300 */
};

enum dg_act_outcome {
	DG_ACT_REFUSED,	   /* nothing was touched */
	DG_ACT_NOTHING,	   /* the goal was reached already (the ledger is written) */
	DG_ACT_DONE,	   /* and verified */
	DG_ACT_UNDONE,	   /* it failed; what was before is verified to be again */
	DG_ACT_UNFINISHED, /* it failed and so did the undo, it cannot be told whether it
			      did, or the ledger or the record could not be written: the
			      intent stays open */
};

/* All texts are owned. */
struct dg_act_report {
	enum dg_act_outcome outcome;
	char *why;    /* a sentence: what was done, refused or failed, and what to do */
	char *record; /* path of the record; NULL: none could be written */
	char *boots;  /* the ABI that boots next, as read last; NULL: cannot be told */
};

/* 0 whatever the outcome, or -ENOMEM. */
int dg_act_run(const struct dg_act_request *request, struct dg_act_report *ret);
void dg_act_report_clear(struct dg_act_report *report);
#define DG_ACT_REPORT_CLEANUP DG_CLEANUP(dg_act_report_clear)

/* refused, nothing, done, undone, unfinished */
const char *dg_act_outcome_name(enum dg_act_outcome outcome);

/*
 * An action that was cut off (power, SIGKILL) is completed where its goal is reached, or
 * lacks a refresh alone, which is run; else it is rolled back; then pin, ESPs and ledger
 * agree. One that came to its end, and of which that cannot be told, stays open. Where
 * somebody has pinned another kernel since, that is left alone, and the outcome is
 * DG_ACT_NOTHING. To be called before every action; of the request it takes root, tool,
 * policy, now and step_limit_s. *ret_found false: none was open, and *ret is empty.
 * DG_ACT_REFUSED and DG_ACT_UNFINISHED: it is still open, or cannot be told.
 */
int dg_act_recover(const struct dg_act_request *request, bool *ret_found,
		   struct dg_act_report *ret);

/*
 * A closed record of a run that does not act, of outcome `outcome` ("dry-run", "refused")
 * and with the sentence `why`: of the request it takes root, facts, plan and goal (each
 * may be NULL), verb, because, overridden, gates and now. *ret_record (owned) is its
 * path. 0; -ENOMEM; or another negative errno with *ret_why (owned).
 */
int dg_act_note(const struct dg_act_request *request, const char *outcome,
		const char *why, char **ret_record, char **ret_why);
