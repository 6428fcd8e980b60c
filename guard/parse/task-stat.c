/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/task-stat.h"

#include "guard/parse/span.h"

enum { STATE = 3, PARENT = 4, FLAGS = 9, THREADS = 20 }; /* fields, from 1 */

static int parse_comm(struct dg_span comm, struct dg_task_stat *stat)
{
	if (comm.n >= sizeof(stat->comm))
		return -EBADMSG;
	for (size_t i = 0; i < comm.n; i++)
		stat->comm[i] = comm.p[i] ? comm.p[i] : '?';
	return 0;
}

/* What stands behind the name. */
static int parse_rest(struct dg_span rest, struct dg_task_stat *stat)
{
	struct dg_span word;

	if (!dg_span_word(&rest, &word) || word.n != 1)
		return -EBADMSG;
	stat->state = word.p[0];
	if ((stat->state < 'A' || stat->state > 'Z') &&
	    (stat->state < 'a' || stat->state > 'z'))
		return -EBADMSG;
	if (!dg_span_word(&rest, &word) || dg_parse_i64(word, &stat->parent) < 0)
		return -EBADMSG;
	for (int i = PARENT + 1; i <= FLAGS; i++)
		if (!dg_span_word(&rest, &word))
			return -EBADMSG;
	if (dg_parse_u64(word, &stat->flags) < 0)
		return -EBADMSG;
	for (int i = FLAGS + 1; i <= THREADS; i++)
		if (!dg_span_word(&rest, &word))
			return 0;
	return dg_parse_u64(word, &stat->threads) < 0 ? -EBADMSG : 0;
}

/* The name ends at the last ')': it may hold others, and what follows it does not. */
static int take_comm(struct dg_span s, struct dg_span *ret_comm, struct dg_span *ret_rest)
{
	size_t n = s.n;

	while (n > 0 && s.p[n - 1] != ')')
		n--;
	if (n == 0)
		return -EBADMSG;
	*ret_comm = dg_span_head(s, n - 1);
	*ret_rest = dg_span_skip(s, n);
	return 0;
}

int dg_task_stat_parse(const char *buf, size_t len, struct dg_task_stat *ret)
{
	struct dg_span rest = dg_span_of(buf, len), pid, comm;
	struct dg_task_stat stat = {0};

	if (!dg_span_split(&rest, '(', &pid) || take_comm(rest, &comm, &rest) < 0 ||
	    dg_parse_i64(dg_span_trim_end(pid), &stat.pid) < 0 || stat.pid < 0 ||
	    parse_comm(comm, &stat) < 0 || parse_rest(rest, &stat) < 0)
		return -EBADMSG;
	*ret = stat;
	return 0;
}
