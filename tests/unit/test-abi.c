/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "policy/abi.h"
#include "tests/unit/random.h"

#define NO_RC UINT32_MAX

static void test_parse(void **state)
{
	static const struct {
		const char *abi;
		size_t count;
		uint32_t numbers[DG_ABI_NUMBERS], rc;
		const char *series;
	} cases[] = {
		{"7.0.6-2-pve", 4, {7, 0, 6, 2}, NO_RC, "7.0"},
		{"6.14.11-9-bpo12-pve", 4, {6, 14, 11, 9}, NO_RC, "6.14"},
		{"6.1.0-44-amd64", 4, {6, 1, 0, 44}, NO_RC, "6.1"},
		{"6.12.107+deb12-amd64", 3, {6, 12, 107}, NO_RC, "6.12"},
		{"6.12.43+deb13-cloud-amd64", 3, {6, 12, 43}, NO_RC, "6.12"},
		{"7.1.0-rc3-pve", 3, {7, 1, 0}, 3, "7.1"},
		{"6.12~rc6-amd64", 2, {6, 12}, 6, "6.12"},
		{"6.12-rcx-amd64", 2, {6, 12}, NO_RC, "6.12"},
		{"5.15.158-2-pve", 4, {5, 15, 158, 2}, NO_RC, "5.15"},
		{"6.18.44-fc-v657", 3, {6, 18, 44}, NO_RC, "6.18"},
		{"6.1.0-0.deb11.5-amd64", 4, {6, 1, 0, 0}, NO_RC, "6.1"},
		{"6.5.0-9x-amd64", 3, {6, 5, 0}, NO_RC, "6.5"},
		{"6.5.0-9-12", 5, {6, 5, 0, 9, 12}, NO_RC, "6.5"},
		{"6.5.", 2, {6, 5}, NO_RC, "6.5"},
		{"7-pve", 1, {7}, NO_RC, NULL},
		{"7x.1", 0, {0}, NO_RC, NULL},
		{"4294967295.4294967296-1",
		 3,
		 {UINT32_MAX, UINT32_MAX, 1},
		 NO_RC,
		 "4294967295.4294967295"},
		{"1.2.3.4.5.6.7.8.9.10", 8, {1, 2, 3, 4, 5, 6, 7, 8}, NO_RC, "1.2"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_abi abi;
		char series[DG_SERIES_SIZE];

		print_message("%s\n", cases[i].abi);
		assert_int_equal(dg_abi_parse(cases[i].abi, &abi), 0);
		assert_int_equal(abi.count, cases[i].count);
		assert_memory_equal(abi.numbers, cases[i].numbers, sizeof(abi.numbers));
		assert_int_equal(abi.rc, cases[i].rc);
		assert_int_equal(dg_abi_series(cases[i].abi, series),
				 cases[i].series ? 0 : -EBADMSG);
		if (cases[i].series)
			assert_string_equal(series, cases[i].series);
	}
}

static void test_valid(void **state)
{
	static const char *const bad[] = {
		"",
		"pve",
		"-6.5",
		"/6.5",
		"6.5/../x",
		"6..5",
		"6.5 pve",
		"6.5\n",
		"6.5;reboot",
		"6.5$x",
		"6.5\xc3\xa9",
		"6.5*",
		".6",
		"~6",
		"6.5:1",
		"12345678901234567890123456789012345678901234567890123456789012345",
	};
	struct dg_abi abi;
	char series[DG_SERIES_SIZE];

	(void)state;
	assert_true(dg_abi_valid("7"));
	assert_true(dg_abi_valid("6.12.43+deb13~1_x-pve"));
	assert_true(dg_abi_valid(
		"1234567890123456789012345678901234567890123456789012345678901234"));
	for (size_t i = 0; i < DG_COUNT(bad); i++) {
		print_message("%s\n", bad[i]);
		assert_false(dg_abi_valid(bad[i]));
		assert_int_equal(dg_abi_parse(bad[i], &abi), -EBADMSG);
		assert_int_equal(dg_abi_series(bad[i], series), -EBADMSG);
	}
}

/* Each later than the one before it. */
static const char *const ordered[] = {
	"",
	"pve",
	"5.15.158-2-pve",
	"6.1.0-44-amd64",
	"6.5.13-5-pve",
	"6.12.43+deb13-cloud-amd64",
	"6.12.107+deb12-amd64",
	"6.14.11-9-pve",
	"6.14.11-9-bpo12-pve",
	"6.14.11-10-bpo12-pve",
	"6.17-pve",
	"7.0.6-2-pve",
	"7.0.14-6-pve",
	"7.0.14-17-pve",
	"7.1.0-rc3-pve",
	"7.1.0-rc10-pve",
	"7.1-pve",
	"7.1.0",
	"7.1.0-0-pve",
	"7.1.0-1-pve",
	"10.0.0-1-pve",
};

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(ordered); i++)
		for (size_t j = 0; j < DG_COUNT(ordered); j++) {
			int r = sign_of(dg_abi_cmp(ordered[i], ordered[j]));

			if (r != (i > j) - (i < j))
				fail_msg("%s %s: %d", ordered[i], ordered[j], r);
		}
	assert_true(dg_abi_cmp("7.0.14-17", "7.0.14-6") > 0);
	assert_true(dg_abi_cmp("6.14", "6.5") > 0);
	assert_true(dg_abi_cmp("7.00.1", "7.0.01") != 0); /* not the same string */
}

