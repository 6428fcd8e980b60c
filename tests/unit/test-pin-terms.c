/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terms on which a kernel is pinned. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/pin-terms.h"
#include "policy/timefmt.h"
#include "tests/unit/facts-builder.h"

/* --- days --- */

static const struct {
	const char *text, *day; /* NULL: it is refused */
	const char *why;
} days[] = {
	{.text = "2026-12-31", .day = "2026-12-31"},
	{.text = "2028-02-29", .day = "2028-02-29"},
	{.text = "2026-06-03", .day = "2026-06-03"}, /* today */
	{.text = "1d", .day = "2026-06-04"},
	{.text = "90d", .day = "2026-09-01"},
	{.text = "2026-06-02", .why = "has passed: today is 2026-06-03"},
	{.text = "2026-02-30", .why = "is no day"},
	{.text = "2027-02-29", .why = "is no day"},
	{.text = "2026-12-31T10:00:00Z", .why = "is no day"},
	{.text = "0d", .why = "is no day"},
	{.text = "-1d", .why = "is no day"},
	{.text = "90", .why = "is no day"},
	{.text = "", .why = "is no day"},
	{.text = "99999999999999999999d", .why = "is no day"},
	{.text = "10000-01-01", .why = "is no day"},
	{.text = "\033[31m", .why = "?[31m is no day"},
};

static void test_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(days); i++) {
		DG_FREE char *why = NULL;
		char date[DG_DATE_SIZE];
		int64_t until, last;
		int r = dg_pin_until_parse(days[i].text, NOW, &until, &why);

		if (days[i].day) {
			assert_int_equal(r, 0);
			assert_string_equal(dg_date_format(until, date), days[i].day);
			assert_int_equal(dg_date_parse_end(days[i].day, &last), 0);
			assert_int_equal(until, last);
		} else if (r != -EINVAL || !strstr(why, days[i].why)) {
			fail_msg("%s: %d, %s", days[i].text, r, why ? why : "");
		}
	}
}

/* --- entries --- */

static int make(const struct dg_facts *f, const char *abi, const char *policy_text,
		const struct dg_pin_terms *terms, struct dg_pin_entry *ret, char **why)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	struct dg_view view;
	int r;

	assert_non_null(policy);
	if (policy_text)
		assert_int_equal(dg_policy_merge(policy, "test", policy_text,
						 strlen(policy_text), true),
				 0);
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_view_derive(f, policy, &view), 0);
	r = dg_pin_entry_make(&view, abi, terms, ret, why);
	dg_view_clear(&view);
	return r;
}

static void test_new(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	const struct dg_pin_terms terms = {
		.reason = "because", .until = "90d", .login = "who"};
	struct dg_pin_entry entry;

	(void)state;
	assert_int_equal(make(f, NEWER, NULL, &terms, &entry, NULL), 0);
	assert_true(entry.wanted);
	assert_string_equal(entry.reason, "because");
	assert_string_equal(entry.owner, "who");
	assert_int_equal(entry.since, NOW);
	assert_false(entry.due_today);
}

/* A pin that somebody made is as old as it is. */
static void test_adopted(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	const struct dg_pin_terms terms = {.reason = "because",
					   .until = "2026-06-03",
					   .owner = "me",
					   .login = "who"};
	struct dg_pin_entry entry;

	(void)state;
	pin_old(f);
	assert_int_equal(make(f, OLD, NULL, &terms, &entry, NULL), 0);
	assert_int_equal(entry.since, f->boot.pin_time.value);
	assert_string_equal(entry.owner, "me");
	assert_true(entry.due_today);
	/* Another kernel's age does not count. */
	assert_int_equal(make(f, NEWEST, NULL, &terms, &entry, NULL), 0);
	assert_int_equal(entry.since, NOW);
}

/* What is not said again stays as it is. */
static void test_renewed(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	const struct dg_pin_terms terms = {.until = "2026-12-31", .login = "who"};
	const struct dg_pin_terms none = {.login = "who"};
	struct dg_pin_entry entry;
	struct dg_debt *debt;
	DG_FREE char *why = NULL;

	(void)state;
	pin_old(f);
	debt = document(f, OLD, 30);
	assert_int_equal(make(f, OLD, NULL, &terms, &entry, NULL), 0);
	assert_string_equal(entry.reason, debt->reason.value);
	assert_string_equal(entry.owner, debt->owner.value);
	assert_int_equal(entry.since, debt->since.value);
	assert_int_equal(make(f, OLD, NULL, &none, &entry, NULL), 0);
	assert_int_equal(entry.until, debt->until.value);
	dg_set_int(&debt->until, NOW - DAY);
	assert_int_equal(make(f, OLD, NULL, &none, &entry, &why), -EINVAL);
	assert_non_null(strstr(why, "was due on"));
}

#define LAX                                               \
	"{\"schema\": \"driftguard.policy/1\", \"pin\": " \
	"{\"require_reason\": false}}"

static void test_missing(void **state)
{
	static const struct {
		struct dg_pin_terms terms;
		const char *why;
	} cases[] = {
		{{.login = "who"}, "say --reason and --until,"},
		{{.reason = "because"}, "say --until,"},
		{{.until = "90d"}, "say --reason,"},
		{{.reason = "", .until = "90d"}, "--reason is empty"},
		{{.reason = " \t", .until = "90d"}, "--reason is empty"},
		{{.reason = "a\nb", .until = "90d"}, "control characters"},
		{{.reason = "a\xff", .until = "90d"}, "no UTF-8"},
		{{.reason = "a", .owner = "\033", .until = "90d"}, "--owner holds"},
	};
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
	const struct dg_pin_terms none = {.login = "who"};
	struct dg_pin_entry entry;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *why = NULL;
		int r = make(f, NEWER, NULL, &cases[i].terms, &entry, &why);

		if (r != -EINVAL || !strstr(why, cases[i].why))
			fail_msg("%s: %d, %s", cases[i].why, r, why ? why : "");
	}
	/* Where the policy asks for nothing, nothing is written down. */
	assert_int_equal(make(f, NEWER, LAX, &none, &entry, NULL), 0);
	assert_false(entry.wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),	cmocka_unit_test(test_new),
		cmocka_unit_test(test_adopted), cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
