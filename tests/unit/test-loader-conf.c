/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/loader-conf.h"
#include "policy/util.h"

/* A copy of the exact size, so that a read behind it is seen; the caller frees it. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	return memcpy(copy, text, len);
}

static const struct {
	const char *text, *value, *timeout;
} confs[] = {
	{.text = ""},
	{.text = "default proxmox-*", .value = "proxmox-*"},
	{.text = "timeout 3\ndefault a.conf\ndefault b.conf\n",
	 .value = "b.conf",
	 .timeout = "3"},
	{.text = "\t default \t a b \t\r\n", .value = "a b"},
	{.text = "default \"a b\"", .value = "a b"},
	{.text = "default \"", .value = "\""},
	{.text = "default \"\"", .value = ""},
	{.text = "# default x\n #default y\n\n"},
	{.text = "default\ndefault \nDefault x\ndefaults x\n"},
	{.text = "default a # b", .value = "a # b"},
	{.text = "default @Saved", .value = "@Saved"},
	{.text = "default a\ndefault @other\n", .value = "a"},
	{.text = "timeout menu-force", .timeout = "menu-force"},
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void reads_loader_conf(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(confs); i++) {
		DG_CLEANUP(dg_loader_conf_clear) struct dg_loader_conf conf = {0};
		size_t len = strlen(confs[i].text);
		DG_FREE char *copy = exact(confs[i].text, len);

		assert_int_equal(dg_loader_conf_parse(copy, len, &conf, NULL), 0);
		if (!same(conf.default_entry, confs[i].value) ||
		    !same(conf.timeout, confs[i].timeout))
			fail_msg("%s: %s", confs[i].text, conf.default_entry);
	}
}

static void reads_entries(void **state)
{
	static const char text[] =
		"title  Proxmox Virtual Environment\nversion 7.0.6-2-pve\n"
		"sort-key proxmox\nmachine-id 01ab\narchitecture x64\n"
		"options root=ZFS=rpool/ROOT/pve-1  boot=zfs\noptions quiet\n"
		"linux /EFI/proxmox/7.0.6-2-pve/vmlinuz-7.0.6-2-pve\n"
		"initrd /a\ninitrd /b\nefi /x.efi\n";
	DG_CLEANUP(dg_bls_entry_clear) struct dg_bls_entry e = {0};

	(void)state;
	assert_int_equal(dg_bls_entry_parse(text, sizeof(text) - 1, &e, NULL), 0);
	assert_string_equal(e.title, "Proxmox Virtual Environment");
	assert_string_equal(e.version, "7.0.6-2-pve");
	assert_string_equal(e.sort_key, "proxmox");
	assert_string_equal(e.machine_id, "01ab");
	assert_string_equal(e.architecture, "x64");
	assert_string_equal(e.options, "root=ZFS=rpool/ROOT/pve-1  boot=zfs quiet");
	assert_string_equal(e.kernel, "/EFI/proxmox/7.0.6-2-pve/vmlinuz-7.0.6-2-pve");
	assert_string_equal(e.efi, "/x.efi");
	assert_int_equal(e.n_initrds, 2);
	assert_string_equal(e.initrds[1], "/b");
}

static void refuses_torn_and_huge(void **state)
{
	static const char torn[] = "title a\n\0\0\0\0";
	struct dg_loader_conf conf = {.timeout = NULL};
	struct dg_bls_entry e = {.n_initrds = 42};
	DG_FREE char *huge = calloc(1, DG_LOADER_FILE_MAX + 1);
	DG_FREE char *why = NULL, *why_many = NULL;
	size_t i;

	(void)state;
	assert_non_null(huge);
	assert_int_equal(dg_bls_entry_parse(torn, sizeof(torn) - 1, &e, &why), -EBADMSG);
	assert_string_equal(why, "a NUL byte at line 2");
	memset(huge, ' ', DG_LOADER_FILE_MAX + 1);
	assert_int_equal(dg_loader_conf_parse(huge, DG_LOADER_FILE_MAX + 1, &conf, NULL),
			 -EBADMSG);
	for (i = 0; i <= DG_LOADER_INITRDS_MAX; i++)
		memcpy(huge + i * 10, "initrd /a\n", 10);
	assert_int_equal(dg_bls_entry_parse(huge, i * 10, &e, &why_many), -EBADMSG);
	assert_string_equal(why_many, "too many initrds at line 65");
	assert_int_equal(e.n_initrds, 42);
	assert_int_equal(dg_bls_entry_parse(huge, (i - 1) * 10, &e, NULL), 0);
	dg_bls_entry_clear(&e);
}

static void survives_every_cut(void **state)
{
	static const char text[] =
		"title \"a\"\noptions a b\noptions \"\ninitrd /a\r\n# x";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++) {
		DG_FREE char *copy = exact(text, i);
		struct dg_bls_entry e;

		assert_int_equal(dg_bls_entry_parse(copy, i, &e, NULL), 0);
		dg_bls_entry_clear(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_loader_conf),
		cmocka_unit_test(reads_entries),
		cmocka_unit_test(refuses_torn_and_huge),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
