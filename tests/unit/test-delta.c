/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies between two readings: counters that wrap or go back, devices and guests that
 * come and go, a window in which the machine slept. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard/sample/reading.h"
#include "policy/pressure.h"

#define SECOND	       INT64_C(1000000)
#define SAMPLE_CLEANUP DG_CLEANUP(sample_clear)
#define DISK_CLEANUP   DG_CLEANUP(disk_clear)

static void sample_clear(struct dg_sample *sample)
{
	dg_record_clear(&dg_sample_record, sample);
}

static void disk_clear(struct dg_disk_load *disk)
{
	const struct dg_field *disks = dg_record_field(&dg_sample_record, "disks", 5);

	dg_record_clear(disks->record, disk);
}

#define assert_near(value, want) \
	assert_true((value) > (want)-0.01 && (value) < (want) + 0.01)

/* --- the host --- */

static void make_readings(struct dg_reading *a, struct dg_reading *b)
{
	memset(a, 0, sizeof(*a));
	for (enum dg_resource i = 0; i < DG_RESOURCES; i++)
		a->psi[i] = (struct dg_psi_reading){.psi = {.some_us = 1000,
							    .full_us = 500,
							    .has_some = true,
							    .has_full = true}};
	a->mono_us = 5 * SECOND;
	a->boot_us = 7 * SECOND;
	a->stat = (struct dg_proc_stat){
		.total = 1000, .idle = 400, .iowait = 100, .cpus = 2};
	*b = *a;
	b->mono_us += 10 * SECOND;
	b->boot_us += 10 * SECOND;
	b->psi[DG_IO].psi.some_us += 8130000;
	b->psi[DG_IO].psi.full_us += 6870000;
	b->stat.total += 2000;
	b->stat.idle += 1000;
	b->stat.iowait += 860;
}

static void test_host(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s = {0};
	struct dg_reading a, b;
	const struct dg_stall *io;

	(void)state;
	make_readings(&a, &b);
	dg_delta_host(&a, &b, &s);
	io = dg_sample_stall(&s, "io");
	assert_non_null(io);
	assert_near(io->some_percent.value, 81.3);
	assert_near(io->full_percent.value, 68.7);
	assert_int_equal(io->full_us.value, 6870000);
	assert_near(s.window_s.value, 10);
	assert_near(s.iowait_percent.value, 43);
	assert_near(s.idle_percent.value, 50);
	assert_int_equal(s.cpus.value, 2);
	assert_true(dg_absent(&s.disturbed));
	assert_int_equal(s.pressure.count, DG_RESOURCES);
}

static void test_host_gaps(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s = {0};
	struct dg_reading a, b;
	const char *gap = NULL;

	(void)state;
	make_readings(&a, &b);
	for (enum dg_resource i = 0; i < DG_RESOURCES; i++)
		b.psi[i].r = -ENOENT;
	b.stat_r = -EACCES;
	dg_delta_host(&a, &b, &s);
	assert_true(dg_absent(&s.pressure));
	assert_non_null(strstr(s.pressure.meta.detail, "psi=1"));
	assert_false(dg_known(&s.iowait_percent));
	dg_record_clear(&dg_sample_record, &s);

	/* The one that counts was cut off: the others do not hide that. */
	make_readings(&a, &b);
	a.psi[DG_IO].r = -EBADMSG;
	dg_delta_host(&a, &b, &s);
	assert_null(dg_sample_stall(&s, "io"));
	assert_non_null(dg_sample_stall(&s, "memory"));
	for (size_t i = 0; i < s.pressure.count; i++)
		gap = dg_known(&s.pressure.items[i]) ? gap
						     : s.pressure.items[i].meta.detail;
	assert_non_null(gap);
	assert_non_null(strstr(gap, "/proc/pressure/io: "));
	dg_record_clear(&dg_sample_record, &s);

	/* irq has no `some`, old kernels' cpu no `full`. */
	make_readings(&a, &b);
	a.psi[DG_IRQ].psi.has_some = b.psi[DG_IRQ].psi.has_some = false;
	a.psi[DG_CPU].psi.has_full = false;
	dg_delta_host(&a, &b, &s);
	assert_true(dg_absent(&dg_sample_stall(&s, "irq")->some_percent));
	assert_true(dg_known(&dg_sample_stall(&s, "irq")->full_percent));
	assert_true(dg_absent(&dg_sample_stall(&s, "cpu")->full_percent));
}

