/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preflights that a person overrides. */
#include "guard/pin-work.h"
#include "policy/nearest.h"
#include "policy/policy-keys.h"

static int complain_override(const char *const *names, const char *word)
{
	size_t n = 0;
	const char *near;

	while (names[n])
		n++;
	near = dg_nearest_word(word, names, n);
	dg_complain("--override %s: there is no such preflight%s%s%s", word,
		    near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return DG_EXIT_UNUSABLE;
}

/* Takes over `word`. */
static int take_override(struct dg_pin_work *work, char *word)
{
	const char *names[DG_PREFLIGHT_NAMES_MAX], *why;
	int status = DG_GO_ON;
	size_t n = 0;

	dg_preflight_names(names);
	why = dg_preflight_essential(word);
	while (work->asked[n] && !dg_streq(work->asked[n], word))
		n++;
	if (!dg_word_find(names, word)) {
		status = complain_override(names, word);
	} else if (why) {
		dg_complain("--override %s: it cannot be overridden, since %s", word,
			    why);
		status = DG_EXIT_UNUSABLE;
	} else if (!work->asked[n]) {
		work->asked[n] = word;
		return DG_GO_ON;
	}
	free(word);
	return status;
}

/* "a,b" */
static int take_list(struct dg_pin_work *work, const char *list)
{
	int status = DG_GO_ON;

	while (status == DG_GO_ON) {
		size_t n = strcspn(list, ",");
		char *word = strndup(list, n);

		if (!word) {
			dg_complain("out of memory");
			return DG_EXIT_FAILED;
		}
		status = take_override(work, word);
		if (!list[n])
			break;
		list += n + 1;
	}
	return status;
}

/* Which of those that were asked for had to be; a preflight that passes needs no one. */
void dg_pin_overrides_settle(struct dg_pin_work *work)
{
	size_t count = 0;

	for (size_t i = 0; i < work->plan->preflight_count; i++) {
		const struct dg_preflight *p = &work->plan->preflights[i];

		for (size_t j = 0; work->asked[j]; j++)
			if (dg_preflight_blocks(p) && dg_streq(p->id, work->asked[j]))
				work->overridden[count++] = p->id;
	}
	work->overridden[count] = NULL;
}

int dg_pin_overrides_take(struct dg_pin_work *work)
{
	const char *const *lists = work->options->overrides;
	int status = DG_GO_ON;

	for (size_t i = 0; lists[i] && status == DG_GO_ON; i++)
		status = take_list(work, lists[i]);
	return status;
}
