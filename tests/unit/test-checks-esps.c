/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every grade of the checks of the ESPs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/text.h"
#include "tests/unit/checks-cases.h"

/* --- how hosts are bent --- */

static struct dg_copy *copy_of(struct dg_esp *esp, const char *abi)
{
	dg_list_foreach (copy, esp->copies)
		if (dg_streq(dg_get(&copy->abi), abi))
			return copy;
	fail_msg("no copy of %s", abi);
	return NULL;
}

static void first_stale(struct dg_facts *f)
{
	dg_set_int(&copy_of(&f->boot.esps.items[0], NEWEST)->initrd_size, 5);
}

static void second_stale(struct dg_facts *f)
{
	dg_set_int(&copy_of(&f->boot.esps.items[1], NEWEST)->initrd_size, 5);
}

/* A BIOS tells nobody which of two disks it starts from. */
static void stale_by_bios(struct dg_facts *f)
{
	first_stale(f);
	dg_set_bool(&f->boot.efi.booted, false);
	make_absent(&f->boot.efi.loader_part_uuid);
	make_absent(&f->boot.efi.firmware_part_uuid);
	make_absent(&f->boot.efi.loader_info);
}

static void first_stale_of_old(struct dg_facts *f)
{
	dg_set_int(&copy_of(&f->boot.esps.items[0], BEFORE)->initrd_size, 5);
}

static void other_build(struct dg_facts *f)
{
	dg_set_str(&copy_of(&f->boot.esps.items[0], NEWEST)->image_version, "another");
}

static void copy_lacks_initrd(struct dg_facts *f)
{
	make_absent(&copy_of(&f->boot.esps.items[1], NEWEST)->initrd);
}

static void copy_cut_off(struct dg_facts *f)
{
	struct dg_copy *copy = copy_of(&f->boot.esps.items[0], NEWEST);

	make_absent(&copy->image);
	copy->image_size.value /= 2;
	dg_set_gap(&copy->image_version.meta, DG_MALFORMED, "truncated");
}

/* A power cut leaves zeros. */
static void copy_blank(struct dg_facts *f)
{
	copy_cut_off(f);
	copy_of(&f->boot.esps.items[0], NEWEST)->image_size.value *= 2;
}

static void copy_without_image(struct dg_facts *f)
{
	struct dg_copy *copy = copy_of(&f->boot.esps.items[0], NEWEST);

	make_absent(&copy->image);
	make_absent(&copy->image_size);
	make_absent(&copy->image_version);
}

/* What a full disk or a power cut left in /boot is nothing to bring onto an ESP. */
static void original_initrd_lost(struct dg_facts *f)
{
	dg_list_foreach (kernel, f->kernels)
		if (dg_streq(dg_get(&kernel->abi), NEWEST)) {
			make_absent(&kernel->initrd);
			dg_set_int(&kernel->initrd_size, 0);
		}
}

static void other_time(struct dg_facts *f)
{
	copy_of(&f->boot.esps.items[1], NEWEST)->initrd_time.value += 300;
}

static void other_grain(struct dg_facts *f)
{
	copy_of(&f->boot.esps.items[1], NEWEST)->initrd_time.value -= 2;
	copy_of(&f->boot.esps.items[0], NEWEST)->initrd_time.value += 5 * 3600 + 45 * 60;
}

static void newest_not_copied(struct dg_facts *f)
{
	add_kernel(f, "7.0.9-1-pve");
}

static void pin_not_copied(struct dg_facts *f)
{
	pin(f, NEWER, 5);
	dg_set_str(&copy_of(&f->boot.esps.items[1], NEWER)->abi, "7.0.1-1-pve");
}

/* Debian's own kernel is not copied to ESPs. */
static void debian_kernel(struct dg_facts *f)
{
	add_kernel(f, "7.3.1+deb13-amd64");
}

static void esp_other(struct dg_facts *f)
{
	dg_set_str(&f->boot.esps.items[1].filesystem, "other");
}

static void none_listed(struct dg_facts *f)
{
	dg_list_foreach (esp, f->boot.esps)
		dg_set_bool(&esp->listed, false);
}

static void booted_unlisted(struct dg_facts *f)
{
	dg_set_bool(&f->boot.esps.items[0].listed, false);
}

static void booted_gone(struct dg_facts *f)
{
	dg_set_str(&f->boot.efi.loader_part_uuid, "part-z");
	dg_set_str(&f->boot.efi.firmware_part_uuid, "part-z");
}

