/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many hosts: telling documents of a stream apart, summing up, and every form of that. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "guard/fleet/fleet.h"
#include "guard/render/render.h"
#include "policy/catalog.h"
#include "policy/text.h"
#include "tests/unit/exposition.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/random.h"
#include "tests/unit/verdicts.h"

/* --- documents --- */

/* "LINE:TEXT|" of each document; of one that cannot be had "LINE!WHY|". */
static int note_document(void *arg, unsigned line, const char *text, size_t size,
			 const char *why)
{
	FILE *out = arg;

	if (why)
		fprintf(out, "%u!%s|", line, why);
	else
		fprintf(out, "%u:%.*s|", line, (int)size, text);
	return 0;
}

static char *documents(const char *data, size_t size, size_t cap)
{
	FILE *in = size ? fmemopen((void *)data, size, "r") : fopen("/dev/null", "re");
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_int_equal(dg_documents_read(in, cap, note_document, out), 0);
	fclose(in);
	fclose(out);
	return text;
}

static void told_apart(void **state)
{
	static const struct {
		const char *data, *expected;
	} cases[] = {
		{"", ""},
		{"\n \t\r\n\n", ""},
		{"{}", "1:{}|"},
		{"{}\n", "1:{}\n|"},
		{"{\"a\":1}\n{\"b\":2}\n", "1:{\"a\":1}\n|2:{\"b\":2}\n|"},
		{"{}\r\n\r\n{}\r\n", "1:{}\r\n|3:{}\r\n|"},
		/* Of many lines, as facts are printed. */
		{"{\n  \"a\": {\n  }\n}\n{\n}\n", "1:{\n  \"a\": {\n  }\n}\n|5:{\n}\n|"},
		/* Brackets and quotes within strings. */
		{"{\"}\":\"{[\\\"\\\\\"}\n{}\n", "1:{\"}\":\"{[\\\"\\\\\"}\n|2:{}\n|"},
		/* A line that is cut off costs itself. */
		{"{\"a\":{\n{}\n", "1:{\"a\":{\n|2:{}\n|"},
		{"{\"a\":\"x\n{}\n", "1:{\"a\":\"x\n|2:{}\n|"},
		{"{\"a\":\"x\\\n{}\n", "1:{\"a\":\"x\\\n|2:{}\n|"},
		{"{}\n{\"a\":[", "1:{}\n|2:{\"a\":[|"},
		/* What is no document at all, too. */
		{"oops\n{}\n", "1:oops\n|2:{}\n|"},
		{"]}}}\n{}\n", "1:]}}}\n|2:{}\n|"},
		{"{} {}\n", "1:{} {}\n|"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *text =
			documents(cases[i].data, strlen(cases[i].data), 1000);

		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("\"%s\": \"%s\", not \"%s\"", cases[i].data, text,
				 cases[i].expected);
	}
}

/* The cap is of memory: what follows is found again. */
static void too_large(void **state)
{
	static const char data[] = "{\"a\":\"0123456789\"}\n{\"b\":1}\n";
	DG_FREE char *text = documents(data, strlen(data), 8);
	DG_FREE char *fits = documents(data, strlen(data), 19);

	(void)state;
	assert_string_equal(text, "1!it is larger than what is read|2:{\"b\":1}\n|");
	assert_string_equal(fits, "1:{\"a\":\"0123456789\"}\n|2:{\"b\":1}\n|");
}

/* Bytes of any kind: every one that is not blank ends up in one document. */
static void any_bytes(void **state)
{
	static const char bytes[] = "{}[]\"\\a\n\n\0\377 ";

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char data[64];
		DG_FREE char *text = NULL;
		size_t size = random_below(sizeof(data)), in = 0, out = 0;

		for (size_t i = 0; i < size; i++) {
			data[i] = bytes[random_below(sizeof(bytes) - 1)];
			/* The notes' text ends at a zero. */
			data[i] = data[i] ? data[i] : 'z';
			in += data[i] == '{' || data[i] == 'a' || data[i] == '\\';
		}
		text = documents(data, size, 1000);
		for (const char *p = text; *p; p++)
			out += *p == '{' || *p == 'a' || *p == '\\';
		assert_int_equal(in, out);
	}
}

