/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard/collect/guests.h"
#include "guard/probe/uring.h"
#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"
#include "tests/unit/elf-builder.h"

#define NODE "etc/pve/nodes/pve1/qemu-server/"

/* --- building --- */

static void put_conf(const char *vmid, const char *text)
{
	char name[128];

	snprintf(name, sizeof(name), NODE "%s.conf", vmid);
	put(&tree, name, text);
}

#define WAITING(flags) \
	"426 0x1c 0x0 0x1 " flags " 0x0 0x8 0x7f1c1d7fe4c8 0x7f1c2ab2c7b9\n"
#define POLLING "271 0x55d0 0x9 0x7ffe 0x0 0x8 0x0 0x7ffe8d0c19d0 0x7f1c2ab1f7e6\n"

static void put_thread(const char *pid, const char *tid, const char *comm,
		       const char *call)
{
	char name[128];

	snprintf(name, sizeof(name), "proc/%s/task/%s/comm", pid, tid);
	put(&tree, name, comm);
	snprintf(name, sizeof(name), "proc/%s/task/%s/syscall", pid, tid);
	if (call)
		put(&tree, name, call);
}

static void put_cmdline(const char *pid, const char *program, const char *pidfile,
			const char *more, size_t more_size)
{
	char name[64], data[4096];
	size_t n = (size_t)snprintf(data, sizeof(data), "%s%c-pidfile%c%s%c", program, 0,
				    0, pidfile, 0);

	memcpy(data + n, more, more_size);
	snprintf(name, sizeof(name), "proc/%s/cmdline", pid);
	put_data(&tree, name, data, n + more_size);
}

static const char arguments[] =
	"-name\0web,debug-threads=on\0-object\0iothread,id=t0\0-object\0"
	"{\"qom-type\":\"iothread\",\"id\":\"t1\"}\0"
	"-drive\0file=/dev/x,id=drive-scsi1,aio=native,cache=none\0-blockdev\0"
	"{\"node-name\":\"drive-scsi0\",\"file\":{\"aio\":\"io_uring\"}}";

static void put_elf(const char *name, const char *version)
{
	static struct elf_image image;
	char text[128];
	int n = snprintf(text, sizeof(text),
			 "%cQEMU emulator version 1 (pve-qemu-kvm_%s)\n", 0, version);

	elf_make(&image, text, (size_t)n + 1);
	put_data(&tree, name, image.data, image.size);
}

/* Guest 101, which runs as process 2504 with a main thread and two I/O threads. */
static void put_guest(void)
{
	put_link(&tree, "etc/pve/qemu-server", "nodes/pve1/qemu-server");
	put_conf("101", "name: web\nscsi0: a:b\nscsi1: a:c,aio=native\nhostpci0: x\n");
	put(&tree, "run/qemu-server/101.pid", "2504\n");
	put_fifo(&tree, "run/qemu-server/101.qmp");
	put(&tree, "run/qemu-server/101-tpm.pid", "1\n");
	put_cmdline("2504", "/usr/bin/kvm", "/var/run/qemu-server/101.pid", arguments,
		    sizeof(arguments));
	put_elf("usr/bin/qemu-system-x86_64", "11.0.0-3");
	put_link(&tree, "usr/bin/kvm", "qemu-system-x86_64");
	put_link(&tree, "proc/2504/exe", "/usr/bin/qemu-system-x86_64");
	put_thread("2504", "2504", "kvm\n", POLLING);
	put_thread("2504", "2527", "IO t0\n", WAITING("0x9"));
	put_thread("2504", "2528", "IO t1\n", WAITING("0x89"));
}

static const struct dg_guest *guest_of(const struct dg_facts *facts, const char *vmid)
{
	dg_list_foreach (guest, facts->guests)
		if (dg_streq(dg_get(&guest->vmid), vmid))
			return guest;
	fail_msg("no guest %s in %s", vmid, said(&facts->guests));
	return NULL;
}

static struct dg_facts *read_guests(void)
{
	return collect(&tree, &dg_collect_guests);
}

/* --- a guest --- */

