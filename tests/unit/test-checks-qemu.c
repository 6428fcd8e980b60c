/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "policy/guest.h"
#include "tests/unit/facts-builder.h"

#define MAX 1000

#define FACTS_CLEANUP	DG_CLEANUP(dg_facts_freep)
#define VERDICT_CLEANUP DG_CLEANUP(dg_verdict_freep)

enum { PLAIN = 0x9, EXEMPT = 0x89 };

/* --- building --- */

static void set_binary(struct dg_binary *qemu, const char *version, const char *id)
{
	dg_set_known(&qemu->meta);
	dg_set_str(&qemu->path, "/usr/bin/qemu-system-x86_64");
	dg_set_str(&qemu->version, version);
	dg_set_str(&qemu->build_id, id);
	dg_set_bool(&qemu->io_uring, true);
	dg_set_bool(&qemu->deleted, false);
}

static struct dg_guest *add_guest(struct dg_facts *f, const char *vmid, const char *name)
{
	struct dg_guest *guest = DG_ADD(&f->guests, MAX);

	assert_non_null(guest);
	dg_set_str(&guest->vmid, vmid);
	if (name)
		dg_set_str(&guest->name, name);
	else
		make_absent(&guest->name);
	dg_set_bool(&guest->passthrough, false);
	make_absent(&guest->configured);
	make_absent(&guest->running);
	return guest;
}

static void start(struct dg_guest *guest, const char *version, const char *id)
{
	struct dg_running *running = &guest->running;

	dg_set_known(&running->meta);
	dg_set_int(&running->pid, 4711);
	set_binary(&running->binary, version, id);
	make_absent(&running->drives);
	dg_set_str(&DG_ADD(&running->iothreads, MAX)->name, "iothread0");
	make_absent(&running->waits);
}

static void wait_in_ring(struct dg_guest *guest, int flags)
{
	struct dg_ring_wait *wait = DG_ADD(&guest->running.waits, MAX);

	assert_non_null(wait);
	dg_set_int(&wait->tid, 4712);
	dg_set_str(&wait->name, "IO iothread0");
	dg_set_int(&wait->flags, flags);
	make_absent(&wait->looks);
}

static void set_ring(struct dg_facts *f, int64_t features)
{
	dg_set_known(&f->ring.meta);
	dg_set_bool(&f->ring.inferred, false);
	dg_set_int(&f->ring.features, features);
	dg_set_int(&f->ring.last_op, 62);
	make_absent(&f->ring.disabled);
}

static struct dg_facts *host(const char *release, int64_t features)
{
	struct dg_facts *f = host_grub();

	set_ring(f, features);
	set_binary(&f->qemu, "11.0.0-3", "aa");
	dg_set_str(&f->kernel.release, release);
	dg_set_known(&f->guests.meta);
	return f;
}

#define BIT17	 0x3ffff
#define BEFORE17 0x3fff

static void assert_status(const struct dg_finding *finding, enum dg_status status)
{
	if (finding->status != status)
		fail_msg("%s: %s: %s", finding->check->id,
			 dg_status_name(finding->status), finding->summary);
}

/* --- the table of DOMAIN: which QEMU on which kernel --- */

