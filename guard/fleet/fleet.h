/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many hosts' verdicts, summed up. */
#pragma once

#include <stdio.h>

#include "policy/judge.h"

#define DG_FLEET_HOSTS_MAX ((size_t)1000000)
#define DG_FLEET_NO_TIME   INT64_MIN

/* What is kept of a host. All texts are owned, NULL where not known. */
struct dg_fleet_host {
	char *source;	     /* "hosts.json:17" */
	char *problem;	     /* why its facts cannot be used; NULL: they were judged */
	int64_t facts_time;  /* of the facts themselves; DG_FLEET_NO_TIME: not known */
	enum dg_level level; /* unknown, where they cannot be used */
	char *headline;
	char *id, *name, *product, *version;
	char *running, *expected_series, *next_boot, *target;
	const char **drift; /* ids of checks, NULL-terminated, the worst first */
	size_t order;	    /* in which it came */
};

struct dg_fleet {
	struct dg_fleet_host *hosts;
	size_t count, room;
	int64_t time; /* as of when they are judged */
	/* Of dg_fleet_settle(): */
	enum dg_level level; /* the worst */
	size_t levels[DG_LEVEL_UNKNOWN + 1];
	size_t *drift;	 /* hosts a check of the catalogue drifts on, in its order */
	size_t replaced; /* older facts of hosts that came again */
	size_t old;	 /* hosts whose facts are older than DG_VERDICT_AGE_MAX */
};

/* Add a host's verdict, or why there is none; `source` is where it comes from. All is
 * copied. 0, -ENOMEM, or -E2BIG past DG_FLEET_HOSTS_MAX. */
int dg_fleet_add(struct dg_fleet *fleet, const char *source, int64_t facts_time,
		 const struct dg_verdict *verdict);
int dg_fleet_add_problem(struct dg_fleet *fleet, const char *source, const char *problem);

/*
 * Once all are there: of facts of the same host (its id and name) only the newest stay,
 * the hosts are put in order, the worst first, then by name, and are counted. Worse than
 * unknown are only warning and critical, as within one verdict. 0 or -ENOMEM.
 */
int dg_fleet_settle(struct dg_fleet *fleet);
void dg_fleet_clear(struct dg_fleet *fleet);

/* --- reading (documents.c) --- */

/* Each document of a stream. Not 0 ends the reading, and is what it returns. `why` is
 * NULL unless the document cannot be had (it is too large). */
typedef int (*dg_document_fn)(void *arg, unsigned line, const char *text, size_t size,
			      const char *why);

/*
 * Documents that follow one another: one JSON a line, or objects of many lines. One ends
 * with the line that closes its brackets, or where the next line begins with "{": so a
 * line that is cut off costs itself and no other. Blank lines are none. At most `cap`
 * bytes each are kept in memory. 0, -EIO, -ENOMEM, or what `fn` returned.
 */
int dg_documents_read(FILE *in, size_t cap, dg_document_fn fn, void *arg);
