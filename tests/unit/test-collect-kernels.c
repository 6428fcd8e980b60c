/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collectors of kernels on disk and of loaded modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/time.h>

#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define ABI "7.0.6-2-pve"
#define VERSION \
	ABI " (build@proxmox) #1 SMP PREEMPT_DYNAMIC PMX 7.0.6-2 (2026-05-20T08:00Z)"
#define SETUP 4
#define SIZE  65536

/* An image as boot.rst describes it, as far as it is looked at. */
static void put_image(const char *path, const char *version, off_t size)
{
	uint8_t head[(SETUP + 1) * 512] = {'M', 'Z'};
	const uint32_t paragraphs = (SIZE - sizeof(head)) / 16;
	struct timeval times[2] = {{.tv_sec = 1779264000}, {.tv_sec = 1779264000}};
	char full[256];

	head[0x1f1] = SETUP;
	for (int i = 0; i < 4; i++)
		head[0x1f4 + i] = (uint8_t)(paragraphs >> (8 * i));
	memcpy(head + 0x1fe, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS\x0f\x02", 6);
	if (version) {
		memcpy(head + 0x20e, "\x00\x04", 2);
		memcpy(head + 0x600, version, strlen(version));
	}
	put_data(&tree, path, head, sizeof(head));
	assert_int_equal(truncate(tree_path(&tree, path, full), size), 0);
	assert_int_equal(utimes(full, times), 0);
}

static const struct dg_installed *find(const struct dg_facts *facts, const char *abi)
{
	dg_list_foreach (kernel, facts->kernels)
		if (dg_streq(dg_get(&kernel->abi), abi))
			return kernel;
	fail_msg("no kernel %s", abi);
	return NULL;
}

static void test_whole(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_installed *k;

	(void)state;
	put_link(&tree, "lib", "usr/lib");
	put_image("boot/vmlinuz-" ABI, VERSION, SIZE + 100);
	put_sparse(&tree, "boot/initrd.img-" ABI, 75 << 20);
	put(&tree, "usr/lib/modules/" ABI "/modules.order", "");
	facts = collect(&tree, &dg_collect_kernels);
	assert_int_equal(facts->kernels.count, 1);
	k = find(facts, ABI);
	assert_string_equal(said(&k->image), "/boot/vmlinuz-" ABI);
	assert_number(&k->image_size, SIZE + 100);
	assert_number(&k->image_time, 1779264000);
	assert_string_equal(said(&k->image_version), VERSION);
	assert_string_equal(said(&k->initrd), "/boot/initrd.img-" ABI);
	assert_number(&k->initrd_size, 75 << 20);
	assert_true(dg_known(&k->initrd_time));
	assert_string_equal(said(&k->modules), "/lib/modules/" ABI);
}

static void test_union(void **state)
{
	static const char *const order[] = {"7.0.14-17-pve", "7.0.14-6-pve",
					    "6.14.11-9-pve", "6.5.13-5-pve",
					    "6.1.0-44-amd64"};
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put_image("boot/vmlinuz-6.5.13-5-pve", NULL, SIZE);
	put_image("boot/vmlinuz-6.5.13-5-pve.bak", NULL, SIZE);
	put_sparse(&tree, "boot/initrd.img-7.0.14-6-pve", 8192);
	put_sparse(&tree, "boot/initrd.img-7.0.14-6-pve.dpkg-bak", 8192);
	put(&tree, "boot/config-6.9.1-1-pve", "");
	put(&tree, "boot/vmlinuz", "");
	put_dir(&tree, "lib/modules/6.14.11-9-pve");
	put_dir(&tree, "usr/lib/modules/7.0.14-17-pve");
	put_dir(&tree, "usr/lib/modules/6.1.0-44-amd64");
	put_dir(&tree, "usr/lib/modules/6.5.13-5-pve");
	put_dir(&tree, "usr/lib/modules/extra");
	facts = collect(&tree, &dg_collect_kernels);
	assert_int_equal(facts->kernels.count, DG_COUNT(order));
	for (size_t i = 0; i < DG_COUNT(order); i++)
		assert_string_equal(said(&facts->kernels.items[i].abi), order[i]);
	assert_string_equal(said(&facts->kernels.items[0].modules),
			    "/usr/lib/modules/7.0.14-17-pve");
	assert_true(dg_absent(&facts->kernels.items[0].image));
	assert_true(dg_absent(&facts->kernels.items[0].image_version));
	assert_true(dg_absent(&facts->kernels.items[1].modules));
	assert_string_equal(said(&facts->kernels.items[3].image_version),
			    "absent: /boot/vmlinuz-6.5.13-5-pve: its header holds no "
			    "version");
}

static void test_modules_directory(void **state)
{
	static const struct {
		const char *path, *said;
	} cases[] = {
		{NULL, "/usr/lib/modules/" ABI},
		{"updates/dkms/nvidia.ko",
		 "absent: /usr/lib/modules/" ABI ": only left-overs: updates"},
		{"modules.softdep", "absent: /usr/lib/modules/" ABI
				    ": only left-overs: modules.softdep, updates"},
		{"a", "absent: /usr/lib/modules/" ABI
		      ": only left-overs: a, modules.softdep, ..."},
		{"kernel/fs/fat.ko", "/usr/lib/modules/" ABI},
	};
	char path[160];

	(void)state;
	put_dir(&tree, "usr/lib/modules/" ABI);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		snprintf(path, sizeof(path), "usr/lib/modules/" ABI "/%s",
			 cases[i].path ? cases[i].path : "");
		if (cases[i].path)
			put(&tree, path, "");
		facts = collect(&tree, &dg_collect_kernels);
		assert_string_equal(said(&find(facts, ABI)->modules), cases[i].said);
	}
	/* Left-overs in the one place, and nothing in the other. */
	put(&tree, "lib/modules/6.5.1-1-pve/updates/x.ko", "");
	{
		FACTS_CLEANUP struct dg_facts *facts =
			collect(&tree, &dg_collect_kernels);

		assert_string_equal(said(&find(facts, "6.5.1-1-pve")->modules),
				    "absent: /lib/modules/6.5.1-1-pve: only left-overs: "
				    "updates");
	}
}

