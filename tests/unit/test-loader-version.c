/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "policy/loader-version.h"
#include "policy/util.h"
#include "tests/unit/versions.h"

#define PAIRS 1000

/* From the specification's examples, and what systemd does where it is silent. */
static const struct {
	const char *a, *b;
	int r;
} pairs[] = {
	{"11", "11", 0},
	{"systemd-123", "systemd-123", 0},
	{"bar-123", "foo-123", -1},
	{"123a", "123", 1},
	{"123.a", "123", 1},
	{"123.a", "123.b", -1},
	{"123a", "123.a", 1},
	{"11\xce\xb1", "11\xce\xb2", 0},
	{"A", "a", -1},
	{"", "0", -1},
	{"0.", "0", 1},
	{"0.0", "0", 1},
	{"~", "0", -1},
	{"~", "", -1},
	{"1_", "1", 0},
	{"_1", "1", 0},
	{"1_", "1.2", -1},
	{"1_2_3", "1.3.3", 1},
	{"1+2+3", "1.3.3", 1},
	{"1.0~rc1", "1.0", -1},
	{"1~", "1~~", -1},
	{"1~_", "1~", 1},
	{"1^a", "1", 1},
	{"1^a", "1.1", -1},
	{"1^a", "1-1", 1},
	{"0012", "12", 0},
	{"a", "0", -1},
	{"18446744073709551616", "18446744073709551615", 1},
	{"proxmox-7.0.14-17-pve.conf", "proxmox-7.0.14-6-pve.conf", 1},
	{"proxmox-6.14.11-9-bpo12-pve.conf", "proxmox-6.5.13-5-pve.conf", 1},
	{"proxmox-7.0.6-2-pve.conf", "proxmox-6.17.9-1-pve.conf", 1},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(pairs); i++) {
		print_message("%s %s\n", pairs[i].a, pairs[i].b);
		assert_int_equal(sign_of(dg_loader_version_cmp(pairs[i].a, pairs[i].b)),
				 pairs[i].r);
		assert_int_equal(sign_of(dg_loader_version_cmp(pairs[i].b, pairs[i].a)),
				 -pairs[i].r);
	}
}

static void pair_make(char a[VERSION_SIZE], char b[VERSION_SIZE])
{
	static const char *const real[] = {
		"proxmox-7.0.14-17-pve.conf",
		"proxmox-7.0.14-6-pve.conf",
		"proxmox-6.14.11-9-bpo12-pve",
		"6.12.43+deb13-cloud-amd64",
		"7.1.0~rc3-pve",
		"247.2-3.1.fc33.x86_64",
	};
	static const char *const pieces[] = {"0", "1", "01", "10", ".", "-",  "~",  "^",
					     "_", "+", "a",  "A",  "b", "rc", "ab", "9"};

	if (random_below(2)) {
		a[0] = b[0] = '\0';
		version_append(a, pieces, DG_COUNT(pieces), random_below(6));
		version_append(b, pieces, DG_COUNT(pieces), random_below(6));
		if (random_below(2) && strlen(a) < 20 && strlen(b) < 20) {
			memmove(b + strlen(a), b, strlen(b) + 1);
			memcpy(b, a, strlen(a)); /* the same beginning */
		}
		return;
	}
	strcpy(a, real[random_below(DG_COUNT(real))]);
	strcpy(b, random_below(4) ? a : real[random_below(DG_COUNT(real))]);
	version_mutate(a, "0123456789.~^-+_abzAZ");
	version_mutate(b, "0123456789.~^-+_abzAZ");
}

static int ask_systemd(const char *a, int ours, const char *b)
{
	const char *const argv[] = {"systemd-analyze",
				    "compare-versions",
				    "--",
				    a,
				    relation_name(ours),
				    b,
				    NULL};

	return run_quiet(argv);
}

static void test_against_systemd(void **state)
{
	(void)state;
	if (ask_systemd("1", -1, "2") != 0) {
		print_message("skipped: systemd-analyze is not here to compare with\n");
		skip();
	}
	for (size_t i = 0; i < PAIRS; i++) {
		char a[VERSION_SIZE], b[VERSION_SIZE];
		int ours;

		pair_make(a, b);
		ours = dg_loader_version_cmp(a, b);
		if (ask_systemd(a, ours, b) != 0)
			fail_msg("systemd does not say: \"%s\" %s \"%s\"", a,
				 relation_name(ours), b);
	}
}

static void test_antisymmetry(void **state)
{
	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		char a[VERSION_SIZE], b[VERSION_SIZE];

		pair_make(a, b);
		assert_int_equal(sign_of(dg_loader_version_cmp(a, b)),
				 -sign_of(dg_loader_version_cmp(b, a)));
		assert_int_equal(dg_loader_version_cmp(a, a), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_against_systemd),
		cmocka_unit_test(test_antisymmetry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
