/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "guard/parse/efivar.h"
#include "guard/parse/span.h"
#include "policy/text.h"

enum {
	ATTRIBUTES_SIZE = 4,
	OPTION_ACTIVE = 0x00000001,
	NODE_HEADER = 4,
	NODE_MEDIA = 0x04,
	NODE_END = 0x7f,
	MEDIA_HARD_DRIVE = 0x01,
	MEDIA_FILE_PATH = 0x04,
	/* A hard drive node, its header included. */
	DRIVE_SIZE = 42,
	DRIVE_SIGNATURE = 24,
	DRIVE_SIGNATURE_TYPE = 41,
	SIGNATURE_GUID = 2,
};

static unsigned int get_byte(struct dg_span s, size_t at)
{
	return (unsigned char)s.p[at];
}

static uint16_t get_u16(struct dg_span s, size_t at)
{
	return (uint16_t)(get_byte(s, at) | get_byte(s, at + 1) << 8);
}

static uint32_t get_u32(struct dg_span s, size_t at)
{
	return get_u16(s, at) | (uint32_t)get_u16(s, at + 2) << 16;
}

/* The data behind the attributes. */
static int data_of(const void *buf, size_t len, struct dg_span *ret)
{
	if (len < ATTRIBUTES_SIZE || len > DG_EFIVAR_MAX)
		return -EBADMSG;
	*ret = dg_span_skip(dg_span_of(buf, len), ATTRIBUTES_SIZE);
	return 0;
}

/* The bytes before the first NUL character of UTF-16; s.n where there is none. */
static size_t utf16_length(struct dg_span s)
{
	size_t i;

	for (i = 0; i + 1 < s.n; i += 2)
		if (get_u16(s, i) == 0)
			return i;
	return s.n;
}

/* The character at *at, which is moved past it. */
static uint32_t utf16_next(struct dg_span s, size_t *at)
{
	uint16_t high = get_u16(s, *at), low = *at + 3 < s.n ? get_u16(s, *at + 2) : 0;

	*at += 2;
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*at += 2;
	return 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (low - 0xdc00u);
}

/* An even number of bytes of UTF-16 as UTF-8; the caller frees it. */
static char *utf16_dup(struct dg_span s)
{
	char *copy = malloc(s.n / 2 * 3 + 1), *to = copy;
	size_t at = 0;

	if (!copy)
		return NULL;
	while (at + 1 < s.n)
		to += dg_utf8_encode(utf16_next(s, &at), to);
	*to = '\0';
	return copy;
}

int dg_efivar_string(const void *buf, size_t len, char **ret)
{
	struct dg_span s;
	char *copy;

	if (data_of(buf, len, &s) < 0 || s.n % 2)
		return -EBADMSG;
	copy = utf16_dup(dg_span_head(s, utf16_length(s)));
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

static void put_u16(unsigned char *to, uint32_t value)
{
	to[0] = (unsigned char)value;
	to[1] = (unsigned char)(value >> 8);
}

/* The units of a character, 1 or 2, behind `to`. */
static size_t utf16_put(unsigned char *to, uint32_t rune)
{
	if (rune < 0x10000) {
		put_u16(to, rune);
		return 1;
	}
	put_u16(to, 0xd800 + ((rune - 0x10000) >> 10));
	put_u16(to + 2, 0xdc00 + ((rune - 0x10000) & 0x3ff));
	return 2;
}

int dg_efivar_make(const char *text, uint32_t attributes, void **ret, size_t *ret_len)
{
	size_t n = strlen(text), len = ATTRIBUTES_SIZE;
	DG_FREE unsigned char *buf = NULL;

	/* A byte of UTF-8 becomes at most one unit. */
	if (n > (DG_EFIVAR_MAX - ATTRIBUTES_SIZE) / 2 - 1)
		return -EFBIG;
	buf = malloc(ATTRIBUTES_SIZE + 2 * n + 2);
	if (!buf)
		return -ENOMEM;
	put_u16(buf, attributes & 0xffff);
	put_u16(buf + 2, attributes >> 16);
	while (n > 0) {
		uint32_t rune;
		size_t used = dg_utf8_decode(text, n, &rune);

		if (used == 0)
			return -EILSEQ;
		len += 2 * utf16_put(buf + len, rune);
		text += used;
		n -= used;
	}
	put_u16(buf + len, 0);
	*ret = DG_STEAL(buf);
	*ret_len = len + 2;
	return 0;
}

static bool is_uuid(const char *s)
{
	size_t i;

	if (strlen(s) != DG_EFI_UUID_LEN)
		return false;
	for (i = 0; i < DG_EFI_UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : dg_digit_value(s[i]) > 15)
			return false;
	}
	return true;
}

