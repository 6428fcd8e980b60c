/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kernels have of the modules in use, what DKMS has, and user libraries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard/collect/modules.h"
#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define ABI  "7.0.6-2-pve"
#define DIR  "usr/lib/modules/" ABI
#define DKMS "var/lib/dkms/"
#define LIBS "usr/lib/x86_64-linux-gnu/"

#define LINE(name, taint) name " 1204224 1 - Live 0x0000000000000000 " taint "\n"

/* --- what a kernel has --- */

/* "name path[!] [signed]; ", or why it is not known. */
static const char *words_of(const struct dg_installed *k)
{
	static char got[1024];
	size_t n = 0;

	got[0] = '\0';
	if (!dg_known(&k->built))
		return said(&k->built);
	dg_list_foreach (b, k->built) {
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s ", said(&b->name));
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s%s; ",
				      dg_known(&b->path) ? b->path.value : "-",
				      dg_true(&b->in_tree) ? "!" : "",
				      dg_true(&b->is_signed) ? " signed" : "");
	}
	return got;
}

static void expect_built(const char *words)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_kernels);

	dg_list_foreach (kernel, facts->kernels)
		if (dg_streq(dg_get(&kernel->abi), ABI)) {
			assert_string_equal(words_of(kernel), words);
			return;
		}
	fail_msg("no kernel " ABI);
}

/* The kernel, in whose modules.dep is `dep`, and modules in use. */
static void put_kernel(const char *dep)
{
	put_dir(&tree, DIR "/kernel");
	put(&tree, "proc/modules", LINE("nvidia", "(POE)") LINE("it87", "(OE)"));
	put_link(&tree, "lib", "usr/lib");
	if (dep)
		put(&tree, DIR "/modules.dep", dep);
}

static void test_text(void **state)
{
	(void)state;
	put_kernel("kernel/fs/fat.ko:\nupdates/dkms/nvidia.ko:\nextra/it87.ko.zst:\n");
	expect_built("");
	put(&tree, DIR "/updates/dkms/nvidia.ko", "x");
	expect_built("nvidia updates/dkms/nvidia.ko; ");
	put(&tree, DIR "/extra/it87.ko.zst", "x");
	put(&tree, DIR "/updates/dkms/nvidia.ko", "code~Module signature appended~\n");
	expect_built("it87 extra/it87.ko.zst; nvidia updates/dkms/nvidia.ko signed; ");
	put(&tree, DIR "/updates/dkms/nvidia.ko", "code~Module signature appended~");
	expect_built("it87 extra/it87.ko.zst; nvidia updates/dkms/nvidia.ko; ");
}

static void test_in_tree(void **state)
{
	(void)state;
	put_kernel("kernel/hwmon/it87.ko:\nupdates/dkms/nvidia.ko:\n");
	put(&tree, DIR "/kernel/hwmon/it87.ko", "");
	expect_built("it87 kernel/hwmon/it87.ko!; ");
	put(&tree, DIR "/modules.dep", "kernel/fs/fat.ko:\n");
	put(&tree, DIR "/modules.builtin", "kernel/drivers/hwmon/it87.ko\n");
	expect_built("it87 -!; ");
}

/* Names that differ from the loaded module's. */
static void test_names(void **state)
{
	(void)state;
	put_kernel(
		"updates/dkms/nvidia-current.ko:\nupdates/dkms/nvidia-current-drm.ko:\n"
		"updates/x-y.ko:\n");
	put(&tree, DIR "/updates/dkms/nvidia-current.ko", "");
	put(&tree, DIR "/updates/dkms/nvidia-current-drm.ko", "");
	put(&tree, DIR "/updates/x-y.ko", "");
	put(&tree, "proc/modules",
	    LINE("nvidia", "(POE)") LINE("nvidia_drm", "(POE)") LINE("x_y", "(OE)")
		    LINE("nvidiafb", "(O)") LINE("../../../etc/passwd", "(O)"));
	expect_built(
		"nvidia updates/dkms/nvidia-current.ko; "
		"nvidia_drm updates/dkms/nvidia-current-drm.ko; x_y updates/x-y.ko; ");
}