static void test_host_backwards(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s = {0};
	struct dg_reading a, b;

	(void)state;
	make_readings(&a, &b);
	b.psi[DG_IO].psi.full_us = a.psi[DG_IO].psi.full_us - 1;
	b.stat.iowait = a.stat.iowait - 3;
	dg_delta_host(&a, &b, &s);
	assert_int_equal(dg_sample_stall(&s, "io")->full_percent.meta.state,
			 DG_MALFORMED);
	assert_near(s.iowait_percent.value, 0);
	dg_record_clear(&dg_sample_record, &s);

	/* More stalled than the window was long: the readings are not of one moment. */
	make_readings(&a, &b);
	b.psi[DG_IO].psi.full_us = a.psi[DG_IO].psi.full_us + 10 * SECOND + 900;
	dg_delta_host(&a, &b, &s);
	assert_near(dg_sample_stall(&s, "io")->full_percent.value, 100);
	dg_record_clear(&dg_sample_record, &s);

	/* No time went by at all. */
	make_readings(&a, &b);
	b = a;
	dg_delta_host(&a, &b, &s);
	assert_false(dg_known(&s.iowait_percent));
}

static void test_slept(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s = {0};
	struct dg_reading a, b;

	(void)state;
	make_readings(&a, &b);
	b.boot_us += 12 * SECOND;
	dg_delta_host(&a, &b, &s);
	assert_true(dg_known(&s.disturbed));
}

static void test_own_share(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s = {0};
	struct dg_reading a, b;

	(void)state;
	make_readings(&a, &b);
	b.own_cpu_us = 20000;
	dg_delta_host(&a, &b, &s);
	assert_near(s.own_cpu_percent.value, 0.2);
	assert_near(s.own_stalled_percent.value, 0);
	dg_record_clear(&dg_sample_record, &s);
	b.own_requests = 3;
	dg_delta_host(&a, &b, &s);
	assert_false(dg_known(&s.own_stalled_percent));
}

/* --- disks --- */

static const struct dg_diskstat before = {.major = 8,
					  .name = "sda",
					  .reads = 100,
					  .read_sectors = 800,
					  .read_ms = 70,
					  .writes = 1000,
					  .write_sectors = 8000,
					  .write_ms = 900,
					  .busy_ms = 300,
					  .weighted_ms = 970,
					  .flushes = 10,
					  .flush_ms = 20,
					  .has_flushes = true};

static void test_disk(void **state)
{
	DISK_CLEANUP struct dg_disk_load load = {0};
	struct dg_diskstat after = before;

	(void)state;
	dg_set_known(&load.meta);
	after.writes += 5400;
	after.write_sectors += 43200;
	after.write_ms += 5076;
	after.busy_ms += 2800;
	after.weighted_ms += 10400;
	dg_delta_disk(&before, &after, 10 * SECOND, &load);
	assert_string_equal(load.name.value, "sda");
	assert_string_equal(load.number.value, "8:0");
	assert_near(load.writes_per_s.value, 540);
	assert_near(load.w_await_ms.value, 0.94);
	assert_near(load.write_bytes_per_s.value, 43200 * 512 / 10.0);
	assert_near(load.queue.value, 1.04);
	assert_near(load.util_percent.value, 28);
	assert_true(dg_absent(&load.r_await_ms));
	assert_true(dg_absent(&load.f_await_ms));
	assert_true(dg_delta_is_active(&before, &after));
	assert_false(dg_delta_is_active(&before, &before));
}

