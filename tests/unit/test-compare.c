/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two boots side by side: the incident's table, what the sentences may and may not claim,
 * which sample and which disks stand for a boot, and the forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guard/render/bars.h"
#include "guard/render/records.h"
#include "policy/compare.h"
#include "tests/unit/records.h"

#define HEAD                                                                           \
	"{\"time\": \"2026-06-03T07:00:00Z\", \"window_s\": 10.004, \"interrupted\": " \
	"false, "                                                                      \
	"\"disturbed\": {\"state\": \"absent\"}, "

#define PSI(full, some)                                                 \
	"\"pressure\": [{\"resource\": \"io\", \"full_percent\": " full \
	", \"some_percent\": " some                                     \
	"}, {\"resource\": \"memory\", \"some_percent\": 0}, "          \
	"{\"resource\": \"cpu\", \"some_percent\": 0}], "

#define DISK(device, more, reads, writes, w, util_)                                 \
	"{\"name\": \"" device "\", " more "\"reads_per_s\": " reads                \
	", \"writes_per_s\": " writes ", \"r_await_ms\": {\"state\": \"absent\"}, " \
	"\"w_await_ms\": " w ", \"f_await_ms\": {\"state\": \"absent\"}, "          \
	"\"queue\": 1.04, \"util_percent\": " util_ "}"
#define WHOLE                                                                      \
	"\"label\": {\"state\": \"absent\"}, \"below\": {\"state\": \"absent\"}, " \
	"\"scheduler\": \"mq-deadline\", "

#define BEFORE_SAMPLE                                                         \
	HEAD PSI("68.7", "81.3") "\"iowait_percent\": 43, \"disks\": [" DISK( \
		"sda", WHOLE, "0", "540", "0.94", "28") "]}"
#define AFTER_SAMPLE                                                          \
	HEAD PSI("0", "0.001") "\"iowait_percent\": 0.14, \"disks\": [" DISK( \
		"sda", WHOLE, "0", "415", "0.58", "2.8") "]}"

static const struct boot before = {.samples = "[" BEFORE_SAMPLE "]"};
static const struct boot after = {.id = BOOT_B,
				  .kernel = "7.0.6-2-pve",
				  .version = "#1 SMP PREEMPT",
				  .samples = "[" AFTER_SAMPLE "]"};

#define COMPARISON_CLEANUP DG_CLEANUP(dg_comparison_freep)

static struct dg_comparison *compare(const struct boot *a, const struct boot *b)
{
	struct dg_boot_record *x = record_make(a), *y = record_make(b);
	struct dg_comparison *c = NULL;

	assert_int_equal(dg_compare(x, y, &c), 0);
	dg_boot_record_free(x);
	dg_boot_record_free(y);
	return c;
}

static const struct dg_comparison_row *find_row(const struct dg_comparison_rows *rows,
						const char *what)
{
	for (size_t i = 0; i < rows->count; i++)
		if (dg_streq(rows->items[i].what, what))
			return &rows->items[i];
	return NULL;
}

static void expect_row(const struct dg_comparison_rows *rows, const char *what,
		       const char *a, const char *b)
{
	const struct dg_comparison_row *row = find_row(rows, what);
	DG_FREE char *x = row ? dg_figure_text(row, 0) : NULL;
	DG_FREE char *y = row ? dg_figure_text(row, 1) : NULL;

	if (!row)
		fail_msg("no row %s", what);
	if (!dg_streq(x, a) || !dg_streq(y, b))
		fail_msg("%s: %s, %s; not %s, %s", what, x, y, a, b);
}

static void expect_says(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text ? text : "(null)", part);
}

static void expect_says_not(const char *text, const char *part)
{
	if (text && strstr(text, part))
		fail_msg("\"%s\" says \"%s\"", text, part);
}

#define MANY "More than one thing changed; the figures do not tell which of them did it."

/* --- the incident --- */

