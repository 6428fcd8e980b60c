/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a window says: a table of windows, and the checks over a boot's windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy/pressure.h"
#include "tests/unit/facts-builder.h"

#define SAMPLE_CLEANUP DG_CLEANUP(sample_clear)
#define NONE_KNOWN     -1.0

/* A window in figures; a device of 0 requests is left out. */
struct figures {
	double full, iowait, cpu, memory;
	double busy; /* percent of the processors' time */
	double some; /* of I/O; 0: a little more than `full` */
	double blocked_in_d;
	struct {
		double requests, await_ms, queue, util;
	} disk, dm; /* sda, and dm-3 on it */
	const char *seen;
};

static void sample_clear(struct dg_sample *sample)
{
	dg_record_clear(&dg_sample_record, sample);
}

static void set_real(struct dg_real *fact, double value)
{
	if (value == NONE_KNOWN)
		make_absent(fact);
	else
		dg_set_real(fact, value);
}

static void add_stall(struct dg_sample *s, const char *resource, double some, double full)
{
	struct dg_stall *stall = DG_ADD(&s->pressure, 8);

	assert_non_null(stall);
	dg_set_str(&stall->resource, resource);
	dg_set_int(&stall->some_us, (int64_t)(some * 100000));
	dg_set_int(&stall->full_us, (int64_t)(full * 100000));
	dg_set_real(&stall->some_percent, some);
	dg_set_real(&stall->full_percent, full);
}

static struct dg_disk_load *add_disk(struct dg_sample *s, const char *name,
				     const char *number, double requests, double await,
				     double queue, double util)
{
	struct dg_disk_load *disk = DG_ADD(&s->disks, 8);

	assert_non_null(disk);
	dg_set_str(&disk->name, name);
	dg_set_str(&disk->number, number);
	make_absent(&disk->label);
	make_absent(&disk->below);
	dg_set_str(&disk->scheduler, "mq-deadline");
	dg_set_real(&disk->reads_per_s, 0);
	dg_set_real(&disk->writes_per_s, requests);
	dg_set_real(&disk->read_bytes_per_s, 0);
	dg_set_real(&disk->write_bytes_per_s, requests * 4096);
	make_absent(&disk->r_await_ms);
	set_real(&disk->w_await_ms, requests > 0 ? await : NONE_KNOWN);
	make_absent(&disk->f_await_ms);
	make_absent(&disk->d_await_ms);
	dg_set_real(&disk->queue, queue);
	dg_set_real(&disk->util_percent, util);
	return disk;
}

static void add_guest(struct dg_sample *s, const char *vmid, const char *number,
		      double writes)
{
	struct dg_guest_load *guest = DG_ADD(&s->guests, 8);
	struct dg_guest_disk *disk;

	assert_non_null(guest);
	dg_set_str(&guest->vmid, vmid);
	make_absent(&guest->name);
	dg_set_str(&guest->kind, "qemu");
	make_absent(&guest->pressure);
	disk = DG_ADD(&guest->disks, 8);
	assert_non_null(disk);
	dg_set_str(&disk->number, number);
	dg_set_real(&disk->reads_per_s, 0);
	dg_set_real(&disk->writes_per_s, writes);
}

static void make_sample(const struct figures *f, struct dg_sample *s)
{
	memset(s, 0, sizeof(*s));
	dg_set_known(&s->meta);
	dg_set_int(&s->time, NOW);
	dg_set_real(&s->window_s, 10);
	dg_set_bool(&s->interrupted, false);
	make_absent(&s->disturbed);
	add_stall(s, "cpu", f->cpu, 0);
	add_stall(s, "io", f->some > 0 ? f->some : f->full + 1, f->full);
	add_stall(s, "memory", f->memory, f->memory);
	dg_set_real(&s->iowait_percent, f->iowait);
	dg_set_real(&s->idle_percent, 100 - f->iowait - f->busy);
	dg_set_real(&s->blocked, 8);
	dg_set_real(&s->blocked_in_d, f->blocked_in_d);
	dg_set_known(&s->disks.meta);
	if (f->disk.requests > 0 || f->disk.queue > 0)
		add_disk(s, "sda", "8:0", f->disk.requests, f->disk.await_ms,
			 f->disk.queue, f->disk.util);
	if (f->dm.requests > 0) {
		struct dg_disk_load *dm =
			add_disk(s, "dm-3", "253:3", f->dm.requests, f->dm.await_ms,
				 f->dm.queue, f->dm.util);

		dg_set_str(&DG_ADD(&dm->below, 8)->name, "sda");
	}
	add_guest(s, "101", "8:0", 3);
	add_guest(s, "103", "8:0", 400);
	add_guest(s, "104", "253:3", 7);
	dg_set_known(&s->signature.meta);
	dg_set_str(&s->signature.seen, f->seen);
	dg_set_str(&s->signature.because,
		   "QEMU of guest 103 waits for events in io_uring");
}