static void test_order_is_total(void **state)
{
	static const char *const pieces[] = {"0",   "1",   "10", "01",	  ".",	 "-",
					     "-rc", "~rc", "+",	 "bpo12", "pve", "x"};

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		char v[3][64] = {"", "", ""};

		for (size_t j = 0; j < 3; j++)
			for (size_t n = random_below(7); n > 0; n--)
				strcat(v[j], pieces[random_below(DG_COUNT(pieces))]);
		assert_int_equal(sign_of(dg_abi_cmp(v[0], v[1])),
				 -sign_of(dg_abi_cmp(v[1], v[0])));
		assert_int_equal(dg_abi_cmp(v[0], v[1]) == 0, dg_streq(v[0], v[1]));
		if (dg_abi_cmp(v[0], v[1]) <= 0 && dg_abi_cmp(v[1], v[2]) <= 0)
			assert_true(dg_abi_cmp(v[0], v[2]) <= 0);
	}
}

static void test_flavour(void **state)
{
	static const struct {
		const char *abi, *flavour;
	} cases[] = {
		{"7.0.6-2-pve", "pve"},
		{"6.14.11-9-bpo12-pve", "bpo12-pve"},
		{"6.8.12-43-pve-relaxablermrr", "pve-relaxablermrr"},
		{"6.1.0-49-amd64", "amd64"},
		{"6.12.90+deb13.1-amd64", "amd64"},
		{"6.12.96+deb13-rt-amd64", "rt-amd64"},
		{"6.5.0-0.deb12.4-cloud-amd64", "cloud-amd64"},
		{"6.8.0-45-generic", "generic"},
		{"7.1.0-rc3", ""},
		{"7.1.0-rc3-mine", "mine"},
		{"7.1.0-rcx", "rcx"},
		{"6.18.3", ""},
		{"6.18.3+", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++)
		assert_string_equal(dg_abi_flavour(cases[i].abi), cases[i].flavour);
}

static void test_series(void **state)
{
	(void)state;
	assert_true(dg_series_cmp("6.17", "7.0") < 0);
	assert_true(dg_series_cmp("6.5", "6.17") < 0);
	assert_true(dg_series_cmp("7.0", "6.17") > 0);
	assert_int_equal(dg_series_cmp("7.0", "7.0"), 0);
	assert_int_equal(dg_series_cmp("7", "7.0"), 0);
	assert_true(dg_series_cmp("", "7.0") < 0);
}

static void test_image(void **state)
{
	static const char *const bad[] = {
		"vmlinuz",
		"vmlinuz-",
		"vmlinuz.old",
		"vmlinuz-pve",
		"initrd.img-7.0.6-2-pve",
		"Vmlinuz-7.0.6-2-pve",
		"vmlinuz-7.0.6-2-pve.bak",
		"vmlinuz-7.0.6-2-pve.old",
		"vmlinuz-7.0.6-2-pve.dpkg-tmp",
		"vmlinuz-7.0.6-2-pve.dpkg-new",
		"vmlinuz-7.0.6-2-pve.dpkg-bak.1",
		"vmlinuz-7.0.6-2-pve~",
		"vmlinuz-7.0.6-2-pve.sig",
		"vmlinuz-../etc/passwd",
		"vmlinuz-7/../x",
		"",
	};

	(void)state;
	assert_string_equal(dg_abi_from_image("vmlinuz-7.0.6-2-pve"), "7.0.6-2-pve");
	assert_string_equal(dg_abi_from_image("vmlinuz-6.12.43+deb13-amd64"),
			    "6.12.43+deb13-amd64");
	for (size_t i = 0; i < DG_COUNT(bad); i++) {
		print_message("%s\n", bad[i]);
		assert_null(dg_abi_from_image(bad[i]));
	}
	assert_true(dg_abi_is_pve("6.14.11-9-bpo12-pve"));
	assert_false(dg_abi_is_pve("6.1.0-44-amd64"));
	assert_false(dg_abi_is_pve("pve"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	cmocka_unit_test(test_valid),
		cmocka_unit_test(test_order),	cmocka_unit_test(test_order_is_total),
		cmocka_unit_test(test_flavour), cmocka_unit_test(test_series),
		cmocka_unit_test(test_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
