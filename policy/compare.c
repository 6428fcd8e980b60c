/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two boots side by side: which samples stand for them, and the sentences. */
#include <errno.h>

#include "policy/compare-work.h"
#include "policy/pressure.h"
#include "policy/text.h"

static void work_clean(struct dg_compare_work *w)
{
	dg_disk_pairs_clear(&w->pairs);
	free(w->same);
	free(w->changed);
	free(w->unknown);
	dg_comparison_free(w->c);
}

static void rows_clear(struct dg_comparison_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->items[i].what);
		free(rows->items[i].sides[0].text);
		free(rows->items[i].sides[1].text);
	}
	free(rows->items);
}

void dg_comparison_free(struct dg_comparison *c)
{
	if (!c)
		return;
	for (int side = 0; side < 2; side++) {
		free(c->boots[side].boot_id);
		free(c->boots[side].kernel);
		free(c->boots[side].verdict);
		free(c->boots[side].headline);
	}
	rows_clear(&c->circumstances);
	rows_clear(&c->figures);
	free(c->same);
	free(c->changed);
	free(c->caveat);
	free(c);
}

/* --- samples --- */

const struct dg_sample *dg_boot_sample(const struct dg_boot_record *record)
{
	const struct dg_sample *best = NULL;
	int best_rank = -1;

	if (!dg_known(&record->samples))
		return NULL;
	dg_list_foreach (sample, record->samples) {
		int rank;

		if (!dg_known(sample))
			continue;
		rank = (dg_known(&sample->disturbed) ? 0 : 2) +
		       (dg_sample_is_loaded(sample) ? 1 : 0);
		if (rank >= best_rank) {
			best = sample;
			best_rank = rank;
		}
	}
	return best;
}

/* --- sentences --- */

/* Append `phrase`, which is taken over, behind `separator`. */
int dg_phrase_append(char **list, const char *separator, char *phrase)
{
	char *longer = !phrase ? NULL
			       : dg_format("%s%s%s", *list ? *list : "",
					   *list ? separator : "", phrase);

	free(phrase);
	if (!longer)
		return -ENOMEM;
	free(*list);
	*list = longer;
	return 0;
}

char *dg_phrase_copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int say_caveat(struct dg_compare_work *w, char *sentence)
{
	return dg_phrase_append(&w->c->caveat, " ", sentence);
}

static const char *const ordinals[2] = {"first", "second"};

static int add_sample_caveat(struct dg_compare_work *w, int side)
{
	const struct dg_sample *sample = w->samples[side];

	if (!sample)
		return say_caveat(w, dg_format("No sample was kept of the %s boot, so "
					       "its figures are missing.",
					       ordinals[side]));
	if (dg_known(&sample->disturbed))
		return say_caveat(w, dg_format("The %s window was disturbed: %s.",
					       ordinals[side], sample->disturbed.value));
	return 0;
}

static int add_caveats(struct dg_compare_work *w)
{
	const struct dg_sample *a = w->samples[0], *b = w->samples[1];
	int r;

	if (!a && !b)
		return say_caveat(w, strdup("No sample was kept of either boot, so there "
					    "are no figures: driftguard record --sample "
					    "takes one."));
	r = add_sample_caveat(w, 0);
	if (r == 0)
		r = add_sample_caveat(w, 1);
	if (r == 0 && a && b && !dg_sample_is_loaded(a) && !dg_sample_is_loaded(b))
		r = say_caveat(w, strdup("Neither window saw load."));
	if (r == 0 && a && b)
		r = say_caveat(w, strdup("This is a before and after, not a controlled "
					 "experiment."));
	return r;
}

static int add_changed(struct dg_compare_work *w)
{
	char **text = &w->c->changed;
	bool many = w->things & (w->things - 1);
	int r;

	r = dg_phrase_append(text, " ",
			     w->changed ? dg_format("Changed: %s.", w->changed)
					: strdup("Nothing that is recorded changed."));
	if (r == 0 && many)
		r = dg_phrase_append(
			text, " ",
			strdup("More than one thing changed; the figures do not tell "
			       "which of them did it."));
	if (r == 0 && w->unknown)
		r = dg_phrase_append(
			text, " ",
			dg_format("Not known of both boots, so it may have changed "
				  "too: %s.",
				  w->unknown));
	for (int side = 0; side < 2 && r == 0; side++)
		if (w->pairs.only[side])
			r = dg_phrase_append(text, " ",
					     dg_format("Used in the %s window only: %s.",
						       ordinals[side],
						       w->pairs.only[side]));
	return r;
}

static int add_sentences(struct dg_compare_work *w)
{
	int r = add_changed(w);

	if (r == 0)
		r = dg_phrase_append(
			&w->c->same, "",
			w->same ? dg_format("Same in both: %s.", w->same)
				: strdup("Nothing that is recorded stayed the same."));
	return r < 0 ? r : add_caveats(w);
}

/* --- the whole --- */

static int copy_text(char **to, const struct dg_str *from)
{
	*to = dg_phrase_copy(dg_get(from));
	return dg_known(from) && !*to ? -ENOMEM : 0;
}

static int set_boot(struct dg_compare_work *w, int side)
{
	__typeof__(&w->c->boots[side]) boot = &w->c->boots[side];
	const struct dg_boot_record *record = w->records[side];
	const struct dg_sample *sample = w->samples[side];
	int r;

	boot->boot_time = dg_known(&record->boot_time) ? record->boot_time.value : 0;
	boot->has_sample = sample != NULL;
	if (sample && dg_known(&sample->time))
		boot->sample_time = sample->time.value;
	if (sample && dg_known(&sample->window_s))
		boot->window_s = sample->window_s.value;
	r = copy_text(&boot->boot_id, &record->boot_id);
	r = r < 0 ? r : copy_text(&boot->kernel, &record->kernel);
	r = r < 0 ? r : copy_text(&boot->verdict, &record->verdict);
	return r < 0 ? r : copy_text(&boot->headline, &record->headline);
}

static int fill(struct dg_compare_work *w)
{
	int r = set_boot(w, 0);

	r = r < 0 ? r : set_boot(w, 1);
	r = r < 0 ? r : dg_disks_pair(w->samples, &w->pairs);
	r = r < 0 ? r : dg_compare_figures(w->samples, &w->pairs, &w->c->figures);
	r = r < 0 ? r : dg_compare_circumstances(w);
	return r < 0 ? r : add_sentences(w);
}

int dg_compare(const struct dg_boot_record *a, const struct dg_boot_record *b,
	       struct dg_comparison **ret)
{
	DG_CLEANUP(work_clean)
	struct dg_compare_work w = {.records = {a, b},
				    .samples = {dg_boot_sample(a), dg_boot_sample(b)},
				    .c = calloc(1, sizeof(*w.c))};
	int r = w.c ? fill(&w) : -ENOMEM;

	if (r == 0)
		*ret = DG_STEAL(w.c);
	return r;
}
