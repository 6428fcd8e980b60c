/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/policy-keys.h"
#include "policy/policy-waivers.h"
#include "policy/text.h"

#define SCHEMA "{\"schema\": \"driftguard.policy/1\",\n"
#define HEAD   SCHEMA " "

static struct dg_policy *policy_new(void)
{
	struct dg_policy *policy = dg_policy_new();

	assert_non_null(policy);
	return policy;
}

static void merge(struct dg_policy *policy, const char *text)
{
	size_t size = strlen(text);
	char *exact = malloc(size); /* not NUL-terminated */

	assert_non_null(exact);
	memcpy(exact, text, size);
	assert_int_equal(dg_policy_merge(policy, "a.json", exact, size, false), 0);
	free(exact);
}

/* The value at a path, as JSON. */
static const char *shown(struct dg_policy *policy, const char *path)
{
	return json_object_to_json_string_ext(dg_policy_value(policy->tree, path),
					      JSON_C_TO_STRING_PLAIN);
}

static size_t check_index(const char *id)
{
	size_t n, i = 0;
	const struct dg_check *const *rows = dg_catalog(&n);

	while (i < n && !dg_streq(rows[i]->id, id))
		i++;
	assert_true(i < n);
	return i;
}

/* --- the default --- */

static void test_default(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();
	size_t n, essential = 0, checks;

	(void)state;
	for (size_t i = 0; i < policy->problem_count; i++)
		print_error("%u: %s: %s\n", policy->problems[i].line,
			    policy->problems[i].key, policy->problems[i].message);
	assert_int_equal(policy->problem_count, 0);
	dg_catalog(&checks);
	assert_true(checks <= DG_COUNT(policy->checks));
	for (size_t i = 0; i < checks; i++) {
		assert_int_equal(policy->checks[i].how, DG_AS_IS);
		essential += policy->essential[i];
	}
	assert_int_equal(essential, 3);
	assert_true(policy->essential[check_index("kernel-series-behind")]);
	assert_true(policy->essential[check_index("boot-next-broken")]);
	assert_true(policy->essential[check_index("pin-not-applied")]);
	assert_int_equal(policy->pin.max_age_days, 90);
	assert_int_equal(policy->pin.warn_days, 14);
	assert_int_equal(policy->pin.grace_days, 14);
	assert_true(policy->pin.require_reason);
	assert_string_equal(policy->pin.strategy, "auto");
	assert_int_equal(policy->waiver_count, 0);
	/* Every key has a default, but for those within waivers, overrides and checks. */
	for (size_t i = 0; i < (dg_policy_keys(&n), n); i++) {
		const struct dg_policy_key *key = &dg_policy_keys(&n)[i];

		if (!dg_after(key->path, "waivers.") &&
		    !dg_after(key->path, "overrides.") && !strchr(key->path, '*') &&
		    !dg_policy_value(policy->tree, key->path))
			fail_msg("the default has no %s", key->path);
	}
}

static void test_default_text(void **state)
{
	FILE *file = fopen("policy/default.json", "re");
	static char text[65536];
	size_t n;

	(void)state;
	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	assert_string_equal(dg_policy_default_text, text);
	assert_non_null(
		strstr(text, "// Drift that you know of and accept for a while."));
	assert_non_null(strstr(text, "\"kernel-series-behind\": {\"severity\": "
				     "\"critical\"},"));
}

/* --- what is wrong with a layer --- */