static void test_guest(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_running *running;
	const struct dg_guest *guest;

	(void)state;
	put_guest();
	facts = read_guests();
	assert_int_equal(facts->guests.count, 1);
	guest = guest_of(facts, "101");
	assert_string_equal(said(&guest->name), "web");
	assert_true(dg_true(&guest->passthrough));
	assert_int_equal(guest->configured.count, 2);
	assert_string_equal(said(&guest->configured.items[0].name), "scsi0");
	assert_true(dg_absent(&guest->configured.items[0].aio));
	assert_string_equal(said(&guest->configured.items[1].aio), "native");
	running = &guest->running;
	assert_true(dg_known(running));
	assert_number(&running->pid, 2504);
	assert_int_equal(running->drives.count, 2);
	assert_string_equal(said(&running->drives.items[0].name), "drive-scsi1");
	assert_string_equal(said(&running->drives.items[0].aio), "native");
	assert_true(dg_true(&running->drives.items[0].direct));
	assert_string_equal(said(&running->drives.items[1].aio), "io_uring");
	assert_true(dg_absent(&running->drives.items[1].direct));
	assert_int_equal(running->iothreads.count, 2);
	assert_string_equal(said(&running->iothreads.items[1].name), "t1");
	assert_int_equal(running->waits.count, 2);
	assert_number(&running->waits.items[0].tid, 2527);
	assert_number(&running->waits.items[0].flags, 0x9);
	assert_string_equal(said(&running->waits.items[0].name), "IO t0");
	assert_number(&running->waits.items[1].flags, 0x89);
	assert_string_equal(said(&running->binary.path), "/usr/bin/qemu-system-x86_64");
	assert_string_equal(said(&running->binary.version), "11.0.0-3");
	assert_string_equal(said(&running->binary.build_id), "010203fe");
	assert_true(dg_absent(&guest->lock));
	assert_true(dg_known(&running->incoming) && !running->incoming.value);
	assert_true(dg_true(&running->binary.io_uring));
	assert_true(dg_known(&running->binary.deleted) && !running->binary.deleted.value);
}

/* On its way to another node, and one that arrives. */
static void test_migration(void **state)
{
	static const char more[] = "-S\0-incoming\0unix:/run/qemu-server/101.migrate";
	FACTS_CLEANUP struct dg_facts *leaving = NULL, *arriving = NULL, *cut = NULL;

	(void)state;
	put_guest();
	put_conf("101", "name: web\nlock: migrate\n\n[snap]\nlock: snapshot\n");
	leaving = read_guests();
	assert_string_equal(said(&guest_of(leaving, "101")->lock), "migrate");
	put_cmdline("2504", "/usr/bin/kvm", "/var/run/qemu-server/101.pid", more,
		    sizeof(more));
	arriving = read_guests();
	assert_true(dg_true(&guest_of(arriving, "101")->running.incoming));
	/* What is missing behind the cut may be just that. */
	put_cmdline("2504", "/usr/bin/kvm", "/var/run/qemu-server/101.pid", "-S\0-in", 6);
	cut = read_guests();
	assert_string_equal(said(&guest_of(cut, "101")->running.incoming),
			    "malformed: the command line is cut off");
}

/* --- whose process it is --- */

static void test_validation(void **state)
{
	static const struct {
		const char *pid_file, *program, *pidfile;
		bool runs;
	} cases[] = {
		{"2504\n", "/usr/bin/kvm", "/var/run/qemu-server/101.pid", true},
		{"2504", "/usr/bin/kvm", "/run/qemu-server/101.pid", true},
		{" 2504 \n", "kvm", "/run/qemu-server/101.pid", true},
		{"2504\n", "/opt/qemu-system-x86_64", "/run/qemu-server/101.pid", true},
		{"2504\n", "qemu-system-aarch64", "/run/qemu-server/101.pid", true},
		/* another program, which got the number anew */
		{"2504\n", "/usr/bin/bash", "/run/qemu-server/101.pid", false},
		{"2504\n", "/usr/bin/swtpm", "/run/qemu-server/101.pid", false},
		{"2504\n", "/qemu-x/bash", "/run/qemu-server/101.pid", false},
		/* another guest */
		{"2504\n", "/usr/bin/kvm", "/run/qemu-server/1010.pid", false},
		{"2504\n", "/usr/bin/kvm", "/run/qemu-server/10.pid", false},
		{"2504\n", "/usr/bin/kvm", "/tmp/run/qemu-server/101.pid", false},
		{"2504\n", "/usr/bin/kvm", "/run/qemu-server/../101.pid", false},
		/* gone */
		{"2505\n", "/usr/bin/kvm", "/run/qemu-server/101.pid", false},
	};

	(void)state;
	put_guest();
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		const struct dg_running *running;

		put(&tree, "run/qemu-server/101.pid", cases[i].pid_file);
		put_cmdline("2504", cases[i].program, cases[i].pidfile, "", 0);
		facts = read_guests();
		running = &guest_of(facts, "101")->running;
		if (cases[i].runs ? !dg_known(running) : !dg_absent(running))
			fail_msg("case %zu: %s", i, said(running));
	}
	/* A zombie has no arguments. */
	put(&tree, "run/qemu-server/101.pid", "2504\n");
	put(&tree, "proc/2504/cmdline", "");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_string_equal(said(&guest_of(facts, "101")->running),
				    "absent: process 2504 is gone");
	}
}