static void test_phantom_table(void **state)
{
	static const struct {
		const char *release, *version;
		int64_t features;
		int flags; /* 0: no thread waits */
		enum dg_status status;
		const char *missing;
	} cases[] = {
		/* 10.1 never waits there */
		{OLD, "10.1.2-7", BEFORE17, 0, DG_OK, NULL},
		{NEWEST, "10.1.2-7", BIT17, 0, DG_OK, NULL},
		/* unpatched: everywhere */
		{OLD, "10.2.1-1", BEFORE17, PLAIN, DG_DRIFT, "kernel and qemu"},
		{NEWEST, "10.2.1-1", BIT17, PLAIN, DG_DRIFT, "qemu"},
		{NEWEST, "1:11.1.3+ds-1~bpo13+1", BIT17, PLAIN, DG_DRIFT, "qemu"},
		{OLD, "1:11.1.3+ds-1~bpo13+1", BEFORE17, PLAIN, DG_DRIFT,
		 "kernel and qemu"},
		{OLD, "11.1.0", BEFORE17, PLAIN, DG_DRIFT, "kernel and qemu"},
		/* patched: where the kernel lacks the bit */
		{OLD, "10.2.1-2", BEFORE17, PLAIN, DG_DRIFT, "kernel"},
		{OLD, "11.0.0-3", BEFORE17, PLAIN, DG_DRIFT, "kernel"},
		{"6.14.11-9-bpo12-pve", "11.0.0-3", 0x1ffff, PLAIN, DG_DRIFT, "kernel"},
		{NEWEST, "11.0.0-3", BIT17, EXEMPT, DG_OK, NULL},
		/* the flags decide, whatever the version says */
		{NEWEST, "10.2.1-1", BIT17, EXEMPT, DG_OK, NULL},
		{NEWEST, "11.0.0-3", BIT17, PLAIN, DG_DRIFT, "qemu"},
		{OLD, "10.1.2-7", BEFORE17, PLAIN, DG_DRIFT, "kernel and qemu"},
		/* kernels that do not count such waits, and the stable ones that do */
		{"6.2.16-20-pve", "11.0.0-3", BEFORE17, PLAIN, DG_OK, NULL},
		{"5.15.158-2-pve", "11.0.0-3", BEFORE17, PLAIN, DG_OK, NULL},
		{"6.4.3-1-pve", "11.0.0-3", BEFORE17, PLAIN, DG_OK, NULL},
		{"6.4.4-1-pve", "11.0.0-3", BEFORE17, PLAIN, DG_DRIFT, "kernel"},
		{"6.1.38-1-pve", "11.0.0-3", BEFORE17, PLAIN, DG_OK, NULL},
		{"6.1.39-1-pve", "11.0.0-3", BEFORE17, PLAIN, DG_DRIFT, "kernel"},
		/* busy at that moment: by its version it is one that waits */
		{OLD, "11.0.0-3", BEFORE17, 0, DG_UNKNOWN, NULL},
		{NEWEST, "11.0.0-3", BIT17, 0, DG_OK, NULL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *f =
			host(cases[i].release, cases[i].features);
		struct dg_guest *guest = add_guest(f, "109", "monitoring");
		VERDICT_CLEANUP struct dg_verdict *v = NULL;
		const struct dg_finding *finding;

		start(guest, cases[i].version, "bb");
		if (cases[i].flags)
			wait_in_ring(guest, cases[i].flags);
		v = judge(f, NULL);
		finding = found(v, "qemu-ring-phantom");
		if (finding->status != cases[i].status)
			fail_msg("case %zu: %s: %s", i, dg_status_name(finding->status),
				 finding->summary);
		if (!cases[i].missing) {
			assert_null(evidence(finding, "missing"));
			continue;
		}
		assert_string_equal(evidence(finding, "missing"), cases[i].missing);
		assert_int_equal(finding->severity, DG_WARNING);
		assert_int_equal(finding->subject_count, 1);
		assert_string_equal(finding->subjects[0].name, "109 (monitoring)");
		assert_non_null(strstr(finding->summary, "guest 109 (monitoring)"));
		/* The running one is named as the running one. */
		assert_non_null(strstr(evidence(finding, "waits"), "running QEMU "));
		assert_non_null(strstr(evidence(finding, "waits"), cases[i].version));
	}
}

/* Debian's release name hides the patch level. */
static void test_debian_patch_level(void **state)
{
	static const struct {
		const char *release, *version;
		enum dg_answer answer;
	} cases[] = {
		{"6.1.0-44-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.164-1 (2026-03-02)",
		 DG_YES},
		{"6.1.0-9-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.27-1 (2023-05-08)",
		 DG_NO},
		{"6.1.0-9-amd64", "#1 SMP Debian 6.12.43-1 (2026-01-01)", DG_NO},
		{"6.1.0-9-amd64", "#1 SMP Debian ", DG_NO},
		{"6.4.0-0.deb12.2-amd64", "#1 SMP Debian 6.4.4-3~bpo12+1 (2023-08-08)",
		 DG_YES},
		{"6.12.43+deb13-amd64", "#1 SMP Debian 6.12.43-1 (2025-08-27)", DG_YES},
		{"6", "#1", DG_CANNOT_TELL},
		{"x", "#1", DG_CANNOT_TELL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *f = host(cases[i].release, BEFORE17);

		dg_set_str(&f->kernel.version, cases[i].version);
		if (dg_kernel_counts_ring_waits(f) != cases[i].answer)
			fail_msg("%s %s", cases[i].release, cases[i].version);
	}
}

/* A kernel that was tried is what it was found to be, whatever it is called. */
static void test_tried(void **state)
{
	static const struct {
		const char *release, *plain;
		enum dg_answer answer;
	} cases[] = {
		{"6.5.13-5-pve", "free", DG_NO},
		{"6.2.16-20-pve", "charged", DG_YES},
		{"6.5.13-5-pve", "cannot-tell", DG_YES},
		{"6.2.16-20-pve", "not-tried", DG_NO},
		{"x", "charged", DG_YES},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *f = host(cases[i].release, BEFORE17);

		dg_set_known(&f->probe.meta);
		dg_set_str(&f->probe.plain, cases[i].plain);
		if (dg_kernel_counts_ring_waits(f) != cases[i].answer)
			fail_msg("%s %s", cases[i].release, cases[i].plain);
	}
}

static void test_phantom_gaps(void **state)
{
	FACTS_CLEANUP struct dg_facts *f = host(OLD, BEFORE17);
	struct dg_guest *guest = add_guest(f, "109", NULL);

	(void)state;
	start(guest, "11.0.0-3", "aa");
	/* Without permission nothing reads as clean. */
	dg_set_gap(&guest->running.waits.meta, DG_UNREADABLE, "no permission");
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);
		const struct dg_finding *finding = found(v, "qemu-ring-phantom");

		assert_status(finding, DG_UNKNOWN);
		assert_non_null(strstr(finding->summary, "no permission"));
	}
	/* Drift of another guest stands, and says what was not seen. */
	guest = add_guest(f, "110", NULL);
	start(guest, "11.0.0-3", "aa");
	wait_in_ring(guest, PLAIN);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);
		const struct dg_finding *finding = found(v, "qemu-ring-phantom");

		assert_status(finding, DG_DRIFT);
		assert_non_null(evidence(finding, "not_seen"));
		assert_non_null(strstr(finding->summary, "guest 110 waits"));
	}
	/* Whether the kernel has the bit may be unknown: the wait is plain all the same.
	 */
	make_gap(&f->ring.features);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);

		assert_status(found(v, "qemu-ring-phantom"), DG_DRIFT);
		assert_string_equal(
			evidence(found(v, "qemu-ring-phantom"), "kernel_no_iowait"),
			"unknown");
		assert_status(found(v, "qemu-aio-unsupported"), DG_UNKNOWN);
	}
	make_gap(&f->guests);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);

		assert_status(found(v, "qemu-ring-phantom"), DG_UNKNOWN);
		assert_status(found(v, "qemu-binary-stale"), DG_UNKNOWN);
	}
}

