/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/types.h>

#include "guard/parse/grub-lex.h"
#include "policy/util.h"

static const struct {
	const char *name;
	unsigned int var;
} variables[] = {
	{.name = "next_entry", .var = DG_GRUB_VAR_NEXT_ENTRY},
	{.name = "saved_entry", .var = DG_GRUB_VAR_SAVED_ENTRY},
	{.name = "default", .var = DG_GRUB_VAR_DEFAULT},
	{.name = "recordfail", .var = DG_GRUB_VAR_RECORDFAIL},
};

static unsigned int variable_bit(struct dg_span name)
{
	size_t i;

	for (i = 0; i < DG_COUNT(variables); i++)
		if (dg_span_eq(name, variables[i].name))
			return variables[i].var;
	return dg_span_starts(name, "feature_") ? DG_GRUB_VAR_FEATURE : DG_GRUB_VAR_OTHER;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || dg_is_digit(c) ||
	       c == '_';
}

static bool is_special_char(char c)
{
	return c == '?' || c == '#' || c == '*' || c == '@';
}

/* The length of what `s` holds behind its '$': $name, ${name}, $?. 0: no variable. */
static size_t variable_length(struct dg_span s, struct dg_span *ret_name)
{
	bool braced = s.n > 1 && s.p[1] == '{';
	size_t start = braced ? 2 : 1, n = start;

	if (n < s.n && is_special_char(s.p[n]))
		n++;
	else
		while (n < s.n && is_name_char(s.p[n]))
			n++;
	if (n == start || (braced && (n == s.n || s.p[n] != '}')))
		return 0;
	*ret_name = dg_span_of(s.p + start, n - start);
	return n + braced;
}

/* The offset of the quote that closes the one at s.p[at]; s.n where none does. */
static size_t quote_end(struct dg_span s, size_t at)
{
	char quote = s.p[at];

	for (at++; at < s.n && s.p[at] != quote; at++)
		if (quote == '"' && s.p[at] == '\\')
			at++;
	return at < s.n ? at : s.n;
}

/* The length of the word that `s` begins with, or -EBADMSG for an open quote. */
static ssize_t word_length(struct dg_span s)
{
	struct dg_span name;
	size_t i = 0;

	while (i < s.n && !strchr("{}|&;<> \t\r\n", s.p[i])) {
		if (s.p[i] == '\'' || s.p[i] == '"') {
			i = quote_end(s, i);
			if (i == s.n)
				return -EBADMSG;
		} else if (s.p[i] == '\\' && i + 1 < s.n) {
			i++;
		} else if (s.p[i] == '$') {
			size_t n = variable_length(dg_span_skip(s, i), &name);

			i += n ? n - 1 : 0;
		}
		i++;
	}
	return (ssize_t)i;
}

struct writer {
	char *text;
	size_t n;
	unsigned int vars;
	bool plain;
};

static void write_char(struct writer *w, char c)
{
	w->text[w->n++] = c;
}

/* Write the variable or the lone '$' that `s` begins with; how much of it was read. */
static size_t write_variable(struct writer *w, struct dg_span s)
{
	struct dg_span name;
	size_t n = variable_length(s, &name), i;

	if (n)
		w->vars |= variable_bit(name);
	else
		n = 1;
	for (i = 0; i < n; i++)
		write_char(w, s.p[i]);
	return n;
}

/* Write what is inside of "…". */
static void write_double(struct writer *w, struct dg_span s)
{
	size_t i = 0;

	while (i < s.n) {
		char next = i + 1 < s.n ? s.p[i + 1] : '\0';

		if (s.p[i] == '$') {
			i += write_variable(w, dg_span_skip(s, i));
			continue;
		}
		if (s.p[i] == '\\' && next == '\n') {
			i += 2;
			continue;
		}
		if (s.p[i] == '\\' && (next == '$' || next == '\\' || next == '"'))
			i++;
		write_char(w, s.p[i++]);
	}
}

/* Write the quoted piece at s.p[at]; the offset behind it. */
static size_t write_quoted(struct writer *w, struct dg_span s, size_t at)
{
	size_t end = quote_end(s, at);
	struct dg_span inside = dg_span_of(s.p + at + 1, end - at - 1);
	size_t i;

	w->plain = false;
	if (s.p[at] == '"')
		write_double(w, inside);
	else
		for (i = 0; i < inside.n; i++)
			write_char(w, inside.p[i]);
	return end + 1;
}

/* Write a whole word, as word_length() measured it; never longer than `s`. */
static void write_word(struct writer *w, struct dg_span s)
{
	size_t i = 0;

	while (i < s.n) {
		char next = i + 1 < s.n ? s.p[i + 1] : '\0';

		if (s.p[i] == '\'' || s.p[i] == '"') {
			i = write_quoted(w, s, i);
		} else if (s.p[i] == '$' && next == '"') {
			i++; /* $"…": a string that GRUB would translate */
		} else if (s.p[i] == '$') {
			i += write_variable(w, dg_span_skip(s, i));
		} else if (s.p[i] == '\\' && i + 1 < s.n) {
			w->plain = false;
			if (next != '\n')
				write_char(w, next);
			i += 2;
		} else {
			write_char(w, s.p[i++]);
		}
	}
	w->text[w->n] = '\0';
}

static void lexer_consume(struct dg_grub_lexer *lexer, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		lexer->line += lexer->rest.p[i] == '\n';
	lexer->rest = dg_span_skip(lexer->rest, n);
}

/* Pass over blanks, comments and joined lines. */
static void lexer_skip(struct dg_grub_lexer *lexer)
{
	for (;;) {
		struct dg_span *s = &lexer->rest;

		if (s->n > 0 && (dg_is_blank(s->p[0]) || s->p[0] == '\r'))
			lexer_consume(lexer, 1);
		else if (dg_span_starts(*s, "\\\n"))
			lexer_consume(lexer, 2);
		else if (s->n > 0 && s->p[0] == '#')
			lexer_consume(lexer, dg_span_find(*s, '\n'));
		else
			return;
	}
}

static int word_take(struct dg_grub_lexer *lexer, struct dg_grub_word *ret_word)
{
	ssize_t n = word_length(lexer->rest);
	struct writer w = {.plain = true};

	if (n < 0)
		return (int)n;
	w.text = malloc((size_t)n + 1);
	if (!w.text)
		return -ENOMEM;
	write_word(&w, dg_span_head(lexer->rest, (size_t)n));
	lexer_consume(lexer, (size_t)n);
	*ret_word = (struct dg_grub_word){
		.text = w.text,
		.vars = w.vars,
		.plain = w.plain && !w.vars,
	};
	return DG_GRUB_WORD;
}

int dg_grub_lex(struct dg_grub_lexer *lexer, struct dg_grub_word *ret_word)
{
	char c;

	lexer_skip(lexer);
	if (lexer->rest.n == 0)
		return DG_GRUB_END;
	c = lexer->rest.p[0];
	if (!strchr("{}|&;<>\n", c))
		return word_take(lexer, ret_word);
	lexer_consume(lexer, 1);
	if (c == '{')
		return DG_GRUB_OPEN;
	return c == '}' ? DG_GRUB_CLOSE : DG_GRUB_SEPARATOR;
}
