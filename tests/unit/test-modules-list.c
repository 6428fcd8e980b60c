/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/modules-list.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_modules_list *ret,
		 char **ret_why)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_modules_list_parse(copy, len, ret, ret_why);
	free(copy);
	return r;
}

static const struct {
	const char *line, *name;
	uint64_t size;
	int64_t refcount;
	enum dg_module_state state;
	const char *taint;
} cases[] = {
	{"nvidia 56823808 123 nvidia_uvm,nvidia_modeset, Live 0x0000000000000000 (POE)\n",
	 "nvidia", 56823808, 123, DG_MODULE_LIVE, "POE"},
	{"ext4 1130496 1 - Live 0x0000000000000000", "ext4", 1130496, 1, DG_MODULE_LIVE,
	 ""},
	{"a 1 0 [permanent], Live 0xffffffffc0a00000", "a", 1, 0, DG_MODULE_LIVE, ""},
	{"b 4096 0 - Unloading 0x0 (O-)", "b", 4096, 0, DG_MODULE_UNLOADING, "O"},
	{"c 4096 - - Loading 0x0 (+)", "c", 4096, -1, DG_MODULE_LOADING, ""},
};

static void reads_modules(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_modules_list_clear) struct dg_modules_list list = {0};
		const struct dg_loaded_module *m;

		assert_int_equal(parse(cases[i].line, strlen(cases[i].line), &list, NULL),
				 0);
		assert_int_equal(list.n_modules, 1);
		m = list.modules;
		assert_string_equal(m->name, cases[i].name);
		assert_string_equal(m->taint, cases[i].taint);
		assert_true(m->size == cases[i].size &&
			    m->refcount == cases[i].refcount &&
			    m->state == cases[i].state);
	}
}

static const char *const bad[] = {
	"\n",
	"a 1 0 - Live",
	"a x 0 - Live 0x0",
	"a 1 -1 - Live 0x0",
	"a 1 99999999999999999999 - Live 0x0",
	"a 1 0 - Dead 0x0",
	"a 1 0 - Live 0x0 POE",
	"a 1 0 - Live 0x0 ()",
	"a 1 0 - Live 0x0 (O) more",
};

static void refuses_other_lines(void **state)
{
	static const char two[] = "a 1 0 - Live 0x0\nb\n";
	struct dg_modules_list list = {.n_modules = 42};
	DG_FREE char *why = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(bad); i++)
		if (parse(bad[i], strlen(bad[i]), &list, NULL) != -EBADMSG)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(parse(two, sizeof(two) - 1, &list, &why), -EBADMSG);
	assert_string_equal(why, "no module at line 2");
	assert_int_equal(list.n_modules, 42);
}

static void survives_every_cut(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < strlen(cases[0].line); i++) {
		struct dg_modules_list list = {0};
		int r = parse(cases[0].line, i, &list, NULL);

		assert_true(r == 0 || r == -EBADMSG);
		dg_modules_list_clear(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_modules),
		cmocka_unit_test(refuses_other_lines),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
