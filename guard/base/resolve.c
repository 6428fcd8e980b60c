/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/base/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* openat2(2) answers EAGAIN where any rename or mount on the machine took place while it
 * walked a "..". */
#define RETRIES 32

int dg_openat2(int dir, const char *path, int flags, uint64_t resolve)
{
	const struct open_how how = {.flags = (unsigned int)flags | O_CLOEXEC,
				     .resolve = resolve};
	int tries = 0;

	for (;;) {
		long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EINTR && (errno != EAGAIN || ++tries >= RETRIES))
			return -errno;
	}
}
