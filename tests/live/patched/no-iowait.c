/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stand-in for the patch in Proxmox's QEMU (pve-qemu-kvm from 10.2.1-2 on), to be
 * preloaded into an unpatched QEMU 10.2 or newer: its waits in io_uring_enter pass
 * IORING_ENTER_NO_IOWAIT where the kernel has it and no block request is in flight.
 *
 * QEMU waits by liburing's io_uring_submit_and_wait(), which makes the system call inside
 * the library: so this function is replaced as a whole where the flag is to be added. The
 * submission array must be in order, as liburing has left it since 2.4.
 *
 * Requests are counted where QEMU hands them over. Completions cannot be seen there (QEMU
 * takes them from the ring by inlined code), but the ring still holds those that came
 * since the last look: it is far longer than what arrives between two looks.
 */
#include <dlfcn.h>
#include <errno.h>
#include <liburing.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FEAT_NO_IOWAIT	(1U << 17)
#define ENTER_NO_IOWAIT (1U << 7)
#define INT_REG_RING	1 /* of int_flags: enter_ring_fd is a registered ring */
#define SETUP_SQE128	(1U << 10)
#define SETUP_CQE32	(1U << 11)

#define RINGS_MAX    64
#define REQUESTS_MAX 4096

/* One thread at a time uses a ring. */
struct watch {
	struct io_uring *ring; /* NULL: free; claimed atomically */
	unsigned int seen;     /* the completions before this one were looked at */
	unsigned int n;	       /* requests in flight, by their user_data */
	bool full;	       /* more than could be noted: never add the flag again */
	__u64 requests[REQUESTS_MAX];
};

static struct watch watches[RINGS_MAX];

static struct watch *watch_find(struct io_uring *ring)
{
	for (size_t i = 0; i < RINGS_MAX; i++)
		if (__atomic_load_n(&watches[i].ring, __ATOMIC_ACQUIRE) == ring)
			return &watches[i];
	return NULL;
}

static struct watch *watch_claim(struct io_uring *ring)
{
	for (size_t i = 0; i < RINGS_MAX; i++) {
		struct io_uring *none = NULL;

		if (__atomic_compare_exchange_n(&watches[i].ring, &none, ring, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return &watches[i];
	}
	return NULL;
}

/* What moves data; all else in QEMU's rings is there to wake it up. */
static bool is_block_request(unsigned int opcode)
{
	switch (opcode) {
	case IORING_OP_READV:
	case IORING_OP_WRITEV:
	case IORING_OP_READ:
	case IORING_OP_WRITE:
	case IORING_OP_READ_FIXED:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_FSYNC:
		return true;
	default:
		return false;
	}
}

static void watch_submissions(struct watch *watch)
{
	struct io_uring *ring = watch->ring;
	unsigned int shift = ring->flags & SETUP_SQE128 ? 1 : 0;
	unsigned int mask = *ring->sq.kring_mask;

	for (unsigned int i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++) {
		const struct io_uring_sqe *sqe = &ring->sq.sqes[(i & mask) << shift];

		if (!is_block_request(sqe->opcode))
			continue;
		if (watch->n == REQUESTS_MAX)
			watch->full = true;
		else
			watch->requests[watch->n++] = sqe->user_data;
	}
}

static void watch_completions(struct watch *watch)
{
	struct io_uring *ring = watch->ring;
	unsigned int shift = ring->flags & SETUP_CQE32 ? 1 : 0;
	unsigned int mask = *ring->cq.kring_mask;
	unsigned int tail = __atomic_load_n(ring->cq.ktail, __ATOMIC_ACQUIRE);

	for (; watch->seen != tail; watch->seen++) {
		__u64 data = ring->cq.cqes[(watch->seen & mask) << shift].user_data;

		for (unsigned int i = 0; i < watch->n; i++)
			if (watch->requests[i] == data) {
				watch->requests[i] = watch->requests[--watch->n];
				break;
			}
	}
}

/* Hand over what was prepared: how many are new to the kernel. */
static unsigned int flush_submissions(struct io_uring *ring)
{
	unsigned int tail = ring->sq.sqe_tail;

	ring->sq.sqe_head = tail;
	__atomic_store_n(ring->sq.ktail, tail, __ATOMIC_RELEASE);
	return tail - __atomic_load_n(ring->sq.khead, __ATOMIC_ACQUIRE);
}

static int wait_uncounted(struct io_uring *ring, unsigned int wait_nr)
{
	unsigned int flags = IORING_ENTER_GETEVENTS | ENTER_NO_IOWAIT;
	long n;

	if (ring->int_flags & INT_REG_RING)
		flags |= IORING_ENTER_REGISTERED_RING;
	n = syscall(SYS_io_uring_enter, ring->enter_ring_fd, flush_submissions(ring),
		    wait_nr, flags, NULL, (size_t)0);
	return n < 0 ? -errno : (int)n;
}

/* The function of liburing that the one of this name stands before. */
static void *next_function(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		_exit(127);
	return function;
}

int io_uring_queue_init(unsigned int entries, struct io_uring *ring, unsigned int flags)
{
	int (*next)(unsigned int, struct io_uring *, unsigned int);
	struct watch *watch;
	int r;

	*(void **)&next = next_function("io_uring_queue_init");
	r = next(entries, ring, flags);
	if (r < 0)
		return r;
	watch = watch_find(ring);
	if (!watch)
		watch = watch_claim(ring);
	if (watch) {
		watch->seen = 0;
		watch->n = 0;
		watch->full = false;
	}
	return r;
}

int io_uring_submit(struct io_uring *ring)
{
	struct watch *watch = watch_find(ring);
	int (*next)(struct io_uring *);

	if (watch) {
		watch_completions(watch);
		watch_submissions(watch);
	}
	*(void **)&next = next_function("io_uring_submit");
	return next(ring);
}

int io_uring_submit_and_wait(struct io_uring *ring, unsigned int wait_nr)
{
	struct watch *watch = watch_find(ring);
	int (*next)(struct io_uring *, unsigned int);

	if (watch) {
		watch_completions(watch);
		watch_submissions(watch);
		if (wait_nr && ring->features & FEAT_NO_IOWAIT && watch->n == 0 &&
		    !watch->full)
			return wait_uncounted(ring, wait_nr);
	}
	*(void **)&next = next_function("io_uring_submit_and_wait");
	return next(ring, wait_nr);
}