static void test_pid_files(void **state)
{
	static const char *const bad[] = {
		"", "\n", "x\n", "0\n", "-1\n", "99999999999\n", "1 2\n"};

	(void)state;
	put_guest();
	for (size_t i = 0; i < DG_COUNT(bad); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, "run/qemu-server/101.pid", bad[i]);
		facts = read_guests();
		assert_int_equal(guest_of(facts, "101")->running.meta.state,
				 DG_MALFORMED);
	}
	drop(&tree, "run/qemu-server/101.pid");
	put_fifo(&tree, "run/qemu-server/101.pid");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_int_equal(guest_of(facts, "101")->running.meta.state,
				 DG_UNREADABLE);
	}
}

/* One that was started here and is configured elsewhere, or nowhere any more. */
static void test_without_config(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_guest *guest;

	(void)state;
	put_guest();
	put(&tree, "run/qemu-server/1010.pid", "2504\n");
	put(&tree, "run/qemu-server/99.pid", "77\n");
	put_cmdline("2504", "kvm", "/run/qemu-server/1010.pid", arguments,
		    sizeof(arguments));
	facts = read_guests();
	/* 99 is a file that was left over. */
	assert_int_equal(facts->guests.count, 2);
	assert_true(dg_absent(&guest_of(facts, "101")->running));
	guest = guest_of(facts, "1010");
	assert_true(dg_known(&guest->running));
	assert_string_equal(said(&guest->name), "web");
	assert_true(dg_absent(&guest->passthrough));
	assert_true(dg_absent(&guest->configured));
	/* No configuration at all. */
	drop(&tree, "etc/pve/qemu-server");
	{
		FACTS_CLEANUP struct dg_facts *others = read_guests();

		assert_int_equal(others->guests.count, 1);
		assert_true(dg_known(&guest_of(others, "1010")->running));
	}
}

/* --- what cannot be seen is not clean --- */

static void test_threads(void **state)
{
	static const struct {
		const char *call;
		enum dg_state state;
	} cases[] = {
		{POLLING, DG_ABSENT},
		{"running\n", DG_ABSENT},
		{"-1 0x7ffe 0x55d0\n", DG_ABSENT},
		/* only submits; waits for none */
		{WAITING("0x8"), DG_ABSENT},
		{"426 0x1c 0x0 0x0 0x9 0x0 0x8 0x7f 0x7f\n", DG_ABSENT},
		{WAITING("0x9"), DG_KNOWN},
		{"426 0x1c 0x0 0x1\n", DG_MALFORMED},
		{"\n", DG_MALFORMED},
		{"garbage\n", DG_MALFORMED},
		{NULL, DG_UNREADABLE},
	};

	(void)state;
	put_guest();
	put_thread("2504", "2528", "IO t1\n", POLLING);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		const struct dg_running *running;

		if (cases[i].call)
			put_thread("2504", "2527", "IO t0\n", cases[i].call);
		else
			drop(&tree, "proc/2504/task/2527/syscall");
		facts = read_guests();
		running = &guest_of(facts, "101")->running;
		assert_true(dg_known(running));
		if (running->waits.meta.state != cases[i].state)
			fail_msg("case %zu: %s", i, said(&running->waits));
	}
	/* A thread without a name is still one. */
	put_thread("2504", "2527", "", WAITING("0x9"));
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_string_equal(
			said(&guest_of(facts, "101")->running.waits.items[0].name), "?");
	}
}

