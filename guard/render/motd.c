/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a login prints: at most six lines of 80 columns, and nothing while all is well. */
#include <errno.h>

#include "guard/render/render.h"
#include "policy/text.h"

#define LINES_MAX    6
#define COLUMNS	     80
#define HEADLINE_MAX 2 /* lines */

/* Lines in the making. */
struct motd {
	FILE *out;
	size_t count;
	bool told; /* all that is to be done */
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

	for (size_t i = 0; i < lines && (i == 0 || *text); i++) {
		size_t n = fit_words(text, COLUMNS - indent);
		bool cut = i + 1 == lines && text[n];

		if (cut)
			n = fit_words(text, COLUMNS - indent - strlen("..."));
		fprintf(m->out, "%*s%.*s%s\n", (int)indent, i ? "" : head, (int)n, text,
			cut ? "..." : "");
		text += n;
		text += strspn(text, " ");
		m->count++;
	}
}

/* The same, or nothing at all where it does not fit. */
static bool put_whole(struct motd *m, const char *head, const char *text, size_t lines)
{
	const char *rest = text;

	for (size_t i = 0; i < lines; i++) {
		rest += fit_words(rest, COLUMNS - strlen(head));
		rest += strspn(rest, " ");
	}
	if (!*rest)
		put_text(m, head, text, lines);
	return !*rest;
}

/* --- what is to be done --- */

/* Lines that are left above the last one, which always stands. */
static size_t room_of(const struct motd *m)
{
	return LINES_MAX - 1 - m->count;
}

/* The size of the piece that begins at *p, which moves on to the next one, or to NULL. */
static size_t take_piece(const char **p, const char *separator)
{
	const char *end = strstr(*p, separator);
	size_t n = end ? (size_t)(end - *p) : strlen(*p);

	*p = end ? end + strlen(separator) : NULL;
	return n;
}

/* The pieces of `text`, a line each; none at all where one does not fit, since a command
 * that is cut off is another command. */
static bool put_pieces(struct motd *m, const char *text, const char *separator,
		       size_t room)
{
	size_t pieces = 0, columns;

	for (const char *p = text, *piece = p; p; piece = p, pieces++)
		if (fit(piece, COLUMNS - strlen("  "), &columns) <
			    take_piece(&p, separator) ||
		    pieces == room)
			return false;
	for (const char *p = text; p; m->count++) {
		const char *piece = p;
		size_t n = take_piece(&p, separator);

		fprintf(m->out, "  %.*s\n", (int)n, piece);
	}
	return true;
}

/* All commands as one text; NULL: out of memory. */
static char *join_commands(const struct dg_plan *plan, const char *separator)
{
	DG_FREE char *all = NULL;

	for (size_t i = 0; i < plan->step_count; i++) {
		DG_FREE char *one = dg_command_line(&plan->steps[i].argv);
		char *more = one ? dg_format("%s%s%s", all ? all : "",
					     all ? separator : "", one)
				 : NULL;

		free(all);
		all = more;
		if (!more)
			return NULL;
	}
	return all ? DG_STEAL(all) : strdup("");
}

static bool fits(const char *command)
{
	size_t columns;

	return !command[fit(command, COLUMNS - strlen("  "), &columns)];
}

/* One line that can be copied, or one each; and why, where there is room for that. */
static int put_commands(struct motd *m, const struct dg_plan *plan)
{
	DG_FREE char *line = join_commands(plan, " && ");
	DG_FREE char *lines = join_commands(plan, "\n");
	size_t room = room_of(m) - (plan->then != NULL), wanted;

	if (!line || !lines)
		return -ENOMEM;
	wanted = plan->step_count && fits(line) ? 1 : plan->step_count;
	if (room > wanted && put_whole(m, "Why: ", plan->why, 1))
		room--;
	if (plan->step_count == 0)
		m->told = plan->then != NULL;
	else
		m->told = put_pieces(m, wanted == 1 ? line : lines, "\n", room);
	if (m->told && plan->then)
		put_text(m, plan->step_count ? "  then: " : "  ", plan->then, 1);
	return 0;
}

/* The first preflight that is not passed, and what to do about it. */
static void put_blocker(struct motd *m, const struct dg_plan *plan)
{
	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];

		if (!dg_preflight_blocks(p))
			continue;
		put_text(m, "In the way: ", p->detail, 1);
		m->told = p->unblock && put_pieces(m, p->unblock, "; ", room_of(m));
		return;
	}
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
	m->told = remedy && put_whole(m, "To do: ", remedy, room_of(m));
}

static int put_all(struct motd *m, const struct dg_verdict *v)
{
	DG_FREE char *head = dg_format("driftguard %s: ", dg_level_word(v->level));
	int r = 0;

	if (!head)
		return -ENOMEM;
	put_text(m, head, v->headline, HEADLINE_MAX);
	if (v->plan && v->plan->ready)
		r = put_commands(m, v->plan);
	else if (v->plan)
		put_blocker(m, v->plan);
	else
		put_remedy(m, v);
	fprintf(m->out, "%s: driftguard status\n", m->told ? "More" : "What to do");
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