static void test_gaps(void **state)
{
	(void)state;
	put_kernel(NULL);
	expect_built("unreadable: /lib/modules/" ABI ": no module index (run depmod " ABI
		     ")");
	put(&tree, DIR "/modules.dep", "no module\n");
	expect_built("malformed: /lib/modules/" ABI "/modules.dep: no module at line 1");
	put(&tree, DIR "/modules.dep",
	    "../../../../../../../../etc/shadow.ko:\n/x/it87.ko:\n");
	put(&tree, "x/it87.ko", "");
	expect_built("it87 /x/it87.ko; ");
	put(&tree, "proc/modules", "half a li");
	expect_built("unreadable: which modules are in use: /proc/modules: no module at "
		     "line 1");
	put(&tree, "proc/modules", LINE("kvm", ""));
	expect_built("absent: no module from outside the kernel's tree is in use");
}

/* Only a left-over: the kernel has no modules any more. */
static void test_removed(void **state)
{
	(void)state;
	put(&tree, "proc/modules", LINE("nvidia", "(POE)"));
	put(&tree, "lib/modules/" ABI "/updates/dkms/nvidia.ko", "");
	expect_built("");
}

/* --- the same by libkmod --- */

/* A module as far as depmod looks at it: an ELF file with sections. */
static void put_module(const char *path)
{
	static const char names[] = "\0.shstrtab";
	struct {
		Elf64_Ehdr head;
		Elf64_Shdr sections[2];
		char names[sizeof(names)];
	} elf = {.head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				      ELFDATA2LSB, EV_CURRENT},
			  .e_type = ET_REL,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_shoff = sizeof(Elf64_Ehdr),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_shentsize = sizeof(Elf64_Shdr),
			  .e_shnum = 2,
			  .e_shstrndx = 1}};

	elf.sections[1] = (Elf64_Shdr){.sh_name = 1,
				       .sh_type = SHT_STRTAB,
				       .sh_offset = offsetof(__typeof__(elf), names),
				       .sh_size = sizeof(names)};
	memcpy(elf.names, names, sizeof(names));
	put_data(&tree, path, &elf, sizeof(elf));
}

static bool run_depmod(void)
{
	static const char *const places[] = {"/usr/sbin/depmod", "/sbin/depmod"};
	char command[256];

	for (size_t i = 0; i < DG_COUNT(places); i++) {
		if (access(places[i], X_OK) < 0)
			continue;
		snprintf(command, sizeof(command), "%s -b %s %s 2>/dev/null", places[i],
			 tree.dir, ABI);
		return system(command) == 0;
	}
	return false;
}

/* The tree with indexes of an out-of-tree module, one in the tree and one built in. */
static void put_indexed(void)
{
	put_kernel("");
	put(&tree, DIR "/modules.builtin", "kernel/drivers/hwmon/it87.ko\n");
	put(&tree, DIR "/modules.order", "");
	put_module(DIR "/updates/dkms/nvidia-current.ko");
	put_module(DIR "/kernel/fs/fat.ko");
	if (!run_depmod())
		skip();
}

static void expect_index(int want, const char *words)
{
	struct dg_wanted_module wanted[] = {{.file = "nvidia_current"},
					    {.file = "fat"},
					    {.file = "it87"},
					    {.file = "none"}};
	char got[256] = "";
	int r = dg_module_index_kmod(tree.root, "/lib/modules/" ABI, wanted,
				     DG_COUNT(wanted));

	assert_int_equal(r, want);
	for (size_t i = 0; i < DG_COUNT(wanted); i++) {
		size_t n = strlen(got);

		snprintf(got + n, sizeof(got) - n, "%s; ",
			 wanted[i].path	     ? wanted[i].path
			 : wanted[i].builtin ? "builtin"
					     : "-");
		free(wanted[i].path);
	}
	assert_string_equal(got, words);
}

static void test_binary(void **state)
{
	(void)state;
	put_indexed();
	expect_index(0, "updates/dkms/nvidia-current.ko; kernel/fs/fat.ko; builtin; -; ");
	/* The tree's text says the same. */
	expect_built("it87 -!; nvidia updates/dkms/nvidia-current.ko; ");
}

