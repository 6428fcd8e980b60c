/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/proc-io.h"

#include "guard/parse/span.h"
#include "policy/util.h"

static const struct {
	const char *name;
	size_t at;
} lines[] = {
	{"read_bytes:", offsetof(struct dg_proc_io, read_bytes)},
	{"write_bytes:", offsetof(struct dg_proc_io, write_bytes)},
	{"cancelled_write_bytes:", offsetof(struct dg_proc_io, cancelled_write_bytes)},
};

#define ALL_LINES ((1u << DG_COUNT(lines)) - 1)

static int parse_line(struct dg_span line, struct dg_proc_io *io, unsigned int *seen)
{
	struct dg_span name = {0};

	dg_span_word(&line, &name);
	for (size_t i = 0; i < DG_COUNT(lines); i++) {
		uint64_t *value = (void *)((char *)io + lines[i].at);

		if (!dg_span_eq(name, lines[i].name))
			continue;
		if (*seen & 1u << i || dg_parse_u64(dg_span_trim(line), value) < 0)
			return -EBADMSG;
		*seen |= 1u << i;
	}
	return 0;
}

int dg_proc_io_parse(const char *buf, size_t len, struct dg_proc_io *ret)
{
	struct dg_span rest = dg_span_of(buf, len), line;
	struct dg_proc_io io = {0};
	unsigned int seen = 0;

	while (dg_span_line(&rest, &line))
		if (parse_line(line, &io, &seen) < 0)
			return -EBADMSG;
	if (seen != ALL_LINES)
		return -EBADMSG;
	*ret = io;
	return 0;
}
