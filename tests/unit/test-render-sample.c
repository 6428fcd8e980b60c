/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sample for people and for machines: what is said of the incident, of a slow disk, of
 * a quiet host and of one that shows nothing; that no line is too long, whatever a host's
 * names are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "guard/render/render.h"
#include "policy/facts-fields.h"
#include "policy/pressure.h"

static const struct dg_policy_pressure limits = {
	.window_s = 10,
	.io_full_percent = 10,
	.await_ms = 20,
	.queue = 8,
	.cpu_some_percent = 50,
	.memory_some_percent = 10,
};

/* --- samples --- */

static void set_absent(struct dg_meta *meta)
{
	dg_set_gap(meta, DG_ABSENT, "%s", "");
	free(meta->detail);
	meta->detail = NULL;
}

static void set_stall(struct dg_stall *stall, const char *resource, double some,
		      double full)
{
	dg_set_str(&stall->resource, resource);
	dg_set_int(&stall->some_us, (int64_t)(some * 100000));
	dg_set_int(&stall->full_us, (int64_t)(full * 100000));
	dg_set_real(&stall->some_percent, some);
	dg_set_real(&stall->full_percent, full);
}

static void set_stalls(struct dg_sample *s, double some, double full)
{
	set_stall(DG_ADD(&s->pressure, 8), "cpu", 1.5, 0);
	set_stall(DG_ADD(&s->pressure, 8), "io", some, full);
	set_stall(DG_ADD(&s->pressure, 8), "memory", 0, 0);
	set_stall(DG_ADD(&s->pressure, 8), "irq", 0, 0.2);
}

static struct dg_disk_load *add_disk(struct dg_sample *s, const char *name, double rate,
				     double await)
{
	struct dg_disk_load *disk = DG_ADD(&s->disks, 4096);

	dg_set_str(&disk->name, name);
	dg_set_str(&disk->number, "8:0");
	set_absent(&disk->label.meta);
	set_absent(&disk->below.meta);
	dg_set_str(&disk->scheduler, "mq-deadline");
	dg_set_real(&disk->reads_per_s, rate);
	dg_set_real(&disk->writes_per_s, rate);
	dg_set_real(&disk->read_bytes_per_s, rate * 4096);
	dg_set_real(&disk->write_bytes_per_s, rate * 4096);
	dg_set_real(&disk->r_await_ms, await * 0.8);
	dg_set_real(&disk->w_await_ms, await);
	set_absent(&disk->f_await_ms.meta);
	set_absent(&disk->d_await_ms.meta);
	dg_set_real(&disk->queue, rate * await / 500);
	dg_set_real(&disk->util_percent,
		    rate * await / 10 > 100 ? 100 : rate * await / 20);
	return disk;
}

static void add_mapped(struct dg_sample *s, const char *name, const char *label,
		       const char *below, double rate, double await)
{
	struct dg_disk_load *disk = add_disk(s, name, rate, await);
	struct dg_word *word = DG_ADD(&disk->below, 16);

	dg_set_str(&word->name, below);
	dg_set_str(&disk->label, label);
	set_absent(&disk->scheduler.meta);
}

static void touch(struct dg_guest_load *guest, const char *number, const char *disk,
		  double writes)
{
	struct dg_guest_disk *touched = DG_ADD(&guest->disks, 16);

	dg_set_str(&touched->number, number);
	dg_set_str(&touched->name, disk);
	dg_set_real(&touched->reads_per_s, 3);
	dg_set_real(&touched->writes_per_s, writes);
	dg_set_real(&touched->read_bytes_per_s, 12288);
	dg_set_real(&touched->write_bytes_per_s, writes * 4096);
}

static struct dg_guest_load *add_guest(struct dg_sample *s, const char *vmid,
				       const char *name, double some, double full)
{
	struct dg_guest_load *guest = DG_ADD(&s->guests, 4096);

	dg_set_str(&guest->vmid, vmid);
	dg_set_str(&guest->name, name);
	dg_set_str(&guest->kind, "qemu");
	set_stall(DG_ADD(&guest->pressure, 8), "io", some, full);
	set_stall(DG_ADD(&guest->pressure, 8), "cpu", 0.5, 0);
	set_stall(DG_ADD(&guest->pressure, 8), "memory", 0, 0);
	dg_set_known(&guest->disks.meta);
	return guest;
}

static void add_writer(struct dg_sample *s, const char *name, int pid, const char *vmid,
		       double rate)
{
	struct dg_writer *writer = DG_ADD(&s->writers, 64);

	dg_set_str(&writer->name, name);
	dg_set_int(&writer->pid, pid);
	set_absent(&writer->vmid.meta);
	if (vmid)
		dg_set_str(&writer->vmid, vmid);
	dg_set_real(&writer->write_bytes_per_s, rate);
}

