/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the values of a policy come from, what becomes of its layers and waivers, and
 * whether anything may be done by it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/policy-keys.h"
#include "policy/policy-report.h"
#include "policy/text.h"

#define HEAD "{\"schema\": \"driftguard.policy/1\",\n"
#define DAY  INT64_C(86400)
#define NOON INT64_C(1780488000) /* 2026-06-03T12:00:00Z */

#define POLICY_CLEANUP DG_CLEANUP(dg_policy_freep)
#define REPORT_CLEANUP DG_CLEANUP(dg_policy_report_freep)

static struct dg_policy *policy_new(void)
{
	struct dg_policy *policy = dg_policy_new();

	assert_non_null(policy);
	return policy;
}

static void merge(struct dg_policy *policy, const char *file, const char *text)
{
	assert_int_equal(dg_policy_merge(policy, file, text, strlen(text), false), 0);
}

static void assert_origin(const struct dg_policy *policy, const char *path,
			  const char *file, unsigned line, int override)
{
	struct dg_origin origin;

	if (!dg_policy_origin(policy, path, &origin))
		fail_msg("%s comes from nowhere", path);
	if (!dg_streq(origin.file, file) || (line && origin.line != line) ||
	    origin.override != override)
		fail_msg("%s comes from %s:%u (%d)", path, origin.file, origin.line,
			 origin.override);
}

/* --- origins --- */

static const char *const layers[] = {
	HEAD "\"pin\": {\n  \"max_age_days\": 30,\n  \"strategy\": \"repin\"\n},\n"
	     "\"essential\": [\n\"pin-age\"],\n"
	     "\"overrides\": [\n {\"hosts\": [\"lab-*\"],\n"
	     "  \"pin\": {\"warn_days\": 3,\n\"grace_days\": 4}}]}",
	HEAD "\"pin\": {\"strategy\":\n\"unpin\"},\n"
	     "\"checks\": {\"pin-age\":\n{\"severity\": \"off\"}},\n"
	     "\"overrides\": [{\"hosts\": [\"other\"], \"pin\": {\"warn_days\": 9}},\n"
	     "{\"hosts\": [\"lab-1\"],\n\"pin\": {\"grace_days\": 5},\n"
	     "\"checks\": {\"pin-age\": {\n\"severity\": \"notice\"}}}]}",
};

static void merge_layers(struct dg_policy *policy, const char *host)
{
	merge(policy, "a.json", layers[0]);
	merge(policy, "b.json", layers[1]);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, host), 0);
}

static void test_origins(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	struct dg_origin origin;

	(void)state;
	merge_layers(policy, "pve1");
	assert_origin(policy, "pin.max_age_days", "a.json", 3, -1);
	assert_origin(policy, "pin.strategy", "b.json", 2, -1);
	assert_origin(policy, "essential", "a.json", 6, -1);
	assert_origin(policy, "checks.pin-age.severity", "b.json", 5, -1);
	assert_origin(policy, "pin.warn_days", DG_BUILT_IN, 0, -1);
	assert_origin(policy, "overrides[0]", "a.json", 9, -1);
	assert_origin(policy, "overrides[1]", "b.json", 6, -1);
	assert_origin(policy, "overrides[2]", "b.json", 7, -1);
	assert_false(dg_policy_origin(policy, "pin", &origin));
	assert_false(dg_policy_origin(policy, "pin.no_such", &origin));
	assert_false(dg_policy_origin(policy, "", &origin));
}

static void test_overridden(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();

	(void)state;
	merge_layers(policy, "lab-1");
	for (int i = 0; i < 2; i++) {
		assert_origin(policy, "pin.warn_days", "a.json", 10, 0);
		assert_origin(policy, "pin.grace_days", "b.json", 8, 2);
		assert_origin(policy, "checks.pin-age.severity", "b.json", 10, 2);
		assert_origin(policy, "pin.max_age_days", "a.json", 3, -1);
		/* A second time changes nothing. */
		assert_int_equal(dg_policy_settle(policy, "lab-1"), 0);
	}
}

