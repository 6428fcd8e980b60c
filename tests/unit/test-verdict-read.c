/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A recorded verdict read back: the same document comes out again; what is broken is
 * refused, and the member named; what another version wrote is taken as far as it goes.
 */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "policy/catalog.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/verdicts.h"

static void assert_same(struct json_object *a, struct json_object *b, const char *what)
{
	if (!json_object_equal(a, b))
		fail_msg("%s: %s\nis not\n%s", what, json_object_to_json_string(a),
			 json_object_to_json_string(b));
}

/* --- the same again --- */

static void goldens_come_out_again(void **state)
{
	glob_t paths;

	(void)state;
	assert_int_equal(glob("tests/hosts/*/verdict.json", 0, NULL, &paths), 0);
	assert_true(paths.gl_pathc > 20);
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		struct json_object *json = json_object_from_file(paths.gl_pathv[i]);
		VERDICT_CLEANUP struct dg_verdict *v = verdict_of(json_object_get(json));
		struct json_object *again = dg_verdict_encode(v);

		assert_same(again, json, paths.gl_pathv[i]);
		json_object_put(again);
		json_object_put(json);
	}
	globfree(&paths);
}

/* What the hosts of the goldens do not have: a waiver, a preflight that cannot be told.
 */
static void waived(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, 30);
}

static void not_told(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->boot.next_pin);
}

static void judged_come_out_again(void **state)
{
	static void (*const bends[])(struct dg_facts *) = {waived, not_told};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(bends); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = host_esps();
		VERDICT_CLEANUP struct dg_verdict *v = NULL, *again = NULL;
		struct json_object *first, *second;

		bends[i](facts);
		v = judge(facts, NULL);
		first = dg_verdict_encode(v);
		again = verdict_of(json_object_get(first));
		second = dg_verdict_encode(again);
		assert_same(second, first, "judged");
		json_object_put(first);
		json_object_put(second);
	}
}

/* Texts that are kept by a reference outlive the document. */
static void needs_the_document_no_more(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident-built");

	(void)state;
	assert_int_equal(v->level, DG_LEVEL_CRITICAL);
	assert_string_equal(v->host.product_name, "Proxmox VE");
	assert_string_equal(v->plan->strategy, "repin");
	assert_string_equal(v->plan->then, "reboot");
	assert_true(v->plan->ready && v->plan->step_count == 1);
	assert_string_equal(v->plan->steps[0].argv.words[3], "7.0.6-2-pve");
	assert_true(*v->plan->steps[0].why && v->plan->steps[0].undo_count > 0);
	assert_true(*v->plan->preflights[0].id);
	assert_int_equal(found(v, "kernel-series-behind")->severity, DG_CRITICAL);
	assert_string_equal(evidence(found(v, "kernel-series-behind"), "running"),
			    "6.5.13-5-pve");
}

/* --- of another version --- */

static struct json_object *finding_of(struct json_object *json, size_t i)
{
	return json_object_array_get_idx(json_object_object_get(json, "findings"), i);
}

static void unheard_of_members(void **state)
{
	struct json_object *json = golden_json("incident"), *finding;
	VERDICT_CLEANUP struct dg_verdict *v = NULL;

	(void)state;
	json_object_object_add(json, "mood", json_object_new_string("bad"));
	finding = finding_of(json, 0);
	json_object_object_add(finding, "mood", json_object_new_array());
	json_object_object_add(json_object_object_get(json, "plan"), "mood", NULL);
	v = verdict_of(json);
	assert_int_equal(v->level, DG_LEVEL_CRITICAL);
}

/* Every check of the catalogue is there, in its order, whatever the document has. */
static void other_checks(void **state)
{
	struct json_object *json = golden_json("healthy-9.2");
	VERDICT_CLEANUP struct dg_verdict *v = NULL;
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);

	(void)state;
	json_object_object_add(finding_of(json, 0), "id",
			       json_object_new_string("of-a-later-version"));
	v = verdict_of(json);
	assert_int_equal(v->finding_count, count);
	for (size_t i = 0; i < count; i++)
		assert_ptr_equal(v->findings[i].check, all[i]);
	assert_int_equal(v->findings[0].status, DG_UNKNOWN);
	assert_non_null(strstr(v->findings[0].summary, "another version"));
	assert_int_equal(v->findings[1].status, DG_OK);
}

/* --- what is refused --- */

