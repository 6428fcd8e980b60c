/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/task-stat.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_task_stat stat = {0};
	int r = dg_task_stat_parse((const char *)data, size, &stat);

	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 ? stat.state != '\0' : !stat.state && !stat.comm[0] && !stat.flags);
	assert(stat.pid >= 0 && strnlen(stat.comm, sizeof(stat.comm)) < size + 1);
	assert(strnlen(stat.comm, sizeof(stat.comm)) < sizeof(stat.comm));
	return 0;
}