/* Every leaf of the default has one, with the line on which the file has it. */
static void test_default(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	REPORT_CLEANUP struct dg_policy_report *report = NULL;

	(void)state;
	assert_int_equal(dg_policy_report_new(policy, NULL, NULL, NOON, NULL, &report),
			 0);
	assert_true(report->value_count > 20);
	for (size_t i = 0; i < report->value_count; i++) {
		const char *at = dg_policy_default_text;
		const char *path = report->values[i].path;
		const char *name = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;
		DG_FREE char *quoted = dg_format("\"%s\":", name);

		assert_origin(policy, path, DG_BUILT_IN, 0, -1);
		assert_true(report->values[i].is_default);
		for (unsigned line = 1; line < report->values[i].origin.line; line++)
			at = strchr(at, '\n') + 1;
		while (*at == ' ')
			at++;
		if (!dg_after(at, quoted))
			fail_msg("%s is not on line %u", path,
				 report->values[i].origin.line);
	}
}

/* What is dropped moves those behind it up, and not their lines. */
static void test_dropped(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();

	(void)state;
	merge(policy, "a.json",
	      HEAD "\"waivers\": [\n"
		   "{\"id\": \"x\", \"check\": \"no-such\", \"reason\": \"r\",\n"
		   "\"owner\": \"o\", \"until\": \"2026-12-31\"},\n"
		   "{\"id\": \"a.b[0]\", \"check\": \"pin-age\", \"reason\": \"r\",\n"
		   "\"owner\": \"o\", \"until\": \"2026-12-31\"}]}");
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	assert_int_equal(policy->waiver_count, 1);
	assert_origin(policy, "waivers[a.b[0]]", "a.json", 5, -1);
	merge(policy, "b.json",
	      HEAD "\"waivers\": [\n"
		   "{\"id\": \"a.b[0]\", \"check\": \"pin-expired\", \"reason\": \"r\",\n"
		   "\"owner\": \"o\", \"until\": \"2027-12-31\"}]}");
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	assert_int_equal(policy->waiver_count, 1);
	assert_origin(policy, "waivers[a.b[0]]", "b.json", 3, -1);
}

/* An unusable layer leaves no origins. */
static void test_unusable(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	struct dg_origin origin;

	(void)state;
	merge(policy, "a.json",
	      HEAD
	      "\"pin\": {\"max_age_days\": 7, \"warn_days\": \"x\"},\n"
	      "\"overrides\": [{\"hosts\": [\"*\"], \"pin\": {\"grace_days\": 1}}]}");
	merge(policy, "b.json", HEAD "\"overrides\": [{\"hosts\": [\"h\"]}]}");
	assert_int_equal(dg_policy_settle(policy, "h"), 0);
	assert_origin(policy, "pin.max_age_days", DG_BUILT_IN, 0, -1);
	assert_origin(policy, "overrides[0]", "b.json", 2, -1);
	assert_false(dg_policy_origin(policy, "overrides[1]", &origin));
}

/* Many values: time must not grow with their square. */
static void test_many(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	size_t size = 900000, at;
	DG_FREE char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	at = (size_t)sprintf(text, HEAD "\"overrides\": [");
	for (int i = 0; i < DG_POLICY_LIST_MAX; i++) {
		at += (size_t)sprintf(text + at,
				      "%s{\"hosts\": [\"h\"], \"pin\": {\"warn_days\": "
				      "%d, \"grace_days\": %d}, \"pressure\": "
				      "{\"queue\": %d, \"await_ms\": %d, "
				      "\"window_s\": %d}, \"history\": "
				      "{\"keep_boots\": %d}}",
				      i ? ",\n" : "", i, i, i + 1, i + 1, i + 1, i + 1);
		assert_true(at < size - 1000);
	}
	strcpy(text + at, "]}");
	merge(policy, "a.json", text);
	merge(policy, "b.json", text);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, "h"), 0);
	assert_origin(policy, "pin.warn_days", "b.json", 1001, 1999);
	assert_int_equal(policy->pin.warn_days, 999);
}