static void incidents_table(void **state)
{
	static const struct {
		const char *what, *a, *b;
	} rows[] = {
		{"PSI io full", "68.7 %", "0.00 %"},
		{"PSI io some", "81.3 %", "0.00 %"},
		{"PSI memory some", "0.00 %", "0.00 %"},
		{"iowait", "43.0 %", "0.14 %"},
		{"sda util", "28.0 %", "2.80 %"},
		{"sda w_await", "0.94 ms", "0.58 ms"},
		{"sda queue", "1.04", "1.04"},
		{"sda writes", "540/s", "415/s"},
	};
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&before, &after);

	(void)state;
	for (size_t i = 0; i < DG_COUNT(rows); i++)
		expect_row(&c->figures, rows[i].what, rows[i].a, rows[i].b);
	assert_string_equal(c->figures.items[0].what, "PSI io full");
	assert_true(find_row(&c->figures, "sda queue")->same);
	assert_false(find_row(&c->figures, "sda util")->same);
	/* Neither window read or flushed. */
	assert_null(find_row(&c->figures, "sda r_await"));
	assert_null(find_row(&c->figures, "sda f_await"));
	assert_string_equal(c->changed,
			    "Changed: the kernel, 6.5.13-5-pve to 7.0.6-2-pve.");
	assert_string_equal(c->same,
			    "Same in both: host pve1, Proxmox VE 9.2.3, QEMU 11.0.0-3, 2 "
			    "guests, 3 I/O threads, disk sda with scheduler "
			    "mq-deadline.");
	assert_string_equal(c->caveat,
			    "This is a before and after, not a controlled experiment.");
	expect_row(&c->circumstances, "kernel", "6.5.13-5-pve", "7.0.6-2-pve");
	expect_row(&c->circumstances, "sda scheduler", "mq-deadline", "mq-deadline");
	expect_row(&c->circumstances, "window", "10.0 s, with load", "10.0 s, with load");
	assert_string_equal(c->boots[0].boot_id, BOOT_A);
	assert_string_equal(c->boots[1].kernel, "7.0.6-2-pve");
	assert_true(c->boots[0].has_sample && c->boots[0].sample_time > 0);
}

static void with_itself(void **state)
{
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&before, &before);

	(void)state;
	assert_string_equal(c->changed, "Nothing that is recorded changed.");
	for (size_t i = 0; i < c->circumstances.count; i++)
		assert_true(c->circumstances.items[i].same);
	for (size_t i = 0; i < c->figures.count; i++)
		assert_true(c->figures.items[i].same);
}

/* --- what the sentences claim --- */

