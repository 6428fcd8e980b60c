/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/efivar.h"
#include "policy/util.h"

/* A variable's file: attributes, then the bytes of `data`. */
struct var {
	unsigned char *buf;
	size_t len;
};

static struct var var_of(const void *data, size_t n)
{
	struct var v = {.buf = malloc(n + 4), .len = n + 4};

	assert_non_null(v.buf);
	memcpy(v.buf, "\7\0\0\0", 4);
	memcpy(v.buf + 4, data, n);
	return v;
}

static const struct {
	const char *data;
	size_t n;
	const char *text;
} strings[] = {
	{"", 0, ""},
	{"a\0\0\0", 4, "a"},
	{"a\0b\0", 4, "ab"}, /* no NUL */
	{"a\0\0\0b\0\0\0", 8, "a"},
	{"\xe9\0\x13\x20\0\0", 6, "\xc3\xa9\xe2\x80\x93"},
	{"\x3d\xd8\0\xde", 4, "\xf0\x9f\x98\x80"}, /* a pair */
	{"\x3d\xd8", 2, "\xef\xbf\xbd"},	   /* half of one at the end */
	{"\x3d\xd8x\0", 4, "\xef\xbf\xbdx"},	   /* before another */
	{"\0\xdex\0", 4, "\xef\xbf\xbdx"},	   /* the wrong half */
};

static void reads_strings(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(strings); i++) {
		struct var v = var_of(strings[i].data, strings[i].n);
		DG_FREE char *text = NULL;

		assert_int_equal(dg_efivar_string(v.buf, v.len, &text), 0);
		assert_string_equal(text, strings[i].text);
		free(v.buf);
	}
}

static void refuses_strings(void **state)
{
	DG_FREE unsigned char *huge = calloc(1, DG_EFIVAR_MAX + 2);
	char *text = NULL;

	(void)state;
	assert_int_equal(dg_efivar_string("\7\0\0", 3, &text), -EBADMSG);
	assert_int_equal(dg_efivar_string("", 0, &text), -EBADMSG);
	assert_int_equal(dg_efivar_string("\7\0\0\0a", 5, &text), -EBADMSG);
	assert_int_equal(dg_efivar_string(huge, DG_EFIVAR_MAX + 2, &text), -EBADMSG);
	assert_null(text);
}

static size_t utf16(const char *s, unsigned char *to)
{
	size_t i;

	for (i = 0; s[i]; i++) {
		to[2 * i] = (unsigned char)s[i];
		to[2 * i + 1] = 0;
	}
	to[2 * i] = to[2 * i + 1] = 0;
	return 2 * i + 2;
}

static const struct {
	const char *text;
	int r;
} uuids[] = {
	{"12345678-9ABC-DEF0-0123-456789abcdef", 0},
	{"12345678-9ABC-DEF0-0123-456789abcde", -EBADMSG},
	{"12345678-9ABC-DEF0-0123-456789abcdeg", -EBADMSG},
	{"123456789-ABC-DEF0-0123-456789abcdef", -EBADMSG},
	{"", -EBADMSG},
};

static void reads_uuids(void **state)
{
	unsigned char data[128];
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(uuids); i++) {
		struct var v = var_of(data, utf16(uuids[i].text, data));
		char uuid[DG_EFI_UUID_LEN + 1] = "x";

		assert_int_equal(dg_efivar_uuid(v.buf, v.len, uuid), uuids[i].r);
		assert_string_equal(
			uuid, uuids[i].r ? "x" : "12345678-9abc-def0-0123-456789abcdef");
		free(v.buf);
	}
}

static void reads_booleans_and_numbers(void **state)
{
	DG_FREE uint16_t *numbers = NULL;
	uint16_t *none;
	bool on = false;
	size_t n;

	(void)state;
	assert_int_equal(dg_efivar_bool("\6\0\0\0\1", 5, &on), 0);
	assert_true(on);
	assert_int_equal(dg_efivar_bool("\6\0\0\0\2", 5, &on), -EBADMSG);
	assert_int_equal(dg_efivar_bool("\6\0\0\0", 4, &on), -EBADMSG);
	assert_int_equal(dg_efivar_bool("\6\0\0\0\0\0", 6, &on), -EBADMSG);
	assert_true(on);
	assert_int_equal(dg_efivar_bool("\6\0\0\0\0", 5, &on), 0);
	assert_false(on);
	assert_int_equal(dg_efivar_numbers("\7\0\0\0\1\0\x01\x20", 8, &numbers, &n), 0);
	assert_true(n == 2 && numbers[0] == 1 && numbers[1] == 0x2001);
	assert_int_equal(dg_efivar_numbers("\7\0\0\0", 4, &none, &n), 0);
	assert_true(n == 0 && !none);
	assert_int_equal(dg_efivar_numbers("\7\0\0\0\1", 5, &none, &n), -EBADMSG);
}

#define BOOT_FILE "tests/fuzz/corpus/efivar/boot0001"

static struct var boot_file(void)
{
	struct var v = {.buf = malloc(1024)};
	FILE *f = fopen(BOOT_FILE, "r");

