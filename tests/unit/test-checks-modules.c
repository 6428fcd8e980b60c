/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules family and the preflights about modules: who fits whom, and what stands in
 * the way of the target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/module-pairs.h"
#include "policy/modules.h"
#include "policy/preflight.h"
#include "tests/unit/facts-builder.h"

#define FACTS	DG_CLEANUP(dg_facts_freep) struct dg_facts
#define VERDICT DG_CLEANUP(dg_verdict_freep) struct dg_verdict

static struct dg_module *load(struct dg_facts *f, const char *name, const char *taint,
			      const char *version)
{
	struct dg_module *m = DG_ADD(&f->modules, 64);

	assert_non_null(m);
	dg_set_str(&m->name, name);
	dg_set_str(&m->taint, taint);
	make_absent(&m->userland);
	if (version)
		dg_set_str(&m->version, version);
	else
		make_absent(&m->version);
	return m;
}

static struct dg_built *build(struct dg_facts *f, const char *abi, const char *name,
			      const char *path)
{
	struct dg_built *b = DG_ADD(&kernel_of(f, abi)->built, 64);

	assert_non_null(b);
	dg_set_str(&b->name, name);
	dg_set_str(&b->path, path);
	dg_set_bool(&b->in_tree, dg_after(path, "kernel/"));
	make_absent(&b->vermagic);
	make_absent(&b->is_signed);
	return b;
}

static void add_dkms(struct dg_facts *f, const char *name, const char *version,
		     const char *abi, const char *module)
{
	struct dg_dkms *d = DG_ADD(&f->dkms, 64);
	struct dg_word *word = DG_ADD(&d->modules, 64);

	dg_set_str(&d->name, name);
	dg_set_str(&d->version, version);
	dg_set_str(&d->kernel, abi);
	dg_set_str(&d->status, "installed");
	dg_set_str(&word->name, module);
}

static void expect(const struct dg_verdict *v, const char *id, enum dg_status status,
		   const char *summary)
{
	const struct dg_finding *f = found(v, id);

	if (f->status != status || (summary && !strstr(f->summary, summary)))
		fail_msg("%s is %s: %s", id, dg_status_name(f->status), f->summary);
	if (status == DG_DRIFT)
		assert_int_equal(f->severity, DG_WARNING);
}

static const struct dg_preflight *preflight(const struct dg_verdict *v, const char *id)
{
	assert_non_null(v->plan);
	for (size_t i = 0; i < v->plan->preflight_count; i++)
		if (dg_streq(v->plan->preflights[i].id, id))
			return &v->plan->preflights[i];
	fail_msg("no preflight %s", id);
	return NULL;
}

static void expect_preflight(const struct dg_verdict *v, const char *id,
			     enum dg_answer answer, const char *detail,
			     const char *unblock)
{
	const struct dg_preflight *p = preflight(v, id);

	if (p->ok != answer || !strstr(p->detail, detail))
		fail_msg("%s: %d, %s", id, p->ok, p->detail);
	if (unblock && !dg_streq(p->unblock, unblock))
		fail_msg("%s: -> %s", id, p->unblock ? p->unblock : "nothing");
	if (!unblock)
		assert_null(p->unblock);
	if (answer != DG_YES)
		assert_false(v->plan->ready);
}

/* --- names --- */

