/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every grade of the checks of the kernel family. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/text.h"
#include "tests/unit/checks-cases.h"

/* --- how hosts are bent --- */

static void runs_newer(struct dg_facts *f)
{
	run_kernel(f, NEWER);
}

/* A documented pin answers for its own kernel only. */
static void other_documented(struct dg_facts *f)
{
	pin_old(f);
	run_kernel(f, BEFORE);
	document(f, OLD, 30);
}

static void managed_unread(struct dg_facts *f)
{
	run_kernel(f, BEFORE);
	make_gap(&f->boot.managed);
}

static void without_default_meta(struct dg_facts *f)
{
	drop_package(f, "proxmox-kernel-7.0");
	drop_package(f, "proxmox-kernel-6.17");
}

static void without_any_meta(struct dg_facts *f)
{
	without_default_meta(f);
	drop_package(f, "proxmox-default-kernel");
}

static void opted_in(struct dg_facts *f)
{
	add_kernel(f, "7.2.1-1-pve");
	add_package(f, "proxmox-kernel-7.2", "7.2.1-1");
	run_kernel(f, "7.2.1-1-pve");
	make_menu(f, &f->boot.grub);
}

static void only_opted_in(struct dg_facts *f)
{
	opted_in(f);
	drop_package(f, "proxmox-kernel-7.0");
	drop_package(f, "proxmox-kernel-6.17");
}

static void ahead(struct dg_facts *f)
{
	opted_in(f);
	drop_package(f, "proxmox-kernel-7.2");
}

static void newer_pinned_documented(struct dg_facts *f)
{
	newer_pinned(f);
	document(f, NEWER, 30);
}

static void newer_untold(struct dg_facts *f)
{
	run_kernel(f, NEWER);
	menu_broken(f);
}

/* As numbers: 17 is later than 6. */
static void by_numbers(struct dg_facts *f)
{
	add_kernel(f, "7.0.6-17-pve");
	make_menu(f, &f->boot.grub);
}

static void age_365(struct dg_facts *f)
{
	dg_set_int(&f->kernel.build_time, NOW - 20 * DAY - 365 * DAY);
}

static void age_366(struct dg_facts *f)
{
	dg_set_int(&f->kernel.build_time, NOW - 20 * DAY - 366 * DAY);
}

static void age_on_trial(struct dg_facts *f)
{
	age_366(f);
	dg_set_str(&f->boot.trial, f->kernel.release.value);
}

/* A one-shot was set in the boot before, and has brought this one about. */
static struct dg_deed *try_before(struct dg_facts *f)
{
	struct dg_deed *deed = add_action(f, false, "done");

	run_kernel(f, BEFORE);
	dg_set_str(&deed->verb, "pin");
	dg_set_str(&deed->strategy, "one-shot");
	dg_set_str(&deed->target, BEFORE);
	return deed;
}

static void tried_once(struct dg_facts *f)
{
	try_before(f);
}

static void tried_and_another_called_off(struct dg_facts *f)
{
	struct dg_deed *deed;

	try_before(f);
	deed = add_action(f, false, "done");
	dg_set_str(&deed->strategy, "unpin-next-boot");
	dg_set_str(&deed->boot_id, f->host.boot_id.value);
}

/* It is still to come; this boot came about in another way. */
static void tried_later(struct dg_facts *f)
{
	dg_set_str(&try_before(f)->boot_id, f->host.boot_id.value);
}

static void tried_another(struct dg_facts *f)
{
	dg_set_str(&try_before(f)->target, NEWER);
}

static void tried_in_vain(struct dg_facts *f)
{
	dg_set_str(&try_before(f)->outcome, "undone");
}

static void tried_before_a_pin(struct dg_facts *f)
{
	try_before(f);
	dg_set_str(&add_action(f, false, "done")->strategy, "pin");
}

static void tried_and_pinned(struct dg_facts *f)
{
	try_before(f);
	pin(f, BEFORE, 1);
}

static void age_untold(struct dg_facts *f)
{
	dg_list_foreach (package, f->packages.list)
		make_absent(&package->build_time);
}

static void rebuilt(struct dg_facts *f)
{
	dg_set_str(&kernel_of(f, NEWEST)->image_version,
		   NEWEST " (build@host) #2 SMP PREEMPT_DYNAMIC PMX 7.0.6-2 "
			  "(2026-05-25T10:00Z)");
}

/* uname -v is cut off after 64 characters. */
static void long_version(struct dg_facts *f)
{
	static const char text[] =
		"#1 SMP PREEMPT_DYNAMIC PMX 7.0.6-2 with a very long name "
		"(2026-05-20T10:00Z)";
	DG_FREE char *image = dg_format(NEWEST " (build@host) %s", text);

	dg_set_strn(&f->kernel.version, text, 64);
	dg_set_str(&kernel_of(f, NEWEST)->image_version, image);
}

