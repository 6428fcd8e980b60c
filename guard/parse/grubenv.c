/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/grubenv.h"
#include "guard/parse/span.h"

static const char signature[] = "# GRUB Environment Block\n";

void dg_grubenv_clear(struct dg_grubenv *env)
{
	size_t i;

	if (!env)
		return;
	for (i = 0; i < env->n_vars; i++) {
		free(env->vars[i].name);
		free(env->vars[i].value);
	}
	free(env->vars);
	*env = (struct dg_grubenv){0};
}

const char *dg_grubenv_get(const struct dg_grubenv *env, const char *name)
{
	size_t i;

	for (i = env->n_vars; i-- > 0;)
		if (dg_streq(env->vars[i].name, name))
			return env->vars[i].value;
	return NULL;
}

/* The offset of the newline that ends the line; past the end where none does. An escaped
 * newline is part of it. */
static size_t line_end(struct dg_span s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != '\n')
		i += s.p[i] == '\\' ? 2 : 1;
	return i;
}

static char *value_dup(struct dg_span s)
{
	char *copy = dg_span_dup(s), *to = copy, *from = copy;

	while (copy && *from) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from++;
	}
	if (copy)
		*to = '\0';
	return copy;
}

static int var_add(struct dg_grubenv *env, struct dg_span name, struct dg_span value)
{
	struct dg_grubenv_var *var = DG_GROW(env->vars, env->n_vars);

	if (!var)
		return -ENOMEM;
	env->n_vars++;
	var->name = dg_span_dup(name);
	var->value = value_dup(value);
	return var->name && var->value ? 0 : -ENOMEM;
}

int dg_grubenv_parse(const char *buf, size_t len, struct dg_grubenv *ret, char **ret_why)
{
	DG_CLEANUP(dg_grubenv_clear) struct dg_grubenv env = {0};
	struct dg_span s = dg_span_of(buf, len);

	if (!dg_span_after(s, signature, &s))
		return dg_bad_line(ret_why, 1, "no environment block's signature");
	while (s.n > 0) {
		size_t at = 0, end;

		if (s.p[0] != '#') {
			at = dg_span_find(s, '=') + 1;
			end = at + line_end(dg_span_skip(s, at));
			if (at > s.n || end >= s.n)
				break; /* torn */
			if (env.n_vars == DG_GRUBENV_MAX)
				return dg_bad_line(ret_why, env.n_vars,
						   "too many variables");
			if (var_add(&env, dg_span_head(s, at - 1),
				    dg_span_of(s.p + at, end - at)) < 0)
				return -ENOMEM;
		} else {
			end = line_end(s);
		}
		s = dg_span_skip(s, end + 1);
	}
	*ret = env;
	env = (struct dg_grubenv){0};
	return 0;
}

/* --- writing --- */

struct block {
	char *text;
	size_t used, len;
	bool full;
};

static void put(struct block *b, const char *bytes, size_t n)
{
	b->full |= n > b->len - b->used;
	if (b->full)
		return;
	memcpy(b->text + b->used, bytes, n);
	b->used += n;
}

static void put_value(struct block *b, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '\n')
			put(b, "\\", 1);
		put(b, value, 1);
	}
}

/* All whole lines but those that set `name`; a line of '#' that does not end is what
 * fills the block up. */
static void put_others(struct block *b, struct dg_span s, const char *name)
{
	while (s.n > 0) {
		bool comment = s.p[0] == '#';
		size_t sign = comment ? 0 : dg_span_find(s, '=');
		size_t end = sign < s.n ? sign + line_end(dg_span_skip(s, sign)) : s.n;

		if (end >= s.n)
			return;
		if (comment || !dg_span_eq(dg_span_head(s, sign), name))
			put(b, s.p, end + 1);
		s = dg_span_skip(s, end + 1);
	}
}

int dg_grubenv_set(const char *buf, size_t len, const char *name, const char *value,
		   char **ret, char **ret_why)
{
	struct block b = {.len = len};
	DG_FREE char *text = NULL;
	struct dg_span rest;

	if (!dg_span_after(dg_span_of(buf, len), signature, &rest))
		return dg_bad_line(ret_why, 1, "no environment block's signature");
	b.text = text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	put(&b, signature, strlen(signature));
	put_others(&b, rest, name);
	if (value) {
		put(&b, name, strlen(name));
		put(&b, "=", 1);
		put_value(&b, value);
		put(&b, "\n", 1);
	}
	if (b.full)
		return -ENOSPC;
	memset(text + b.used, '#', len - b.used);
	text[len] = '\0';
	*ret = DG_STEAL(text);
	return 0;
}
