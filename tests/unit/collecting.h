/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of collectors: trees with files in directories of their own, and a collector
 * run on one in this very process, where sanitizers see what it leaves behind. */
#pragma once

#include "guard/collect/run.h"
#include "tests/unit/tree.h"

/* The directories that lead to `name`. */
static inline void tree_parents(const struct tree *t, const char *name)
{
	char part[160], path[256];

	snprintf(part, sizeof(part), "%s", name);
	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(tree_path(t, part, path), 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
}

static inline void put_data(const struct tree *t, const char *name, const void *data,
			    size_t size)
{
	tree_parents(t, name);
	tree_write(t, name, data, size);
}

static inline void put(const struct tree *t, const char *name, const char *text)
{
	put_data(t, name, text, strlen(text));
}

static inline void put_link(const struct tree *t, const char *name, const char *target)
{
	tree_parents(t, name);
	tree_link(t, name, target);
}

static inline void put_dir(const struct tree *t, const char *name)
{
	tree_parents(t, name);
	tree_dir(t, name);
}

static inline void put_fifo(const struct tree *t, const char *name)
{
	char path[256];

	tree_parents(t, name);
	assert_int_equal(mkfifo(tree_path(t, name, path), 0644), 0);
}

/* A file of `size` bytes, none of them on disk. */
static inline void put_sparse(const struct tree *t, const char *name, off_t size)
{
	char path[256];

	put(t, name, "");
	assert_int_equal(truncate(tree_path(t, name, path), size), 0);
}

static inline void drop(const struct tree *t, const char *name)
{
	char path[256];

	assert_int_equal(remove(tree_path(t, name, path)), 0);
}

/* What `collector` makes of the tree; every fact it fills has to be set. */
static inline struct dg_facts *collect(const struct tree *t,
				       const struct dg_collector *collector)
{
	struct dg_facts *facts = dg_facts_new();

	assert_non_null(facts);
	collector->run(t->root, facts);
	for (const char *const *path = collector->fills; *path; path++) {
		struct dg_meta *meta = dg_facts_at(facts, *path);

		assert_non_null(meta);
		if (meta->state == DG_UNREADABLE && !meta->detail)
			fail_msg("%s was not set", *path);
	}
	return facts;
}

#define FACTS_CLEANUP DG_CLEANUP(dg_facts_freep)

/* The fact's value, or what it is instead, in words for assert_string_equal(). */
static inline const char *said(const void *fact)
{
	static char words[512];
	const struct dg_meta *meta = fact;

	if (meta->state == DG_KNOWN)
		return ((const struct dg_str *)fact)->value;
	snprintf(words, sizeof(words), "%s: %s", dg_state_name(meta->state),
		 meta->detail ? meta->detail : "");
	return words;
}

/* As said(), of a number or truth value. */
static inline void assert_number(const struct dg_int *fact, int64_t value)
{
	if (!dg_known(fact))
		fail_msg("%s", said(fact));
	assert_int_equal(fact->value, value);
}