static void removed(struct dg_facts *f)
{
	run_kernel(f, "7.0.1-1-pve");
}

static void removed_not_modular(struct dg_facts *f)
{
	removed(f);
	dg_set_bool(&f->kernel.modular, false);
}

static void foreign(struct dg_facts *f)
{
	add_kernel(f, "6.12.43+deb13-amd64");
	run_kernel(f, "6.12.43+deb13-amd64");
}

static void self_built(struct dg_facts *f)
{
	run_kernel(f, "7.1.0");
	dg_set_str(&f->kernel.vendor, "");
}

static void held(struct dg_facts *f)
{
	dg_set_str(&package_of(f, "pve-qemu-kvm")->want, "hold");
}

static void held_running(struct dg_facts *f)
{
	dg_set_str(&owner_of(f, NEWEST)->want, "hold");
}

static void held_other(struct dg_facts *f)
{
	dg_set_str(&add_package(f, "vim", "9")->want, "hold");
}

static void prefer(struct dg_facts *f, const char *package, const char *pin_text,
		   int64_t priority)
{
	struct dg_preference *p = DG_ADD(&f->packages.preferences, 10);

	dg_set_str(&p->package, package);
	dg_set_str(&p->pin, pin_text);
	dg_set_int(&p->priority, priority);
	dg_set_str(&p->path, "/etc/apt/preferences.d/kernel");
}

static void preferred_version(struct dg_facts *f)
{
	prefer(f, "proxmox-default-kernel", "version 1.1.0", 1000);
}

static void preferred_glob(struct dg_facts *f)
{
	prefer(f, "proxmox-kernel-*", "release o=Proxmox", -1);
}

static void preferred_archive(struct dg_facts *f)
{
	prefer(f, "*", "release a=trixie-backports", -1);
}

static void preferred_up(struct dg_facts *f)
{
	prefer(f, "pve-manager", "origin example.org", 900);
}

static void old_locked(struct dg_facts *f)
{
	pin_old(f);
	locked(f);
}

static void container(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->host.container, "lxc");
}

static void container_untold(struct dg_facts *f)
{
	make_gap(&f->host.container);
}

static void debian_old(struct dg_facts *f)
{
	add_kernel(f, "6.1.0-44-amd64");
	run_kernel(f, "6.1.0-44-amd64");
	make_menu(f, &f->boot.grub);
}

static void debian_old_stuck(struct dg_facts *f)
{
	debian_old(f);
	grub_default(f, "1>4");
}

static void debian_without_meta(struct dg_facts *f)
{
	drop_package(f, "linux-image-amd64");
}

static void newer_broken(struct dg_facts *f)
{
	runs_newer(f);
	make_absent(&kernel_of(f, NEWEST)->initrd);
}

/* --- the cases --- */

