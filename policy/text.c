/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include "policy/text.h"

#define ELLIPSIS    "\xe2\x80\xa6"
#define REPLACEMENT "\xef\xbf\xbd"

char *dg_vformat(const char *fmt, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	text = n < 0 ? NULL : malloc((size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

char *dg_format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = dg_vformat(fmt, args);
	va_end(args);
	return text;
}

/* By lead byte: how many bytes the form has, and the least value that needs so many. */
static size_t utf8_form(unsigned char lead, uint32_t *ret_bits, uint32_t *ret_least)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{.mask = 0x80, .lead = 0x00, .least = 0},
		{.mask = 0xe0, .lead = 0xc0, .least = 0x80},
		{.mask = 0xf0, .lead = 0xe0, .least = 0x800},
		{.mask = 0xf8, .lead = 0xf0, .least = 0x10000},
	};

	for (size_t i = 0; i < DG_COUNT(forms); i++)
		if ((lead & forms[i].mask) == forms[i].lead) {
			*ret_bits = lead & (unsigned char)~forms[i].mask;
			*ret_least = forms[i].least;
			return i + 1;
		}
	return 0;
}

size_t dg_utf8_decode(const char *s, size_t n, uint32_t *ret_rune)
{
	uint32_t rune, least;
	size_t length;

	if (n == 0)
		return 0;
	length = utf8_form((unsigned char)s[0], &rune, &least);
	if (length == 0 || length > n)
		return 0;
	for (size_t i = 1; i < length; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		rune = rune << 6 | (c & 0x3f);
	}
	if (rune < least || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return 0;
	*ret_rune = rune;
	return length;
}

size_t dg_utf8_encode(uint32_t rune, char ret_bytes[static 4])
{
	if (rune < 0x80) {
		ret_bytes[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		ret_bytes[0] = (char)(0xc0 | rune >> 6);
		ret_bytes[1] = (char)(0x80 | (rune & 0x3f));
		return 2;
	}
	if (rune < 0x10000) {
		ret_bytes[0] = (char)(0xe0 | rune >> 12);
		ret_bytes[1] = (char)(0x80 | (rune >> 6 & 0x3f));
		ret_bytes[2] = (char)(0x80 | (rune & 0x3f));
		return 3;
	}
	ret_bytes[0] = (char)(0xf0 | rune >> 18);
	ret_bytes[1] = (char)(0x80 | (rune >> 12 & 0x3f));
	ret_bytes[2] = (char)(0x80 | (rune >> 6 & 0x3f));
	ret_bytes[3] = (char)(0x80 | (rune & 0x3f));
	return 4;
}

/* What a reader must not be shown as it is, because a terminal would act on it. */
static bool rune_is_control(uint32_t r)
{
	return r < 0x20 || (r >= 0x7f && r <= 0x9f) || r == 0x2028 || r == 0x2029 ||
	       (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069);
}

/* What to show for the character at `s`; *ret_used: how many bytes of input it took. */
static const char *clean_rune(const char *s, size_t n, size_t *ret_used, size_t *ret_size)
{
	uint32_t rune = 0;
	size_t used = dg_utf8_decode(s, n, &rune);

	*ret_used = used ? used : 1;
	if (used && !rune_is_control(rune)) {
		*ret_size = used;
		return s;
	}
	*ret_size = used ? 1 : strlen(REPLACEMENT);
	if (!used)
		return REPLACEMENT;
	return rune == '\t' || rune == '\n' ? " " : "?";
}

/*
 * Write the clean text to `out`, or only measure it where `out` is NULL. Stops in front
 * of the character that would pass `max` bytes; *ret_used says how far that was.
 */
static size_t clean_into(const char *s, size_t n, size_t max, char *out, size_t *ret_used)
{
	size_t in = 0, to = 0;

	while (in < n) {
		size_t used, size;
		const char *shown = clean_rune(s + in, n - in, &used, &size);

		if (size > max - to)
			break;
		if (out)
			memcpy(out + to, shown, size);
		to += size;
		in += used;
	}
	*ret_used = in;
	return to;
}

char *dg_clean_text_max(const char *s, size_t n, size_t max)
{
	const char *tail = "";
	size_t used, size;
	char *text;

	if (max < strlen(ELLIPSIS))
		max = strlen(ELLIPSIS);
	size = clean_into(s, n, max, NULL, &used);
	if (used < n) {
		tail = ELLIPSIS;
		max -= strlen(ELLIPSIS);
		size = clean_into(s, n, max, NULL, &used);
	}
	text = malloc(size + strlen(tail) + 1);
	if (!text)
		return NULL;
	clean_into(s, n, max, text, &used);
	memcpy(text + size, tail, strlen(tail) + 1);
	return text;
}

char *dg_clean_text(const char *s, size_t n)
{
	return dg_clean_text_max(s, n, DG_TEXT_MAX);
}

bool dg_text_is_clean(const char *s, size_t n)
{
	if (n > DG_TEXT_MAX)
		return false;
	for (size_t i = 0; i < n;) {
		uint32_t rune;
		size_t used = dg_utf8_decode(s + i, n - i, &rune);

		if (used == 0 || rune_is_control(rune))
			return false;
		i += used;
	}
	return true;
}
