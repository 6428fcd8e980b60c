/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <string.h>
#include "policy/loader-version.h"

static bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool char_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Step over what has no meaning in a version: it only separates. */
static const char *skip_ignored(const char *s)
{
	while (*s && !char_is_digit(*s) && !char_is_letter(*s) && !strchr("-.~^", *s))
		s++;
	return s;
}

/* The string that has `mark` here is the older one; step over it where both have it. */
static int mark_cmp(const char **a, const char **b, char mark)
{
	bool in_a = **a == mark, in_b = **b == mark;

	if (in_a && in_b) {
		++*a;
		++*b;
	}
	return in_b - in_a;
}

static int number_cmp(const char **a, const char **b)
{
	size_t length_a = 0, length_b = 0;
	int r;

	if (char_is_digit(**a) != char_is_digit(**b)) /* any number is newer than none */
		return char_is_digit(**a) - char_is_digit(**b);
	while (**a == '0')
		++*a;
	while (**b == '0')
		++*b;
	while (char_is_digit((*a)[length_a]))
		length_a++;
	while (char_is_digit((*b)[length_b]))
		length_b++;
	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	r = memcmp(*a, *b, length_a);
	*a += length_a;
	*b += length_a;
	return r;
}

static int word_cmp(const char **a, const char **b)
{
	while (char_is_letter(**a) && **a == **b) {
		++*a;
		++*b;
	}
	if (char_is_letter(**a) && char_is_letter(**b))
		return **a < **b ? -1 : 1;
	return char_is_letter(**a) - char_is_letter(**b);
}

int dg_loader_version_cmp(const char *a, const char *b)
{
	static const char marks[] = "-^.";
	int r;

	for (;;) {
		a = skip_ignored(a);
		b = skip_ignored(b);
		r = mark_cmp(&a, &b, '~');
		if (r)
			return r;
		if (!*a || !*b)
			return (*a != '\0') - (*b != '\0');
		for (const char *mark = marks; *mark; mark++) {
			r = mark_cmp(&a, &b, *mark);
			if (r)
				return r;
		}
		r = char_is_digit(*a) || char_is_digit(*b) ? number_cmp(&a, &b)
							   : word_cmp(&a, &b);
		if (r)
			return r;
	}
}
