/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The model of facts: its document and back, the states, merging, gaps, sources. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/json-scan.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"

/* --- a model with everything in it --- */

#define ITEMS 2
#define TIME  INT64_C(1780473600)

static void fill(const struct dg_record *record, void *data, int64_t *number)
{
	dg_set_known(data);
	for (size_t i = 0; i < record->count; i++) {
		const struct dg_field *field = &record->fields[i];
		void *fact = (char *)data + field->offset;
		DG_FREE char *text =
			dg_format("%s %lld", field->name, (long long)*number);

		(*number)++;
		switch (field->type) {
		case DG_STR:
			dg_set_str(fact, text);
			break;
		case DG_INT:
			dg_set_int(fact, *number * 1000000007 - 500);
			break;
		case DG_REAL:
			dg_set_real(fact, (double)*number * 1.25 - 7);
			break;
		case DG_BOOL:
			dg_set_bool(fact, *number % 2);
			break;
		case DG_TIME:
			dg_set_int(fact, TIME + *number);
			break;
		case DG_RECORD:
			fill(field->record, fact, number);
			break;
		case DG_LIST_OF:
			for (size_t j = 0; j < ITEMS; j++) {
				void *item =
					dg_list_add(fact, field->record->size, ITEMS);

				assert_non_null(item);
				fill(field->record, item, number);
			}
			break;
		default:
			fail_msg("a type that the test does not know");
		}
	}
}

static struct dg_facts *make_full(void)
{
	struct dg_facts *facts = dg_facts_new();
	int64_t number = 0;

	assert_non_null(facts);
	fill(&dg_facts_record, facts, &number);
	assert_true(number > 200);
	return facts;
}

static struct json_object *parse(const char *text)
{
	struct json_object *json = NULL;
	struct dg_json_error err = {0};

	if (dg_json_parse(text, strlen(text), 0, &json, NULL, &err) < 0)
		fail_msg("%s in %s", err.message, text);
	return json;
}

static struct dg_facts *decode(const char *text)
{
	struct json_object *json = parse(text);
	struct dg_facts *facts = NULL;
	char *why = NULL;

	assert_int_equal(dg_facts_decode(json, &facts, &why), 0);
	assert_null(why);
	json_object_put(json);
	return facts;
}

/* Encode, through text, decode, encode: both documents are the same. */
static void expect_round_trip(const struct dg_facts *facts)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *again = NULL;
	struct json_object *first = dg_facts_encode(facts), *second;

	again = decode(json_object_to_json_string_ext(first, JSON_C_TO_STRING_PLAIN));
	second = dg_facts_encode(again);
	assert_true(json_object_equal(first, second));
	json_object_put(first);
	json_object_put(second);
}

static void test_round_trip(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *full = make_full();
	DG_CLEANUP(dg_facts_freep) struct dg_facts *empty = dg_facts_new();
	DG_CLEANUP(dg_facts_freep) struct dg_facts *host = host_esps();

	(void)state;
	expect_round_trip(full);
	expect_round_trip(empty);
	expect_round_trip(host);
}

/* Nothing is known of a new model, and nothing of it is absent. */
static void test_new(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = dg_facts_new();
	DG_FREE char *gap = dg_facts_gap(facts, "boot.pin");

	(void)state;
	assert_string_equal(gap, "boot: unreadable");
	assert_false(dg_known(&facts->boot.pin));
	assert_false(dg_absent(&facts->boot.pin));
	assert_null(dg_get(&facts->host.name));
	assert_false(dg_true(&facts->live));
	dg_facts_free(NULL);
}

/* --- states --- */

#define DOC(members) "{\"schema\": \"driftguard.facts/1\", " members "}"

