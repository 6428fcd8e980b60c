/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of sinks: what lies in the tree afterwards. */
#pragma once

#include "guard/sink/sink.h"
#include "policy/text.h"
#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

/* The file's text, which the caller frees; NULL: there is none. */
static inline char *text_of(const char *path)
{
	char *text = NULL;
	size_t size;
	int r = dg_root_read(tree.root, path, 1 << 20, &text, &size);

	if (r < 0 && r != -ENOENT)
		fail_msg("%s: %d", path, r);
	return text;
}

static inline void expect_text(const char *path, const char *expected)
{
	DG_FREE char *text = text_of(path);

	if (!expected && text)
		fail_msg("%s is there: %s", path, text);
	if (expected && !text)
		fail_msg("%s is not there", path);
	if (expected)
		assert_string_equal(text, expected);
}

/* Tell one sink, and expect what it returns, with a reason where that is a failure. */
static inline void tell(int (*sink)(const struct dg_sink_call *, char **),
			const struct dg_verdict *v, const char *from, int expected)
{
	const struct dg_sink_call call = {.root = tree.root, .verdict = v, .from = from};
	DG_FREE char *why = NULL;
	int r = sink(&call, &why);

	if (r != expected || (r == 0 && why))
		fail_msg("%d, not %d: %s", r, expected, why ? why : "");
}
