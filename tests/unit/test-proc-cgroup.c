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

#include "guard/parse/proc-cgroup.h"
#include "policy/util.h"

static const struct {
	const char *text;
	int r;
	const char *path;
} cases[] = {
	{"0::/qemu.slice/101.scope\n", 0, "/qemu.slice/101.scope"},
	{"0::/\n", 0, "/"},
	{"0::/", 0, "/"},
	{"9:name=systemd:/a\n3:cpu,cpuacct:/b\n0::/c\n", 0, "/c"},
	{"1:name=0::/a:/b\n0::/c:d\n", 0, "/c:d"},
	{"0::/lxc/102/ns/a b\\x2d\r\n", 0, "/lxc/102/ns/a b\\x2d\r"},
	{"0::/../other\n", 0, "/../other"},
	{"0::/gone (deleted)\n", 0, "/gone (deleted)"},
	{"0::/a\n0::/b\n", 0, "/a"},
	{"9:name=systemd:/\n1:cpu:/\n", -ENOENT, NULL},
	{"10::/a\n 0::/b\n", -ENOENT, NULL},
	{"0:cpu:/a\n", -ENOENT, NULL},
	{"", -ENOENT, NULL},
	{"\n\n", -ENOENT, NULL},
	{"0:", -ENOENT, NULL},
	{"0::", -EBADMSG, NULL},
	{"0::\n", -EBADMSG, NULL},
	{"0::a\n", -EBADMSG, NULL},
};

static void reads_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_span path = {0};
		int r = dg_proc_cgroup_parse(cases[i].text, strlen(cases[i].text), &path);

		if (r != cases[i].r || !dg_span_same(path, dg_span_str(cases[i].path)))
			fail_msg("case %zu, \"%s\": %d, \"%.*s\"", i, cases[i].text, r,
				 (int)path.n, path.p ? path.p : "");
	}
}

static void survives_every_cut(void **state)
{
	static const char text[] = "1:cpu:/x\n0::/qemu.slice/101.scope\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		DG_FREE char *copy = malloc(n ? n : 1);
		struct dg_span path = dg_span_str("-");
		int r;

		assert_non_null(copy);
		memcpy(copy, text, n);
		r = dg_proc_cgroup_parse(copy, n, &path);
		if (r == 0)
			assert_true(path.p >= copy && path.p + path.n <= copy + n);
		else
			assert_true(dg_span_eq(path, "-"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_path),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
