/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A strict reader of Prometheus' text exposition format, version 0.0.4, as far as gauges
 * without timestamps go: what it takes, promtool takes. */
#pragma once

#include <string.h>

#include "policy/text.h"

/* Where `p` stands behind as many of those characters. */
static inline const char *exposition_skip(const char *p, const char *of)
{
	return p + strspn(p, of);
}

#define EXPOSITION_NAME "abcdefghijklmnopqrstuvwxyz_"

/* A value in quotes: behind it; NULL: it is none. */
static inline const char *exposition_value(const char *p)
{
	if (*p++ != '"')
		return NULL;
	for (; *p != '"'; p++) {
		if (*p == '\n' || *p == '\0')
			return NULL;
		if (*p == '\\' && !strchr("\\\"n", *++p))
			return NULL;
	}
	return p + 1;
}

/* "{a="b",c="d"}", or nothing. */
static inline const char *exposition_labels(const char *p)
{
	if (*p != '{')
		return p;
	do {
		const char *name = p + 1;

		p = exposition_skip(name, EXPOSITION_NAME);
		if (p == name || *p != '=')
			return NULL;
		p = exposition_value(p + 1);
	} while (p && *p == ',');
	return p && *p == '}' ? p + 1 : NULL;
}

/* Whether the line is of the series `name`. */
static inline bool exposition_sample(const char *p, const char *name)
{
	const char *number;

	if (strncmp(p, name, strlen(name)) != 0)
		return false;
	p = exposition_labels(p + strlen(name));
	if (!p || *p++ != ' ')
		return false;
	number = p;
	if (*p == '-')
		p++;
	p = exposition_skip(p, "0123456789");
	return p > number && *p == '\n' && p[-1] != '-';
}

/* Every metric: HELP, TYPE gauge, its samples together, each once. The number of samples.
 */
static inline size_t exposition_read(const char *text)
{
	size_t samples = 0;

	assert_true(*text == '\0' || text[strlen(text) - 1] == '\n');
	while (*text) {
		char name[128], head[300], type[300];
		const char *begin;

		if (sscanf(text, "# HELP %127[a-z_] ", name) != 1)
			fail_msg("no HELP: %.80s", text);
		snprintf(head, sizeof(head), "# HELP %s ", name);
		assert_int_equal(strncmp(name, "driftguard_", 11), 0);
		text = strchr(text, '\n') + 1;
		snprintf(type, sizeof(type), "# TYPE %s gauge\n", name);
		assert_int_equal(strncmp(text, type, strlen(type)), 0);
		text += strlen(type);
		begin = text;
		for (; *text && *text != '#'; text = strchr(text, '\n') + 1, samples++) {
			DG_FREE char *series = strndup(text, strcspn(text, "\n"));

			if (!exposition_sample(text, name))
				fail_msg("no sample of %s: %.200s", name, text);
			*strrchr(series, ' ') = '\0';
			for (const char *p = begin; p < text; p = strchr(p, '\n') + 1)
				if (strncmp(p, series, strlen(series)) == 0 &&
				    p[strlen(series)] == ' ')
					fail_msg("twice: %s", series);
		}
		if (text == begin)
			fail_msg("no sample of %s", name);
	}
	return samples;
}