/* --- layers, and what they allow --- */

#define ENABLED HEAD "\"enforce\": {\"enabled\": true}}"

static void assert_may_not(const struct dg_policy *policy, const char *part)
{
	DG_FREE char *why = NULL;

	assert_false(dg_policy_may_enforce(policy, &why));
	assert_non_null(why);
	if (!strstr(why, part))
		fail_msg("\"%s\" is not in \"%s\"", part, why);
}

static void test_may_enforce(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	char *why = NULL;

	(void)state;
	assert_may_not(policy, "does not enable it (enforce.enabled, by default)");
	merge(policy, "a.json", HEAD "\"enforce\":\n{\"enabled\": false}}");
	assert_int_equal(dg_policy_settle(policy, "h"), 0);
	assert_may_not(policy, "does not enable it (enforce.enabled, a.json:3)");
	merge(policy, "a.json", ENABLED);
	assert_int_equal(dg_policy_settle(policy, "h"), 0);
	assert_true(dg_policy_may_enforce(policy, &why));
	assert_null(why);
	assert_int_equal(dg_policy_add_absent(policy, "none.json"), 0);
	assert_true(dg_policy_may_enforce(policy, &why));
}

/* What enforcement is told, where it is told, and for which hosts. */
static void test_enforce_values(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();

	(void)state;
	assert_false(policy->enforce.enabled);
	assert_true(policy->enforce.require_proven);
	assert_int_equal(policy->enforce.grace_days, 0);
	assert_int_equal(policy->enforce.rollout_percent, 100);
	assert_int_equal(policy->enforce.cooldown_hours, 24);
	merge(policy, "a.json",
	      HEAD "\"enforce\": {\"enabled\": true, \"grace_days\": 7,\n"
		   "\"actions\": [\"notify\", \"pin-next-boot\"]},\n"
		   "\"overrides\": [{\"hosts\": [\"lab-*\"], \"enforce\":\n"
		   "{\"require_proven\": false, \"cooldown_hours\": 0,\n"
		   "\"rollout_percent\": 5}}]}");
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, "lab-1"), 0);
	assert_true(policy->enforce.enabled);
	assert_false(policy->enforce.require_proven);
	assert_int_equal(policy->enforce.grace_days, 7);
	assert_int_equal(policy->enforce.rollout_percent, 5);
	assert_int_equal(policy->enforce.cooldown_hours, 0);
	assert_origin(policy, "enforce.grace_days", "a.json", 2, -1);
	assert_origin(policy, "enforce.actions", "a.json", 3, -1);
	assert_origin(policy, "enforce.rollout_percent", "a.json", 6, 0);
}

static int add_ignored(struct dg_policy *policy)
{
	return dg_policy_merge(policy, "b.json", HEAD "\"qqq\": 1}",
			       strlen(HEAD "\"qqq\": 1}"), false);
}

static int add_invalid(struct dg_policy *policy)
{
	/* Told as the reason even though it is not the first problem. */
	int r = add_ignored(policy);

	return r < 0 ? r : dg_policy_merge(policy, "c.json", "{", 1, false);
}

static int add_unreadable(struct dg_policy *policy)
{
	return dg_policy_add_unreadable(policy, "d.json", "no permission");
}

static int add_unusable(struct dg_policy *policy)
{
	return dg_policy_add_unusable(policy, "e.json", "is a directory");
}

static int add_copy(struct dg_policy *policy)
{
	return dg_policy_merge_copy(policy, "copy.json", "there.json", NOON, ENABLED,
				    strlen(ENABLED));
}

static int add_bad_copy(struct dg_policy *policy)
{
	return dg_policy_merge_copy(policy, "copy.json", "there.json", NOON, "[]", 2);
}

