/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the load of our own: the ways of writing, the scratch file, and what the process
 * that writes tells its caller. */
#pragma once

#include "guard/probe/kept.h"
#include "guard/sample/trial.h"

#define DG_TRIAL_BLOCK	   4096
#define DG_TRIAL_FILE_SIZE (1 << 20)

/* How far it came; but for DG_TRIAL_STEP_DONE, where it failed. */
enum dg_trial_step {
	DG_TRIAL_STEP_START = 0, /* no process */
	DG_TRIAL_STEP_DIR,
	DG_TRIAL_STEP_READ_ONLY,
	DG_TRIAL_STEP_KIND, /* of file system */
	DG_TRIAL_STEP_ROOM,
	DG_TRIAL_STEP_FILE,
	DG_TRIAL_STEP_RING,
	DG_TRIAL_STEP_WRITE,
	DG_TRIAL_STEP_DONE,
	DG_TRIAL_STEPS,
};

/* --- the scratch file --- */

struct dg_trial_file {
	int fd;		     /* -1: none */
	unsigned char *data; /* a block, aligned to its size; owned */
};

#define DG_TRIAL_FILE_NONE ((struct dg_trial_file){.fd = -1})

/* Whether a file system of `blocks` blocks with `available` ones for anybody has room: 0
 * or -ENOSPC. */
int dg_trial_room_check(uint64_t blocks, uint64_t available, uint64_t block_size);

/* Open a directory that may be written below, and look at its file system. 0 or a
 * negative errno, and in *ret_step where it failed. */
int dg_trial_dir_open(const char *dir, int *ret_fd, enum dg_trial_step *ret_step);

/* A file without a name below `dir`, to be written past the page cache where that can be
 * done, and durably. 0 or a negative errno. */
int dg_trial_file_open(int dir, struct dg_trial_file *ret);
/* Give it its blocks, so that later writes change what is there, as those of guests do:
 * an ordinary write need not wait for the file system to find room. 0 or a negative
 * errno.
 */
int dg_trial_file_fill(const struct dg_trial_file *file);
/* Takes DG_TRIAL_FILE_NONE too. */
void dg_trial_file_close(struct dg_trial_file *file);
#define DG_TRIAL_FILE_CLEANUP DG_CLEANUP(dg_trial_file_close)

/* Where the write number `i` goes. */
uint64_t dg_trial_file_offset(int64_t i);

/* --- the ways --- */

enum dg_trial_way {
	DG_TRIAL_BLOCKING,
	DG_TRIAL_URING,
	DG_TRIAL_URING_NO_IOWAIT,
	DG_TRIAL_WAYS,
	DG_TRIAL_LOOK = DG_TRIAL_WAYS, /* only whether a file can be made */
};

struct dg_trial_task {
	const char *dir;
	enum dg_trial_way way;
	int each_ms;
};

/* What stands here counts also where the process was ended: it is brought up to date with
 * each write. */
struct dg_trial_report {
	enum dg_trial_step step;
	int error; /* a negative errno, where it failed */
	int64_t writes;
	int64_t in_flight_us;
	int64_t elapsed_us;
	int64_t stalled_us;
	int stalled_error; /* why that is not known; 0 at DG_TRIAL_STEP_DONE: it is */
};

/* dg_kept.work: kept->arg is a struct dg_trial_task, `report` a struct dg_trial_report.
 */
void dg_trial_work(const struct dg_kept *kept, int pressure, int gate, void *report);