static void refuse(struct json_object *json, const char *says)
{
	static struct dg_verdict untouched;
	struct dg_verdict *v = &untouched;
	char *why = NULL;
	int r = dg_verdict_decode(json, &v, &why);

	if (r != -EBADMSG || !why || !strstr(why, says))
		fail_msg("%d, \"%s\", not \"%s\"", r, why ? why : "", says);
	/* Written on success only. */
	assert_ptr_equal(v, &untouched);
	free(why);
}

/* A document with `value` (JSON) at a place of it: "plan/preflight/0/id". */
static struct json_object *bent(const char *name, const char *path, const char *value)
{
	struct json_object *json = golden_json(name), *at = json;
	DG_FREE char *copy = strdup(path);
	char *key = copy;

	for (char *slash; (slash = strchr(key, '/')); key = slash + 1) {
		*slash = '\0';
		at = json_object_is_type(at, json_type_array)
			     ? json_object_array_get_idx(at, (size_t)atoi(key))
			     : json_object_object_get(at, key);
		assert_non_null(at);
	}
	if (!value)
		json_object_object_del(at, key);
	else if (json_object_is_type(at, json_type_array))
		json_object_array_put_idx(at, (size_t)atoi(key),
					  json_tokener_parse(value));
	else
		json_object_object_add(at, key, json_tokener_parse(value));
	return json;
}

static void broken_members(void **state)
{
	/* The first finding is drift, the plan has a command and a preflight. */
	static const struct {
		const char *path, *value, *says;
	} cases[] = {
		{"schema", "\"driftguard.verdict/2\"", "\"schema\" is not driftguard"},
		{"schema", NULL, "\"schema\" is missing"},
		{"time", "\"yesterday\"", "\"time\" is no time"},
		{"time", "3", "\"time\" is of another type"},
		{"verdict", "\"fine\"", "\"verdict\" is none of its words"},
		{"verdict", "null", "\"verdict\" is null"},
		{"headline", "null", "\"headline\" is null"},
		{"headline", "\"a\\u001b[31m\"", "\"headline\" is no clean text"},
		{"headline", "\"a\\nb\"", "\"headline\" is no clean text"},
		{"host", "[]", "\"host\" is of another type"},
		{"host/name", "7", "\"name\" is of another type"},
		{"kernel/next_boot_because", "null", "\"next_boot_because\" does not"},
		{"findings", "null", "\"findings\" is null"},
		{"findings", "{}", "\"findings\" is of another type"},
		{"findings/0", "null", "\"id\" is missing"},
		{"findings/0/id", "\"kernel-age-skew\"", "\"kernel-age-skew\" stands"},
		{"findings/0/status", "\"perhaps\"", "\"status\" is none"},
		{"findings/0/status", "\"ok\"", "\"severity\" does not fit"},
		{"findings/0/status", "\"waived\"", "\"waiver\" does not fit"},
		{"findings/0/severity", "null", "\"severity\" does not fit"},
		{"findings/0/severity", "\"fine\"", "\"severity\" is none"},
		{"findings/0/waiver", "{}", "\"waiver\" does not fit"},
		{"findings/0/summary", NULL, "\"summary\" is missing"},
		{"findings/0/subjects/0/kind", "\"dog\"", "\"kind\" is none"},
		{"findings/0/subjects/0/name", "null", "\"name\" is null"},
		{"findings/0/evidence/running", "1.5", "\"evidence\" holds"},
		{"findings/0/evidence/running", "{}", "\"evidence\" holds"},
		{"findings/0/evidence/running", "[3]", "\"evidence\" holds"},
		{"findings/0/evidence/running", "\"a\\u0007\"", "\"evidence\" holds"},
		{"findings/0/evidence/a\033", "\"b\"", "\"evidence\" holds"},
		{"plan/strategy", "\"pray\"", "\"strategy\" is none"},
		{"plan/then", "\"rest\"", "\"then\" is none"},
		{"plan/ready", "1", "\"ready\" is of another type"},
		{"plan/commands/0/argv", "[]", "\"argv\" has no words"},
		{"plan/commands/0/argv", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]",
		 "\"argv\" has no words, or too many"},
		{"plan/commands/0/argv", "[null]", "\"argv\" is not made of"},
		{"plan/commands/0/argv", "[\"a\\rb\"]", "\"argv\" is not made of"},
		{"plan/commands/0/undo", "[[],[],[]]", "\"undo\" has too many"},
		{"plan/commands", "[{},{},{},{},{}]", "\"commands\" has too many"},
		{"plan/preflight/0/id", "null", "\"id\" is null"},
		{"plan/preflight/0/ok", "\"yes\"", "\"ok\" is of another type"},
		{"plan/preflight/0/unblock", "3", "\"unblock\" is of another type"},
		{"plan/preflight/0/detail", NULL, "\"detail\" is missing"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct json_object *json =
			bent("incident-built", cases[i].path, cases[i].value);

		refuse(json, cases[i].says);
		json_object_put(json);
	}
}

