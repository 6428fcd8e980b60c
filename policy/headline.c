/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one sentence that a tired admin reads. */
#include "policy/judge.h"
#include "policy/text.h"

/* The worst finding that counts; of equals the first in the catalogue's order. */
static const struct dg_finding *find_worst(const struct dg_finding *findings,
					   size_t count)
{
	const struct dg_finding *worst = NULL;

	for (size_t i = 0; i < count; i++)
		if (findings[i].status == DG_DRIFT &&
		    (!worst || findings[i].severity > worst->severity))
			worst = &findings[i];
	return worst;
}

static char *tell_unknown(const struct dg_view *view, const struct dg_finding *findings,
			  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (findings[i].status == DG_UNKNOWN && view->policy->essential[i])
			return dg_format("Cannot tell: %s: %s", findings[i].check->id,
					 findings[i].summary);
	return dg_format("Cannot tell");
}

/* The note of a waived finding about the kernel that runs. */
static const struct dg_waiver_note *find_note(const struct dg_finding *findings,
					      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (findings[i].status == DG_WAIVED &&
		    (dg_streq(findings[i].check->family, "kernel") ||
		     dg_streq(findings[i].check->family, "pin")))
			return findings[i].waiver;
	return NULL;
}

/* "7.0.6-2-pve is what Proxmox VE 9.2.3 expects", as far as it is known. */
static char *tell_kernel(const struct dg_view *view, const char *running)
{
	const char *name = view->product.name ? view->product.name : "this host";
	const char *version = view->product.version;
	char series[DG_SERIES_SIZE];
	bool newer = dg_abi_series(running, series) == 0 && view->expected.series[0] &&
		     dg_series_cmp(series, view->expected.series) > 0;

	return dg_format("%s is %s %s%s%s expects%s", running,
			 newer ? "newer than" : "what", name, version ? " " : "",
			 version ? version : "",
			 dg_streq(running, view->next.abi) ? ", and it boots next" : "");
}

/* Nothing at warning or above counts. */
static char *tell_fine(const struct dg_view *view, const struct dg_finding *findings,
		       size_t count)
{
	const char *running = dg_get(&view->facts->kernel.release);
	const struct dg_waiver_note *note = find_note(findings, count);

	if (view->container)
		return dg_format(
			"This is a container (%s): its kernel is the host's, and is to "
			"be checked there",
			view->facts->host.container.value);
	if (!running)
		return dg_format("Nothing that the policy calls essential is wrong");
	if (view->outside)
		return dg_format(
			"No kernel is installed here: %s was started from outside this "
			"system, and there is no kernel choice to judge",
			running);
	if (note)
		return dg_format("%s runs by agreement: %s (%s, %lld days left)", running,
				 note->reason, note->owner, (long long)note->days_left);
	return tell_kernel(view, running);
}

/* A summary stands behind its check's id; alone it is a sentence. */
static char *begin_sentence(char *text)
{
	if (text && text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	return text;
}

char *dg_headline(const struct dg_view *view, const struct dg_finding *findings,
		  size_t count, enum dg_level level)
{
	const struct dg_finding *worst = find_worst(findings, count);

	if (level == DG_LEVEL_UNKNOWN)
		return tell_unknown(view, findings, count);
	if (level != DG_LEVEL_OK && worst)
		return begin_sentence(dg_format("%s", worst->summary));
	return tell_fine(view, findings, count);
}