static void second_unlisted(struct dg_facts *f)
{
	dg_set_bool(&f->boot.esps.items[1].listed, false);
}

static void no_sibling(struct dg_facts *f)
{
	second_unlisted(f);
	dg_list_foreach (p, f->boot.partitions)
		if (dg_streq(dg_get(&p->name), "sdb3"))
			dg_set_str(&p->fs_uuid, "4712");
}

static void not_formatted(struct dg_facts *f)
{
	f->boot.esps.count = 2;
	dg_list_foreach (p, f->boot.partitions)
		if (dg_streq(dg_get(&p->name), "sdb2")) {
			make_absent(&p->fs_uuid);
			make_absent(&p->fs_type);
		}
	second_unlisted(f);
}

static void other_system(struct dg_facts *f)
{
	dg_list_foreach (p, f->boot.partitions)
		if (dg_streq(dg_get(&p->name), "sdb2"))
			dg_set_str(&p->fs_type, "ext4");
	second_unlisted(f);
}

/* --- the cases --- */

static const struct check_case cases[] = {
#define K(how, ...)                                                            \
	{                                                                      \
		.id = "esp-stale", .host = host_esps, .bend = how, __VA_ARGS__ \
	}
	K(first_stale, DRIFT(CRITICAL)),
	K(copy_cut_off, DRIFT(CRITICAL),
	  EVIDENCE("copies", "[ \"AAAA-0001: " NEWEST " is not the one in \\/boot\" ]")),
	K(copy_blank, DRIFT(CRITICAL),
	  EVIDENCE("copies", "[ \"AAAA-0001: " NEWEST " is not the one in \\/boot\" ]")),
	K(copy_without_image, DRIFT(CRITICAL),
	  EVIDENCE("copies", "[ \"AAAA-0001: " NEWEST " is not there\" ]")),
	K(original_initrd_lost, OK),
	K(second_stale, DRIFT(WARNING)),
	K(stale_by_bios, DRIFT(WARNING)),
	K(first_stale_of_old, DRIFT(WARNING)),
	K(other_build, DRIFT(CRITICAL)),
	K(copy_lacks_initrd, DRIFT(WARNING)),
	K(other_time, UNKNOWN),
	K(other_grain, OK),
	K(newest_not_copied, DRIFT(CRITICAL), EVIDENCE("wanted", "7.0.9-1-pve")),
	K(pin_not_copied, DRIFT(WARNING), EVIDENCE("wanted", NEWER)),
	K(debian_kernel, OK),
	K(esp_unread, UNKNOWN),
	K(locked, UNKNOWN),
	{.id = "esp-stale", .host = host_grub, NOT_APPLICABLE},
#undef K
#define K(how, ...)                                                              \
	{                                                                        \
		.id = "esp-missing", .host = host_esps, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(esp_gone, DRIFT(WARNING)),
	K(esps_gone, DRIFT(WARNING)),
	K(esp_other, DRIFT(WARNING),
	  EVIDENCE("BBBB-0002", "no FAT file system on /dev/sdb2")),
	K(none_listed, DRIFT(WARNING)),
	{.id = "esp-missing", .host = host_grub, NOT_APPLICABLE},
#undef K
#define K(how, ...)                                                           \
	{                                                                     \
		.id = "esp-booted-unmanaged", .host = host_esps, .bend = how, \
		__VA_ARGS__                                                   \
	}
	K(NULL, OK),
	K(booted_unlisted, DRIFT(CRITICAL),
	  REMEDY("proxmox-boot-tool init /dev/sda2, or change the firmware's boot "
		 "order")),
	K(booted_gone, UNKNOWN),
	K(without_firmware, NOT_APPLICABLE),
#undef K
#define K(how, ...)                                                               \
	{                                                                         \
		.id = "esp-unlisted", .host = host_esps, .bend = how, __VA_ARGS__ \
	}
	K(NULL, OK),
	K(second_unlisted, DRIFT(NOTICE), REMEDY("proxmox-boot-tool init /dev/sdb2")),
	K(not_formatted, DRIFT(NOTICE),
	  REMEDY("proxmox-boot-tool format /dev/sdb2; proxmox-boot-tool init /dev/sdb2")),
	K(other_system, DRIFT(NOTICE),
	  REMEDY("Look what /dev/sdb2 holds (ext4) before it is formatted and listed")),
	K(no_sibling, OK),
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
