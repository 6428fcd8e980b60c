/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard/parse/proc-syscall.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_proc_syscall *ret)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_proc_syscall_parse(copy, len, ret);
	free(copy);
	return r;
}

static const char waiting[] =
	"426 0x1c 0x0 0x1 0x89 0x0 0x8 0x7f1c1d7fe4c8 0x7f1c2ab2c7b9\n";

static void reads_calls(void **state)
{
	struct dg_proc_syscall call;

	(void)state;
	assert_int_equal(parse(waiting, sizeof(waiting) - 1, &call), 0);
	assert_int_equal(call.number, DG_SYSCALL_IO_URING_ENTER);
	assert_int_equal(call.n_args, 6);
	assert_int_equal(call.args[0], 0x1c);
	assert_int_equal(call.args[2], 1);
	assert_int_equal(call.args[3], 0x89);
	assert_int_equal(call.args[5], 8);
	assert_int_equal(parse("running\n", 8, &call), 0);
	assert_int_equal(call.number, DG_SYSCALL_RUNNING);
	assert_int_equal(parse("-1 0x7ffd 0x55\n", 15, &call), 0);
	assert_int_equal(call.number, DG_SYSCALL_NONE);
	assert_int_equal(call.n_args, 0);
	assert_int_equal(parse("0 0xffffffffffffffff", 20, &call), 0);
	assert_true(call.args[0] == UINT64_MAX);
}

static void refuses_others(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"-2",
		"x",
		"running!",
		"426 1",
		"1 0x",
		"1 0x1g 0",
		"99999999999999999999999",
		"1 0x11111111111111111",
		"0x1aa 0x1",
	};
	struct dg_proc_syscall call = {.number = 42};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(bad); i++)
		if (parse(bad[i], strlen(bad[i]), &call) != -EBADMSG)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(call.number, 42);
}

static void survives_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(waiting); i++) {
		struct dg_proc_syscall call;
		int r = parse(waiting, i, &call);

		assert_true(r == 0 || r == -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_calls),
		cmocka_unit_test(refuses_others),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