/* Of a QEMU that opts out, a busy thread waits plainly while the others do not. */
static void test_one_thread_opts_out(void **state)
{
	FACTS_CLEANUP struct dg_facts *f = host(NEWEST, BIT17);
	struct dg_guest *guest = add_guest(f, "109", NULL);
	VERDICT_CLEANUP struct dg_verdict *v = NULL;

	(void)state;
	start(guest, "11.0.0-3", "aa");
	wait_in_ring(guest, PLAIN);
	wait_in_ring(guest, EXEMPT);
	v = judge(f, NULL);
	assert_status(found(v, "qemu-ring-phantom"), DG_OK);
}

/* On a kernel with the bit, a plain wait of a QEMU that opts out by its version is to be
 * seen in every look: requests may have been in flight. */
static void test_looks(void **state)
{
	static const struct {
		const char *version;
		int looks; /* 0: one look, as of a tree */
		enum dg_status status;
	} cases[] = {
		{"11.0.0-3", 0, DG_DRIFT},   {"11.0.0-3", 1, DG_UNKNOWN},
		{"11.0.0-3", 2, DG_UNKNOWN}, {"11.0.0-3", 3, DG_DRIFT},
		{"10.2.1-1", 1, DG_DRIFT},   {"1:11.1.3+ds-1", 1, DG_DRIFT},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *f = host(NEWEST, BIT17);
		struct dg_guest *guest = add_guest(f, "109", NULL);
		VERDICT_CLEANUP struct dg_verdict *v = NULL;

		start(guest, cases[i].version, "aa");
		wait_in_ring(guest, PLAIN);
		if (cases[i].looks)
			dg_set_int(&guest->running.waits.items[0].looks, cases[i].looks);
		v = judge(f, NULL);
		assert_status(found(v, "qemu-ring-phantom"), cases[i].status);
	}
}