static void test_names(void **state)
{
	static const struct {
		const char *module, *file;
		bool same;
	} cases[] = {
		{"nvidia", "nvidia", true},
		{"nvidia_vgpu_vfio", "nvidia-vgpu-vfio", true},
		{"nvidia", "nvidia-current", true},
		{"nvidia_drm", "nvidia-current-drm", true},
		{"nvidia_uvm", "nvidia-tesla-535-uvm", true},
		{"nvidia", "nvidia-drm", false},
		{"nvidia_drm", "nvidia-current", false},
		{"nvidiafb", "nvidia-currentfb", false},
		{"zfs", "zfs_current", false},
		{"zfs", "zf", false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++)
		if (dg_module_is_file(cases[i].module, cases[i].file) != cases[i].same)
			fail_msg("%s, %s", cases[i].module, cases[i].file);
	assert_true(dg_module_same("a-b_c", "a_b-c"));
	assert_false(dg_module_same("a", NULL));
}

/* --- module-userland-mismatch --- */

static void test_rules(void **state)
{
	static const struct {
		const char *module, *loaded, *userland;
		bool fits;
	} cases[] = {
		{"zfs", "2.4.2-pve1", "2.4.2-pve1", true},
		{"zfs", "2.4.2-1", "2.4.2-pve3", true},
		{"zfs", "2.1.11-1+deb12u1", "2.1.11-1+deb12u2", true},
		{"zfs", "2.3.0-rc4", "2.3.0~rc4-pve1", true},
		{"zfs", "2.2.3-pve2", "2.4.2-pve1", false},
		{"zfs", "2.4.3-pve1", "2.4.2-pve1", false},
		{"zfs", "2.4.10-1", "2.4.1-1", false},
		{"zfs", "2.4-1", "2.4.0-1", true},
		{"zfs", "", "2.4.0-1", false},
		{"nvidia", "535.161.05", "535.161.05", true},
		{"nvidia", "535.183.01", "1:535.183.01-1~deb12u1", true},
		{"nvidia", "535.183.01", "535.183.06-1", false},
		{"nvidia", "535.183.01", "535.183.1-1", false},
		{"nvidia", "535.183", "535.183.01-1", false},
		{"drbd", "8.4.11", "9.22.0-1", true},
		{"drbd", "9.2.10", "9.22.0-1", true},
		{"drbd", "9.2.10", "8.9.10-2", false},
		{"drbd", "8.4.11", "8.9.10-2", true},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const struct dg_module_pair *pair = dg_module_pair_find(cases[i].module);

		assert_non_null(pair);
		if (pair->fits(cases[i].loaded, cases[i].userland) != cases[i].fits)
			fail_msg("%s: %s, %s", cases[i].module, cases[i].loaded,
				 cases[i].userland);
	}
	assert_null(dg_module_pair_find("kvm"));
	assert_null(dg_module_pair_find(NULL));
	for (size_t i = 0; i < dg_module_pair_count; i++)
		assert_true(dg_module_pairs[i].packages[0] && dg_module_pairs[i].fits &&
			    dg_module_pairs[i].rule && dg_module_pairs[i].remedy);
}

static void test_zfs(void **state)
{
	FACTS *f = host_grub();
	struct dg_package *tools;

	(void)state;
	load(f, "zfs", "PO", "2.2.3-pve2");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_OK, "no module is loaded whose");
	}
	tools = add_package(f, "zfsutils-linux", "2.4.2-pve1");
	{
		VERDICT *v = judge(f, NULL);
		const struct dg_finding *finding = found(v, "module-userland-mismatch");

		expect(v, "module-userland-mismatch", DG_DRIFT,
		       "zfs is 2.2.3-pve2, and zfsutils-linux is 2.4.2-pve1");
		assert_int_equal(finding->subject_count, 1);
		assert_string_equal(finding->subjects[0].name, "zfs");
		assert_true(strstr(finding->remedy, "reboot"));
	}
	dg_set_str(&tools->version, "2.2.3-pve1");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_OK, "1 loaded module and");
	}
	dg_set_str(&tools->status, "config-files");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_OK, "no module is loaded whose");
	}
}

/* A package speaks before the library's file name does. */
static void test_nvidia(void **state)
{
	FACTS *f = host_grub();
	struct dg_module *nvidia = load(f, "nvidia", "POE", "535.161.05");

	(void)state;
	dg_set_str(&nvidia->userland, "535.161.05");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_OK, NULL);
	}
	dg_set_str(&nvidia->userland, "550.1");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_DRIFT, "libnvidia-ml is 550.1");
	}
	add_package(f, "nvidia-container-toolkit", "1.16.0");
	add_package(f, "nvidia-smi", "535.161.05-1");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_OK, NULL);
	}
	make_gap(&nvidia->version);
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_UNKNOWN, "modules.version");
	}
	make_gap(&f->modules);
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_UNKNOWN, "modules");
	}
}

