/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PE header: signed or not, and everything that is no such file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "guard/parse/pe.h"

#define HEADER	  0x80
#define FILE_SIZE 8192

struct image {
	uint8_t data[1024];
	size_t len;
};

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static struct image make(bool wide, uint32_t directories, uint32_t at, uint32_t size)
{
	const unsigned count = wide ? 108 : 92;
	struct image image = {.data = {'M', 'Z'}};
	uint8_t *pe = image.data + HEADER, *optional = pe + 24;

	put32(image.data + 0x3c, HEADER);
	memcpy(pe, "PE", 2);
	put16(pe + 4, wide ? 0x8664 : 0x14c);
	put16(pe + 20, count + 4 + 8 * directories);
	put16(optional, wide ? 0x20b : 0x10b);
	put32(optional + count, directories);
	if (directories > 4) {
		put32(optional + count + 4 + 32, at);
		put32(optional + count + 4 + 36, size);
	}
	image.len = HEADER + 24 + count + 4 + 8 * (size_t)directories;
	return image;
}

/* From a buffer of exactly `len` bytes, so that a read past it is seen. */
static int parse(const struct image *image, size_t len, uint64_t file_size,
		 struct dg_pe *ret, char **why)
{
	DG_FREE uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, image->data, len);
	return dg_pe_parse(copy, len, file_size, ret, why);
}

static void test_signed(void **state)
{
	static const struct {
		bool wide;
		uint32_t directories, at, size, want;
	} cases[] = {
		{.wide = true, .directories = 16, .at = 4096, .size = 1500, .want = 1500},
		{.wide = false,
		 .directories = 16,
		 .at = 4096,
		 .size = 4096,
		 .want = 4096},
		{.wide = true, .directories = 16},
		{.wide = true, .directories = 16, .at = 4096, .size = 0},
		{.wide = true, .directories = 5, .at = 8, .size = 8, .want = 8},
		{.wide = true, .directories = 4},
		{.wide = false, .directories = 0},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct image image = make(cases[i].wide, cases[i].directories,
					  cases[i].at, cases[i].size);
		struct dg_pe pe;

		assert_int_equal(parse(&image, image.len, FILE_SIZE, &pe, NULL), 0);
		assert_int_equal(pe.signatures_size, cases[i].want);
		assert_int_equal(pe.signatures, cases[i].want ? cases[i].at : 0);
		assert_int_equal(pe.wide, cases[i].wide);
		assert_int_equal(pe.machine, cases[i].wide ? 0x8664 : 0x14c);
	}
}

static void expect_failure(const struct image *image, size_t len, int error,
			   const char *words)
{
	struct dg_pe pe = {.machine = 7};
	DG_FREE char *why = NULL;

	assert_int_equal(parse(image, len, FILE_SIZE, &pe, &why), error);
	assert_non_null(why);
	if (!strstr(why, words))
		fail_msg("\"%s\" is not in \"%s\"", words, why);
	assert_int_equal(pe.machine, 7);
}

static void test_not_pe(void **state)
{
	struct image image = make(true, 16, 0, 0);

	(void)state;
	expect_failure(&image, 0, -EMEDIUMTYPE, "no \"MZ\"");
	put32(image.data + 0x3c, FILE_SIZE);
	expect_failure(&image, image.len, -EMEDIUMTYPE, "would be at byte 8192");
	put32(image.data + 0x3c, UINT32_MAX);
	expect_failure(&image, image.len, -EMEDIUMTYPE, "would be at byte 4294967295");
	put32(image.data + 0x3c, 0x40);
	expect_failure(&image, image.len, -EMEDIUMTYPE, "no \"PE\" at byte 64");
	image.data[0] = 'X';
	expect_failure(&image, image.len, -EMEDIUMTYPE, "no \"MZ\"");
}

static void test_damaged(void **state)
{
	struct image image = make(true, 16, 8000, 193);

	(void)state;
	expect_failure(&image, image.len, -EBADMSG,
		       "ends at byte 8193, and the file at 8192");
	image = make(true, 16, UINT32_MAX, UINT32_MAX);
	expect_failure(&image, image.len, -EBADMSG, "ends at byte 8589934590");
	put16(image.data + HEADER + 24, 0x107);
	expect_failure(&image, image.len, -EBADMSG, "unknown optional header 0x107");
	image = make(true, 16, 0, 0);
	put16(image.data + HEADER + 20, 0xffff);
	expect_failure(&image, image.len, -EBADMSG, "goes past byte");
	put16(image.data + HEADER + 20, 1);
	expect_failure(&image, image.len, -EBADMSG, "too small");
	put16(image.data + HEADER + 20, 111);
	expect_failure(&image, image.len, -EBADMSG, "holds no count");
	put16(image.data + HEADER + 20, 151);
	expect_failure(&image, image.len, -EBADMSG, "too small for its directories");
	put32(image.data + 0x3c, 2048);
	expect_failure(&image, image.len, -EBADMSG, "at byte 2048 goes past");
}

static void test_truncated(void **state)
{
	struct image image = make(true, 16, 4096, 8);

	(void)state;
	for (size_t len = 0; len < image.len; len++) {
		DG_FREE char *why = NULL;
		struct dg_pe pe;
		int r = parse(&image, len, FILE_SIZE, &pe, &why);

		assert_int_equal(r, len < 2 ? -EMEDIUMTYPE : -EBADMSG);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_not_pe),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