static int stop_at_two(void *arg, unsigned line, const char *text, size_t size,
		       const char *why)
{
	size_t *count = arg;

	(void)line;
	(void)text;
	(void)size;
	(void)why;
	return ++*count == 2 ? -EBUSY : 0;
}

static void stopped(void **state)
{
	FILE *in = fmemopen((void *)"{}\n{}\n{}\n", 9, "r");
	size_t count = 0;

	(void)state;
	assert_int_equal(dg_documents_read(in, 100, stop_at_two, &count), -EBUSY);
	assert_int_equal(count, 2);
	fclose(in);
}

/* --- summing up --- */

#define FLEET_CLEANUP DG_CLEANUP(dg_fleet_clear)

static void add(struct dg_fleet *fleet, const char *host, const char *id,
		const char *name, int64_t time)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden(host);

	free(v->host.id);
	v->host.id = id ? strdup(id) : NULL;
	free(v->host.name);
	v->host.name = name ? strdup(name) : NULL;
	assert_int_equal(dg_fleet_add(fleet, "hosts.json", time, v), 0);
}

static void fleet_of_all(struct dg_fleet *fleet)
{
	*fleet = (struct dg_fleet){.time = NOW};
	add(fleet, "healthy-9.2", "1", "good", NOW - 10);
	add(fleet, "status-unreadable", "2", "blind", NOW - 10);
	add(fleet, "incident", "3", "zulu", NOW - 10);
	add(fleet, "before-reboot", "4", "due", NOW - 3 * DAY);
	add(fleet, "rebuilt-abi", "5", "rebuilt", DG_FLEET_NO_TIME);
	add(fleet, "incident", "6", "alpha \"|\\", NOW - 10);
	assert_int_equal(dg_fleet_add_problem(fleet, "hosts.json:7", "line 1: oops"), 0);
	assert_int_equal(dg_fleet_settle(fleet), 0);
}

static size_t drift_of(const struct dg_fleet *fleet, const char *id)
{
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);

	for (size_t i = 0; i < count; i++)
		if (dg_streq(all[i]->id, id))
			return fleet->drift[i];
	fail_msg("no check %s", id);
	return 0;
}

static void summed_up(void **state)
{
	static const char *const order[] = {"alpha \"|\\", "zulu",    "due", "blind",
					    NULL,	   "rebuilt", "good"};
	FLEET_CLEANUP struct dg_fleet fleet;

	(void)state;
	fleet_of_all(&fleet);
	assert_int_equal(fleet.count, DG_COUNT(order));
	for (size_t i = 0; i < DG_COUNT(order); i++)
		if (order[i])
			assert_string_equal(fleet.hosts[i].name, order[i]);
		else
			assert_string_equal(fleet.hosts[i].problem, "line 1: oops");
	assert_int_equal(fleet.level, DG_LEVEL_CRITICAL);
	assert_int_equal(fleet.levels[DG_LEVEL_CRITICAL], 2);
	assert_int_equal(fleet.levels[DG_LEVEL_WARNING], 1);
	assert_int_equal(fleet.levels[DG_LEVEL_UNKNOWN], 2);
	assert_int_equal(fleet.levels[DG_LEVEL_NOTICE], 1);
	assert_int_equal(fleet.levels[DG_LEVEL_OK], 1);
	assert_int_equal(drift_of(&fleet, "kernel-series-behind"), 2);
	assert_int_equal(drift_of(&fleet, "kernel-newer-installed"), 1);
	assert_int_equal(drift_of(&fleet, "pin-expired"), 0);
	assert_int_equal(fleet.old, 1);
	assert_int_equal(fleet.replaced, 0);
	/* The worst drift of a host first. */
	assert_string_equal(fleet.hosts[0].drift[0], "kernel-series-behind");
	assert_string_equal(fleet.hosts[0].drift[1], "pin-outlived-userland");
	assert_string_equal(fleet.hosts[0].drift[6], "pin-undocumented");
	assert_null(fleet.hosts[0].drift[7]);
}

