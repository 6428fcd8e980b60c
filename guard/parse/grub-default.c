/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/types.h>

#include "guard/parse/grow.h"
#include "guard/parse/grub-default.h"
#include "guard/parse/span.h"

/* Substitutions within substitutions; deeper is refused. */
#define NESTING_MAX 32

static const struct {
	const char *name;
	bool prefix;
} wanted[] = {
	{.name = "GRUB_DEFAULT"},
	{.name = "GRUB_SAVEDEFAULT"},
	{.name = "GRUB_DISABLE_SUBMENU"},
	{.name = "GRUB_TOP_LEVEL", .prefix = true},
	{.name = "GRUB_CMDLINE_LINUX", .prefix = true},
};

void dg_grub_default_clear(struct dg_grub_default *set)
{
	size_t i;

	if (!set)
		return;
	for (i = 0; i < set->n_settings; i++) {
		free(set->settings[i].name);
		free(set->settings[i].value);
	}
	free(set->settings);
	*set = (struct dg_grub_default){0};
}

const struct dg_grub_setting *dg_grub_default_find(const struct dg_grub_default *set,
						   const char *name)
{
	size_t i;

	for (i = set->n_settings; i-- > 0;)
		if (dg_streq(set->settings[i].name, name))
			return &set->settings[i];
	return NULL;
}

/* --- words --- */

/* What closes the constructs that a place in the text is in; ' and ` are scanned whole.
 */
struct nesting {
	char close[NESTING_MAX]; /* " ) } */
	size_t depth;
};

static bool nesting_enter(struct nesting *nest, char close)
{
	if (nest->depth == NESTING_MAX)
		return false;
	nest->close[nest->depth++] = close;
	return true;
}

/* Go past the character at s.p[*at], and past all of a '…' or `…`. False: not closed. */
static bool scan_one(struct dg_span s, size_t *at, struct nesting *nest)
{
	char c = s.p[*at], inner = nest->depth ? nest->close[nest->depth - 1] : '\0';
	char next = *at + 1 < s.n ? s.p[*at + 1] : '\0';

	++*at;
	if (c == '\\') {
		*at += *at < s.n;
	} else if (inner && c == inner) {
		nest->depth--;
	} else if ((c == '\'' && inner != '"') || c == '`') {
		*at += dg_span_find(dg_span_skip(s, *at), c);
		if (*at == s.n)
			return false;
		++*at;
	} else if (c == '"') {
		return nesting_enter(nest, '"');
	} else if (c == '$' && (next == '(' || next == '{')) {
		++*at;
		return nesting_enter(nest, next == '(' ? ')' : '}');
	} else if (c == '(' && inner == ')') {
		return nesting_enter(nest, ')');
	}
	return true;
}

/* The length of the word that `s` begins with; -EBADMSG where it is not closed. */
static ssize_t word_length(struct dg_span s)
{
	struct nesting nest = {0};
	size_t i = 0;

	while (i < s.n &&
	       (nest.depth || s.p[i] == '\0' || !strchr(" \t\r\n;&|()<>", s.p[i])))
		if (!scan_one(s, &i, &nest))
			return -EBADMSG;
	return nest.depth ? -EBADMSG : (ssize_t)i;
}

/* Take one character of a value, which is not in '…'. False: the shell would expand it.
 */
static bool value_char(struct dg_span s, size_t *at, bool quoted, char **to)
{
	char c = s.p[*at], next = *at + 1 < s.n ? s.p[*at + 1] : '\0';

	if (c == '$' || c == '`')
		return false;
	if (c == '\\' && *at + 1 < s.n) {
		if (next == '\n') {
			*at += 2;
			return true;
		}
		if (!quoted || strchr("$`\"\\", next)) {
			++*at;
			c = next;
		}
	}
	*(*to)++ = c ? c : '?';
	++*at;
	return true;
}

/* Unquote into `to`, which has room for all of `s`. False: the shell would expand it. */
static bool value_unquote(struct dg_span s, char *to)
{
	bool quoted = false;
	size_t i = 0;

	while (i < s.n) {
		if (s.p[i] == '"') {
			quoted = !quoted;
			i++;
		} else if (s.p[i] == '\'' && !quoted) {
			for (i++; i < s.n && s.p[i] != '\''; i++)
				*to++ = s.p[i] ? s.p[i] : '?';
			i++;
		} else if (!value_char(s, &i, quoted, &to)) {
			return false;
		}
	}
	*to = '\0';
	return true;
}

/* --- commands --- */

struct parse {
	struct dg_span rest;
	size_t line;
	struct dg_grub_default set;
	size_t first;	  /* settings before this command */
	size_t nested;	  /* if, case, loops and functions around */
	size_t subshells; /* (…) around */
	bool begins;	  /* no word of the command was read yet */
	bool exports;	  /* export or readonly: names without a value are fine */
	bool assigns;	  /* so far it is all assignments */
	bool conditional; /* behind && or || */
};

static void parse_consume(struct parse *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p->line += p->rest.p[i] == '\n';
	p->rest = dg_span_skip(p->rest, n);
}

/* What stands before a command stands for it alone: NAME=VALUE COMMAND sets nothing. */
static void settings_drop(struct parse *p)
{
	while (p->set.n_settings > p->first) {
		free(p->set.settings[--p->set.n_settings].name);
		free(p->set.settings[p->set.n_settings].value);
	}
}

static void command_end(struct parse *p)
{
	p->first = p->set.n_settings;
	p->begins = p->assigns = true;
	p->exports = false;
}

