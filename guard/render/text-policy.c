/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/render/policy.h"

#include <errno.h>
#include <json-c/json.h>

#include "guard/render/text.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define VALUE_MAX 32 /* a column that longer values do not widen */

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* "/etc/driftguard/policy.json:7". NULL: out of memory. */
static char *format_place(const struct dg_origin *origin)
{
	return origin->line && !dg_streq(origin->file, DG_BUILT_IN)
		       ? dg_format("%s:%u", origin->file, origin->line)
		       : dg_format("%s", origin->file);
}

/* --- layers --- */

static void print_layer(FILE *out, const struct dg_policy_layer *layer, size_t width,
			int64_t now)
{
	fprintf(out, "  %-*s  %s", (int)width, layer->file,
		dg_layer_state_name(layer->state));
	if (layer->copy_of) {
		long long days = (long long)dg_days_between(layer->copied, now);

		fprintf(out, ": a copy of %s, last seen to be right %lld day%s ago",
			layer->copy_of, days, days == 1 ? "" : "s");
	}
	fputc('\n', out);
}

static void print_layers(FILE *out, const struct dg_policy_report *report,
			 const struct dg_style *style)
{
	const struct dg_policy *policy = report->policy;
	size_t width = 0;

	dg_print_title(out, "Layers, the later ones win", style);
	for (size_t i = 0; i < policy->layer_count; i++)
		width = larger(width, strlen(policy->layers[i].file));
	for (size_t i = 0; i < policy->layer_count; i++)
		print_layer(out, &policy->layers[i], width, report->now);
}

/* --- values --- */

