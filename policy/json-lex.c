/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "policy/json-lex.h"
#include "policy/text.h"

int dg_json_fail(struct dg_json_cursor *c, size_t at, unsigned line, const char *fmt, ...)
{
	unsigned column = 1;
	va_list args;

	if (!c->err)
		return -EBADMSG;
	for (size_t i = at; i > 0 && c->text[i - 1] != '\n'; i--)
		if ((c->text[i - 1] & 0xc0) != 0x80)
			column++;
	c->err->line = line;
	c->err->column = column;
	va_start(args, fmt);
	vsnprintf(c->err->message, sizeof(c->err->message), fmt, args);
	va_end(args);
	return -EBADMSG;
}

/* Step over one character that is not ASCII. */
static int take_rune(struct dg_json_cursor *c)
{
	uint32_t rune;
	size_t n = dg_utf8_decode(c->text + c->at, c->size - c->at, &rune);

	if (n == 0)
		return dg_json_fail(c, c->at, c->line, "this byte is not valid UTF-8");
	c->at += n;
	return 0;
}

static bool text_has(const struct dg_json_cursor *c, const char *wanted)
{
	size_t n = strlen(wanted);

	return c->size - c->at >= n && memcmp(c->text + c->at, wanted, n) == 0;
}

/* A comment up to its end, "*" "/" or a newline; it has been seen to start here. */
static int take_comment(struct dg_json_cursor *c, bool block)
{
	size_t start = c->at;
	unsigned line = c->line;

	if (!(c->flags & DG_JSON_COMMENTS))
		return dg_json_fail(c, start, line, "comments are not allowed here");
	for (c->at += 2; c->at < c->size;) {
		if (block ? text_has(c, "*/") : c->text[c->at] == '\n')
			break;
		if (c->text[c->at] == '\n')
			c->line++;
		if (take_rune(c) < 0)
			return -EBADMSG;
	}
	if (block && c->at == c->size)
		return dg_json_fail(c, start, line, "this comment has no end");
	if (block)
		c->at += 2;
	for (size_t i = start; i < c->at; i++)
		if (c->text[i] != '\n')
			c->text[i] = ' ';
	return 0;
}

int dg_json_skip_blank(struct dg_json_cursor *c)
{
	while (c->at < c->size) {
		char b = c->text[c->at];

		if (b == '/' && (text_has(c, "/*") || text_has(c, "//"))) {
			int r = take_comment(c, c->text[c->at + 1] == '*');

			if (r < 0)
				return r;
			continue;
		}
		if (b != ' ' && b != '\t' && b != '\r' && b != '\n')
			break;
		c->line += b == '\n';
		c->at++;
	}
	return 0;
}

static int hex_digit(char b)
{
	if (b >= '0' && b <= '9')
		return b - '0';
	if (b >= 'a' && b <= 'f')
		return b - 'a' + 10;
	return b >= 'A' && b <= 'F' ? b - 'A' + 10 : -1;
}

/* The four digits of a "\u" escape; the text is NUL-terminated, so none is past it. */
static bool read_hex(const char *s, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(s[i]);

		if (digit < 0)
			return false;
		unit = unit << 4 | (uint32_t)digit;
	}
	*ret_unit = unit;
	return true;
}

/* Read "\uXXXX" or a surrogate pair of two. Returns its length or 0, with why. */
static size_t read_unicode(const char *s, uint32_t *ret_rune, const char **ret_why)
{
	uint32_t unit, low;

	*ret_why = "\"\\u\" wants four hexadecimal digits";
	if (!read_hex(s + 2, &unit))
		return 0;
	*ret_why = "\\u0000 is not allowed in a string";
	if (unit == 0)
		return 0;
	*ret_rune = unit;
	if (unit < 0xd800 || unit > 0xdfff)
		return 6;
	*ret_why = "this surrogate is not one of a pair";
	if (unit >= 0xdc00 || s[6] != '\\' || s[7] != 'u' || !read_hex(s + 8, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return 0;
	*ret_rune = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static int take_escape(struct dg_json_cursor *c)
{
	const char *s = c->text + c->at, *why = "this escape is not JSON's";
	uint32_t rune;
	size_t n = 2;

	if (s[1] == 'u')
		n = read_unicode(s, &rune, &why);
	else if (s[1] == '\0' || !strchr("\"\\/bfnrt", s[1]))
		n = 0;
	if (n == 0)
		return dg_json_fail(c, c->at, c->line, "%s", why);
	c->at += n;
	return 0;
}

int dg_json_take_string(struct dg_json_cursor *c, struct dg_json_string *ret_string)
{
	struct dg_json_string string = {.at = ++c->at};
	int r = 0;

	while (r == 0 && c->at < c->size && c->text[c->at] != '"') {
		unsigned char b = (unsigned char)c->text[c->at];

		if (b < 0x20)
			return dg_json_fail(
				c, c->at, c->line,
				b == '\n' ? "the line ends within a string"
					  : "a control character stands in a string");
		if (b == '\\')
			string.escaped = true;
		r = b == '\\' ? take_escape(c) : take_rune(c);
	}
	if (r < 0)
		return r;
	if (c->at == c->size)
		return dg_json_fail(c, string.at - 1, c->line, "this string has no end");
	string.size = c->at++ - string.at;
	*ret_string = string;
	return 0;
}

size_t dg_json_unescape(const struct dg_json_cursor *c,
			const struct dg_json_string *string, char *ret_bytes)
{
	static const char marks[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *s = c->text + string->at, *end = s + string->size, *why, *mark;
	size_t n = 0;

	while (s < end) {
		uint32_t rune = 0;

		if (s[0] != '\\') {
			ret_bytes[n++] = *s++;
		} else if (s[1] == 'u') {
			s += read_unicode(s, &rune, &why);
			n += dg_utf8_encode(rune, ret_bytes + n);
		} else {
			mark = strchr(marks, s[1]);
			ret_bytes[n++] = mark ? values[mark - marks] : s[1];
			s += 2;
		}
	}
	return n;
}
