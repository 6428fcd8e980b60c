/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/base/elf-file.h"

#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <sys/stat.h>

#include "guard/base/root.h"

/* What sections that are read as a whole may add up to; QEMU's have 2 KiB. */
#define SECTIONS_BYTES_MAX ((size_t)2 * 1024 * 1024)
#define NAMES_MAX	   ((size_t)1024 * 1024)

struct reader {
	int fd;
	uint64_t size; /* of the file */
	Elf *elf;
	size_t n_sections;
	size_t names; /* index of the section that names the others */
	size_t taken; /* bytes of whole sections so far */
	const char *why;
	struct dg_elf found;
};

static void reader_end(struct reader *r)
{
	elf_end(r->elf);
	dg_elf_clear(&r->found);
}

static int bad(struct reader *r, const char *why)
{
	r->why = why;
	return -EBADMSG;
}

/* --- the frame: what libelf itself relies on --- */

static int check_header(struct reader *r, const Elf64_Ehdr *h)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return bad(r, "is no ELF file");
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(r, "is no 64-bit little-endian ELF file");
	/* 0 and SHN_XINDEX lead on to more than programs have. */
	if (h->e_shoff == 0 || h->e_shnum == 0 || h->e_shnum > DG_ELF_SECTIONS_MAX ||
	    h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shstrndx >= h->e_shnum)
		return bad(r, "has no usable section table");
	if (h->e_shoff > r->size ||
	    h->e_shnum * sizeof(Elf64_Shdr) > r->size - h->e_shoff)
		return bad(r, "its section table lies beyond its end");
	return 0;
}