static const struct state_case {
	const char *text;
	enum dg_state wanted;
	const char *detail; /* NULL: none */
} state_cases[] = {
	{"{\"state\": \"absent\"}", DG_ABSENT, NULL},
	{"{\"state\": \"absent\", \"detail\": \"no such file\"}", DG_ABSENT,
	 "no such file"},
	{"{\"state\": \"unreadable\", \"detail\": \"EACCES\"}", DG_UNREADABLE, "EACCES"},
	{"{\"state\": \"malformed\", \"detail\": 5}", DG_MALFORMED, NULL},
	{"{\"state\": \"malformed\", \"detail\": \"a\\u0007b\\nc\"}", DG_MALFORMED,
	 "a?b c"},
	{"{\"state\": \"known\"}", DG_MALFORMED, "of a wrong type in the facts"},
	{"{\"state\": \"\"}", DG_MALFORMED, "of a wrong type in the facts"},
	{"{\"state\": 0}", DG_MALFORMED, "of a wrong type in the facts"},
	{"{}", DG_MALFORMED, "of a wrong type in the facts"},
	{"[]", DG_MALFORMED, "of a wrong type in the facts"},
	{"null", DG_MALFORMED, "of a wrong type in the facts"},
};

static void expect_state(const struct dg_meta *meta, const struct state_case *c)
{
	assert_int_equal(meta->state, c->wanted);
	if (c->detail)
		assert_string_equal(meta->detail, c->detail);
	else
		assert_null(meta->detail);
}

static void test_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(state_cases); i++) {
		const struct state_case *c = &state_cases[i];
		DG_FREE char *text =
			dg_format(DOC("\"tool\": %s, \"time\": %s, \"live\": %s, "
				      "\"host\": {\"uptime\": %s}"),
				  c->text, c->text, c->text, c->text);
		DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = decode(text);

		expect_state(&facts->tool.meta, c);
		expect_state(&facts->time.meta, c);
		expect_state(&facts->live.meta, c);
		expect_state(&facts->host.uptime.meta, c);
		expect_round_trip(facts);
	}
}

/* The same of a list's items and of a record, of which {} is an empty one. */
static void test_item_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(state_cases); i++) {
		const struct state_case *c = &state_cases[i];
		DG_FREE char *text = dg_format(DOC("\"kernels\": [{\"abi\": \"1\"}, %s], "
						   "\"ledger\": %s"),
					       c->text, c->text);
		DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = decode(text);
		const struct dg_meta *item;

		assert_int_equal(facts->kernels.count, 2);
		assert_string_equal(facts->kernels.items[0].abi.value, "1");
		assert_int_equal(facts->kernels.items[1].abi.meta.state, DG_UNREADABLE);
		item = &facts->kernels.items[1].meta;
		if (c->wanted != DG_MALFORMED || dg_streq(c->detail, "a?b c"))
			expect_state(item, c);
		else if (c->text[0] != '{')
			assert_int_equal(item->state, DG_MALFORMED);
		if (!dg_streq(c->text, "[]"))
			expect_state(&facts->ledger.meta, c);
		else
			assert_true(dg_known(&facts->ledger) && !facts->ledger.count);
		expect_round_trip(facts);
	}
}

static void test_wrong_types(void **state)
{
	DG_CLEANUP(dg_facts_freep)
	struct dg_facts *f = decode(
		DOC("\"tool\": 5, \"time\": \"yesterday\", \"live\": \"true\", "
		    "\"host\": [], \"kernels\": {\"abi\": \"1\"}, "
		    "\"kernel\": {\"build_time\": 1780473600, \"release\": true}"));

	(void)state;
	assert_int_equal(f->tool.meta.state, DG_MALFORMED);
	assert_int_equal(f->time.meta.state, DG_MALFORMED);
	assert_int_equal(f->live.meta.state, DG_MALFORMED);
	assert_int_equal(f->host.meta.state, DG_MALFORMED);
	assert_int_equal(f->kernels.meta.state, DG_MALFORMED);
	assert_int_equal(f->kernel.build_time.meta.state, DG_MALFORMED);
	assert_int_equal(f->kernel.release.meta.state, DG_MALFORMED);
	/* What the document does not say was not read; unknown keys do not matter. */
	assert_int_equal(f->kernel.version.meta.state, DG_UNREADABLE);
	assert_string_equal(f->kernel.version.meta.detail, "not in the facts");
	assert_int_equal(f->boot.meta.state, DG_UNREADABLE);
}