static const struct {
	int (*add)(struct dg_policy *policy);
	enum dg_layer_state state;
	const char *why;
	bool unusable, unreadable;
} spoilers[] = {
	{.add = add_ignored, .state = DG_LAYER_USED, .why = "b.json:2: qqq: unknown key"},
	{.add = add_invalid,
	 .state = DG_LAYER_INVALID,
	 .why = "c.json:1:",
	 .unusable = true},
	{.add = add_unreadable,
	 .state = DG_LAYER_UNREADABLE,
	 .why = "d.json: cannot be read: no permission",
	 .unreadable = true},
	{.add = add_unusable,
	 .state = DG_LAYER_INVALID,
	 .why = "e.json: cannot be used: is a directory",
	 .unusable = true},
	{.add = add_copy,
	 .state = DG_LAYER_CACHED,
	 .why = "only a copy of there.json could be read (copy.json)"},
	{.add = add_bad_copy,
	 .state = DG_LAYER_INVALID,
	 .why = "copy.json:1: this must be an object",
	 .unusable = true},
};

static void test_spoilers(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(spoilers); i++) {
		POLICY_CLEANUP struct dg_policy *policy = policy_new();
		const struct dg_policy_layer *last;
		size_t n;

		merge(policy, "a.json", ENABLED);
		assert_int_equal(spoilers[i].add(policy), 0);
		assert_int_equal(dg_policy_settle(policy, "h"), 0);
		assert_may_not(policy, spoilers[i].why);
		last = &policy->layers[policy->layer_count - 1];
		assert_int_equal(last->state, spoilers[i].state);
		n = policy->problem_count;
		if (n == 0)
			continue;
		assert_int_equal(policy->problems[n - 1].unusable, spoilers[i].unusable);
		assert_int_equal(policy->problems[n - 1].unreadable,
				 spoilers[i].unreadable);
	}
}

/* To switch the check off does not switch off what it looks at. */
static void test_switched_off(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();

	(void)state;
	merge(policy, "a.json",
	      HEAD "\"enforce\": {\"enabled\": true}, \"qqq\": 1,\n"
		   "\"checks\": {\"policy-invalid\": {\"severity\": \"off\"}}}");
	assert_int_equal(dg_policy_settle(policy, "h"), 0);
	assert_may_not(policy, "qqq");
}

static void test_layers(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();

	(void)state;
	assert_int_equal(policy->layer_count, 1);
	assert_string_equal(policy->layers[0].file, DG_BUILT_IN);
	assert_int_equal(policy->layers[0].state, DG_LAYER_USED);
	assert_int_equal(dg_policy_add_absent(policy, "\x1b[31m"), 0);
	assert_string_equal(policy->layers[1].file, "?[31m");
	assert_string_equal(dg_layer_state_name(policy->layers[1].state), "absent");
	assert_int_equal(add_copy(policy), 0);
	assert_string_equal(policy->layers[2].copy_of, "there.json");
	assert_int_equal(policy->layers[2].copied, NOON);
}

/* --- days that count from a day --- */

static const struct {
	const char *until, *since;
	int r;
	int64_t time;
} untils[] = {
	{.until = "2026-06-03", .time = 1780531199},
	{.until = "2026-06-03T12:00:00Z", .time = NOON},
	{.until = "90d", .since = "2026-06-03", .time = 1780531199 + 90 * DAY},
	{.until = "1d", .since = "2026-06-03T12:00:00Z", .time = 1780531199 + DAY},
	{.until = "1d", .since = "2026-06-03T23:59:59Z", .time = 1780531199 + DAY},
	{.until = "1d", .since = "2026-06-04T00:00:00Z", .time = 1780531199 + 2 * DAY},
	{.until = "1d", .since = "0001-01-01", .time = -62135596800 + 2 * DAY - 1},
	{.until = "36500d", .since = "2026-06-03", .time = 1780531199 + 36500 * DAY},
	{.until = "36501d", .since = "2026-06-03", .r = -EBADMSG},
	{.until = "99999999999999999999d", .since = "2026-06-03", .r = -EBADMSG},
	{.until = "0d", .since = "2026-06-03", .r = -EBADMSG},
	{.until = "d", .since = "2026-06-03", .r = -EBADMSG},
	{.until = "-1d", .since = "2026-06-03", .r = -EBADMSG},
	{.until = "90", .since = "2026-06-03", .r = -EBADMSG},
	{.until = "90d ", .since = "2026-06-03", .r = -EBADMSG},
	{.until = "90d", .r = -EINVAL},
	{.until = "90d", .since = "2026-02-30", .r = -EINVAL},
	{.until = "2026-02-30", .since = "2026-02-03", .r = -EBADMSG},
	{.until = "", .r = -EBADMSG},
};