static int open_elf(struct reader *r)
{
	Elf64_Ehdr header;
	struct stat st;
	size_t n;
	int e;

	if (fstat(r->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return bad(r, "is no regular file");
	r->size = (uint64_t)st.st_size;
	e = dg_fd_read_at(r->fd, 0, &header, sizeof(header), &n);
	if (e < 0)
		return e;
	if (n < sizeof(header))
		return bad(r, "is too short for an ELF file");
	e = check_header(r, &header);
	if (e < 0)
		return e;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOTSUP;
	r->elf = elf_begin(r->fd, ELF_C_READ, NULL);
	if (!r->elf || elf_kind(r->elf) != ELF_K_ELF ||
	    elf_getshdrnum(r->elf, &r->n_sections) < 0 ||
	    elf_getshdrstrndx(r->elf, &r->names) < 0 ||
	    r->n_sections > DG_ELF_SECTIONS_MAX)
		return bad(r, "has no usable section table");
	return 0;
}

/* --- sections --- */

static bool in_file(const struct reader *r, const GElf_Shdr *s)
{
	return s->sh_type == SHT_NOBITS || s->sh_type == SHT_NULL ||
	       (s->sh_offset <= r->size && s->sh_size <= r->size - s->sh_offset);
}

/* The whole of a section whose place was checked; NULL: not to be had. */
static Elf_Data *section_data(struct reader *r, Elf_Scn *section, const GElf_Shdr *s)
{
	if (s->sh_size > SECTIONS_BYTES_MAX - r->taken)
		return NULL;
	r->taken += s->sh_size;
	return elf_getdata(section, NULL);
}

static char *to_hex(const unsigned char *bytes, size_t n)
{
	char *hex = malloc(2 * n + 1);

	for (size_t i = 0; hex && i < n; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	return hex;
}

static int read_notes(struct reader *r, Elf_Scn *section, const GElf_Shdr *s)
{
	Elf_Data *data = section_data(r, section, s);
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	if (!data)
		return bad(r, "holds a note section that cannot be read");
	while (!r->found.build_id && (at = gelf_getnote(data, at, &note, &name, &desc))) {
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof("GNU") ||
		    memcmp((char *)data->d_buf + name, "GNU", sizeof("GNU")) != 0 ||
		    note.n_descsz == 0)
			continue;
		if (note.n_descsz > DG_ELF_BUILD_ID_MAX)
			return bad(r, "holds a build id that is too long");
		r->found.build_id =
			to_hex((unsigned char *)data->d_buf + desc, note.n_descsz);
		if (!r->found.build_id)
			return -ENOMEM;
	}
	return 0;
}

/* One text of a string table that may be large. */
static int read_string(struct reader *r, const GElf_Shdr *table, uint64_t at, char **ret)
{
	char text[DG_ELF_NAME_MAX];
	size_t n = sizeof(text);
	int e;

	if (at >= table->sh_size)
		return bad(r, "names a library outside of its string table");
	if (n > table->sh_size - at)
		n = table->sh_size - at;
	e = dg_fd_read_at(r->fd, table->sh_offset + at, text, n, &n);
	if (e < 0)
		return e;
	if (!memchr(text, '\0', n))
		return bad(r, "names a library without an end");
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int add_needed(struct reader *r, const GElf_Shdr *table, uint64_t at)
{
	struct dg_elf *found = &r->found;
	int e;

	if (found->n_needed == DG_ELF_NEEDED_MAX)
		return bad(r, "needs too many libraries");
	if (!found->needed)
		found->needed = calloc(DG_ELF_NEEDED_MAX, sizeof(*found->needed));
	if (!found->needed)
		return -ENOMEM;
	e = read_string(r, table, at, &found->needed[found->n_needed]);
	found->n_needed += e == 0;
	return e;
}

static int read_dynamic(struct reader *r, Elf_Scn *section, const GElf_Shdr *s)
{
	Elf_Data *data = section_data(r, section, s);
	Elf_Scn *strings = elf_getscn(r->elf, s->sh_link);
	GElf_Shdr table;
	GElf_Dyn dyn;
	int e = 0;

	if (!data || !strings || !gelf_getshdr(strings, &table) ||
	    table.sh_type != SHT_STRTAB || !in_file(r, &table))
		return bad(r, "holds a dynamic section that cannot be read");
	for (int i = 0; e == 0 && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++)
		if (dyn.d_tag == DT_NEEDED)
			e = add_needed(r, &table, dyn.d_un.d_val);
	return e;
}

static int read_constants(struct reader *r, const GElf_Shdr *s)
{
	const char *name = elf_strptr(r->elf, r->names, s->sh_name);

	if (!dg_streq(name, ".rodata") || (s->sh_flags & SHF_COMPRESSED))
		return 0;
	r->found.rodata_offset = s->sh_offset;
	r->found.rodata_size = s->sh_size;
	return 0;
}

static int read_section(struct reader *r, Elf_Scn *section)
{
	GElf_Shdr s;

	if (!gelf_getshdr(section, &s))
		return bad(r, "has a section that cannot be read");
	switch (s.sh_type) {
	case SHT_NOTE:
		return read_notes(r, section, &s);
	case SHT_DYNAMIC:
		return read_dynamic(r, section, &s);
	case SHT_PROGBITS:
		return read_constants(r, &s);
	default:
		return 0;
	}
}

static int check_sections(struct reader *r)
{
	GElf_Shdr s;

	for (size_t i = 0; i < r->n_sections; i++) {
		Elf_Scn *section = elf_getscn(r->elf, i);

		if (!section || !gelf_getshdr(section, &s))
			return bad(r, "has a section that cannot be read");
		if (!in_file(r, &s))
			return bad(r, "has a section that lies beyond its end");
		if (i == r->names && (s.sh_type != SHT_STRTAB || s.sh_size > NAMES_MAX))
			return bad(r, "has no usable names of its sections");
	}
	return 0;
}

static int read_sections(struct reader *r)
{
	int e = check_sections(r);

	for (size_t i = 1; e == 0 && i < r->n_sections; i++)
		e = read_section(r, elf_getscn(r->elf, i));
	return e;
}

int dg_elf_read(int fd, struct dg_elf *ret, char **ret_why)
{
	DG_CLEANUP(reader_end) struct reader r = {.fd = fd};
	int e = open_elf(&r);

	if (e == 0)
		e = read_sections(&r);
	if (e == -EBADMSG && ret_why)
		*ret_why = strdup(r.why);
	if (e < 0)
		return e;
	*ret = r.found;
	r.found = (struct dg_elf){0};
	return 0;
}

/* --- kernel modules --- */

/* "key=value" texts, each with its NUL. */
static int find_modinfo(const Elf_Data *data, const char *key, char **ret)
{
	const char *text = data->d_buf;
	size_t left = text ? data->d_size : 0, n = strlen(key);

	while (left) {
		size_t length = strnlen(text, left);

		if (length > n && text[n] == '=' && memcmp(text, key, n) == 0) {
			*ret = strndup(text + n + 1, length - n - 1);
			return *ret ? 0 : -ENOMEM;
		}
		length += length < left;
		text += length;
		left -= length;
	}
	return -ENODATA;
}

static int read_modinfo(struct reader *r, const char *key, char **ret)
{
	GElf_Shdr s;

	for (size_t i = 1; i < r->n_sections; i++) {
		Elf_Scn *section = elf_getscn(r->elf, i);
		Elf_Data *data;

		if (!gelf_getshdr(section, &s) ||
		    !dg_streq(elf_strptr(r->elf, r->names, s.sh_name), ".modinfo"))
			continue;
		data = section_data(r, section, &s);
		return data ? find_modinfo(data, key, ret)
			    : bad(r, "holds a .modinfo section that cannot be read");
	}
	return -ENODATA;
}

int dg_elf_read_modinfo(int fd, const char *key, char **ret, char **ret_why)
{
	DG_CLEANUP(reader_end) struct reader r = {.fd = fd};
	int e = open_elf(&r);

	if (e == 0)
		e = check_sections(&r);
	if (e == 0)
		e = read_modinfo(&r, key, ret);
	if (e == -EBADMSG && ret_why)
		*ret_why = strdup(r.why);
	return e;
}

void dg_elf_clear(struct dg_elf *elf)
{
	if (!elf)
		return;
	for (size_t i = 0; i < elf->n_needed; i++)
		free(elf->needed[i]);
	free(elf->needed);
	free(elf->build_id);
	*elf = (struct dg_elf){0};
}

bool dg_elf_needs(const struct dg_elf *elf, const char *prefix)
{
	for (size_t i = 0; i < elf->n_needed; i++)
		if (dg_after(elf->needed[i], prefix))
			return true;
	return false;
}
