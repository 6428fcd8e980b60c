/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy/facts.schema.json describes the field table, both ways; and what is written for
 * the test hosts is valid by the schemas, and no longer so once anything is changed. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "policy/judge.h"
#include "policy/text.h"
#include "tests/unit/json-schema.h"

static struct json_object *load(const char *path)
{
	struct json_object *json = json_object_from_file(path);

	if (!json)
		fail_msg("%s cannot be read", path);
	return json;
}

/* --- the field table --- */

static const char *const basic[] = {
	[DG_STR] = "#/$defs/text",    [DG_INT] = "#/$defs/integer",
	[DG_REAL] = "#/$defs/number", [DG_BOOL] = "#/$defs/boolean",
	[DG_TIME] = "#/$defs/time",
};

#define BASIC_DEFS 6 /* text, integer, number, boolean, time; and the gap */
#define NO_NUMBER  1
#define RECORDS	   64

struct walk {
	struct json_object *schema;
	const struct dg_record *seen[RECORDS];
	size_t count;
};

static void check_record(struct walk *w, const struct dg_record *record,
			 struct json_object *object, const char *also);
static void check_field(struct walk *w, const struct dg_record *record,
			const struct dg_field *field, struct json_object *node);

static bool is_ref(struct json_object *node, const char *to)
{
	return json_is_word(json_at(node, "$ref"), to);
}

/* The other one of `node`'s two ways to be: that which is no gap. */
static struct json_object *beside_gap(struct json_object *node)
{
	struct json_object *both = json_at(node, "anyOf");

	if (!both || json_object_array_length(both) != 2 ||
	    !is_ref(json_object_array_get_idx(both, 1), "#/$defs/gap"))
		return NULL;
	return json_object_array_get_idx(both, 0);
}

static void check_def(struct walk *w, const struct dg_record *record,
		      struct json_object *ref)
{
	DG_FREE char *name = dg_format("#/$defs/%s", record->name);
	struct json_object *object = beside_gap(schema_resolve(w->schema, ref));

	if (record->bare) {
		check_field(w, record, record->fields, ref);
		return;
	}
	if (!is_ref(ref, name) || !object)
		fail_msg("the schema does not lead to %s, or a gap", name);
	for (size_t i = 0; i < w->count; i++)
		if (w->seen[i] == record)
			return;
	assert_true(w->count < RECORDS);
	w->seen[w->count++] = record;
	check_record(w, record, object, NULL);
}

static void check_field(struct walk *w, const struct dg_record *record,
			const struct dg_field *field, struct json_object *node)
{
	struct json_object *list;

	if (!node)
		fail_msg("the schema lacks %s.%s", record->name, field->name);
	switch (field->type) {
	case DG_RECORD:
		check_def(w, field->record, node);
		return;
	case DG_LIST_OF:
		list = beside_gap(node);
		if (!json_is_word(json_at(list, "type"), "array"))
			fail_msg("%s.%s is no list", record->name, field->name);
		check_def(w, field->record, json_at(list, "items"));
		return;
	default:
		if (!is_ref(node, basic[field->type]))
			fail_msg("%s.%s is no %s", record->name, field->name,
				 basic[field->type]);
	}
}

static bool is_required(struct json_object *object, const char *name)
{
	struct json_object *list = json_at(object, "required");

	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (json_is_word(json_object_array_get_idx(list, i), name))
			return true;
	return false;
}

static void check_record(struct walk *w, const struct dg_record *record,
			 struct json_object *object, const char *also)
{
	struct json_object *members = json_at(object, "properties"), *more;

