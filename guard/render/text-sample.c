/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sample, for people: what it comes down to, the figures that have to be reconciled, and
 * who does what to which disk. */
#include "guard/render/bars.h"
#include "guard/render/text-sample.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define LABEL 15 /* columns before the values */
#define BAR   24 /* cells */

static const struct {
	const char *word, *colour;
} decisions[] = {
	[DG_PRESSURE_UNKNOWN] = {.word = "CANNOT TELL", .colour = "\033[1;35m"},
	[DG_PRESSURE_NONE] = {.word = "NONE", .colour = "\033[1;32m"},
	[DG_PRESSURE_PHANTOM] = {.word = "PHANTOM", .colour = "\033[1;33m"},
	[DG_PRESSURE_REAL] = {.word = "REAL", .colour = "\033[1;31m"},
};

void dg_print_labelled(FILE *out, const char *label, const char *text,
		       const struct dg_style *style)
{
	DG_FREE char *words = dg_clip_words(text, style->width - LABEL);
	DG_FREE char *lines = words ? dg_wrap(words, style->width, LABEL, LABEL) : NULL;

	/* The label goes where the first line is indented. */
	fprintf(out, "  %-*s%s\n", LABEL - 2, label, lines ? lines + LABEL : text);
}

/* --- what it comes down to --- */

static void print_sentence(FILE *out, const char *text, const struct dg_style *style)
{
	DG_FREE char *words = dg_clip_words(text, style->width);

	dg_print_wrapped(out, words ? words : text, style, 0, 0);
}

static void print_decision(FILE *out, const struct dg_sample *sample,
			   const struct dg_pressure *pressure,
			   const struct dg_style *style)
{
	const char *word = decisions[pressure->kind].word;
	const char *disturbed = dg_get(&sample->disturbed);
	const char *why = pressure->why ? pressure->why : "";
	size_t indent = strlen(word) + 2;
	DG_FREE char *words = dg_clip_words(why, style->width - indent);
	DG_FREE char *lines = words ? dg_wrap(words, style->width, indent, 0) : NULL;

	/* The word goes where the first line is indented. */
	fprintf(out, "%s%s%s  %s\n",
		style->colour ? decisions[pressure->kind].colour : "", word,
		style->colour ? DG_RESET : "", lines ? lines + indent : why);
	/* What it says of the window is said then. */
	if (disturbed && !strstr(why, disturbed)) {
		DG_FREE char *caution = dg_format("Not to be trusted: %s", disturbed);

		print_sentence(out, caution ? caution : disturbed, style);
	}
	fputc('\n', out);
}

static void print_window(FILE *out, const struct dg_sample *sample,
			 const struct dg_style *style)
{
	char window[DG_FIGURE_SIZE], until[DG_TIME_SIZE];
	DG_FREE char *text = dg_format(
		"%s s%s%s%s",
		dg_known(&sample->window_s) ? dg_figure(sample->window_s.value, 1, window)
					    : "?",
		dg_known(&sample->time) ? ", until " : "",
		dg_known(&sample->time) ? dg_time_format(sample->time.value, until) : "",
		dg_true(&sample->interrupted) ? ", ended early" : "");

	dg_print_labelled(out, "window", text ? text : "", style);
}

/* --- the figures --- */

/* What is quiet is shown only where all is asked for. */
#define LOUD_PERCENT 1

static const struct row {
	const char *label;
	const char *resource; /* NULL: not a stall, but iowait */
	bool full, aside;
} rows[] = {
	{.label = "io full", .resource = "io", .full = true},
	{.label = "io some", .resource = "io"},
	{.label = "iowait"},
	{.label = "memory some", .resource = "memory"},
	{.label = "memory full", .resource = "memory", .full = true, .aside = true},
	{.label = "cpu some", .resource = "cpu"},
	{.label = "cpu full", .resource = "cpu", .full = true, .aside = true},
	{.label = "irq full", .resource = "irq", .full = true, .aside = true},
};

/* NULL: not known. */
static const struct dg_real *find_figure(const struct dg_sample *sample,
					 const struct row *row)
{
	const struct dg_stall *stall =
		row->resource ? dg_sample_stall(sample, row->resource) : NULL;
	const struct dg_real *fact = &sample->iowait_percent;

	if (row->resource && !stall)
		return NULL;
	if (stall)
		fact = row->full ? &stall->full_percent : &stall->some_percent;
	return dg_known(fact) ? fact : NULL;
}

static void print_percent(FILE *out, const char *label, double percent,
			  const struct dg_style *style)
{
	char figure[DG_FIGURE_SIZE], bar[DG_BAR_SIZE];

	fprintf(out, "  %-*s%5s %%  %s\n", LABEL - 2, label,
		dg_figure(percent, 1, figure), dg_bar(percent, BAR, style->blocks, bar));
}

