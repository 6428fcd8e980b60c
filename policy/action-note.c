/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting commands, and what they said, into an action's record. */
#include <errno.h>

#include "policy/action-record.h"
#include "policy/text.h"

void dg_action_set(struct dg_str *fact, const char *text)
{
	if (text)
		dg_set_str(fact, text);
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "none");
}

bool dg_action_step_is_done(const struct dg_action_step *step)
{
	return dg_streq(dg_get(&step->state), "ended") && dg_known(&step->status) &&
	       step->status.value == 0 && !dg_true(&step->timed_out);
}

bool dg_action_step_is_refresh(const struct dg_action_step *step)
{
	struct dg_argv argv;

	return dg_action_argv_get(&step->argv, &argv) == 0 &&
	       dg_streq(argv.words[1], "refresh");
}

void dg_action_not_run(struct dg_action_step *step, const char *state)
{
	dg_set_str(&step->state, state);
	dg_set_gap(&step->status.meta, DG_ABSENT, "none");
	dg_set_gap(&step->signal.meta, DG_ABSENT, "none");
	dg_set_gap(&step->timed_out.meta, DG_ABSENT, "not ended");
	dg_set_gap(&step->output.meta, DG_ABSENT, "not ended");
}

int dg_action_argv_set(struct dg_action_argv *fact, const struct dg_argv *argv)
{
	dg_set_known(&fact->meta);
	for (size_t i = 0; i < DG_ARGV_MAX && argv->words[i]; i++) {
		struct dg_word *word = DG_ADD(&fact->words, DG_ARGV_MAX);

		if (!word)
			return -ENOMEM;
		dg_set_str(&word->name, argv->words[i]);
	}
	return 0;
}

int dg_action_argv_get(const struct dg_action_argv *fact, struct dg_argv *ret)
{
	struct dg_argv argv = {0};
	size_t n = 0;

	dg_list_foreach (word, fact->words) {
		if (n + 1 >= DG_ARGV_MAX || !dg_known(word) || !dg_get(&word->name))
			return -EBADMSG;
		argv.words[n++] = word->name.value;
	}
	if (n == 0)
		return -EBADMSG;
	*ret = argv;
	return 0;
}

static int add_line(struct dg_action_step *step, const char *line, size_t size)
{
	struct dg_word *word = DG_ADD(&step->output, DG_ACTION_LINES_MAX + 1);
	char *text;

	if (!word)
		return -ENOMEM;
	text = dg_clean_text_max(line, size, DG_ACTION_LINE_MAX);
	if (!text)
		return -ENOMEM;
	dg_set_str(&word->name, text);
	free(text);
	return 0;
}

static size_t count_lines(const char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += text[i] == '\n';
	return n + (size > 0 && text[size - 1] != '\n');
}

static int add_gap_line(struct dg_action_step *step, size_t left_out)
{
	DG_FREE char *line = dg_format("[%zu lines are left out here]", left_out);

	return line ? add_line(step, line, strlen(line)) : -ENOMEM;
}

int dg_action_set_output(struct dg_action_step *step, const char *text, size_t size)
{
	size_t total = count_lines(text, size), half = DG_ACTION_LINES_MAX / 2;
	const char *end = text + size;
	int r = 0;

	/* What an earlier try said is not kept. */
	dg_action_forget_output(step);
	for (size_t i = 0; text < end && r == 0; i++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop ? stop : end) - text);
		bool kept = total <= DG_ACTION_LINES_MAX || i < half || i + half >= total;

		if (kept)
			r = add_line(step, text, length);
		else if (i == half)
			r = add_gap_line(step, total - 2 * half);
		text += length + (stop != NULL);
	}
	return r;
}
