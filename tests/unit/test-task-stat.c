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

#include "guard/parse/task-stat.h"
#include "policy/util.h"

#define REST " 1 2 3 0 -1 4194560 5 6 7 8 9\n"

#define COMM_63 "kworker/u64:3-events_unbound-a-very-long-description-of-the-wor"

static const struct {
	const char *text;
	int r;
	struct dg_task_stat stat;
} cases[] = {
	{"2504 (kvm) S" REST, 0, {2504, "kvm", 'S', 4194560}},
	{"7 (CPU 0/KVM) D" REST, 0, {7, "CPU 0/KVM", 'D', 4194560}},
	{"7 (a) R (b) Z" REST, 0, {7, "a) R (b", 'Z', 4194560}},
	{"7 (a)\n8 (b\n) S" REST, 0, {7, "a)\n8 (b\n", 'S', 4194560}},
	{"7 (() S" REST, 0, {7, "(", 'S', 4194560}},
	{"7 ()) S" REST, 0, {7, ")", 'S', 4194560}},
	{"7 () S" REST, 0, {7, "", 'S', 4194560}},
	{"2 (" COMM_63 ") I 0 0 0 0 -1 69238880", 0, {2, COMM_63, 'I', 69238880}},
	{"1 (x) x 1 1 1 1 -1 18446744073709551615", 0, {1, "x", 'x', UINT64_MAX}},
	{"9223372036854775807 (x) S" REST, 0, {INT64_MAX, "x", 'S', 4194560}},
	{"9223372036854775808 (x) S" REST, .r = -EBADMSG},
	{"-1 (x) S" REST, .r = -EBADMSG},
	{" (x) S" REST, .r = -EBADMSG},
	{"1 2 (x) S" REST, .r = -EBADMSG},
	{"(x) S" REST, .r = -EBADMSG},
	{"1 (" COMM_63 "k) S" REST, .r = -EBADMSG},
	{"1 (x) 1" REST, .r = -EBADMSG},
	{"1 (x) SS" REST, .r = -EBADMSG},
	{"1 (x) \x01" REST, .r = -EBADMSG},
	{"1 (x) S 1 2 3 0 -1\n", .r = -EBADMSG},
	{"1 (x) S 1 2 3 0 -1 -4\n", .r = -EBADMSG},
	{"1 (x) S 1 2 3 0 -1 18446744073709551616\n", .r = -EBADMSG},
	{"1 (x S" REST, .r = -EBADMSG},
	{"1 x) S" REST, .r = -EBADMSG},
	{"1 )x( S" REST, .r = -EBADMSG},
	{"", .r = -EBADMSG},
	{"(", .r = -EBADMSG},
	{")", .r = -EBADMSG},
	{"()", .r = -EBADMSG},
};

static int parse(const char *text, size_t len, struct dg_task_stat *ret)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_task_stat_parse(copy, len, ret);
}

static void reads_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const struct dg_task_stat *want = &cases[i].stat;
		struct dg_task_stat stat = {0};
		int r = parse(cases[i].text, strlen(cases[i].text), &stat);

		if (r != cases[i].r || stat.pid != want->pid ||
		    !dg_streq(stat.comm, want->comm) || stat.state != want->state ||
		    stat.flags != want->flags)
			fail_msg("case %zu, \"%s\": %d", i, cases[i].text, r);
	}
}

static void ends_the_name_at_a_nul_nowhere(void **state)
{
	static const char text[] = "7 (a\0b) S" REST;
	struct dg_task_stat stat;

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &stat), 0);
	assert_string_equal(stat.comm, "a?b");
}

static void knows_the_parent(void **state)
{
	static const char text[] = "7 (a) S 4711 2 3 0 -1 4194560\n";
	static const char none[] = "7 (a) S x 2 3 0 -1 4194560\n";
	struct dg_task_stat stat;

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &stat), 0);
	assert_int_equal(stat.parent, 4711);
	assert_int_equal(parse(none, sizeof(none) - 1, &stat), -EBADMSG);
}

static void knows_flags(void **state)
{
	static const char guest[] = "9 (CPU 0/KVM) S 1 7 1 0 -1 4194368\n"; /* 0x400040 */
	static const char worker[] =
		"9 (iou-wrk-7) S 1 7 1 0 -1 4210768\n";			    /* 0x404050 */
	static const char kernel[] = "2 (kthreadd) S 0 0 0 0 -1 2129984\n"; /* 0x208040 */
	struct dg_task_stat stat;

	(void)state;
	assert_int_equal(parse(guest, sizeof(guest) - 1, &stat), 0);
	assert_false(stat.flags & (DG_PF_IO_WORKER | DG_PF_KTHREAD));
	assert_int_equal(parse(worker, sizeof(worker) - 1, &stat), 0);
	assert_true(stat.flags & DG_PF_IO_WORKER);
	assert_int_equal(parse(kernel, sizeof(kernel) - 1, &stat), 0);
	assert_true(stat.flags & DG_PF_KTHREAD);
}

static void survives_every_cut(void **state)
{
	static const char text[] = "2504 (a) (b) S" REST;
	const size_t flags_end = sizeof("2504 (a) (b) S 1 2 3 0 -1 4194560") - 1;

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct dg_task_stat stat = {.pid = 42};
		int r = parse(text, n, &stat);

		assert_true(r == 0 ? stat.pid == 2504 : r == -EBADMSG && stat.pid == 42);
		assert_true(n < flags_end || (r == 0 && stat.flags == 4194560));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fields),
		cmocka_unit_test(ends_the_name_at_a_nul_nowhere),
		cmocka_unit_test(knows_the_parent),
		cmocka_unit_test(knows_flags),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