	assert_true(json_is_word(json_at(object, "type"), "object"));
	assert_true(json_object_object_get_ex(object, "additionalProperties", &more));
	assert_true(json_object_is_type(more, json_type_boolean));
	assert_false(json_object_get_boolean(more));
	for (size_t i = 0; i < record->count; i++) {
		const char *name = record->fields[i].name;

		check_field(w, record, &record->fields[i], json_at(members, name));
		if (!is_required(object, name))
			fail_msg("%s.%s is not required", record->name, name);
	}
	json_object_object_foreach(members, name, node)
	{
		if (node && !dg_streq(name, also) &&
		    !dg_record_field(record, name, strlen(name)))
			fail_msg("there is no %s.%s", record->name, name);
	}
	assert_int_equal(json_object_array_length(json_at(object, "required")),
			 json_object_object_length(members));
}

static void test_fields(void **state)
{
	struct walk w = {.schema = load("policy/facts.schema.json")};

	(void)state;
	check_record(&w, &dg_facts_record, w.schema, "schema");
	assert_true(is_required(w.schema, "schema"));
	/* Each of the definitions was met. */
	assert_int_equal(json_object_object_length(json_at(w.schema, "$defs")),
			 w.count + BASIC_DEFS);
	json_object_put(w.schema);
}

static void test_actions(void **state)
{
	struct walk w = {.schema = load("policy/action.schema.json")};

	(void)state;
	check_record(&w, &dg_action_record, w.schema, "schema");
	assert_true(is_required(w.schema, "schema"));
	assert_int_equal(json_object_object_length(json_at(w.schema, "$defs")),
			 w.count + BASIC_DEFS - NO_NUMBER);
	json_object_put(w.schema);
}

/* --- the words --- */

static void check_words(struct json_object *node, const char *(*name)(int), int from,
			int to, bool or_null)
{
	struct json_object *list = json_at(node, "enum");

	assert_non_null(list);
	assert_int_equal(json_object_array_length(list), to - from + 1 + or_null);
	for (int i = from; i <= to; i++) {
		size_t at = 0;

		while (at < json_object_array_length(list) &&
		       !json_is_word(json_object_array_get_idx(list, at), name(i)))
			at++;
		if (at == json_object_array_length(list))
			fail_msg("the schema lacks the word %s", name(i));
	}
}

static const char *state_word(int i)
{
	return dg_state_name((enum dg_state)i);
}

static const char *level_word(int i)
{
	return dg_level_name((enum dg_level)i);
}

static const char *status_word(int i)
{
	return dg_status_name((enum dg_status)i);
}

static const char *severity_word(int i)
{
	return dg_severity_name((enum dg_severity)i);
}

static const char *because_word(int i)
{
	return dg_because_name((enum dg_because)i);
}

static void test_words(void **state)
{
	struct json_object *facts = load("policy/facts.schema.json");
	struct json_object *verdict = load("policy/verdict.schema.json");
	struct json_object *gap = json_at(json_at(facts, "$defs"), "gap");
	struct json_object *members = json_at(verdict, "properties");
	struct json_object *kernel = json_at(json_at(members, "kernel"), "properties");
	struct json_object *finding =
		json_at(json_at(json_at(verdict, "$defs"), "finding"), "properties");

	(void)state;
	check_words(json_at(json_at(gap, "properties"), "state"), state_word,
		    DG_UNREADABLE, DG_MALFORMED, false);
	check_words(json_at(members, "verdict"), level_word, DG_LEVEL_OK,
		    DG_LEVEL_UNKNOWN, false);
	check_words(json_at(finding, "status"), status_word, DG_OK, DG_UNKNOWN, false);
	check_words(json_at(finding, "severity"), severity_word, DG_NOTICE, DG_CRITICAL,
		    true);
	check_words(json_at(kernel, "next_boot_because"), because_word, DG_BY_NOTHING + 1,
		    DG_BY_NEWEST, true);
	json_object_put(facts);
	json_object_put(verdict);
}

/* --- documents --- */

static void assert_valid(struct json_object *schema, struct json_object *json,
			 const char *path)
{
	char *why = NULL;

	if (!json_is_valid(schema, json, &why))
		fail_msg("%s: %s", path, why ? why : "out of memory");
}

static void check_strict(struct json_object *schema, struct json_object *top,
			 struct json_object *at, const char *const *loose);