int dg_efivar_uuid(const void *buf, size_t len, char ret[static DG_EFI_UUID_LEN + 1])
{
	DG_FREE char *text = NULL;
	int r = dg_efivar_string(buf, len, &text);
	size_t i;

	if (r < 0)
		return r;
	if (!is_uuid(text))
		return -EBADMSG;
	for (i = 0; i <= DG_EFI_UUID_LEN; i++)
		ret[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] | 0x20)
							  : text[i];
	return 0;
}

int dg_efivar_bool(const void *buf, size_t len, bool *ret)
{
	struct dg_span s;

	if (data_of(buf, len, &s) < 0 || s.n != 1 || get_byte(s, 0) > 1)
		return -EBADMSG;
	*ret = get_byte(s, 0) == 1;
	return 0;
}

int dg_efivar_numbers(const void *buf, size_t len, uint16_t **ret, size_t *ret_n)
{
	uint16_t *numbers = NULL;
	struct dg_span s;
	size_t i;

	if (data_of(buf, len, &s) < 0 || s.n % 2)
		return -EBADMSG;
	if (s.n > 0) {
		numbers = malloc(s.n);
		if (!numbers)
			return -ENOMEM;
	}
	for (i = 0; i < s.n / 2; i++)
		numbers[i] = get_u16(s, 2 * i);
	*ret = numbers;
	*ret_n = s.n / 2;
	return 0;
}

/* A GUID's first three parts are little-endian numbers, the rest is bytes in order. */
static void guid_format(struct dg_span s, char ret[static DG_EFI_UUID_LEN + 1])
{
	int n = snprintf(ret, DG_EFI_UUID_LEN + 1, "%08x-%04x-%04x-%02x%02x-",
			 get_u32(s, 0), get_u16(s, 4), get_u16(s, 6), get_byte(s, 8),
			 get_byte(s, 9));
	size_t i;

	for (i = 10; i < 16; i++, n += 2)
		snprintf(ret + n, (size_t)(DG_EFI_UUID_LEN + 1 - n), "%02x",
			 get_byte(s, i));
}

/* Take what is of interest from one media node; the first of each kind counts. */
static int option_media(struct dg_efi_option *option, struct dg_span node)
{
	unsigned int subtype = get_byte(node, 1);
	struct dg_span path = dg_span_skip(node, NODE_HEADER);

	if (subtype == MEDIA_HARD_DRIVE && !option->part_uuid[0]) {
		if (node.n < DRIVE_SIZE)
			return -EBADMSG;
		if (get_byte(node, DRIVE_SIGNATURE_TYPE) == SIGNATURE_GUID)
			guid_format(dg_span_skip(node, DRIVE_SIGNATURE),
				    option->part_uuid);
	} else if (subtype == MEDIA_FILE_PATH && !option->file) {
		if (path.n % 2)
			return -EBADMSG;
		option->file = utf16_dup(dg_span_head(path, utf16_length(path)));
		if (!option->file)
			return -ENOMEM;
	}
	return 0;
}

/* Walk the first device path; others, behind an end node, are the firmware's own. */
static int option_path(struct dg_efi_option *option, struct dg_span path)
{
	while (path.n > 0) {
		size_t size;
		int r;

		if (path.n < NODE_HEADER)
			return -EBADMSG;
		size = get_u16(path, 2);
		if (size < NODE_HEADER || size > path.n)
			return -EBADMSG;
		if (get_byte(path, 0) == NODE_END)
			return 0;
		if (get_byte(path, 0) == NODE_MEDIA) {
			r = option_media(option, dg_span_head(path, size));
			if (r < 0)
				return r;
		}
		path = dg_span_skip(path, size);
	}
	return 0;
}

int dg_efi_option_parse(const void *buf, size_t len, struct dg_efi_option *ret)
{
	DG_CLEANUP(dg_efi_option_clear) struct dg_efi_option option = {0};
	struct dg_span s;
	size_t path_size, text_size;
	int r;

	if (data_of(buf, len, &s) < 0 || s.n < 6)
		return -EBADMSG;
	option.active = get_u32(s, 0) & OPTION_ACTIVE;
	path_size = get_u16(s, 4);
	s = dg_span_skip(s, 6);
	text_size = utf16_length(s);
	/* Behind the description and its NUL the device path must fit. */
	if (text_size + 2 > s.n || path_size > s.n - text_size - 2)
		return -EBADMSG;
	option.description = utf16_dup(dg_span_head(s, text_size));
	if (!option.description)
		return -ENOMEM;
	r = option_path(&option, dg_span_head(dg_span_skip(s, text_size + 2), path_size));
	if (r < 0)
		return r;
	*ret = option;
	option = (struct dg_efi_option){0};
	return 0;
}

void dg_efi_option_clear(struct dg_efi_option *option)
{
	if (!option)
		return;
	free(option->description);
	free(option->file);
	*option = (struct dg_efi_option){0};
}
