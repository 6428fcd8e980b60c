/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/proc-syscall.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_proc_syscall call;
	int r = dg_proc_syscall_parse((const char *)data, size, &call);

	assert(r == 0 || r == -EBADMSG);
	if (r == 0) {
		assert(call.number >= DG_SYSCALL_RUNNING);
		assert(call.n_args <= DG_COUNT(call.args));
		assert(call.number >= 0 || call.n_args == 0);
	}
	return 0;
}
