/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What enforce decided and did, for the journal and for whoever called it. */
#include "guard/collect/collect.h"
#include "guard/enforce.h"
#include "guard/render/enforce.h"
#include "guard/sink/journal.h"
#include "guard/sink/sink.h"
#include "policy/text.h"

const char *dg_enforce_outcome(const struct dg_enforce_work *w)
{
	if (w->acted)
		return dg_act_outcome_name(w->report.outcome);
	if (!w->options->yes)
		return "dry-run";
	return w->decision.state == DG_ENFORCE_REFUSED ? "refused" : "nothing";
}

static const char *find_record(const struct dg_enforce_work *w)
{
	return w->acted && w->report.record ? w->report.record : w->record;
}

static void tell_journal(const struct dg_enforce_work *w,
			 const struct dg_journal_deed *deed)
{
	int r = dg_sink_action(w->root, deed);

	if (r < 0)
		dg_complain("journal: %s", dg_errno_words(r));
}

void dg_enforce_tell(const struct dg_enforce_work *w)
{
	const struct dg_plan *plan = w->decision.plan;
	const struct dg_journal_deed deed = {
		.verb = "enforce",
		.outcome = dg_enforce_outcome(w),
		.summary = w->acted ? w->report.why : w->decision.summary,
		.kernel = w->verdict->kernel.running,
		.target = plan ? plan->target : NULL,
		.because = w->decision.because,
		.record = find_record(w),
	};
	const struct dg_journal_deed earlier = {
		.verb = "enforce",
		.outcome = dg_act_outcome_name(w->recovery.outcome),
		.summary = w->recovery.why,
		.kernel = w->verdict->kernel.running,
		.record = w->recovery.record,
	};

	if (w->recovered)
		tell_journal(w, &earlier);
	tell_journal(w, &deed);
}

int dg_enforce_print(const struct dg_enforce_work *w)
{
	struct dg_style style = dg_style_of(stdout, w->options->verbose > 0);
	const struct dg_enforce_told told = {
		.decision = &w->decision,
		.verdict = w->verdict,
		.outcome = dg_enforce_outcome(w),
		.why = w->acted ? w->report.why : NULL,
		.boots = w->acted ? w->report.boots : NULL,
		.recovered = w->recovered ? w->recovery.why : NULL,
		.record = find_record(w),
		.no_record = w->no_record,
	};
	int r;

	if (w->options->quiet)
		return 0;
	r = w->options->format->enforce(stdout, &told, &style);
	if (r < 0)
		dg_complain("cannot print: %s", dg_errno_words(r));
	return r < 0 ? r : dg_finish_output();
}