static void claims(void **state)
{
#define AFTER .id = BOOT_B, .kernel = "7.0.6-2-pve", .samples = "[" AFTER_SAMPLE "]"
	static const struct {
		struct boot b;
		const char *says;
		bool many;
	} cases[] = {
		{{AFTER, .qemu = "\"11.1.0-1\""},
		 "; the installed QEMU, 11.0.0-3 to 11.1.0-1.",
		 true},
		{{AFTER, .product = "9.3.1"},
		 "; the product, Proxmox VE 9.2.3 to Proxmox VE 9.3.1.",
		 true},
		{{AFTER, .host = "\"pve2\""}, "Changed: the host, pve1 to pve2; ", true},
		{{AFTER, .guests = "[]"},
		 "; the guests, 2 to 0, without 101, 103.",
		 true},
		{{AFTER,
		  .guests =
			  "[{\"vmid\": \"101\", \"qemu\": \"11.0.0-3\", \"iothreads\": "
			  "2}, "
			  "{\"vmid\": \"9\", \"qemu\": \"11.0.0-3\", \"iothreads\": 1}]"},
		 "; the guests, 2 to 2, without 103, with the new 9.",
		 true},
		/* As many threads in all, and yet not the same. */
		{{AFTER, .guests = "[{\"vmid\": \"101\", \"qemu\": \"11.0.0-3\", "
				   "\"iothreads\": 1}, "
				   "{\"vmid\": \"103\", \"qemu\": \"11.0.0-3\", "
				   "\"iothreads\": 2}]"},
		 "; the guests' I/O threads, 3 to 3.",
		 true},
		{{AFTER, .guests = "[{\"vmid\": \"101\", \"qemu\": \"11.0.0-3\", "
				   "\"iothreads\": 2}, "
				   "{\"vmid\": \"103\", \"qemu\": \"10.1.2-1\", "
				   "\"iothreads\": 1}]"},
		 "; the QEMU that guests run, 11.0.0-3 to 11.0.0-3, 10.1.2-1.",
		 true},
		/* One thing, however it shows. */
		{{.qemu = "\"11.1.0-1\"",
		  .samples = "[" AFTER_SAMPLE "]",
		  .guests = "[{\"vmid\": \"101\", \"qemu\": \"11.1.0-1\", \"iothreads\": "
			    "2}, "
			    "{\"vmid\": \"103\", \"qemu\": \"11.1.0-1\", \"iothreads\": "
			    "1}]"},
		 "Changed: the installed QEMU, 11.0.0-3 to 11.1.0-1; the QEMU that "
		 "guests "
		 "run, 11.0.0-3 to 11.1.0-1.",
		 false},
		/* The same release, built anew. */
		{{.version = "#2 SMP", .samples = "[" AFTER_SAMPLE "]"},
		 "Changed: the kernel's build, #1 SMP to #2 SMP.",
		 false},
		/* What is not known is not called the same. */
		{{AFTER, .qemu = "{\"state\": \"absent\"}"},
		 "Not known of both boots, so it may have changed too: QEMU installed.",
		 false},
		{{AFTER, .guests = "{\"state\": \"unreadable\"}"},
		 "it may have changed too: QEMU that guests run, guests.",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		COMPARISON_CLEANUP struct dg_comparison *c =
			compare(&before, &cases[i].b);

		expect_says(c->changed, cases[i].says);
		(cases[i].many ? expect_says : expect_says_not)(c->changed, MANY);
	}
}

static void another_scheduler(void **state)
{
	static const struct boot b = {
		.kernel = "7.0.6-2-pve",
		.samples = "[" HEAD PSI("0", "0") "\"disks\": [" DISK(
			"sda",
			"\"label\": {\"state\": \"absent\"}, \"below\": {\"state\": "
			"\"absent\"}, \"scheduler\": \"kyber\", ",
			"0", "400", "0.5", "2") "]}]"};
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&before, &b);

	(void)state;
	expect_says(c->changed, "; the scheduler of sda, mq-deadline to kyber.");
	expect_says(c->changed, MANY);
	expect_row(&c->figures, "iowait", "43.0 %", "not measured");
}

/* A window without load proves nothing about the kernel, and says so. */
static void without_load(void **state)
{
	static const struct boot idle = {
		.kernel = "7.0.6-2-pve",
		.samples =
			"[" HEAD PSI("0", "0") "\"iowait_percent\": 0, \"disks\": []}]"};
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&before, &idle);
	COMPARISON_CLEANUP struct dg_comparison *both = compare(&idle, &idle);

	(void)state;
	expect_says(c->changed, "the load, which only the first window saw");
	expect_says(c->changed, MANY);
	expect_says(c->changed, "Used in the first window only: sda.");
	expect_row(&c->circumstances, "window", "10.0 s, with load",
		   "10.0 s, without load");
	assert_null(find_row(&c->figures, "sda util"));
	expect_says(both->caveat, "Neither window saw load.");
}