/* Milliseconds in 32 bits wrap; all else that goes back means another device. */
static void test_disk_wraps(void **state)
{
	DISK_CLEANUP struct dg_disk_load load = {0};
	struct dg_diskstat a = before, b = before;

	(void)state;
	dg_set_known(&load.meta);
	a.write_ms = UINT32_MAX - 99;
	b.write_ms = 300;
	b.writes += 100;
	dg_delta_disk(&a, &b, 10 * SECOND, &load);
	assert_near(load.w_await_ms.value, 4);
	disk_clear(&load);

	dg_set_known(&load.meta);
	b.writes = before.writes - 1;
	dg_delta_disk(&a, &b, 10 * SECOND, &load);
	assert_int_equal(load.meta.state, DG_MALFORMED);
	disk_clear(&load);

	dg_set_known(&load.meta);
	b = before;
	b.write_ms = before.write_ms - 500;
	dg_delta_disk(&before, &b, 10 * SECOND, &load);
	assert_int_equal(load.meta.state, DG_MALFORMED);
}

/* Requests that never come back have no latency, and are a queue all the same. */
static void test_disk_stuck(void **state)
{
	DISK_CLEANUP struct dg_disk_load load = {0};
	struct dg_diskstat a = before, b = before;

	(void)state;
	dg_set_known(&load.meta);
	a.in_flight = 3;
	b.in_flight = 5;
	assert_true(dg_delta_is_active(&a, &b));
	dg_delta_disk(&a, &b, 10 * SECOND, &load);
	assert_near(load.queue.value, 3);
	assert_true(dg_absent(&load.w_await_ms));
}

/* A disk that is trimmed and does nothing else. */
static void test_disk_discards(void **state)
{
	DISK_CLEANUP struct dg_disk_load load = {0};
	struct dg_diskstat a = before, b = before;

	(void)state;
	dg_set_known(&load.meta);
	a.in_flight = b.in_flight = 1;
	b.discards = 200;
	b.discard_ms = 9000;
	b.weighted_ms += 9000;
	assert_true(dg_delta_is_active(&a, &b));
	dg_delta_disk(&a, &b, 10 * SECOND, &load);
	assert_near(load.d_await_ms.value, 45);
	assert_near(load.queue.value, 0.9);
	assert_true(dg_absent(&load.w_await_ms));
	b.in_flight = a.in_flight = 0;
	assert_true(dg_delta_is_active(&a, &b));
}

static void test_disk_found(void **state)
{
	struct dg_diskstat disks[] = {before, {.major = 253, .minor = 3, .name = "dm-3"}};
	struct dg_reading reading = {.disks = disks, .disk_count = 2};
	struct dg_diskstat others[] = {disks[1], disks[0], {.major = 253, .minor = 9}};
	struct dg_reading turned = {.disks = others, .disk_count = 3};

	(void)state;
	assert_string_equal(dg_reading_disk(&reading, 253, 3)->name, "dm-3");
	assert_null(dg_reading_disk(&reading, 253, 4));
	/* In the same place, in another one, and gone. */
	assert_ptr_equal(dg_reading_same_disk(&reading, &reading, 1), &disks[1]);
	assert_ptr_equal(dg_reading_same_disk(&reading, &turned, 0), &disks[1]);
	assert_ptr_equal(dg_reading_same_disk(&reading, &turned, 1), &disks[0]);
	assert_null(dg_reading_same_disk(&reading, &turned, 2));
}

/* --- guests and processes --- */