static const struct {
	const char *name, *text;
	struct {
		unsigned line;
		const char *key;
		char how;	     /* u: unusable, i: ignored */
		const char *message; /* a part of it */
	} problems[6];
} wrongs[] = {
	{.name = "nothing", .text = HEAD "\"pin\": {}, \"checks\": {}}"},
	{.name = "empty file",
	 .text = "",
	 .problems = {{.how = 'u', .line = 1, .message = ""}}},
	{.name = "syntax",
	 .text = HEAD "\"pin\": {,}}",
	 .problems = {{.line = 2, .how = 'u', .message = "(column 10)"}}},
	{.name = "trailing text",
	 .text = HEAD "\"pin\": {}}\nx",
	 .problems = {{.line = 3, .how = 'u', .message = "column 1"}}},
	{.name = "key twice",
	 .text = HEAD "\"pin\": {},\n\"pin\": {}}",
	 .problems = {{.line = 3, .how = 'u', .message = "pin"}}},
	{.name = "a list",
	 .text = "\n[]",
	 .problems = {{.line = 2,
		       .how = 'u',
		       .message = "this must be an object, not a list"}}},
	{.name = "null",
	 .text = "null",
	 .problems = {{.line = 1,
		       .how = 'u',
		       .message = "this must be an object, not null"}}},
	{.name = "no schema",
	 .text = "\n{\"pin\": {}}",
	 .problems = {{.line = 2,
		       .key = "schema",
		       .how = 'u',
		       .message = "\"schema\" is missing, add the line \"schema\": "
				  "\"driftguard.policy/1\","}}},
	{.name = "schema of another version",
	 .text = "{\n\"schema\": \"driftguard.policy/2\"}",
	 .problems = {{.line = 2,
		       .key = "schema",
		       .how = 'u',
		       .message = "this must be driftguard.policy/1, not "
				  "\"driftguard.policy/2\""}}},
	{.name = "unknown keys",
	 .text = HEAD "\"pins\": {},\n"
		      "\"pin\": {\"max_age_day\": 3,\n\"zzz\": {\"deep\": [1]}}}",
	 .problems = {{.line = 2,
		       .key = "pins",
		       .how = 'i',
		       .message = "unknown key \"pins\"; did you mean \"pin\"?"},
		      {.line = 3,
		       .key = "pin.max_age_day",
		       .how = 'i',
		       .message = "did you mean \"max_age_days\"?"},
		      {.line = 4,
		       .key = "pin.zzz",
		       .how = 'i',
		       .message = "unknown key \"zzz\""}}},
	{.name = "unknown checks",
	 .text = HEAD "\"checks\": {\"kernel-series-behnid\": {},\n\"*\": {},\n"
		      "\"esp-unlisted\": {\"severty\": \"off\"}},\n"
		      "\"essential\": [\"pin-age\",\n\"pin-agee\"],\n"
		      "\"enforce\": {\"on\": [\"nonsense-of-mine\"]}}",
	 .problems =
		 {{.line = 2,
		   .key = "checks.kernel-series-behnid",
		   .how = 'i',
		   .message = "unknown check \"kernel-series-behnid\"; did you mean "
			      "\"kernel-series-behind\"?"},
		  {.line = 3, .key = "checks.*", .how = 'i', .message = "unknown check"},
		  {.line = 4,
		   .key = "checks.esp-unlisted.severty",
		   .how = 'i',
		   .message = "did you mean \"severity\"?"},
		  {.line = 6,
		   .key = "essential[1]",
		   .how = 'i',
		   .message = "did you mean \"pin-age\"?"},
		  {.line = 7,
		   .key = "enforce.on[0]",
		   .how = 'i',
		   .message = "unknown check \"nonsense-of-mine\""}}},
	{.name = "words",
	 .text = HEAD "\"checks\": {\"pin-age\": {\"severity\": \"warnings\"}},\n"
		      "\"pin\": {\"strategy\": \"never\"},\n"
		      "\"enforce\": {\"actions\": [\"repin\",\n\"explode\"]},\n"
		      "\"sinks\": {\"motd\": \"Warning\"}}",
	 .problems = {{.line = 2,
		       .key = "checks.pin-age.severity",
		       .how = 'u',
		       .message = "this must be notice, warning, critical or off, not "
				  "\"warnings\"; did you mean \"warning\"?"},
		      {.line = 3,
		       .key = "pin.strategy",
		       .how = 'u',
		       .message = "this must be auto, repin or unpin, not \"never\""},
		      {.line = 5,
		       .key = "enforce.actions[1]",
		       .how = 'u',
		       .message = "not \"explode\""},
		      {.line = 6,
		       .key = "sinks.motd",
		       .how = 'u',
		       .message = "did you mean \"warning\"?"}}},
	{.name = "types",
	 .text = HEAD
	 "\"pin\": {\"max_age_days\": \"90\",\n\"warn_days\": 1.5,\n"
	 "\"grace_days\": null,\n\"require_reason\": 1,\n\"strategy\": []},\n"
	 "\"essential\": {}}",
	 .problems =
		 {{.line = 2,
		   .key = "pin.max_age_days",
		   .how = 'u',
		   .message = "this must be a whole number, not a text"},
		  {.line = 3,
		   .key = "pin.warn_days",
		   .how = 'u',
		   .message = "not a number with a fraction"},
		  {.line = 4, .key = "pin.grace_days", .how = 'u', .message = "not null"},
		  {.line = 5,
		   .key = "pin.require_reason",
		   .how = 'u',
		   .message = "this must be true or false, not a whole number"},
		  {.line = 6, .key = "pin.strategy", .how = 'u', .message = "not a list"},
		  {.line = 7,
		   .key = "essential",
		   .how = 'u',
		   .message = "this must be a list, not an object"}}},
	{.name = "types of elements",
	 .text = HEAD "\"essential\": [\n1,\n\"pin-age\"],\n\"waivers\": [\n[]],\n"
		      "\"checks\": {\"pin-age\": \"off\"}}",
	 .problems = {{.line = 3,
		       .key = "essential[0]",
		       .how = 'u',
		       .message = "this must be a text, not a whole number"},
		      {.line = 6,
		       .key = "waivers[0]",
		       .how = 'u',
		       .message = "this must be an object, not a list"},
		      {.line = 7,
		       .key = "checks.pin-age",
		       .how = 'u',
		       .message = "this must be an object, not a text"}}},
	{.name = "ranges",
	 .text = HEAD "\"pin\": {\"max_age_days\": 0,\n\"warn_days\": -1,\n"
		      "\"grace_days\": 9223372036854775807},\n"
		      "\"pressure\": {\"io_full_percent\": 101}}",
	 .problems =
		 {{.line = 2,
		   .key = "pin.max_age_days",
		   .how = 'u',
		   .message = "0 is out of range, it goes from 1 to 36500"},
		  {.line = 3, .key = "pin.warn_days", .how = 'u', .message = "-1 is out"},
		  {.line = 4,
		   .key = "pin.grace_days",
		   .how = 'u',
		   .message = "9223372036854775807 is out"},
		  {.line = 5,
		   .key = "pressure.io_full_percent",
		   .how = 'u',
		   .message = "1 to 100"}}},
	{.name = "waiver without",
	 .text = HEAD "\"waivers\": [\n{\"id\": \"w\",\n\"check\": \"pin-age\"}]}",
	 .problems = {{.line = 3,
		       .key = "waivers[0].reason",
		       .how = 'u',
		       .message = "\"reason\" is missing"},
		      {.line = 3,
		       .key = "waivers[0].owner",
		       .how = 'u',
		       .message = "missing"},
		      {.line = 3,
		       .key = "waivers[0].until",
		       .how = 'u',
		       .message = "missing"}}},
#define WAIVER(id, check, rest)                    \
	"{\"id\": \"" id "\", \"check\": \"" check \
	"\", \"reason\": \"r\", \"owner\": \"o\",\n\"until\": " rest "}"
	{.name = "waiver dates",
	 .text = HEAD
	 "\"waivers\": [" WAIVER("a", "pin-age", "\"2026-02-30\"") "," WAIVER("b", "pin-age", "\"90d\"") "," WAIVER(
		 "c", "pin-age",
		 "\"2026-12-31 12:00\"") "," WAIVER("d", "pin-age",
						    "20261231") "," WAIVER("e", "pin-age",
									   "\"2026-12-"
									   "31T12:00:00+"
									   "02:00\"") "]"
										      "}",
	 .problems =
		 {{.line = 3,
		   .key = "waivers[0].until",
		   .how = 'u',
		   .message = "\"2026-02-30\" is not a date such as \"2026-12-31\""},
		  {.line = 4,
		   .key = "waivers[1].until",
		   .how = 'u',
		   .message = "\"90d\""},
		  {.line = 5, .key = "waivers[2].until", .how = 'u', .message = "date"},
		  {.line = 6,
		   .key = "waivers[3].until",
		   .how = 'u',
		   .message = "not a whole number"}}},
	{.name = "waiver ids and checks",
	 .text = HEAD
	 "\"waivers\": [" WAIVER("a", "pin-agge", "\"2026-02-03\"") ",\n" WAIVER(
		 "b", "pin-age",
		 "\"2026-02-03\"") ",\n" WAIVER("b", "pin-age",
						"\"2026-02-03\",\n\"host\": "
						"[]") ",\n" WAIVER("", "pin-age",
								   "\"2026-02-"
								   "03\","
								   "\n\"hosts"
								   "\": []") "]}",
	 .problems = {{.line = 2,
		       .key = "waivers[0].check",
		       .how = 'i',
		       .message = "did you mean \"pin-age\"?"},
		      {.line = 8,
		       .key = "waivers[2].host",
		       .how = 'i',
		       .message = "did you mean \"hosts\"?"},
		      {.line = 6,
		       .key = "waivers[2]",
		       .how = 'u',
		       .message = "\"b\" stands here a second time"},
		      {.line = 9,
		       .key = "waivers[3].id",
		       .how = 'u',
		       .message = "this text is empty"},
		      {.line = 11,
		       .key = "waivers[3].hosts",
		       .how = 'u',
		       .message = "this list is empty"}}},
	{.name = "overrides",
	 .text = HEAD "\"overrides\": [{\"pin\": {\"max_age_days\": 1}},\n"
		      "{\"hosts\": [\"a\"], \"waivers\": [],\n"
		      "\"pin\": {\"warn_day\": 3,\n\"warn_days\": true},\n"
		      "\"schema\": \"driftguard.policy/1\"}]}",
	 .problems = {{.line = 2,
		       .key = "overrides[0].hosts",
		       .how = 'u',
		       .message = "\"hosts\" is missing"},
		      {.line = 3,
		       .key = "overrides[1].waivers",
		       .how = 'i',
		       .message = "unknown key \"waivers\""},
		      {.line = 4,
		       .key = "overrides[1].pin.warn_day",
		       .how = 'i',
		       .message = "did you mean \"warn_days\"?"},
		      {.line = 5,
		       .key = "overrides[1].pin.warn_days",
		       .how = 'u',
		       .message = "this must be a whole number, not true or false"},
		      {.line = 6,
		       .key = "overrides[1].schema",
		       .how = 'i',
		       .message = "unknown key \"schema\""}}},
	{.name = "keys that a pointer and a terminal mind",
	 .text = HEAD "\"a~b/c\": 1,\n\"x\\u001b[31m\": 2}",
	 .problems = {{.line = 2,
		       .key = "a~b/c",
		       .how = 'i',
		       .message = "unknown key \"a~b/c\""},
		      {.line = 3, .key = "x?[31m", .how = 'i', .message = "\"x?[31m\""}}},
};

