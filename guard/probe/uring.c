/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/probe/uring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guard/base/cleanup.h"

#define OPS_MAX 256 /* opcodes are 8 bits wide */

/* The same on x86-64 and arm64. */
_Static_assert(SYS_io_uring_setup == 425, "io_uring_setup");
_Static_assert(SYS_io_uring_enter == 426, "io_uring_enter");
_Static_assert(SYS_io_uring_register == 427, "io_uring_register");

/* The descriptor is close-on-exec by itself. */
static int ring_setup(struct io_uring_params *params)
{
	long fd = syscall(SYS_io_uring_setup, DG_URING_ENTRIES, params);

	return fd < 0 ? -errno : (int)fd;
}

/* Submissions taken, or a negative errno. */
static int ring_enter(int fd, unsigned int submit, unsigned int complete, uint32_t flags)
{
	long n =
		syscall(SYS_io_uring_enter, fd, submit, complete, flags, NULL, (size_t)0);

	return n < 0 ? -errno : (int)n;
}

static int read_last_op(int fd)
{
	union {
		char room[sizeof(struct io_uring_probe) +
			  OPS_MAX * sizeof(struct io_uring_probe_op)];
		struct io_uring_probe probe;
	} answer = {.room = {0}}; /* the kernel refuses what is not zeroed */

	if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE, &answer, OPS_MAX) <
	    0)
		return -1;
	return answer.probe.last_op;
}

int dg_uring_ask(uint32_t *ret_features, int *ret_last_op)
{
	struct io_uring_params params = {0};
	DG_CLOSE int fd = ring_setup(&params);

	if (fd < 0)
		return fd;
	*ret_features = params.features;
	if (ret_last_op)
		*ret_last_op = read_last_op(fd);
	return 0;
}

static int map_piece(int fd, uint64_t what, size_t size, struct dg_uring_map *ret)
{
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			  fd, (off_t)what);

	if (data == MAP_FAILED)
		return -errno;
	*ret = (struct dg_uring_map){.data = data, .size = size};
	return 0;
}

static void unmap_piece(struct dg_uring_map *map)
{
	if (map->data)
		munmap(map->data, map->size);
	*map = (struct dg_uring_map){0};
}

static uint32_t *ring_word(const struct dg_uring_map *map, uint32_t offset)
{
	return (uint32_t *)(void *)((char *)map->data + offset);
}

/* Both rings are mapped on their own, which every kernel grants; one map for the two is
 * a feature of 5.4. */
static int ring_map(struct dg_uring *ring, const struct io_uring_params *p)
{
	int r = map_piece(ring->fd, IORING_OFF_SQ_RING,
			  p->sq_off.array + p->sq_entries * sizeof(uint32_t), &ring->sq);

	if (r == 0)
		r = map_piece(ring->fd, IORING_OFF_CQ_RING,
			      p->cq_off.cqes +
				      p->cq_entries * sizeof(struct io_uring_cqe),
			      &ring->cq);
	if (r == 0)
		r = map_piece(ring->fd, IORING_OFF_SQES,
			      p->sq_entries * sizeof(struct io_uring_sqe), &ring->sqe);
	if (r < 0)
		return r;
	ring->sq_mask = *ring_word(&ring->sq, p->sq_off.ring_mask);
	ring->sq_tail = ring_word(&ring->sq, p->sq_off.tail);
	ring->sq_array = ring_word(&ring->sq, p->sq_off.array);
	ring->cq_head = ring_word(&ring->cq, p->cq_off.head);
	ring->cq_tail = ring_word(&ring->cq, p->cq_off.tail);
	ring->cq_mask = *ring_word(&ring->cq, p->cq_off.ring_mask);
	ring->cqes = (struct io_uring_cqe *)(void *)ring_word(&ring->cq, p->cq_off.cqes);
	ring->sqes = ring->sqe.data;
	return 0;
}

int dg_uring_open(struct dg_uring *ret)
{
	struct io_uring_params params = {0};
	DG_URING_CLEANUP struct dg_uring ring = {.fd = ring_setup(&params)};
	int r = ring.fd < 0 ? ring.fd : ring_map(&ring, &params);

	if (r < 0)
		return r;
	ring.features = params.features;
	*ret = ring;
	ring = DG_URING_NONE;
	return 0;
}

void dg_uring_close(struct dg_uring *ring)
{
	unmap_piece(&ring->sq);
	unmap_piece(&ring->cq);
	unmap_piece(&ring->sqe);
	if (ring->fd >= 0)
		close(ring->fd);
	*ring = DG_URING_NONE;
}

static int submit(struct dg_uring *ring, const struct io_uring_sqe *entry)
{
	/* Only this process moves the tail, and each entry is handed over before the
	 * next one is made: there is always room. */
	uint32_t tail = *ring->sq_tail, slot = tail & ring->sq_mask;
	int n;

	ring->sqes[slot] = *entry;
	ring->sq_array[slot] = slot;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
	do
		n = ring_enter(ring->fd, 1, 0, 0);
	while (n == -EINTR);
	return n < 0 ? n : n == 1 ? 0 : -EAGAIN;
}

int dg_uring_poll(struct dg_uring *ring, int fd, uint64_t tag)
{
	/* The 16-bit mask that every kernel takes; 32 bits are a feature of 5.9. */
	return submit(ring, &(struct io_uring_sqe){.opcode = IORING_OP_POLL_ADD,
						   .fd = fd,
						   .poll_events = POLLIN,
						   .user_data = tag});
}

int dg_uring_write(struct dg_uring *ring, int fd, const void *data, uint32_t size,
		   uint64_t offset, uint64_t tag)
{
	return submit(ring, &(struct io_uring_sqe){.opcode = IORING_OP_WRITE,
						   .fd = fd,
						   .off = offset,
						   .addr = (uint64_t)(uintptr_t)data,
						   .len = size,
						   .rw_flags = RWF_DSYNC,
						   .user_data = tag});
}

/* Only this process moves the head. */
static bool has_done(const struct dg_uring *ring)
{
	return *ring->cq_head != __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
}

int dg_uring_wait(struct dg_uring *ring, uint32_t flags)
{
	for (;;) {
		int r = ring_enter(ring->fd, 0, 1, IORING_ENTER_GETEVENTS | flags);

		if (r < 0 && r != -EINTR)
			return r;
		if (has_done(ring))
			return 0;
	}
}

bool dg_uring_take(struct dg_uring *ring, struct dg_uring_done *ret)
{
	const uint32_t head = *ring->cq_head;
	const struct io_uring_cqe *entry = &ring->cqes[head & ring->cq_mask];

	if (!has_done(ring))
		return false;
	*ret = (struct dg_uring_done){.tag = entry->user_data, .result = entry->res};
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}
