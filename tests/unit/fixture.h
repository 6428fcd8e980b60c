/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests that each want a fresh tree: TEST(fn) makes one before `fn` and removes it.
 */
#pragma once

#include "tests/unit/tree.h"

static struct tree tree;

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static inline struct stat stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(dg_root_stat(tree.root, path, false, &st), 0);
	return st;
}

/* Nothing but `count` files is in the folder: no unfinished one either. */
static inline void expect_names(const char *dir, size_t count)
{
	DG_NAMES_FREE char **names = NULL;
	size_t n;

	assert_int_equal(dg_root_list(tree.root, dir, 100, &names, &n), 0);
	if (n != count)
		fail_msg("%s holds %zu names, not %zu: %s", dir, n, count,
			 n ? names[0] : "");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
