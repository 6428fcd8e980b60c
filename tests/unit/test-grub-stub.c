/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/grub-stub.h"
#include "policy/util.h"

#define ID   "3b1f0e52-84c6-4a3e-9d0b-2f7d4c51a9e6"
#define LOAD "configfile $prefix/grub.cfg\n"

static const struct {
	const char *text;
	int r;
	const char *uuid, *dir;
} cases[] = {
	/* as grub-install writes it */
	{.text = "search.fs_uuid " ID " root lvmid/a/b \n"
		 "set prefix=($root)'/boot/grub'\n" LOAD,
	 .uuid = ID,
	 .dir = "/boot/grub"},
	{.text = "search.fs_uuid 5D0A-31C8 root hd0,gpt2 \nset prefix=($root)'/grub'\n"
		 "configfile $prefix/grub.cfg",
	 .uuid = "5D0A-31C8",
	 .dir = "/grub"},
	{.text = "search.fs_uuid ba57c3d1e0f26a41 root\n"
		 "set prefix=($root)'/ROOT/pve-1@/boot/grub'\n" LOAD,
	 .uuid = "ba57c3d1e0f26a41",
	 .dir = "/ROOT/pve-1@/boot/grub"},
	/* as installers' media and other distributions have it */
	{.text = "search --no-floppy --fs-uuid --set=root " ID "\n"
		 "set prefix=($root)/boot/grub\n" LOAD,
	 .uuid = ID,
	 .dir = "/boot/grub"},
	{.text = "search --label --set=root pve\nset prefix=($root)/boot/grub\n" LOAD,
	 .r = -ENODATA},
	{.text = "search.fs_uuid " ID " other\nset prefix=($root)/boot/grub\n" LOAD,
	 .r = -ENODATA},
	{.text = "search.fs_uuid " ID " root\nset prefix=($root)/boot/grub\n",
	 .r = -ENODATA},
	{.text = "search.fs_uuid " ID " root\nset prefix=($root)/boot/grub\n"
		 "configfile /other.cfg\n",
	 .r = -ENODATA},
	{.text = "search.fs_uuid " ID " root\nset prefix=(hd0)/boot/grub\n" LOAD,
	 .r = -ENODATA},
	{.text = "menuentry 'x' {\n linux /vmlinuz\n}\n", .r = -ENODATA},
	{.text = "", .r = -ENODATA},
	{.text = "set prefix=($root)'/boot", .r = -EBADMSG},
};

static void reads_stubs(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_grub_stub_clear) struct dg_grub_stub stub = {0};
		DG_FREE char *copy = strndup(cases[i].text, strlen(cases[i].text));
		int r = dg_grub_stub_parse(copy, strlen(copy), &stub);

		if (r != cases[i].r)
			fail_msg("%zu: %d", i, r);
		if (r < 0) {
			assert_null(stub.uuid);
			assert_null(stub.dir);
			continue;
		}
		assert_string_equal(stub.uuid, cases[i].uuid);
		assert_string_equal(stub.dir, cases[i].dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_stubs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
