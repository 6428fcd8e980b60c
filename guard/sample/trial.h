/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A load of our own: what does this kernel charge for I/O that is known exactly?
 *
 * Small durable writes at a fixed, low rate, in three ways, each by a process in a cgroup
 * of its own: blocking calls; through io_uring as an event loop does it, which waits for
 * its next event inside io_uring_enter; and the same with IORING_ENTER_NO_IOWAIT while no
 * write is in flight, where the kernel has it. Stall charged over time in flight is the
 * stall inflation. Time in which the process could have gone on, but got no processor, is
 * none in flight; it stays on one processor, since PSI weighs what it charges by them. */
#pragma once

#include "guard/base/root.h"
#include "policy/sample.h"

#define DG_TRIAL_SIZE_MAX    (4 << 20) /* of the scratch file */
#define DG_TRIAL_RATE	     50	       /* writes a second, of 4 KiB */
#define DG_TRIAL_TIME_MAX_MS 10000     /* each */

/*
 * Write below `dir`, each way for `each_ms` (1 to DG_TRIAL_TIME_MAX_MS; more is cut down
 * to that), and append to sample->trials. A scratch file has no name, or loses it before
 * the first write. `tell` is called before each way with its name (may be NULL). `stop`:
 * a descriptor that becomes readable when it is to end (-1: none); what was measured
 * until then is kept, and 0 returned. The way without iowait is left out where the kernel
 * has none; where it gives no ring, the figures of the other are gaps.
 *
 * 0 or a negative errno, with *ret_why (owned; may be NULL): -EROFS, -ENOSPC (less than 5
 * % or 64 MiB free), -ENOTSUP (a file system in memory, or served by a process as
 * /etc/pve is: no disk is behind it), -EACCES and others of open(2) and write(2), -EINVAL
 * (no time), -ETIMEDOUT: the disk did not answer in time; this returns all the same, and
 * the process that waits for it is left to end when it can. Where no cgroup can be made,
 * each trial's stall is a gap that says why.
 */
int dg_trials_run(const char *dir, int each_ms, int stop,
		  void (*tell)(const char *way, void *arg), void *arg,
		  struct dg_sample *sample, char **ret_why);
