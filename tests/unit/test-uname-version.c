/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/uname-version.h"
#include "policy/util.h"

static int parse(const char *text, size_t len, struct dg_uname_version *ret)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_uname_version_parse(copy, len, ret);
	free(copy);
	return r;
}

/* Seconds: `date -u -d TIME +%s`. */
static const struct {
	const char *text;
	int64_t time;
	enum dg_uname_vendor vendor;
	const char *version;
	int r;
} cases[] = {
	{"#1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 (2024-04-05T11:03Z)", 1712314980,
	 DG_UNAME_PMX, "6.5.13-5", 0},
	{"#1 SMP PVE 5.15.158-1 (2024-06-14T12:33Z)\n", 1718368380, DG_UNAME_PVE,
	 "5.15.158-1", 0},
	{"6.5.13-5-pve (build@proxmox) #1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 "
	 "(2024-04-05T11:03Z)",
	 1712314980, DG_UNAME_PMX, "6.5.13-5", 0},
	{"#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-05-01)", 1777593600,
	 DG_UNAME_DEBIAN, "6.1.176-1", 0},
	{"#1 SMP Tue Apr  5 11:03:00 UTC 2024", 1712314980, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP Tue Apr  5 11:03:00 CEST 2024", 1712314980, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP Tue Apr  5 11:03:00 2024", 1712314980, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP Tue Apr  5 13:03:00 +0200 2024", 1712314980, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP Fri Apr 5 11:03:00 AM UTC 2024", 1712314980, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP Fri Apr 5 12:03:00 PM UTC 2024", 1712318580, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP Fri Apr 5 12:03:00 AM UTC 2024", 1712275380, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP PREEMPT_DYNAMIC Wed, 10 Apr 2024 20:11:08 +0000", 1712779868,
	 DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP 2024-04-05 11:03:00 -02:30", 1712323980, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP 2024-04-05T11:03:00+02", 1712307780, DG_UNAME_OTHER, NULL, 0},
	{"#1 SMP 2024-04-05T11:03", 1712314980, DG_UNAME_OTHER, NULL, 0},
	{"6.1 (root@2020-01-01) #1 SMP 2024-02-29", 1709164800, DG_UNAME_OTHER, NULL, 0},
	{"#31~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC Wed May 15 16:02:24 UTC 2", 0,
	 DG_UNAME_OTHER, NULL, -ENODATA}, /* cut off by the kernel's field */
	{"", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1 SMP PREEMPT_DYNAMIC @0", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1 SMP PMX 6.5.13-5", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1 SMP Thu Jan  1 00:00:00 UTC 1970", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1-NixOS SMP Tue Jan  1 00:00:00 UTC 1980", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1 SMP May be", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1 SMP (2024-04-05X)", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1 SMP (2024-4-5)", 0, DG_UNAME_OTHER, NULL, -ENODATA},
	{"#1 SMP PMX 1-1 (2024-02-30T11:03Z)", 0, DG_UNAME_OTHER, NULL, -EBADMSG},
	{"#1 SMP PMX 1-1 (2024-13-01)", 0, DG_UNAME_OTHER, NULL, -EBADMSG},
	{"#1 SMP PMX 1-1 (2024-12-01T24:00Z)", 0, DG_UNAME_OTHER, NULL, -EBADMSG},
	{"#1 SMP Fri Apr 31 11:03:00 UTC 2024", 0, DG_UNAME_OTHER, NULL, -EBADMSG},
	{"#1 SMP Fri Apr 0 11:03:00 UTC 2024", 0, DG_UNAME_OTHER, NULL, -EBADMSG},
};

static void reads_versions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_uname_version_clear) struct dg_uname_version v = {0};
		int r = parse(cases[i].text, strlen(cases[i].text), &v);

		if (r != cases[i].r || v.build_time != cases[i].time ||
		    v.vendor != cases[i].vendor ||
		    !v.package_version != !cases[i].version ||
		    (v.package_version &&
		     strcmp(v.package_version, cases[i].version) != 0))
			fail_msg("%s: %d, %lld, %d, %s", cases[i].text, r,
				 (long long)v.build_time, v.vendor, v.package_version);
	}
}

static void survives_every_cut(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		for (k = 0; k < strlen(cases[i].text); k++) {
			struct dg_uname_version v = {0};
			int r = parse(cases[i].text, k, &v);

			assert_true(r == 0 || r == -ENODATA || r == -EBADMSG);
			dg_uname_version_clear(&v);
		}
	}
}

static void survives_floods(void **state)
{
	static char text[1 << 20];
	struct dg_uname_version v;

	(void)state;
	memset(text, '(', sizeof(text));
	assert_int_equal(parse(text, sizeof(text), &v), -ENODATA);
	memset(text, 0, sizeof(text));
	assert_int_equal(parse(text, sizeof(text), &v), -ENODATA);
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "1 ", 2);
	assert_int_equal(parse(text, sizeof(text), &v), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_versions),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(survives_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
