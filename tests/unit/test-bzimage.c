/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guard/parse/bzimage.h"

#define PROXMOX                                                             \
	"6.5.13-5-pve (build@proxmox) #1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 " \
	"(2024-04-05T11:03Z)"

static void put16(uint8_t *p, unsigned v)
{
	p[0] = v;
	p[1] = v >> 8;
}

/* An image's first bytes with `version` at byte 0x3000, in a block of exactly that size.
 */
static uint8_t *make_image(const char *version, size_t *ret_len)
{
	size_t len = 0x3000 + strlen(version) + 1;
	uint8_t *data = calloc(1, len);

	assert_non_null(data);
	memcpy(data, "MZ", 2); /* as with an EFI stub */
	data[0x1f1] = 39;
	put16(data + 0x1f4, 0x2345);
	put16(data + 0x1f6, 0x1);
	put16(data + 0x1fe, 0xaa55);
	memcpy(data + 0x202, "HdrS", 4);
	put16(data + 0x206, 0x20f);
	put16(data + 0x20e, 0x3000 - 0x200);
	memcpy(data + 0x3000, version, strlen(version));
	*ret_len = len;
	return data;
}

static void test_fields(void **state)
{
	DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
	DG_FREE char *why = NULL;
	size_t len;
	DG_FREE uint8_t *data = make_image(PROXMOX, &len);

	(void)state;
	assert_int_equal(dg_bzimage_parse(data, len, &image, &why), 0);
	assert_null(why);
	assert_string_equal(image->version, PROXMOX);
	assert_string_equal(image->release, "6.5.13-5-pve");
	assert_string_equal(image->build,
			    "#1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 (2024-04-05T11:03Z)");
	assert_int_equal(image->protocol, 0x20f);
	assert_int_equal(image->setup_sects, 39);
	assert_int_equal(image->min_size, 40 * 512 + 0x12345 * 16);
}

static void test_versions(void **state)
{
	static const struct {
		const char *version, *release, *build;
		int result;
	} cases[] = {
		{.version = "5.4.0", .release = "5.4.0"},
		{.version = "6.1 (x) #3", .release = "6.1", .build = "#3"},
		{.version = "6.1 #3 SMP", .release = "6.1", .build = "#3 SMP"},
		{.version = "6.1 (a #b@c) #3 SMP", .release = "6.1", .build = "#3 SMP"},
		{.version = "6.1 (x@y) ", .release = "6.1"},
		{.version = " #1", .release = NULL},
		{.version = "", .result = -EBADMSG},
		{.version = "6.1\n#1", .result = -EBADMSG},
		{.version = "6.1\x7f", .result = -EBADMSG},
		{.version = "6.1 \xc3\xa4", .result = -EBADMSG},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
		DG_FREE char *why = NULL;
		size_t len;
		DG_FREE uint8_t *data = make_image(cases[i].version, &len);

		assert_int_equal(dg_bzimage_parse(data, len, &image, &why),
				 cases[i].result);
		assert_int_equal(!!why, cases[i].result < 0);
		assert_int_equal(!!image, cases[i].result == 0);
		if (!image)
			continue;
		assert_string_equal(image->version, cases[i].version);
		assert_int_equal(!!image->release, !!cases[i].release);
		assert_int_equal(!!image->build, !!cases[i].build);
		if (image->release)
			assert_string_equal(image->release, cases[i].release);
		if (image->build)
			assert_string_equal(image->build, cases[i].build);
	}
}

static void test_header_values(void **state)
{
	static const struct {
		unsigned at, value;
		int result;
		unsigned setup_sects;
		uint64_t min_size;
	} cases[] = {
		/* 0 sectors stand for 4, too few for the version's place. */
		{.at = 0x1f1, .value = 0, .result = -EBADMSG},
		{.at = 0x1f1, .value = 22, .result = -EBADMSG},
		{.at = 0x1f1,
		 .value = 24,
		 .setup_sects = 24,
		 .min_size = 25 * 512 + 0x12345 * 16},
		{.at = 0x206,
		 .value = 0x0203,
		 .setup_sects = 39,
		 .min_size = 40 * 512 + 0x2345 * 16},
		{.at = 0x206, .value = 0x0100, .result = -EBADMSG},
		{.at = 0x1fe, .value = 0, .result = -EBADMSG},
		{.at = 0x20e, .value = 0xffff, .result = -EBADMSG},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
		size_t len;
		DG_FREE uint8_t *data = make_image(PROXMOX, &len);

		put16(data + cases[i].at, cases[i].value);
		assert_int_equal(dg_bzimage_parse(data, len, &image, NULL),
				 cases[i].result);
		if (!image)
			continue;
		assert_int_equal(image->setup_sects, cases[i].setup_sects);
		assert_int_equal(image->min_size, cases[i].min_size);
	}
}

