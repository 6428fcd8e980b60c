/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of a self-test. */
#include "guard/probe/probe.h"

static const char *const words[] = {
	[DG_IDLE_CANNOT_TELL] = "cannot-tell",
	[DG_IDLE_CHARGED] = "charged",
	[DG_IDLE_FREE] = "free",
	[DG_IDLE_NOT_TRIED] = "not-tried",
};

static void set_percent(const struct dg_idle_wait *wait, struct dg_real *fact)
{
	if (wait->done && wait->elapsed_us > 0)
		dg_set_real(fact, dg_idle_percent(wait, wait->some_us));
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "not tried");
}

void dg_idle_result_make(const struct dg_idle_test *test, int64_t now,
			 struct dg_idle_result *ret)
{
	struct dg_idle_result result = {0};

	dg_set_known(&result.meta);
	dg_set_int(&result.time, now);
	dg_set_str(&result.plain, words[test->plain]);
	dg_set_str(&result.no_iowait, words[test->no_iowait]);
	set_percent(&test->waits[DG_IDLE_PLAIN], &result.plain_percent);
	set_percent(&test->waits[DG_IDLE_NO_IOWAIT], &result.no_iowait_percent);
	if (*test->why)
		dg_set_str(&result.why, test->why);
	else
		dg_set_gap(&result.why.meta, DG_ABSENT, "both could be told");
	*ret = result;
}
