/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard/parse/proc-io.h"
#include "policy/util.h"

#define CHARS "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\n"
#define BYTES "read_bytes: 12\nwrite_bytes: 323932160\ncancelled_write_bytes: 7\n"

static const struct {
	const char *text;
	int r;
	struct dg_proc_io io;
} cases[] = {
	{CHARS BYTES, 0, {12, 323932160, 7}},
	{BYTES CHARS, 0, {12, 323932160, 7}},
	{BYTES "later: x\n\n", 0, {12, 323932160, 7}},
	{"read_bytes: 0\nwrite_bytes: 18446744073709551615\ncancelled_write_bytes: 1",
	 0,
	 {0, UINT64_MAX, 1}},
	{CHARS, .r = -EBADMSG},
	{"read_bytes: 12\nwrite_bytes: 1\n", .r = -EBADMSG},
	{"read_bytes: 12\ncancelled_write_bytes: 1\n", .r = -EBADMSG},
	{BYTES "write_bytes: 1\n", .r = -EBADMSG},
	{"read_bytes:\nwrite_bytes: 1\ncancelled_write_bytes: 1\n", .r = -EBADMSG},
	{"read_bytes: -1\nwrite_bytes: 1\ncancelled_write_bytes: 1\n", .r = -EBADMSG},
	{"read_bytes: 1 2\nwrite_bytes: 1\ncancelled_write_bytes: 1\n", .r = -EBADMSG},
	{"read_bytes: 18446744073709551616\nwrite_bytes: 1\ncancelled_write_bytes: 1\n",
	 .r = -EBADMSG},
	{"", .r = -EBADMSG},
};

static int parse(const char *text, size_t len, struct dg_proc_io *ret)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_proc_io_parse(copy, len, ret);
}

static void reads_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const struct dg_proc_io *want = &cases[i].io;
		struct dg_proc_io io = {0};
		int r = parse(cases[i].text, strlen(cases[i].text), &io);

		if (r != cases[i].r || io.read_bytes != want->read_bytes ||
		    io.write_bytes != want->write_bytes ||
		    io.cancelled_write_bytes != want->cancelled_write_bytes)
			fail_msg("case %zu, \"%s\": %d", i, cases[i].text, r);
	}
}

/* Only the last number may be cut: the lines before it are whole. */
static void survives_every_cut(void **state)
{
	static const char text[] = CHARS BYTES;

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct dg_proc_io io = {.read_bytes = 42};
		int r = parse(text, n, &io);

		assert_true(r == 0 ? n >= sizeof(text) - 3 && io.read_bytes == 12
				   : r == -EBADMSG && io.read_bytes == 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