static bool is_wanted(struct dg_span name)
{
	size_t i;

	for (i = 0; i < DG_COUNT(wanted); i++)
		if (dg_span_eq(name, wanted[i].name) ||
		    (wanted[i].prefix && dg_span_starts(name, wanted[i].name)))
			return true;
	return false;
}

static bool is_assignment(struct dg_span word, struct dg_span *ret_name)
{
	size_t i;

	for (i = 0; i < word.n && word.p[i] != '='; i++) {
		char c = word.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
		      (i && dg_is_digit(c))))
			return false;
	}
	*ret_name = dg_span_head(word, i);
	return i > 0 && i < word.n;
}

static int setting_add(struct parse *p, struct dg_span name, struct dg_span value,
		       size_t line, char **ret_why)
{
	struct dg_grub_setting *slot;

	if (p->set.n_settings == DG_GRUB_DEFAULT_MAX)
		return dg_bad_line(ret_why, line, "too many settings");
	slot = DG_GROW(p->set.settings, p->set.n_settings);
	if (!slot)
		return -ENOMEM;
	p->set.n_settings++;
	slot->line = line;
	slot->name = dg_span_dup(name);
	slot->value = malloc(value.n + 1);
	if (!slot->name || !slot->value)
		return -ENOMEM;
	slot->dynamic = p->nested || p->subshells || p->conditional;
	if (value_unquote(value, slot->value))
		return 0;
	slot->dynamic = true;
	free(slot->value);
	slot->value = dg_span_dup(value);
	return slot->value ? 0 : -ENOMEM;
}

/* Words that open and close what need not be run, and words that a command follows. */
static const struct {
	const char *word;
	int nests;
} reserved[] = {
	{.word = "if", .nests = 1},
	{.word = "fi", .nests = -1},
	{.word = "case", .nests = 1},
	{.word = "esac", .nests = -1},
	{.word = "for", .nests = 1},
	{.word = "while", .nests = 1},
	{.word = "until", .nests = 1},
	{.word = "done", .nests = -1},
	{.word = "{", .nests = 1},
	{.word = "}", .nests = -1},
	{.word = "then"},
	{.word = "else"},
	{.word = "elif"},
	{.word = "do"},
	{.word = "!"},
};

static void nest(size_t *depth, int by)
{
	if (by > 0 || *depth)
		*depth += (size_t)by;
}

static bool word_reserved(struct parse *p, struct dg_span word)
{
	size_t i;

	for (i = 0; p->begins && i < DG_COUNT(reserved); i++) {
		if (!dg_span_eq(word, reserved[i].word))
			continue;
		nest(&p->nested, reserved[i].nests);
		return true;
	}
	return false;
}

static int word_read(struct parse *p, struct dg_span word, size_t line, char **ret_why)
{
	struct dg_span name;
	bool begins = p->begins;

	if (word_reserved(p, word))
		return 0;
	p->begins = false;
	if (begins && (dg_span_eq(word, "export") || dg_span_eq(word, "readonly"))) {
		p->exports = true;
		return 0;
	}
	if (p->assigns && !is_assignment(word, &name)) {
		p->assigns = p->exports;
		if (!p->exports)
			settings_drop(p);
		return 0;
	}
	if (!p->assigns || !is_wanted(name))
		return 0;
	return setting_add(p, name, dg_span_skip(word, name.n + 1), line, ret_why);
}

/* An operator or a line's end. */
static void operator_read(struct parse *p)
{
	char c = p->rest.p[0];
	bool twice = p->rest.n > 1 && p->rest.p[1] == c;

	parse_consume(p, 1);
	if (c == '<' || c == '>' || (c == '\n' && p->begins))
		return; /* a line may end behind && */
	if (c == '|' || (c == '&' && !twice))
		settings_drop(p); /* in a pipe or in the background: another shell */
	command_end(p);
	p->conditional = (c == '&' || c == '|') && twice;
	if (p->conditional)
		parse_consume(p, 1);
	if (c == '(' || c == ')')
		nest(&p->subshells, c == '(' ? 1 : -1);
}

/* Pass over blanks, comments and joined lines. False: there is something to read. */
static bool blank_skip(struct parse *p)
{
	char c = p->rest.p[0];

	if (dg_is_blank(c) || c == '\r')
		parse_consume(p, 1);
	else if (c == '#')
		parse_consume(p, dg_span_find(p->rest, '\n'));
	else if (dg_span_starts(p->rest, "\\\n"))
		parse_consume(p, 2);
	else
		return false;
	return true;
}

static int parse_all(struct parse *p, char **ret_why)
{
	while (p->rest.n > 0) {
		struct dg_span word;
		size_t line = p->line;
		ssize_t n;
		int r;

		if (blank_skip(p))
			continue;
		n = word_length(p->rest);
		if (n < 0)
			return dg_bad_line(ret_why, line, "a quote that is not closed");
		if (n == 0) {
			operator_read(p);
			continue;
		}
		word = dg_span_head(p->rest, (size_t)n);
		parse_consume(p, (size_t)n);
		r = word_read(p, word, line, ret_why);
		if (r < 0)
			return r;
	}
	return 0;
}

int dg_grub_default_parse(const char *buf, size_t len, struct dg_grub_default *ret,
			  char **ret_why)
{
	struct parse p = {.rest = dg_span_of(buf, len), .line = 1};
	int r;

	command_end(&p);
	r = parse_all(&p, ret_why);
	if (r < 0) {
		dg_grub_default_clear(&p.set);
		return r;
	}
	*ret = p.set;
	return 0;
}