static void assert_problem(const struct dg_problem *p, size_t row, size_t i, bool strict)
{
	const char *key = wrongs[row].problems[i].key;
	bool unusable = strict || wrongs[row].problems[i].how == 'u';

	if (!dg_streq(p->file, "a.json") || p->line != wrongs[row].problems[i].line ||
	    (key ? !dg_streq(p->key, key) : p->key != NULL) || p->unusable != unusable ||
	    p->unreadable || !strstr(p->message, wrongs[row].problems[i].message))
		fail_msg("%s: problem %zu is %s:%u: %s: %s (%d)", wrongs[row].name, i,
			 p->file, p->line, p->key, p->message, p->unusable);
}

static void wrong_merge(size_t row, bool strict)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();
	DG_FREE char *before = strdup(json_object_to_json_string(policy->tree));
	size_t n = 0;
	bool unusable = false;

	assert_int_equal(dg_policy_merge(policy, "a.json", wrongs[row].text,
					 strlen(wrongs[row].text), strict),
			 0);
	for (; n < DG_COUNT(wrongs[row].problems) && wrongs[row].problems[n].how; n++) {
		if (n >= policy->problem_count)
			fail_msg("%s: has only %zu problems", wrongs[row].name, n);
		assert_problem(&policy->problems[n], row, n, strict);
		unusable |= strict || wrongs[row].problems[n].how == 'u';
	}
	if (policy->problem_count > n)
		fail_msg("%s: %s: %s too", wrongs[row].name, policy->problems[n].key,
			 policy->problems[n].message);
	if (unusable)
		assert_string_equal(json_object_to_json_string(policy->tree), before);
	assert_int_equal(dg_policy_settle(policy, "a"), 0);
}