static void test_unknown_keys(void **state)
{
	DG_CLEANUP(dg_facts_freep)
	struct dg_facts *f =
		decode(DOC("\"weather\": {\"state\": \"absent\"}, \"tool\": \"9\", "
			   "\"host\": {\"mood\": [1, 2], \"name\": \"pve1\"}"));

	(void)state;
	assert_string_equal(f->tool.value, "9");
	assert_string_equal(f->host.name.value, "pve1");
}

static void test_no_document(void **state)
{
	static const char *const texts[] = {
		"[]",
		"5",
		"\"driftguard.facts/1\"",
		"{}",
		"{\"schema\": null}",
		"{\"schema\": 1}",
		"{\"schema\": \"driftguard.facts/2\"}",
		"{\"schema\": {\"schema\": \"driftguard.facts/1\"}}",
		"{\"schema\": \"driftguard.verdict/1\"}",
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(texts); i++) {
		struct json_object *json = parse(texts[i]);
		struct dg_facts *facts = NULL;
		DG_FREE char *why = NULL;

		assert_int_equal(dg_facts_decode(json, &facts, &why), -EBADMSG);
		assert_null(facts);
		assert_non_null(strstr(why, "driftguard.facts/1"));
		json_object_put(json);
	}
}

static void test_hostile_strings(void **state)
{
	DG_CLEANUP(dg_facts_freep)
	struct dg_facts *f =
		decode(DOC("\"tool\": \"\\u001b[31mred\\u202e\\u0085x\\r\\n\", "
			   "\"kernels\": [{\"abi\": \"a\\u007f\"}]"));
	DG_FREE char *big = malloc(DG_TEXT_MAX + 100);

	(void)state;
	assert_string_equal(f->tool.value, "?[31mred??x? ");
	assert_string_equal(f->kernels.items[0].abi.value, "a?");
	memset(big, 'x', DG_TEXT_MAX + 100);
	dg_set_strn(&f->tool, big, DG_TEXT_MAX + 100);
	assert_true(strlen(f->tool.value) <= DG_TEXT_MAX);
	dg_set_strn(&f->tool, "a\0b\xff", 4);
	assert_true(dg_text_is_clean(f->tool.value, strlen(f->tool.value)));
	dg_set_gap(&f->tool.meta, DG_MALFORMED, "line %d: \033%s", 3, "\x80");
	assert_true(dg_text_is_clean(f->tool.meta.detail, strlen(f->tool.meta.detail)));
}

/* --- lists --- */

static void test_list_add(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = dg_facts_new();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct dg_installed *k = DG_ADD(&f->kernels, 1000);

		assert_non_null(k);
		assert_true(dg_known(k));
		assert_int_equal(k->abi.meta.state, DG_UNREADABLE);
		dg_set_int(&k->image_size, i);
	}
	assert_null(DG_ADD(&f->kernels, 1000));
	assert_int_equal(f->kernels.count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(f->kernels.items[i].image_size.value, i);
}

static void test_list_too_long(void **state)
{
	struct json_object *json = parse(DOC("\"kernels\": []"));
	struct json_object *list = json_object_object_get(json, "kernels");
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = NULL;
	DG_FREE char *why = NULL;

	(void)state;
	for (int i = 0; i <= 65536; i++)
		json_object_array_add(list, NULL);
	assert_int_equal(dg_facts_decode(json, &f, &why), 0);
	assert_int_equal(f->kernels.meta.state, DG_MALFORMED);
	assert_int_equal(f->kernels.count, 0);
	json_object_put(json);
}

/* --- merging --- */

static void merge(struct dg_facts *f, const char *text)
{
	struct json_object *json = parse(text);

	assert_int_equal(dg_record_merge(&dg_facts_record, json, f), 0);
	json_object_put(json);
}