/* What libkmod may not be given. */
static void test_bad_binary(void **state)
{
	static const char *const names[] = {"modules.dep.bin", "modules.builtin.bin"};

	(void)state;
	put_indexed();
	for (size_t i = 0; i < DG_COUNT(names); i++) {
		char name[128], path[256], kept[256];
		struct stat st;

		snprintf(name, sizeof(name), DIR "/%s", names[i]);
		tree_path(&tree, name, path);
		tree_path(&tree, DIR "/kept", kept);
		assert_int_equal(rename(path, kept), 0);
		expect_index(-ENODATA, "-; -; -; -; ");
		put_fifo(&tree, name);
		expect_index(-ENODATA, "-; -; -; -; ");
		drop(&tree, name);
		put_link(&tree, name, "kept");
		expect_index(-ENODATA, "-; -; -; -; ");
		assert_int_equal(rename(kept, path), 0);
		assert_int_equal(stat(path, &st), 0);
		for (off_t size = st.st_size - 1; size >= 0; size--) {
			assert_int_equal(truncate(path, size), 0);
			expect_index(-ENODATA, "-; -; -; -; ");
		}
		assert_true(run_depmod());
	}
	expect_index(0, "updates/dkms/nvidia-current.ko; kernel/fs/fat.ko; builtin; -; ");
}

/* --- DKMS --- */

static void expect_dkms(const char *words)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_dkms);
	char got[1024] = "";
	size_t n = 0;

	if (!dg_known(&facts->dkms)) {
		assert_string_equal(said(&facts->dkms), words);
		return;
	}
	dg_list_foreach (d, facts->dkms) {
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s/%s %s %s",
				      d->name.value, d->version.value,
				      dg_known(&d->kernel) ? d->kernel.value : "-",
				      d->status.value);
		dg_list_foreach (word, d->modules)
			n += (size_t)snprintf(got + n, sizeof(got) - n, " %s",
					      said(&word->name));
		n += (size_t)snprintf(got + n, sizeof(got) - n, "; ");
	}
	assert_string_equal(got, words);
}

static void test_dkms(void **state)
{
	(void)state;
	expect_dkms("absent: /var/lib/dkms: is not there");
	put(&tree, DKMS "dkms_dbversion", "3.0.0\n");
	put(&tree, DKMS "mok.pub", "");
	expect_dkms("");
	put_link(&tree, DKMS "nvidia/1.0/source", "/usr/src/nvidia-1.0");
	expect_dkms("nvidia/1.0 - added; ");
	put(&tree, DKMS "nvidia/1.0/" ABI "/x86_64/module/nvidia.ko.xz", "");
	put(&tree, DKMS "nvidia/1.0/" ABI "/x86_64/module/nvidia-uvm.ko.xz", "");
	put(&tree, DKMS "nvidia/1.0/" ABI "/x86_64/log/make.log", "");
	put(&tree, DKMS "nvidia/1.0/build/nvidia.ko", "");
	put_link(&tree, DKMS "nvidia/kernel-" ABI "-x86_64", "1.0/" ABI "/x86_64");
	put(&tree, DKMS "nvidia/original_module/" ABI "/x86_64/module/nvidia.ko", "");
	expect_dkms("nvidia/1.0 " ABI " built nvidia-uvm nvidia; ");
	put(&tree, "lib/modules/" ABI "/updates/dkms/nvidia-current.ko", "");
	expect_dkms("nvidia/1.0 " ABI " built nvidia-uvm nvidia; ");
	put(&tree, "lib/modules/" ABI "/updates/dkms/nvidia_uvm.ko", "");
	put_dir(&tree, DKMS "nvidia/1.0/6.5.13-5-pve/x86_64");
	put_dir(&tree, DKMS "empty/0");
	expect_dkms("nvidia/1.0 " ABI " installed nvidia-uvm nvidia; ");
}

static void test_bad_dkms(void **state)
{
	(void)state;
	put_link(&tree, "var/lib/dkms", "dkms");
	expect_dkms("unreadable: /var/lib/dkms: its symbolic links lead in a circle");
	drop(&tree, "var/lib/dkms");
	put(&tree, "var/lib/dkms", "");
	expect_dkms("absent: /var/lib/dkms: is not there: a part of the path is no "
		    "directory");
	drop(&tree, "var/lib/dkms");
	put_link(&tree, DKMS "x/1/source", "/");
	put_link(&tree, DKMS "loop", "loop");
	expect_dkms(
		"unreadable: /var/lib/dkms/loop: its symbolic links lead in a circle");
}

/* --- user libraries --- */

static void expect_library(const char *words)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_modules);

	assert_int_equal(facts->modules.count, 1);
	assert_string_equal(said(&facts->modules.items[0].userland), words);
}