static void test_many_guests(void **state)
{
	FACTS_CLEANUP struct dg_facts *f = host(OLD, BEFORE17);
	VERDICT_CLEANUP struct dg_verdict *v = NULL;
	const struct dg_finding *finding;

	(void)state;
	for (int i = 0; i < 25; i++) {
		char vmid[16];
		struct dg_guest *guest;

		snprintf(vmid, sizeof(vmid), "%d", 100 + i);
		guest = add_guest(f, vmid, i == 1 ? "db" : NULL);
		start(guest, "11.0.0-3", "aa");
		wait_in_ring(guest, PLAIN);
	}
	v = judge(f, NULL);
	finding = found(v, "qemu-ring-phantom");
	assert_status(finding, DG_DRIFT);
	assert_int_equal(finding->subject_count, 25);
	assert_non_null(
		strstr(finding->summary, "25 guests (100, 101 (db), 102 and 22 more)"));
}

static void test_remedy(void **state)
{
	static const struct {
		const char *running, *installed;
		int64_t features;
		const char *words;
	} cases[] = {
		{"11.0.0-3", "11.0.0-3", BEFORE17, "Boot a kernel of 6.15 or newer"},
		{"10.2.1-1", "10.2.1-2", BEFORE17, "the installed QEMU does opt out"},
		{"10.2.1-1", "10.2.1-1", BEFORE17, "and install a QEMU that opts out"},
		{"10.2.1-1", "10.2.1-2", BIT17, "the installed QEMU 10.2.1-2 opts out"},
		{"10.2.1-1", "10.2.1-1", BIT17, "Install a QEMU that opts out"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *f = host(
			cases[i].features == BIT17 ? NEWEST : OLD, cases[i].features);
		struct dg_guest *guest = add_guest(f, "109", NULL);
		VERDICT_CLEANUP struct dg_verdict *v = NULL;
		const struct dg_finding *finding;

		start(guest, cases[i].running, "bb");
		wait_in_ring(guest, PLAIN);
		dg_set_str(&f->qemu.version, cases[i].installed);
		v = judge(f, NULL);
		finding = found(v, "qemu-ring-phantom");
		if (!strstr(finding->remedy, cases[i].words))
			fail_msg("case %zu: %s", i, finding->remedy);
	}
}

/* --- qemu-binary-stale --- */

static void test_stale(void **state)
{
	static const struct {
		const char *version, *id, *path;
		bool deleted;
		enum dg_status status;
		enum dg_severity severity;
	} cases[] = {
		{"11.0.0-3", "aa", NULL, false, DG_OK, DG_FINE},
		/* installed again, the same build */
		{"11.0.0-3", "aa", NULL, true, DG_OK, DG_FINE},
		{"11.0.0-2", "bb", NULL, true, DG_DRIFT, DG_NOTICE},
		{"11.0.0-3", "bb", NULL, true, DG_DRIFT, DG_NOTICE},
		{"10.2.1-1", "bb", NULL, true, DG_DRIFT, DG_WARNING},
		/* not read: its file was replaced, more cannot be said */
		{NULL, NULL, NULL, true, DG_DRIFT, DG_NOTICE},
		{"11.0.0-3", NULL, NULL, true, DG_OK, DG_FINE},
		{"11.0.0-2", NULL, NULL, true, DG_DRIFT, DG_NOTICE},
		{NULL, NULL, NULL, false, DG_OK, DG_FINE},
		/* another architecture's emulator is another program */
		{"11.0.0-3", "cc", "/usr/bin/qemu-system-aarch64", false, DG_OK, DG_FINE},
		{"11.0.0-2", "cc", "/usr/bin/qemu-system-aarch64", true, DG_DRIFT,
		 DG_NOTICE},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *f = host(NEWEST, BIT17);
		struct dg_guest *guest = add_guest(f, "103", "mcp");
		struct dg_binary *qemu = &guest->running.binary;
		VERDICT_CLEANUP struct dg_verdict *v = NULL;
		const struct dg_finding *finding;

		start(guest, cases[i].version ? cases[i].version : "0",
		      cases[i].id ? cases[i].id : "0");
		if (!cases[i].version)
			make_gap(&qemu->version);
		if (!cases[i].id)
			make_gap(&qemu->build_id);
		if (cases[i].path)
			dg_set_str(&qemu->path, cases[i].path);
		dg_set_bool(&qemu->deleted, cases[i].deleted);
		v = judge(f, NULL);
		finding = found(v, "qemu-binary-stale");
		if (finding->status != cases[i].status ||
		    finding->severity != cases[i].severity)
			fail_msg("case %zu: %s %s: %s", i,
				 dg_status_name(finding->status),
				 dg_severity_name(finding->severity), finding->summary);
		assert_int_equal(finding->subject_count, finding->status == DG_DRIFT);
	}
}

static void test_stale_unknown(void **state)
{
	FACTS_CLEANUP struct dg_facts *f = host(NEWEST, BIT17);
	struct dg_guest *guest = add_guest(f, "103", "mcp");

	(void)state;
	start(guest, "11.0.0-3", "aa");
	make_gap(&guest->running.binary);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);

		assert_status(found(v, "qemu-binary-stale"), DG_UNKNOWN);
	}
	set_binary(&guest->running.binary, "11.0.0-2", "bb");
	dg_set_bool(&guest->running.binary.deleted, true);
	dg_set_bool(&f->packages.locked, true);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);

		assert_status(found(v, "qemu-binary-stale"), DG_UNKNOWN);
	}
	dg_set_bool(&f->packages.locked, false);
	make_absent(&f->qemu);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);
		const struct dg_finding *finding = found(v, "qemu-binary-stale");

		assert_status(finding, DG_DRIFT);
		assert_non_null(strstr(finding->summary, "not installed any more"));
	}
}

