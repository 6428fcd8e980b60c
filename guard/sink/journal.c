/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Native entries, one a verdict and one a drift finding. */
#include <errno.h>

/* Where in this file it was sent says nothing to anybody. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "guard/sink/journal.h"
#include "guard/sink/sink.h"

/* The library says nothing where there is no journal's socket; one that nobody listens at
 * is as good as none. */
static int send_entry(struct dg_journal_entry *entry)
{
	int r = sd_journal_sendv(entry->fields, entry->count);

	dg_journal_entry_clear(entry);
	return r == -ENOENT || r == -ECONNREFUSED ? 0 : r;
}

/* Drift is on the same scale as verdicts. */
static bool is_told(const struct dg_finding *f, const char *from)
{
	return f->status == DG_DRIFT &&
	       dg_level_reaches((enum dg_level)f->severity, from);
}

int dg_sink_journal(const struct dg_sink_call *call, char **ret_why)
{
	const struct dg_verdict *v = call->verdict;
	struct dg_journal_entry entry;
	int r = 0;

	(void)ret_why;
	if (!dg_level_reaches(v->level, call->from))
		return 0;
	r = dg_journal_verdict(v, &entry);
	if (r == 0)
		r = send_entry(&entry);
	for (size_t i = 0; i < v->finding_count && r >= 0; i++) {
		if (!is_told(&v->findings[i], call->from))
			continue;
		r = dg_journal_finding(v, &v->findings[i], &entry);
		if (r == 0)
			r = send_entry(&entry);
	}
	return r < 0 ? r : 0;
}

int dg_sink_action(const struct dg_root *root, const struct dg_journal_deed *deed)
{
	struct dg_journal_entry entry;
	int r;

	if (!dg_root_is_live(root))
		return 0;
	r = dg_journal_action(deed, &entry);
	if (r == 0)
		r = send_entry(&entry);
	return r < 0 ? r : 0;
}
