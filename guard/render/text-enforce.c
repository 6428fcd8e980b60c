/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce, for people: what is done or not, the commands with their undo, and every gate
 * with what it was judged by. */
#include "guard/render/enforce.h"
#include "guard/render/text.h"
#include "policy/text.h"

/* What a dry run says is what it would do. */
static const char *const dry_outcomes[] = {
	[DG_ENFORCE_NOTHING] = "nothing",
	[DG_ENFORCE_NOTIFIES] = "nothing",
	[DG_ENFORCE_REFUSED] = "refused",
	[DG_ENFORCE_ACTS] = "dry-run",
};

static const struct {
	const char *outcome, *word, *colour;
} heads[] = {
	{.outcome = "dry-run", .word = "DRY RUN", .colour = "\033[1;36m"},
	{.outcome = "nothing", .word = "NOTHING TO DO", .colour = "\033[1;32m"},
	{.outcome = "refused", .word = "NOT DONE", .colour = "\033[1;33m"},
	{.outcome = "done", .word = "DONE", .colour = "\033[1;32m"},
	{.outcome = "undone", .word = "FAILED, UNDONE", .colour = "\033[1;31m"},
	{.outcome = "unfinished", .word = "UNFINISHED", .colour = "\033[1;31m"},
};

static void print_head(FILE *out, const struct dg_enforce_told *told,
		       const struct dg_style *style)
{
	const char *name = told->verdict->host.name, *outcome = told->outcome;

	if (dg_streq(outcome, "dry-run"))
		outcome = dry_outcomes[told->decision->state];
	for (size_t i = 0; i < DG_COUNT(heads); i++)
		if (dg_streq(heads[i].outcome, outcome))
			fprintf(out, "%s%s%s  %s\n", style->colour ? heads[i].colour : "",
				heads[i].word, style->colour ? DG_RESET : "",
				name ? name : "");
	if (told->recovered)
		dg_print_wrapped(out, told->recovered, style, 0, 0);
	dg_print_wrapped(out, told->decision->summary, style, 0, 0);
	if (told->why)
		dg_print_wrapped(out, told->why, style, 0, 0);
}

/* --- the plan --- */

static void print_command(FILE *out, const char *before, const struct dg_argv *argv)
{
	DG_FREE char *line = dg_command_line(argv);

	fprintf(out, "%s%s\n", before, line ? line : "?");
}

static void print_plan(FILE *out, const struct dg_plan *plan,
		       const struct dg_style *style)
{
	DG_FREE char *title = dg_format("The plan: %s", plan->why);

	dg_print_title(out, title ? title : plan->why, style);
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct dg_step *step = &plan->steps[i];

		print_command(out, "    ", &step->argv);
		for (size_t j = 0; j < step->undo_count; j++)
			print_command(out, "        undo: ", &step->undo[j]);
	}
	if (plan->then)
		fprintf(out, "    %s: a person's to do, now or later\n", plan->then);
}

/* --- the gates --- */

static const struct {
	const char *word, *colour;
} answers[] = {
	[DG_NO] = {.word = "shut", .colour = "\033[31m"},
	[DG_YES] = {.word = "open", .colour = "\033[32m"},
	[DG_CANNOT_TELL] = {.word = "unknown", .colour = "\033[35m"},
};

#define DETAIL_AT 25 /* column */

static void print_gate(FILE *out, const struct dg_gate *gate,
		       const struct dg_style *style)
{
	DG_FREE char *lines = dg_wrap(gate->detail, style->width, DETAIL_AT, DETAIL_AT);

	fprintf(out, "  %s%-7s%s  %-13s %s\n",
		style->colour ? answers[gate->open].colour : "", answers[gate->open].word,
		style->colour ? DG_RESET : "", gate->id,
		lines ? lines + DETAIL_AT : gate->detail);
}

int dg_text_enforce(FILE *out, const struct dg_enforce_told *told,
		    const struct dg_style *style)
{
	const struct dg_enforcement *decision = told->decision;

	print_head(out, told, style);
	if (decision->plan)
		print_plan(out, decision->plan, style);
	dg_print_title(out, "Gates", style);
	for (size_t i = 0; i < decision->gate_count; i++)
		print_gate(out, &decision->gates[i], style);
	fputc('\n', out);
	if (told->boots)
		fprintf(out, "Boots next: %s\n", told->boots);
	else if (dg_streq(told->outcome, "unfinished"))
		fputs("What boots next cannot be told: see to that before a reboot.\n",
		      out);
	if (told->record)
		fprintf(out, "Record: %s\n", told->record);
	else if (told->no_record)
		dg_print_wrapped(out, told->no_record, style, 0, 0);
	if (dg_streq(told->outcome, "dry-run") && decision->state == DG_ENFORCE_ACTS)
		fputs("Nothing was changed: driftguard enforce --yes does it.\n", out);
	return 0;
}