static bool is_loose(const char *key, const char *const *loose)
{
	while (*loose && !dg_streq(*loose, key))
		loose++;
	return *loose;
}

/* The members of evidence are each check's own. */
static void check_members(struct json_object *schema, struct json_object *top,
			  struct json_object *object, const char *const *loose)
{
	struct json_object *copy = NULL;

	assert_int_equal(json_object_deep_copy(object, &copy, NULL), 0);
	json_object_object_foreach(copy, key, value)
	{
		if (is_loose(key, loose))
			continue;
		json_object_object_del(object, key);
		if (json_is_valid(schema, top, NULL))
			fail_msg("valid without %s", key);
		json_object_object_add(object, key, json_object_get(value));
		if (!dg_streq(key, "evidence"))
			check_strict(schema, top, value, loose);
	}
	json_object_put(copy);
}

/* Every object below `at`, in turn, gets a member that no schema knows, and loses each of
 * its own; the members named in `loose` (NULL-terminated) may go. */
static void check_strict(struct json_object *schema, struct json_object *top,
			 struct json_object *at, const char *const *loose)
{
	if (json_object_is_type(at, json_type_array))
		for (size_t i = 0; i < json_object_array_length(at); i++)
			check_strict(schema, top, json_object_array_get_idx(at, i),
				     loose);
	if (!json_object_is_type(at, json_type_object))
		return;
	json_object_object_add(at, "unheard-of", json_object_new_object());
	if (json_is_valid(schema, top, NULL))
		fail_msg("valid with an unheard-of member");
	json_object_object_del(at, "unheard-of");
	check_members(schema, top, at, loose);
}

/* All of the test hosts' documents, and that one of them is held strictly. */
static void check_hosts(const char *schema_path, const char *pattern,
			const char *strictly, const char *const *loose)
{
	struct json_object *schema = load(schema_path), *strict;
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc > 20);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct json_object *json = load(found.gl_pathv[i]);

		assert_valid(schema, json, found.gl_pathv[i]);
		json_object_put(json);
	}
	globfree(&found);
	strict = load(strictly);
	check_strict(schema, strict, strict, loose);
	json_object_put(strict);
	json_object_put(schema);
}

static void test_facts(void **state)
{
	static const char *const loose[] = {"detail", NULL};

	(void)state;
	check_hosts("policy/facts.schema.json", "tests/hosts/*/facts.json",
		    "tests/hosts/esp-stale/facts.json", loose);
}

static void test_verdicts(void **state)
{
	static const char *const loose[] = {"unblock", "advisory", NULL};

	(void)state;
	check_hosts("policy/verdict.schema.json", "tests/hosts/*/verdict.json",
		    "tests/hosts/incident-esp/verdict.json", loose);
	check_hosts("policy/verdict.schema.json", "tests/hosts/*/verdict.json",
		    "tests/hosts/pin-documented/verdict.json", loose);
}

/* Of which nothing at all could be read. */
static void test_blind(void **state)
{
	struct json_object *schemas[] = {load("policy/facts.schema.json"),
					 load("policy/verdict.schema.json")};
	struct dg_facts *facts = dg_facts_new();
	struct dg_policy *policy = dg_policy_new();
	struct dg_verdict *verdict = NULL;
	struct json_object *json;

	(void)state;
	assert_non_null(facts);
	assert_non_null(policy);
	json = dg_facts_encode(facts);
	assert_valid(schemas[0], json, "blind facts");
	json_object_put(json);
	assert_int_equal(dg_judge(facts, policy, &verdict), 0);
	json = dg_verdict_encode(verdict);
	assert_valid(schemas[1], json, "blind verdict");
	json_object_put(json);
	dg_verdict_free(verdict);
	dg_policy_free(policy);
	dg_facts_free(facts);
	json_object_put(schemas[0]);
	json_object_put(schemas[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	 cmocka_unit_test(test_actions),
		cmocka_unit_test(test_words),	 cmocka_unit_test(test_facts),
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_blind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