static void test_bad_images(void **state)
{
	static const struct {
		const char *abi, *version;
		const char *image; /* NULL: it passes for one */
	} cases[] = {
		{"1.1-empty",
		 "malformed: /boot/vmlinuz-1.1-empty: truncated at byte 0, "
		 "within the header",
		 "absent: /boot/vmlinuz-1.1-empty: 0 bytes, blank or cut off"},
		{"1.2-short",
		 "malformed: /boot/vmlinuz-1.2-short: truncated at byte 65535 "
		 "of at least 65536",
		 "absent: /boot/vmlinuz-1.2-short: 65535 bytes, blank or cut off"},
		{"1.3-elf",
		 "absent: /boot/vmlinuz-1.3-elf: this is an ELF file (vmlinux)", NULL},
		{"1.4-zero", "malformed: /boot/vmlinuz-1.4-zero: no \"HdrS\" at byte 514",
		 "absent: /boot/vmlinuz-1.4-zero: 1073741824 bytes, blank or cut off"},
		{"1.5-text",
		 "malformed: /boot/vmlinuz-1.5-text: the version is not "
		 "printable at byte 1537",
		 NULL},
	};
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, "boot/vmlinuz-1.1-empty", "");
	put_image("boot/vmlinuz-1.2-short", VERSION, SIZE - 1);
	put(&tree, "boot/vmlinuz-1.3-elf", "\177ELF\2\1\1");
	put_sparse(&tree, "boot/vmlinuz-1.4-zero", (off_t)1 << 30);
	put_image("boot/vmlinuz-1.5-text", "1\xff", SIZE);
	facts = collect(&tree, &dg_collect_kernels);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const struct dg_installed *k = find(facts, cases[i].abi);

		assert_string_equal(said(&k->image_version), cases[i].version);
		assert_true(dg_known(&k->image_size));
		if (cases[i].image)
			assert_string_equal(said(&k->image), cases[i].image);
		else
			assert_true(dg_known(&k->image));
	}
}

static void test_no_files(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_installed *k;

	(void)state;
	put_fifo(&tree, "boot/vmlinuz-2.1-fifo");
	put_dir(&tree, "boot/vmlinuz-2.2-dir");
	put_link(&tree, "boot/vmlinuz-2.3-gone", "nowhere");
	put(&tree, "boot/initrd.img-2.3-gone", "");
	put_sparse(&tree, "boot/initrd.img-2.2-dir", 4095);
	put(&tree, "lib/modules/2.1-fifo", "a file\n");
	facts = collect(&tree, &dg_collect_kernels);
	k = find(facts, "2.1-fifo");
	assert_string_equal(said(&k->image),
			    "unreadable: /boot/vmlinuz-2.1-fifo: is not a "
			    "regular file");
	assert_int_equal(k->image_size.meta.state, DG_UNREADABLE);
	assert_int_equal(k->image_version.meta.state, DG_UNREADABLE);
	assert_true(dg_absent(&k->modules));
	k = find(facts, "2.2-dir");
	assert_int_equal(k->image.meta.state, DG_UNREADABLE);
	assert_string_equal(said(&k->initrd),
			    "absent: /boot/initrd.img-2.2-dir: only 4095 "
			    "bytes");
	assert_number(&k->initrd_size, 4095);
	k = find(facts, "2.3-gone");
	assert_true(dg_absent(&k->image) && dg_absent(&k->image_time));
	assert_string_equal(said(&k->initrd), "absent: /boot/initrd.img-2.3-gone: only 0 "
					      "bytes");
}