static void test_problems(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(wrongs); i++) {
		wrong_merge(i, false);
		wrong_merge(i, true);
	}
}

static void test_ignored(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();

	(void)state;
	merge(policy, HEAD "\"pin\": {\"zzz\": 1, \"warn_days\": 7}, \"qqq\": {},\n"
			   "\"checks\": {\"no-such\": {\"severity\": \"off\"}},\n"
			   "\"essential\": [\"no-such\", \"pin-age\", \"nor-this\",\n"
			   "\"esp-unlisted\"],\n\"waivers\": [" WAIVER(
				   "a", "no-such",
				   "\"2026-01-01\"") "," WAIVER("b", "pin-age",
								"\"2026-01-01\"") "]}");
	assert_int_equal(policy->problem_count, 6);
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	assert_null(dg_policy_value(policy->tree, "pin.zzz"));
	assert_null(dg_policy_value(policy->tree, "qqq"));
	assert_string_equal(shown(policy, "checks"), "{}");
	assert_string_equal(shown(policy, "essential"), "[\"pin-age\",\"esp-unlisted\"]");
	assert_int_equal(policy->pin.warn_days, 7);
	assert_int_equal(policy->waiver_count, 1);
	assert_string_equal(policy->waivers[0].id, "b");
}

static void test_unreadable(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();

	(void)state;
	assert_int_equal(dg_policy_add_unreadable(policy, "b.json", "Permission denied"),
			 0);
	assert_int_equal(policy->problem_count, 1);
	assert_string_equal(policy->problems[0].file, "b.json");
	assert_string_equal(policy->problems[0].message,
			    "cannot be read: Permission denied");
	assert_null(policy->problems[0].key);
	assert_int_equal(policy->problems[0].line, 0);
	assert_true(policy->problems[0].unreadable);
	assert_false(policy->problems[0].unusable);
}