static void test_no_threads(void **state)
{
	(void)state;
	put_guest();
	drop(&tree, "proc/2504/task/2527/syscall");
	drop(&tree, "proc/2504/task/2527/comm");
	drop(&tree, "proc/2504/task/2527");
	drop(&tree, "proc/2504/task/2528/syscall");
	drop(&tree, "proc/2504/task/2528/comm");
	drop(&tree, "proc/2504/task/2528");
	drop(&tree, "proc/2504/task/2504/syscall");
	drop(&tree, "proc/2504/task/2504/comm");
	drop(&tree, "proc/2504/task/2504");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_int_equal(guest_of(facts, "101")->running.waits.meta.state,
				 DG_UNREADABLE);
	}
	drop(&tree, "proc/2504/task");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_string_equal(said(&guest_of(facts, "101")->running.waits),
				    "unreadable: /proc/2504/task: is not there");
	}
}

/* As nobody, and so without a look at others' threads. */
static int read_as_nobody(void *arg)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)arg;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 0;
	facts = read_guests();
	if (!dg_streq(said(&guest_of(facts, "101")->running.waits),
		      "unreadable: /proc/2504/task/2504/syscall: no permission "
		      "(CAP_SYS_PTRACE)"))
		return -EINVAL;
	return 0;
}

static void test_permission(void **state)
{
	static const char *const calls[] = {"proc/2504/task/2504/syscall",
					    "proc/2504/task/2527/syscall",
					    "proc/2504/task/2528/syscall"};
	char path[256];

	(void)state;
	if (geteuid() != 0)
		skip();
	put_guest();
	for (size_t i = 0; i < DG_COUNT(calls); i++)
		assert_int_equal(chmod(tree_path(&tree, calls[i], path), 0400), 0);
	assert_int_equal(child_run(read_as_nobody, NULL), 0);
}

static void test_hostile_cmdline(void **state)
{
	static const char text[] = "-name\0\x1b[31mred\xff\n\0-blockdev\0{\"a\0"
				   "-object\0{\"qom-type\":\"iothread\",}\0"
				   "-drive\0aio=io_uring";
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_running *running;

	(void)state;
	put_guest();
	put_conf("101", "cores: 1\n");
	put_cmdline("2504", "kvm", "/run/qemu-server/101.pid", text, sizeof(text));
	facts = read_guests();
	running = &guest_of(facts, "101")->running;
	assert_string_equal(said(&guest_of(facts, "101")->name), "?[31mred\xef\xbf\xbd ");
	assert_int_equal(running->drives.count, 2);
	assert_int_equal(running->drives.items[0].meta.state, DG_MALFORMED);
	assert_string_equal(said(&running->drives.items[1].name), "drive 2");
	assert_string_equal(said(&running->drives.items[1].aio), "io_uring");
	assert_int_equal(running->iothreads.count, 1);
	assert_int_equal(running->iothreads.items[0].meta.state, DG_MALFORMED);
	/* Without its last NUL the rest may be missing. */
	put_cmdline("2504", "kvm", "/run/qemu-server/101.pid", text, sizeof(text) - 1);
	{
		FACTS_CLEANUP struct dg_facts *cut = read_guests();

		running = &guest_of(cut, "101")->running;
		assert_string_equal(said(&running->drives),
				    "malformed: the command line is cut off");
	}
}

/* --- looking again --- */

static void test_looks_again(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	struct dg_running *running;

	(void)state;
	put_guest();
	facts = read_guests();
	running = &facts->guests.items[0].running;
	assert_true(dg_guests_want_look(facts, true));
	assert_false(dg_guests_want_look(facts, false));
	/* Still plain. */
	dg_guests_look_again(tree.root, 0, facts);
	assert_int_equal(running->waits.count, 2);
	assert_number(&running->waits.items[0].flags, 0x9);
	/* It opts out after all. */
	put_thread("2504", "2527", "IO t0\n", WAITING("0x89"));
	dg_guests_look_again(tree.root, 0, facts);
	assert_number(&running->waits.items[0].flags, 0x89);
	assert_false(dg_guests_want_look(facts, true));
	/* It is busy: that takes nothing back, and is no further look at a plain wait. */
	dg_set_int(&running->waits.items[0].flags, 0x9);
	dg_set_int(&running->waits.items[1].flags, 0x89);
	dg_set_int(&running->waits.items[0].looks, 1);
	put_thread("2504", "2527", "IO t0\n", "running\n");
	dg_guests_look_again(tree.root, 0, facts);
	assert_int_equal(running->waits.count, 2);
	assert_number(&running->waits.items[0].flags, 0x9);
	assert_number(&running->waits.items[0].looks, 1);
	/* Both are gone. */
	dg_set_int(&running->waits.items[1].flags, 0x9);
	drop(&tree, "proc/2504/task/2527/syscall");
	drop(&tree, "proc/2504/task/2528/syscall");
	dg_guests_look_again(tree.root, 0, facts);
	assert_true(dg_absent(&running->waits));
	assert_int_equal(running->waits.count, 0);
}

