/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "guard/base/elf-file.h"
#include "tests/unit/elf-builder.h"
#include "tests/unit/tree.h"

#define CLEAR DG_CLEANUP(dg_elf_clear)

static struct elf_image image;

static const char constants[] = "\0pve-qemu-kvm_11.0.0-3";

static int open_bytes(const void *data, size_t size)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	return fd;
}

static int read_image(struct dg_elf *ret, char **ret_why)
{
	DG_CLOSE int fd = open_bytes(image.data, image.size);

	return dg_elf_read(fd, ret, ret_why);
}

static void make(void)
{
	elf_make(&image, constants, sizeof(constants));
}

/* The constants' section under the name that a kernel module's texts have. */
static void reads_modinfo(void **state)
{
	static const char texts[] =
		"license=GPL\0vermagic=7.0.6-2-pve SMP \0\0name=x\0cut=of";
	DG_FREE char *magic = NULL, *name = NULL, *cut = NULL, *none = NULL, *why = NULL;
	DG_CLOSE int fd = -1;
	Elf64_Shdr *names;

	(void)state;
	elf_make(&image, texts, sizeof(texts) - 1);
	names = elf_section(&image, ELF_NAMES);
	memcpy(image.data + names->sh_offset + 1, ".modinfo", sizeof(".modinfo"));
	elf_section(&image, ELF_RODATA)->sh_name = 1;
	elf_section(&image, ELF_NOTE)->sh_name = 0;
	fd = open_bytes(image.data, image.size);
	assert_int_equal(dg_elf_read_modinfo(fd, "vermagic", &magic, &why), 0);
	assert_string_equal(magic, "7.0.6-2-pve SMP ");
	assert_int_equal(dg_elf_read_modinfo(fd, "name", &name, &why), 0);
	assert_string_equal(name, "x");
	assert_int_equal(dg_elf_read_modinfo(fd, "cut", &cut, &why), 0);
	assert_string_equal(cut, "of");
	assert_int_equal(dg_elf_read_modinfo(fd, "verm", &none, &why), -ENODATA);
	assert_null(why);
	/* It lies about its size. */
	elf_section(&image, ELF_RODATA)->sh_size = image.size;
	close(fd);
	fd = open_bytes(image.data, image.size);
	assert_int_equal(dg_elf_read_modinfo(fd, "name", &none, &why), -EBADMSG);
	assert_non_null(why);
}

static void reads_a_program(void **state)
{
	CLEAR struct dg_elf elf = {0};

	(void)state;
	make();
	assert_int_equal(read_image(&elf, NULL), 0);
	assert_string_equal(elf.build_id, "010203fe");
	/* Nothing behind DT_NULL counts. */
	assert_int_equal(elf.n_needed, 2);
	assert_string_equal(elf.needed[0], "libc.so.6");
	assert_string_equal(elf.needed[1], "liburing.so.2");
	assert_true(dg_elf_needs(&elf, "liburing.so."));
	assert_false(dg_elf_needs(&elf, "libz.so."));
	assert_int_equal(elf.rodata_size, sizeof(constants));
	assert_memory_equal(image.data + elf.rodata_offset, constants, sizeof(constants));
}

static void reads_without(void **state)
{
	CLEAR struct dg_elf elf = {0};

	(void)state;
	make();
	elf_section(&image, ELF_NOTE)->sh_type = SHT_PROGBITS;
	elf_section(&image, ELF_DYNAMIC)->sh_type = SHT_PROGBITS;
	/* Takes no room in the file, wherever it says that it lies. */
	elf_section(&image, ELF_RODATA)->sh_type = SHT_NOBITS;
	elf_section(&image, ELF_RODATA)->sh_size = UINT64_MAX;
	assert_int_equal(read_image(&elf, NULL), 0);
	assert_null(elf.build_id);
	assert_int_equal(elf.n_needed, 0);
	assert_int_equal(elf.rodata_size, 0);
}

static void reads_real_programs(void **state)
{
	static const char *const paths[] = {"/bin/ls", "/bin/sh", "/proc/self/exe"};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(paths); i++) {
		CLEAR struct dg_elf elf = {0};
		DG_CLOSE int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		off_t at;

		assert_true(fd >= 0);
		at = lseek(fd, 7, SEEK_SET);
		assert_int_equal(dg_elf_read(fd, &elf, NULL), 0);
		assert_true(dg_elf_needs(&elf, "libc.so."));
		assert_true(elf.rodata_size > 0);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), at);
	}
}

/* --- hostile ones --- */

static void spoil_magic(void)
{
	image.data[1] = 'e';
}

static void spoil_class(void)
{
	image.data[EI_CLASS] = ELFCLASS32;
}

static void spoil_order(void)
{
	image.data[EI_DATA] = ELFDATA2MSB;
}

static void no_sections(void)
{
	elf_header(&image)->e_shnum = 0;
}

static void no_table(void)
{
	elf_header(&image)->e_shoff = 0;
}

static void table_beyond(void)
{
	elf_header(&image)->e_shoff = UINT64_MAX - 8;
}

static void table_over_the_end(void)
{
	elf_header(&image)->e_shnum = ELF_SECTIONS + 1;
}

static void many_sections(void)
{
	elf_header(&image)->e_shnum = 65000;
}

static void odd_entries(void)
{
	elf_header(&image)->e_shentsize = 1;
}

static void names_nowhere(void)
{
	elf_header(&image)->e_shstrndx = SHN_XINDEX;
}

static void names_elsewhere(void)
{
	elf_header(&image)->e_shstrndx = ELF_RODATA;
}

static void section_beyond(void)
{
	elf_section(&image, ELF_RODATA)->sh_offset = image.size + 1;
}

