/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/proc-stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_proc_stat stat = {0};
	int r = dg_proc_stat_parse((const char *)data, size, &stat);

	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 || (!stat.total && !stat.cpus && !stat.has_blocked));
	assert(stat.cpus <= size && (stat.has_blocked || !stat.blocked));
	return 0;
}
