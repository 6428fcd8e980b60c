/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an entry of the journal holds (CONTRACT.md, "Journal"). */
#include <errno.h>

#include "guard/sink/journal.h"
#include "policy/text.h"

/* syslog(3)'s numbers; what is unknown wants to be looked at. */
static const char *const level_priorities[] = {
	[DG_LEVEL_OK] = "6",	   [DG_LEVEL_NOTICE] = "5",  [DG_LEVEL_WARNING] = "4",
	[DG_LEVEL_CRITICAL] = "2", [DG_LEVEL_UNKNOWN] = "4",
};

static const char *const severity_priorities[] = {
	[DG_FINE] = "6",
	[DG_NOTICE] = "5",
	[DG_WARNING] = "4",
	[DG_CRITICAL] = "2",
};

void dg_journal_entry_clear(struct dg_journal_entry *entry)
{
	for (int i = 0; i < entry->count; i++)
		free(entry->fields[i].iov_base);
	memset(entry, 0, sizeof(*entry));
}

/* NULL values are left out. No room, or no memory, is kept in *r. */
static void put(struct dg_journal_entry *entry, int *r, const char *name,
		const char *value)
{
	char *field;

	if (!value || *r < 0)
		return;
	field = entry->count < DG_JOURNAL_FIELDS ? dg_format("%s=%s", name, value) : NULL;
	if (!field) {
		*r = -ENOMEM;
		return;
	}
	entry->fields[entry->count++] =
		(struct iovec){.iov_base = field, .iov_len = strlen(field)};
}

static void put_verdict(struct dg_journal_entry *entry, int *r,
			const struct dg_verdict *v)
{
	put(entry, r, "SYSLOG_IDENTIFIER", "driftguard");
	put(entry, r, "DRIFTGUARD_VERDICT", dg_level_name(v->level));
	put(entry, r, "DRIFTGUARD_KERNEL", v->kernel.running);
	put(entry, r, "DRIFTGUARD_TARGET", v->kernel.target);
}

static int finish(struct dg_journal_entry *entry, int r, struct dg_journal_entry *ret)
{
	if (r < 0)
		dg_journal_entry_clear(entry);
	else
		*ret = *entry;
	return r;
}

int dg_journal_verdict(const struct dg_verdict *v, struct dg_journal_entry *ret)
{
	DG_FREE char *message = dg_format("%s: %s", dg_level_name(v->level), v->headline);
	struct dg_journal_entry entry = {0};
	int r = message ? 0 : -ENOMEM;

	put(&entry, &r, "MESSAGE", message);
	put(&entry, &r, "MESSAGE_ID", DG_MESSAGE_VERDICT);
	put(&entry, &r, "PRIORITY", level_priorities[v->level]);
	put_verdict(&entry, &r, v);
	return finish(&entry, r, ret);
}

int dg_journal_finding(const struct dg_verdict *v, const struct dg_finding *f,
		       struct dg_journal_entry *ret)
{
	DG_FREE char *message = dg_format("%s: %s", f->check->id, f->summary);
	struct dg_journal_entry entry = {0};
	int r = message ? 0 : -ENOMEM;

	put(&entry, &r, "MESSAGE", message);
	put(&entry, &r, "MESSAGE_ID", DG_MESSAGE_FINDING);
	put(&entry, &r, "PRIORITY", severity_priorities[f->severity]);
	put_verdict(&entry, &r, v);
	put(&entry, &r, "DRIFTGUARD_CHECK", f->check->id);
	put(&entry, &r, "DRIFTGUARD_STATUS", dg_status_name(f->status));
	put(&entry, &r, "DRIFTGUARD_SEVERITY", dg_severity_name(f->severity));
	put(&entry, &r, "DRIFTGUARD_REMEDY", f->remedy ? f->remedy : f->check->remedy);
	return finish(&entry, r, ret);
}

/* What failed wants to be looked at; what could not even be put back, at once. */
static const struct {
	const char *outcome, *priority;
} outcomes[] = {
	{.outcome = "done", .priority = "5"},
	{.outcome = "refused", .priority = "5"},
	{.outcome = "undone", .priority = "3"},
	{.outcome = "unfinished", .priority = "2"},
};

static const char *find_priority(const char *outcome)
{
	for (size_t i = 0; i < DG_COUNT(outcomes); i++)
		if (dg_streq(outcomes[i].outcome, outcome))
			return outcomes[i].priority;
	return "6";
}

int dg_journal_action(const struct dg_journal_deed *deed, struct dg_journal_entry *ret)
{
	DG_FREE char *message =
		dg_format("%s (%s): %s", deed->verb, deed->outcome, deed->summary);
	struct dg_journal_entry entry = {0};
	int r = message ? 0 : -ENOMEM;

	put(&entry, &r, "MESSAGE", message);
	put(&entry, &r, "MESSAGE_ID", DG_MESSAGE_ACTION);
	put(&entry, &r, "PRIORITY", find_priority(deed->outcome));
	put(&entry, &r, "SYSLOG_IDENTIFIER", "driftguard");
	put(&entry, &r, "DRIFTGUARD_VERB", deed->verb);
	put(&entry, &r, "DRIFTGUARD_OUTCOME", deed->outcome);
	put(&entry, &r, "DRIFTGUARD_CHECK", deed->because);
	put(&entry, &r, "DRIFTGUARD_KERNEL", deed->kernel);
	put(&entry, &r, "DRIFTGUARD_TARGET", deed->target);
	put(&entry, &r, "DRIFTGUARD_RECORD", deed->record);
	return finish(&entry, r, ret);
}