/* All I/O threads of a QEMU that waits in rings were busy: one may wait a moment later.
 */
static void test_looks_for_busy_threads(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	struct dg_running *running;

	(void)state;
	put_guest();
	put_thread("2504", "2527", "IO t0\n", "running\n");
	put_thread("2504", "2528", "IO t1\n", POLLING);
	facts = read_guests();
	running = &facts->guests.items[0].running;
	assert_true(dg_absent(&running->waits));
	assert_true(dg_guests_want_look(facts, false));
	put_thread("2504", "2527", "IO t0\n", WAITING("0x9"));
	dg_guests_look_again(tree.root, 0, facts);
	assert_int_equal(running->waits.count, 1);
	assert_false(dg_guests_want_look(facts, false));
	assert_true(dg_guests_want_look(facts, true));
	/* One of a version that never waits there is not looked for. */
	put_elf("usr/bin/qemu-system-x86_64", "10.1.2-7");
	put_thread("2504", "2527", "IO t0\n", "running\n");
	{
		FACTS_CLEANUP struct dg_facts *old = read_guests();

		assert_false(dg_guests_want_look(old, true));
	}
}

/* The kernel's helpers show the call in which they were made, and wait in none. */
static void test_kernel_workers(void **state)
{
	static const struct {
		const char *comm, *stat;
		bool waits;
	} cases[] = {
		{"IO t0\n", NULL, true},
		{"iou-wrk-2504\n", NULL, false},
		{"IO t0\n", "2527 (IO t0) S 1 1 1 0 -1 4194368 0 0\n", true},
		{"IO t0\n", "2527 (a) b) S 1 1 1 0 -1 4194384 0 0\n", false},
		{"iou-fake\n", "2527 (iou-fake) S 1 1 1 0 -1 4194368 0 0\n", true},
		{"IO t0\n", "2527 (IO t0", true},
		{"IO t0\n", "", true},
	};

	(void)state;
	put_guest();
	put_thread("2504", "2528", "IO t1\n", POLLING);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put_thread("2504", "2527", cases[i].comm, WAITING("0x9"));
		if (cases[i].stat)
			put(&tree, "proc/2504/task/2527/stat", cases[i].stat);
		facts = read_guests();
		if (dg_known(&guest_of(facts, "101")->running.waits) != cases[i].waits)
			fail_msg("case %zu", i);
	}
}

/* A real thread in a real ring, below the live root. */
static void wait_in_ring(void *arg, int ready)
{
	DG_URING_CLEANUP struct dg_uring ring = DG_URING_NONE;
	int ends[2];

	(void)arg;
	if (pipe(ends) < 0 || dg_uring_open(&ring) < 0 ||
	    dg_uring_poll(&ring, ends[0], 0) < 0)
		return;
	(void)!write(ready, "", 1);
	dg_uring_wait(&ring, 0);
}

