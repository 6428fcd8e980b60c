/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds a verdict against what people wrote down that it must say: expect FILE VERDICT.
 * Renewing the goldens does not touch FILE (tests/hosts/README.md has its words). What
 * holds for every verdict is tested too. Reports in TAP.
 */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32
#define CHECKS	  32 /* in CHECKS.md's table, which test-catalog.c spells out */

static struct json_object *verdict;
static int tests, failures;

static void report(int ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void report(int ok, const char *fmt, ...)
{
	va_list args;

	printf("%s %d - ", ok ? "ok" : "not ok", ++tests);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	failures += !ok;
}

/* --- reading the verdict --- */

static struct json_object *member(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(json, key, &value);
	return value;
}

/* "null" for what is missing or null. */
static const char *text_of(struct json_object *value)
{
	return value ? json_object_get_string(value) : "null";
}

static struct json_object *at_path(const char *path)
{
	struct json_object *json = verdict;
	char copy[256], *rest = copy, *key;

	snprintf(copy, sizeof(copy), "%s", path);
	while (json && (key = strsep(&rest, ".")))
		json = member(json, key);
	return json;
}

static struct json_object *finding_at(size_t i)
{
	return json_object_array_get_idx(member(verdict, "findings"), i);
}

static size_t finding_count(void)
{
	struct json_object *findings = member(verdict, "findings");

	return json_object_is_type(findings, json_type_array)
		       ? json_object_array_length(findings)
		       : 0;
}

/* NULL: no such finding. */
static struct json_object *find(const char *id)
{
	for (size_t i = 0; i < finding_count(); i++)
		if (!strcmp(text_of(member(finding_at(i), "id")), id))
			return finding_at(i);
	return NULL;
}

static const char *status_of(struct json_object *finding)
{
	return finding ? text_of(member(finding, "status")) : "missing";
}

static const char *severity_of(struct json_object *finding)
{
	return finding ? text_of(member(finding, "severity")) : "missing";
}

static int is_alarm(struct json_object *finding)
{
	return !strcmp(status_of(finding), "drift") &&
	       strcmp(severity_of(finding), "notice");
}

/* --- the words of an expect file; words[0] is the directive --- */

static void expect_verdict(char **words, int count)
{
	const char *is = text_of(member(verdict, "verdict"));
	int ok = 0;

	for (int i = 1; i < count; i++)
		ok |= !strcmp(is, words[i]);
	report(ok, "verdict is %s, expected %s%s%s", is, words[1],
	       count > 2 ? " or " : "", count > 2 ? words[2] : "");
}

/* The unwaived drift at warning or above is this and no other; "?id" may be there. */
static void expect_alarms(char **words, int count)
{
	int before = failures;

	for (int i = 1; i < count; i++)
		if (*words[i] != '?')
			report(is_alarm(find(words[i])),
			       "%s is drift at warning or above", words[i]);
	for (size_t i = 0; i < finding_count(); i++) {
		const char *id = text_of(member(finding_at(i), "id"));
		int listed = 0;

		for (int k = 1; k < count; k++)
			listed |= !strcmp(words[k] + (*words[k] == '?'), id);
		if (!listed && is_alarm(finding_at(i)))
			report(0, "%s is %s drift, which nobody expects: %s", id,
			       severity_of(finding_at(i)),
			       text_of(member(finding_at(i), "summary")));
	}
	if (failures == before)
		report(1, "no other alarms");
}

static void expect_drift(char **words, int count)
{
	struct json_object *f = find(words[1]);

	report(!strcmp(status_of(f), words[0]) &&
		       (count < 3 || !strcmp(severity_of(f), words[2])),
	       "%s is %s %s, expected %s %s", words[1], status_of(f), severity_of(f),
	       words[0], count < 3 ? "" : words[2]);
}

static void expect_no_drift(char **words, int count)
{
	for (int i = 1; i < count; i++) {
		struct json_object *f = find(words[i]);

		report(f && strcmp(status_of(f), "drift"), "%s is %s, expected no drift",
		       words[i], status_of(f));
	}
}

static void expect_status(char **words, int count)
{
	const char *is = status_of(find(words[1]));

	(void)count;
	report(!strcmp(is, words[2]), "%s is %s, expected %s", words[1], is, words[2]);
}

static void expect_evidence(char **words, int count)
{
	const char *is = text_of(member(member(find(words[1]), "evidence"), words[2]));

	(void)count;
	report(!strcmp(is, words[3]), "%s: evidence %s is %s, expected %s", words[1],
	       words[2], is, words[3]);
}

static void expect_value(char **words, int count)
{
	const char *is = text_of(at_path(words[1]));

	(void)count;
	report(!strcmp(is, words[2]), "%s is %s, expected %s", words[1], is, words[2]);
}

static void expect_preflight(char **words, int count)
{
	struct json_object *flights = at_path("plan.preflight");
	const char *is = "missing";

	(void)count;
	for (size_t i = 0; flights && i < json_object_array_length(flights); i++) {
		struct json_object *flight = json_object_array_get_idx(flights, i);

		if (!strcmp(text_of(member(flight, "id")), words[1]))
			is = json_object_get_boolean(member(flight, "ok")) ? "ok"
									   : "failed";
	}
	report(!strcmp(is, words[2]), "preflight %s is %s, expected %s", words[1], is,
	       words[2]);
}

static void add_words(char *line, size_t size, const char *text)
{
	size_t used = strlen(line);

	snprintf(line + used, size - used, "%s", text);
}

/* The plan's commands in one line, "a b; c d". */
static void expect_commands(char **words, int count)
{
	struct json_object *commands = at_path("plan.commands");
	char is[2048] = "", want[2048] = "";

	for (int i = 1; i < count; i++) {
		add_words(want, sizeof(want), i > 1 ? " " : "");
		add_words(want, sizeof(want), words[i]);
	}
	for (size_t i = 0; commands && i < json_object_array_length(commands); i++) {
		struct json_object *argv =
			member(json_object_array_get_idx(commands, i), "argv");

		for (size_t k = 0; k < json_object_array_length(argv); k++) {
			add_words(is, sizeof(is), k ? " " : i ? "; " : "");
			add_words(is, sizeof(is),
				  json_object_get_string(
					  json_object_array_get_idx(argv, k)));
		}
	}
	report(!strcmp(is, want), "commands are '%s', expected '%s'", is, want);
}

static const struct {
	const char *word;
	int least, most; /* words, with the directive */
	void (*run)(char **words, int count);
} directives[] = {
	{.word = "verdict", .least = 2, .most = 3, .run = expect_verdict},
	{.word = "alarms", .least = 1, .most = WORDS_MAX, .run = expect_alarms},
	{.word = "drift", .least = 2, .most = 3, .run = expect_drift},
	{.word = "waived", .least = 2, .most = 3, .run = expect_drift},
	{.word = "no-drift", .least = 2, .most = WORDS_MAX, .run = expect_no_drift},
	{.word = "status", .least = 3, .most = 3, .run = expect_status},
	{.word = "evidence", .least = 4, .most = 4, .run = expect_evidence},
	{.word = "value", .least = 3, .most = 3, .run = expect_value},
	{.word = "preflight", .least = 3, .most = 3, .run = expect_preflight},
	{.word = "commands", .least = 1, .most = WORDS_MAX, .run = expect_commands},
};

static void run_line(char *line)
{
	char *words[WORDS_MAX], *rest = line, *word;
	int count = 0;

	while (count < WORDS_MAX && (word = strsep(&rest, " \t\n")))
		if (*word)
			words[count++] = word;
	if (!count || *words[0] == '#')
		return;
	for (size_t i = 0; i < sizeof(directives) / sizeof(*directives); i++)
		if (!strcmp(directives[i].word, words[0]) &&
		    count >= directives[i].least && count <= directives[i].most) {
			directives[i].run(words, count);
			return;
		}
	report(0, "cannot understand '%s'", words[0]);
}

/* --- what holds for every verdict --- */

static int grade(const char *severity)
{
	return !strcmp(severity, "critical")  ? 3
	       : !strcmp(severity, "warning") ? 2
	       : !strcmp(severity, "notice")  ? 1
					      : 0;
}

/* The verdict once more, from the findings (CONTRACT.md). */
static const char *judge_again(void)
{
	static const char *const essential[] = {"kernel-series-behind",
						"boot-next-broken", "pin-not-applied"};
	int worst = 0;

	for (size_t i = 0; i < finding_count(); i++)
		if (!strcmp(status_of(finding_at(i)), "drift") &&
		    grade(severity_of(finding_at(i))) > worst)
			worst = grade(severity_of(finding_at(i)));
	if (worst >= 2)
		return worst == 3 ? "critical" : "warning";
	for (size_t i = 0; i < sizeof(essential) / sizeof(*essential); i++)
		if (!strcmp(status_of(find(essential[i])), "unknown"))
			return "unknown";
	return worst ? "notice" : "ok";
}

/* Any control character, in any string. */
static int is_dirty(struct json_object *json)
{
	if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreach(json, key, value)
		{
			(void)key;
			if (is_dirty(value))
				return 1;
		}
	} else if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			if (is_dirty(json_object_array_get_idx(json, i)))
				return 1;
	} else if (json_object_is_type(json, json_type_string)) {
		for (const char *s = json_object_get_string(json); *s; s++)
			if ((unsigned char)*s < 0x20 || *s == 0x7f)
				return 1;
	}
	return 0;
}