static void test_library(void **state)
{
	(void)state;
	put(&tree, "proc/modules", LINE("nvidia", "(POE)"));
	expect_library("absent: ");
	put_link(&tree, LIBS "libnvidia-ml.so.1", "libnvidia-ml.so.535.161.05");
	expect_library("absent: ");
	put(&tree, LIBS "libnvidia-ml.so.535.161.05", "");
	expect_library("535.161.05");
	drop(&tree, LIBS "libnvidia-ml.so.1");
	put_link(&tree, LIBS "libnvidia-ml.so.1", "/etc/alternatives/nvidia-ml");
	put_link(&tree, "etc/alternatives/nvidia-ml",
		 "../../" LIBS "current/libnvidia-ml.so.1");
	put_link(&tree, LIBS "current/libnvidia-ml.so.1", "libnvidia-ml.so.550.163.01");
	put(&tree, LIBS "current/libnvidia-ml.so.550.163.01", "");
	expect_library("550.163.01");
}

static void test_bad_library(void **state)
{
	(void)state;
	put(&tree, "proc/modules", LINE("nvidia", "(POE)"));
	put(&tree, LIBS "libnvidia-ml.so.1", "no link, no version");
	expect_library("absent: ");
	drop(&tree, LIBS "libnvidia-ml.so.1");
	put_link(&tree, LIBS "libnvidia-ml.so.1", "libnvidia-ml.so.1");
	expect_library(
		"unreadable: /usr/lib/x86_64-linux-gnu: its symbolic links lead in a "
		"circle");
	put_link(&tree, "usr/lib64/libnvidia-ml.so.1", "libnvidia-ml.so.2.0");
	put(&tree, "usr/lib64/libnvidia-ml.so.2.0", "");
	expect_library("2.0");
}

/* Modules with a userland are listed whether they taint or not. */
static void test_pairs(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, "proc/modules", LINE("drbd", "") LINE("kvm", ""));
	put(&tree, "sys/module/drbd/version", "8.4.11\n");
	put(&tree, "sys/module/zfs/version", "2.4.2-pve1\n");
	facts = collect(&tree, &dg_collect_modules);
	assert_int_equal(facts->modules.count, 2);
	assert_string_equal(said(&facts->modules.items[0].name), "drbd");
	assert_string_equal(said(&facts->modules.items[0].taint), "");
	assert_string_equal(said(&facts->modules.items[0].version), "8.4.11");
	assert_string_equal(said(&facts->modules.items[1].name), "zfs");
}

/* --- signed images --- */

static void test_signed(void **state)
{
	uint8_t image[1024] = {'M', 'Z'};
	const struct {
		uint8_t size;
		const char *said;
	} cases[] = {{0, "0"}, {8, "1"}};

	(void)state;
	image[0x3c] = 0x40;
	memcpy(image + 0x40, "PE", 2);
	image[0x54] = 160; /* the optional header's size: six directories */
	image[0x58] = 0x0b;
	image[0x59] = 0x02;
	image[0x58 + 108] = 6;
	image[0x58 + 144] = 0xf0;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		image[0x58 + 148] = cases[i].size;
		put_data(&tree, "boot/vmlinuz-" ABI, image, sizeof(image));
		facts = collect(&tree, &dg_collect_kernels);
		assert_true(dg_known(&facts->kernels.items[0].is_signed));
		assert_int_equal(facts->kernels.items[0].is_signed.value, i);
	}
	image[0x58 + 149] = 0xff;
	put_data(&tree, "boot/vmlinuz-" ABI, image, sizeof(image));
	put(&tree, "boot/vmlinuz-6.1.0-1-amd64", "\177ELF");
	put(&tree, "boot/initrd.img-6.0.0-1-amd64", "");
	{
		FACTS_CLEANUP struct dg_facts *facts =
			collect(&tree, &dg_collect_kernels);

		assert_string_equal(said(&facts->kernels.items[0].is_signed),
				    "malformed: /boot/vmlinuz-" ABI
				    ": the certificate table ends at byte 65528, and the "
				    "file at 1024");
		assert_string_equal(said(&facts->kernels.items[1].is_signed),
				    "absent: /boot/vmlinuz-6.1.0-1-amd64: not PE: no "
				    "\"MZ\" at its start");
		assert_true(dg_absent(&facts->kernels.items[2].is_signed));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text),       TEST(test_in_tree),     TEST(test_names),
		TEST(test_gaps),       TEST(test_removed),     TEST(test_binary),
		TEST(test_bad_binary), TEST(test_dkms),	       TEST(test_bad_dkms),
		TEST(test_library),    TEST(test_bad_library), TEST(test_pairs),
		TEST(test_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
