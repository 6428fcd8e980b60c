/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "guard/parse/deb822.h"

int dg_deb822_fail(struct dg_deb822 *r, size_t line, const char *format, ...)
{
	DG_FREE char *what = NULL;
	va_list ap;

	if (r->why)
		return -EBADMSG;
	va_start(ap, format);
	if (vasprintf(&what, format, ap) < 0)
		what = NULL;
	va_end(ap);
	if (what && asprintf(&r->why, "%s at line %zu", what, line) < 0)
		r->why = NULL;
	return -EBADMSG;
}

int dg_deb822_refuse_nul(struct dg_deb822 *r)
{
	size_t at = dg_span_find(r->rest, '\0'), i, line = r->line;

	if (at == r->rest.n)
		return 0;
	for (i = 0; i < at; i++)
		line += r->rest.p[i] == '\n';
	return dg_deb822_fail(r, line, "NUL byte");
}

/* Consume the line that `rest` begins with; whether it ended in a newline. */
static bool line_take(struct dg_deb822 *r, struct dg_span *ret_line)
{
	size_t n = dg_span_find(r->rest, '\n');
	bool whole = n < r->rest.n;

	*ret_line = dg_span_head(r->rest, n);
	r->rest = dg_span_skip(r->rest, n + whole);
	r->line++;
	return whole;
}

static bool at_comment(const struct dg_deb822 *r)
{
	return r->lenient && r->rest.n > 0 && r->rest.p[0] == '#';
}

static bool at_blank(const struct dg_deb822 *r)
{
	const struct dg_span *s = &r->rest;

	if (s->n > 0 && s->p[0] == '\n')
		return true;
	return r->lenient && s->n > 0 && s->p[0] == '\r' &&
	       (s->n == 1 || s->p[1] == '\n');
}

static bool at_continuation(const struct dg_deb822 *r)
{
	return r->rest.n > 0 && dg_is_space(r->rest.p[0]) && !at_blank(r);
}

bool dg_deb822_stanza(struct dg_deb822 *r)
{
	struct dg_span line;

	while (at_blank(r) || at_comment(r))
		line_take(r, &line);
	return r->rest.n > 0;
}

static size_t name_length(struct dg_span line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] != ':' && (unsigned char)line.p[n] > ' ' &&
	       line.p[n] != 0x7f)
		n++;
	return n;
}

/* Split "Name: value"; dpkg takes blanks before the colon. */
static int field_split(struct dg_deb822 *r, struct dg_span line, size_t nr,
		       struct dg_deb822_field *f)
{
	size_t n = name_length(line), colon = n;

	if (n == 0 || line.p[0] == '-')
		return dg_deb822_fail(r, nr, "no field name");
	while (colon < line.n && dg_is_space(line.p[colon]))
		colon++;
	if (colon == line.n || line.p[colon] != ':')
		return dg_deb822_fail(r, nr, "no colon behind the field name");
	*f = (struct dg_deb822_field){
		.name = dg_span_head(line, n),
		.value = dg_span_skip(line, colon + 1),
		.line = nr,
	};
	return 1;
}

static bool is_blank_line(struct dg_span line)
{
	return line.n == 0 || dg_span_trim_end(line).n == 0;
}

int dg_deb822_next(struct dg_deb822 *r, struct dg_deb822_field *ret_field)
{
	struct dg_deb822_field f;
	struct dg_span line;
	size_t nr;
	bool whole;

	while (at_comment(r))
		line_take(r, &line);
	if (r->rest.n == 0)
		return 0;
	if (at_blank(r)) {
		line_take(r, &line);
		return 0;
	}
	nr = r->line;
	whole = line_take(r, &line);
	if (!whole && !r->lenient)
		return dg_deb822_fail(r, nr, "missing newline at the end");
	if (field_split(r, line, nr, &f) < 0)
		return -EBADMSG;
	while (at_continuation(r) || at_comment(r)) {
		whole = line_take(r, &line);
		if (!r->lenient && !whole)
			return dg_deb822_fail(r, r->line - 1,
					      "missing newline at the end");
		if (!r->lenient && is_blank_line(line))
			return dg_deb822_fail(r, r->line - 1, "blank line in a value");
		f.value.n = (size_t)(line.p + line.n - f.value.p);
	}
	f.value = dg_span_trim_end(f.value);
	if (!r->lenient)
		f.value = dg_span_trim_start(f.value);
	*ret_field = f;
	return 1;
}

char *dg_deb822_fold(struct dg_span value, bool lenient)
{
	char *text = malloc(value.n + 1);
	const char *start = value.p;
	struct dg_span line;
	size_t n = 0;

	while (text && dg_span_line(&value, &line)) {
		if (lenient && line.p != start && dg_span_starts(line, "#"))
			continue;
		line = dg_span_trim(line);
		if (line.n == 0)
			continue;
		if (n > 0)
			text[n++] = ' ';
		memcpy(text + n, line.p, line.n);
		n += line.n;
	}
	if (text)
		text[n] = '\0';
	return text;
}
