/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/proc-io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_proc_io io = {0};
	int r = dg_proc_io_parse((const char *)data, size, &io);

	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 ||
	       (!io.read_bytes && !io.write_bytes && !io.cancelled_write_bytes));
	return 0;
}