static void test_merge(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = make_full();

	(void)state;
	merge(f, "{\"tool\": \"new\", \"kernels\": [{\"abi\": \"1\"}]}");
	assert_string_equal(f->tool.value, "new");
	assert_int_equal(f->kernels.count, 1);
	assert_true(dg_known(&f->host.name));
	assert_int_equal(f->ledger.count, ITEMS);
	/* Members of a record in a record, and nothing else of it. */
	merge(f, "{\"boot\": {\"pin\": {\"state\": \"absent\"}, "
		 "\"grub\": {\"default_value\": \"1>2\"}}}");
	assert_true(dg_absent(&f->boot.pin));
	assert_true(dg_known(&f->boot.next_pin));
	assert_string_equal(f->boot.grub.default_value.value, "1>2");
	assert_int_equal(f->boot.grub.entries.count, ITEMS);
	/* A record that is a gap now, and what it was is forgotten. */
	merge(f,
	      "{\"boot\": {\"grub\": {\"state\": \"unreadable\", \"detail\": \"why\"}}}");
	assert_int_equal(f->boot.grub.meta.state, DG_UNREADABLE);
	assert_string_equal(f->boot.grub.meta.detail, "why");
	assert_int_equal(f->boot.grub.entries.count, 0);
	merge(f, "{\"boot\": {\"grub\": {\"default_value\": \"0\"}}}");
	assert_true(dg_known(&f->boot.grub));
	assert_string_equal(f->boot.grub.entries.meta.detail, "not in the facts");
	merge(f, "{\"boot\": 5}");
	assert_int_equal(f->boot.meta.state, DG_MALFORMED);
}

static void test_encode_some(void **state)
{
	static const char *const paths[] = {"boot.pin",	       "boot.grub.default_value",
					    "kernels",	       "tool",
					    "kernels.abi",     "nothing",
					    "boot.nothing",    "tool.nothing",
					    "boot.efi.booted", NULL};
	DG_CLEANUP(dg_facts_freep) struct dg_facts *full = make_full();
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = dg_facts_new();
	struct json_object *json = dg_facts_encode_some(full, paths);
	struct json_object *boot;

	(void)state;
	assert_int_equal(json_object_object_length(json), 3);
	assert_true(json_object_object_get_ex(json, "boot", &boot));
	assert_int_equal(json_object_object_length(boot), 3);
	dg_set_known(&f->boot.meta);
	dg_set_known(&f->boot.grub.meta);
	dg_set_known(&f->boot.efi.meta);
	dg_set_str(&f->boot.next_pin, "kept");
	assert_int_equal(dg_record_merge(&dg_facts_record, json, f), 0);
	assert_string_equal(f->boot.pin.value, full->boot.pin.value);
	assert_string_equal(f->boot.next_pin.value, "kept");
	assert_string_equal(f->boot.grub.default_value.value,
			    full->boot.grub.default_value.value);
	assert_int_equal(f->kernels.count, ITEMS);
	json_object_put(json);
}

static void test_at(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = dg_facts_new();

	(void)state;
	assert_ptr_equal(dg_facts_at(f, "time"), &f->time.meta);
	assert_ptr_equal(dg_facts_at(f, "boot"), &f->boot.meta);
	assert_ptr_equal(dg_facts_at(f, "boot.efi.booted"), &f->boot.efi.booted.meta);
	assert_ptr_equal(dg_facts_at(f, "kernels"), &f->kernels.meta);
	assert_null(dg_facts_at(f, "kernels.abi"));
	assert_null(dg_facts_at(f, "boot.nothing"));
	assert_null(dg_facts_at(f, "boo"));
	assert_null(dg_facts_at(f, ""));
	assert_null(dg_facts_at(f, "time.x"));
}

/* --- gaps and sources --- */

static void expect_gap(const struct dg_facts *f, const char *path, const char *wanted)
{
	DG_FREE char *gap = dg_facts_gap(f, path);

	if (wanted && gap)
		assert_string_equal(gap, wanted);
	else if (wanted || gap)
		fail_msg("%s: gap is %s, not %s", path, gap ? gap : "none",
			 wanted ? wanted : "none");
}