static void test_live_thread(void **state)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	FACTS_CLEANUP struct dg_facts *facts = dg_facts_new();
	struct dg_guest *guest = DG_ADD(&facts->guests, 1);
	struct dg_running *running = &guest->running;
	DG_BELOW_CLEANUP struct dg_below proc = DG_BELOW_NONE;
	pid_t pid;

	(void)state;
	if (dg_uring_ask(&(uint32_t){0}, NULL) < 0)
		skip();
	assert_int_equal(dg_root_new("/", &root), 0);
	pid = child_start(wait_in_ring, NULL);
	dg_set_known(&running->meta);
	dg_set_int(&running->pid, pid);
	assert_int_equal(dg_guest_open(root, pid, &proc), 0);
	/* It says that it is ready just before it waits. */
	for (int i = 0; i < 200; i++) {
		assert_int_equal(dg_guest_read_waits(&proc, running), 0);
		if (!dg_absent(&running->waits))
			break;
		usleep(5000);
	}
	if (!dg_known(&running->waits)) {
		child_stop(pid);
		/* Where a process may not look at its own children. */
		assert_non_null(strstr(said(&running->waits), "no permission"));
		skip();
	}
	assert_int_equal(running->waits.count, 1);
	assert_number(&running->waits.items[0].tid, pid);
	assert_int_equal(running->waits.items[0].flags.value & 0x81, 1);
	dg_guests_look_again(root, 1000, facts);
	assert_int_equal(running->waits.count, 1);
	child_stop(pid);
	dg_guests_look_again(root, 1000, facts);
	assert_true(dg_absent(&running->waits));
	assert_int_equal(dg_guest_read_waits(&proc, running), -ESRCH);
}

/* --- program files --- */

static void test_replaced_binary(void **state)
{
	(void)state;
	put_guest();
	drop(&tree, "proc/2504/exe");
	put_link(&tree, "proc/2504/exe", "/usr/bin/qemu-system-x86_64 (deleted)");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();
		const struct dg_binary *qemu = &guest_of(facts, "101")->running.binary;

		/* The tree does not hold it. */
		assert_string_equal(said(&qemu->path), "/usr/bin/qemu-system-x86_64");
		assert_true(dg_true(&qemu->deleted));
		assert_int_equal(qemu->version.meta.state, DG_UNREADABLE);
		assert_int_equal(qemu->io_uring.meta.state, DG_UNREADABLE);
	}
	put_elf("usr/bin/qemu-system-x86_64 (deleted)", "10.2.1-1");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();
		const struct dg_binary *qemu = &guest_of(facts, "101")->running.binary;

		assert_string_equal(said(&qemu->version), "10.2.1-1");
		assert_string_equal(said(&qemu->path), "/usr/bin/qemu-system-x86_64");
		assert_true(dg_true(&qemu->deleted));
	}
	put(&tree, "usr/bin/qemu-system-x86_64 (deleted)", "no ELF");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();
		const struct dg_binary *qemu = &guest_of(facts, "101")->running.binary;

		assert_int_equal(qemu->version.meta.state, DG_MALFORMED);
	}
}

static void test_installed_binary(void **state)
{
	static const struct {
		const char *kvm; /* "": a script; else a link's target; NULL: nothing */
		const char *file, *path;
	} cases[] = {
		{"qemu-system-x86_64", "usr/bin/qemu-system-x86_64",
		 "/usr/bin/qemu-system-x86_64"},
		{"/usr/libexec/qemu", "usr/libexec/qemu", "/usr/libexec/qemu"},
		{NULL, "usr/bin/qemu-system-aarch64", "/usr/bin/qemu-system-aarch64"},
		{"", "usr/bin/qemu-system-x86_64", "/usr/bin/qemu-system-x86_64"},
		{"nowhere", "usr/bin/qemu-system-x86_64", "/usr/bin/qemu-system-x86_64"},
		{NULL, "usr/bin/kvm", "/usr/bin/kvm"},
	};
	FACTS_CLEANUP struct dg_facts *none = collect(&tree, &dg_collect_qemu);

	(void)state;
	assert_true(dg_absent(&none->qemu));
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		char version[32];

		snprintf(version, sizeof(version), "10.%zu.0-1", i);
		put_elf(cases[i].file, version);
		if (dg_streq(cases[i].kvm, ""))
			put(&tree, "usr/bin/kvm", "#!/bin/sh\n");
		else if (cases[i].kvm)
			put_link(&tree, "usr/bin/kvm", cases[i].kvm);
		facts = collect(&tree, &dg_collect_qemu);
		assert_string_equal(said(&facts->qemu.version), version);
		assert_string_equal(said(&facts->qemu.path), cases[i].path);
		assert_true(dg_known(&facts->qemu.deleted));
		drop(&tree, cases[i].file);
		if (cases[i].kvm)
			drop(&tree, "usr/bin/kvm");
	}
}