static void test_no_version(void **state)
{
	DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
	size_t len;
	DG_FREE uint8_t *data = make_image(PROXMOX, &len);

	(void)state;
	put16(data + 0x20e, 0);
	assert_int_equal(dg_bzimage_parse(data, 0x210, &image, NULL), 0);
	assert_null(image->version);
	assert_null(image->release);
	assert_null(image->build);
	assert_int_equal(image->setup_sects, 39);
}

static void test_version_too_long(void **state)
{
	DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
	DG_FREE char *why = NULL;
	char version[600];
	size_t len;
	DG_FREE uint8_t *data = NULL;

	(void)state;
	memset(version, 'x', sizeof(version));
	version[sizeof(version) - 1] = '\0';
	data = make_image(version, &len);
	assert_int_equal(dg_bzimage_parse(data, len, &image, &why), -EBADMSG);
	assert_string_equal(why, "the version at byte 12288 is too long");
}

static void test_other_kinds(void **state)
{
	static const struct {
		size_t at;
		const char *magic, *what;
		int result;
	} cases[] = {
		{.at = 0,
		 .magic = "\177ELF\2\1\1",
		 .what = "ELF",
		 .result = -EMEDIUMTYPE},
		{.at = 0,
		 .magic = "\x1f\x8b\x08",
		 .what = "gzip",
		 .result = -EMEDIUMTYPE},
		{.at = 0,
		 .magic = "\x28\xb5\x2f\xfd",
		 .what = "zstd",
		 .result = -EMEDIUMTYPE},
		{.at = 56, .magic = "ARM\x64", .what = "arm64", .result = -EMEDIUMTYPE},
		{.at = 36,
		 .magic = "\x18\x28\x6f\x01",
		 .what = "zImage",
		 .result = -EMEDIUMTYPE},
		{.at = 4, .magic = "zimg", .what = "zboot", .result = -EMEDIUMTYPE},
		{.at = 2, .magic = "", .what = "EFI program", .result = -EMEDIUMTYPE},
		{.at = 0, .magic = "#!", .what = "HdrS", .result = -EBADMSG},
	};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
		DG_FREE char *why = NULL;
		uint8_t data[1024] = "MZ";

		memcpy(data + cases[i].at, cases[i].magic, strlen(cases[i].magic));
		assert_int_equal(dg_bzimage_parse(data, sizeof(data), &image, &why),
				 cases[i].result);
		assert_null(image);
		assert_non_null(why);
		assert_non_null(strstr(why, cases[i].what));
	}
}

/* Cut at every length, in blocks of exactly that length so that the sanitizer sees. */
static void test_truncated(void **state)
{
	size_t full, len;
	DG_FREE uint8_t *data = make_image(PROXMOX, &full);

	(void)state;
	for (len = 0; len < full; len += len < 0x220 || len > 0x2ff0 ? 1 : 97) {
		DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
		DG_FREE uint8_t *part = malloc(len);
		DG_FREE char *why = NULL;
		int r;

		if (len)
			memcpy(part, data, len);
		r = dg_bzimage_parse(part, len, &image, &why);
		assert_int_equal(r, -EBADMSG);
		assert_null(image);
		assert_non_null(why);
	}
}

/* Of whole images, of other kinds and of what is damaged in some other way: not so. */
static void test_lost(void **state)
{
	const uint64_t whole = 40 * 512 + 0x12345 * 16;
	static const uint8_t zeros[4096];
	size_t len;
	DG_FREE uint8_t *data = make_image(PROXMOX, &len);

	(void)state;
	assert_true(dg_bzimage_is_lost("", 0, 0));
	assert_true(dg_bzimage_is_lost(zeros, sizeof(zeros), 14 << 20));
	assert_true(dg_bzimage_is_lost(data, len, whole - 1));
	assert_true(dg_bzimage_is_lost(data, 0x210, 0x210));
	assert_false(dg_bzimage_is_lost(data, len, whole));
	assert_false(dg_bzimage_is_lost("\177ELF", 4, 4));
	assert_false(dg_bzimage_is_lost("no kernel", 9, 9));
	put16(data + 0x1fe, 0);
	assert_false(dg_bzimage_is_lost(data, len, 1024));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_header_values),
		cmocka_unit_test(test_no_version),
		cmocka_unit_test(test_version_too_long),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
