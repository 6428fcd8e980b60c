/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collectors of the machine and of the kernel that runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define MACHINE "4c1b0d6e7f2a49b8a3d5e6f708192a3b"
/* printf driftguard:$MACHINE | sha256sum | cut -c-32 */
#define MACHINE_HASH "559548eeb0e191a1968748c8f7d3e6bf"

static void test_host(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, "etc/machine-id", MACHINE "\n");
	put(&tree, "etc/hostname", "old\n");
	put(&tree, "proc/sys/kernel/hostname", "pve1\n");
	put(&tree, "proc/sys/kernel/random/boot_id",
	    "0f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50\n");
	put(&tree, "proc/stat", "cpu 1 2 3\nintr 5 0\nbtime 1780472680\nprocesses 9\n");
	put(&tree, "proc/uptime", "351932.37 691012.11\n");
	facts = collect(&tree, &dg_collect_host);
	assert_string_equal(said(&facts->host.id), MACHINE_HASH);
	assert_string_equal(said(&facts->host.name), "pve1");
	assert_string_equal(said(&facts->host.boot_id),
			    "0f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50");
	assert_number(&facts->host.boot_time, 1780472680);
	assert_number(&facts->host.uptime, 351932);
	assert_true(dg_absent(&facts->host.container));
	assert_true(dg_known(&facts->host.proxmox) && !facts->host.proxmox.value);
}

static void test_host_empty(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_host);

	(void)state;
	assert_string_equal(said(&facts->host.id),
			    "absent: /etc/machine-id: is not there");
	assert_string_equal(said(&facts->host.name),
			    "absent: /etc/hostname: is not there");
	assert_string_equal(said(&facts->host.uptime),
			    "absent: /proc/uptime: is not there");
	assert_true(dg_absent(&facts->host.boot_id));
	assert_true(dg_absent(&facts->host.boot_time));
	assert_true(dg_absent(&facts->host.container));
}

static void test_host_hostile(void **state)
{
	static const char *const ids[] = {
		"4c1b",		"uninitialised",
		MACHINE "0",	"zc1b0d6e7f2a49b8a3d5e6f708192a3b",
		"\xff\xfe\x01",
	};

	(void)state;
	put_fifo(&tree, "proc/stat");
	put(&tree, "proc/uptime", "-5.1 2\n");
	put(&tree, "etc/hostname", "\x1b]0;x\xc3\n");
	for (size_t i = 0; i < DG_COUNT(ids); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, "etc/machine-id", ids[i]);
		facts = collect(&tree, &dg_collect_host);
		assert_int_equal(facts->host.id.meta.state, DG_MALFORMED);
		assert_string_equal(said(&facts->host.boot_time),
				    "unreadable: /proc/stat: is not a regular file");
		assert_int_equal(facts->host.uptime.meta.state, DG_MALFORMED);
		assert_string_equal(said(&facts->host.name), "?]0;x\xef\xbf\xbd");
	}
	drop(&tree, "proc/stat");
	put_sparse(&tree, "proc/stat", (off_t)1 << 30);
	put(&tree, "etc/machine-id", "uninitialized\n");
	{
		FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_host);

		assert_true(dg_absent(&facts->host.id));
		assert_int_equal(facts->host.boot_time.meta.state, DG_UNREADABLE);
	}
	put(&tree, "proc/stat", "cpu 1\nbtime x\n");
	{
		FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_host);

		assert_int_equal(facts->host.boot_time.meta.state, DG_MALFORMED);
	}
}

static void test_proxmox(void **state)
{
	static const struct {
		const char *path;
		bool is_file, proxmox;
	} cases[] = {
		{.path = "etc/pve", .proxmox = true},
		{.path = "etc/pve", .is_file = true, .proxmox = false},
		{.path = "usr/bin/pveversion", .is_file = true, .proxmox = true},
		{.path = "etc/proxmox-backup", .proxmox = true},
		{.path = "etc/debian", .proxmox = false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		if (cases[i].is_file)
			put(&tree, cases[i].path, "");
		else
			put_dir(&tree, cases[i].path);
		facts = collect(&tree, &dg_collect_host);
		assert_true(dg_known(&facts->host.proxmox));
		assert_int_equal(facts->host.proxmox.value, cases[i].proxmox);
		drop(&tree, cases[i].path);
	}
}

static void expect_container(const char *words)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_host);

	assert_string_equal(said(&facts->host.container), words);
}

#define NO_CONTAINER "absent: /run/systemd/container: is not there"