static void add_trial(struct dg_sample *s, const char *way, int64_t stalled_us)
{
	struct dg_trial *trial = DG_ADD(&s->trials, 8);

	dg_set_str(&trial->way, way);
	dg_set_int(&trial->writes, 250);
	dg_set_real(&trial->await_ms, 0.61);
	dg_set_int(&trial->in_flight_us, 152500);
	dg_set_int(&trial->stalled_us, stalled_us);
	dg_set_int(&trial->elapsed_us, 5000000);
	dg_set_real(&trial->inflation, (double)stalled_us / 152500);
}

/* Nothing was amiss: figures of the host, no stall. */
static struct dg_sample *make_quiet(void)
{
	struct dg_sample *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	dg_set_known(&s->meta);
	dg_set_int(&s->time, 1780473600);
	dg_set_real(&s->window_s, 10.004);
	dg_set_bool(&s->interrupted, false);
	set_absent(&s->disturbed.meta);
	dg_set_int(&s->cpus, 32);
	dg_set_real(&s->iowait_percent, 0.14);
	dg_set_real(&s->idle_percent, 93.1);
	dg_set_real(&s->blocked, 0);
	dg_set_real(&s->blocked_in_d, 0);
	dg_set_known(&s->disks.meta);
	set_absent(&s->guests.meta);
	dg_set_known(&s->writers.meta);
	set_absent(&s->trials.meta);
	dg_set_known(&s->signature.meta);
	dg_set_str(&s->signature.seen, "no");
	dg_set_str(&s->signature.because, "no guest has an I/O thread");
	set_absent(&s->signature.guests.meta);
	dg_set_real(&s->own_cpu_percent, 0.083);
	set_absent(&s->own_stalled_percent.meta);
	dg_set_int(&s->own_memory_bytes, 5452595);
	return s;
}

static struct dg_sample *make_none(void)
{
	struct dg_sample *s = make_quiet();

	set_stalls(s, 0.04, 0);
	add_disk(s, "sda", 400, 0.58);
	return s;
}

/* The incident's figures. */
static struct dg_sample *make_phantom(void)
{
	struct dg_sample *s = make_quiet();
	struct dg_word *word;

	set_stalls(s, 81.3, 68.69);
	dg_set_real(&s->iowait_percent, 43);
	dg_set_real(&s->blocked, 8);
	add_disk(s, "sda", 580, 0.94);
	add_mapped(s, "dm-11", "pve-vm--109--disk--0", "dm-4", 400, 0.9);
	touch(add_guest(s, "109", "monitor", 99.8, 99.7), "8:0", "sda", 420);
	touch(add_guest(s, "112", "etcd", 99.9, 99.1), "8:0", "sda", 41);
	add_writer(s, "kvm", 12345, "109", 6.1e6);
	add_writer(s, "pmxcfs", 1411, NULL, 30000);
	dg_set_str(&s->signature.seen, "yes");
	dg_set_str(&s->signature.because, "this kernel has no NO_IOWAIT");
	word = DG_ADD(&s->signature.guests, 8);
	dg_set_str(&word->name, "109 (monitor)");
	return s;
}

/* A disk that is slow below a volume that one guest writes to. */
static struct dg_sample *make_real(void)
{
	struct dg_sample *s = make_quiet();
	struct dg_guest_load *guest;

	set_stalls(s, 91, 84);
	dg_set_real(&s->iowait_percent, 37);
	dg_set_real(&s->blocked, 9);
	dg_set_real(&s->blocked_in_d, 9);
	add_disk(s, "nvme0n1", 900, 0.09);
	add_mapped(s, "dm-3", "pve-vm--103--disk--0", "sdb", 120, 61);
	add_disk(s, "sdb", 122, 60);
	add_guest(s, "101", "web", 0.3, 0);
	guest = add_guest(s, "103", "db", 93, 92);
	touch(guest, "253:3", "dm-3", 117);
	touch(guest, "8:0", "sdb", 119);
	return s;
}

/* PSI is off, and this is not root. */
static struct dg_sample *make_untold(void)
{
	struct dg_sample *s = make_quiet();

	dg_set_gap(&s->pressure.meta, DG_ABSENT, "no /proc/pressure: PSI is off");
	dg_set_gap(&s->writers.meta, DG_UNREADABLE, "no permission");
	dg_set_str(&s->signature.seen, "unknown");
	dg_set_str(&s->signature.because, "threads' system calls: no permission");
	return s;
}

