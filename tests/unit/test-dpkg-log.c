/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guard/parse/dpkg-log.h"
#include "policy/util.h"

static const char sample[] =
	"2025-09-01 10:11:11 startup archives unpack\n"
	"2025-09-01 10:11:12 upgrade pve-manager:all 8.4.1 9.0.3\n"
	"2025-09-01 10:11:12 status half-configured pve-manager:all 8.4.1\n"
	"2025-09-01 10:11:12 upgrade other:all 1 2\n"
	"2025-09-01 10:11:13 install proxmox-kernel-6.14:all <none> 6.14.8-2\n"
	"this is not a line of a log\n"
	"2025-09-01 10:11:13 conffile /etc/foo install\n"
	"2025-09-01 10:11:14 startup packages configure\n"
	"2025-09-01 10:11:14 configure pve-manager:all 9.0.3 <none>\n"
	"2025-09-01 10:11:14 trigproc man-db:amd64 2.13.1-1 <none>\n"
	"2025-09-01 09:00:00 remove pve-qemu-kvm:amd64 10.0.2-4 <none>\n"
	"2025-09-01 10:11:15 purge noarch 1 <none>\n"
	"2025-09-01 10:11:16 status installed pve-manager:all 9.0.3\n";

#define T(s) (INT64_C(1756721471) + (s)) /* 2025-09-01T10:11:11Z */

static bool wanted(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	return !(len == 5 && memcmp(name, "other", 5) == 0);
}

static void check_sample(const struct dg_dpkg_log *log)
{
	static const struct dg_dpkg_log_event expected[] = {
		{T(1), DG_DPKG_LOG_UPGRADE, (char *)"pve-manager", (char *)"all",
		 (char *)"8.4.1", (char *)"9.0.3"},
		{T(2), DG_DPKG_LOG_INSTALL, (char *)"proxmox-kernel-6.14", (char *)"all",
		 NULL, (char *)"6.14.8-2"},
		{T(0) - 4271, DG_DPKG_LOG_REMOVE, (char *)"pve-qemu-kvm", (char *)"amd64",
		 (char *)"10.0.2-4", NULL},
		{T(4), DG_DPKG_LOG_PURGE, (char *)"noarch", NULL, (char *)"1", NULL},
	};
	size_t i;

	assert_int_equal(log->n_events, DG_COUNT(expected));
	for (i = 0; i < DG_COUNT(expected); i++) {
		const struct dg_dpkg_log_event *a = &log->events[i], *b = &expected[i];

		assert_int_equal(a->time, b->time);
		assert_int_equal(a->action, b->action);
		assert_string_equal(a->package, b->package);
		assert_true(a->architecture == b->architecture ||
			    dg_streq(a->architecture, b->architecture));
		assert_true(a->old_version == b->old_version ||
			    dg_streq(a->old_version, b->old_version));
		assert_true(a->new_version == b->new_version ||
			    dg_streq(a->new_version, b->new_version));
	}
	assert_int_equal(log->first, T(0) - 4271);
	assert_int_equal(log->last, T(5));
	assert_int_equal(log->n_lines, 13);
	assert_int_equal(log->n_bad, 1);
}

/* The result must not depend on where the chunks end. */
static void test_chunks(void **state)
{
	struct dg_dpkg_log_parser *p = NULL;
	size_t step, i, n = sizeof(sample) - 1;

	(void)state;
	assert_int_equal(dg_dpkg_log_new(wanted, NULL, &p), 0);
	for (step = 1; step <= n; step += step < 90 ? 1 : 50) {
		struct dg_dpkg_log log;

		for (i = 0; i < n; i += step) {
			size_t len = step < n - i ? step : n - i;
			DG_FREE char *copy = malloc(len);

			assert_non_null(copy);
			memcpy(copy, sample + i, len);
			assert_int_equal(dg_dpkg_log_feed(p, copy, len), 0);
		}
		assert_int_equal(dg_dpkg_log_finish(p, &log, NULL), 0);
		check_sample(&log);
		dg_dpkg_log_done(&log);
	}
	dg_dpkg_log_free(p);
	dg_dpkg_log_free(NULL);
	dg_dpkg_log_done(NULL);
}

static void feed(struct dg_dpkg_log_parser *p, const char *s)
{
	assert_int_equal(dg_dpkg_log_feed(p, s, strlen(s)), 0);
}