/* --- qemu-aio-unsupported --- */

static void add_drive(void *list, const char *name, const char *aio)
{
	DG_LIST(struct dg_drive) *drives = list;
	struct dg_drive *drive = DG_ADD(drives, MAX);

	assert_non_null(drive);
	dg_set_str(&drive->name, name);
	if (aio)
		dg_set_str(&drive->aio, aio);
	else
		make_absent(&drive->aio);
	make_absent(&drive->direct);
}

static void test_aio(void **state)
{
	static const struct {
		bool refused;
		int disabled;			  /* -1: no such sysctl */
		const char *configured, *running; /* "": no such drive; NULL: unset */
		enum dg_status status;
	} cases[] = {
		{false, -1, "io_uring", "io_uring", DG_OK},
		{false, 0, "io_uring", "io_uring", DG_OK},
		{false, 1, "io_uring", "io_uring", DG_OK},
		{true, -1, "io_uring", "", DG_DRIFT},
		{true, 2, "io_uring", "", DG_DRIFT},
		/* inferred features, and a sysctl that says otherwise */
		{false, 2, "io_uring", "", DG_DRIFT},
		{true, -1, "native", "", DG_OK},
		{true, -1, "threads", "io_uring", DG_OK},
		{true, -1, NULL, "io_uring", DG_DRIFT},
		{true, -1, NULL, "native", DG_OK},
		{true, -1, NULL, "", DG_UNKNOWN},
		{true, -1, NULL, NULL, DG_UNKNOWN},
		{true, -1, "", "io_uring", DG_DRIFT},
		{true, -1, "", "", DG_OK},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *f = host(NEWEST, BIT17);
		struct dg_guest *guest = add_guest(f, "101", "web");
		VERDICT_CLEANUP struct dg_verdict *v = NULL;
		const struct dg_finding *finding;

		start(guest, "11.0.0-3", "aa");
		if (cases[i].refused)
			make_absent(&f->ring.features);
		if (cases[i].disabled >= 0)
			dg_set_int(&f->ring.disabled, cases[i].disabled);
		if (!dg_streq(cases[i].configured, ""))
			add_drive(&guest->configured, "scsi1", cases[i].configured);
		if (!dg_streq(cases[i].running, ""))
			add_drive(&guest->running.drives, "drive-scsi1",
				  cases[i].running);
		v = judge(f, NULL);
		finding = found(v, "qemu-aio-unsupported");
		if (finding->status != cases[i].status)
			fail_msg("case %zu: %s: %s", i, dg_status_name(finding->status),
				 finding->summary);
		if (finding->status != DG_DRIFT)
			continue;
		assert_int_equal(finding->severity, DG_CRITICAL);
		assert_string_equal(finding->subjects[0].name, "101 (web)");
		assert_non_null(strstr(evidence(finding, "io_uring"), "scsi1"));
	}
}