static struct dg_sample *make_blind(void)
{
	struct dg_sample *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	dg_set_known(&s->meta);
	return s;
}

/* Every item is a gap in a list of its own. */
static struct dg_sample *make_holes(void)
{
	struct dg_sample *s = make_phantom();

	dg_set_gap(&DG_ADD(&s->disks, 99)->meta, DG_MALFORMED, "line 9");
	dg_set_gap(&DG_ADD(&s->guests, 99)->meta, DG_UNREADABLE, "went away");
	dg_set_gap(&DG_ADD(&s->writers, 99)->meta, DG_UNREADABLE, "no permission");
	dg_set_gap(&DG_ADD(&s->pressure, 99)->meta, DG_MALFORMED, "line 1");
	set_absent(&s->guests.items[0].pressure.meta);
	add_trial(s, "blocking", 160000);
	dg_set_gap(&s->trials.items[0].stalled_us.meta, DG_UNREADABLE, "no cgroup");
	dg_set_gap(&s->trials.items[0].inflation.meta, DG_UNREADABLE, "no cgroup");
	return s;
}

static struct dg_sample *make_trials(void)
{
	struct dg_sample *s = make_phantom();

	add_trial(s, "blocking", 160000);
	add_trial(s, "io_uring", 4980000);
	add_trial(s, "io_uring-no-iowait", 158000);
	return s;
}

#define LONG 3000

/* Names as long as they can be, without a space, and figures beyond all measure. */
static struct dg_sample *make_hostile(void)
{
	struct dg_sample *s = make_trials();
	char name[LONG + 1], wide[LONG + 1];
	struct dg_guest_load *guest;

	memset(name, 'x', LONG);
	name[LONG] = '\0';
	for (size_t i = 0; i < LONG; i += 3)
		memcpy(wide + i, "é-", 3);
	wide[LONG] = '\0';
	add_mapped(s, name, wide, name, 1e300, 1e300);
	guest = add_guest(s, wide, name, 1e300, -1e300);
	touch(guest, name, name, -1e300);
	touch(guest, wide, wide, 1e308);
	add_writer(s, wide, 2147483647, name, 1e300);
	add_trial(s, name, INT64_MAX);
	dg_set_str(&s->signature.because, name);
	dg_set_str(&s->signature.guests.items[0].name, wide);
	dg_set_real(&s->iowait_percent, 1e300);
	dg_set_real(&s->blocked, 1e300);
	dg_set_real(&s->own_cpu_percent, -1e300);
	dg_set_real(&s->window_s, 1e300);
	dg_set_int(&s->time, INT64_MAX);
	dg_set_int(&s->own_memory_bytes, INT64_MIN);
	dg_set_str(&s->disturbed, name);
	return s;
}

#define MANY 500

static struct dg_sample *make_many(void)
{
	struct dg_sample *s = make_real();

	for (int i = 0; i < MANY; i++) {
		char name[32];

		snprintf(name, sizeof(name), "dm-%d", 100 + i);
		add_mapped(s, name, "pve-vm--1--disk--0", "sdb", i % 7, 0.5);
		add_guest(s, name + 3, name, i % 11, i % 5);
		if (i < 20)
			add_writer(s, name, i + 2, NULL, 1000 - i);
	}
	return s;
}

/* --- printing --- */

struct printed {
	char *text;
	struct dg_pressure pressure;
};

static struct printed print_as(const struct dg_renderer *form, const struct dg_sample *s,
			       struct dg_style style)
{
	struct printed printed = {0};
	size_t size;
	FILE *out = open_memstream(&printed.text, &size);

	assert_non_null(out);
	assert_int_equal(dg_pressure_judge(s, &limits, &printed.pressure), 0);
	assert_int_equal(form->sample(out, s, &printed.pressure, &style), 0);
	assert_int_equal(fclose(out), 0);
	return printed;
}

static void forget(struct printed *printed, struct dg_sample *s)
{
	free(printed->text);
	dg_pressure_clear(&printed->pressure);
	dg_record_clear(&dg_sample_record, s);
	free(s);
}

static const char *find_text(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	if (!at)
		fail_msg("no \"%s\" in:\n%s", what, text ? text : "nothing");
	return at;
}

static void assert_before(const char *text, const char *first, const char *second)
{
	assert_true(find_text(text, first) < find_text(text, second));
}

