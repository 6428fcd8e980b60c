/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/glob.h"

struct glob {
	const char *unclosed; /* no "[" from here on has its "]"; saves looking again */
};

static const char *step_escape(const char *p)
{
	return p[0] == '\\' && p[1] ? p + 1 : p;
}

/* The "]" of the class whose "[" is at `p`, or NULL. */
static const char *class_end(struct glob *g, const char *p)
{
	const char *start = p++;

	if (g->unclosed && start >= g->unclosed)
		return NULL;
	if (*p == '!' || *p == '^')
		p++;
	if (*p == ']')
		p++;
	while (*p && *p != ']')
		p = step_escape(p) + 1;
	if (!*p) {
		g->unclosed = start;
		return NULL;
	}
	return p;
}

static bool class_has(const char *p, const char *end, unsigned char c)
{
	bool negated = *++p == '!' || *p == '^', found = false;

	if (negated)
		p++;
	while (p < end) {
		unsigned char first, last;

		p = step_escape(p);
		first = last = (unsigned char)*p++;
		if (p[0] == '-' && p + 1 < end) {
			p = step_escape(p + 1);
			last = (unsigned char)*p++;
		}
		if (c >= first && c <= last)
			found = true;
	}
	return found != negated;
}

/* Match one byte against the element at `p`; returns the next element, or NULL. */
static const char *element_match(struct glob *g, const char *p, char c)
{
	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		const char *end = class_end(g, p);

		if (end)
			return class_has(p, end, (unsigned char)c) ? end + 1 : NULL;
	}
	p = step_escape(p);
	return *p && *p == c ? p + 1 : NULL;
}

bool dg_glob_match(const char *pattern, const char *text)
{
	struct glob g = {.unclosed = NULL};
	const char *p = pattern, *star = NULL, *star_text = NULL;

	while (*text) {
		const char *next;

		if (*p == '*') {
			star = ++p;
			star_text = text;
			continue;
		}
		next = element_match(&g, p, *text);
		if (next) {
			p = next;
			text++;
		} else if (star) { /* only the last "*" can take more: none before need */
			p = star;
			text = ++star_text;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}
