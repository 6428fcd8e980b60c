/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An io_uring by raw system calls: as much of it as is needed to ask what it can do, and
 * to wait and write as an event loop does: a few operations in flight. See io_uring(7).
 *
 * The kernel headers that this is built with may be older than the kernel it runs on
 * (Debian 12's are of 6.1), so what is newer is defined here.
 */
#pragma once

#include <stdint.h>

#include "policy/util.h"

/* Linux 6.15, commit 07754bfd9aee. */
#define DG_URING_FEAT_NO_IOWAIT_BIT 17
#define DG_URING_FEAT_NO_IOWAIT	    (UINT32_C(1) << DG_URING_FEAT_NO_IOWAIT_BIT)
#define DG_URING_ENTER_NO_IOWAIT    (UINT32_C(1) << 7)

struct io_uring_sqe;
struct io_uring_cqe;

/* A piece of the ring that is mapped; data NULL: not mapped. */
struct dg_uring_map {
	void *data;
	size_t size;
};

struct dg_uring {
	int fd; /* -1: none */
	uint32_t features;
	struct dg_uring_map sq, cq, sqe;
	uint32_t sq_mask, cq_mask;
	uint32_t *sq_tail, *sq_array;
	uint32_t *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

#define DG_URING_NONE ((struct dg_uring){.fd = -1})

/*
 * Ask for a ring and give it back at once: what io_uring_setup(2) states as features, and
 * the highest opcode (IORING_REGISTER_PROBE, Linux 5.6; -1: the kernel does not tell).
 * `ret_last_op` may be NULL. Errors are those of io_uring_setup(2), such as -ENOSYS, or
 * -EPERM from a sysctl or a seccomp filter. Some 30 us.
 */
int dg_uring_ask(uint32_t *ret_features, int *ret_last_op);

/* A ring of a few entries, for dg_uring_close(), which also takes DG_URING_NONE. */
int dg_uring_open(struct dg_uring *ret);
void dg_uring_close(struct dg_uring *ring);
#define DG_URING_CLEANUP DG_CLEANUP(dg_uring_close)

/* At most this many operations may be in flight: there is room for no more. */
#define DG_URING_ENTRIES 4

/* What has completed. */
struct dg_uring_done {
	uint64_t tag;	/* of the operation */
	int32_t result; /* as the system call's, or a negative errno */
};

/* Leave a POLL_ADD for input on `fd` in flight. 0 or a negative errno. */
int dg_uring_poll(struct dg_uring *ring, int fd, uint64_t tag);

/* Begin to write `size` bytes durably (RWF_DSYNC) to `fd`; `data` stays until it has
 * completed. Linux 5.6. 0 or a negative errno. */
int dg_uring_write(struct dg_uring *ring, int fd, const void *data, uint32_t size,
		   uint64_t offset, uint64_t tag);

/*
 * Wait inside io_uring_enter(2) until something has completed, with `flags`
 * (DG_URING_ENTER_NO_IOWAIT) beside IORING_ENTER_GETEVENTS. A signal does not end it. 0
 * or a negative errno: -EINVAL for a flag that the kernel does not know.
 */
int dg_uring_wait(struct dg_uring *ring, uint32_t flags);

/* Take the next completion; false: there is none. */
bool dg_uring_take(struct dg_uring *ring, struct dg_uring_done *ret);
