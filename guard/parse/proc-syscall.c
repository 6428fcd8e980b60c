/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/proc-syscall.h"
#include "guard/parse/span.h"
#include "policy/util.h"

static int parse_args(struct dg_span rest, struct dg_proc_syscall *call)
{
	struct dg_span word;

	while (call->n_args < DG_COUNT(call->args) && dg_span_word(&rest, &word)) {
		if (!dg_span_after(word, "0x", &word) ||
		    dg_parse_hex(word, &call->args[call->n_args]) < 0)
			return -EBADMSG;
		call->n_args++;
	}
	return 0;
}

int dg_proc_syscall_parse(const char *buf, size_t len, struct dg_proc_syscall *ret)
{
	struct dg_proc_syscall call = {.number = DG_SYSCALL_RUNNING};
	struct dg_span rest = dg_span_of(buf, len), word;

	if (!dg_span_word(&rest, &word))
		return -EBADMSG;
	if (!dg_span_eq(word, "running")) {
		if (dg_parse_i64(word, &call.number) < 0 || call.number < DG_SYSCALL_NONE)
			return -EBADMSG;
		if (call.number >= 0 && parse_args(rest, &call) < 0)
			return -EBADMSG;
	}
	*ret = call;
	return 0;
}
