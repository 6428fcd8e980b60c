/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard/parse/qemu-version.h"
#include "policy/util.h"

static int find(const char *text, size_t len, char **ret)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_qemu_version_find(copy, len, ret);
	free(copy);
	return r;
}

#define T(text) .data = text, .size = sizeof(text) - 1

static void finds_versions(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		const char *version; /* NULL: none */
	} cases[] = {
		{T("\0QEMU emulator version 10.1.2 (pve-qemu-kvm_10.1.2-7)\nCopyright"),
		 "10.1.2-7"},
		{T("x\0QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\n"),
		 "1:7.2+dfsg-7+deb12u18+b3"},
		{T("QEMU emulator version 11.1.3 (Debian 1:11.1.3+ds-1~bpo13+1)\n"),
		 "1:11.1.3+ds-1~bpo13+1"},
		{T("QEMU emulator version 9.1.50 (v9.1.0-1-gdeadbee)\n"), "9.1.50"},
		{T("QEMU emulator version 8.1.3 (qemu-8.1.3-1.fc39)\n"), "8.1.3"},
		{T("QEMU emulator version 11.1.0\nCopyright"), "11.1.0"},
		{T("QEMU emulator version 11.1.0 (Debian x)\n"), "11.1.0"},
		{T("QEMU emulator version %s\n\0pve-qemu-kvm_9.2.0-9\0"), "9.2.0-9"},
		{T("\0pve-qemu-kvm_11.0.0-3\0QEMU emulator version %s%s\n"), "11.0.0-3"},
		{T("QEMU emulator version x\0QEMU emulator version 5.2.0\n"), "5.2.0"},
		{T("pve-qemu-kvm_x\0pve-qemu-kvm_1.2\0"), "1.2"},
		/* cut off: what follows might go on */
		{T("QEMU emulator version 10.1.2"), NULL},
		{T("pve-qemu-kvm_10.1.2-7"), NULL},
		{T("QEMU emulator version "), NULL},
		{T("QEMU emulator versio"), NULL},
		{T(""), NULL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *version = NULL;
		int r = find(cases[i].data, cases[i].size, &version);

		if (!cases[i].version) {
			if (r != -ENOENT || version)
				fail_msg("case %zu", i);
			continue;
		}
		if (r != 0 || !dg_streq(version, cases[i].version))
			fail_msg("case %zu: %s", i, version ? version : "none");
	}
}

/* A number that never ends is no version. */
static void bounds_versions(void **state)
{
	static char text[4096] = "QEMU emulator version ";
	char *version = NULL;

	(void)state;
	memset(text + strlen(text), '1', sizeof(text) - strlen(text) - 1);
	text[sizeof(text) - 1] = '\n';
	assert_int_equal(find(text, sizeof(text), &version), -ENOENT);
}

static void survives_every_cut(void **state)
{
	static const char text[] =
		"QEMU emulator version 10.1.2 (pve-qemu-kvm_10.1.2-7)\nCopyright";

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		DG_FREE char *version = NULL;
		int r = find(text, i, &version);

		/* Never half of it, nor QEMU's own for want of the packager's. */
		if (r == 0)
			assert_string_equal(version, "10.1.2-7");
		else
			assert_int_equal(r, -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_versions),
		cmocka_unit_test(bounds_versions),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
