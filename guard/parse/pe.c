/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/pe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* DOS header: where the PE header stands. */
#define LFANEW	0x3c
#define DOS_END 0x40

/* From the PE signature on: the COFF header and the optional header behind it. */
#define MACHINE	      4
#define OPTIONAL_SIZE 20
#define OPTIONAL      24

/* Within the optional header. */
#define MAGIC_PE32   0x10b
#define MAGIC_PE32_P 0x20b
#define COUNT_PE32   92 /* NumberOfRvaAndSizes; the data directories follow */
#define COUNT_PE32_P 108
#define DIRECTORY    8 /* bytes each */
#define CERTIFICATES 4 /* index of the certificate table's */

struct reader {
	const uint8_t *data;
	size_t len;
	uint64_t file_size;
	char **ret_why;
};

DG_PRINTF(3, 4)
static int fail(const struct reader *r, int error, const char *format, ...)
{
	char *why = NULL;
	va_list args;

	if (!r->ret_why)
		return error;
	va_start(args, format);
	if (vasprintf(&why, format, args) < 0)
		why = NULL;
	va_end(args);
	*r->ret_why = why;
	return error;
}

/* Whether `size` bytes at `at` were read. */
static bool holds(const struct reader *r, uint64_t at, uint64_t size)
{
	return at <= r->len && size <= r->len - at;
}

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static int find_header(const struct reader *r, uint32_t *ret)
{
	uint32_t at;

	if (r->len < 2 || memcmp(r->data, "MZ", 2) != 0)
		return fail(r, -EMEDIUMTYPE, "not PE: no \"MZ\" at its start");
	if (r->len < DOS_END)
		return fail(r, -EBADMSG, "truncated at byte %zu, within the DOS header",
			    r->len);
	at = get32(r->data + LFANEW);
	if (at >= r->file_size)
		return fail(r, -EMEDIUMTYPE, "not PE: its header would be at byte %u",
			    at);
	if (!holds(r, at, OPTIONAL))
		return fail(r, -EBADMSG, "the PE header at byte %u goes past byte %zu",
			    at, r->len);
	if (memcmp(r->data + at, "PE\0\0", 4) != 0)
		return fail(r, -EMEDIUMTYPE, "not PE: no \"PE\" at byte %u", at);
	*ret = at;
	return 0;
}

/* The certificate table's directory entry, the only one that holds a file offset. */
static int read_directory(const struct reader *r, uint32_t header, struct dg_pe *pe)
{
	const uint8_t *optional = r->data + header + OPTIONAL;
	unsigned size = get16(r->data + header + OPTIONAL_SIZE), magic, count_at, entry;

	if (size < 2 || !holds(r, (uint64_t)header + OPTIONAL, size))
		return fail(r, -EBADMSG,
			    "the optional header of %u bytes at byte %u is too small or "
			    "goes past byte %zu",
			    size, header + OPTIONAL, r->len);
	magic = get16(optional);
	if (magic != MAGIC_PE32 && magic != MAGIC_PE32_P)
		return fail(r, -EBADMSG, "unknown optional header 0x%x at byte %u", magic,
			    header + OPTIONAL);
	pe->wide = magic == MAGIC_PE32_P;
	count_at = pe->wide ? COUNT_PE32_P : COUNT_PE32;
	entry = count_at + 4 + CERTIFICATES * DIRECTORY;
	if (size < count_at + 4)
		return fail(r, -EBADMSG,
			    "the optional header of %u bytes holds no count of "
			    "directories",
			    size);
	if (get32(optional + count_at) <= CERTIFICATES)
		return 0;
	if (size < entry + DIRECTORY)
		return fail(r, -EBADMSG,
			    "the optional header of %u bytes is too small for "
			    "its directories",
			    size);
	pe->signatures = get32(optional + entry);
	pe->signatures_size = get32(optional + entry + 4);
	return 0;
}

int dg_pe_parse(const void *data, size_t len, uint64_t file_size, struct dg_pe *ret,
		char **ret_why)
{
	const struct reader r = {
		.data = data, .len = len, .file_size = file_size, .ret_why = ret_why};
	struct dg_pe pe = {0};
	uint32_t header = 0;
	int e = find_header(&r, &header);

	if (e < 0)
		return e;
	pe.machine = (uint16_t)get16(r.data + header + MACHINE);
	e = read_directory(&r, header, &pe);
	if (e < 0)
		return e;
	if (pe.signatures_size &&
	    (uint64_t)pe.signatures + pe.signatures_size > file_size)
		return fail(
			&r, -EBADMSG,
			"the certificate table ends at byte %llu, and the file at %llu",
			(unsigned long long)pe.signatures + pe.signatures_size,
			(unsigned long long)file_size);
	if (!pe.signatures_size)
		pe.signatures = 0;
	*ret = pe;
	return 0;
}