static void test_gaps(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = make_full();
	struct dg_esp *esp = &f->boot.esps.items[1];

	(void)state;
	expect_gap(f, "*", NULL);
	expect_gap(f, "boot.pin", NULL);
	dg_set_gap(&f->boot.pin.meta, DG_UNREADABLE, "%s", "EACCES");
	expect_gap(f, "boot.pin", "boot.pin: unreadable: EACCES");
	expect_gap(f, "boot.*", "boot.pin: unreadable: EACCES");
	expect_gap(f, "*", "boot.pin: unreadable: EACCES");
	expect_gap(f, "boot", NULL);
	/* Absence is an answer or a gap, as the field table says. */
	dg_set_gap(&f->boot.pin.meta, DG_ABSENT, "not there");
	expect_gap(f, "boot.pin", NULL);
	dg_set_gap(&f->boot.managed.meta, DG_ABSENT, "not there");
	expect_gap(f, "boot.managed", "boot.managed: absent: not there");
	dg_set_bool(&f->boot.managed, true);
	/* One item of a list, a list in it, and a record in it. */
	dg_set_gap(&esp->loader.meta, DG_MALFORMED, "?");
	expect_gap(f, "boot.esps", NULL);
	expect_gap(f, "boot.esps.device", NULL);
	expect_gap(f, "boot.esps.loader", "boot.esps.loader: malformed: ?");
	expect_gap(f, "boot.esps.copies.image", NULL);
	esp->copies.items[1].image.meta.state = DG_UNREADABLE;
	expect_gap(f, "boot.esps.copies.image", "boot.esps.copies.image: unreadable");
	expect_gap(f, "boot.esps.copies.*", "boot.esps.copies.image: unreadable");
	esp->grub.entries.items[0].title.meta.state = DG_ABSENT;
	expect_gap(f, "boot.esps.grub.entries.title",
		   "boot.esps.grub.entries.title: absent");
	/* A whole item. */
	esp->copies.items[0].meta.state = DG_MALFORMED;
	expect_gap(f, "boot.esps.copies.abi", "boot.esps.copies: malformed");
	/* What leads there. */
	dg_set_gap(&f->boot.esps.meta, DG_UNREADABLE, "gone");
	expect_gap(f, "boot.esps.copies.abi", "boot.esps: unreadable: gone");
	dg_set_gap(&f->boot.esps.meta, DG_ABSENT, "gone");
	expect_gap(f, "boot.esps.copies.abi", NULL);
	dg_set_gap(&f->boot.meta, DG_MALFORMED, "all of it");
	expect_gap(f, "boot.esps.copies.abi", "boot: malformed: all of it");
	expect_gap(f, "boot.nothing", "boot: malformed: all of it");
	expect_gap(f, "nothing", "nothing: no such fact");
	expect_gap(f, "packages.nothing.x", "packages.nothing.x: no such fact");
}

static void test_sources(void **state)
{
	static const struct {
		const char *path, *source;
	} cases[] = {
		{"boot.pin", "/etc/kernel/proxmox-boot-pin"},
		{"boot.esps.copies.image", "/dev/disk/by-uuid"},
		{"boot.esps.grub.entries", "/boot/grub/grub.cfg"},
		{"kernels.modules", "/lib/modules"},
		{"kernels.image", "/boot"},
		{"kernels", "/boot"},
		{"packages.list.*", "/var/lib/dpkg/status"},
		{"kernel.release", "/proc/sys/kernel/osrelease"},
		{"boot.efi.entry_default", "/sys/firmware/efi/efivars"},
		{"time", NULL},
		{"nothing", NULL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const char *source = dg_facts_source(cases[i].path);

		if (cases[i].source)
			assert_string_equal(source, cases[i].source);
		else
			assert_null(source);
	}
}

/* Every name of the table is one key, and fits a path. */
static void expect_names(const struct dg_record *record)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct dg_field *field = &record->fields[i];

		assert_ptr_equal(
			dg_record_field(record, field->name, strlen(field->name)), field);
		assert_null(strpbrk(field->name, ".*"));
		assert_string_not_equal(field->name, "state");
		assert_true(field->offset < record->size);
		assert_int_equal(!!field->record,
				 field->type == DG_RECORD || field->type == DG_LIST_OF);
		if (field->record)
			expect_names(field->record);
	}
}

static void test_table(void **state)
{
	(void)state;
	expect_names(&dg_facts_record);
	assert_null(dg_record_field(&dg_facts_record, "boo", 3));
	assert_null(dg_record_field(&dg_facts_record, "bootx", 5));
	assert_non_null(dg_record_field(&dg_facts_record, "boot.pin", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_item_states),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_no_document),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_list_add),
		cmocka_unit_test(test_list_too_long),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_encode_some),
		cmocka_unit_test(test_at),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
