/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every grade of the checks of what boots next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/text.h"
#include "tests/unit/checks-cases.h"

/* --- how hosts are bent --- */

static void old_by_title(struct dg_facts *f)
{
	old_by_number(f);
	grub_default(f, "Advanced options>GNU/Linux, with Linux " OLD);
}

static void old_by_id(struct dg_facts *f)
{
	old_by_number(f);
	grub_default(f,
		     "gnulinux-advanced-" ROOT_ID ">gnulinux-" OLD "-advanced-" ROOT_ID);
}

/* "0" names the first entry, whichever that is: no pin. */
static void first_by_number(struct dg_facts *f)
{
	grub_default(f, "1>0");
}

static void gone_by_name(struct dg_facts *f)
{
	grub_default(f, "gnulinux-advanced-" ROOT_ID
			">gnulinux-6.2.16-20-pve-advanced-" ROOT_ID);
}

static void loader_conf_bare(struct dg_facts *f)
{
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "proxmox-" NEWER);
}

/* The loader knows its entries by names in lower case, which end in ".conf". */
static void loader_conf_capitals(struct dg_facts *f)
{
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "PROXMOX-7.0.2-6-PVE.CONF");
}

static void loader_conf_unset(struct dg_facts *f)
{
	dg_list_foreach (esp, f->boot.esps)
		make_absent(&esp->loader_default);
}

static void loader_conf_saved(struct dg_facts *f)
{
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "@saved");
}

/* An entry with a sort key goes before all without. */
static void loader_sort_key(struct dg_facts *f)
{
	loader_conf_unset(f);
	dg_list_foreach (esp, f->boot.esps)
		dg_list_foreach (entry, esp->entries)
			if (dg_streq(dg_get(&entry->abi), BEFORE))
				dg_set_str(&entry->sort_key, "proxmox");
}

static void variable_of_nothing(struct dg_facts *f)
{
	dg_set_str(&f->boot.efi.entry_default, "windows.conf");
}

static void variable_without_systemd_boot(struct dg_facts *f)
{
	variable(f);
	dg_set_str(&f->boot.efi.loader_info, "GRUB 2.12");
}

static void oneshot(struct dg_facts *f)
{
	dg_set_str(&f->boot.efi.entry_oneshot, "proxmox-" BEFORE ".conf");
}

static void esps_disagree(struct dg_facts *f)
{
	dg_set_str(&f->boot.esps.items[1].loader_default, "proxmox-" NEWER ".conf");
}

static void esps_disagree_untold(struct dg_facts *f)
{
	esps_disagree(f);
	without_firmware(f);
}

static void first_esp_unread(struct dg_facts *f)
{
	make_gap(&f->boot.esps.items[0].loader);
	make_gap(&f->boot.esps.items[0].copies);
}

static void boot_order_changed(struct dg_facts *f)
{
	esps_disagree(f);
	dg_set_str(&f->boot.efi.firmware_part_uuid, "part-b");
}

/* The firmware starts a program of the first ESP. */
static void start(struct dg_facts *f, const char *loader, const char *menu)
{
	struct dg_program *program = &f->boot.esps.items[0].program;

	dg_set_known(&program->meta);
	dg_set_str(&program->entry, "Boot0003");
	dg_set_str(&program->title, "debian");
	dg_set_str(&program->path, "\\EFI\\debian\\shimx64.efi");
	make_absent(&program->loader);
	make_absent(&program->menu);
	if (loader)
		dg_set_str(&program->loader, loader);
	if (menu)
		dg_set_str(&program->menu, menu);
}

static void starts_systemd_boot(struct dg_facts *f)
{
	start(f, "systemd-boot", NULL);
}

/* Whatever the order of the partitions says. */
static void starts_from_second(struct dg_facts *f)
{
	boot_order_changed(f);
	start(f, "systemd-boot", NULL);
}

static void starts_grub(struct dg_facts *f)
{
	start(f, "grub", "root");
}

static void starts_grub_unread(struct dg_facts *f)
{
	starts_grub(f);
	menu_broken(f);
}