static void without_samples(void **state)
{
	static const struct boot none = {.kernel = "7.0.6-2-pve"};
	COMPARISON_CLEANUP struct dg_comparison *one = compare(&before, &none);
	COMPARISON_CLEANUP struct dg_comparison *both = compare(&none, &none);

	(void)state;
	expect_says(one->caveat, "No sample was kept of the second boot");
	expect_row(&one->figures, "PSI io full", "68.7 %", "not measured");
	expect_row(&one->figures, "sda w_await", "0.94 ms", "not measured");
	expect_row(&one->circumstances, "window", "10.0 s, with load", "no sample");
	expect_says_not(one->changed, "it may have changed");
	expect_says_not(one->changed, "only");
	expect_says(both->caveat, "No sample was kept of either boot");
	assert_int_equal(both->figures.count, 0);
}

/* --- which sample, which disks --- */

#define SAMPLE(disturbed, writes, id)                                                   \
	"{\"time\": \"2026-06-03T07:00:0" id "Z\", \"window_s\": 10, \"interrupted\": " \
	"false, \"disturbed\": " disturbed                                              \
	", " PSI("1", "1") "\"disks\": [" DISK("sda", WHOLE, "0", writes, "1", "1") "]}"
#define SOUND	"{\"state\": \"absent\"}"
#define SUSPEND "\"it slept\""

static void chosen_sample(void **state)
{
	static const struct {
		const char *samples;
		int second; /* of its time */
	} cases[] = {
		{"[" SAMPLE(SOUND, "9", "1") "," SAMPLE(SOUND, "9", "2") "]", 2},
		{"[" SAMPLE(SOUND, "9", "1") "," SAMPLE(SOUND, "0", "2") "]", 1},
		{"[" SAMPLE(SOUND, "0", "1") "," SAMPLE(SOUND, "0", "2") "]", 2},
		{"[" SAMPLE(SOUND, "9", "1") "," SAMPLE(SUSPEND, "9", "2") "]", 1},
		{"[" SAMPLE(SOUND, "0", "1") "," SAMPLE(SUSPEND, "9", "2") "]", 1},
		{"[" SAMPLE(SUSPEND, "9", "1") "," SAMPLE(SUSPEND, "0", "2") "]", 1},
		{"[{\"state\": \"malformed\"}," SAMPLE(SUSPEND, "0", "2") ", 7]", 2},
		{"[7]", -1},
		{"[]", -1},
		{"7", -1},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_boot_record_freep)
		struct dg_boot_record *record =
			record_make(&(struct boot){.samples = cases[i].samples});
		const struct dg_sample *sample = dg_boot_sample(record);

		if ((sample ? (int)(sample->time.value % 60) : -1) != cases[i].second)
			fail_msg("case %zu", i);
	}
}

static void disturbed_sample(void **state)
{
	static const struct boot b = {.samples = "[" SAMPLE(SUSPEND, "9", "1") "]"};
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&before, &b);

	(void)state;
	expect_says(c->caveat, "The second window was disturbed: it slept.");
	expect_row(&c->circumstances, "window", "10.0 s, with load",
		   "10.0 s, with load, disturbed");
}

#define DM(number, label_)                                                             \
	"\"label\": \"" label_ "\", \"below\": [{\"name\": \"sda\"}], \"scheduler\": " \
	"{\"state\": \"absent\"}, "