static void test_container_words(void **state)
{
	static const char env[] =
		"TERM=linux\0xcontainer=no\0container=\0container=lxc\0A=1";

	(void)state;
	expect_container(NO_CONTAINER);
	put(&tree, "run/host/container-manager", "systemd-nspawn\n");
	expect_container("systemd-nspawn");
	put_data(&tree, "proc/1/environ", env, sizeof(env));
	expect_container("lxc");
	put(&tree, "run/systemd/container", "lxc-libvirt\n");
	expect_container("lxc-libvirt");
	put(&tree, "run/systemd/container", "");
	expect_container("lxc");
	drop(&tree, "proc/1/environ");
	put_fifo(&tree, "proc/1/environ");
	expect_container("systemd-nspawn");
	drop(&tree, "run/host/container-manager");
	drop(&tree, "run/systemd/container");
	expect_container(NO_CONTAINER);
	put_fifo(&tree, "run/systemd/container");
	expect_container("unreadable: /run/systemd/container: is not a regular file");
}

/* A machine made from a container's image keeps the mark: the namespaces tell. */
static void test_container_marks(void **state)
{
	(void)state;
	put(&tree, ".dockerenv", "");
	expect_container("docker");
	put_link(&tree, "proc/self/ns/pid", "pid:[4026531836]");
	expect_container("docker");
	put_link(&tree, "proc/self/ns/uts", "uts:[4026531838]");
	expect_container(NO_CONTAINER);
	drop(&tree, "proc/self/ns/pid");
	put_link(&tree, "proc/self/ns/pid", "pid:[4026532455]");
	expect_container("docker");
	drop(&tree, ".dockerenv");
	expect_container(NO_CONTAINER);
	put(&tree, "run/.containerenv", "engine=\"podman-4.3.1\"\n");
	expect_container("podman");
}

static void test_kernel(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, "proc/sys/kernel/osrelease", "6.5.13-5-pve\n");
	put(&tree, "proc/sys/kernel/version",
	    "#1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 (2024-04-05T11:03Z)\n");
	put(&tree, "proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1 quiet\n");
	put(&tree, "proc/modules", "");
	facts = collect(&tree, &dg_collect_kernel);
	assert_string_equal(said(&facts->kernel.release), "6.5.13-5-pve");
	assert_string_equal(said(&facts->kernel.version),
			    "#1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 (2024-04-05T11:03Z)");
	assert_string_equal(said(&facts->kernel.vendor), "PMX");
	assert_number(&facts->kernel.build_time, 1712314980);
	assert_string_equal(said(&facts->kernel.cmdline),
			    "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1 quiet");
	assert_true(dg_true(&facts->kernel.modular));
}

static void test_kernel_gaps(void **state)
{
	FACTS_CLEANUP struct dg_facts *none = collect(&tree, &dg_collect_kernel);
	FACTS_CLEANUP struct dg_facts *undated = NULL;
	FACTS_CLEANUP struct dg_facts *hostile = NULL;

	(void)state;
	assert_true(dg_absent(&none->kernel.release) && dg_absent(&none->kernel.version));
	assert_int_equal(none->kernel.vendor.meta.state, DG_UNREADABLE);
	assert_true(dg_absent(&none->kernel.build_time));
	assert_true(dg_true(&none->kernel.modular));
	put(&tree, "proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC @0\n");
	undated = collect(&tree, &dg_collect_kernel);
	assert_true(dg_absent(&undated->kernel.vendor));
	assert_string_equal(said(&undated->kernel.build_time),
			    "unreadable: uname -v holds no date: "
			    "#1 SMP PREEMPT_DYNAMIC @0");
	put(&tree, "proc/sys/kernel/version", "#1 SMP Debian 6.1.1-1 (2024-13-45)\n");
	put_fifo(&tree, "proc/sys/kernel/osrelease");
	put_sparse(&tree, "proc/cmdline", (off_t)1 << 30);
	hostile = collect(&tree, &dg_collect_kernel);
	assert_int_equal(hostile->kernel.build_time.meta.state, DG_MALFORMED);
	assert_int_equal(hostile->kernel.release.meta.state, DG_UNREADABLE);
	assert_int_equal(hostile->kernel.cmdline.meta.state, DG_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_host),
		TEST(test_host_empty),
		TEST(test_host_hostile),
		TEST(test_proxmox),
		TEST(test_container_words),
		TEST(test_container_marks),
		TEST(test_kernel),
		TEST(test_kernel_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
