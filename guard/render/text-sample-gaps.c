/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a sample does not hold, and why: nothing that was not seen may read as fine. */
#include <stddef.h>

#include "guard/render/text-sample.h"
#include "policy/text.h"

/* Members whose absence is a gap too, for people. */
static const struct row {
	size_t offset;
	const char *label;
	const char *absent; /* said where absence has no words of its own; NULL: it is a
			       value */
	const char *advice; /* what to do where it is absent */
} rows[] = {
#define OF_SAMPLE(member) .offset = offsetof(struct dg_sample, member)
	{OF_SAMPLE(pressure), .label = "pressure", .absent = "this kernel has PSI off",
	 .advice = "boot with psi=1 on the kernel's command line"},
	{OF_SAMPLE(iowait_percent), .label = "iowait", .absent = "not counted"},
	{OF_SAMPLE(blocked), .label = "blocked", .absent = "not counted"},
	{OF_SAMPLE(blocked_in_d), .label = "state D", .absent = "not counted"},
	{OF_SAMPLE(disks), .label = "disks", .absent = "this kernel counts no requests"},
	{OF_SAMPLE(guests), .label = "guests"},
	{OF_SAMPLE(writers), .label = "writers"},
	{OF_SAMPLE(trials), .label = "trials"},
	{OF_SAMPLE(signature), .label = "idle waits", .absent = "not looked for"},
	{OF_SAMPLE(own_cpu_percent), .label = "own share", .absent = "not counted"},
	{OF_SAMPLE(own_memory_bytes), .label = "own memory", .absent = "not counted"},
#undef OF_SAMPLE
};

struct gaps {
	FILE *out;
	const struct dg_style *style;
	size_t told;
};

static bool mentions(const char *text, const char *word)
{
	return text && strcasestr(text, word);
}

/* `before`: whose gap it is; "" where the label says it. */
static void tell(struct gaps *gaps, const char *label, const char *before,
		 const char *detail, const char *advice)
{
	bool may_not = mentions(detail, "permi") && !mentions(detail, "root");
	DG_FREE char *text = NULL;

	if (advice && !mentions(detail, advice) && !mentions(detail, "psi=1"))
		text = dg_format("%s%s; %s", before, detail, advice);
	else
		text = dg_format("%s%s%s", before, detail,
				 may_not ? "; root may see it" : "");
	if (!gaps->told++)
		dg_print_title(gaps->out, "Not known", gaps->style);
	dg_print_labelled(gaps->out, label, text ? text : detail, gaps->style);
}

static const char *describe(const struct dg_meta *meta, const char *absent)
{
	if (meta->detail)
		return meta->detail;
	return meta->state == DG_ABSENT && absent ? absent : dg_state_name(meta->state);
}

static void tell_members(struct gaps *gaps, const struct dg_sample *sample)
{
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		const void *fact = (const char *)sample + row->offset;
		bool absent = dg_absent(fact);

		if (!dg_known(fact) && !(absent && !row->absent))
			tell(gaps, row->label, "", describe(fact, row->absent),
			     absent ? row->advice : NULL);
	}
}

/* --- items of lists --- */

/* Several alike are told of once: the first one, and how many they are. */
struct alike {
	const char *label;
	const struct dg_meta *first;
	size_t count, of;
};

static void count_alike(struct alike *alike, const void *fact)
{
	alike->of++;
	if (dg_known(fact))
		return;
	alike->first = alike->first ? alike->first : fact;
	alike->count++;
}

static void tell_alike(struct gaps *gaps, const struct alike *alike, const char *absent)
{
	DG_FREE char *before = dg_format("%zu of %zu: ", alike->count, alike->of);

	if (alike->count)
		tell(gaps, alike->label, before ? before : "",
		     describe(alike->first, absent), NULL);
}

static void tell_resources(struct gaps *gaps, const struct dg_sample *sample)
{
	static const char *const wanted[] = {"io", "memory", "cpu"};
	struct alike broken = {.label = "pressure"};

	if (!dg_known(&sample->pressure))
		return;
	dg_list_foreach (stall, sample->pressure)
		count_alike(&broken, stall);
	tell_alike(gaps, &broken, "not measured");
	for (size_t i = 0; i < DG_COUNT(wanted); i++) {
		DG_FREE char *label = dg_format("%s stall", wanted[i]);

		if (!broken.count && !dg_sample_stall(sample, wanted[i]))
			tell(gaps, label ? label : wanted[i], "", "not measured", NULL);
	}
}

static void tell_guests(struct gaps *gaps, const struct dg_sample *sample)
{
	struct alike guests = {.label = "guests"};
	struct alike pressure = {.label = "guest stall"};
	struct alike disks = {.label = "guest disks"};

	dg_list_foreach (guest, sample->guests) {
		count_alike(&guests, guest);
		if (!dg_known(guest))
			continue;
		count_alike(&pressure, &guest->pressure);
		/* Absent: it touched none. */
		if (!dg_absent(&guest->disks))
			count_alike(&disks, &guest->disks);
	}
	tell_alike(gaps, &guests, NULL);
	tell_alike(gaps, &pressure, "no pressure files in its cgroup");
	tell_alike(gaps, &disks, NULL);
}

static void tell_trials(struct gaps *gaps, const struct dg_sample *sample)
{
	struct alike trials = {.label = "trials"};
	struct alike stall = {.label = "trial stall"};

	dg_list_foreach (trial, sample->trials) {
		count_alike(&trials, trial);
		if (dg_known(trial))
			count_alike(&stall, &trial->stalled_us);
	}
	tell_alike(gaps, &trials, NULL);
	tell_alike(gaps, &stall, "not measured");
}

void dg_print_sample_gaps(FILE *out, const struct dg_sample *sample,
			  const struct dg_style *style)
{
	struct gaps gaps = {.out = out, .style = style};
	struct alike disks = {.label = "disks"};
	struct alike writers = {.label = "writers"};

	tell_members(&gaps, sample);
	tell_resources(&gaps, sample);
	dg_list_foreach (disk, sample->disks)
		count_alike(&disks, disk);
	dg_list_foreach (writer, sample->writers)
		count_alike(&writers, writer);
	tell_alike(&gaps, &disks, NULL);
	tell_guests(&gaps, sample);
	/* One of these stands for all that could not be read: they are counted in it. */
	if (writers.count)
		tell(&gaps, writers.label, "", describe(writers.first, NULL), NULL);
	tell_trials(&gaps, sample);
}