/* A torn last line is not joined with the next file's first one. */
static void test_files(void **state)
{
	struct dg_dpkg_log_parser *p = NULL;
	struct dg_dpkg_log log;

	(void)state;
	assert_int_equal(dg_dpkg_log_new(NULL, NULL, &p), 0);
	feed(p,
	     "2025-09-01 10:11:12 upgrade a:all 1 2\n2025-09-01 10:11:13 upgrade b:all "
	     "1 2");
	dg_dpkg_log_file_end(p);
	dg_dpkg_log_file_end(p);
	feed(p, "\n2025-09-02 10:11:12 upgrade c:all 1 2\n");
	assert_int_equal(dg_dpkg_log_finish(p, &log, NULL), 0);
	assert_int_equal(log.n_events, 2);
	assert_string_equal(log.events[1].package, "c");
	assert_int_equal(log.n_lines, 3);
	assert_int_equal(log.n_bad, 1);
	dg_dpkg_log_done(&log);
	assert_int_equal(dg_dpkg_log_finish(p, &log, NULL), 0);
	assert_int_equal(log.n_lines, 0);
	assert_int_equal(log.first, 0);
	dg_dpkg_log_done(&log);
	dg_dpkg_log_free(p);
}

static const char *const bad_lines[] = {
	"x",
	"2025-09-01 10:11:12",
	"2025-09-01 10:11:12 ",
	"2025-09-01T10:11:12 upgrade a:all 1 2",
	"2025-02-30 10:11:12 upgrade a:all 1 2",
	"2025-09-01 25:11:12 upgrade a:all 1 2",
	"2025-09-01 10:11:12 upgrade a:all 1",
	"2025-09-01 10:11:12 upgrade a:all 1 2 3",
	"2025-09-01 10:11:12 upgrade :all 1 2",
	"2025-09-01 10:11:12 downgrade a:all 1 2",
	" 2025-09-01 10:11:12 upgrade a:all 1 2",
};

static void test_bad_lines(void **state)
{
	struct dg_dpkg_log_parser *p = NULL;
	struct dg_dpkg_log log;
	DG_FREE char *why = NULL;
	size_t i;

	(void)state;
	assert_int_equal(dg_dpkg_log_new(NULL, NULL, &p), 0);
	for (i = 0; i < DG_COUNT(bad_lines); i++) {
		feed(p, bad_lines[i]);
		feed(p, "\n2025-09-01 10:11:12 status installed a:all 1\n");
		assert_int_equal(dg_dpkg_log_finish(p, &log, NULL), 0);
		assert_int_equal(log.n_bad, 1);
		assert_int_equal(log.n_events, 0);
		dg_dpkg_log_done(&log);
	}
	feed(p, "a\n2025-09-01 10:11:12 upgrade a:all 1 2\nb\n");
	assert_int_equal(dg_dpkg_log_finish(p, &log, &why), -EBADMSG);
	assert_string_equal(why, "2 of 3 lines are not of a dpkg log");
	dg_dpkg_log_free(p);
}

static void test_overlong(void **state)
{
	static const char good[] = "2025-09-01 10:11:12 upgrade a:all 1 2\n";
	struct dg_dpkg_log_parser *p = NULL;
	struct dg_dpkg_log log;
	char part[3000];
	size_t i;

	(void)state;
	memset(part, 'x', sizeof(part));
	assert_int_equal(dg_dpkg_log_new(NULL, NULL, &p), 0);
	feed(p, good);
	for (i = 0; i < 1000; i++)
		assert_int_equal(dg_dpkg_log_feed(p, part, sizeof(part)), 0);
	feed(p, "\n");
	feed(p, good);
	assert_int_equal(dg_dpkg_log_finish(p, &log, NULL), 0);
	assert_int_equal(log.n_events, 2);
	assert_int_equal(log.n_lines, 3);
	assert_int_equal(log.n_bad, 1);
	dg_dpkg_log_done(&log);
	dg_dpkg_log_free(p);
}

static void test_too_many(void **state)
{
	static const char line[] = "2025-09-01 10:11:12 upgrade a:all 1 2\n";
	struct dg_dpkg_log_parser *p = NULL;
	size_t i;
	int r = 0;

	(void)state;
	assert_int_equal(dg_dpkg_log_new(NULL, NULL, &p), 0);
	for (i = 0; i <= DG_DPKG_LOG_EVENTS_MAX && r == 0; i++)
		r = dg_dpkg_log_feed(p, line, sizeof(line) - 1);
	assert_int_equal(r, -E2BIG);
	assert_int_equal(i, DG_DPKG_LOG_EVENTS_MAX + 1);
	dg_dpkg_log_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunks),	  cmocka_unit_test(test_files),
		cmocka_unit_test(test_bad_lines), cmocka_unit_test(test_overlong),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