/* --- merging --- */

static void test_layers(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();

	(void)state;
	merge(policy,
	      HEAD "// one\n\"pin\": {\"max_age_days\": 30, \"strategy\": \"repin\"},\n"
		   "\"checks\": {\"pin-age\": {\"severity\": \"critical\"},\n"
		   "\"esp-unlisted\": {\"severity\": \"off\"}},\n"
		   "\"sinks\": {\"textfile\": true}}");
	merge(policy, HEAD "/* two */ \"pin\": {\"max_age_days\": 60,\n"
			   "\"require_reason\": false},\n"
			   "\"checks\": {\"pin-age\": {\"severity\": \"notice\"}},\n"
			   "\"essential\": []}");
	merge(policy, HEAD
	      "\"pin\": {\"max_age_days\": \"many\"}, \"essential\": [\"pin-age\"]}");
	assert_int_equal(policy->problem_count, 1);
	assert_int_equal(dg_policy_settle(policy, "a"), 0);
	assert_int_equal(policy->pin.max_age_days, 60);
	assert_int_equal(policy->pin.warn_days, 14);
	assert_false(policy->pin.require_reason);
	assert_string_equal(policy->pin.strategy, "repin");
	assert_int_equal(policy->checks[check_index("pin-age")].how, DG_REGRADED);
	assert_int_equal(policy->checks[check_index("pin-age")].severity, DG_NOTICE);
	assert_int_equal(policy->checks[check_index("esp-unlisted")].how,
			 DG_SWITCHED_OFF);
	assert_int_equal(policy->checks[check_index("pin-expired")].how, DG_AS_IS);
	assert_false(policy->essential[check_index("kernel-series-behind")]);
	assert_string_equal(shown(policy, "essential"), "[]");
	assert_string_equal(shown(policy, "sinks.textfile"), "true");
	assert_string_equal(shown(policy, "sinks.motd"), "\"warning\"");
}

static const char *const override_layers[] = {
	HEAD "\"overrides\": [{\"hosts\": [\"x\", \"lab-*\"], \"pin\": "
	     "{\"max_age_days\": 365},"
	     "\n\"checks\": {\"pin-age\": {\"severity\": \"off\"}}}]}",
	HEAD
	"\"pin\": {\"max_age_days\": 50}, \"checks\": {\"esp-unlisted\": "
	"{\"severity\": \"warning\"}},\n\"overrides\": [{\"hosts\": [\"lab-[12]\"],\n"
	"\"pin\": {\"max_age_days\": 400}, \"essential\": [\"pin-age\"],\n"
	"\"history\": {\"keep_boots\": 5}}]}",
};

static const struct {
	const char *host;
	int64_t max_age_days;
	enum dg_override pin_age;
	bool pin_age_essential;
	const char *keep_boots;
} overridden[] = {
	{.host = "lab-7",
	 .max_age_days = 365,
	 .pin_age = DG_SWITCHED_OFF,
	 .keep_boots = "50"},
	{.host = "lab-2",
	 .max_age_days = 400,
	 .pin_age = DG_SWITCHED_OFF,
	 .pin_age_essential = true,
	 .keep_boots = "5"},
	{.host = "pve1", .max_age_days = 50, .pin_age = DG_AS_IS, .keep_boots = "50"},
	{.host = NULL, .max_age_days = 50, .pin_age = DG_AS_IS, .keep_boots = "50"},
};

