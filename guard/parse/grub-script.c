/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/grub-script.h"

static int script_bad(struct dg_grub_script *s, const char *what)
{
	return dg_bad_line(s->ret_why, s->lexer.line, what);
}

static struct dg_grub_frame *script_top(struct dg_grub_script *s)
{
	return s->depth ? &s->frames[s->depth - 1] : NULL;
}

static int frame_push(struct dg_grub_script *s, enum dg_grub_frame_kind kind, int tag)
{
	if (s->depth == DG_GRUB_SCRIPT_FRAMES_MAX)
		return script_bad(s, "too many nested blocks");
	s->frames[s->depth++] = (struct dg_grub_frame){
		.kind = kind,
		.line = s->lexer.line,
		.in_condition = kind == DG_GRUB_IF,
		.tag = tag,
	};
	return 0;
}

static int frame_pop(struct dg_grub_script *s, enum dg_grub_frame_kind kind,
		     const char *what)
{
	if (!s->depth || script_top(s)->kind != kind)
		return script_bad(s, what);
	s->depth--;
	return 0;
}

static bool in_function(const struct dg_grub_script *s)
{
	size_t i;

	for (i = 0; i < s->depth; i++)
		if (s->frames[i].kind == DG_GRUB_FUNCTION)
			return true;
	return false;
}

static void words_drop(struct dg_grub_script *s)
{
	while (s->n_words)
		free(s->words[--s->n_words].text);
}

/* --- reserved words, each where a command may begin --- */

static int on_if(struct dg_grub_script *s)
{
	return frame_push(s, DG_GRUB_IF, 0);
}

static int on_then(struct dg_grub_script *s)
{
	struct dg_grub_frame *top = script_top(s);

	if (!top || top->kind != DG_GRUB_IF || !top->in_condition)
		return script_bad(s, "'then' without 'if'");
	top->in_condition = false;
	/* Features are those of GRUB 2.00 and later: every GRUB of today has them. */
	top->dead = top->taken;
	if (top->branch_vars & DG_GRUB_VAR_FEATURE)
		top->taken = true;
	return 0;
}

static int branch_begin(struct dg_grub_script *s, bool condition)
{
	struct dg_grub_frame *top = script_top(s);

	if (!top || top->kind != DG_GRUB_IF || top->in_condition)
		return script_bad(s, "'else' or 'elif' without 'if'");
	top->in_condition = condition;
	top->branch_vars = 0;
	top->dead = top->taken;
	return 0;
}

static int on_elif(struct dg_grub_script *s)
{
	return branch_begin(s, true);
}

static int on_else(struct dg_grub_script *s)
{
	return branch_begin(s, false);
}

static int on_fi(struct dg_grub_script *s)
{
	if (script_top(s) && script_top(s)->in_condition)
		return script_bad(s, "'fi' without 'then'");
	return frame_pop(s, DG_GRUB_IF, "'fi' without 'if'");
}

static int on_loop(struct dg_grub_script *s)
{
	return frame_push(s, DG_GRUB_LOOP, 0);
}

static int on_do(struct dg_grub_script *s)
{
	if (!script_top(s) || script_top(s)->kind != DG_GRUB_LOOP)
		return script_bad(s, "'do' without a loop");
	return 0;
}

static int on_done(struct dg_grub_script *s)
{
	return frame_pop(s, DG_GRUB_LOOP, "'done' without a loop");
}

static int on_function(struct dg_grub_script *s)
{
	s->naming = true;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct dg_grub_script *s);
} reserved[] = {
	{.name = "if", .run = on_if},
	{.name = "then", .run = on_then},
	{.name = "elif", .run = on_elif},
	{.name = "else", .run = on_else},
	{.name = "fi", .run = on_fi},
	{.name = "for", .run = on_loop},
	{.name = "while", .run = on_loop},
	{.name = "until", .run = on_loop},
	{.name = "do", .run = on_do},
	{.name = "done", .run = on_done},
	{.name = "function", .run = on_function},
};

/* --- commands --- */