/* --- one window --- */

static const struct {
	const char *name;
	struct figures figures;
	enum dg_pressure_kind kind;
	const char *device, *guest; /* NULL: none */
	const char *says;	    /* a part of `why`; NULL: not looked at */
} windows[] = {
	{.name = "the incident's own figures",
	 .figures = {.full = 68.7,
		     .iowait = 43,
		     .seen = "yes",
		     .disk = {1160, 0.94, 1.04, 30}},
	 .kind = DG_PRESSURE_PHANTOM,
	 .says = "68.7 %"},
	{.name = "idle, and nothing in flight at all",
	 .figures = {.full = 98.5, .iowait = 49.8, .seen = "yes"},
	 .kind = DG_PRESSURE_PHANTOM},
	{.name = "PSI alone is high",
	 .figures = {.full = 86, .iowait = 2, .seen = "yes", .disk = {50, 0.06, 0.01, 1}},
	 .kind = DG_PRESSURE_PHANTOM},
	{.name = "iowait alone is high: other processes run, so that `full` is low",
	 .figures = {.full = 3, .iowait = 45, .seen = "yes", .disk = {50, 0.06, 0.01, 1}},
	 .kind = DG_PRESSURE_PHANTOM},
	{.name = "a quiet host",
	 .figures =
		 {.full = 0.2, .iowait = 0.1, .seen = "no", .disk = {20, 0.6, 0.01, 1}},
	 .kind = DG_PRESSURE_NONE,
	 .says = "low"},
	{.name = "a quiet host whose guests wait idly all the same",
	 .figures = {.full = 9.9, .iowait = 9.9, .seen = "yes"},
	 .kind = DG_PRESSURE_NONE,
	 .says = "no load"},
	{.name = "a slow disk",
	 .figures = {.full = 55, .iowait = 40, .seen = "no", .disk = {90, 85, 7.6, 99}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "sda",
	 .guest = "103",
	 .says = "guest 103"},
	{.name = "a long queue at a low latency each",
	 .figures = {.full = 30, .iowait = 20, .seen = "no", .disk = {9000, 4, 36, 100}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "sda",
	 .guest = "103"},
	{.name = "a slow disk under guests that wait idly, too",
	 .figures = {.full = 95, .iowait = 48, .seen = "yes", .disk = {90, 85, 7.6, 99}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "sda",
	 .guest = "103"},
	{.name = "requests that never come back",
	 .figures = {.full = 95, .iowait = 48, .seen = "no", .disk = {0, 0, 4, 0}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "sda",
	 .guest = "103",
	 .says = "completed none"},
	{.name = "a volume is slow because its disk is",
	 .figures = {.full = 55,
		     .iowait = 40,
		     .seen = "no",
		     .disk = {90, 85, 7.6, 99},
		     .dm = {90, 90, 8, 99}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "sda",
	 .guest = "103"},
	{.name = "a volume is slow on a quick disk",
	 .figures = {.full = 55,
		     .iowait = 40,
		     .seen = "no",
		     .disk = {90, 0.8, 0.1, 7},
		     .dm = {90, 90, 8, 99}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "dm-3",
	 .guest = "104"},
	{.name = "one slow request of a disk that slept does not make the stall real",
	 .figures =
		 {.full = 95, .iowait = 48, .seen = "yes", .disk = {0.1, 400, 0.04, 4}},
	 .kind = DG_PRESSURE_PHANTOM},
	{.name = "a quick disk, in use for as long as the stall lasted",
	 .figures = {.full = 60, .iowait = 40, .seen = "yes", .disk = {70, 13, 0.9, 90}},
	 .kind = DG_PRESSURE_UNKNOWN,
	 .says = "in use for 90 %"},
	{.name = "memory is short",
	 .figures = {.full = 60, .iowait = 40, .memory = 30, .seen = "yes"},
	 .kind = DG_PRESSURE_UNKNOWN,
	 .says = "memory"},
	{.name = "processors are short",
	 .figures = {.full = 60, .iowait = 40, .cpu = 80, .seen = "yes"},
	 .kind = DG_PRESSURE_UNKNOWN,
	 .says = "CPU"},
	{.name = "processors are short, and nothing is stalled",
	 .figures = {.full = 0, .iowait = 0, .cpu = 95, .seen = "yes"},
	 .kind = DG_PRESSURE_NONE},
	{.name = "processors are short, which hides the stall from all but `some`",
	 .figures = {.full = 0, .some = 97, .iowait = 0, .cpu = 95, .seen = "yes"},
	 .kind = DG_PRESSURE_UNKNOWN,
	 .says = "io some 97.0 %"},
	{.name = "processors are busy, none is short, and a disk is slow",
	 .figures = {.full = 1.4,
		     .some = 97,
		     .iowait = 1.3,
		     .busy = 70,
		     .cpu = 20,
		     .seen = "no",
		     .disk = {10, 100, 1, 99}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "sda",
	 .guest = "103"},
	{.name = "processors are short, and a disk is slow",
	 .figures = {.full = 0,
		     .some = 97,
		     .iowait = 0,
		     .cpu = 95,
		     .seen = "no",
		     .disk = {10, 100, 1, 99}},
	 .kind = DG_PRESSURE_REAL,
	 .device = "sda",
	 .guest = "103"},
	{.name = "threads wait for a server elsewhere",
	 .figures = {.full = 60, .iowait = 40, .blocked_in_d = 3, .seen = "yes"},
	 .kind = DG_PRESSURE_UNKNOWN,
	 .says = "no local disk shows"},
	{.name = "no cause was found",
	 .figures = {.full = 60, .iowait = 40, .seen = "no"},
	 .kind = DG_PRESSURE_UNKNOWN,
	 .says = "network storage"},
	{.name = "how guests wait was not seen",
	 .figures = {.full = 60, .iowait = 40, .seen = "unknown"},
	 .kind = DG_PRESSURE_UNKNOWN},
};

static const struct dg_policy_pressure limits = {.window_s = 10,
						 .io_full_percent = 10,
						 .await_ms = 20,
						 .queue = 8,
						 .cpu_some_percent = 50,
						 .memory_some_percent = 10};

static bool is_name(const struct dg_str *fact, const char *want)
{
	return want ? fact && dg_streq(dg_get(fact), want) : !fact;
}

static void test_windows(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(windows); i++) {
		SAMPLE_CLEANUP struct dg_sample s;
		struct dg_pressure p;

		make_sample(&windows[i].figures, &s);
		assert_int_equal(dg_pressure_judge(&s, &limits, &p), 0);
		if (p.kind != windows[i].kind ||
		    !is_name(p.device ? &p.device->name : NULL, windows[i].device) ||
		    !is_name(p.guest ? &p.guest->vmid : NULL, windows[i].guest) ||
		    (windows[i].says && !strstr(p.why, windows[i].says))) {
			print_error("%s: %s: %s\n", windows[i].name,
				    dg_pressure_name(p.kind), p.why);
			wrong++;
		}
		dg_pressure_clear(&p);
	}
	assert_int_equal(wrong, 0);
}

/* A disk that was asked for nothing but flushes, or discards, and did them, is not one
 * that answers no more. */
static void test_neither_read_nor_written(void **state)
{
	static const struct figures nothing = {.full = 95, .iowait = 48, .seen = "yes"};

	(void)state;
	for (int discards = 0; discards < 2; discards++) {
		SAMPLE_CLEANUP struct dg_sample s;
		struct dg_disk_load *disk;
		struct dg_pressure p;

		make_sample(&nothing, &s);
		disk = add_disk(&s, "sdb", "8:16", 0, 0, 0.01, 0.4);
		dg_set_real(discards ? &disk->d_await_ms : &disk->f_await_ms, 2);
		assert_int_equal(dg_pressure_judge(&s, &limits, &p), 0);
		assert_int_equal(p.kind, DG_PRESSURE_PHANTOM);
		dg_pressure_clear(&p);
		/* Slow ones are as real as slow writes. */
		disk->queue.value = 1.1;
		disk->util_percent.value = 97;
		(discards ? &disk->d_await_ms : &disk->f_await_ms)->value = 900;
		assert_int_equal(dg_pressure_judge(&s, &limits, &p), 0);
		assert_int_equal(p.kind, DG_PRESSURE_REAL);
		assert_non_null(strstr(p.why, "took 900.0 ms"));
		dg_pressure_clear(&p);
	}
}

static void drop_stalls(struct dg_sample *s)
{
	const struct dg_field *field = dg_record_field(&dg_sample_record, "pressure", 8);

	for (size_t i = 0; i < s->pressure.count; i++)
		dg_record_clear(field->record, &s->pressure.items[i]);
	s->pressure.count = 0;
}

static void expect_unknown(struct dg_sample *s, const char *says)
{
	struct dg_pressure p;

	assert_int_equal(dg_pressure_judge(s, &limits, &p), 0);
	assert_int_equal(p.kind, DG_PRESSURE_UNKNOWN);
	if (!strstr(p.why, says))
		fail_msg("%s: lacks \"%s\"", p.why, says);
	dg_pressure_clear(&p);
}

static const struct figures incident = {
	.full = 68.7, .iowait = 43, .seen = "yes", .disk = {1160, 0.94, 1.04, 30}};
static const struct figures slow = {
	.full = 55, .iowait = 40, .seen = "no", .disk = {90, 85, 7.6, 99}};
static const struct figures quiet = {
	.full = 0.2, .iowait = 0.1, .seen = "no", .disk = {20, 0.6, 0.01, 1}};
static const struct figures busy = {
	.full = 60, .iowait = 40, .cpu = 80, .seen = "yes", .disk = {20, 0.6, 0.01, 1}};
static const struct figures idle = {.full = 0, .iowait = 0, .seen = "no"};

static void test_gaps(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s;
	struct dg_pressure p;

	(void)state;
	make_sample(&incident, &s);
	dg_set_str(&s.disturbed, "the machine slept for 12 s of it");
	expect_unknown(&s, "slept for 12 s");
	dg_record_clear(&dg_sample_record, &s);

	make_sample(&incident, &s);
	dg_set_real(&s.window_s, 0.4);
	expect_unknown(&s, "within a second");
	dg_record_clear(&dg_sample_record, &s);

	make_sample(&incident, &s);
	make_gap(&s.disks);
	expect_unknown(&s, "disks were not measured");
	dg_record_clear(&dg_sample_record, &s);

	make_sample(&incident, &s);
	dg_set_gap(&s.pressure.meta, DG_ABSENT, "PSI is off");
	drop_stalls(&s);
	expect_unknown(&s, "PSI is off");
	dg_record_clear(&dg_sample_record, &s);

	/* A pressure file that was cut off, and a total that went back: not a PSI that is
	 * switched off. */
	make_sample(&incident, &s);
	dg_set_gap(&s.pressure.items[1].meta, DG_MALFORMED, "io: cut off");
	expect_unknown(&s, "not measured: io: cut off");
	dg_record_clear(&dg_sample_record, &s);

	make_sample(&incident, &s);
	dg_set_gap(&s.pressure.items[1].full_percent.meta, DG_MALFORMED, "it went back");
	expect_unknown(&s, "not measured: it went back");
	dg_record_clear(&dg_sample_record, &s);

	/* What nobody looked at rules nothing out. */
	make_sample(&incident, &s);
	dg_set_gap(&s.blocked_in_d.meta, DG_UNREADABLE, "/proc: no");
	expect_unknown(&s, "blocked in state D is not known: /proc: no");
	dg_record_clear(&dg_sample_record, &s);

	/* And no figure stands for one that is not known. */
	make_sample(&incident, &s);
	make_gap(&s.iowait_percent);
	assert_int_equal(dg_pressure_judge(&s, &limits, &p), 0);
	assert_int_equal(p.kind, DG_PRESSURE_PHANTOM);
	assert_non_null(strstr(p.why, "iowait not known"));
	dg_pressure_clear(&p);
	dg_record_clear(&dg_sample_record, &s);

	/* Memory that nobody filled claims nothing. */
	memset(&s, 0, sizeof(s));
	expect_unknown(&s, "");
}

/* --- a boot's windows, and what the checks say of them --- */

static void add_window(struct dg_facts *f, const struct figures *figures)
{
	struct dg_sample *s = DG_ADD(&f->samples, 16);

	assert_non_null(s);
	make_sample(figures, s);
}

static const struct {
	const char *name;
	const struct figures *windows[3]; /* oldest first */
	enum dg_status phantom, real;
} boots[] = {
	{.name = "none", .phantom = DG_NOT_MEASURED, .real = DG_NOT_MEASURED},
	{.name = "phantom", .windows = {&incident}, .phantom = DG_DRIFT, .real = DG_OK},
	{.name = "quiet under load",
	 .windows = {&quiet},
	 .phantom = DG_OK,
	 .real = DG_OK},
	{.name = "no load", .windows = {&idle}, .phantom = DG_OK, .real = DG_UNKNOWN},
	{.name = "load, then none",
	 .windows = {&quiet, &idle},
	 .phantom = DG_OK,
	 .real = DG_OK},
	{.name = "real once",
	 .windows = {&slow},
	 .phantom = DG_OK,
	 .real = DG_NOT_MEASURED},
	{.name = "real twice",
	 .windows = {&slow, &slow},
	 .phantom = DG_OK,
	 .real = DG_DRIFT},
	{.name = "real twice, and a window without load between",
	 .windows = {&slow, &idle, &slow},
	 .phantom = DG_OK,
	 .real = DG_DRIFT},
	{.name = "real twice, and none later",
	 .windows = {&slow, &slow, &quiet},
	 .phantom = DG_OK,
	 .real = DG_OK},
	{.name = "real after quiet",
	 .windows = {&quiet, &slow},
	 .phantom = DG_OK,
	 .real = DG_NOT_MEASURED},
	{.name = "phantom once, and then no stall, if no load either",
	 .windows = {&incident, &idle},
	 .phantom = DG_OK,
	 .real = DG_UNKNOWN},
	{.name = "a window that does not tell, then no stall and no load",
	 .windows = {&busy, &idle},
	 .phantom = DG_OK,
	 .real = DG_UNKNOWN},
	{.name = "real once, then no stall and no load",
	 .windows = {&slow, &idle},
	 .phantom = DG_OK,
	 .real = DG_NOT_MEASURED},
	{.name = "phantom after real",
	 .windows = {&slow, &incident},
	 .phantom = DG_DRIFT,
	 .real = DG_OK},
};

static void test_checks(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(boots); i++) {
		struct dg_facts *f = host_grub();
		struct dg_verdict *v;

		for (size_t j = 0; j < 3 && boots[i].windows[j]; j++)
			add_window(f, boots[i].windows[j]);
		v = judge(f, NULL);
		if (found(v, "pressure-phantom")->status != boots[i].phantom ||
		    found(v, "pressure-real")->status != boots[i].real) {
			print_error("%s: %s; %s\n", boots[i].name,
				    found(v, "pressure-phantom")->summary,
				    found(v, "pressure-real")->summary);
			wrong++;
		}
		dg_verdict_free(v);
		dg_facts_free(f);
	}
	assert_int_equal(wrong, 0);
}

static void test_evidence(void **state)
{
	struct dg_facts *f = host_grub();
	struct dg_verdict *v;
	const struct dg_finding *real;

	(void)state;
	add_window(f, &slow);
	add_window(f, &slow);
	v = judge(f, "\"pressure\": {\"await_ms\": 80}");
	real = found(v, "pressure-real");
	assert_int_equal(real->severity, DG_NOTICE);
	assert_string_equal(evidence(real, "device"), "sda");
	assert_string_equal(evidence(real, "guest"), "103");
	assert_int_equal(real->subject_count, 2);
	dg_verdict_free(v);
	/* By the policy's limits, not by fixed ones. */
	v = judge(f, "\"pressure\": {\"await_ms\": 100}");
	assert_int_not_equal(found(v, "pressure-real")->status, DG_DRIFT);
	dg_verdict_free(v);
	make_gap(&f->samples);
	v = judge(f, NULL);
	assert_int_equal(found(v, "pressure-real")->status, DG_UNKNOWN);
	assert_int_equal(found(v, "pressure-phantom")->status, DG_UNKNOWN);
	dg_verdict_free(v);
	dg_facts_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_neither_read_nor_written),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
