/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small language helpers that every layer may use: cleanup attributes, strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DG_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Run `fn(&variable)` when the variable leaves its scope. */
#define DG_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Define `fn##p(type *)`, a cleanup handler that calls fn(*p) unless *p is NULL. */
#define DG_DEFINE_CLEANUP(type, fn)       \
	static inline void fn##p(type *p) \
	{                                 \
		if (*p)                   \
			fn(*p);           \
	}                                 \
	struct dg_semicolon_wanted

static inline void dg_freep(void *p)
{
	free(*(void **)p);
}

#define DG_FREE DG_CLEANUP(dg_freep)

/* Hand a pointer on and forget it, so that its cleanup attribute does nothing. */
#define DG_STEAL(p)                           \
	__extension__({                       \
		__typeof__(p) *dg_p_ = &(p);  \
		__typeof__(p) dg_v_ = *dg_p_; \
		*dg_p_ = NULL;                \
		dg_v_;                        \
	})

#define DG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

static inline bool dg_streq(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* The rest of `s` behind `prefix`, or NULL where it does not begin with it. */
static inline const char *dg_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s && strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static inline bool dg_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}