static void section_too_long(void)
{
	elf_section(&image, ELF_DYNAMIC)->sh_size = image.size;
}

static void section_wraps(void)
{
	elf_section(&image, ELF_NOTE)->sh_offset = UINT64_MAX - 4;
	elf_section(&image, ELF_NOTE)->sh_size = 64;
}

static void strings_nowhere(void)
{
	elf_section(&image, ELF_DYNAMIC)->sh_link = 4711;
}

static void strings_elsewhere(void)
{
	elf_section(&image, ELF_DYNAMIC)->sh_link = ELF_NOTE;
}

static void string_beyond(void)
{
	Elf64_Dyn *dyn =
		(Elf64_Dyn *)(image.data + elf_section(&image, ELF_DYNAMIC)->sh_offset);

	dyn[1].d_un.d_val = UINT64_MAX;
}

static void string_without_end(void)
{
	elf_section(&image, ELF_DYNSTR)->sh_size -= 1;
}

static void huge_build_id(void)
{
	Elf64_Nhdr *note =
		(Elf64_Nhdr *)(image.data + elf_section(&image, ELF_NOTE)->sh_offset);

	note->n_descsz = DG_ELF_BUILD_ID_MAX + 1;
	elf_section(&image, ELF_NOTE)->sh_size = 12 + 4 + DG_ELF_BUILD_ID_MAX + 4;
}

static void refuses_lies(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(void);
	} cases[] = {
#define CASE(fn) {.name = #fn, .spoil = fn}
		CASE(spoil_magic),	  CASE(spoil_class),	 CASE(spoil_order),
		CASE(no_sections),	  CASE(no_table),	 CASE(table_beyond),
		CASE(table_over_the_end), CASE(many_sections),	 CASE(odd_entries),
		CASE(names_nowhere),	  CASE(names_elsewhere), CASE(section_beyond),
		CASE(section_too_long),	  CASE(section_wraps),	 CASE(strings_nowhere),
		CASE(strings_elsewhere),  CASE(string_beyond),	 CASE(string_without_end),
		CASE(huge_build_id),
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_elf elf = {.n_needed = 42};
		DG_FREE char *why = NULL;

		make();
		cases[i].spoil();
		if (read_image(&elf, &why) != -EBADMSG || !why || elf.n_needed != 42)
			fail_msg("%s: %s", cases[i].name, why ? why : "taken");
	}
}

/* Sections that lie about their size over a file that is large, but all hole. */
static void bounds_what_it_reads(void **state)
{
	DG_FREE char *why = NULL;
	struct dg_elf elf;
	DG_CLOSE int fd = -1;

	(void)state;
	make();
	elf_section(&image, ELF_NOTE)->sh_size = (uint64_t)1 << 32;
	fd = open_bytes(image.data, image.size);
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	assert_int_equal(dg_elf_read(fd, &elf, &why), -EBADMSG);
	assert_string_equal(why, "holds a note section that cannot be read");
}

static void needs_too_many(void **state)
{
	static Elf64_Dyn many[DG_ELF_NEEDED_MAX + 2];
	DG_FREE char *why = NULL;
	struct dg_elf elf;

	(void)state;
	for (size_t i = 0; i <= DG_ELF_NEEDED_MAX; i++)
		many[i] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un.d_val = 1};
	elf_make(&image, many, sizeof(many));
	elf_section(&image, ELF_DYNAMIC)->sh_offset =
		elf_section(&image, ELF_RODATA)->sh_offset;
	elf_section(&image, ELF_DYNAMIC)->sh_size = sizeof(many);
	assert_int_equal(read_image(&elf, &why), -EBADMSG);
	assert_string_equal(why, "needs too many libraries");
}

static void survives_every_cut(void **state)
{
	size_t whole;

	(void)state;
	make();
	whole = image.size;
	for (size_t i = 0; i <= whole; i++) {
		CLEAR struct dg_elf elf = {0};

		image.size = i;
		assert_int_equal(read_image(&elf, NULL), i < whole ? -EBADMSG : 0);
	}
}

/* Every byte of the headers, changed in turn. */
static void survives_every_change(void **state)
{
	(void)state;
	make();
	for (size_t i = 0; i < image.size; i++) {
		for (unsigned int flip = 1; flip < 256; flip += 0x7f) {
			CLEAR struct dg_elf elf = {0};
			char old = image.data[i];
			int r;

			image.data[i] = (char)(old ^ (char)flip);
			r = read_image(&elf, NULL);
			image.data[i] = old;
			assert_true(r == 0 || r == -EBADMSG);
		}
	}
}

static void refuses_other_files(void **state)
{
	DG_CLOSE int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DG_CLOSE int empty = open_bytes("", 0);
	DG_CLOSE int script =
		open_bytes("#!/bin/sh\nexec qemu-system-x86_64 \"$@\"\n", 39);
	DG_FREE char *why = NULL;
	struct dg_elf elf;

	(void)state;
	assert_int_equal(dg_elf_read(dir, &elf, NULL), -EBADMSG);
	assert_int_equal(dg_elf_read(empty, &elf, NULL), -EBADMSG);
	assert_int_equal(dg_elf_read(script, &elf, &why), -EBADMSG);
	assert_string_equal(why, "is too short for an ELF file");
	assert_int_equal(dg_elf_read(-1, &elf, NULL), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_program),
		cmocka_unit_test(reads_modinfo),
		cmocka_unit_test(reads_without),
		cmocka_unit_test(reads_real_programs),
		cmocka_unit_test(refuses_lies),
		cmocka_unit_test(bounds_what_it_reads),
		cmocka_unit_test(needs_too_many),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(survives_every_change),
		cmocka_unit_test(refuses_other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