static const struct sample_case {
	const char *name;
	struct dg_sample *(*make)(void);
	const char *wants[12];
	const char * not [6];
} cases[] = {
	{.name = "phantom",
	 .make = make_phantom,
	 .wants = {"PHANTOM  ", "io full       68.7 %  ################........\n",
		   "io some       81.3 %", "iowait        43.0 %",
		   "8.0 by the kernel's count, 0.0 in state D",
		   "dm-11  pve-vm--109--disk--0 on dm…  400", "mq-deadline",
		   "in 109 (monitor)", "6.1 MB/s", "30.0 kB/s",
		   "Measuring took 0.08 % of one processor and 5.2 MiB"},
	 .not = {"Not known", "irq full", "idle   ", "Trials"}},
	{.name = "real",
	 .make = make_real,
	 .wants = {"REAL  ", ">  sdb", ">  103", "9.0 in state D", "48.0", "60.0"},
	 .not = {"> dm-3", "Not known", "Top writers"}},
	{.name = "none",
	 .make = make_none,
	 .wants = {"NONE  ", "io full        0.0 %  ........................\n",
		   "none that this kernel charges", "no guest has an I/O\n"},
	 .not = {"Not known", "Guests", "Top writers", ">"}},
	{.name = "PSI off",
	 .make = make_untold,
	 .wants = {"CANNOT TELL  ", "Not known", "PSI is off;", "psi=1",
		   "no permission; root may see it", "iowait         0.1 %"},
	 .not = {"io full  "}},
	{.name = "blind",
	 .make = make_blind,
	 .wants = {"CANNOT TELL  ", "pressure     unreadable", "disks        unreadable",
		   "guests       unreadable", "writers      unreadable",
		   "idle waits   unreadable", "own share    unreadable",
		   "window       ? s"},
	 .not = {"Disks", "Guests (", "Measuring", "0.0"}},
	{.name = "holes",
	 .make = make_holes,
	 .wants = {"disks        1 of 3: line 9", "guests       1 of 3: went away",
		   "guest stall  1 of 2: no pressure files in its cgroup",
		   "trial stall  1 of 1: no cgroup",
		   "writers      no permission; root may see it", "1 of 5: line 1"}},
	{.name = "trials",
	 .make = make_trials,
	 .wants = {"io_uring-no-iowait", "4980", "32.7", "152", "1.0\n",
		   "about 1 is honest"}},
};

static void check_case(const struct sample_case *c)
{
	struct dg_style style = {.width = 80};
	struct dg_sample *s = c->make();
	struct printed p = print_as(&dg_render_text, s, style);

	if (getenv("SHOW"))
		fprintf(stderr, "--- %s\n%s", c->name, p.text);
	for (size_t i = 0; i < DG_COUNT(c->wants) && c->wants[i]; i++)
		find_text(p.text, c->wants[i]);
	for (size_t i = 0; i < DG_COUNT(c->not ) && c->not [i]; i++)
		if (strstr(p.text, c->not [i]))
			fail_msg("\"%s\" in:\n%s", c->not [i], p.text);
	forget(&p, s);
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++)
		check_case(&cases[i]);
}

/* The guest's two devices lie on each other: what it asked for is counted once. */
static void test_layers(void **state)
{
	struct dg_style style = {.width = 80};
	struct dg_sample *s = make_real();
	struct printed p = print_as(&dg_render_text, s, style);
	const char *line = find_text(p.text, ">  103");

	(void)state;
	assert_ptr_equal(p.pressure.guest, &s->guests.items[1]);
	assert_non_null(memmem(line, strcspn(line, "\n"), "3.0  117", 8));
	assert_null(memmem(line, strcspn(line, "\n"), "236", 3));
	forget(&p, s);
}

static void test_interrupted(void **state)
{
	struct dg_style style = {.width = 80};
	struct dg_sample *s = make_none();
	struct printed p;

	(void)state;
	dg_set_bool(&s->interrupted, true);
	dg_set_str(&s->disturbed, "the host slept for 3 s");
	p = print_as(&dg_render_text, s, style);
	find_text(p.text, "10.0 s, until 2026-06-03T08:00:00Z, ended early");
	find_text(p.text, "the host slept for 3 s");
	assert_null(strstr(strstr(p.text, "the host slept") + 1, "the host slept"));
	forget(&p, s);
}

/* --- widths --- */

static struct dg_sample *(*const all[])(void) = {
	make_none,  make_phantom, make_real,	make_untold, make_blind,
	make_holes, make_trials,  make_hostile, make_many,
};

static void check_lines(const char *text, size_t width)
{
	while (*text) {
		size_t size = strcspn(text, "\n"), columns = 0;

		for (size_t i = 0; i < size; i++) {
			columns += ((unsigned char)text[i] & 0xc0) != 0x80;
			if ((unsigned char)text[i] < ' ')
				fail_msg("control character in: %.*s", (int)size, text);
		}
		if (columns > width)
			fail_msg("%zu columns, not %zu: %.*s", columns, width, (int)size,
				 text);
		text += size + (text[size] == '\n');
	}
}

