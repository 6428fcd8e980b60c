/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/proc-stat.h"

#include "guard/parse/span.h"

enum { IDLE = 3, IOWAIT = 4, N_TIMES = 8 }; /* columns of the `cpu` line; steal is last */

/* The columns behind `cpu`; kernels before 2.6.11 have fewer. */
static int parse_times(struct dg_span fields, struct dg_proc_stat *stat)
{
	uint64_t times[N_TIMES] = {0};
	struct dg_span word;
	size_t n = 0;

	while (n < N_TIMES && dg_span_word(&fields, &word)) {
		if (dg_parse_u64(word, &times[n]) < 0)
			return -EBADMSG;
		stat->total += times[n++];
	}
	if (n <= IDLE)
		return -EBADMSG;
	stat->idle = times[IDLE];
	stat->iowait = times[IOWAIT];
	return 0;
}

static int parse_line(struct dg_span line, struct dg_proc_stat *stat, bool *has_times)
{
	struct dg_span name = {0}, digits;
	uint64_t number;

	dg_span_word(&line, &name);
	if (dg_span_eq(name, "cpu")) {
		if (*has_times)
			return -EBADMSG;
		*has_times = true;
		return parse_times(line, stat);
	}
	if (dg_span_after(name, "cpu", &digits) && dg_parse_u64(digits, &number) == 0)
		stat->cpus++;
	if (!dg_span_eq(name, "procs_blocked"))
		return 0;
	if (stat->has_blocked || dg_parse_u64(dg_span_trim(line), &stat->blocked) < 0)
		return -EBADMSG;
	stat->has_blocked = true;
	return 0;
}

int dg_proc_stat_parse(const char *buf, size_t len, struct dg_proc_stat *ret)
{
	struct dg_span rest = dg_span_of(buf, len), line;
	struct dg_proc_stat stat = {0};
	bool has_times = false;

	/* `intr` has a number for each interrupt line: only its end is looked for. */
	while (dg_span_line(&rest, &line))
		if (parse_line(line, &stat, &has_times) < 0)
			return -EBADMSG;
	if (!has_times)
		return -EBADMSG;
	*ret = stat;
	return 0;
}