static void print_figures(FILE *out, const struct dg_sample *sample,
			  const struct dg_style *style)
{
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		const struct dg_real *fact = find_figure(sample, &rows[i]);

		if (fact &&
		    (!rows[i].aside || style->verbose || fact->value >= LOUD_PERCENT))
			print_percent(out, rows[i].label, fact->value, style);
	}
	if (dg_known(&sample->idle_percent) && style->verbose)
		print_percent(out, "idle", sample->idle_percent.value, style);
}

/* Tasks that the kernel counts as blocked, against those that are. */
static void print_blocked(FILE *out, const struct dg_sample *sample,
			  const struct dg_style *style)
{
	char counted[DG_FIGURE_SIZE], seen[DG_FIGURE_SIZE];
	DG_FREE char *text = NULL;

	if (!dg_known(&sample->blocked))
		return;
	text = dg_format("%s by the kernel's count, %s%s",
			 dg_figure(sample->blocked.value, 1, counted),
			 dg_known(&sample->blocked_in_d)
				 ? dg_figure(sample->blocked_in_d.value, 1, seen)
				 : "not known how many",
			 " in state D");
	dg_print_labelled(out, "blocked", text ? text : "", style);
}

/* --- idle waits --- */

/* "103 (db), 104 and 7 more"; NULL: out of memory. */
static char *join_guests(const struct dg_signature *signature)
{
	DG_FREE char *all = dg_format("%s", "");
	size_t shown = 0;

	dg_list_foreach (guest, signature->guests) {
		const char *name = dg_get(&guest->name);
		char *longer;

		if (shown == DG_SAMPLE_TOP || !all)
			break;
		longer = dg_format("%s%s%s", all, shown++ ? ", " : "", name ? name : "?");
		free(all);
		all = longer;
	}
	if (!all || shown == signature->guests.count)
		return DG_STEAL(all);
	return dg_format("%s and %zu more", all, signature->guests.count - shown);
}

/* `said`: what the decision says already. */
static void print_signature(FILE *out, const struct dg_signature *signature,
			    const char *said, const struct dg_style *style)
{
	const char *seen = dg_get(&signature->seen), *why = dg_get(&signature->because);
	bool named = dg_known(&signature->guests) && signature->guests.count > 0;
	DG_FREE char *guests = named ? join_guests(signature) : NULL, *text = NULL;

	if (!dg_known(signature) || !seen)
		return;
	if (why && said && strstr(said, why))
		why = NULL;
	text = dg_format("%s%s%s%s%s",
			 dg_streq(seen, "yes") ? "seen, and charged as I/O stall"
			 : dg_streq(seen, "no")
				 ? "none that this kernel charges as I/O stall"
				 : "cannot tell",
			 guests ? ", in " : "", guests ? guests : "", why ? ": " : "",
			 why ? why : "");
	dg_print_labelled(out, "idle waits", text ? text : "", style);
}

/* --- the whole --- */

/* How much of what was seen is the looking itself. */
static void print_own_share(FILE *out, const struct dg_sample *sample,
			    const struct dg_style *style)
{
	char cpu[DG_FIGURE_SIZE], memory[DG_FIGURE_SIZE], stalled[DG_FIGURE_SIZE];
	DG_FREE char *text = NULL, *stall = NULL;

	if (!dg_known(&sample->own_cpu_percent) || !dg_known(&sample->own_memory_bytes))
		return;
	if (dg_known(&sample->own_stalled_percent))
		stall = dg_format(
			", and stalled for %s %% of the window",
			dg_figure(sample->own_stalled_percent.value, 1, stalled));
	text = dg_format(
		"Measuring took %s %% of one processor and %s MiB of memory%s.",
		dg_figure(sample->own_cpu_percent.value, 2, cpu),
		dg_figure((double)sample->own_memory_bytes.value / (1 << 20), 1, memory),
		stall ? stall : "");
	fputc('\n', out);
	print_sentence(out, text ? text : "", style);
}

int dg_text_sample(FILE *out, const struct dg_sample *sample,
		   const struct dg_pressure *pressure, const struct dg_style *style)
{
	int r;

	print_decision(out, sample, pressure, style);
	print_window(out, sample, style);
	print_figures(out, sample, style);
	print_blocked(out, sample, style);
	print_signature(out, &sample->signature, pressure->why, style);
	r = dg_print_disks(out, sample, pressure, style);
	r = r < 0 ? r : dg_print_guests(out, sample, pressure, style);
	r = r < 0 ? r : dg_print_writers(out, sample, style);
	r = r < 0 ? r : dg_print_trials(out, sample, style);
	dg_print_sample_gaps(out, sample, style);
	print_own_share(out, sample, style);
	return r;
}
