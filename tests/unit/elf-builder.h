/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small ELF files, made byte by byte for tests, which may then spoil them. */
#pragma once

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "policy/util.h"

enum { ELF_NULL, ELF_NOTE, ELF_RODATA, ELF_DYNSTR, ELF_DYNAMIC, ELF_NAMES, ELF_SECTIONS };

struct elf_image {
	size_t size;
	char data[256 * 1024];
};

static inline Elf64_Ehdr *elf_header(struct elf_image *image)
{
	return (Elf64_Ehdr *)image->data;
}

static inline Elf64_Shdr *elf_section(struct elf_image *image, int at)
{
	return (Elf64_Shdr *)(image->data + elf_header(image)->e_shoff) + at;
}

static inline void elf_put(struct elf_image *image, Elf64_Shdr *section,
			   unsigned int type, const void *data, size_t size)
{
	image->size = (image->size + 15) & ~(size_t)15;
	section->sh_type = type;
	section->sh_flags = SHF_ALLOC;
	section->sh_offset = image->size;
	section->sh_size = size;
	section->sh_addralign = 8;
	memcpy(image->data + image->size, data, size);
	image->size += size;
}

/* A program with a build id of four bytes "\1\2\3\4", that needs two libraries, and whose
 * constants are the `n` bytes at `rodata`. */
static inline void elf_make(struct elf_image *image, const void *rodata, size_t n)
{
	static const char names[] =
		"\0.note.gnu.build-id\0.rodata\0.dynstr\0.dynamic\0.shstrtab";
	static const char strings[] = "\0libc.so.6\0liburing.so.2";
	static const struct {
		Elf64_Nhdr head;
		char name[4];
		unsigned char id[4];
	} note = {{4, 4, NT_GNU_BUILD_ID}, "GNU", {1, 2, 3, 0xfe}};
	static const Elf64_Dyn dynamic[] = {
		{DT_NEEDED, {1}}, {DT_NEEDED, {11}}, {DT_NULL, {0}}, {DT_NEEDED, {1}}};
	static const unsigned int name_at[] = {0, 1, 20, 28, 36, 45};
	Elf64_Shdr sections[ELF_SECTIONS] = {0};
	Elf64_Ehdr *header = elf_header(image);

	memset(image->data, 0, sizeof(image->data));
	image->size = sizeof(*header);
	for (int i = 0; i < ELF_SECTIONS; i++)
		sections[i].sh_name = name_at[i];
	elf_put(image, &sections[ELF_NOTE], SHT_NOTE, &note, sizeof(note));
	sections[ELF_NOTE].sh_addralign = 4;
	elf_put(image, &sections[ELF_RODATA], SHT_PROGBITS, rodata, n);
	elf_put(image, &sections[ELF_DYNSTR], SHT_STRTAB, strings, sizeof(strings));
	elf_put(image, &sections[ELF_DYNAMIC], SHT_DYNAMIC, dynamic, sizeof(dynamic));
	sections[ELF_DYNAMIC].sh_link = ELF_DYNSTR;
	sections[ELF_DYNAMIC].sh_entsize = sizeof(Elf64_Dyn);
	elf_put(image, &sections[ELF_NAMES], SHT_STRTAB, names, sizeof(names));
	image->size = (image->size + 15) & ~(size_t)15;
	memcpy(header->e_ident, ELFMAG, SELFMAG);
	header->e_ident[EI_CLASS] = ELFCLASS64;
	header->e_ident[EI_DATA] = ELFDATA2LSB;
	header->e_ident[EI_VERSION] = EV_CURRENT;
	header->e_type = ET_DYN;
	header->e_machine = EM_X86_64;
	header->e_version = EV_CURRENT;
	header->e_ehsize = sizeof(*header);
	header->e_shoff = image->size;
	header->e_shentsize = sizeof(Elf64_Shdr);
	header->e_shnum = ELF_SECTIONS;
	header->e_shstrndx = ELF_NAMES;
	memcpy(image->data + image->size, sections, sizeof(sections));
	image->size += sizeof(sections);
}
