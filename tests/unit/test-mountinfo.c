/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/mountinfo.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_mountinfo *ret, char **ret_why)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_mountinfo_parse(copy, len, ret, ret_why);
	free(copy);
	return r;
}

static const char sample[] =
	"25 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/pve-root rw,errors=x\n"
	"40 25 8:2 / /boot/efi rw,relatime - vfat /dev/sda2 rw,fmask=0022\n"
	"50 25 0:40 /a\\040b /m\\011\\134\\012\\043\\999\\0 rw master:3 unbindable - "
	"fuse  "
	"rw\n";

static void reads_mounts(void **state)
{
	DG_CLEANUP(dg_mountinfo_clear) struct dg_mountinfo info = {0};
	const struct dg_mount *m;

	(void)state;
	assert_int_equal(parse(sample, sizeof(sample) - 1, &info, NULL), 0);
	assert_int_equal(info.n_mounts, 3);
	m = &info.mounts[0];
	assert_true(m->id == 25 && m->parent == 1 && m->major == 253 && m->minor == 1);
	assert_string_equal(m->root, "/");
	assert_string_equal(m->options, "rw,relatime");
	assert_string_equal(m->source, "/dev/mapper/pve-root");
	assert_string_equal(m->super_options, "rw,errors=x");
	m = &info.mounts[1];
	assert_string_equal(m->point, "/boot/efi");
	assert_string_equal(m->fs_type, "vfat");
	m = &info.mounts[2];
	assert_string_equal(m->root, "/a b");
	assert_string_equal(m->point, "/m\t\\\n#\\999\\0");
	assert_string_equal(m->fs_type, "fuse");
	assert_string_equal(m->source, "");
	assert_string_equal(m->super_options, "rw");
}

static const char *const bad[] = {
	"\n",
	"x",
	"25 1 253:1 / / rw shared:1 ext4 /dev/a rw",
	"25 1 253:1 / / rw -",
	"25 1 253:1 / / rw - ext4 a",
	"25 1 253 / / rw - ext4 a rw",
	"-1 1 253:1 / / rw - ext4 a rw",
	"25 99999999999 253:1 / / rw - ext4 a rw",
	" 25 1 253:1 / / rw - ext4 a rw",
	"25 1 253:1x / / rw - ext4 a rw",
};

static void refuses_other_lines(void **state)
{
	struct dg_mountinfo info = {.n_mounts = 42};
	DG_FREE char *why = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(bad); i++)
		if (parse(bad[i], strlen(bad[i]), &info, NULL) != -EBADMSG)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(parse("25 1 253:1 / / rw - ext4 a rw\nx\n", 32, &info, &why),
			 -EBADMSG);
	assert_string_equal(why, "no mount at line 2");
	assert_int_equal(info.n_mounts, 42);
}

static void survives_every_cut(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sample); i++) {
		struct dg_mountinfo info = {0};
		int r = parse(sample, i, &info, NULL);

		assert_true(r == 0 || r == -EBADMSG);
		dg_mountinfo_clear(&info);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_mounts),
		cmocka_unit_test(refuses_other_lines),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
