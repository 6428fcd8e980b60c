/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The catalogue holds what it promises: every id, complete, on facts that exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "policy/catalog.h"
#include "policy/policy.h"

/* Ids are a promise to scripts and policies: none may go. */
static const struct {
	const char *id;
	bool essential;
} promised[] = {
	{.id = "kernel-series-behind", .essential = true},
	{.id = "kernel-newer-installed"},
	{.id = "kernel-age-skew"},
	{.id = "kernel-rebuilt"},
	{.id = "kernel-removed"},
	{.id = "kernel-foreign"},
	{.id = "kernel-meta-missing"},
	{.id = "package-held"},
	{.id = "boot-next-broken", .essential = true},
	{.id = "boot-next-differs"},
	{.id = "pin-not-applied", .essential = true},
	{.id = "pin-target-missing"},
	{.id = "next-boot-pin-left"},
	{.id = "esp-stale"},
	{.id = "esp-missing"},
	{.id = "esp-booted-unmanaged"},
	{.id = "esp-unlisted"},
	{.id = "pin-age"},
	{.id = "pin-expired"},
	{.id = "pin-undocumented"},
	{.id = "pin-outlived-userland"},
	{.id = "waiver-expired"},
	{.id = "qemu-ring-phantom"},
	{.id = "qemu-binary-stale"},
	{.id = "qemu-aio-unsupported"},
	{.id = "module-userland-mismatch"},
	{.id = "module-blocks-target"},
	{.id = "pressure-phantom"},
	{.id = "pressure-real"},
	{.id = "policy-invalid"},
	{.id = "clock-implausible"},
	{.id = "upgrade-in-progress"},
	{.id = "action-unfinished"},
};

static void test_all_promised(void **state)
{
	size_t count;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(promised); i++) {
		if (!dg_catalog_find(promised[i].id))
			fail_msg("%s is not in the catalogue", promised[i].id);
	}
	dg_catalog(&count);
	/* A new check is to be promised here too. */
	assert_int_equal(count, DG_COUNT(promised));
}

static void test_unique(void **state)
{
	const struct dg_check *const *checks;
	const char *const *ids = dg_catalog_ids();
	size_t count;

	(void)state;
	checks = dg_catalog(&count);
	assert_true(count <= DG_CHECKS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(ids[i], checks[i]->id);
		assert_ptr_equal(dg_catalog_find(checks[i]->id), checks[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(checks[i]->id, checks[k]->id);
	}
	assert_null(ids[count]);
	assert_null(dg_catalog_find("kernel-series"));
	assert_null(dg_catalog_find(""));
}

static void test_complete(void **state)
{
	const struct dg_check *const *checks;
	size_t count;

	(void)state;
	checks = dg_catalog(&count);
	for (size_t i = 0; i < count; i++) {
		const struct dg_check *c = checks[i];

		if (!c->title || !*c->title || !c->why || !*c->why || !c->remedy ||
		    !*c->remedy || !c->family || !*c->family)
			fail_msg("%s lacks a title, why, remedy or family", c->id);
		if (c->severity == DG_FINE)
			fail_msg("%s has no severity", c->id);
		if (!c->run == !c->run_last)
			fail_msg("%s needs exactly one function", c->id);
	}
}

/* Along the field tables: dg_facts_gap() stops at the first fact that is not known. */
static bool path_exists(const char *path)
{
	const struct dg_record *record = &dg_facts_record;

	for (;;) {
		size_t size = strcspn(path, ".");
		const struct dg_field *field;

		if (!record)
			return false;
		if (dg_streq(path, "*"))
			return true;
		field = dg_record_field(record, path, size);
		if (!field || !path[size])
			return field != NULL;
		record = field->record;
		path += size + 1;
	}
}

static void test_needs_exist(void **state)
{
	const struct dg_check *const *checks;
	size_t count;

	(void)state;
	checks = dg_catalog(&count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < DG_CHECK_NEEDS; k++) {
			const char *need = checks[i]->needs[k],
				   *each = checks[i]->each[k];

			if (need && !path_exists(need))
				fail_msg("%s needs %s, which is no fact", checks[i]->id,
					 need);
			if (each && !path_exists(each))
				fail_msg("%s needs %s, which is no fact", checks[i]->id,
					 each);
		}
	assert_true(path_exists("boot.esps.loader"));
	assert_false(path_exists("kernel.relaese"));
	assert_false(path_exists("kernel.release.x"));
}

static void test_essential(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	const struct dg_check *const *checks;
	size_t count;

	(void)state;
	assert_non_null(policy);
	assert_int_equal(dg_policy_settle(policy, "pve1"), 0);
	assert_int_equal(policy->problem_count, 0);
	checks = dg_catalog(&count);
	for (size_t i = 0; i < count; i++) {
		bool want = false;

		for (size_t k = 0; k < DG_COUNT(promised); k++)
			if (dg_streq(promised[k].id, checks[i]->id))
				want = promised[k].essential;
		if (want != !!(checks[i]->flags & DG_ESSENTIAL))
			fail_msg("%s: wrongly marked as essential or not", checks[i]->id);
		if (want != policy->essential[i])
			fail_msg("%s: the default policy says otherwise", checks[i]->id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_promised), cmocka_unit_test(test_unique),
		cmocka_unit_test(test_complete),     cmocka_unit_test(test_needs_exist),
		cmocka_unit_test(test_essential),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
