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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