	assert_non_null(f);
	assert_non_null(v.buf);
	v.len = fread(v.buf, 1, 1024, f);
	fclose(f);
	v.buf = realloc(v.buf, v.len);
	return v;
}

static void reads_load_options(void **state)
{
	DG_CLEANUP(dg_efi_option_clear) struct dg_efi_option o = {0};
	struct var v = boot_file();

	(void)state;
	assert_int_equal(dg_efi_option_parse(v.buf, v.len, &o), 0);
	assert_true(o.active);
	assert_string_equal(o.description, "Linux Boot Manager");
	assert_string_equal(o.file, "\\EFI\\systemd\\systemd-bootx64.efi");
	assert_string_equal(o.part_uuid, "12345678-9abc-def0-0123-456789abcdef");
	free(v.buf);
}

/* Where things stand in that file, for damage. */
enum {
	PATH_AT = 4 + 6 + 2 * 19,
	DRIVE_SIGNATURE_TYPE_AT = PATH_AT + 41,
};

static const struct {
	size_t at;
	unsigned char byte;
	int r;
	const char *uuid;
} damages[] = {
	{.at = 4, .byte = 0, .uuid = "12345678-9abc-def0-0123-456789abcdef"},
	{.at = DRIVE_SIGNATURE_TYPE_AT, .byte = 1, .uuid = ""}, /* an MBR disk */
	{.at = PATH_AT, .byte = 3, .uuid = ""},			/* another node */
	{.at = PATH_AT, .byte = 0x7f, .uuid = ""},		/* the end */
	{.at = PATH_AT + 2, .byte = 3, .r = -EBADMSG},
	{.at = PATH_AT + 2, .byte = 0, .r = -EBADMSG},
	{.at = PATH_AT + 2, .byte = 41, .r = -EBADMSG},
	{.at = PATH_AT + 3, .byte = 1, .r = -EBADMSG},
	{.at = 9, .byte = 1, .r = -EBADMSG}, /* a path beyond the end */
};

static void judges_damage(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(damages); i++) {
		DG_CLEANUP(dg_efi_option_clear) struct dg_efi_option o = {0};
		struct var v = boot_file();

		v.buf[damages[i].at] = damages[i].byte;
		assert_int_equal(dg_efi_option_parse(v.buf, v.len, &o), damages[i].r);
		if (damages[i].r == 0)
			assert_string_equal(o.part_uuid, damages[i].uuid);
		free(v.buf);
	}
}

static void survives_every_cut(void **state)
{
	struct var v = boot_file();
	size_t i;

	(void)state;
	for (i = 0; i < v.len; i++) {
		struct dg_efi_option o = {0};
		DG_FREE char *text = NULL;
		unsigned char *copy = malloc(i ? i : 1);
		int r;

		memcpy(copy, v.buf, i);
		r = dg_efi_option_parse(copy, i, &o);
		/* without its optional data it is still whole */
		assert_int_equal(r, i + 3 >= v.len ? 0 : -EBADMSG);
		dg_efi_option_clear(&o);
		r = dg_efivar_string(copy, i, &text);
		assert_int_equal(r, i < 4 || i % 2 ? -EBADMSG : 0);
		free(copy);
	}
	free(v.buf);
}

/* Byte for byte as UEFI and efivarfs have it, and read back as it was. */
static void makes_strings(void **state)
{
	static const char entry[] = "\7\0\0\0p\0r\0o\0x\0m\0o\0x\0-\0"
				    "7\0.\0c\0o\0n\0f\0\0";
	static const char *const texts[] = {"", "a", "\xc3\xa9\xe2\x80\x93",
					    "x\xf0\x9f\x98\x80y"};
	DG_FREE void *buf = NULL;
	size_t len, i;

	(void)state;
	assert_int_equal(dg_efivar_make("proxmox-7.conf", DG_EFIVAR_LASTING, &buf, &len),
			 0);
	assert_int_equal(len, sizeof(entry));
	assert_memory_equal(buf, entry, len);
	for (i = 0; i < DG_COUNT(texts); i++) {
		DG_FREE void *made = NULL;
		DG_FREE char *text = NULL;

		assert_int_equal(dg_efivar_make(texts[i], 1, &made, &len), 0);
		assert_int_equal(dg_efivar_string(made, len, &text), 0);
		assert_string_equal(text, texts[i]);
	}
}

static void makes_no_others(void **state)
{
	DG_FREE char *huge = malloc(DG_EFIVAR_MAX);
	void *buf = NULL;
	size_t len;

	(void)state;
	assert_non_null(huge);
	memset(huge, 'x', DG_EFIVAR_MAX - 1);
	huge[DG_EFIVAR_MAX - 1] = '\0';
	assert_int_equal(dg_efivar_make(huge, 7, &buf, &len), -EFBIG);
	assert_int_equal(dg_efivar_make("a\xff", 7, &buf, &len), -EILSEQ);
	assert_null(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_strings),
		cmocka_unit_test(refuses_strings),
		cmocka_unit_test(reads_uuids),
		cmocka_unit_test(reads_booleans_and_numbers),
		cmocka_unit_test(reads_load_options),
		cmocka_unit_test(judges_damage),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(makes_strings),
		cmocka_unit_test(makes_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