static void test_until(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(untils); i++) {
		int64_t time = 0;
		int r = dg_policy_until_parse(untils[i].until, untils[i].since, &time);

		if (r != untils[i].r || time != untils[i].time)
			fail_msg("row %zu: %d, %lld", i, r, (long long)time);
	}
}

static const struct {
	const char *rest;
	unsigned line; /* 0: no problem */
	const char *key, *message;
} days[] = {
	{.rest = "\"since\": \"2026-06-03\",\n\"until\": \"90d\""},
	{.rest = "\"until\": \"90d\", \"since\": \"2026-06-03T08:00:00+02:00\""},
	{.rest = "\"until\":\n\"90d\"",
	 .line = 3,
	 .key = "waivers[0].until",
	 .message = "\"90d\" counts from a day that is not said: add \"since\""},
	{.rest = "\"since\": \"yesterday\",\n\"until\": \"90d\"",
	 .line = 3,
	 .key = "waivers[0].since",
	 .message = "\"yesterday\" is not a date"},
	{.rest = "\"since\": \"90d\",\n\"until\": \"2026-12-31\"",
	 .line = 3,
	 .key = "waivers[0].since",
	 .message = "\"90d\" is not a date"},
	{.rest = "\"since\": 3,\n\"until\": \"90d\"",
	 .line = 3,
	 .key = "waivers[0].since",
	 .message = "this must be a text"},
	{.rest = "\"until\": \"36501d\", \"since\": \"2026-06-03\"",
	 .line = 3,
	 .key = "waivers[0].until",
	 .message = "\"36501d\" is not a date"},
};

static void test_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(days); i++) {
		POLICY_CLEANUP struct dg_policy *policy = policy_new();
		DG_FREE char *text = dg_format(
			HEAD "\"waivers\": [{\"id\": \"w\", \"check\": \"pin-age\", "
			     "\"reason\": \"r\", \"owner\": \"o\",\n%s}]}",
			days[i].rest);
		const struct dg_problem *p;

		merge(policy, "a.json", text);
		assert_int_equal(dg_policy_settle(policy, NULL), 0);
		if (!days[i].line) {
			assert_int_equal(policy->problem_count, 0);
			assert_int_equal(policy->waivers[0].until, 1780531199 + 90 * DAY);
			continue;
		}
		assert_int_equal(policy->problem_count, 1);
		p = policy->problems;
		if (p->line != days[i].line || !dg_streq(p->key, days[i].key) ||
		    !strstr(p->message, days[i].message) || !p->unusable)
			fail_msg("row %zu: %u: %s: %s", i, p->line, p->key, p->message);
	}
}

/* --- what becomes of waivers --- */

#define WAIVER(id, check, rest)                                             \
	"{\"id\": \"" id "\", \"check\": \"" check "\", \"reason\": \"r\"," \
	"\"owner\": \"o\", " rest "}"
#define LASTS "\"until\": \"2026-06-13\""

static const char waivers[] =
	HEAD "\"waivers\": [" WAIVER("used", "pin-age", LASTS) ",\n" //
	WAIVER("idle", "esp-unlisted", LASTS) ",\n"		     //
	WAIVER("over", "pin-age", "\"until\": \"2026-06-02\"") ",\n" WAIVER("gpu", "pin-age", LASTS ", \"hosts\": [\"gpu-*\"]") ",\n" WAIVER(
		"typo", "pin-age",
		LASTS
		", \"hosts\": [\"gup-*\"]") ",\n" WAIVER("dark", "esp-stale",
							 LASTS) ",\n" WAIVER("kernel",
									     "pin-"
									     "expired",
									     LASTS
									     ", "
									     "\"kernel\":"
									     " \"5.*\"") ",\n" WAIVER("second",
												      "pin-age",
												      LASTS
												      ", \"kernel\": \"6.5.*\"") "],\n"
																 "\"overrides\": [{\"hosts\": [\"gpu-1\", \"x\"]},\n{\"hosts\": [\"y\"]},\n"
																 "{\"hosts\": [\"pve1\"]}]}";

