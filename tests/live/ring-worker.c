/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that waits in no ring but has a worker thread of the kernel's (iou-wrk-PID):
 * made inside a plain wait, its `syscall` file shows that wait's arguments for as long as
 * it lives. Prints a line when all is there; its arguments are not looked at.
 */
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	struct io_uring ring;
	FILE *file = tmpfile();
	int r = io_uring_queue_init(4, &ring, 0);

	if (!file || r < 0)
		return EXIT_FAILURE;
	/* An fsync is always given to a worker. */
	io_uring_prep_fsync(io_uring_get_sqe(&ring), fileno(file), 0);
	if (io_uring_submit_and_wait(&ring, 1) != 1)
		return EXIT_FAILURE;
	puts("ready");
	fflush(stdout);
	pause();
	return EXIT_SUCCESS;
}