static void chosen_disks(void **state)
{
	static const struct boot a = {
		.samples = "[" HEAD "\"disks\": [" DISK(
			"dm-1", DM("1", "vm-1"), "0", "900", "1",
			"1") "," DISK("sda", WHOLE, "0", "10", "1",
				      "1") "," DISK("sdb", WHOLE, "0", "30", "1",
						    "1") "," DISK("sdc", WHOLE, "0", "20",
								  "1",
								  "1") "," DISK("sdx",
										WHOLE,
										"0", "1",
										"1",
										"1") "]}"
										     "]"};
	static const struct boot b = {
		.samples = "[" HEAD "\"disks\": [" DISK("sdb", WHOLE, "0", "30", "2",
							"1") "," DISK("sda", WHOLE, "0",
								      "500", "2", "1") ","
		/* Its number is another one now. */
		DISK("dm-7", DM("7", "vm-1"), "0", "900", "2",
		     "1") "," DISK("dm-1", DM("1", "vm-2"), "0", "900", "2",
				   "1") "," DISK("sdc", WHOLE, "0", "0", "2",
						 "0") "," DISK("sdy", WHOLE, "0", "1",
							       "1", "1") "]}]"};
	static const char *const order[] = {"sda util", "sdb util", "sdc util",
					    "vm-1 util"};
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&a, &b);
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < c->figures.count; i++) {
		if (!strstr(c->figures.items[i].what, " util"))
			continue;
		assert_true(found < DG_COUNT(order));
		assert_string_equal(c->figures.items[i].what, order[found++]);
	}
	assert_int_equal(found, DG_COUNT(order));
	expect_row(&c->figures, "vm-1 w_await", "1.00 ms", "2.00 ms");
	expect_says(c->changed, "Used in the first window only: sdx.");
	expect_says(c->changed, "Used in the second window only: sdy.");
	/* Which disk happened to be used is no change of the host. */
	expect_says_not(c->changed, MANY);
}

static void at_most_four_disks(void **state)
{
	DG_FREE char *disks = strdup("");
	COMPARISON_CLEANUP struct dg_comparison *c = NULL;
	struct boot b = {0};
	size_t found = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		char *longer = dg_format("%s%s" DISK("sd%d", WHOLE, "0", "%d", "1", "1"),
					 disks, i ? "," : "", i, i + 1);

		free(disks);
		disks = longer;
	}
	b.samples = dg_format("[" HEAD "\"disks\": [%s]}]", disks);
	c = compare(&b, &b);
	free((char *)(uintptr_t)b.samples);
	for (size_t i = 0; i < c->figures.count; i++)
		found += strstr(c->figures.items[i].what, " util") != NULL;
	assert_int_equal(found, DG_COMPARED_DISKS);
	expect_row(&c->figures, "sd19 writes", "20.0/s", "20.0/s");
	expect_row(&c->figures, "sd16 writes", "17.0/s", "17.0/s");
	assert_null(find_row(&c->figures, "sd15 writes"));
}

/* --- numbers --- */

