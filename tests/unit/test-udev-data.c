/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/udev-data.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_udev_data *ret, char **ret_why)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_udev_data_parse(copy, len, ret, ret_why);
	free(copy);
	return r;
}

static const char sample[] =
	"S:disk/by-uuid/1234-ABCD\nS:disk/by-id/x\nI:123\nE:ID_FS_TYPE=vfat\n"
	"E:ID_FS_UUID=1234-ABCD\nE:ID_FS_LABEL=a=b\nE:EMPTY=\nG:systemd\nQ:systemd\nV:"
	"1\n";

static void reads_records(void **state)
{
	DG_CLEANUP(dg_udev_data_clear) struct dg_udev_data data = {0};

	(void)state;
	assert_int_equal(parse(sample, sizeof(sample) - 1, &data, NULL), 0);
	assert_int_equal(data.n_properties, 4);
	assert_int_equal(data.n_links, 2);
	assert_string_equal(data.links[0], "disk/by-uuid/1234-ABCD");
	assert_string_equal(dg_udev_data_get(&data, "ID_FS_UUID"), "1234-ABCD");
	assert_string_equal(dg_udev_data_get(&data, "ID_FS_LABEL"), "a=b");
	assert_string_equal(dg_udev_data_get(&data, "EMPTY"), "");
	assert_null(dg_udev_data_get(&data, "ID_FS"));
	assert_null(dg_udev_data_get(&data, "systemd"));
}

static const char *const bad[] = {"E", "x", "E:", "E:a", "E:=b", "EX:a=b", "\0\0\0"};

static void refuses_other_lines(void **state)
{
	struct dg_udev_data data = {.n_links = 42};
	DG_FREE char *many = malloc(4 * DG_UDEV_LINES_MAX + 4);
	DG_FREE char *why = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(bad); i++)
		if (parse(bad[i], bad[i][0] ? strlen(bad[i]) : 3, &data, NULL) !=
		    -EBADMSG)
			fail_msg("\"%s\" is taken", bad[i]);
	for (i = 0; i <= DG_UDEV_LINES_MAX; i++)
		memcpy(many + 4 * i, "S:a\n", 4);
	assert_int_equal(parse(many, 4 * i, &data, &why), -EBADMSG);
	assert_string_equal(why, "too many lines at line 8193");
	assert_int_equal(data.n_links, 42);
	assert_int_equal(parse(many, 4 * (i - 1), &data, NULL), 0);
	dg_udev_data_clear(&data);
}

static void survives_every_cut(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sample); i++) {
		struct dg_udev_data data = {0};
		int r = parse(sample, i, &data, NULL);

		assert_true(r == 0 || r == -EBADMSG);
		dg_udev_data_clear(&data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_records),
		cmocka_unit_test(refuses_other_lines),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