/* A version that lies across the blocks in which it is looked for. */
static void test_version_anywhere(void **state)
{
	static struct elf_image image;
	static char constants[200 * 1024];
	static const char text[] = "QEMU emulator version 1 (pve-qemu-kvm_9.9.9-9)\n";

	(void)state;
	for (size_t at = 64 * 1024 - 80; at < 64 * 1024 + 80; at += 7) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		memset(constants, 'Q', sizeof(constants));
		memcpy(constants + at, text, sizeof(text));
		elf_make(&image, constants, sizeof(constants));
		put_data(&tree, "usr/bin/kvm", image.data, image.size);
		facts = collect(&tree, &dg_collect_qemu);
		assert_string_equal(said(&facts->qemu.version), "9.9.9-9");
		drop(&tree, "usr/bin/kvm");
	}
}

/* --- configurations --- */

static void test_node_dir(void **state)
{
	(void)state;
	put_guest();
	drop(&tree, "etc/pve/qemu-server");
	/* Without the link, the host's name tells. */
	put(&tree, "proc/sys/kernel/hostname", "pve1.example.org\n");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_true(dg_true(&guest_of(facts, "101")->passthrough));
	}
	put(&tree, "proc/sys/kernel/hostname", "../../../../etc\n");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_true(dg_absent(&guest_of(facts, "101")->passthrough));
	}
}

static void test_config_files(void **state)
{
	static const char nul[] = "cores: 1\0hostpci0: x\n";
	FACTS_CLEANUP struct dg_facts *none = read_guests();
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	assert_true(dg_absent(&none->guests));
	put_guest();
	put(&tree, NODE "x.conf", "hostpci0: x\n");
	put(&tree, NODE "1.conf.tmp", "hostpci0: x\n");
	put(&tree, NODE ".conf", "hostpci0: x\n");
	put_fifo(&tree, NODE "100.conf");
	put_sparse(&tree, NODE "102.conf", (off_t)1 << 30);
	put_data(&tree, NODE "1030.conf", nul, sizeof(nul) - 1);
	put_link(&tree, NODE "104.conf", "migrated");
	put_conf("105", "ide2: none,media=cdrom\n");
	facts = read_guests();
	assert_int_equal(facts->guests.count, 5);
	assert_string_equal(said(&guest_of(facts, "100")->passthrough),
			    "unreadable: /etc/pve/qemu-server/100.conf: is not a regular "
			    "file");
	assert_int_equal(guest_of(facts, "102")->configured.meta.state, DG_UNREADABLE);
	assert_int_equal(guest_of(facts, "1030")->passthrough.meta.state, DG_MALFORMED);
	assert_true(dg_known(&guest_of(facts, "101")->running));
	assert_true(dg_absent(&guest_of(facts, "105")->configured));
	assert_true(dg_absent(&guest_of(facts, "105")->name));
	/* A guest whose configuration cannot be read runs all the same. */
	put_data(&tree, NODE "101.conf", nul, sizeof(nul) - 1);
	{
		FACTS_CLEANUP struct dg_facts *torn = read_guests();
		const struct dg_guest *guest = guest_of(torn, "101");

		assert_int_equal(guest->passthrough.meta.state, DG_MALFORMED);
		assert_true(dg_known(&guest->running));
		assert_string_equal(said(&guest->name), "web");
	}
}

static void test_odd_directories(void **state)
{
	(void)state;
	put(&tree, "etc/pve/qemu-server", "a file\n");
	put(&tree, "run/qemu-server", "a file\n");
	{
		FACTS_CLEANUP struct dg_facts *facts = read_guests();

		assert_true(dg_absent(&facts->guests));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_guest),
		TEST(test_migration),
		TEST(test_validation),
		TEST(test_pid_files),
		TEST(test_without_config),
		TEST(test_threads),
		TEST(test_no_threads),
		TEST(test_permission),
		TEST(test_hostile_cmdline),
		TEST(test_looks_again),
		TEST(test_looks_for_busy_threads),
		TEST(test_kernel_workers),
		TEST(test_live_thread),
		TEST(test_replaced_binary),
		TEST(test_installed_binary),
		TEST(test_version_anywhere),
		TEST(test_node_dir),
		TEST(test_config_files),
		TEST(test_odd_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
