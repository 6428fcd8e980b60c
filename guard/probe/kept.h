/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work that is done in a process and a cgroup of its own, and of which nothing is left
 * behind whatever happens.
 *
 * Three processes take part. The *caller* only waits. The *keeper* makes the cgroup and
 * removes it: it ends the work when the caller is gone, and no signal but SIGKILL reaches
 * it. The *worker* dies with the keeper. Should the keeper be killed, the caller removes
 * the cgroup; should both be killed at one moment, the next keeper does.
 *
 * A worker that hangs in the kernel for good is killed and left: it takes no lock or pipe
 * of the caller along, and the cgroup that it holds goes with a later keeper.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#include "guard/parse/psi.h"
#include "guard/probe/cgroup.h"

struct dg_kept {
	int cgroup; /* directory to make the cgroup in, or a negative errno: why not */
	char name[DG_CGROUP_NAME_SIZE]; /* of it */
	int extra;    /* one more descriptor that the work needs; negative: none */
	int limit_ms; /* then the worker is killed */
	int grace_ms; /* likewise, from the moment when it was asked to end */
	int stop;     /* readable: ask it to end; negative: never */
	const void *arg;
	size_t report_size;

	/*
	 * In the worker, all signals blocked, of the caller's descriptors only `cgroup`,
	 * `extra` and the standard error open. `pressure` is the own cgroup's
	 * io.pressure, or a negative errno that says why there is none. `gate` becomes
	 * readable when the work is to end early; it holds nothing to read. What stands
	 * in the zeroed `report` counts, also when the worker is killed.
	 */
	void (*work)(const struct dg_kept *kept, int pressure, int gate, void *report);
};

/*
 * Run it. `report` has kept->report_size bytes and is written in any case, zeroed where
 * nothing was reported. 0, -ETIMEDOUT: it was killed at its limit, -ENODATA: it, or the
 * keeper, was ended from outside, or what prevented it from beginning.
 */
int dg_kept_run(const struct dg_kept *kept, void *report);

/* An io.pressure file from its start. Each reading brings the totals up to date
 * (psi_show() in the kernel). -EOPNOTSUPP: pressure is switched off. */
int dg_pressure_read(int fd, struct dg_psi *ret);

/* CLOCK_MONOTONIC. */
int64_t dg_clock_us(void);
struct timespec dg_timespec_of(int64_t us);