static void starts_grub_elsewhere(struct dg_facts *f)
{
	start(f, "grub", "elsewhere");
}

static void starts_grub_untold(struct dg_facts *f)
{
	start(f, "grub", NULL);
}

static void starts_grub_of_esp(struct dg_facts *f)
{
	start(f, "grub", "esp");
}

static void starts_other(struct dg_facts *f)
{
	start(f, NULL, NULL);
}

/* GRUB's ESP on a host that boots from /boot, as who is not root finds it. */
static void starts_grub_hidden(struct dg_facts *f)
{
	struct dg_esp *esp;

	starts_grub(f);
	dg_set_bool(&f->boot.managed, false);
	make_absent(&f->boot.efi.loader_info);
	esp = &f->boot.esps.items[0];
	dg_set_bool(&esp->listed, false);
	make_gap(&esp->loader);
	make_gap(&esp->program.loader);
	make_gap(&esp->program.menu);
}

static void starts_hidden(struct dg_facts *f)
{
	start(f, NULL, NULL);
	make_gap(&f->boot.esps.items[0].loader);
	make_gap(&f->boot.esps.items[0].program.loader);
}

static void starts_unread(struct dg_facts *f)
{
	start(f, NULL, NULL);
	make_gap(&f->boot.esps.items[0].program.loader);
}

static void initrd_gone(struct dg_facts *f)
{
	make_absent(&kernel_of(f, NEWEST)->initrd);
}

static void half_configured(struct dg_facts *f)
{
	dg_set_str(&owner_of(f, NEWEST)->status, "half-configured");
}

static void triggers_pending(struct dg_facts *f)
{
	dg_set_str(&owner_of(f, NEWEST)->status, "triggers-pending");
}

static void copy_without_image(struct dg_facts *f)
{
	dg_list_foreach (copy, f->boot.esps.items[0].copies)
		make_absent(&copy->image);
}

static void menu_empty(struct dg_facts *f)
{
	dg_record_clear(dg_grub_facts, &f->boot.grub);
	dg_set_known(&f->boot.grub.meta);
	dg_set_known(&f->boot.grub.entries.meta);
	make_absent(&f->boot.grub.default_value);
	make_absent(&f->boot.grub.next_entry);
	dg_set_int(&f->boot.grub.time, NOW - DAY);
}

static void menu_emptied_just_now(struct dg_facts *f)
{
	menu_empty(f);
	dg_set_int(&f->boot.grub.time, NOW - 2);
}

static void without_initrd(struct dg_facts *f)
{
	static const char abi[] = "6.12.43+deb13-amd64";

	make_absent(&kernel_of(f, abi)->initrd);
	make_absent(&kernel_of(f, abi)->initrd_size);
	dg_list_foreach (entry, f->boot.grub.entries)
		make_absent(&entry->initrd);
}

static void pin_file_newest(struct dg_facts *f)
{
	pin_file(f, NEWEST, 5);
}

static void pin_file_newer(struct dg_facts *f)
{
	pin_file(f, NEWER, 5);
}

static void pin_file_untold(struct dg_facts *f)
{
	pin_file(f, NEWER, 5);
	menu_broken(f);
}

static void snippet_unapplied(struct dg_facts *f)
{
	dg_set_str(&f->boot.snippet,
		   "gnulinux-advanced-" ROOT_ID ">gnulinux-" NEWER "-advanced-" ROOT_ID);
	dg_set_int(&f->boot.snippet_time, NOW - 5 * DAY);
}

static void second_esp_dropped(struct dg_facts *f)
{
	pin(f, NEWER, 5);
	dg_set_str(&f->boot.esps.items[1].loader_default, "proxmox-*");
}

static void pin_removed(struct dg_facts *f)
{
	pin(f, "6.8.12-1-pve", 5);
}

static void pin_without_modules(struct dg_facts *f)
{
	pin(f, NEWER, 5);
	make_absent(&kernel_of(f, NEWER)->modules);
}

