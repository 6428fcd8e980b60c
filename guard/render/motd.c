/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a login prints: at most six lines of 80 columns, and nothing while all is well. */
#include <errno.h>

#include "guard/render/render.h"
#include "policy/text.h"

#define LINES_MAX    6
#define COLUMNS	     80
#define HEADLINE_MAX 2 /* lines */

static const char *const words[] = {
	[DG_LEVEL_OK] = "OK",		[DG_LEVEL_NOTICE] = "NOTICE",
	[DG_LEVEL_WARNING] = "WARNING", [DG_LEVEL_CRITICAL] = "CRITICAL",
	[DG_LEVEL_UNKNOWN] = "UNKNOWN",
};

/* Lines in the making. */
struct motd {
	FILE *out;
	size_t count;
};

/* --- columns --- */

/* From Hangul on, characters may take two columns: how many is the terminal's to say. */
static size_t rune_columns(uint32_t rune)
{
	return rune >= 0x1100 ? 2 : 1;
}

/* How many bytes of `text` fit into so many columns, and how many columns they take. */
static size_t fit(const char *text, size_t columns, size_t *ret_columns)
{
	size_t size = strlen(text), at = 0, used = 0;

	while (at < size) {
		uint32_t rune = 0;
		size_t n = dg_utf8_decode(text + at, size - at, &rune);
		size_t more = rune_columns(rune);

		if (used + more > columns)
			break;
		used += more;
		at += n ? n : 1;
	}
	*ret_columns = used;
	return at;
}

/* The same, ended at a blank where there is one in the line's second half. */
static size_t fit_words(const char *text, size_t columns)
{
	size_t used, n = fit(text, columns, &used), at = n;

	if (!text[n] || text[n] == ' ')
		return n;
	while (at > n / 2 && text[at - 1] != ' ')
		at--;
	if (at <= n / 2)
		return n;
	while (at > 0 && text[at - 1] == ' ')
		at--;
	return at;
}

/* `text` behind `head` in at most `lines` lines, the rest cut off. */
static void put_text(struct motd *m, const char *head, const char *text, size_t lines)
{
	size_t indent = strlen(head);

	for (size_t i = 0; i < lines && (i == 0 || *text) && m->count < LINES_MAX; i++) {
		bool last = i + 1 == lines || m->count + 1 == LINES_MAX;
		size_t n = fit_words(text, COLUMNS - indent);
		bool cut = last && text[n];

		if (cut)
			n = fit_words(text, COLUMNS - indent - strlen("..."));
		fprintf(m->out, "%*s%.*s%s\n", (int)indent, i ? "" : head, (int)n, text,
			cut ? "..." : "");
		text += n;
		text += strspn(text, " ");
		m->count++;
	}
}

/* --- what is to be done --- */

/* All commands as one line, that can be copied; NULL: out of memory. */
static char *join_commands(const struct dg_plan *plan)
{
	DG_FREE char *all = NULL;

	for (size_t i = 0; i < plan->step_count; i++) {
		DG_FREE char *one = dg_command_line(&plan->steps[i].argv);
		char *more =
			one ? dg_format("%s%s%s", all ? all : "", all ? " && " : "", one)
			    : NULL;

		free(all);
		all = more;
		if (!more)
			return NULL;
	}
	return all ? DG_STEAL(all) : strdup("");
}

/* A command that is cut off is another command. */
static bool fits(const char *command)
{
	size_t columns;

	return !command[fit(command, COLUMNS - strlen("  "), &columns)];
}

/* One a line, where they are two that fit. */
static int put_two(struct motd *m, const struct dg_plan *plan)
{
	DG_FREE char *first = dg_command_line(&plan->steps[0].argv);
	DG_FREE char *second = dg_command_line(&plan->steps[1].argv);

	if (!first || !second)
		return -ENOMEM;
	if (!fits(first) || !fits(second))
		return 0;
	put_text(m, "  ", first, 1);
	put_text(m, "  ", second, 1);
	return 1;
}

static int put_commands(struct motd *m, const struct dg_plan *plan)
{
	DG_FREE char *all = join_commands(plan);
	int r = 0;

	if (!all)
		return -ENOMEM;
	if (!fits(all) && plan->step_count == 2)
		r = put_two(m, plan);
	if (r == 0) {
		put_text(m, "Why: ", plan->why, 1);
		if (*all)
			put_text(m, "  ",
				 fits(all) ? all : "the commands: driftguard check", 1);
	}
	if (plan->then)
		put_text(m, *all ? "  then: " : "  ", plan->then, 1);
	return r < 0 ? r : 0;
}

/* The first preflight that is not passed. */
static int put_blocker(struct motd *m, const struct dg_plan *plan)
{
	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];
		DG_FREE char *text = NULL;

		if (!dg_preflight_blocks(p))
			continue;
		text = dg_format("%s%s%s", p->detail, p->unblock ? " -> " : "",
				 p->unblock ? p->unblock : "");
		if (!text)
			return -ENOMEM;
		put_text(m, "In the way: ", text, 2);
		return 0;
	}
	return 0;
}

static int put_plan(struct motd *m, const struct dg_plan *plan)
{
	if (plan->ready)
		return put_commands(m, plan);
	put_text(m, "Why: ", plan->why, 1);
	return put_blocker(m, plan);
}

/* Without a plan: what the finding that the headline is about asks for. */
static void put_remedy(struct motd *m, const struct dg_verdict *v)
{
	const struct dg_finding *worst = NULL;
	const char *remedy;

	for (size_t i = 0; i < v->finding_count; i++)
		if (v->findings[i].status == DG_DRIFT &&
		    (!worst || v->findings[i].severity > worst->severity))
			worst = &v->findings[i];
	if (!worst || v->level == DG_LEVEL_UNKNOWN)
		return;
	remedy = worst->remedy ? worst->remedy : worst->check->remedy;
	if (remedy)
		put_text(m, "To do: ", remedy, 2);
}

static int put_all(struct motd *m, const struct dg_verdict *v)
{
	DG_FREE char *head = dg_format("driftguard %s: ", words[v->level]);
	int r = 0;

	if (!head)
		return -ENOMEM;
	put_text(m, head, v->headline, HEADLINE_MAX);
	if (v->plan)
		r = put_plan(m, v->plan);
	else
		put_remedy(m, v);
	put_text(m, "", "More: driftguard status", 1);
	return r;
}

int dg_motd_text(const struct dg_verdict *v, char **ret)
{
	struct motd m = {0};
	size_t size = 0;
	char *text = NULL;
	int r = 0;

	m.out = open_memstream(&text, &size);
	if (!m.out)
		return -ENOMEM;
	if (v->level != DG_LEVEL_OK)
		r = put_all(&m, v);
	if (fclose(m.out) != 0)
		r = -ENOMEM;
	if (r < 0)
		free(text);
	else
		*ret = text;
	return r;
}

static int print_verdict(FILE *out, const struct dg_verdict *v,
			 const struct dg_style *style)
{
	DG_FREE char *text = NULL;
	int r;

	(void)style;
	if (v->level == DG_LEVEL_NOTICE)
		return 0;
	r = dg_motd_text(v, &text);
	if (r == 0)
		fputs(text, out);
	return r;
}

const struct dg_renderer dg_render_motd = {
	.name = "motd",
	.verdict = print_verdict,
};
