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

#include "guard/parse/proc-stat.h"
#include "policy/util.h"

#define CPU  "cpu  1048390 59718 328744 948781 21907 7 7825 28634 11 3\n"
#define CPUS "cpu0 1 2 3 4 5 6 7 8 9 10\ncpu1 1 2 3 4 5 6 7 8 9 10\n"
#define REST "intr 8594912 0 0 1\nctxt 5\nprocs_running 2\nprocs_blocked 8\nsoftirq 9 1\n"

#define SUM (1048390 + 59718 + 328744 + 948781 + 21907 + 7 + 7825 + 28634)

static const struct {
	const char *text;
	int r;
	struct dg_proc_stat stat;
} cases[] = {
	{CPU CPUS REST, 0, {SUM, 948781, 21907, 2, 8, true}},
	{REST CPU, 0, {SUM, 948781, 21907, 0, 8, true}},
	{CPU, 0, {SUM, 948781, 21907}},
	{"cpu 1 2 3 4", 0, {10, 4}},
	{"cpu 1 2 3 4 5\n", 0, {15, 4, 5}},
	{"cpu 1 2 3 4 5 6 7 8 9 10 eleven\n", 0, {36, 4, 5}},
	{"cpu 1 2 3 4\ncpu17 1\ncpufreq 1\ncpu1x\n", 0, {10, 4, .cpus = 1}},
	{"cpu 0 0 0 18446744073709551615\n", 0, {UINT64_MAX, UINT64_MAX}},
	{"cpu 3 0 0 18446744073709551615\n", 0, {2, UINT64_MAX}}, /* wraps */
	{"cpu 0 0 0 18446744073709551616\n", .r = -EBADMSG},
	{"cpu 1 2 3\n", .r = -EBADMSG},
	{"cpu 1 2 3 -4\n", .r = -EBADMSG},
	{"cpu 1 2 3 4 x\n", .r = -EBADMSG},
	{"cpu\n", .r = -EBADMSG},
	{CPU CPU, .r = -EBADMSG},
	{CPU "procs_blocked\n", .r = -EBADMSG},
	{CPU "procs_blocked -1\n", .r = -EBADMSG},
	{CPU "procs_blocked 1 2\n", .r = -EBADMSG},
	{CPU "procs_blocked 1\nprocs_blocked 1\n", .r = -EBADMSG},
	{CPUS REST, .r = -EBADMSG},
	{"", .r = -EBADMSG},
	{"\n\n", .r = -EBADMSG},
};

static int parse(const char *text, size_t len, struct dg_proc_stat *ret)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_proc_stat_parse(copy, len, ret);
}

static void reads_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const struct dg_proc_stat *want = &cases[i].stat;
		struct dg_proc_stat stat = {0};
		int r = parse(cases[i].text, strlen(cases[i].text), &stat);

		if (r != cases[i].r || stat.total != want->total ||
		    stat.idle != want->idle || stat.iowait != want->iowait ||
		    stat.cpus != want->cpus || stat.blocked != want->blocked ||
		    stat.has_blocked != want->has_blocked)
			fail_msg("case %zu, \"%s\": %d", i, cases[i].text, r);
	}
}

/* Each beginning of a file in a block of just its size: nothing behind it is read. */
static void survives_every_cut(void **state)
{
	static const char text[] = CPU CPUS REST;

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct dg_proc_stat stat = {.cpus = 42};
		int r = parse(text, n, &stat);

		assert_true(r == 0 ? stat.cpus <= 2 && stat.total <= SUM
				   : r == -EBADMSG && stat.cpus == 42);
	}
}

static void passes_over_long_lines(void **state)
{
	static char text[1 << 20];
	size_t n = (size_t)snprintf(text, sizeof(text), "cpu 1 2 3 4\nintr 1");
	struct dg_proc_stat stat = {0};

	(void)state;
	memset(text + n, ' ', sizeof(text) - n);
	memcpy(text + sizeof(text) - 17, "\nprocs_blocked 3\n", 17);
	assert_int_equal(dg_proc_stat_parse(text, sizeof(text), &stat), 0);
	assert_true(stat.has_blocked && stat.blocked == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(passes_over_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