static void test_two(void **state)
{
	FACTS *f = host_grub();

	(void)state;
	load(f, "drbd", "", "9.2.10");
	load(f, "zfs", "PO", "2.2.3-pve2");
	add_package(f, "drbd-utils", "8.9.10-2");
	add_package(f, "zfsutils-linux", "2.4.2-pve1");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-userland-mismatch", DG_DRIFT, "drbd");
		assert_int_equal(found(v, "module-userland-mismatch")->subject_count, 2);
	}
}

/* --- module-blocks-target --- */

/* The incident: an old kernel with a module that the target lacks. */
static struct dg_facts *make_incident(void)
{
	struct dg_facts *f = host_grub();

	pin_old(f);
	load(f, "nvidia", "POE", "535.161.05");
	load(f, "nvidia_vgpu_vfio", "OE", "535.161.05");
	build(f, OLD, "nvidia", "updates/dkms/nvidia.ko");
	build(f, OLD, "nvidia_vgpu_vfio", "updates/dkms/nvidia-vgpu-vfio.ko");
	add_dkms(f, "nvidia", "535.161.05", OLD, "nvidia");
	DG_ADD(&f->dkms.items[0].modules, 64);
	dg_set_str(&f->dkms.items[0].modules.items[1].name, "nvidia-vgpu-vfio");
	return f;
}

#define HEADERS "apt install proxmox-headers-" NEWEST "; "
#define DKMS	"dkms install nvidia/535.161.05 -k " NEWEST

/* A kernel refuses a module that was built for another, wherever it lies. */
static void test_vermagic(void **state)
{
	static const struct {
		const char *magic;
		enum dg_status status;
	} cases[] = {
		{NEWEST " SMP preempt mod_unload modversions ", DG_OK},
		{NEWEST, DG_OK},
		{NEWEST "x SMP preempt", DG_DRIFT},
		{"6.5.13-5-pve SMP preempt", DG_DRIFT},
		{"", DG_DRIFT},
		{NULL, DG_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS *f = make_incident();
		struct dg_built *b;

		build(f, NEWEST, "nvidia_vgpu_vfio", "updates/dkms/nvidia-vgpu-vfio.ko");
		b = build(f, NEWEST, "nvidia", "updates/dkms/nvidia.ko");
		if (cases[i].magic)
			dg_set_str(&b->vermagic, cases[i].magic);
		else
			make_gap(&b->vermagic);
		{
			VERDICT *v = judge(f, NULL);

			expect(v, "module-blocks-target", cases[i].status, NULL);
		}
	}
}

static void test_zfs_features(void **state)
{
	FACTS *f = host_grub();
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	struct dg_view view;

	(void)state;
	assert_int_equal(dg_view_derive(f, policy, &view), 0);
	for (int i = 0; i < 3; i++) {
		const char *abi = i == 0 ? NEWEST : BEFORE;
		static const enum dg_answer answers[] = {DG_YES, DG_YES, DG_CANNOT_TELL};
		struct dg_preflight p = {0};

		if (i == 2)
			load(f, "zfs", "PO", "2.4.2-pve1");
		dg_ask_zfs(&view, kernel_of(f, abi), &p);
		assert_int_equal(p.ok, answers[i]);
		free(p.detail);
		free(p.unblock);
	}
	dg_view_clear(&view);
}

static void test_missing(void **state)
{
	FACTS *f = make_incident();

	(void)state;
	{
		VERDICT *v = judge(f, NULL);
		const struct dg_finding *finding = found(v, "module-blocks-target");

		expect(v, "module-blocks-target", DG_DRIFT,
		       "nvidia and nvidia_vgpu_vfio are in use and missing for " NEWEST);
		assert_string_equal(finding->remedy, HEADERS DKMS);
		assert_int_equal(finding->subject_count, 2);
		assert_string_equal(evidence(finding, "target"), NEWEST);
		expect_preflight(v, "out-of-tree-modules", DG_NO,
				 "missing for " NEWEST ": nvidia, nvidia_vgpu_vfio",
				 HEADERS DKMS);
	}
	add_package(f, "proxmox-headers-" NEWEST, "7.0.6-2");
	build(f, NEWEST, "nvidia", "updates/dkms/nvidia.ko");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_DRIFT,
		       "nvidia_vgpu_vfio is in use and missing");
		assert_string_equal(found(v, "module-blocks-target")->remedy, DKMS);
	}
	/* The kernel's own namesake is other code. */
	build(f, NEWEST, "nvidia_vgpu_vfio", "kernel/drivers/nvidia-vgpu-vfio.ko");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_DRIFT, "nvidia_vgpu_vfio");
		assert_true(
			dg_find_has(found(v, "module-blocks-target"), "only_namesake"));
		expect_preflight(v, "out-of-tree-modules", DG_NO, "nvidia_vgpu_vfio",
				 DKMS);
	}
	build(f, NEWEST, "nvidia_vgpu_vfio", "updates/dkms/nvidia-vgpu-vfio.ko");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_OK, NEWEST " has every module");
		expect_preflight(v, "out-of-tree-modules", DG_YES,
				 "built for " NEWEST ": nvidia, nvidia_vgpu_vfio", NULL);
		assert_true(v->plan->ready);
		assert_string_equal(v->plan->strategy, "repin");
	}
}