static void numbers(void **state)
{
	static const struct {
		const char *json, *shown;
	} cases[] = {
		{"0", "0.00"},
		{"0.004", "0.00"},
		{"0.005", "0.01"},
		{"-0.001", "0.00"},
		{"-1.5", "-1.50"},
		{"9.994", "9.99"},
		{"9.996", "10.0"},
		{"10", "10.0"},
		{"99.94", "99.9"},
		{"99.96", "100"},
		{"540.4", "540"},
		{"99999.5", "100000"},
		{"1e300", "1000000000000000"},
		{"1e-300", "0.00"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *samples =
			dg_format("[" HEAD "\"iowait_percent\": %s}]", cases[i].json);
		const struct boot b = {.samples = samples};
		COMPARISON_CLEANUP struct dg_comparison *c = compare(&b, &b);
		const struct dg_comparison_row *row = find_row(&c->figures, "iowait");

		assert_non_null(row);
		assert_string_equal(row->sides[0].text, cases[i].shown);
		assert_true(row->sides[0].is_number);
	}
}

/* --- documents that say little, or too much --- */

static void hostile_records(void **state)
{
	static const char *const texts[] = {
		"{\"schema\": \"driftguard.boot/1\"}",
		"{\"schema\": \"driftguard.boot/1\", \"samples\": [{}], \"guests\": "
		"[{}]}",
		"{\"schema\": \"driftguard.boot/1\", \"guests\": [{\"vmid\": \"1\", "
		"\"iothreads\": 9223372036854775807}, {\"vmid\": \"2\", "
		"\"iothreads\": 9223372036854775807}]}",
		"{\"schema\": \"driftguard.boot/1\", \"guests\": [{\"vmid\": \"1\", "
		"\"iothreads\": -9223372036854775807}, {\"vmid\": \"1\", "
		"\"iothreads\": -9}]}",
		"{\"schema\": \"driftguard.boot/1\", \"samples\": [{\"window_s\": 1e300, "
		"\"disks\": [{\"name\": \"a\", \"reads_per_s\": 1e300, "
		"\"writes_per_s\": 1e300}]}]}",
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(texts); i++)
		for (size_t j = 0; j < DG_COUNT(texts); j++) {
			struct dg_boot_record *a = record_parse(texts[i]);
			struct dg_boot_record *b = record_parse(texts[j]);
			struct dg_comparison *c = NULL;

			assert_int_equal(dg_compare(a, b, &c), 0);
			assert_non_null(c->same);
			assert_non_null(c->changed);
			dg_comparison_free(c);
			dg_boot_record_free(a);
			dg_boot_record_free(b);
		}
}

/* --- forms --- */

static char *render(const struct dg_renderer *renderer, const struct dg_comparison *c,
		    size_t width)
{
	const struct dg_style style = {.width = width};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(renderer->comparison(out, c, &style), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void as_text(void **state)
{
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&before, &after);

	(void)state;
	for (size_t width = 60; width <= 120; width += 20) {
		DG_FREE char *text = render(&dg_render_text, c, width);

		expect_says(text, "Changed: the kernel, 6.5.13-5-pve to 7.0.6-2-pve.");
		expect_says(text, "68.7 %");
		expect_says(text, "6.5.13-5-pve -> 7.0.6-2-pve");
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (dg_count_columns(line) > width || strstr(line, "…"))
				fail_msg("%zu columns: %s", width, line);
	}
}

static void as_json(void **state)
{
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&before, &after);
	DG_FREE char *text = render(&dg_render_json, c, 80);
	struct json_object *json = json_tokener_parse(text), *rows, *row, *value;

	(void)state;
	assert_true(json_object_object_get_ex(json, "schema", &value));
	assert_string_equal(json_object_get_string(value), "driftguard.comparison/1");
	assert_true(json_object_object_get_ex(json, "figures", &rows));
	row = json_object_array_get_idx(rows, 0);
	assert_true(json_object_object_get_ex(row, "a", &value));
	assert_true(json_object_is_type(value, json_type_double));
	assert_true(json_object_get_double(value) > 68 &&
		    json_object_get_double(value) < 69);
	json_object_put(json);
}

static void as_html(void **state)
{
	static const struct boot hostile = {
		.host = "\"<script>alert('x')</script>&\\\"\"",
		.kernel = "</title><img src=x>",
		.samples = "[" BEFORE_SAMPLE "]",
	};
	COMPARISON_CLEANUP struct dg_comparison *c = compare(&hostile, &after);
	DG_FREE char *text = render(&dg_render_html, c, 80);

	(void)state;
	expect_says(text, "<!doctype html>");
	expect_says(text, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;");
	expect_says(text, "A &lt;b&gt;head&lt;/b&gt;line");
	expect_says(text, "prefers-color-scheme: dark");
	expect_says(text, "<td class=\"number\">68.7 %</td>");
	expect_says_not(text, "<script");
	expect_says_not(text, "<img");
	expect_says_not(text, "<b>");
	expect_says_not(text, "http://");
	expect_says_not(text, "https://");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(incidents_table), cmocka_unit_test(with_itself),
		cmocka_unit_test(claims),	   cmocka_unit_test(another_scheduler),
		cmocka_unit_test(without_load),	   cmocka_unit_test(without_samples),
		cmocka_unit_test(chosen_sample),   cmocka_unit_test(disturbed_sample),
		cmocka_unit_test(chosen_disks),	   cmocka_unit_test(at_most_four_disks),
		cmocka_unit_test(numbers),	   cmocka_unit_test(hostile_records),
		cmocka_unit_test(as_text),	   cmocka_unit_test(as_json),
		cmocka_unit_test(as_html),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
