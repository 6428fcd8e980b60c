/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pin and unpin print: first what is to be done and whether it may, then what came
 * of it. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/pin-work.h"
#include "guard/render/text.h"
#include "policy/policy-keys.h"
#include "policy/text.h"
#include "policy/timefmt.h"

/* --- text --- */

static void print_debt(FILE *out, const struct dg_pin_work *work,
		       const struct dg_style *style)
{
	const struct dg_act_ledger *l = &work->ledger;
	char date[DG_DATE_SIZE];
	DG_FREE char *line = NULL;

	if (!l->abi)
		return;
	line = dg_format("and into the ledger: %s%s%s%s%s%s",
			 l->reason ? l->reason : "no reason", l->owner ? " (" : "",
			 l->owner ? l->owner : "", l->owner ? ")" : "",
			 l->until ? ", until " : "",
			 l->until ? dg_date_format(l->until, date) : "");
	if (line)
		dg_print_wrapped(out, line, style, 2, 4);
}

static void print_stale(FILE *out, const struct dg_pin_work *work,
			const struct dg_style *style)
{
	for (const char *const *abi = work->ledger.remove; abi && *abi; abi++) {
		DG_FREE char *line =
			dg_format("and out of the ledger: the entry of %s, which is not "
				  "pinned then",
				  *abi);

		if (line)
			dg_print_wrapped(out, line, style, 2, 4);
	}
}

static void print_preflight(FILE *out, const struct dg_pin_work *work,
			    const struct dg_preflight *p, const struct dg_style *style)
{
	bool over = dg_word_find(work->overridden, p->id) != NULL;
	const char *essential = dg_preflight_essential(p->id);
	DG_FREE char *line =
		dg_format("%s %s: %s%s%s",
			  p->ok == DG_YES ? "ok"
			  : over	  ? "overridden"
			  : p->advisory	  ? "to mind"
					  : "NO",
			  p->id, p->detail, p->ok != DG_YES && p->unblock ? " -> " : "",
			  p->ok != DG_YES && p->unblock ? p->unblock : "");
	DG_FREE char *lines = NULL;

	if (p->ok == DG_YES && !style->verbose)
		return;
	lines = line ? dg_wrap_clauses(line, style->width, 2, 4) : NULL;
	if (lines)
		fprintf(out, "%s\n", lines);
	if (dg_preflight_blocks(p) && !over && !essential)
		fprintf(out, "    (--override %s goes on all the same)\n", p->id);
}

static void print_preflights(FILE *out, const struct dg_pin_work *work,
			     const struct dg_style *style)
{
	size_t passed = 0;

	for (size_t i = 0; i < work->plan->preflight_count; i++)
		passed += work->plan->preflights[i].ok == DG_YES;
	if (!work->plan->preflight_count)
		return;
	fprintf(out, "Preflights: %zu of %zu passed\n", passed,
		work->plan->preflight_count);
	for (size_t i = 0; i < work->plan->preflight_count; i++)
		print_preflight(out, work, &work->plan->preflights[i], style);
}

int dg_text_pin(FILE *out, const struct dg_pin_work *work)
{
	struct dg_style style = dg_style_of(out, work->options->verbose > 0);

	dg_print_wrapped(out, work->plan->why, &style, 0, 0);
	if (work->once.way != DG_ONCE_NONE)
		fprintf(out, "    %s: %s\n", dg_once_name(work->once.way),
			work->once.entry ? work->once.entry : "cleared");
	if (dg_print_commands(out, work->plan) < 0)
		return -ENOMEM;
	print_debt(out, work, &style);
	print_stale(out, work, &style);
	for (size_t i = 0; i < work->note_count; i++)
		dg_print_wrapped(out, work->notes[i], &style, 2, 4);
	print_preflights(out, work, &style);
	if (work->options->dry_run)
		fputs("Nothing was done (--dry-run).\n", out);
	return 0;
}

int dg_text_pin_report(FILE *out, const struct dg_pin_work *work)
{
	const struct dg_act_report *report = &work->report;
	struct dg_style style = dg_style_of(out, false);
	bool good = report->outcome == DG_ACT_DONE || report->outcome == DG_ACT_NOTHING;

	/* A failure is told on standard error. */
	if (good)
		dg_print_wrapped(out, report->why, &style, 0, 2);
	if (report->boots && !strstr(report->why, report->boots))
		fprintf(out, "Boots next: %s\n", report->boots);
	else if (!report->boots && report->outcome == DG_ACT_UNFINISHED)
		fputs("What boots next cannot be told: see to that before a reboot.\n",
		      out);
	if (report->record)
		fprintf(out, "Record: %s\n", report->record);
	return 0;
}

/* --- JSON --- */

static void add_text(struct json_object *json, const char *key, const char *text)
{
	json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

static struct json_object *encode_list(const char *const *words)
{
	struct json_object *array = json_object_new_array();

	for (; words && *words; words++)
		json_object_array_add(array, json_object_new_string(*words));
	return array;
}

static struct json_object *encode_ledger(const struct dg_act_ledger *l)
{
	struct json_object *json = json_object_new_object();
	char date[DG_DATE_SIZE];

	add_text(json, "abi", l->abi);
	add_text(json, "reason", l->reason);
	add_text(json, "owner", l->owner);
	add_text(json, "until", l->until ? dg_date_format(l->until, date) : NULL);
	json_object_object_add(json, "removed", encode_list(l->remove));
	return json;
}

int dg_json_pin(FILE *out, const struct dg_pin_work *work)
{
	const struct dg_act_report *report = &work->report;
	struct json_object *json = json_object_new_object();
	int r;

	add_text(json, "schema", "driftguard.pin-report/1");
	add_text(json, "verb", work->verb);
	json_object_object_add(json, "dry_run",
			       json_object_new_boolean(work->options->dry_run));
	json_object_object_add(json, "plan", dg_plan_encode(work->plan));
	add_text(json, "one_shot", work->once.entry);
	json_object_object_add(json, "overridden", encode_list(work->overridden));
	json_object_object_add(json, "ledger", encode_ledger(&work->ledger));
	json_object_object_add(json, "notes",
			       encode_list((const char *const *)work->notes));
	add_text(json, "outcome",
		 work->acted		  ? dg_act_outcome_name(report->outcome)
		 : work->options->dry_run ? NULL
					  : dg_act_outcome_name(DG_ACT_NOTHING));
	add_text(json, "why", report->why);
	add_text(json, "next_boot", report->boots);
	add_text(json, "record", report->record);
	r = dg_print_json(out, json);
	json_object_put(json);
	return r;
}
