/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of what is collected of packages: a tree and the facts of it. */
#pragma once

#include <zlib.h>

#include "guard/collect/collect.h"
#include "tests/unit/tree.h"

#define STATUS "var/lib/dpkg/status"
#define DOC    "usr/share/doc/"
#define LOG    "var/log/dpkg.log"

static struct tree tree;
static struct dg_facts *facts;

static inline int setup(void **state)
{
	static const char *const dirs[] = {
		"etc",	   "etc/apt",	"etc/apt/preferences.d", "var",
		"var/lib", "var/log",	"var/lib/dpkg",		 "var/lib/dpkg/updates",
		"usr",	   "usr/share", "usr/share/doc",	 "usr/bin",
	};

	(void)state;
	tree_make(&tree);
	for (size_t i = 0; i < DG_COUNT(dirs); i++)
		tree_dir(&tree, dirs[i]);
	facts = dg_facts_new();
	assert_non_null(facts);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	dg_facts_free(facts);
	tree_remove(&tree);
	return 0;
}

static inline void tree_fifo(const char *name)
{
	char path[256];

	assert_int_equal(mkfifo(tree_path(&tree, name, path), 0644), 0);
}

static inline void tree_drop(const char *name)
{
	char path[256];

	remove(tree_path(&tree, name, path));
}

static inline void tree_date(const char *name, time_t t)
{
	const struct timespec times[] = {{.tv_sec = t}, {.tv_sec = t}};
	char path[256];

	assert_int_equal(utimensat(AT_FDCWD, tree_path(&tree, name, path), times, 0), 0);
}

/* Pack `n` bytes, and leave out the last `cut` bytes of what comes out. */
static inline void tree_gzip(const char *name, const char *text, size_t n, size_t cut)
{
	size_t room = n + n / 100 + 4096;
	DG_FREE char *out = malloc(room);
	z_stream z = {0};

	assert_non_null(out);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	assert_true(room - z.avail_out > cut);
	tree_write(&tree, name, out, room - z.avail_out - cut);
}

static inline void collect(const struct dg_collector *c)
{
	dg_facts_free(facts);
	facts = dg_facts_new();
	assert_non_null(facts);
	c->run(tree.root, facts);
	assert_true(dg_known(&facts->packages));
	/* A gap says why, but for what is absent by design. */
	for (size_t i = 0; c->fills[i]; i++) {
		const struct dg_meta *meta = dg_facts_at(facts, c->fills[i]);

		assert_non_null(meta);
		if (meta->state != DG_KNOWN && !meta->detail)
			fail_msg("%s: not set", c->fills[i]);
	}
}

#define expect_str(fact, text) assert_string_equal(dg_get(&(fact)), text)

static inline void expect_gap(const struct dg_meta *meta, enum dg_state state,
			      const char *text)
{
	if (meta->state != state || !meta->detail || !strstr(meta->detail, text))
		fail_msg("%s: %s, not %s: %s", dg_state_name(meta->state),
			 meta->detail ? meta->detail : "-", dg_state_name(state), text);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
