/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a recorded verdict goes, besides the records: one sink a file, behind one table.
 * From which verdict on each is told is the policy's to say ("sinks"). */
#pragma once

#include "guard/base/root.h"
#include "policy/judge.h"
#include "policy/policy.h"

struct dg_sink_job {
	const struct dg_root *root;
	const struct dg_policy *policy;
	const struct dg_verdict *verdict;
};

/* What went wrong in one of them, as a clause. */
typedef void (*dg_sink_fail_fn)(void *arg, const char *sink, const char *why);

/*
 * Tell all sinks; one that fails does not keep the others from being told. Sinks that
 * leave something behind are also told when the verdict is none of theirs, so that they
 * take it back. Of a tree (--root) those are left out that would reach outside of it: the
 * journal and mail. Returns how many failed.
 */
int dg_sinks_run(const struct dg_sink_job *job, dg_sink_fail_fn fail, void *arg);

struct dg_journal_deed;

/* An entry in the journal about what was done to the boot configuration, or not
 * (journal.h). Of a tree there is none. 0 or a negative errno. */
int dg_sink_action(const struct dg_root *root, const struct dg_journal_deed *deed);

/* --- within sink/ --- */

/* What a sink is told. */
struct dg_sink_call {
	const struct dg_root *root;
	const struct dg_verdict *verdict;
	const char *from; /* the policy's word: ok, notice, warning, critical, off; of one
			     that is on or off, "ok" or "off" */
};

/* Whether a verdict of that level is at `from` or above. One that is unknown is as good
 * as a warning: something that matters could not be seen. Nothing is above "off". */
bool dg_level_reaches(enum dg_level level, const char *from);

/* Each: 0, or a negative errno with *ret_why (owned; NULL: the errno says it). */
int dg_sink_motd(const struct dg_sink_call *call, char **ret_why);
int dg_sink_textfile(const struct dg_sink_call *call, char **ret_why);
int dg_sink_reboot(const struct dg_sink_call *call, char **ret_why);
int dg_sink_journal(const struct dg_sink_call *call, char **ret_why);
int dg_sink_mail(const struct dg_sink_call *call, char **ret_why);