static void trial_removed(struct dg_facts *f)
{
	dg_set_str(&f->boot.next_pin, "6.8.12-1-pve");
	dg_set_int(&f->boot.next_pin_time, NOW - DAY);
}

static void trial_left(struct dg_facts *f)
{
	trial(f, 10);
}

static void trial_booting(struct dg_facts *f)
{
	trial(f, 10);
	dg_set_bool(&f->boot.cleanup_done, false);
	dg_set_int(&f->host.uptime, 60);
}

static void trial_not_cleaned(struct dg_facts *f)
{
	trial(f, 10);
	dg_set_bool(&f->boot.cleanup_done, false);
}

static void trial_untold(struct dg_facts *f)
{
	trial_booting(f);
	make_gap(&f->boot.cleanup_done);
}

static void trial_undated(struct dg_facts *f)
{
	trial(f, 10);
	make_gap(&f->boot.next_pin_time);
}

static void outside_untold(struct dg_facts *f)
{
	outside(f);
	make_gap(&f->boot.grub);
}

/* --- the cases --- */

static const struct check_case cases[] = {
#define K(how, ...)                                                                   \
	{                                                                             \
		.id = "boot-next-broken", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(initrd_gone, DRIFT(CRITICAL), EVIDENCE("missing", "[ \"initrd\" ]"),
	  REMEDY("Before any reboot: update-initramfs -u -k 7.0.6-2-pve; or choose "
		 "another kernel")),
	K(image_removed, DRIFT(CRITICAL), EVIDENCE("missing", "[ \"image\" ]"),
	  REMEDY("Before any reboot: apt install --reinstall "
		 "proxmox-kernel-7.0.6-2-pve-signed; or choose another kernel")),
	K(modules_removed, DRIFT(CRITICAL)),
	K(half_configured, DRIFT(CRITICAL), EVIDENCE("package_status", "half-configured"),
	  REMEDY("Before any reboot: dpkg --configure -a; or choose another kernel")),
	K(triggers_pending, OK),
	K(behind_untold, UNKNOWN),
	K(menu_broken, UNKNOWN),
	K(menu_empty, DRIFT(CRITICAL)),
	K(menu_emptied_just_now, UNKNOWN),
	K(half_installed, UNKNOWN),
	{.id = "boot-next-broken", .host = host_debian, .bend = without_initrd, OK},
	{.id = "boot-next-broken",
	 .host = host_esps,
	 .bend = copy_without_image,
	 DRIFT(CRITICAL),
	 REMEDY("Before any reboot: proxmox-boot-tool refresh; or choose another "
		"kernel")},
	{.id = "boot-next-broken",
	 .host = host_esps,
	 .bend = esps_disagree_untold,
	 UNKNOWN},
	{.id = "boot-next-broken", .host = host_esps, .bend = first_esp_unread, UNKNOWN},
	{.id = "boot-next-broken", .host = host_esps, .bend = esp_gone, OK},
	{.id = "boot-next-broken", .host = host_debian, .bend = outside_untold, UNKNOWN},
#undef K
#define K(how, ...)                                                                    \
	{                                                                              \
		.id = "boot-next-differs", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(runs_before, DRIFT(NOTICE), EVIDENCE("because", "newest")),
	K(next_entry, DRIFT(NOTICE), EVIDENCE("mechanism", "grubenv next_entry")),
	K(trial_new, DRIFT(NOTICE), EVIDENCE("because", "next-boot-pin")),
	K(newer_pinned, OK, EVIDENCE("because", "pin")),
	K(old_by_title, OK, EVIDENCE("next_boot", OLD)),
	K(old_by_id, OK, EVIDENCE("next_boot", OLD)),
	K(old_saved, OK, EVIDENCE("mechanism", "grubenv saved_entry")),
	K(gone_by_name, OK, EVIDENCE("because", "newest")),
	K(unapplied, OK, EVIDENCE("because", "newest")),
	K(first_by_number, OK, EVIDENCE("because", "newest")),
#undef K
#define K(how, ...)                                                                    \
	{                                                                              \
		.id = "boot-next-differs", .host = host_esps, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK, EVIDENCE("because", "newest")),
	K(loader_conf, DRIFT(NOTICE), EVIDENCE("because", "loader-default")),
	K(loader_conf_bare, OK, EVIDENCE("mechanism", "highest entry")),
	K(loader_conf_capitals, DRIFT(NOTICE), EVIDENCE("next_boot", NEWER)),
	K(loader_conf_unset, OK, EVIDENCE("mechanism", "highest entry")),
	K(loader_conf_saved, UNKNOWN),
	K(loader_sort_key, DRIFT(NOTICE), EVIDENCE("next_boot", BEFORE)),
	K(variable, DRIFT(NOTICE), EVIDENCE("because", "efi-variable")),
	K(variable_of_nothing, OK, EVIDENCE("because", "newest")),
	K(variable_without_systemd_boot, OK),
	K(oneshot, DRIFT(NOTICE), EVIDENCE("mechanism", "LoaderEntryOneShot")),
	K(esps_disagree, OK),
	K(esps_disagree_untold, UNKNOWN),
	K(without_firmware, OK),
	K(boot_order_changed, DRIFT(NOTICE), EVIDENCE("next_boot", NEWER)),
	K(starts_systemd_boot, OK, EVIDENCE("next_boot", NEWEST)),
	K(starts_from_second, OK, EVIDENCE("next_boot", NEWEST)),
	K(starts_grub, DRIFT(NOTICE), EVIDENCE("next_boot", BEFORE)),
	K(starts_grub_unread, UNKNOWN),
	K(starts_grub_elsewhere, UNKNOWN),
	K(starts_grub_untold, UNKNOWN),
	K(starts_grub_of_esp, UNKNOWN),
	K(starts_other, UNKNOWN),
	K(starts_unread, UNKNOWN),
	K(starts_hidden, UNKNOWN),
	K(starts_grub_hidden, DRIFT(NOTICE), EVIDENCE("next_boot", BEFORE)),
	K(esp_unread, OK),
	K(first_esp_unread, UNKNOWN),
	K(esps_gone, UNKNOWN),
#undef K
#define K(how, ...)                                                                  \
	{                                                                            \
		.id = "pin-not-applied", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(pin_old, OK),
	K(pin_file_newer, DRIFT(CRITICAL), EVIDENCE("would_boot", NEWEST)),
	K(pin_file_newest, DRIFT(NOTICE)),
	K(pin_file_untold, UNKNOWN),
	K(snippet_unapplied, DRIFT(CRITICAL), EVIDENCE("pinned", NEWER)),
	K(old_by_number, OK),
	K(trial_new, OK),
	{.id = "pin-not-applied",
	 .host = host_esps,
	 .bend = pin_file_newer,
	 DRIFT(CRITICAL)},
	{.id = "pin-not-applied", .host = host_esps, .bend = snippet_unapplied, OK},
	{.id = "pin-not-applied",
	 .host = host_esps,
	 .bend = second_esp_dropped,
	 DRIFT(CRITICAL),
	 EVIDENCE("loaders", "[ \"BBBB-0002\" ]")},
#undef K
#define K(how, ...)                                                                     \
	{                                                                               \
		.id = "pin-target-missing", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(pin_old, OK),
	K(pin_removed, DRIFT(CRITICAL)),
	K(pin_without_modules, DRIFT(CRITICAL), EVIDENCE("missing", "[ \"modules\" ]")),
	K(trial_removed, DRIFT(CRITICAL)),
	K(menu_broken, UNKNOWN),
#undef K
#define K(how, ...)                                                                     \
	{                                                                               \
		.id = "next-boot-pin-left", .host = host_grub, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(trial_new, OK),
	K(trial_left, DRIFT(WARNING)),
	K(trial_booting, OK),
	K(trial_not_cleaned, DRIFT(WARNING)),
	K(trial_untold, UNKNOWN),
	K(trial_undated, UNKNOWN),
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