static void test_overrides(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(overridden); i++) {
		DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();
		size_t pin_age = check_index("pin-age");

		for (size_t j = 0; j < DG_COUNT(override_layers); j++)
			merge(policy, override_layers[j]);
		assert_int_equal(policy->problem_count, 0);
		/* Twice: a second time changes nothing. */
		for (int j = 0; j < 2; j++) {
			assert_int_equal(dg_policy_settle(policy, overridden[i].host), 0);
			assert_int_equal(policy->pin.max_age_days,
					 overridden[i].max_age_days);
			assert_int_equal(policy->checks[pin_age].how,
					 overridden[i].pin_age);
			assert_int_equal(policy->essential[pin_age],
					 overridden[i].pin_age_essential);
			assert_string_equal(shown(policy, "history.keep_boots"),
					    overridden[i].keep_boots);
			assert_int_equal(
				policy->checks[check_index("esp-unlisted")].severity,
				DG_WARNING);
			assert_null(dg_policy_value(policy->tree, "hosts"));
			assert_int_equal(json_object_array_length(dg_policy_value(
						 policy->tree, "overrides")),
					 2);
		}
	}
}

/* --- waivers --- */

static const char *const waiver_layers[] = {
	HEAD
	"\"waivers\": [" WAIVER("a", "pin-age", "\"2026-01-01\", \"hosts\": [\"x\"]") "," WAIVER(
		"b", "esp-unlisted",
		"\"2026-12-31\", \"subject\": \"/dev/sd?\"") "," WAIVER("c", "pin-age",
									"\"2026-12-31T12:"
									"00:00Z\", "
									"\"kernel\": "
									"\"6.5.*\"") "]}",
	HEAD "\"waivers\": [" WAIVER(
		"d", "pin-age",
		"\"2026-06-03\", \"hosts\": [\"q\", \"gpu-*\"]") ",{\"id\": \"a\", "
								 "\"check\": "
								 "\"pin-expired\", "
								 "\"reason\": "
								 "\"two\\nlines\",\n"
								 "\"owner\": "
								 "\"\\u009bme\", "
								 "\"until\": "
								 "\"2027-01-01\", "
								 "\"subject\": \"*\"}]}",
};

static struct dg_policy *waiver_policy(void)
{
	struct dg_policy *policy = policy_new();

	for (size_t i = 0; i < DG_COUNT(waiver_layers); i++)
		merge(policy, waiver_layers[i]);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, "pve1"), 0);
	return policy;
}

static void test_waivers(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = waiver_policy();
	const struct dg_waiver *w = policy->waivers;

	(void)state;
	assert_int_equal(policy->waiver_count, 4);
	assert_string_equal(w[0].id, "a"); /* replaced as a whole, in its place */
	assert_string_equal(w[0].check, "pin-expired");
	assert_string_equal(w[0].reason, "two lines");
	assert_string_equal(w[0].owner, "?me");
	assert_null(w[0].hosts);
	assert_int_equal(w[0].until, 1798847999); /* 2027-01-01T23:59:59Z */
	assert_string_equal(w[1].id, "b");
	assert_string_equal(w[1].subject, "/dev/sd?");
	assert_null(w[1].kernel);
	assert_int_equal(w[2].until, 1798718400); /* 2026-12-31T12:00:00Z */
	assert_string_equal(w[3].id, "d");
	assert_string_equal(w[3].hosts[0], "q");
	assert_string_equal(w[3].hosts[1], "gpu-*");
	assert_null(w[3].hosts[2]);
}

static const struct {
	const char *check, *host, *kernels[2], *subject, *waiver;
} covers[] = {
	{.check = "pin-expired", .waiver = "a"},
	{.check = "pin-expired", .host = "x", .subject = "6.5.13-5-pve", .waiver = "a"},
	{.check = "kernel-age-skew", .host = "gpu-1", .kernels = {"6.5.1"}},
	{.check = "esp-unlisted", .subject = "/dev/sda", .waiver = "b"},
	{.check = "esp-unlisted", .subject = "/dev/nvme0n1"},
	{.check = "esp-unlisted"},
	{.check = "pin-age", .kernels = {NULL, "6.5.13-5-pve"}, .waiver = "c"},
	{.check = "pin-age", .kernels = {"6.5.13-5-pve"}, .host = "gpu-1", .waiver = "c"},
	{.check = "pin-age", .kernels = {"7.0.6-2-pve"}, .host = "gpu-1", .waiver = "d"},
	{.check = "pin-age", .kernels = {"7.0.6-2-pve", "6.14.1"}, .host = "pve1"},
	{.check = "pin-age", .kernels = {"7.0.6-2-pve"}},
};