static void test_kernel_lists(void **state)
{
	FACTS_CLEANUP struct dg_facts *none = collect(&tree, &dg_collect_kernels);
	FACTS_CLEANUP struct dg_facts *empty = NULL;
	FACTS_CLEANUP struct dg_facts *loop = NULL;
	FACTS_CLEANUP struct dg_facts *many = NULL;

	(void)state;
	assert_true(dg_absent(&none->kernels));
	put_dir(&tree, "boot");
	empty = collect(&tree, &dg_collect_kernels);
	assert_true(dg_known(&empty->kernels) && empty->kernels.count == 0);
	for (int i = 0; i <= 256; i++) {
		char path[64];

		snprintf(path, sizeof(path), "boot/vmlinuz-6.%d.0-1-pve", i);
		put(&tree, path, "");
	}
	many = collect(&tree, &dg_collect_kernels);
	assert_string_equal(said(&many->kernels),
			    "unreadable: /boot: holds more entries than are read");
	put_link(&tree, "lib", "lib");
	loop = collect(&tree, &dg_collect_kernels);
	assert_int_equal(loop->kernels.meta.state, DG_UNREADABLE);
}

/* --- loaded modules --- */

static void expect_modules(const char *words)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_modules);
	char got[1024] = "";
	size_t n = 0;

	if (!dg_known(&facts->modules)) {
		assert_string_equal(said(&facts->modules), words);
		return;
	}
	dg_list_foreach (module, facts->modules) {
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s ",
				      said(&module->name));
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s; ",
				      said(&module->taint));
	}
	assert_string_equal(got, words);
}

#define LINE(name, taint) name " 1204224 1 - Live 0x0000000000000000 " taint "\n"

static void test_modules(void **state)
{
	(void)state;
	expect_modules("absent: /sys/module: is not there");
	put(&tree, "proc/modules", "");
	expect_modules("");
	put(&tree, "proc/modules",
	    LINE("zfs", "(PO)") LINE("kvm", "") LINE("nvidia", "(POE)") LINE("odd", "(E)")
		    LINE("coming", "(O+)"));
	expect_modules("coming O; nvidia POE; zfs PO; ");
	/* The list decides for what it names. */
	put(&tree, "sys/module/kvm/taint", "O\n");
	put(&tree, "sys/module/zfs/taint", "\n");
	put(&tree, "sys/module/drbd/taint", "OE\n");
	put(&tree, "sys/module/ext4/taint", "\n");
	put(&tree, "sys/module/tpm/version", "1\n");
	put(&tree, "sys/module/unsigned/taint", "E\n");
	expect_modules("coming O; drbd OE; nvidia POE; zfs PO; ");
	drop(&tree, "proc/modules");
	expect_modules("drbd OE; kvm O; zfs ; ");
}

static void test_module_version(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, "proc/modules", LINE("nvidia", "(POE)") LINE("../../x", "(O)"));
	put(&tree, "sys/module/zfs/taint", "PO\n");
	put(&tree, "sys/module/zfs/version", "2.4.2-pve1\n");
	put(&tree, "sys/module/nvidia/taint", "POE\n");
	facts = collect(&tree, &dg_collect_modules);
	assert_int_equal(facts->modules.count, 3);
	assert_string_equal(said(&facts->modules.items[1].name), "nvidia");
	assert_true(dg_absent(&facts->modules.items[1].version));
	assert_string_equal(said(&facts->modules.items[2].version), "2.4.2-pve1");
}

static void test_bad_modules(void **state)
{
	(void)state;
	put_fifo(&tree, "sys/module/strange/taint");
	put(&tree, "sys/module/x\x1b/taint", "O\xff\n");
	expect_modules("strange unreadable: /sys/module/strange/taint: is not a regular "
		       "file; x? O\xef\xbf\xbd; ");
	put(&tree, "proc/modules", LINE("zfs", "(PO)") "half a li");
	expect_modules("malformed: /proc/modules: no module at line 2");
	put(&tree, "proc/modules", "\xff\xfe\0\1");
	expect_modules("malformed: /proc/modules: no module at line 1");
	put_sparse(&tree, "proc/modules", (off_t)1 << 30);
	expect_modules("unreadable: /proc/modules: is larger than what is read of it");
	drop(&tree, "proc/modules");
	put_fifo(&tree, "proc/modules");
	expect_modules("unreadable: /proc/modules: is not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_union),
		TEST(test_modules_directory),
		TEST(test_bad_images),
		TEST(test_no_files),
		TEST(test_kernel_lists),
		TEST(test_modules),
		TEST(test_bad_modules),
		TEST(test_module_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
