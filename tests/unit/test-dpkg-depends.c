/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "guard/parse/dpkg-depends.h"
#include "policy/util.h"

/* Each relation as "GROUP:NAME[:QUALIFIER][(CONSTRAINT)]", "!" for an error. */
static const struct {
	const char *text, *expected;
} rows[] = {
	{"", ""},
	{" , ,, ", ""},
	{"foo", "1:foo "},
	{"proxmox-kernel-7.0.6-2-pve-signed | proxmox-kernel-7.0.6-2-pve, foo (>= 1.2) "
	 "[amd64]",
	 "1:proxmox-kernel-7.0.6-2-pve-signed 1:proxmox-kernel-7.0.6-2-pve 2:foo(>= "
	 "1.2) "},
	{"perl:any, libc6:i386 (= 2)", "1:perl:any 2:libc6:i386(= 2) "},
	{"a(<<1)|b [ !i386 ] <!nocheck> <x y>,c", "1:a(<<1) 1:b 2:c "},
	{"a  (= 1:2~3-4)  ,\n b", "1:a(= 1:2~3-4) 2:b "},
	{"a, , b,", "1:a 3:b "},
	{"a (", "!"},
	{"a [amd64", "!"},
	{"a <x", "!"},
	{"a b", "!"},
	{"a |", "!"},
	{"a |, b", "!"},
	{"|a", "!"},
	{"a:", "!"},
	{"a, \x01, b", "1:a !"},
	{"a (= 1) (= 2)", "!"},
};

static void answer(const char *text, char *out, size_t size)
{
	struct dg_depends d = dg_depends_begin(text);
	struct dg_depends_item item;
	size_t n = 0;
	int r;

	out[0] = '\0';
	while ((r = dg_depends_next(&d, &item)) > 0) {
		n += (size_t)snprintf(out + n, size - n, "%zu:%.*s", item.group,
				      (int)item.name.n, item.name.p);
		if (item.qualifier.n)
			n += (size_t)snprintf(out + n, size - n, ":%.*s",
					      (int)item.qualifier.n, item.qualifier.p);
		if (item.constraint.n)
			n += (size_t)snprintf(out + n, size - n, "(%.*s)",
					      (int)item.constraint.n, item.constraint.p);
		n += (size_t)snprintf(out + n, size - n, " ");
	}
	if (r < 0)
		snprintf(out + n, size - n, "!");
	assert_int_equal(dg_depends_next(&d, &item), 0);
}

static void test_rows(void **state)
{
	char out[256];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(rows); i++) {
		answer(rows[i].text, out, sizeof(out));
		assert_string_equal(out, rows[i].expected);
	}
	answer(NULL, out, sizeof(out));
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
