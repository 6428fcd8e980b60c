/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* depmod's text files: the modules of a kernel's directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "guard/parse/modules-dep.h"
#include "policy/util.h"

struct seen {
	char text[512];
	size_t n, most;
};

static int take(void *ctx, struct dg_span path, struct dg_span name)
{
	struct seen *seen = ctx;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%.*s=%.*s ", (int)name.n,
		 name.p, (int)path.n, path.p);
	return ++seen->n == seen->most ? -ECANCELED : 0;
}

static int parse(const char *text, size_t len, bool builtin, struct seen *seen,
		 char **why)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return builtin ? dg_modules_builtin_parse(copy, len, take, seen, why)
		       : dg_modules_dep_parse(copy, len, take, seen, why);
}

#define DEP                                                 \
	"kernel/arch/x86/kvm/kvm-intel.ko: kernel/kvm.ko\n" \
	"updates/dkms/nvidia.ko.zst:\r\n"                   \
	"x.ko.xz: a.ko b.ko\n"

static void test_dep(void **state)
{
	struct seen seen = {.n = 0};

	(void)state;
	assert_int_equal(parse(DEP, strlen(DEP), false, &seen, NULL), 0);
	assert_string_equal(seen.text, "kvm-intel=kernel/arch/x86/kvm/kvm-intel.ko "
				       "nvidia=updates/dkms/nvidia.ko.zst x=x.ko.xz ");
	seen = (struct seen){.most = 2};
	assert_int_equal(parse(DEP, strlen(DEP), false, &seen, NULL), -ECANCELED);
	assert_int_equal(seen.n, 2);
	assert_int_equal(parse("", 0, false, &seen, NULL), 0);
	assert_int_equal(dg_modules_dep_parse(NULL, 0, take, &seen, NULL), 0);
}

static void test_builtin(void **state)
{
	static const char text[] = "kernel/fs/ext4/ext4.ko\nkernel/loop.ko\n";
	struct seen seen = {.n = 0};

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, true, &seen, NULL), 0);
	assert_string_equal(seen.text,
			    "ext4=kernel/fs/ext4/ext4.ko loop=kernel/loop.ko ");
}

static void test_malformed(void **state)
{
	static const struct {
		const char *text, *why;
		size_t len; /* 0: to its end */
	} cases[] = {
		{.text = "a.ko:\nb.ko\n", .why = "no module at line 2"},
		{.text = "a.ko:\n\n", .why = "no module at line 2"},
		{.text = ":\n", .why = "no module at line 1"},
		{.text = ".ko:\n", .why = "no module at line 1"},
		{.text = "kernel/.ko:\n", .why = "no module at line 1"},
		{.text = "a.o:\n", .why = "no module at line 1"},
		{.text = "a.ko/:\n", .why = "no module at line 1"},
		{.text = "a b.ko:\n", .why = "no module at line 1"},
		{.text = "a\0.ko:\n", .why = "no module at line 1", .len = 7},
		{.text = "a.ko: b", .why = "cut short at line 1"},
		{.text = "a.ko:\nb.k", .why = "cut short at line 2"},
		{.text = "\xb0\x07\xf4\x57\0\2\0\1",
		 .why = "cut short at line 1",
		 .len = 8},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		size_t len = cases[i].len ? cases[i].len : strlen(cases[i].text);
		struct seen seen = {.n = 0};
		DG_FREE char *why = NULL;

		assert_int_equal(parse(cases[i].text, len, false, &seen, &why), -EBADMSG);
		assert_string_equal(why, cases[i].why);
	}
}

/* Cut anywhere: what is taken to be whole is a whole number of lines. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t len = 0; len <= strlen(DEP); len++) {
		struct seen seen = {.n = 0};
		int r = parse(DEP, len, false, &seen, NULL);

		assert_int_equal(r, len && DEP[len - 1] != '\n' ? -EBADMSG : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dep),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