static void test_covers(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = waiver_policy();

	(void)state;
	for (size_t i = 0; i < DG_COUNT(covers); i++) {
		char subject[64] = "";
		struct dg_subject subjects[] = {
			{.kind = "kernel"},
			{.kind = "device", .name = subject},
		};
		struct dg_finding finding = {
			.check = dg_catalog_find(covers[i].check),
			.subjects = covers[i].subject ? subjects : NULL,
			.subject_count = covers[i].subject ? 2 : 0,
		};
		const struct dg_waiver *found;

		assert_non_null(finding.check);
		if (covers[i].subject)
			strcpy(subject, covers[i].subject);
		found = dg_policy_find_waiver(policy, &finding, covers[i].host,
					      covers[i].kernels, 2);
		if (covers[i].waiver ? !found || !dg_streq(found->id, covers[i].waiver)
				     : found != NULL)
			fail_msg("row %zu: waiver %s", i, found ? found->id : "none");
	}
}

/* An expired waiver must not hide one that still lasts, whatever their order. */
static void test_longest_waiver(void **state)
{
	static const char layer[] = SCHEMA "\"waivers\": [" WAIVER(
		"old", "pin-age", "\"2020-01-01\"") "," WAIVER("long", "pin-age",
							       "\"2027-01-01\"") "," //
		WAIVER("short", "pin-age", "\"2026-01-01\"") "]}";
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();
	struct dg_finding finding = {.check = dg_catalog_find("pin-age")};
	const struct dg_waiver *found;

	(void)state;
	merge(policy, layer);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, "pve1"), 0);
	found = dg_policy_find_waiver(policy, &finding, "pve1", NULL, 0);
	assert_non_null(found);
	assert_string_equal(found->id, "long");
}

/* --- hostile input --- */

static const char full_layer[] = SCHEMA
	"\"checks\": {\"pin-age\": {\"severity\": \"off\"}}, \"essential\": "
	"[\"pin-age\"],"
	"\"pin\": {\"max_age_days\": 3, \"strategy\": \"unpin\"}, \"waivers\": [" WAIVER(
		"a", "pin-age",
		"\"2026-01-01\", \"hosts\": [\"x\"]") "],"
						      "\"overrides\": [{\"hosts\": "
						      "[\"*\"], \"pin\": {\"warn_days\": "
						      "1}}]}";

static void test_truncated(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(full_layer); n++) {
		DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();
		char *exact = malloc(n + !n);

		assert_non_null(exact);
		memcpy(exact, full_layer, n);
		assert_int_equal(dg_policy_merge(policy, "a.json", exact, n, false), 0);
		free(exact);
		assert_int_equal(policy->problem_count, n < sizeof(full_layer) - 1);
		assert_int_equal(dg_policy_settle(policy, "x"), 0);
		assert_int_equal(policy->pin.warn_days,
				 n < sizeof(full_layer) - 1 ? 14 : 1);
	}
}

/* SCHEMA, then `head`, `count` times `part` (a format with a number), and `tail`. */
static char *repeated(const char *head, size_t count, const char *part, const char *tail)
{
	size_t size = 128 + strlen(head) + count * (strlen(part) + 16) + strlen(tail), at;
	char *text = malloc(size);

	assert_non_null(text);
	at = (size_t)snprintf(text, size, "%s%s", SCHEMA, head);
	for (size_t i = 0; i < count; i++) {
		at += (size_t)snprintf(text + at, size - at, "%s\"%s%05zu\"%s",
				       i ? ",\n" : "", part, i,
				       strchr(head, '[') ? "" : ": 1");
	}
	snprintf(text + at, size - at, "%s", tail);
	return text;
}

static void test_many_problems(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();
	DG_FREE char *ignored = repeated("", 30000, "k", "}");
	DG_FREE char *unusable = repeated("", 30000, "k", ",\n\"pin\": 1}");
	const struct dg_problem *last;

	(void)state;
	merge(policy, ignored);
	assert_int_equal(policy->problem_count, DG_POLICY_PROBLEMS + 1);
	last = &policy->problems[DG_POLICY_PROBLEMS];
	assert_string_equal(last->message, "29900 more problems are not told");
	assert_false(last->unusable);
	assert_null(dg_policy_value(policy->tree, "k00000"));
	assert_null(dg_policy_value(policy->tree, "k29999"));
	merge(policy, unusable);
	assert_int_equal(policy->problem_count, 2 * (DG_POLICY_PROBLEMS + 1));
	last = &policy->problems[policy->problem_count - 1];
	assert_string_equal(last->message, "29901 more problems are not told");
	assert_true(last->unusable);
}