static void no_documents(void **state)
{
	static const char *const texts[] = {"null", "[]", "{}", "3", "\"text\""};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(texts); i++) {
		struct json_object *json = json_tokener_parse(texts[i]);

		refuse(json, "\"schema\" is missing");
		json_object_put(json);
	}
}

static void too_long_lists(void **state)
{
	static const char *const places[] = {"subjects", "evidence"};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(places); i++) {
		struct json_object *json = golden_json("incident");
		struct json_object *list = json_object_new_array();
		struct json_object *finding = finding_of(json, 0);

		for (int n = 0; n < 5000; n++)
			json_object_array_add(list, json_object_new_string("x"));
		if (i == 0)
			json_object_object_add(finding, "subjects", list);
		else
			json_object_object_add(
				json_object_object_get(finding, "evidence"), "x", list);
		refuse(json, places[i]);
		json_object_put(json);
	}
}

/* --- what it is worth later --- */

#define BOOT "0f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50"

static void grown_old(void **state)
{
	static const struct {
		int64_t after; /* the verdict */
		const char *boot_id, *says;
		int64_t age_s;
	} cases[] = {
		{0, BOOT, NULL, 0},
		{90, BOOT, NULL, 90},
		{90, NULL, NULL, 90},
		{DG_VERDICT_AGE_MAX, BOOT, NULL, DG_VERDICT_AGE_MAX},
		{DG_VERDICT_AGE_MAX + 1, BOOT, "is 2 days old", DG_VERDICT_AGE_MAX + 1},
		{100 * DAY, BOOT, "is 100 days old", 100 * DAY},
		{90, "1f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e51", "is of another boot", 90},
		{-90, BOOT, NULL, 0},
		{-DAY, BOOT, NULL, 0},
		{-DAY - 1, BOOT, "is dated in the future", 0},
		{-20000 * DAY, BOOT, "is dated in the future", 0},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		VERDICT_CLEANUP struct dg_verdict *v = golden("incident");
		int64_t then = v->time;

		assert_string_equal(v->host.boot_id, BOOT);
		assert_int_equal(
			dg_verdict_grow_old(v, then + cases[i].after, cases[i].boot_id),
			0);
		assert_true(v->recorded.is_set && !v->recorded.missing);
		assert_int_equal(v->recorded.age_s, cases[i].age_s);
		assert_int_equal(v->recorded.stale, cases[i].says != NULL);
		assert_int_equal(v->level,
				 cases[i].says ? DG_LEVEL_UNKNOWN : DG_LEVEL_CRITICAL);
		assert_int_equal(v->plan == NULL, cases[i].says != NULL);
		if (cases[i].says && (!strstr(v->headline, cases[i].says) ||
				      !strstr(v->headline, "it was critical")))
			fail_msg("\"%s\"", v->headline);
		/* What was found then stays told. */
		assert_int_equal(found(v, "kernel-series-behind")->status, DG_DRIFT);
		assert_int_equal(v->time, then);
	}
}

static void none_recorded(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = NULL;
	struct json_object *json, *recorded;
	size_t count;

	(void)state;
	dg_catalog(&count);
	assert_int_equal(dg_verdict_missing(NOW, "No verdict", &v), 0);
	assert_int_equal(v->level, DG_LEVEL_UNKNOWN);
	assert_int_equal(dg_level_exit_status(v->level), 3);
	assert_string_equal(v->headline, "No verdict");
	assert_int_equal(v->finding_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(v->findings[i].status, DG_UNKNOWN);
	json = dg_verdict_encode(v);
	recorded = json_object_object_get(json, "recorded");
	assert_non_null(recorded);
	assert_null(json_object_object_get(recorded, "age_s"));
	assert_true(json_object_get_boolean(json_object_object_get(recorded, "stale")));
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens_come_out_again),
		cmocka_unit_test(judged_come_out_again),
		cmocka_unit_test(needs_the_document_no_more),
		cmocka_unit_test(unheard_of_members),
		cmocka_unit_test(other_checks),
		cmocka_unit_test(broken_members),
		cmocka_unit_test(no_documents),
		cmocka_unit_test(too_long_lists),
		cmocka_unit_test(grown_old),
		cmocka_unit_test(none_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
