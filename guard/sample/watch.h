/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within sampling: waiting, with somebody told once a second how it stands. */
#pragma once

#include "guard/sample/reading.h"
#include "guard/sample/sample.h"

struct dg_watch {
	const struct dg_below *proc; /* /proc, held open */
	struct dg_below held;
	int stop; /* becomes readable when it is to end */
	const struct dg_sample_options *options;
	struct dg_reading before; /* the last peek */
	struct dg_progress progress;
	int64_t from; /* of the stage */
};

int dg_watch_start(const struct dg_root *root, int stop,
		   const struct dg_sample_options *options, struct dg_watch *ret);
void dg_watch_end(struct dg_watch *watch);
/* A stage of `planned_s` begins. */
void dg_watch_begin(struct dg_watch *watch, int stage, int64_t from, double planned_s);
/* Wait until `until` (dg_reading_clock_us()). True: interrupted. */
bool dg_watch_until(struct dg_watch *watch, int64_t until);
/* Wait until guests make requests, or where they do not tell, the disks do; at most
 * `limit_s`. True: interrupted. */
bool dg_watch_for_load(struct dg_watch *watch, const struct dg_guest_cgroups *cgroups,
		       double limit_s);
void dg_watch_tell(struct dg_watch *watch, int stage, const char *way);
