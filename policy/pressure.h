/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a window of sampling says: is the I/O stall that the kernel reports a real one? */
#pragma once

#include "policy/facts.h"
#include "policy/policy.h"

enum dg_pressure_kind {
	DG_PRESSURE_UNKNOWN = 0, /* cannot be told; `why` says what is missing */
	DG_PRESSURE_NONE,
	DG_PRESSURE_PHANTOM, /* stall is charged, and no I/O is behind it */
	DG_PRESSURE_REAL,    /* a device is slow, or has a long queue */
};

struct dg_pressure {
	enum dg_pressure_kind kind;
	bool loaded; /* requests were made in the window: it says something about load */
	char *why;   /* a sentence with the figures; owned */
	const struct dg_disk_load *device; /* the worst of them, where real; else NULL */
	const struct dg_guest_load *guest; /* that asks most of it; NULL: none known */
};

/* Judge one window by the policy's limits. Pointers lead into `sample`. 0 or -ENOMEM. */
int dg_pressure_judge(const struct dg_sample *sample,
		      const struct dg_policy_pressure *limits, struct dg_pressure *ret);
void dg_pressure_clear(struct dg_pressure *pressure);
/* unknown, none, phantom, real */
const char *dg_pressure_name(enum dg_pressure_kind kind);

/* The stall of one resource ("io"); NULL: not measured. */
const struct dg_stall *dg_sample_stall(const struct dg_sample *sample,
				       const char *resource);
/* Whether its disks had requests to serve. */
bool dg_sample_is_loaded(const struct dg_sample *sample);
/* Whether it lies on no other device. */
bool dg_disk_is_whole(const struct dg_disk_load *disk);
/* The slowest of a device's four kinds of requests, in milliseconds; 0: none was
 * completed. */
double dg_disk_await(const struct dg_disk_load *disk);