static void test_widths(void **state)
{
	static const size_t widths[] = {60, 72, 80, 100, 120};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(all) * DG_COUNT(widths) * 2; i++) {
		struct dg_style style = {
			.width = widths[i % DG_COUNT(widths)],
			.verbose = i >= DG_COUNT(all) * DG_COUNT(widths),
			.blocks = i % 3 == 0,
		};
		struct dg_sample *s = all[i / DG_COUNT(widths) % DG_COUNT(all)]();
		struct printed p = print_as(&dg_render_text, s, style);

		check_lines(p.text, style.width);
		forget(&p, s);
	}
}

/* The locale of the environment says nothing about what is printed. */
static void test_foreign_names(void **state)
{
	struct dg_style style = {.width = 80};
	struct dg_sample *s = make_none();
	struct printed p;

	(void)state;
	add_guest(s, "7", "büro", 1, 1);
	p = print_as(&dg_render_text, s, style);
	find_text(p.text, "büro");
	forget(&p, s);
}

static size_t count_lines(const char *text, const char *with)
{
	size_t count = 0;

	for (text = strstr(text, with); text; text = strstr(text + 1, with))
		count++;
	return count;
}

static void test_many(void **state)
{
	struct dg_style style = {.width = 80};
	struct dg_sample *s = make_many();
	struct printed p = print_as(&dg_render_text, s, style);

	(void)state;
	find_text(p.text, "and 495 more (-v shows all)\n");
	find_text(p.text, "and 494 more (-v shows all)\n");
	assert_true(count_lines(p.text, "\n") < 60);
	assert_before(p.text, ">  sdb", "nvme0n1");
	assert_before(find_text(p.text, "Guests"), ">  103", "  dm-");
	free(p.text);
	dg_pressure_clear(&p.pressure);
	style.verbose = true;
	p = print_as(&dg_render_text, s, style);
	assert_null(strstr(p.text, "more (-v"));
	assert_true(count_lines(p.text, "\n") > 2 * MANY);
	find_text(p.text, "irq full       0.2 %");
	forget(&p, s);
}

static void test_colour(void **state)
{
	struct dg_style style = {.width = 80, .colour = true, .blocks = true};
	struct dg_sample *s = make_phantom();
	struct printed p = print_as(&dg_render_text, s, style);

	(void)state;
	assert_memory_equal(p.text, "\033[1;33mPHANTOM\033[0m  ", 19);
	find_text(p.text, "68.7 %  ████████████████▌░░░░░░░\n");
	assert_null(strchr(p.text, '#'));
	forget(&p, s);
}

/* --- for machines --- */

static const char *get_text(struct json_object *json, const char *key)
{
	return json_object_get_string(json_object_object_get(json, key));
}

static void test_json(void **state)
{
	struct dg_style style = {.width = 80};
	struct dg_sample *s = make_real(), back = {0};
	struct printed p = print_as(&dg_render_json, s, style);
	struct json_object *json = json_tokener_parse(p.text), *again;

	(void)state;
	assert_non_null(json);
	assert_string_equal(get_text(json, "schema"), "driftguard.sample/1");
	assert_string_equal(get_text(json, "decision"), "real");
	assert_string_equal(get_text(json, "device"), "sdb");
	assert_string_equal(get_text(json, "guest"), "103");
	assert_string_equal(get_text(json, "why"), p.pressure.why);
	assert_true(json_object_get_boolean(json_object_object_get(json, "loaded")));
	assert_int_equal(dg_record_decode(&dg_sample_record,
					  json_object_object_get(json, "sample"), &back),
			 0);
	again = dg_record_encode(&dg_sample_record, &back);
	assert_string_equal(
		json_object_to_json_string(again),
		json_object_to_json_string(json_object_object_get(json, "sample")));
	json_object_put(again);
	json_object_put(json);
	dg_record_clear(&dg_sample_record, &back);
	forget(&p, s);
}

static void test_json_without_culprit(void **state)
{
	struct dg_style style = {.width = 80};
	struct dg_sample *s = make_blind();
	struct printed p = print_as(&dg_render_json, s, style);
	struct json_object *json = json_tokener_parse(p.text), *value;

	(void)state;
	assert_string_equal(get_text(json, "decision"), "unknown");
	assert_true(json_object_object_get_ex(json, "device", &value));
	assert_null(value);
	assert_true(json_object_object_get_ex(json, "guest", &value));
	assert_null(value);
	json_object_put(json);
	forget(&p, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_foreign_names),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_without_culprit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