static void test_sizes(void **state)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = policy_new();
	DG_FREE char *fits = repeated("\"enforce\": {\"canaries\": [", 1000, "h", "]}}");
	DG_FREE char *many = repeated("\"enforce\": {\"canaries\": [", 1001, "h", "]}}");
	DG_FREE char *large =
		repeated("\"enforce\": {\"canaries\": [", 120000, "h", "]}}");
	DG_FREE char *deep = malloc(100001);
	DG_FREE char *text =
		dg_format(HEAD "\"enforce\": {\"canaries\": [\"%05000d\"]}}", 1);

	(void)state;
	merge(policy, fits);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(json_object_array_length(
				 dg_policy_value(policy->tree, "enforce.canaries")),
			 1000);
	merge(policy, many);
	assert_int_equal(policy->problem_count, 1);
	assert_string_equal(policy->problems[0].message,
			    "this list has 1001 elements, 1000 are allowed");
	merge(policy, large);
	assert_int_equal(policy->problem_count, 2);
	assert_non_null(
		strstr(policy->problems[1].message, "bytes, 1048576 are allowed"));
	merge(policy, text);
	assert_string_equal(policy->problems[2].message,
			    "this text has 5000 bytes, 4096 are allowed");
	assert_non_null(deep);
	memset(deep, '[', 100000);
	deep[100000] = '\0';
	merge(policy, deep);
	assert_int_equal(policy->problem_count, 4);
	for (size_t i = 0; i < policy->problem_count; i++)
		assert_true(policy->problems[i].unusable);
	assert_int_equal(dg_policy_settle(policy, "h00001"), 0);
}

/* --- the schema --- */

static struct json_object *schema_resolve(struct json_object *schema,
					  struct json_object *node)
{
	struct json_object *ref = dg_policy_value(node, "$ref");
	const char *name = ref ? dg_after(json_object_get_string(ref), "#/$defs/") : NULL;

	return name ? schema_resolve(
			      schema,
			      dg_policy_value(dg_policy_value(schema, "$defs"), name))
		    : node;
}

/* The node of a key's value (of its elements, for a list) in the schema. */
static struct json_object *schema_find(struct json_object *schema, const char *path)
{
	struct json_object *node = schema;

	while (node && *path) {
		DG_FREE char *name = strndup(path, strcspn(path, "."));

		path += strlen(name);
		path += *path == '.';
		node = dg_policy_value(node, dg_streq(name, "*") ? "additionalProperties"
								 : "properties");
		if (!dg_streq(name, "*"))
			node = dg_policy_value(node, name);
		node = schema_resolve(schema, node);
		if (dg_policy_value(node, "items"))
			node = schema_resolve(schema, dg_policy_value(node, "items"));
	}
	return node;
}

static bool schema_has_words(struct json_object *node, const char *const *words)
{
	struct json_object *list = dg_policy_value(node, "enum");
	size_t n = 0;

	for (; list && words[n]; n++) {
		struct json_object *word = json_object_array_get_idx(list, n);

		if (!word || !dg_streq(json_object_get_string(word), words[n]))
			return false;
	}
	return list && n == json_object_array_length(list);
}

static bool schema_has_number(struct json_object *node, const char *key, int64_t number)
{
	struct json_object *value = dg_policy_value(node, key);

	return value && json_object_get_int64(value) == number;
}

static void test_schema(void **state)
{
	struct json_object *schema = json_object_from_file("policy/policy.schema.json");
	size_t n;
	const struct dg_policy_key *keys = dg_policy_keys(&n);

	(void)state;
	assert_non_null(schema);
	for (size_t i = 0; i < n; i++) {
		struct json_object *node = schema_find(schema, keys[i].path);
		bool same = node != NULL;

		if (same && keys[i].words)
			same = schema_has_words(node, keys[i].words);
		if (same && keys[i].type == DG_KEY_INT)
			same = schema_has_number(node, "minimum", keys[i].min) &&
			       schema_has_number(node, "maximum", keys[i].max);
		if (same && keys[i].flags & DG_KEY_OVERRIDE) {
			DG_FREE char *path = dg_format("overrides.%s", keys[i].path);

			same = schema_find(schema, path) == node;
		}
		if (!same)
			fail_msg("the schema has %s otherwise", keys[i].path);
	}
	json_object_put(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),	   cmocka_unit_test(test_default_text),
		cmocka_unit_test(test_problems),   cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_unreadable), cmocka_unit_test(test_layers),
		cmocka_unit_test(test_overrides),  cmocka_unit_test(test_waivers),
		cmocka_unit_test(test_covers),	   cmocka_unit_test(test_longest_waiver),
		cmocka_unit_test(test_truncated),  cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_sizes),	   cmocka_unit_test(test_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