static void test_guests(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s = {0};
	struct dg_guest_cgroup items[] = {
		{.vmid = (char *)"101", .name = (char *)"web", .kind = "qemu"},
		{.vmid = (char *)"102", .kind = "lxc"},
		{.vmid = (char *)"103", .kind = "qemu", .why = (char *)"it is shared"},
	};
	const struct dg_guest_cgroups cgroups = {.items = items, .count = 3};
	struct dg_io_stat disks_a[] = {{.has_number = true, .major = 8, .wios = 10}};
	struct dg_io_stat disks_b[] = {
		{.has_number = true, .major = 8, .wios = 510},
		{.has_number = true, .major = 8, .minor = 16, .rios = 20, .rbytes = 8192},
		{.has_number = false, .rios = 99}};
	struct dg_guest_reading first[3] = {{.disks = disks_a, .disk_count = 1}};
	struct dg_guest_reading last[3] = {{.disks = disks_b, .disk_count = 3}};
	struct dg_diskstat sda = before;
	const struct dg_reading a = {.guests = first, .guest_count = 3, .guests_us = 1};
	const struct dg_reading b = {.guests = last,
				     .guest_count = 3,
				     .disks = &sda,
				     .disk_count = 1,
				     .guests_us = 10 * SECOND + 1};

	(void)state;
	first[0].psi[DG_IO] = last[0].psi[DG_IO] =
		(struct dg_psi_reading){.psi = {.has_some = true, .some_us = 7}};
	last[0].psi[DG_IO].psi.some_us += 5 * SECOND;
	first[0].psi[DG_CPU].r = first[0].psi[DG_MEMORY].r = -EOPNOTSUPP;
	/* The second one ended within the window. */
	last[1].psi[DG_IO].r = -ENODEV;
	assert_int_equal(dg_delta_guests(&cgroups, &a, &b, &s), 0);
	assert_int_equal(s.guests.count, 3);
	assert_near(s.guests.items[0].pressure.items[0].some_percent.value, 50);
	assert_int_equal(s.guests.items[0].disks.count, 2);
	assert_near(s.guests.items[0].disks.items[0].writes_per_s.value, 50);
	assert_string_equal(s.guests.items[0].disks.items[0].name.value, "sda");
	assert_true(dg_absent(&s.guests.items[0].disks.items[1].name));
	assert_string_equal(s.guests.items[1].pressure.meta.detail, "it ended meanwhile");
	assert_string_equal(s.guests.items[2].pressure.meta.detail, "it is shared");
}

static void test_writers(void **state)
{
	SAMPLE_CLEANUP struct dg_sample s = {0};
	struct dg_guest_cgroup items[] = {{.vmid = (char *)"103", .pid = 30}};
	const struct dg_guest_cgroups cgroups = {.items = items, .count = 1};
	struct dg_task_reading first[] = {{.pid = 10, .io = {.write_bytes = 100}},
					  {.pid = 20, .io = {.write_bytes = 9000}},
					  {.pid = 30, .io = {.write_bytes = 5}}};
	struct dg_task_reading last[] = {{.pid = 10, .io = {.write_bytes = 100}},
					 {.pid = 20, .io = {.write_bytes = 4096}},
					 {.pid = 30, .io = {.write_bytes = 40960005}},
					 {.pid = 40, .io = {.write_bytes = 8192}}};
	const struct dg_below nowhere = DG_BELOW_NONE;
	struct dg_reading a = {.tasks = first, .task_count = 3};
	struct dg_reading b = {.tasks = last, .task_count = 4, .tasks_us = 10 * SECOND};

	(void)state;
	assert_int_equal(dg_delta_writers(&nowhere, &cgroups, &a, &b, &s), 0);
	assert_int_equal(s.writers.count, 3);
	assert_int_equal(s.writers.items[0].pid.value, 30);
	assert_string_equal(s.writers.items[0].vmid.value, "103");
	assert_near(s.writers.items[0].write_bytes_per_s.value, 4096000);
	assert_int_equal(s.writers.items[1].pid.value, 40);
	assert_int_equal(s.writers.items[2].pid.value, 20); /* another process by now */
	dg_record_clear(&dg_sample_record, &s);

	/* Some that may not be read are named, and not passed over. */
	b.tasks_denied = 2;
	assert_int_equal(dg_delta_writers(&nowhere, &cgroups, &a, &b, &s), 0);
	assert_int_equal(s.writers.count, 4);
	assert_int_equal(s.writers.items[3].meta.state, DG_UNREADABLE);
	dg_record_clear(&dg_sample_record, &s);
	b.tasks_denied = 400;
	assert_int_equal(dg_delta_writers(&nowhere, &cgroups, &a, &b, &s), 0);
	assert_int_equal(s.writers.meta.state, DG_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),	       cmocka_unit_test(test_host_gaps),
		cmocka_unit_test(test_host_backwards), cmocka_unit_test(test_slept),
		cmocka_unit_test(test_own_share),      cmocka_unit_test(test_disk),
		cmocka_unit_test(test_disk_wraps),     cmocka_unit_test(test_disk_stuck),
		cmocka_unit_test(test_disk_discards),  cmocka_unit_test(test_disk_found),
		cmocka_unit_test(test_guests),	       cmocka_unit_test(test_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
