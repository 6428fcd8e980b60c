/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spans: pieces of a buffer that is not NUL-terminated, and what parsers do with them:
 * lines, words, fields, comparison, strict numbers. A span owns nothing; it is valid as
 * long as the buffer is. No function here reads outside of its span, every one takes an
 * empty span (also with p == NULL), and none looks at the locale.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct dg_span {
	const char *p;
	size_t n;
};

static inline struct dg_span dg_span_of(const void *p, size_t n)
{
	return (struct dg_span){.p = p, .n = n};
}

static inline struct dg_span dg_span_str(const char *s)
{
	return (struct dg_span){.p = s, .n = s ? strlen(s) : 0};
}

/* A space or a tab: what separates words. */
static inline bool dg_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A blank or an ASCII line break. */
static inline bool dg_is_space(char c)
{
	return dg_is_blank(c) || (c >= '\n' && c <= '\r');
}

static inline bool dg_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The span without its first `n` bytes; an empty one where it has fewer. */
static inline struct dg_span dg_span_skip(struct dg_span s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return n ? (struct dg_span){.p = s.p + n, .n = s.n - n} : s;
}

/* The first `n` bytes of the span; all of it where it has fewer. */
static inline struct dg_span dg_span_head(struct dg_span s, size_t n)
{
	return (struct dg_span){.p = s.p, .n = n < s.n ? n : s.n};
}

/* The offset of the first `c`, or s.n where there is none. */
static inline size_t dg_span_find(struct dg_span s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

/*
 * Take what stands before the first `sep` off `rest`, and `sep` itself with it. Where
 * there is no `sep`, take everything. False, and nothing written, once `rest` is empty:
 * so a last separator with nothing behind it ends the sequence and makes no empty part.
 */
static inline bool dg_span_split(struct dg_span *rest, char sep, struct dg_span *ret_part)
{
	size_t n;

	if (rest->n == 0)
		return false;
	n = dg_span_find(*rest, sep);
	*ret_part = dg_span_head(*rest, n);
	*rest = dg_span_skip(*rest, n < rest->n ? n + 1 : n);
	return true;
}

/*
 * Take the next line off `rest`, without its "\n" and without one "\r" before that. A
 * last line that lacks its "\n" counts. False, and nothing written, once `rest` is empty.
 */
static inline bool dg_span_line(struct dg_span *rest, struct dg_span *ret_line)
{
	struct dg_span line;

	if (!dg_span_split(rest, '\n', &line))
		return false;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	*ret_line = line;
	return true;
}

/* The span without the white space at its end. */
static inline struct dg_span dg_span_trim_end(struct dg_span s)
{
	while (s.n > 0 && dg_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The span without the white space at its start. */
static inline struct dg_span dg_span_trim_start(struct dg_span s)
{
	size_t n = 0;

	while (n < s.n && dg_is_space(s.p[n]))
		n++;
	return dg_span_skip(s, n);
}

static inline struct dg_span dg_span_trim(struct dg_span s)
{
	return dg_span_trim_start(dg_span_trim_end(s));
}

/*
 * Take the next word (a run without white space) off `rest`, with the white space before
 * it. False, with nothing written to `ret_word`, where there is no further word.
 */
static inline bool dg_span_word(struct dg_span *rest, struct dg_span *ret_word)
{
	size_t n = 0;

	*rest = dg_span_trim_start(*rest);
	if (rest->n == 0)
		return false;
	while (n < rest->n && !dg_is_space(rest->p[n]))
		n++;
	*ret_word = dg_span_head(*rest, n);
	*rest = dg_span_skip(*rest, n);
	return true;
}

static inline bool dg_span_same(struct dg_span a, struct dg_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Whether the span is exactly the NUL-terminated string `s`. */
static inline bool dg_span_eq(struct dg_span a, const char *s)
{
	return dg_span_same(a, dg_span_str(s));
}

static inline bool dg_span_starts(struct dg_span a, const char *prefix)
{
	struct dg_span b = dg_span_str(prefix);

	return a.n >= b.n && dg_span_same(dg_span_head(a, b.n), b);
}

static inline bool dg_span_ends(struct dg_span a, const char *suffix)
{
	struct dg_span b = dg_span_str(suffix);

	return a.n >= b.n && dg_span_same(dg_span_skip(a, a.n - b.n), b);
}

/* Whether the span begins with `prefix`; if so, what stands behind it. */
static inline bool dg_span_after(struct dg_span a, const char *prefix,
				 struct dg_span *ret_rest)
{
	if (!dg_span_starts(a, prefix))
		return false;
	*ret_rest = dg_span_skip(a, strlen(prefix));
	return true;
}

/*
 * Copy the span into a new NUL-terminated string; the caller frees it. A NUL inside
 * becomes
 * '?', so that the string is as long as the span and hides nothing. NULL: out of memory.
 */
static inline char *dg_span_dup(struct dg_span s)
{
	char *copy = s.n < SIZE_MAX ? malloc(s.n + 1) : NULL;
	size_t i;

	if (!copy)
		return NULL;
	for (i = 0; i < s.n; i++)
		copy[i] = s.p[i] ? s.p[i] : '?';
	copy[s.n] = '\0';
	return copy;
}

/* The value of a digit, or 255 for what is none in any base. */
static inline unsigned int dg_digit_value(char c)
{
	if (dg_is_digit(c))
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A' + 10);
	return 255;
}

/*
 * Digits of `base` (at most 16) over the whole span: no sign, blank or prefix. -EINVAL
 * where it is not a number, also an overlong one with a wrong byte; -ERANGE where it does
 * not fit.
 */
static inline int dg_parse_digits(struct dg_span s, unsigned int base, uint64_t *ret)
{
	bool over = false;
	uint64_t v = 0;
	size_t i;

	if (s.n == 0)
		return -EINVAL;
	for (i = 0; i < s.n; i++) {
		unsigned int d = dg_digit_value(s.p[i]);

		if (d >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			over = true;
	}
	if (over)
		return -ERANGE;
	*ret = v;
	return 0;
}

/* A decimal number; leading zeros are fine, no sign. Errors: dg_parse_digits(). */
static inline int dg_parse_u64(struct dg_span s, uint64_t *ret)
{
	return dg_parse_digits(s, 10, ret);
}

/* Hexadecimal digits of either case; strip a "0x" first, dg_span_after() does. */
static inline int dg_parse_hex(struct dg_span s, uint64_t *ret)
{
	return dg_parse_digits(s, 16, ret);
}

/* A decimal number with an optional '-' (no '+'). Errors: dg_parse_digits(). */
static inline int dg_parse_i64(struct dg_span s, int64_t *ret)
{
	bool negative = dg_span_after(s, "-", &s);
	uint64_t v;
	int r = dg_parse_digits(s, 10, &v);

	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(-v) : (int64_t)v;
	return 0;
}