static int on_word(struct dg_grub_script *s, struct dg_grub_word *word)
{
	struct dg_grub_word *slot;
	size_t i;

	for (i = 0; word->plain && !s->n_words && i < DG_COUNT(reserved); i++) {
		if (!dg_streq(word->text, reserved[i].name))
			continue;
		free(DG_STEAL(word->text));
		return reserved[i].run(s);
	}
	if (s->n_words == DG_GRUB_SCRIPT_WORDS_MAX)
		return script_bad(s, "too long a command");
	slot = DG_GROW(s->words, s->n_words);
	if (!slot)
		return -ENOMEM;
	if (!s->n_words++)
		s->words_line = s->lexer.line;
	*slot = *word;
	word->text = NULL;
	return 0;
}

static void condition_note(struct dg_grub_script *s, struct dg_grub_frame *frame)
{
	size_t i;

	for (i = 0; i < s->n_words; i++)
		frame->branch_vars |= s->words[i].vars;
	frame->chain_vars |= frame->branch_vars;
}

static struct dg_grub_command command_of(const struct dg_grub_script *s)
{
	return (struct dg_grub_command){
		.words = s->words,
		.n = s->n_words,
		.line = s->words_line,
	};
}

static int on_separator(struct dg_grub_script *s)
{
	struct dg_grub_frame *top = script_top(s);
	struct dg_grub_command c = command_of(s);
	int r = 0;

	if (!s->n_words)
		return 0;
	if (s->naming)
		return 0; /* the function's '{' may stand on the next line */
	if (top && top->in_condition)
		condition_note(s, top);
	else if (!in_function(s))
		r = s->command(s, &c);
	words_drop(s);
	return r;
}

static int on_open(struct dg_grub_script *s)
{
	struct dg_grub_command c = command_of(s);
	enum dg_grub_frame_kind kind = DG_GRUB_BLOCK;
	int tag = 0;

	if (!s->n_words)
		return script_bad(s, "'{' without a command");
	if (s->naming) {
		kind = DG_GRUB_FUNCTION;
		s->function(s, s->words[0].text);
		s->naming = false;
	} else if (!in_function(s)) {
		tag = s->open(s, &c);
	}
	words_drop(s);
	return tag < 0 ? tag : frame_push(s, kind, tag);
}

static int on_close(struct dg_grub_script *s)
{
	struct dg_grub_frame *top;
	int r = on_separator(s);

	if (r < 0)
		return r;
	top = script_top(s);
	if (top && top->kind == DG_GRUB_FUNCTION)
		return frame_pop(s, DG_GRUB_FUNCTION, "");
	return frame_pop(s, DG_GRUB_BLOCK, "'}' without '{'");
}

static int on_end(struct dg_grub_script *s)
{
	int r = on_separator(s);

	if (r < 0)
		return r;
	if (s->depth)
		return dg_bad_line(s->ret_why, script_top(s)->line,
				   "the file ends within what begins");
	return s->naming ? script_bad(s, "the file ends within a function") : 0;
}

static int walk(struct dg_grub_script *s)
{
	int token, r = 0;

	do {
		struct dg_grub_word word = {0};

		token = dg_grub_lex(&s->lexer, &word);
		if (token == -EBADMSG)
			return script_bad(s, "a quote that is not closed");
		if (token < 0)
			return token;
		if (token == DG_GRUB_WORD)
			r = on_word(s, &word);
		else if (token == DG_GRUB_SEPARATOR)
			r = on_separator(s);
		else if (token == DG_GRUB_OPEN)
			r = on_open(s);
		else if (token == DG_GRUB_CLOSE)
			r = on_close(s);
		else
			r = on_end(s);
		free(word.text);
	} while (r == 0 && token != DG_GRUB_END);
	return r;
}

int dg_grub_script_walk(struct dg_grub_script *s, const char *buf, size_t len)
{
	const char *nul = len ? memchr(buf, '\0', len) : NULL;
	int r;

	s->lexer = (struct dg_grub_lexer){.rest = dg_span_of(buf, len), .line = 1};
	if (nul) {
		/* What a crash leaves of a file that was just written. */
		while (s->lexer.rest.p < nul) {
			s->lexer.line += *s->lexer.rest.p == '\n';
			s->lexer.rest = dg_span_skip(s->lexer.rest, 1);
		}
		return script_bad(s, "a NUL byte");
	}
	r = walk(s);
	words_drop(s);
	free(DG_STEAL(s->words));
	return r;
}