/* A verdict of which only these findings are known. */
static struct dg_verdict *verdict_new(void)
{
	struct dg_verdict *verdict = calloc(1, sizeof(*verdict));
	size_t n;
	const struct dg_check *const *rows = dg_catalog(&n);

	assert_non_null(verdict);
	verdict->findings = calloc(n, sizeof(*verdict->findings));
	assert_non_null(verdict->findings);
	verdict->finding_count = n;
	for (size_t i = 0; i < n; i++) {
		struct dg_finding *f = &verdict->findings[i];

		f->check = rows[i];
		f->status = DG_OK;
		if (dg_streq(rows[i]->id, "pin-expired"))
			f->status = DG_DRIFT;
		if (dg_streq(rows[i]->id, "esp-stale"))
			f->status = DG_UNKNOWN;
		if (!dg_streq(rows[i]->id, "pin-age"))
			continue;
		f->status = DG_WAIVED;
		f->waiver = calloc(1, sizeof(*f->waiver));
		assert_non_null(f->waiver);
		f->waiver->id = strdup("used");
	}
	return verdict;
}

static const struct {
	const char *id;
	enum dg_waiver_use use, unjudged;
	const char *why;
	int64_t days_left;
	unsigned line;
} fates[] = {
	{.id = "used", .use = DG_WAIVER_USED, .days_left = 10, .line = 2},
	{.id = "idle",
	 .use = DG_WAIVER_UNUSED,
	 .why = "does not drift",
	 .days_left = 10,
	 .line = 3},
	{.id = "over", .use = DG_WAIVER_EXPIRED, .line = 4},
	{.id = "gpu", .use = DG_WAIVER_OTHER_HOSTS, .days_left = 10, .line = 5},
	{.id = "typo", .use = DG_WAIVER_NO_HOST, .days_left = 10, .line = 6},
	{.id = "dark",
	 .use = DG_WAIVER_NOT_JUDGED,
	 .why = "could not be seen",
	 .days_left = 10,
	 .line = 7},
	{.id = "kernel",
	 .use = DG_WAIVER_UNUSED,
	 .why = "another kernel",
	 .days_left = 10,
	 .line = 8},
	{.id = "second",
	 .use = DG_WAIVER_UNUSED,
	 .why = "by another one",
	 .days_left = 10,
	 .line = 9},
};

static void assert_fates(const struct dg_policy_report *report, bool judged)
{
	assert_int_equal(report->waiver_count, DG_COUNT(fates));
	for (size_t i = 0; i < DG_COUNT(fates); i++) {
		const struct dg_policy_waiver_note *w = &report->waivers[i];
		enum dg_waiver_use use = fates[i].use;
		const char *why = judged ? fates[i].why : NULL;

		if (!judged && (use == DG_WAIVER_USED || use == DG_WAIVER_UNUSED))
			use = DG_WAIVER_NOT_JUDGED;
		if (!dg_streq(w->waiver->id, fates[i].id) || w->use != use ||
		    w->days_left != fates[i].days_left ||
		    w->origin.line != fates[i].line ||
		    (why ? !w->why || !strstr(w->why, why) : w->why != NULL))
			fail_msg("%s: %s (%s), %lld days, line %u", w->waiver->id,
				 dg_waiver_use_name(w->use), w->why,
				 (long long)w->days_left, w->origin.line);
	}
}

