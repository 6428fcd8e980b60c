/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measuring a window: pressure, disks and guests are read at its start and its end, and a
 * few times in between where a moment's state counts; what lies between two readings is
 * what the window saw. Nothing is written, but for --load (trial.h). */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"
#include "policy/policy.h"

#define DG_WINDOW_MIN_S 1.0
#define DG_WINDOW_MAX_S 3600.0

/* Where the measuring is, for somebody who watches: told about once a second. */
struct dg_progress {
	enum {
		DG_PROGRESS_WAITING, /* for load */
		DG_PROGRESS_WINDOW,
		DG_PROGRESS_TRIAL, /* `way` is tried */
	} stage;
	const char *way;
	double elapsed_s, planned_s;
	double io_some_percent, io_full_percent; /* of the last second; -1: not known */
	const char *disk;			 /* the busiest; NULL: none is */
	double disk_await_ms;			 /* of the last second; -1: none */
};

struct dg_sample_options {
	double window_s;      /* 0: the policy's */
	double wait_s;	      /* wait until guests do I/O, at most so long; 0: do not */
	const char *load_dir; /* write there, afterwards, in three ways; NULL: do not */
	void (*progress)(const struct dg_progress *progress, void *arg); /* or NULL */
	void *arg;
};

/*
 * Measure the live root and append the sample to facts->samples; the names of guests come
 * from `facts`. SIGINT and SIGTERM end it early, with a sample of what was seen until
 * then. 0 or a negative errno, with *ret_why (owned) what happened and what to do:
 * -EINVAL: a window that cannot be; -ENOTSUP: a tree, which stands still; those of
 * dg_trials_run().
 */
int dg_sample_take(const struct dg_root *root, const struct dg_policy *policy,
		   const struct dg_sample_options *options, struct dg_facts *facts,
		   char **ret_why);
