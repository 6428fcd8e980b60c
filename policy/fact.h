/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A single fact: a state, and a value where it is known.
 *
 * A fact that nobody read is *unreadable*, never absent: zeroed memory therefore claims
 * nothing. */
#pragma once

#include <stdint.h>

#include "policy/util.h"

enum dg_state {
	DG_UNREADABLE = 0, /* it may be there; it could not be read (detail says why) */
	DG_ABSENT,	   /* looked for, and not there */
	DG_MALFORMED,	   /* read, and not of its format (detail says where) */
	DG_KNOWN,
};

/* First member of every fact. `detail` is owned, NULL for a known fact. */
struct dg_meta {
	enum dg_state state;
	char *detail;
};

struct dg_str {
	struct dg_meta meta;
	char *value; /* owned; clean text (policy/text.h) */
};

/* Also a time: seconds since the epoch, UTC. The field table tells which. */
struct dg_int {
	struct dg_meta meta;
	int64_t value;
};

struct dg_bool {
	struct dg_meta meta;
	bool value;
};

/* Finite; of six significant digits in JSON. */
struct dg_real {
	struct dg_meta meta;
	double value;
};

/* All lists share this layout; DG_LIST gives the items their type. */
struct dg_list {
	struct dg_meta meta;
	size_t count;
	void *items;
};

#define DG_LIST(type)                \
	struct {                     \
		struct dg_meta meta; \
		size_t count;        \
		type *items;         \
	}

#define dg_list_foreach(item, list)                            \
	for (__typeof__((list).items + 0) item = (list).items; \
	     item && item < (list).items + (list).count; item++)

/* --- setting; every text is cleaned on its way in --- */

void dg_set_str(struct dg_str *fact, const char *value);
void dg_set_strn(struct dg_str *fact, const char *value, size_t size);
void dg_set_int(struct dg_int *fact, int64_t value);
void dg_set_bool(struct dg_bool *fact, bool value);
/* What is not finite becomes malformed. */
void dg_set_real(struct dg_real *fact, double value);
void dg_set_known(struct dg_meta *meta);
/* The fact at `meta` is not known. `fmt` says why (what happened, where). */
void dg_set_gap(struct dg_meta *meta, enum dg_state state, const char *fmt, ...)
	DG_PRINTF(3, 4);
/* A new zeroed, known item at the end of a list, which becomes known too. The pointer is
 * good until the next call. NULL where memory is short or `max` items are there. */
void *dg_list_add(void *list, size_t item_size, size_t max);
#define DG_ADD(list, max) \
	((__typeof__((list)->items))dg_list_add((list), sizeof(*(list)->items), (max)))

/* --- reading --- */

static inline bool dg_known(const void *fact)
{
	return ((const struct dg_meta *)fact)->state == DG_KNOWN;
}

static inline bool dg_absent(const void *fact)
{
	return ((const struct dg_meta *)fact)->state == DG_ABSENT;
}

/* Why the first of these cannot be told; NULL: each is known, or looked for and not
 * there. */
static inline const char *dg_first_gap(const struct dg_meta *const *metas, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (metas[i]->state != DG_KNOWN && metas[i]->state != DG_ABSENT)
			return metas[i]->detail ? metas[i]->detail : "nobody read it";
	return NULL;
}

/* The value, or NULL where it is not known. */
static inline const char *dg_get(const struct dg_str *fact)
{
	return dg_known(fact) ? fact->value : NULL;
}

static inline bool dg_true(const struct dg_bool *fact)
{
	return dg_known(fact) && fact->value;
}

const char *dg_state_name(enum dg_state state);
