/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard/parse/vm-config.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_vm_config *ret, char **ret_why)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_vm_config_parse(copy, len, ret, ret_why);
	free(copy);
	return r;
}

static const char sample[] =
	"#A note, with scsi9: in it\n"
	"bios: ovmf\n"
	"efidisk0: local-lvm:vm-103-disk-0,efitype=4m,ms-cert=2023,size=4M\n"
	"hostpci0: 0000:42:00.4,mdev=nvidia-259,pcie=1\n"
	"ide2: none,media=cdrom\r\n"
	"name: MCP\n"
	"scsi0: local-lvm:vm-103-disk-1,aio=io_uring,cache=none,iothread=1,size=110G\n"
	"scsi1: cache=writeback,file=local-lvm:vm-103-disk-2,aio=native\n"
	"scsihw: virtio-scsi-single\n"
	"tpmstate0: local-lvm:vm-103-disk-3,size=4M\n"
	"unused0: local-lvm:vm-103-disk-4\n"
	"virtio15: /dev/sdx,aio=threads\n"
	"\n"
	"[snap]\n"
	"name: other\n"
	"sata0: local:9/x.qcow2,aio=io_uring\n";

static void reads_config(void **state)
{
	static const struct {
		const char *name, *volume, *aio;
		int direct;
	} drives[] = {
		{"efidisk0", "local-lvm:vm-103-disk-0", NULL, -1},
		{"ide2", "none", NULL, -1},
		{"scsi0", "local-lvm:vm-103-disk-1", "io_uring", 1},
		{"scsi1", "local-lvm:vm-103-disk-2", "native", 0},
		{"virtio15", "/dev/sdx", "threads", -1},
	};
	DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config c = {0};

	(void)state;
	assert_int_equal(parse(sample, sizeof(sample) - 1, &c, NULL), 0);
	assert_string_equal(c.name, "MCP");
	assert_true(c.passthrough);
	assert_int_equal(c.n_drives, DG_COUNT(drives));
	for (size_t i = 0; i < DG_COUNT(drives); i++) {
		const struct dg_vm_drive *d = &c.drives[i];

		assert_string_equal(d->name, drives[i].name);
		assert_string_equal(d->volume, drives[i].volume);
		assert_true(drives[i].aio ? dg_streq(d->aio, drives[i].aio) : !d->aio);
		assert_int_equal(d->direct, drives[i].direct);
	}
}

static void knows_passthrough(void **state)
{
	static const struct {
		const char *text;
		bool passthrough;
	} cases[] = {
		{"cores: 4\nhostpci0: 0000:01:00.0,pcie=1\n", true},
		{"hostpci15: mapping=gpu", true},
		{"hostpci: x\n", false},
		{"hostpci0 : x\n", false},
		{"#hostpci0: x\n", false},
		{"name: hostpci0:\n", false},
		{"cores: 2\n\n[snap]\nhostpci0: 01:00\n", false},
		{"cores: 2\r\nhostpci1: 01:00\r\n[PENDING]\n", true},
		{"\xff\xfe\x01\n", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config c = {0};

		assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &c, NULL),
				 0);
		if (c.passthrough != cases[i].passthrough)
			fail_msg("%s", cases[i].text);
	}
}

static void knows_locks(void **state)
{
	static const struct {
		const char *text, *lock;
	} cases[] = {
		{"cores: 4\nlock: migrate\n", "migrate"},
		{"lock:backup\r\n", "backup"},
		{"lock: \n", NULL},
		{"#lock: migrate\n", NULL},
		{"unlock: migrate\n", NULL},
		{"cores: 2\n\n[snap]\nlock: migrate\n", NULL},
		{"lock: backup\nlock: migrate", "migrate"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config c = {0};

		assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &c, NULL),
				 0);
		if (cases[i].lock ? !dg_streq(c.lock, cases[i].lock) : c.lock != NULL)
			fail_msg("%s", cases[i].text);
	}
}

static void takes_odd_drives(void **state)
{
	DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config c = {0};
	static const char text[] =
		"scsi0:\nscsi1: ,\nscsi2: aio=\nscsi3: cache=x,aio=\x1b[1m\n"
		"scsi: a\nscsi4x: a\nxscsi5: a\n";

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &c, NULL), 0);
	assert_int_equal(c.n_drives, 4);
	assert_null(c.drives[0].volume);
	assert_null(c.drives[2].aio);
	assert_string_equal(c.drives[3].aio, "\x1b[1m");
	assert_int_equal(c.drives[3].direct, -1);
}

static void refuses_torn_files(void **state)
{
	static const char nul[] = "cores: 1\na\0b\n";
	DG_FREE char *why = NULL, *many = NULL, *text = malloc(2000 * 16);
	struct dg_vm_config c = {.n_drives = 42};
	size_t n = 0;

	(void)state;
	assert_int_equal(parse(nul, sizeof(nul) - 1, &c, &why), -EBADMSG);
	assert_string_equal(why, "holds a NUL byte at line 2");
	for (int i = 0; i < 2000; i++)
		n += (size_t)sprintf(text + n, "scsi%d: a\n", i);
	assert_int_equal(parse(text, n, &c, &many), -EBADMSG);
	assert_string_equal(many, "too many drives at line 1025");
	assert_int_equal(c.n_drives, 42);
}

static void survives_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sample); i++) {
		struct dg_vm_config c = {0};
		int r = parse(sample, i, &c, NULL);

		assert_true(r == 0 || r == -EBADMSG);
		dg_vm_config_clear(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_config),
		cmocka_unit_test(knows_passthrough),
		cmocka_unit_test(knows_locks),
		cmocka_unit_test(takes_odd_drives),
		cmocka_unit_test(refuses_torn_files),
		cmocka_unit_test(survives_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