static void test_waivers(void **state)
{
	static const char *const hosts[] = {"pve1", "gpu-1", NULL};
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	REPORT_CLEANUP struct dg_policy_report *judged = NULL, *unjudged = NULL;
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = verdict_new();

	(void)state;
	merge(policy, "a.json", waivers);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, "pve1"), 0);
	assert_int_equal(
		dg_policy_report_new(policy, "pve1", hosts, NOON, verdict, &judged), 0);
	assert_fates(judged, true);
	assert_int_equal(
		dg_policy_report_new(policy, "pve1", hosts, NOON, NULL, &unjudged), 0);
	assert_fates(unjudged, false);
	assert_int_equal(judged->override_count, 3);
	assert_string_equal(judged->overrides[0].hosts, "gpu-1, x");
	assert_false(judged->overrides[0].applies);
	assert_false(judged->overrides[0].no_known_host);
	assert_true(judged->overrides[1].no_known_host);
	assert_true(judged->overrides[2].applies);
}

/* Without the nodes' names nothing is said of patterns; without its own name, nothing of
 * those that are not for all. */
static void test_little_known(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	REPORT_CLEANUP struct dg_policy_report *alone = NULL, *nameless = NULL;

	(void)state;
	merge(policy, "a.json", waivers);
	assert_int_equal(dg_policy_settle(policy, "pve1"), 0);
	assert_int_equal(dg_policy_report_new(policy, "pve1", NULL, NOON, NULL, &alone),
			 0);
	assert_int_equal(alone->waivers[4].use, DG_WAIVER_OTHER_HOSTS);
	assert_false(alone->overrides[1].no_known_host);
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	assert_int_equal(dg_policy_report_new(policy, NULL, NULL, NOON, NULL, &nameless),
			 0);
	assert_int_equal(nameless->waivers[3].use, DG_WAIVER_NOT_JUDGED);
	assert_int_equal(nameless->waivers[0].use, DG_WAIVER_NOT_JUDGED);
	assert_false(nameless->overrides[2].applies);
}

/* --- the document --- */

static struct json_object *at(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(json, key, &value))
		fail_msg("there is no %s", key);
	return value;
}

static const char *text_at(struct json_object *json, const char *key)
{
	return json_object_get_string(at(json, key));
}

static void test_document(void **state)
{
	POLICY_CLEANUP struct dg_policy *policy = policy_new();
	REPORT_CLEANUP struct dg_policy_report *report = NULL;
	struct json_object *json, *part;

	(void)state;
	merge_layers(policy, "lab-1");
	assert_int_equal(dg_policy_merge_copy(policy, "copy.json", "there.json",
					      NOON - 3 * DAY, ENABLED, strlen(ENABLED)),
			 0);
	assert_int_equal(add_ignored(policy), 0);
	assert_int_equal(dg_policy_settle(policy, "lab-1"), 0);
	assert_int_equal(dg_policy_report_new(policy, "lab-1", NULL, NOON, NULL, &report),
			 0);
	json = dg_policy_report_encode(report);
	assert_non_null(json);
	assert_string_equal(text_at(json, "schema"), "driftguard.policy-show/1");
	assert_string_equal(text_at(json, "host"), "lab-1");
	assert_true(json_object_equal(at(json, "policy"), policy->tree));
	part = at(at(json, "origins"), "pin.grace_days");
	assert_string_equal(text_at(part, "file"), "b.json");
	assert_string_equal(text_at(part, "line"), "8");
	assert_string_equal(text_at(part, "override"), "2");
	part = json_object_array_get_idx(at(json, "layers"), 3);
	assert_string_equal(text_at(part, "state"), "cached");
	assert_string_equal(text_at(part, "copy_of"), "there.json");
	assert_string_equal(text_at(part, "age_days"), "3");
	part = json_object_array_get_idx(at(json, "problems"), 0);
	assert_string_equal(text_at(part, "effect"), "key-ignored");
	assert_string_equal(text_at(part, "line"), "2");
	assert_string_equal(text_at(json, "may_enforce"), "false");
	assert_non_null(strstr(text_at(json, "may_not_because"), "b.json:2"));
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_overridden),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_enforce_values),
		cmocka_unit_test(test_may_enforce),
		cmocka_unit_test(test_spoilers),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_until),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_waivers),
		cmocka_unit_test(test_little_known),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
