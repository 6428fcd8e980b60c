/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "guard/parse/bzimage.h"

/* Where the header's fields stand, and how long a version string may be. */
#define SETUP_SECTS    0x1f1
#define SYSSIZE	       0x1f4
#define BOOT_FLAG      0x1fe
#define HEADER	       0x202
#define VERSION	       0x206
#define KERNEL_VERSION 0x20e
#define HEADER_END     0x210
#define VERSION_MAX    512

static const struct {
	size_t at, len;
	const char *magic, *what;
} other_kinds[] = {
	{.at = 0, .len = 4, .magic = "\177ELF", .what = "an ELF file (vmlinux)"},
	{.at = 0, .len = 2, .magic = "\x1f\x8b", .what = "gzip-compressed data"},
	{.at = 0, .len = 6, .magic = "\3757zXZ", .what = "xz-compressed data"},
	{.at = 0, .len = 4, .magic = "\x28\xb5\x2f\xfd", .what = "zstd-compressed data"},
	{.at = 0, .len = 4, .magic = "\x02\x21\x4c\x18", .what = "lz4-compressed data"},
	{.at = 56, .len = 4, .magic = "ARM\x64", .what = "an arm64 image"},
	{.at = 56, .len = 4, .magic = "RSC\x05", .what = "a RISC-V image"},
	{.at = 36, .len = 4, .magic = "\x18\x28\x6f\x01", .what = "an arm zImage"},
	{.at = 4, .len = 4, .magic = "zimg", .what = "an EFI zboot image"},
};

DG_PRINTF(3, 4)
static int fail(char **ret_why, int error, const char *format, ...)
{
	char *why = NULL;
	va_list args;

	if (!ret_why)
		return error;
	va_start(args, format);
	if (vasprintf(&why, format, args) < 0)
		why = NULL;
	va_end(args);
	*ret_why = why;
	return error;
}

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* Say what `data`, which has no bzImage header, is instead. */
static int fail_other(const uint8_t *data, size_t len, char **ret_why)
{
	size_t i;

	for (i = 0; i < DG_COUNT(other_kinds); i++) {
		if (len < other_kinds[i].at + other_kinds[i].len)
			continue;
		if (memcmp(data + other_kinds[i].at, other_kinds[i].magic,
			   other_kinds[i].len))
			continue;
		return fail(ret_why, -EMEDIUMTYPE, "this is %s", other_kinds[i].what);
	}
	if (len < HEADER_END)
		return fail(ret_why, -EBADMSG, "truncated at byte %zu, within the header",
			    len);
	if (memcmp(data, "MZ", 2) == 0)
		return fail(ret_why, -EMEDIUMTYPE, "this is another EFI program");
	return fail(ret_why, -EBADMSG, "no \"HdrS\" at byte %d", HEADER);
}

static bool has_header(const uint8_t *data, size_t len)
{
	return len >= HEADER_END && memcmp(data + HEADER, "HdrS", 4) == 0;
}

static int parse_header(struct dg_bzimage *image, const uint8_t *data, char **ret_why)
{
	uint64_t paragraphs = get32(data + SYSSIZE);

	if (get16(data + BOOT_FLAG) != 0xaa55)
		return fail(ret_why, -EBADMSG, "no boot flag at byte %d", BOOT_FLAG);
	image->protocol = get16(data + VERSION);
	if (image->protocol < 0x0200)
		return fail(ret_why, -EBADMSG, "boot protocol 0x%04x at byte %d",
			    image->protocol, VERSION);
	if (image->protocol < 0x0204) /* the upper half has no meaning yet */
		paragraphs &= 0xffff;
	/* "For backwards compatibility, if the setup_sects field contains 0, the real
	 * value is 4." */
	image->setup_sects = data[SETUP_SECTS] ? data[SETUP_SECTS] : 4;
	image->min_size = (image->setup_sects + 1) * 512ull + paragraphs * 16;
	return 0;
}

/* The string that the header points to; `*ret` is NULL where it points to none. */
static int parse_version(const struct dg_bzimage *image, const uint8_t *data, size_t len,
			 char **ret, char **ret_why)
{
	size_t offset = get16(data + KERNEL_VERSION), start = offset + 0x200, end;

	if (offset == 0) {
		*ret = NULL;
		return 0;
	}
	if (offset >= image->setup_sects * 512u)
		return fail(ret_why, -EBADMSG,
			    "the version at byte %zu is behind the setup code", start);
	for (end = start; end < len && data[end]; end++) {
		if (end - start == VERSION_MAX)
			return fail(ret_why, -EBADMSG,
				    "the version at byte %zu is too long", start);
		if (data[end] < 0x20 || data[end] > 0x7e)
			return fail(ret_why, -EBADMSG,
				    "the version is not printable at byte %zu", end);
	}
	if (end >= len)
		return fail(ret_why, -EBADMSG,
			    "truncated at byte %zu, before the version's end", len);
	if (end == start)
		return fail(ret_why, -EBADMSG, "the version at byte %zu is empty", start);
	*ret = strndup((const char *)data + start, end - start);
	return *ret ? 0 : -ENOMEM;
}

/* Divide "RELEASE (BUILDER) #BUILD". */
static int split_version(struct dg_bzimage *image)
{
	const char *build;

	if (!image->version)
		return 0;
	if (image->version[0] == ' ')
		return 0;
	image->release = strndup(image->version, strcspn(image->version, " "));
	if (!image->release)
		return -ENOMEM;
	build = strstr(image->version, ") #");
	if (build)
		build += 2;
	else if ((build = strstr(image->version, " #")))
		build += 1;
	else
		return 0;
	image->build = strdup(build);
	return image->build ? 0 : -ENOMEM;
}

int dg_bzimage_parse(const void *data, size_t len, struct dg_bzimage **ret,
		     char **ret_why)
{
	DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
	int r;

	if (!has_header(data, len))
		return fail_other(data, len, ret_why);
	image = calloc(1, sizeof(*image));
	if (!image)
		return -ENOMEM;
	r = parse_header(image, data, ret_why);
	if (r < 0)
		return r;
	r = parse_version(image, data, len, &image->version, ret_why);
	if (r < 0)
		return r;
	r = split_version(image);
	if (r < 0)
		return r;
	*ret = DG_STEAL(image);
	return 0;
}

static bool is_blank(const uint8_t *data, size_t len)
{
	while (len > 0 && data[len - 1] == 0)
		len--;
	return len == 0;
}

bool dg_bzimage_is_lost(const void *data, size_t len, uint64_t file_size)
{
	struct dg_bzimage image;

	if (is_blank(data, len))
		return true;
	return has_header(data, len) && parse_header(&image, data, NULL) == 0 &&
	       file_size < image.min_size;
}

void dg_bzimage_free(struct dg_bzimage *image)
{
	if (!image)
		return;
	free(image->version);
	free(image->release);
	free(image->build);
	free(image);
}