/* NULL: nothing is wrong with the finding. */
static const char *find_flaw(struct json_object *f)
{
	int drifts = !strcmp(status_of(f), "drift") || !strcmp(status_of(f), "waived");

	if (!member(f, "summary") || !*text_of(member(f, "summary")))
		return "has no summary";
	if (!!grade(severity_of(f)) != drifts)
		return "has a severity that does not go with its status";
	if ((member(f, "waiver") != NULL) != !strcmp(status_of(f), "waived"))
		return "has a waiver that does not go with its status";
	if (!json_object_is_type(member(f, "sources"), json_type_array))
		return "has no list of sources";
	return NULL;
}

static void test_findings(void)
{
	int flaws = 0;

	for (size_t i = 0; i < finding_count(); i++) {
		const char *flaw = find_flaw(finding_at(i));

		if (flaw)
			report(0, "%s %s", text_of(member(finding_at(i), "id")), flaw);
		flaws += flaw != NULL;
	}
	if (!flaws)
		report(1, "findings are whole");
}

static void test_always(void)
{
	const char *is = text_of(member(verdict, "verdict")), *again = judge_again();

	report(!strcmp(text_of(member(verdict, "schema")), "driftguard.verdict/1"),
	       "schema");
	report(finding_count() >= CHECKS, "%zu findings, at least %d", finding_count(),
	       CHECKS);
	report(!strcmp(is, again), "verdict is %s, its findings make it %s", is, again);
	report(!is_dirty(verdict), "no control characters");
	report(*text_of(member(verdict, "headline")) != '\0' &&
		       member(verdict, "headline"),
	       "a headline");
	test_findings();
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	FILE *file;

	if (argc != 3)
		return 2;
	verdict = json_object_from_file(argv[2]);
	file = fopen(argv[1], "re");
	if (!verdict || !file) {
		printf("Bail out! cannot read %s\n", verdict ? argv[1] : argv[2]);
		return 1;
	}
	while (getline(&line, &room, file) > 0)
		run_line(line);
	test_always();
	printf("1..%d\n", tests);
	free(line);
	fclose(file);
	json_object_put(verdict);
	return failures ? 1 : 0;
}