static void test_unknown(void **state)
{
	FACTS *f = make_incident();

	(void)state;
	make_gap(&kernel_of(f, NEWEST)->built);
	/* Of the newer ones nothing can be told, so that the newest stays the target. */
	make_gap(&kernel_of(f, NEWER)->built);
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_UNKNOWN, "Permission denied");
		expect_preflight(v, "out-of-tree-modules", DG_CANNOT_TELL,
				 "Permission denied", NULL);
	}
	make_gap(&f->modules.items[0].taint);
	dg_set_str(&f->modules.items[1].taint, "");
	dg_set_known(&kernel_of(f, NEWEST)->built.meta);
	build(f, NEWEST, "nvidia", "updates/dkms/nvidia.ko");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_UNKNOWN, "modules.taint");
	}
}

/* Without DKMS there is no command to name. */
static void test_by_hand(void **state)
{
	FACTS *f = make_incident();

	(void)state;
	f->dkms.count = 0;
	{
		VERDICT *v = judge(f, NULL);

		assert_string_equal(found(v, "module-blocks-target")->remedy,
				    "install nvidia for " NEWEST
				    "; install nvidia_vgpu_vfio for " NEWEST);
	}
	f->dkms.count = 1;
}

static void test_shipped(void **state)
{
	FACTS *f = host_grub();

	(void)state;
	pin_old(f);
	load(f, "icp", "PO", NULL);
	load(f, "spl", "O", "2.2.3-pve2");
	load(f, "drbd", "", "8.4.11");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_OK, "no module from outside");
		expect_preflight(v, "out-of-tree-modules", DG_YES,
				 "no module from outside", NULL);
		assert_string_equal(v->plan->strategy, "unpin");
	}
	/* ZFS itself has to be there, wherever it lies. */
	load(f, "zfs", "PO", "2.2.3-pve2");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_DRIFT, "zfs is in use and missing");
		assert_string_equal(found(v, "module-blocks-target")->remedy,
				    "apt install --reinstall proxmox-kernel-" NEWEST
				    "-signed");
	}
	build(f, NEWEST, "zfs", "kernel/zfs/zfs.ko");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_OK, NULL);
		assert_string_equal(v->plan->strategy, "unpin");
	}
}

/* Elsewhere than on Proxmox, ZFS is a module from outside like others. */
static void test_debian_zfs(void **state)
{
	FACTS *f = host_debian();
	const char *older = f->kernels.items[0].abi.value;
	const char *newer = f->kernels.items[1].abi.value;

	(void)state;
	run_kernel(f, older);
	load(f, "zfs", "POE", "2.3.2-1");
	add_dkms(f, "zfs", "2.3.2", older, "zfs");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_DRIFT, "zfs is in use and missing");
		assert_true(strstr(found(v, "module-blocks-target")->remedy,
				   "apt install linux-headers-"));
	}
	build(f, newer, "zfs", "updates/dkms/zfs.ko.xz");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_OK, NULL);
	}
}

/* --- the target --- */

static void expect_target(const struct dg_facts *f, const char *abi)
{
	VERDICT *v = judge(f, NULL);

	assert_string_equal(v->kernel.target, abi);
}