static void worst_level(void **state)
{
	static const struct {
		const char *hosts[3];
		enum dg_level level;
	} cases[] = {
		{{NULL}, DG_LEVEL_UNKNOWN},
		{{"healthy-9.2"}, DG_LEVEL_OK},
		{{"healthy-9.2", "rebuilt-abi"}, DG_LEVEL_NOTICE},
		{{"status-unreadable", "rebuilt-abi"}, DG_LEVEL_UNKNOWN},
		{{"status-unreadable", "before-reboot"}, DG_LEVEL_WARNING},
		{{"before-reboot", "incident", "healthy-9.2"}, DG_LEVEL_CRITICAL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FLEET_CLEANUP struct dg_fleet fleet = {.time = NOW};

		for (size_t n = 0; n < 3 && cases[i].hosts[n]; n++)
			add(&fleet, cases[i].hosts[n], "1", cases[i].hosts[n], NOW);
		assert_int_equal(dg_fleet_settle(&fleet), 0);
		assert_int_equal(fleet.level, cases[i].level);
	}
}

/* Of facts of one host the newest count, wherever they stand. */
static void hosts_that_came_again(void **state)
{
	FLEET_CLEANUP struct dg_fleet fleet = {.time = NOW};

	(void)state;
	add(&fleet, "incident", "1", "a", NOW - 20);
	add(&fleet, "healthy-9.2", "1", "a", NOW - 10);
	add(&fleet, "before-reboot", "1", "a", NOW - 30);
	add(&fleet, "incident", "1", "a", DG_FLEET_NO_TIME);
	/* At the same second, the last one. */
	add(&fleet, "incident", "2", "b", NOW);
	add(&fleet, "before-reboot", "2", "b", NOW);
	/* The same id under another name is a clone; without an id, who knows. */
	add(&fleet, "rebuilt-abi", "1", "clone", NOW - 40);
	add(&fleet, "healthy-9.2", NULL, "n", NOW);
	add(&fleet, "healthy-9.2", NULL, "n", NOW);
	assert_int_equal(dg_fleet_settle(&fleet), 0);
	assert_int_equal(fleet.count, 5);
	assert_int_equal(fleet.replaced, 4);
	assert_int_equal(fleet.levels[DG_LEVEL_WARNING], 1);
	assert_int_equal(fleet.levels[DG_LEVEL_NOTICE], 1);
	assert_int_equal(fleet.levels[DG_LEVEL_OK], 3);
	assert_string_equal(fleet.hosts[0].name, "b");
}

/* --- forms --- */

static char *print(const struct dg_fleet *fleet, const char *form, bool verbose)
{
	const struct dg_style style = {.width = 80, .verbose = verbose};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(dg_renderer_find(form)->fleet(out, fleet, &style), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void as_text(void **state)
{
	FLEET_CLEANUP struct dg_fleet fleet;
	DG_FREE char *text = NULL, *all = NULL;

	(void)state;
	fleet_of_all(&fleet);
	text = print(&fleet, "text", false);
	assert_int_equal(strncmp(text,
				 "7 hosts: 2 critical, 1 warning, 2 unknown, "
				 "1 notice, 1 ok\nFacts older than 2 days, which "
				 "may no longer be true: of 1\n",
				 102),
			 0);
	expect_within(text, "\n    2  kernel-series-behind    ");
	expect_within(text, "\ncritical  zulu       6.5.13-5-pve  6.5.13-5-pve  "
			    "kernel-series-behind +6\n");
	expect_within(text, "\nunknown   blind ");
	expect_within(text,
		      "\nFacts that cannot be used\n  hosts.json:7: line 1: oops\n");
	expect_within(text, "\nFine: 2 hosts (-v lists them)\n");
	assert_null(strstr(text, "notice    rebuilt"));
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= 84); /* 80 columns, of them "…" */
	all = print(&fleet, "text", true);
	expect_within(all, "\nnotice    rebuilt ");
	assert_null(strstr(all, "Fine: "));
}

static void as_json(void **state)
{
	FLEET_CLEANUP struct dg_fleet fleet;
	DG_FREE char *text = NULL;
	struct json_object *json, *hosts, *host;
	size_t checks;

	(void)state;
	dg_catalog(&checks);
	fleet_of_all(&fleet);
	text = print(&fleet, "json", false);
	json = json_tokener_parse(text);
	assert_non_null(json);
#define GET(from, key) json_object_object_get(from, key)
	assert_string_equal(json_object_get_string(GET(json, "schema")),
			    "driftguard.fleet/1");
	assert_string_equal(json_object_get_string(GET(json, "verdict")), "critical");
	assert_int_equal(json_object_get_int(GET(GET(json, "counts"), "unknown")), 2);
	assert_int_equal(json_object_object_length(GET(json, "checks")), checks);
	assert_int_equal(json_object_get_int(GET(GET(json, "checks"), "pin-age")), 2);
	assert_int_equal(json_object_get_int(GET(json, "old")), 1);
	hosts = GET(json, "hosts");
	assert_int_equal(json_object_array_length(hosts), 7);
	host = json_object_array_get_idx(hosts, 1);
	assert_string_equal(json_object_get_string(GET(host, "name")), "zulu");
	assert_string_equal(json_object_get_string(GET(host, "facts_time")),
			    "2026-06-03T07:59:50Z");
	assert_null(GET(host, "problem"));
	host = json_object_array_get_idx(hosts, 4);
	assert_string_equal(json_object_get_string(GET(host, "problem")), "line 1: oops");
	assert_null(GET(host, "name"));
	/* Of facts that bear no time there is none. */
	host = json_object_array_get_idx(hosts, 5);
	assert_null(GET(host, "facts_time"));
#undef GET
	json_object_put(json);
}

static void as_plugin(void **state)
{
	FLEET_CLEANUP struct dg_fleet fleet;
	DG_FREE char *text = NULL;

	(void)state;
	fleet_of_all(&fleet);
	text = print(&fleet, "nagios", false);
	expect_within(text,
		      "DRIFTGUARD CRITICAL - 7 hosts: 2 critical, 1 warning, 2 unknown, "
		      "1 notice, 1 ok | critical=2;;0;0 warning=1;0;;0 notice=1;;;0 "
		      "ok=1;;;0 unknown=2;;;0 old=1;;;0\n[critical] alpha \"/\\: ");
	expect_within(text, "\n[unknown] hosts.json:7: line 1: oops\n");
	assert_null(strstr(text, "rebuilt"));
	assert_null(strchr(strchr(text, '|') + 1, '|'));
}

static void as_exposition(void **state)
{
	FLEET_CLEANUP struct dg_fleet fleet;
	DG_FREE char *text = NULL;
	size_t checks;

	(void)state;
	dg_catalog(&checks);
	fleet_of_all(&fleet);
	text = print(&fleet, "prometheus", false);
	assert_int_equal(exposition_read(text), 5 + checks + 6 + 2);
	expect_within(text, "\ndriftguard_fleet_hosts{verdict=\"unknown\"} 2\n");
	expect_within(text, "\ndriftguard_fleet_drift_hosts{check=\"pin-age\"} 2\n");
	expect_within(text, "{host=\"alpha \\\"|\\\\\",id=\"6\"} 3\n");
	expect_within(text, "{host=\"blind\",id=\"2\"} -1\n");
	expect_within(text, "\ndriftguard_fleet_old_facts 1\n");
}

static void empty(void **state)
{
	static const char *const forms[] = {"text", "json", "nagios", "prometheus"};
	FLEET_CLEANUP struct dg_fleet fleet = {.time = NOW};

	(void)state;
	assert_int_equal(dg_fleet_settle(&fleet), 0);
	for (size_t i = 0; i < DG_COUNT(forms); i++) {
		DG_FREE char *text = print(&fleet, forms[i], true);

		assert_true(*text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_apart),
		cmocka_unit_test(too_large),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(stopped),
		cmocka_unit_test(summed_up),
		cmocka_unit_test(worst_level),
		cmocka_unit_test(hosts_that_came_again),
		cmocka_unit_test(as_text),
		cmocka_unit_test(as_json),
		cmocka_unit_test(as_plugin),
		cmocka_unit_test(as_exposition),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