static const char *value_text(const struct dg_policy_value_note *note)
{
	const char *text = json_object_to_json_string_ext(
		note->value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	return text ? text : "";
}

static int print_value(FILE *out, const struct dg_policy_value_note *note,
		       const size_t widths[2], const struct dg_style *style)
{
	DG_FREE char *place = format_place(&note->origin);

	if (!place)
		return -ENOMEM;
	fprintf(out, "%s %c %-*s  %-*s  %s",
		style->colour && !note->is_default ? DG_BOLD : "",
		note->is_default ? ' ' : '*', (int)widths[0], note->path, (int)widths[1],
		value_text(note), place);
	if (note->origin.override >= 0)
		fprintf(out, " (override %d)", note->origin.override);
	fprintf(out, "%s\n", style->colour && !note->is_default ? DG_RESET : "");
	return 0;
}

static int print_values(FILE *out, const struct dg_policy_report *report,
			const struct dg_style *style)
{
	size_t widths[2] = {0}, folded = 0;
	int r = 0;

	dg_print_title(out, "Values, * where a layer changes the default", style);
	for (size_t i = 0; i < report->value_count; i++) {
		size_t n = strlen(value_text(&report->values[i]));

		if (report->values[i].is_default && !style->verbose && ++folded)
			continue;
		widths[0] = larger(widths[0], strlen(report->values[i].path));
		widths[1] = larger(widths[1], n < VALUE_MAX ? n : VALUE_MAX);
	}
	for (size_t i = 0; r == 0 && i < report->value_count; i++)
		if (!report->values[i].is_default || style->verbose)
			r = print_value(out, &report->values[i], widths, style);
	if (folded)
		fprintf(out, "   %zu default%s (-v lists %s)\n", folded,
			folded == 1 ? "" : "s", folded == 1 ? "it" : "them");
	return r;
}

/* --- overrides --- */

static int print_override(FILE *out, const struct dg_policy_override_note *note, size_t i,
			  const struct dg_style *style)
{
	DG_FREE char *place = format_place(&note->origin);
	DG_FREE char *line = NULL;

	if (place)
		line = dg_format("%zu: for %s: %s (%s)", i, note->hosts,
				 note->applies	       ? "applies here"
				 : note->no_known_host ? "matches no host that is known"
						       : "not for this host",
				 place);
	if (!line)
		return -ENOMEM;
	dg_print_wrapped(out, line, style, 2, 5);
	return 0;
}

static int print_overrides(FILE *out, const struct dg_policy_report *report,
			   const struct dg_style *style)
{
	int r = 0;

	if (report->override_count)
		dg_print_title(out, "Overrides, in the order in which they are applied",
			       style);
	for (size_t i = 0; r == 0 && i < report->override_count; i++)
		r = print_override(out, &report->overrides[i], i, style);
	return r;
}

/* --- waivers --- */

static const char *const uses[] = {
	[DG_WAIVER_USED] = "in use",
	[DG_WAIVER_UNUSED] = "unused",
	[DG_WAIVER_EXPIRED] = "expired",
	[DG_WAIVER_OTHER_HOSTS] = "for other hosts",
	[DG_WAIVER_NO_HOST] = "its hosts match none that is known",
	[DG_WAIVER_NOT_JUDGED] = "not judged",
};

static char *format_waiver(const struct dg_policy_waiver_note *note, const char *place)
{
	const struct dg_waiver *w = note->waiver;
	char date[DG_DATE_SIZE];

	dg_date_format(w->until, date);
	if (note->use == DG_WAIVER_EXPIRED)
		return dg_format("%s: %s: expired on %s: %s (%s) (%s)", w->id, w->check,
				 date, w->reason, w->owner, place);
	return dg_format("%s: %s: %s%s%s; until %s, %lld day%s left: %s (%s) (%s)", w->id,
			 w->check, uses[note->use], note->why ? ", " : "",
			 note->why ? note->why : "", date, (long long)note->days_left,
			 note->days_left == 1 ? "" : "s", w->reason, w->owner, place);
}

static int print_waivers(FILE *out, const struct dg_policy_report *report,
			 const struct dg_style *style)
{
	if (report->waiver_count)
		dg_print_title(out, "Waivers", style);
	for (size_t i = 0; i < report->waiver_count; i++) {
		DG_FREE char *place = format_place(&report->waivers[i].origin);
		DG_FREE char *line =
			place ? format_waiver(&report->waivers[i], place) : NULL;

		if (!line)
			return -ENOMEM;
		dg_print_wrapped(out, line, style, 2, 4);
	}
	return 0;
}

/* --- the rest --- */

static int print_problems(FILE *out, const struct dg_policy *policy,
			  const struct dg_style *style)
{
	if (policy->problem_count)
		dg_print_title(out, "Problems", style);
	for (size_t i = 0; i < policy->problem_count; i++) {
		const struct dg_problem *p = &policy->problems[i];
		struct dg_origin at = {.file = p->file, .line = p->line};
		DG_FREE char *place = format_place(&at);
		DG_FREE char *line = NULL;

		if (place)
			line = dg_format("%s: %s%s%s", place, p->key ? p->key : "",
					 p->key ? ": " : "", p->message);
		if (!line)
			return -ENOMEM;
		dg_print_wrapped(out, line, style, 2, 4);
	}
	return 0;
}

static int print_enforce(FILE *out, const struct dg_policy *policy,
			 const struct dg_style *style)
{
	DG_FREE char *why = NULL;
	DG_FREE char *line = NULL;

	if (dg_policy_may_enforce(policy, &why))
		line = dg_format("This policy lets driftguard enforce it.");
	else if (why)
		line = dg_format("Nothing is enforced: %s.", why);
	if (!line)
		return -ENOMEM;
	fputc('\n', out);
	dg_print_wrapped(out, line, style, 0, 0);
	return 0;
}

int dg_print_policy(FILE *out, const struct dg_policy_report *report,
		    const struct dg_style *style)
{
	int r;

	fprintf(out, "The policy of %s\n",
		report->host_name ? report->host_name : "a host without a known name");
	print_layers(out, report, style);
	r = print_values(out, report, style);
	if (r == 0)
		r = print_overrides(out, report, style);
	if (r == 0)
		r = print_waivers(out, report, style);
	if (r == 0)
		r = print_problems(out, report->policy, style);
	return r < 0 ? r : print_enforce(out, report->policy, style);
}