static const struct check_case cases[] = {
#define K(how, ...)                                                           \
	{                                                                     \
		.id = "kernel-series-behind", .host = host_grub, .bend = how, \
		__VA_ARGS__                                                   \
	}
	K(runs_before, DRIFT(WARNING), EVIDENCE("state", "pending")),
	K(tried_once, DRIFT(NOTICE), EVIDENCE("state", "trial")),
	K(tried_and_another_called_off, DRIFT(NOTICE), EVIDENCE("state", "trial")),
	K(tried_later, DRIFT(WARNING), EVIDENCE("state", "pending")),
	K(tried_another, DRIFT(WARNING), EVIDENCE("state", "pending")),
	K(tried_in_vain, DRIFT(WARNING), EVIDENCE("state", "pending")),
	K(tried_before_a_pin, DRIFT(WARNING), EVIDENCE("state", "pending")),
	K(tried_and_pinned, DRIFT(CRITICAL), EVIDENCE("state", "stuck")),
	K(pin_old, DRIFT(CRITICAL), EVIDENCE("state", "stuck")),
	K(behind_untold, DRIFT(WARNING), EVIDENCE("state", "undetermined")),
	K(managed_unread, DRIFT(WARNING), EVIDENCE("state", "undetermined")),
	K(old_documented, WAIVED(CRITICAL), EVIDENCE("state", "stuck")),
	K(old_due_today, WAIVED(CRITICAL)),
	K(old_late, DRIFT(CRITICAL)),
	K(old_half_documented, DRIFT(CRITICAL)),
	K(other_documented, DRIFT(CRITICAL)),
	K(old_by_number, DRIFT(CRITICAL), EVIDENCE("next_boot", OLD)),
	K(opted_in, OK, EVIDENCE("expected", "7.2")),
	K(only_opted_in, OK, EVIDENCE("expected", "7.2")),
	K(ahead, OK, EVIDENCE("expected", "7.0")),
	K(without_default_meta, OK, EVIDENCE("expected_because", "default-metapackage")),
	K(without_any_meta, OK, EVIDENCE("expected_because", "newest-installed")),
	K(removed, OK),
	K(old_locked, UNKNOWN),
	K(container, NOT_APPLICABLE),
	K(container_untold, UNKNOWN),
#undef K
#define K(how, ...)                                                             \
	{                                                                       \
		.id = "kernel-series-behind", .host = host_debian, .bend = how, \
		__VA_ARGS__                                                     \
	}
	K(debian_old, DRIFT(WARNING), EVIDENCE("expected", "6.12")),
	K(debian_old_stuck, DRIFT(CRITICAL), EVIDENCE("state", "stuck")),
	K(outside, NOT_APPLICABLE),
#undef K
#define K(how, ...)                                                             \
	{                                                                       \
		.id = "kernel-newer-installed", .host = host_grub, .bend = how, \
		__VA_ARGS__                                                     \
	}
	K(runs_newer, DRIFT(WARNING), EVIDENCE("state", "pending"), REMEDY("reboot")),
	K(newer_broken, DRIFT(WARNING), EVIDENCE("state", "pending"),
	  REMEDY("Once what boots next is whole (see boot-next-broken): reboot")),
	K(newer_pinned, DRIFT(NOTICE), EVIDENCE("state", "stuck"),
	  REMEDY("If the pin's reason is gone: driftguard unpin; then reboot")),
	K(newer_pinned_documented, WAIVED(NOTICE)),
	K(newer_untold, DRIFT(WARNING), EVIDENCE("state", "undetermined")),
	K(by_numbers, DRIFT(WARNING), EVIDENCE("newest", "7.0.6-17-pve")),
	K(runs_before, NOT_APPLICABLE),
	K(next_entry, OK),
#undef K
#define K(how, ...)                                                                  \
	{                                                                            \
		.id = "kernel-age-skew", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(age_365, OK, EVIDENCE("skew_days", "365")),
	K(age_366, DRIFT(WARNING), EVIDENCE("skew_days", "366")),
	K(age_on_trial, DRIFT(NOTICE)),
	K(old_documented, WAIVED(WARNING)),
	K(age_untold, UNKNOWN),
	K(clock_1970, OK),
#undef K
#define K(how, ...)                                                                 \
	{                                                                           \
		.id = "kernel-rebuilt", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(rebuilt, DRIFT(NOTICE)),
	K(long_version, OK),
	K(removed, NOT_APPLICABLE),
#undef K
#define K(how, ...)                                                                 \
	{                                                                           \
		.id = "kernel-removed", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(removed, DRIFT(CRITICAL), EVIDENCE("modules", "gone")),
	K(modules_removed, DRIFT(CRITICAL), EVIDENCE("image", "present")),
	K(image_removed, DRIFT(WARNING), EVIDENCE("image", "gone")),
	K(removed_not_modular, DRIFT(WARNING)),
	K(locked, OK),
#undef K
#define K(how, ...)                                                                 \
	{                                                                           \
		.id = "kernel-foreign", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(foreign, DRIFT(WARNING)),
	K(self_built, DRIFT(WARNING)),
	K(removed, OK),
	K(NULL, OK),
	{.id = "kernel-foreign", .host = host_debian, NOT_APPLICABLE},
#undef K
#define K(how, ...)                                                                      \
	{                                                                                \
		.id = "kernel-meta-missing", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(without_any_meta, DRIFT(WARNING)),
	K(only_opted_in, OK),
	{.id = "kernel-meta-missing", .host = host_debian, OK},
	{.id = "kernel-meta-missing",
	 .host = host_debian,
	 .bend = debian_without_meta,
	 DRIFT(WARNING)},
#undef K
#define K(how, ...)                                                               \
	{                                                                         \
		.id = "package-held", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(held, DRIFT(NOTICE),
	  REMEDY("If the reason is gone: apt-mark unhold pve-qemu-kvm")),
	K(held_running, DRIFT(NOTICE)),
	K(held_other, OK),
	K(preferred_version, DRIFT(NOTICE),
	  REMEDY("If the reason is gone: remove the entry in the file named above")),
	K(preferred_glob, DRIFT(NOTICE)),
	K(preferred_archive, OK),
	K(preferred_up, OK),
#undef K
};

static void test_checks(void **state)
{
	(void)state;
	assert_int_equal(run_check_cases(cases, DG_COUNT(cases)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
