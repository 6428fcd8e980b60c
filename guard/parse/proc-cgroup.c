/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/proc-cgroup.h"

int dg_proc_cgroup_parse(const char *buf, size_t len, struct dg_span *ret_path)
{
	struct dg_span rest = dg_span_of(buf, len), line, path;

	/* A cgroup's name has no "\n" (the kernel refuses it), but may end in a "\r". */
	while (dg_span_split(&rest, '\n', &line)) {
		if (!dg_span_after(line, "0::", &path))
			continue;
		if (!dg_span_starts(path, "/"))
			return -EBADMSG;
		*ret_path = path;
		return 0;
	}
	return -ENOENT;
}
