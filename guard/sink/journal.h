/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within sink/: the journal's entries as fields. Pure, for the tests. */
#pragma once

#include <sys/uio.h>

#include "policy/judge.h"

/* Explained in units/driftguard.catalog; never change. */
#define DG_MESSAGE_VERDICT "5e3f0c0d7a1b4c9e8f6a2b7d94c1e053"
#define DG_MESSAGE_FINDING "b1c26d8e0f3a4d57a9e47c5f82d60b19"

#define DG_MESSAGE_ACTION "8e95048d37a7db9270e9752c6d2a5a3c"

#define DG_JOURNAL_FIELDS 16

/* "MESSAGE=...", and so on; the bytes are owned. */
struct dg_journal_entry {
	struct iovec fields[DG_JOURNAL_FIELDS];
	int count;
};

/* The entry of a verdict, and the one of a finding of it. 0 or -ENOMEM. */
int dg_journal_verdict(const struct dg_verdict *verdict, struct dg_journal_entry *ret);
int dg_journal_finding(const struct dg_verdict *verdict, const struct dg_finding *finding,
		       struct dg_journal_entry *ret);

/* A run of what may change the boot configuration; NULL where there is nothing to say. */
struct dg_journal_deed {
	const char *verb;    /* pin, unpin, enforce */
	const char *outcome; /* dry-run, nothing, refused, done, undone, unfinished */
	const char *summary; /* a sentence */
	const char *kernel, *target, *because, *record;
};
int dg_journal_action(const struct dg_journal_deed *deed, struct dg_journal_entry *ret);
void dg_journal_entry_clear(struct dg_journal_entry *entry);