static void test_target(void **state)
{
	FACTS *f = make_incident();

	(void)state;
	expect_target(f, NEWEST);
	/* An older build that has the modules, and is newer than what runs. */
	build(f, NEWER, "nvidia", "updates/dkms/nvidia.ko");
	build(f, NEWER, "nvidia_vgpu_vfio", "updates/dkms/nvidia-vgpu-vfio.ko");
	expect_target(f, NEWER);
	/* When that is what runs, staying is no way out: the newest has to be built for.
	 */
	run_kernel(f, NEWER);
	expect_target(f, NEWEST);
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_DRIFT, NEWEST);
	}
	/* But one that lacks more than modules is not what to build for. */
	make_absent(&kernel_of(f, NEWEST)->initrd);
	expect_target(f, NEWER);
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_OK, NEWER ", runs");
	}
}

/* --- Secure Boot --- */

static void test_secure_boot(void **state)
{
	FACTS *f = make_incident();
	struct dg_installed *target = kernel_of(f, NEWEST);
	struct dg_built *built;

	(void)state;
	dg_set_bool(&f->boot.efi.secure_boot, true);
	build(f, NEWEST, "nvidia_vgpu_vfio", "updates/dkms/nvidia-vgpu-vfio.ko");
	built = build(f, NEWEST, "nvidia", "updates/dkms/nvidia.ko");
	dg_set_bool(&target->built.items[0].is_signed, true);
	dg_set_bool(&built->is_signed, true);
	/* No other candidate shall take its place. */
	make_absent(&kernel_of(f, NEWER)->image);
	make_absent(&target->is_signed);
	{
		VERDICT *v = judge(f, NULL);

		expect_preflight(v, "secure-boot", DG_CANNOT_TELL,
				 "the image's signature", NULL);
	}
	dg_set_bool(&target->is_signed, false);
	{
		VERDICT *v = judge(f, NULL);

		expect_preflight(v, "secure-boot", DG_NO, "is not signed",
				 "apt install proxmox-kernel-" NEWEST "-signed");
	}
	dg_set_bool(&target->is_signed, true);
	{
		VERDICT *v = judge(f, NULL);

		expect_preflight(v, "secure-boot", DG_YES, "modules in use are signed",
				 NULL);
		assert_true(v->plan->ready);
	}
	dg_set_gap(&built->is_signed.meta, DG_ABSENT, "compressed");
	{
		VERDICT *v = judge(f, NULL);

		expect_preflight(v, "secure-boot", DG_CANNOT_TELL,
				 "nvidia for " NEWEST ": compressed", NULL);
	}
	dg_set_bool(&built->is_signed, false);
	{
		VERDICT *v = judge(f, NULL);

		expect_preflight(
			v, "secure-boot", DG_NO, "nvidia for " NEWEST " is not signed",
			"sign it with a key that the firmware knows (mokutil --import)");
	}
	dg_set_bool(&f->boot.efi.secure_boot, false);
	{
		VERDICT *v = judge(f, NULL);

		expect_preflight(v, "secure-boot", DG_YES, "Secure Boot is off", NULL);
	}
}

/* --- where the checks do not apply --- */

static void test_scope(void **state)
{
	FACTS *f = make_incident();

	(void)state;
	dg_set_bool(&f->packages.locked, true);
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_UNKNOWN, "being changed");
		expect(v, "module-userland-mismatch", DG_UNKNOWN, "being changed");
	}
	dg_set_bool(&f->packages.locked, false);
	dg_set_str(&f->host.container, "lxc");
	{
		VERDICT *v = judge(f, NULL);

		expect(v, "module-blocks-target", DG_NOT_APPLICABLE, "container");
		expect(v, "module-userland-mismatch", DG_NOT_APPLICABLE, "container");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_rules),
		cmocka_unit_test(test_zfs),	 cmocka_unit_test(test_nvidia),
		cmocka_unit_test(test_two),	 cmocka_unit_test(test_missing),
		cmocka_unit_test(test_vermagic), cmocka_unit_test(test_zfs_features),
		cmocka_unit_test(test_unknown),	 cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_shipped),	 cmocka_unit_test(test_debian_zfs),
		cmocka_unit_test(test_target),	 cmocka_unit_test(test_secure_boot),
		cmocka_unit_test(test_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