static void test_aio_gaps(void **state)
{
	FACTS_CLEANUP struct dg_facts *f = host(NEWEST, BIT17);
	struct dg_guest *guest = add_guest(f, "101", "web");

	(void)state;
	make_gap(&guest->configured);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);

		/* Nothing depends on what could not be seen. */
		assert_status(found(v, "qemu-aio-unsupported"), DG_OK);
	}
	make_absent(&f->ring.features);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);

		assert_status(found(v, "qemu-aio-unsupported"), DG_UNKNOWN);
	}
	make_gap(guest);
	{
		VERDICT_CLEANUP struct dg_verdict *v = judge(f, NULL);

		assert_status(found(v, "qemu-aio-unsupported"), DG_UNKNOWN);
		assert_status(found(v, "qemu-ring-phantom"), DG_UNKNOWN);
		assert_status(found(v, "qemu-binary-stale"), DG_UNKNOWN);
	}
}

static void test_container(void **state)
{
	static const char *const ids[] = {"qemu-ring-phantom", "qemu-binary-stale",
					  "qemu-aio-unsupported"};
	FACTS_CLEANUP struct dg_facts *f = host(OLD, BEFORE17);
	VERDICT_CLEANUP struct dg_verdict *v = NULL;

	(void)state;
	dg_set_str(&f->host.container, "lxc");
	v = judge(f, NULL);
	for (size_t i = 0; i < DG_COUNT(ids); i++)
		assert_status(found(v, ids[i]), DG_NOT_APPLICABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phantom_table),
		cmocka_unit_test(test_debian_patch_level),
		cmocka_unit_test(test_tried),
		cmocka_unit_test(test_phantom_gaps),
		cmocka_unit_test(test_one_thread_opts_out),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_many_guests),
		cmocka_unit_test(test_remedy),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_stale_unknown),
		cmocka_unit_test(test_aio),
		cmocka_unit_test(test_aio_gaps),
		cmocka_unit_test(test_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
