/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What parsers of lists share: an array that grows, and the words for a bad line. */
#pragma once

#include <errno.h>
#include <stdio.h>

#include "policy/util.h"

/* Room for item `n` of an array of `n` items, zeroed; sizes are powers of two, so that
 * `n` alone tells when to grow. The new array, or NULL and the old one stays. */
static inline void *dg_grow(void *items, size_t n, size_t item_size)
{
	size_t bytes;

	if ((n & (n - 1)) == 0) {
		if (__builtin_mul_overflow(n ? 2 * n : 1, item_size, &bytes))
			return NULL;
		items = realloc(items, bytes);
	}
	if (items)
		memset((char *)items + n * item_size, 0, item_size);
	return items;
}

/* A pointer to a fresh, zeroed items[n]; the caller counts it. NULL: out of memory. */
#define DG_GROW(items, n)                                                            \
	__extension__({                                                              \
		__typeof__(items) dg_new_ = dg_grow((items), (n), sizeof(*(items))); \
		if (dg_new_)                                                         \
			(items) = dg_new_;                                           \
		dg_new_ ? &dg_new_[n] : NULL;                                        \
	})

/* -EBADMSG, with "`what` at line `line`" in *ret_why (owned by the caller; NULL where
 * memory is out) unless ret_why is NULL. */
static inline int dg_bad_line(char **ret_why, size_t line, const char *what)
{
	char *why = NULL;

	if (ret_why) {
		if (asprintf(&why, "%s at line %zu", what, line) < 0)
			why = NULL;
		*ret_why = why;
	}
	return -EBADMSG;
}
