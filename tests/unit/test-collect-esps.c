/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collector of EFI system partitions: real FAT images, made by mkfs.vfat and filled
 * by mtools, and folders that a mount table says are mounts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <sys/time.h>
#include <time.h>

#include "guard/collect/volume.h"
#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define ABI	"7.0.6-2-pve"
#define OLD	"6.5.13-5-pve"
#define VERSION ABI " (build@proxmox) #1 SMP PMX 7.0.6-2 (2026-05-20T08:00Z)"
#define UUIDS	"etc/kernel/proxmox-boot-uuids"
#define UUID_A	"1FDB-C48E"
#define UUID_B	"1FDE-91BC"
#define PART_A	"9a40c1d2-6f3b-4d5c-9a1e-0b1c2d3e4f5a"
#define PART_B	"b7e83f52-6f3b-4d5c-9a1e-0b1c2d3e4f5a"
#define TIME	1780000000

static bool has_tools;

static void run(const char *fmt, ...) DG_PRINTF(1, 2);

static void run(const char *fmt, ...)
{
	DG_FREE char *line = NULL;
	DG_FREE char *full = NULL;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&line, fmt, args) > 0);
	va_end(args);
	assert_true(asprintf(&full, "cd %s && { %s; } >/dev/null 2>&1", tree.dir, line) >
		    0);
	if (system(full) != 0)
		fail_msg("%s", full);
}

static void set_time(const char *name)
{
	struct timeval times[2] = {{.tv_sec = TIME}, {.tv_sec = TIME}};
	char path[256];

	assert_int_equal(utimes(tree_path(&tree, name, path), times), 0);
}

/* A kernel image's header; the file is as long as the header says, or shorter. */
static void put_kernel(const char *path, size_t size)
{
	static uint8_t image[32768];
	const uint32_t paragraphs = (sizeof(image) - 5 * 512) / 16;

	memset(image, 0, sizeof(image));
	memcpy(image, "MZ", 2);
	image[0x1f1] = 4;
	for (int i = 0; i < 4; i++)
		image[0x1f4 + i] = (uint8_t)(paragraphs >> (8 * i));
	memcpy(image + 0x1fe, "\x55\xaa", 2);
	memcpy(image + 0x202, "HdrS\x0f\x02", 6);
	memcpy(image + 0x20e, "\x00\x04", 2);
	memcpy(image + 0x600, VERSION, sizeof(VERSION));
	put_data(&tree, path, image, size ? size : sizeof(image));
	set_time(path);
}

/* --- what lies on an ESP, in a folder --- */

static void put_at(const char *dir, const char *name, const char *text)
{
	char path[150];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	put(&tree, path, text);
	set_time(path);
}

/* The shortest that passes for one. */
static void put_initrd(const char *dir, const char *name)
{
	char text[4096 + 1];

	memset(text, 'i', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put_at(dir, name, text);
}

static void put_systemd_boot(const char *dir)
{
	char path[150];

	put_at(dir, "EFI/systemd/systemd-bootx64.efi", "MZ");
	put_at(dir, "loader/loader.conf", "timeout 3\ndefault proxmox-*\n");
	put_at(dir, "loader/entries/proxmox-" ABI ".conf",
	       "title Proxmox\nversion " ABI "\nsort-key pve\nmachine-id abc\n"
	       "linux /EFI/proxmox/" ABI "/vmlinuz-" ABI "\n");
	put_at(dir, "loader/entries/notes.txt", "no entry");
	snprintf(path, sizeof(path), "%s/EFI/proxmox/" ABI "/vmlinuz-" ABI, dir);
	put_kernel(path, 0);
	put_initrd(dir, "EFI/proxmox/" ABI "/initrd.img-" ABI);
}

static void put_grub(const char *dir)
{
	char path[150];

	put_at(dir, "grub/grub.cfg",
	       "set default=\"0\"\nmenuentry 'x' {\n insmod fat\n linux /vmlinuz-" ABI
	       "\n initrd /initrd.img-" ABI "\n}\n");
	snprintf(path, sizeof(path), "%s/vmlinuz-" ABI, dir);
	put_kernel(path, 0);
	put_initrd(dir, "initrd.img-" ABI);
	put_initrd(dir, "initrd.img-" OLD);
}

/* The device `name` with file system `uuid` on partition `part`, as udev links it. */
static void put_links(const char *name, const char *uuid, const char *part)
{
	char link[160], target[64];

	snprintf(target, sizeof(target), "../../%s", name);
	snprintf(link, sizeof(link), "dev/disk/by-uuid/%s", uuid);
	put_link(&tree, link, target);
	if (!part)
		return;
	snprintf(link, sizeof(link), "dev/disk/by-partuuid/%s", part);
	put_link(&tree, link, target);
}

/* An image dev/NAME with what lies in the folder `dir`. */
static void put_image(const char *name, const char *uuid, const char *options,
		      unsigned int mib, const char *dir)
{
	run("mkdir -p dev && mkfs.vfat -C -i $(echo %s | tr -d -) %s dev/%s %u", uuid,
	    options, name, mib * 1024);
	if (dir)
		run("mcopy -s -m -i dev/%s %s/* ::", name, dir);
}

static void put_esp(const char *name, const char *uuid, const char *part,
		    void (*fill)(const char *dir))
{
	char dir[32] = "";

	put_links(name, uuid, part);
	if (fill) {
		snprintf(dir, sizeof(dir), "src-%s", name);
		fill(dir);
	}
	put_image(name, uuid, "-F 32 -s 1", 40, fill ? dir : NULL);
}

static struct dg_esp *only(const struct dg_facts *facts)
{
	if (!dg_known(&facts->boot.esps))
		fail_msg("%s", said(&facts->boot.esps));
	assert_int_equal(facts->boot.esps.count, 1);
	return facts->boot.esps.items;
}

static void assert_systemd_boot(const struct dg_esp *esp)
{
	const struct dg_loader_entry *e = esp->entries.items;
	const struct dg_copy *c = esp->copies.items;

	assert_string_equal(said(&esp->loader), "systemd-boot");
	assert_string_equal(said(&esp->loader_default), "proxmox-*");
	assert_number(&esp->loader_time, TIME);
	assert_int_equal(esp->entries.count, 1);
	assert_string_equal(said(&e->id), "proxmox-" ABI ".conf");
	assert_string_equal(said(&e->abi), ABI);
	assert_string_equal(said(&e->sort_key), "pve");
	assert_string_equal(said(&e->version), ABI);
	assert_string_equal(said(&e->machine_id), "abc");
	assert_int_equal(esp->copies.count, 1);
	assert_string_equal(said(&c->abi), ABI);
	assert_string_equal(said(&c->image), "EFI/proxmox/" ABI "/vmlinuz-" ABI);
	assert_string_equal(said(&c->image_version), VERSION);
	assert_string_equal(said(&c->initrd), "EFI/proxmox/" ABI "/initrd.img-" ABI);
	assert_number(&c->initrd_size, 4096);
	assert_number(&c->initrd_time, TIME);
	assert_true(dg_absent(&esp->grub));
}

/* --- which ones --- */

static void test_none(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_esps);

	(void)state;
	assert_true(dg_absent(&facts->boot.esps));
	put(&tree, UUIDS, "\n \n");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_true(dg_known(&facts->boot.esps));
	assert_int_equal(facts->boot.esps.count, 0);
}

static void assert_gone(const struct dg_esp *esp)
{
	const void *all[] = {&esp->device,  &esp->part_uuid,   &esp->mounted_at,
			     &esp->loader,  &esp->size,	       &esp->free,
			     &esp->entries, &esp->loader_time, &esp->loader_default,
			     &esp->copies,  &esp->grub};

	for (size_t i = 0; i < DG_COUNT(all); i++)
		if (!dg_absent(all[i]))
			fail_msg("%zu: %s", i, said(all[i]));
}

static void test_gone(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_esp *e;

	(void)state;
	put(&tree, UUIDS, UUID_A "\r\n  " UUID_B " \n" UUID_A "\n../../x\n1FDB-C48G\n");
	put_link(&tree, "dev/disk/by-uuid/" UUID_B, "../../sdz2");
	put(&tree, "dev/disk/by-uuid/1FDB-C48G", "");
	facts = collect(&tree, &dg_collect_esps);
	assert_int_equal(facts->boot.esps.count, 4);
	e = facts->boot.esps.items;
	for (size_t i = 0; i < 4; i++) {
		assert_true(dg_true(&e[i].listed));
		assert_gone(&e[i]);
		assert_int_equal(e[i].filesystem.meta.state,
				 i < 2 ? DG_ABSENT : DG_MALFORMED);
	}
	assert_string_equal(said(&e[1].uuid), UUID_B);
	assert_string_equal(said(&e[2].uuid), "../../x");
}

static void test_bad_lists(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	static char text[70 * 10 + 1];

	(void)state;
	for (size_t i = 0; i < 70; i++)
		snprintf(text + 10 * i, 11, "AAAA-00%02zX\n", i);
	put(&tree, UUIDS, text);
	facts = collect(&tree, &dg_collect_esps);
	assert_int_equal(facts->boot.esps.meta.state, DG_UNREADABLE);
	drop(&tree, UUIDS);
	put_dir(&tree, UUIDS);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&facts->boot.esps),
			    "unreadable: /" UUIDS ": is a directory");
}

/* --- unmounted --- */

static void test_systemd_boot(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_esp *e;

	(void)state;
	if (!has_tools)
		skip();
	put(&tree, UUIDS, UUID_A "\n");
	put_esp("sda2", UUID_A, PART_A, put_systemd_boot);
	facts = collect(&tree, &dg_collect_esps);
	e = only(facts);
	assert_string_equal(said(&e->uuid), UUID_A);
	assert_true(dg_true(&e->listed));
	assert_string_equal(said(&e->device), "/dev/sda2");
	assert_string_equal(said(&e->part_uuid), PART_A);
	assert_true(dg_absent(&e->mounted_at));
	assert_string_equal(said(&e->filesystem), "fat");
	assert_in_range(e->size.value, 39 << 20, 40 << 20);
	assert_in_range(e->free.value, 39 << 20, e->size.value - 1);
	assert_systemd_boot(e);
}

static void test_grub(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_esp *e;

	(void)state;
	if (!has_tools)
		skip();
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, NULL);
	put_grub("src");
	put_image("sda2", UUID_A, "-F 16", 16, "src");
	/* udev's record comes before the links. */
	put(&tree, "sys/class/block/sda2/dev", "8:2\n");
	put(&tree, "run/udev/data/b8:2", "E:ID_PART_ENTRY_UUID=" PART_B "\n");
	facts = collect(&tree, &dg_collect_esps);
	e = only(facts);
	assert_string_equal(said(&e->loader), "grub");
	assert_string_equal(said(&e->part_uuid), PART_B);
	assert_true(dg_absent(&e->loader_default) && dg_absent(&e->entries));
	assert_true(dg_known(&e->grub) && dg_known(&e->free));
	assert_string_equal(said(&e->grub.path), "grub/grub.cfg");
	assert_number(&e->grub.time, TIME);
	assert_int_equal(e->grub.entries.count, 1);
	assert_int_equal(e->copies.count, 2);
	assert_string_equal(said(&e->copies.items[0].abi), OLD);
	assert_true(dg_absent(&e->copies.items[0].image));
	assert_true(dg_absent(&e->copies.items[0].image_version));
	assert_string_equal(said(&e->copies.items[0].initrd), "initrd.img-" OLD);
	assert_string_equal(said(&e->copies.items[1].image), "vmlinuz-" ABI);
	assert_string_equal(said(&e->copies.items[1].image_version), VERSION);
}

static void put_both(const char *dir)
{
	put_systemd_boot(dir);
	put_grub(dir);
}

static void put_both_program(const char *dir)
{
	put_both(dir);
	put_at(dir, "EFI/proxmox/grubx64.efi", "MZ");
}

static void put_neither(const char *dir)
{
	put_at(dir, "EFI/proxmox/grubx64.efi", "MZ");
	put_at(dir, "EFI/debian/grub.cfg", "configfile /boot/grub/grub.cfg\n");
}

static const struct {
	void (*fill)(const char *dir);
	bool efi;
	const char *said;
} kinds[] = {
	{.fill = put_systemd_boot, .efi = false, .said = "systemd-boot"},
	{.fill = put_grub, .efi = true, .said = "grub"},
	{.fill = put_both, .efi = false, .said = "grub"},
	{.fill = put_both, .efi = true, .said = "systemd-boot"},
	{.fill = put_both_program, .efi = true, .said = "grub"},
	{.fill = put_neither,
	 .efi = true,
	 .said = "absent: no boot loader of proxmox-boot-tool's is on it"},
};

/* Mounts: a folder that the mount table says is one. */
static void put_mount(const char *number, const char *source, const char *type,
		      const char *at)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "27 1 0:24 / / rw - zfs rpool/ROOT rw\n92 27 %s / %s rw - %s %s rw\n",
		 number, at, type, source);
	put(&tree, "proc/self/mountinfo", text);
}

static void test_kinds(void **state)
{
	(void)state;
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, PART_A);
	put(&tree, "dev/sda2", "");
	put_mount("8:2", "/dev/sda2", "vfat", "/boot/efi");
	for (size_t i = 0; i < DG_COUNT(kinds); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		kinds[i].fill("boot/efi");
		if (kinds[i].efi)
			put_dir(&tree, "sys/firmware/efi");
		facts = collect(&tree, &dg_collect_esps);
		assert_string_equal(said(&only(facts)->loader), kinds[i].said);
		assert_true(dg_known(&only(facts)->copies));
		run("rm -rf sys boot/efi");
	}
}

/* --- mounted --- */

static const struct {
	const char *number, *source, *type;
	bool mounted;
} mounts[] = {
	{.number = "8:2", .source = "/dev/root", .type = "vfat", .mounted = true},
	{.number = "9:9", .source = "/dev/sda2", .type = "vfat", .mounted = true},
	{.number = "9:9",
	 .source = "/dev/disk/by-uuid/" UUID_A,
	 .type = "vfat",
	 .mounted = true},
	{.number = "9:9", .source = "/dev/sdb2", .type = "vfat"},
	{.number = "8:2", .source = "/dev/sda2", .type = "ext4"},
	{.number = "0:35", .source = "systemd-1", .type = "autofs"},
};

static void test_mounted(void **state)
{
	(void)state;
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, PART_A);
	put(&tree, "dev/sda2", "");
	put(&tree, "sys/class/block/sda2/dev", "8:2\n");
	put_systemd_boot("boot/efi");
	for (size_t i = 0; i < DG_COUNT(mounts); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		const struct dg_esp *e;

		put_mount(mounts[i].number, mounts[i].source, mounts[i].type,
			  "/boot/efi");
		facts = collect(&tree, &dg_collect_esps);
		e = only(facts);
		if (!mounts[i].mounted) {
			assert_true(dg_absent(&e->mounted_at));
			assert_string_equal(said(&e->filesystem), "other");
			continue;
		}
		assert_string_equal(said(&e->mounted_at), "/boot/efi");
		assert_string_equal(said(&e->filesystem), "fat");
		assert_true(dg_absent(&e->size));
		assert_systemd_boot(e);
	}
}

static void test_mount_of_a_part(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, PART_A);
	put(&tree, "dev/sda2", "");
	put_systemd_boot("boot/efi");
	put(&tree, "proc/self/mountinfo",
	    "92 27 8:2 /EFI /boot/efi rw - vfat /dev/sda2 rw\n");
	facts = collect(&tree, &dg_collect_esps);
	assert_true(dg_absent(&only(facts)->mounted_at));
	put(&tree, "proc/self/mountinfo", "half a line");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_int_equal(only(facts)->mounted_at.meta.state, DG_MALFORMED);
}

/* As the running system's root, a folder is no mount: what the table says is covered. */
static int run_live(void *arg)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	FACTS_CLEANUP struct dg_facts *facts = dg_facts_new();

	if (chroot(arg) < 0 && (unshare(CLONE_NEWUSER) < 0 || chroot(arg) < 0))
		return -ENOSYS;
	if (chdir("/") < 0 || dg_root_new("/", &root) < 0 || !dg_root_is_live(root))
		return -EINVAL;
	dg_collect_esps.run(root, facts);
	if (dg_known(&facts->boot.esps)) {
		assert_true(dg_absent(&only(facts)->mounted_at));
		return -EEXIST;
	}
	return facts->boot.esps.meta.state == DG_UNREADABLE ? -ENOENT : 0;
}

static void test_live(void **state)
{
	int r;

	(void)state;
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, PART_A);
	put(&tree, "dev/sda2", "");
	put_systemd_boot("boot/efi");
	put_mount("8:2", "/dev/sda2", "vfat", "/boot/efi");
	r = child_run(run_live, tree.dir);
	if (r == -ENOSYS)
		skip();
	assert_int_equal(r, -EEXIST);
	/* Without a list and without variables, nobody knows whether there is one. */
	drop(&tree, UUIDS);
	put_dir(&tree, "sys/firmware/efi");
	assert_int_equal(child_run(run_live, tree.dir), -ENOENT);
}

/* --- the ones that the firmware uses --- */

#define VARS   "sys/firmware/efi/efivars/"
#define LOADER "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define GLOBAL "-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static void put_booted(const char *uuid)
{
	uint8_t data[4 + 2 * 37] = {6};

	for (size_t i = 0; i < 36; i++)
		data[4 + 2 * i] = (uint8_t)uuid[i];
	put_data(&tree, VARS "LoaderDevicePartUUID" LOADER, data, sizeof(data));
}

/* Boot#### of a partition; `file` NULL: it names no program. */
static void put_entry(unsigned int number, const char *uuid, const char *file)
{
	static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6};
	uint8_t data[256] = {7, 0, 0, 0, 1}, *p = data + 12;
	char path[120];

	p[0] = 4, p[1] = 1, p[2] = 42, p[40] = 2, p[41] = 2;
	for (size_t i = 0; i < 16; i++) {
		unsigned int byte;

		uuid += *uuid == '-';
		assert_int_equal(sscanf(uuid, "%2x", &byte), 1);
		p[24 + (i < 8 ? order[i] : i)] = (uint8_t)byte;
		uuid += 2;
	}
	p += 42;
	if (file) {
		size_t n = strlen(file) + 1;

		p[0] = 4, p[1] = 4, p[2] = (uint8_t)(4 + 2 * n);
		for (size_t i = 0; i < n; i++)
			p[4 + 2 * i] = (uint8_t)file[i];
		p += 4 + 2 * n;
	}
	memcpy(p, "\x7f\xff\x04", 4);
	p += 4;
	data[8] = (uint8_t)(p - data - 12);
	snprintf(path, sizeof(path), VARS "Boot%04X" GLOBAL, number);
	put_data(&tree, path, data, (size_t)(p - data));
}

static void put_order(uint8_t first, uint8_t second, uint8_t third)
{
	const uint8_t data[] = {7, 0, 0, 0, first, 0, second, 0, third, 0};

	put_data(&tree, VARS "BootOrder" GLOBAL, data, sizeof(data));
}

#define STUB(uuid, dir)                                             \
	"search.fs_uuid " uuid " root hd0\nset prefix=($root)'" dir \
	"'\nconfigfile $prefix/grub.cfg\n"
#define ROOT_ID "3b1f0e52-84c6-4a3e-9d0b-2f7d4c51a9e6"

/* Beside systemd-boot, a GRUB of each kind, and what is none. */
static void put_programs(const char *dir)
{
	put_systemd_boot(dir);
	put_at(dir, "EFI/systemd/systemd-bootx64.efi",
	       "MZ #### LoaderInfo: systemd-boot 257 ####");
	put_at(dir, "EFI/BOOT/BOOTX64.EFI", "MZ #### LoaderInfo: systemd-boot 257 ####");
	put_at(dir, "EFI/debian/shimx64.efi", "MZ UEFI SHIM");
	put_at(dir, "EFI/debian/grubx64.efi", "MZ Welcome to GRUB!");
	put_at(dir, "EFI/debian/grub.cfg", STUB(ROOT_ID, "/boot/grub"));
	put_at(dir, "EFI/proxmox/grubx64.efi", "MZ Welcome to GRUB!");
	put_at(dir, "EFI/proxmox/grub.cfg", STUB(UUID_A, "/grub"));
	put_at(dir, "EFI/ubuntu/grubx64.efi", "MZ Welcome to GRUB!");
	put_at(dir, "EFI/ubuntu/grub.cfg", STUB("1234-ABCD", "/boot/grub"));
	put_at(dir, "EFI/plain/grubx64.efi", "MZ Welcome to GRUB!");
	put_at(dir, "EFI/lone/shimx64.efi", "MZ UEFI SHIM");
	put_at(dir, "EFI/refind/refind_x64.efi", "MZ rEFInd");
	put_at(dir, "EFI/own/loader.efi", "MZ Welcome to GRUB!");
}

static const struct {
	const char *file;
	const char *loader, *menu; /* NULL: absent */
} programs[] = {
	{.file = "\\EFI\\systemd\\systemd-bootx64.efi", .loader = "systemd-boot"},
	{.file = NULL, .loader = "systemd-boot"},
	{.file = "\\efi\\boot\\bootx64.efi", .loader = "systemd-boot"},
	{.file = "\\EFI\\debian\\shimx64.efi", .loader = "grub", .menu = "root"},
	{.file = "\\EFI\\DEBIAN\\GRUBX64.EFI", .loader = "grub", .menu = "root"},
	{.file = "\\EFI\\proxmox\\grubx64.efi", .loader = "grub", .menu = "esp"},
	{.file = "\\EFI\\ubuntu\\grubx64.efi", .loader = "grub", .menu = "elsewhere"},
	{.file = "\\EFI\\plain\\grubx64.efi", .loader = "grub"},
	{.file = "\\EFI\\own\\loader.efi", .loader = "grub"},
	{.file = "\\EFI\\lone\\shimx64.efi"},
	{.file = "\\EFI\\refind\\refind_x64.efi"},
};

static void assert_program(const struct dg_esp *esp, size_t i)
{
	const struct dg_program *p = &esp->program;

	if (!dg_known(p))
		fail_msg("%zu: %s", i, said(p));
	assert_string_equal(said(&p->entry), "Boot0003");
	if (programs[i].loader)
		assert_string_equal(said(&p->loader), programs[i].loader);
	else
		assert_true(dg_absent(&p->loader));
	if (programs[i].menu)
		assert_string_equal(said(&p->menu), programs[i].menu);
	else
		assert_true(dg_absent(&p->menu));
}

/* Each alike on an image and in a folder, which stands for a mount. */
static void expect_programs(void)
{
	for (size_t i = 0; i < DG_COUNT(programs); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put_entry(3, PART_A, programs[i].file);
		facts = collect(&tree, &dg_collect_esps);
		assert_program(only(facts), i);
	}
}

static void test_program(void **state)
{
	(void)state;
	if (!has_tools)
		skip();
	put(&tree, UUIDS, UUID_A "\n");
	put(&tree, "boot/grub/grub.cfg", "search --fs-uuid --set=root " ROOT_ID "\n");
	put_order(3, 4, 5);
	put_esp("sda2", UUID_A, PART_A, put_programs);
	expect_programs();
	put_programs("boot/efi");
	put_mount("8:2", "/dev/sda2", "vfat", "/boot/efi");
	expect_programs();
}

static void put_removable_shim(const char *dir)
{
	put_programs(dir);
	put_at(dir, "EFI/BOOT/BOOTX64.EFI", "MZ UEFI SHIM");
	put_at(dir, "EFI/BOOT/grubx64.efi", "MZ Welcome to GRUB!");
	put_at(dir, "EFI/BOOT/fbx64.efi", "MZ fallback");
	put_at(dir, "EFI/proxmox/shimx64.efi", "MZ UEFI SHIM");
}

static void put_wanting_entry(const char *dir)
{
	put_removable_shim(dir);
	put_at(dir, "EFI/proxmox/BOOTX64.CSV", "shimx64.efi,proxmox");
}

static void put_both_wanting(const char *dir)
{
	put_wanting_entry(dir);
	put_at(dir, "EFI/debian/BOOTX64.CSV", "shimx64.efi,debian");
}

/* shim as any disk's program makes entries anew, and boots by the one it made. */
static void test_program_fallback(void **state)
{
	static const struct {
		void (*fill)(const char *dir);
		const char *loader;
	} cases[] = {
		{.fill = put_removable_shim},
		{.fill = put_wanting_entry, .loader = "grub"},
		{.fill = put_both_wanting},
	};

	(void)state;
	if (!has_tools)
		skip();
	put(&tree, UUIDS, UUID_A "\n");
	put_order(3, 4, 5);
	put_entry(3, PART_A, "\\EFI\\BOOT\\BOOTX64.EFI");
	put_links("sda2", UUID_A, PART_A);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;
		const struct dg_program *p;

		run("rm -f dev/sda2");
		cases[i].fill("src");
		put_image("sda2", UUID_A, "-F 32 -s 1", 40, "src");
		facts = collect(&tree, &dg_collect_esps);
		p = &only(facts)->program;
		if (cases[i].loader) {
			assert_string_equal(said(&p->loader), cases[i].loader);
			assert_string_equal(said(&p->menu), "esp");
		} else {
			assert_true(dg_absent(&p->loader));
			assert_non_null(strstr(p->loader.meta.detail, "which GRUB"));
		}
	}
}

/* The firmware passes over partitions that are gone, and programs that are. */
static void test_program_order(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_esp *e;

	(void)state;
	if (!has_tools)
		skip();
	put(&tree, UUIDS, UUID_A "\n");
	put_esp("sda2", UUID_A, PART_A, put_programs);
	put_esp("sdb2", UUID_B, PART_B, put_systemd_boot);
	put_order(1, 2, 3);
	put_entry(1, "00000000-0000-0000-0000-000000000001", NULL);
	put_entry(2, PART_A, "\\EFI\\gone\\grubx64.efi");
	put_entry(3, PART_A, "\\EFI\\systemd\\systemd-bootx64.efi");
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->program.entry), "Boot0003");
	/* One whose program is gone is none that counts, and a later one is not read. */
	put_entry(2, PART_B, "\\EFI\\gone\\grubx64.efi");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->program.entry), "Boot0003");
	put_order(2, 3, 1);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->program.entry), "Boot0003");
	/* What BootNext names comes first, a firmware update is passed through. */
	put_entry(6, PART_A, "\\EFI\\debian\\fwupdx64.efi");
	put_data(&tree, VARS "BootNext" GLOBAL, "\7\0\0\0\6", 6);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->program.entry), "Boot0003");
	put_entry(6, PART_A, "\\EFI\\refind\\refind_x64.efi");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	e = only(facts);
	assert_string_equal(said(&e->program.entry), "Boot0006");
	assert_string_equal(said(&e->program.path), "\\EFI\\refind\\refind_x64.efi");
	assert_true(dg_absent(&e->program.loader));
}

static void test_booted(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_esp *e;

	(void)state;
	if (!has_tools)
		skip();
	put_booted(PART_B);
	facts = collect(&tree, &dg_collect_esps);
	assert_true(dg_absent(&facts->boot.esps)); /* it is not there */
	put(&tree, UUIDS, UUID_A "\n");
	put_esp("sda2", UUID_A, PART_A, NULL);
	put_esp("sdb2", UUID_B, PART_B, put_systemd_boot);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_int_equal(facts->boot.esps.count, 2);
	e = facts->boot.esps.items;
	assert_true(dg_true(&e[0].listed));
	assert_true(dg_absent(&e[0].loader));
	assert_true(dg_known(&e[1].listed) && !e[1].listed.value);
	assert_string_equal(said(&e[1].uuid), UUID_B);
	assert_string_equal(said(&e[1].part_uuid), PART_B);
	assert_string_equal(said(&e[1].device), "/dev/sdb2");
	assert_systemd_boot(&e[1]);
	/* The same one is listed. */
	put_booted(PART_A);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->part_uuid), PART_A);
}

/* No link leads to it; udev's records do, or only its name does. */
static void test_booted_by_record(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	if (!has_tools)
		skip();
	put_booted(PART_B);
	put_image("sdb2", UUID_B, "-F 16", 16, NULL);
	put(&tree, "run/udev/data/b8:18", "E:ID_PART_ENTRY_UUID=" PART_B "\n");
	put_link(&tree, "sys/dev/block/8:18", "../../devices/x/sdb/sdb2");
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->uuid), UUID_B); /* from the boot sector */
	assert_string_equal(said(&only(facts)->device), "/dev/sdb2");
	/* Nothing but the partition's name is left. */
	run("head -c 65536 /dev/zero >dev/sdb2");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->uuid), "PARTUUID=" PART_B);
	assert_string_equal(said(&only(facts)->filesystem), "other");
	run("rm dev/sdb2");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_true(dg_absent(&facts->boot.esps));
}

/* A listed ESP of which nothing but its device is known is the booted one. */
static void test_booted_same_device(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, NULL);
	put(&tree, "dev/sda2", "");
	put(&tree, "run/udev/data/b8:2", "E:ID_PART_ENTRY_UUID=" PART_A "\n");
	put_link(&tree, "dev/block/8:2", "../sda2");
	put_booted(PART_A);
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->part_uuid), PART_A);
	assert_true(dg_true(&only(facts)->listed));
}

/* --- what is not as it should be --- */

static void expect_content(enum dg_state state, const char *filesystem)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_esps);
	const struct dg_esp *e = only(facts);
	const void *all[] = {&e->loader,	 &e->size,    &e->free,	  &e->loader_time,
			     &e->loader_default, &e->entries, &e->copies, &e->grub};

	assert_true(dg_known(&e->device));
	assert_string_equal(said(&e->filesystem), filesystem);
	for (size_t i = 0; i < DG_COUNT(all); i++)
		assert_int_equal(((const struct dg_meta *)all[i])->state, state);
}

static void test_no_fat(void **state)
{
	(void)state;
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, NULL);
	put(&tree, "dev/sda2", "");
	expect_content(DG_ABSENT, "other");
	put(&tree, "dev/sda2", "not even a sector");
	expect_content(DG_ABSENT, "other");
	put_sparse(&tree, "dev/sda2", 64 << 20);
	expect_content(DG_ABSENT, "other");
	drop(&tree, "dev/sda2");
	put_fifo(&tree, "dev/sda2");
	expect_content(DG_UNREADABLE, "unreadable: /dev/sda2: is not a regular file");
	drop(&tree, "dev/sda2");
	put_dir(&tree, "dev/sda2");
	expect_content(DG_UNREADABLE, "unreadable: /dev/sda2: is a directory");
}

static void test_damaged_fat(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	char path[256];

	(void)state;
	if (!has_tools)
		skip();
	put(&tree, UUIDS, UUID_A "\n");
	put_esp("sda2", UUID_A, PART_A, put_systemd_boot);
	/* The boot sector is whole, the rest is noise: all reads say so, none crashes. */
	run("seq 400000 | tail -c 2000000 | dd of=dev/sda2 bs=512 seek=32 conv=notrunc");
	facts = collect(&tree, &dg_collect_esps);
	assert_string_equal(said(&only(facts)->filesystem), "fat");
	assert_int_equal(only(facts)->loader.meta.state, DG_MALFORMED);
	assert_int_equal(only(facts)->copies.meta.state, DG_MALFORMED);
	/* Torn off. */
	assert_int_equal(truncate(tree_path(&tree, "dev/sda2", path), 1 << 20), 0);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_int_equal(only(facts)->filesystem.meta.state, DG_MALFORMED);
	assert_int_equal(only(facts)->copies.meta.state, DG_MALFORMED);
}

#define EFI "boot/efi/"

/* An ESP that is read through its mount, and holds nothing yet. */
static void put_mounted(void)
{
	put(&tree, UUIDS, UUID_A "\n");
	put_links("sda2", UUID_A, NULL);
	put(&tree, "dev/sda2", "");
	put_mount("8:2", "/dev/sda2", "vfat", "/boot/efi");
}

static void test_hostile_content(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_loader_entry *e;
	const struct dg_copy *c;
	const struct dg_esp *esp;

	(void)state;
	put_mounted();
	put_data(&tree, EFI "loader/loader.conf", "default\0x\n", 10);
	put_data(&tree, EFI "loader/entries/a.conf", "linux /a\0b\n", 11);
	put(&tree, EFI "loader/entries/b.conf", "version 1.2-x\nlinux /other\n");
	put(&tree, EFI "other", "x");
	put(&tree, EFI "loader/entries/c.conf", "version 1.2-x\nefi /tool.efi\n");
	put(&tree, EFI "tool.efi", "MZ");
	put_dir(&tree, EFI "loader/entries/d.conf");
	put_dir(&tree, EFI "EFI/proxmox/1-empty");
	put_dir(&tree, EFI "EFI/proxmox/2-dirs/vmlinuz-2-dirs");
	put_dir(&tree, EFI "EFI/proxmox/2-dirs/initrd.img-2-dirs");
	put_kernel(EFI "EFI/proxmox/3-torn/vmlinuz-3-torn", 20000);
	put(&tree, EFI "EFI/proxmox/4-text/vmlinuz-4-text", "no kernel\n");
	put_data(&tree, EFI "EFI/proxmox/4-text/initrd.img-4-text", (char[4095]){0},
		 4095);
	put(&tree, EFI "EFI/proxmox/5-elf/vmlinuz-5-elf",
	    "\x7f"
	    "ELF\2\1\1");
	put(&tree, EFI "EFI/proxmox/not-an-abi/vmlinuz-not-an-abi", "x");
	facts = collect(&tree, &dg_collect_esps);
	esp = only(facts);
	assert_int_equal(esp->loader_default.meta.state, DG_MALFORMED);
	assert_int_equal(esp->entries.count, 4);
	e = esp->entries.items;
	assert_int_equal(e[0].abi.meta.state, DG_MALFORMED);
	assert_string_equal(said(&e[1].abi), "1.2-x");
	assert_true(dg_absent(&e[2].abi)); /* no kernel of this host's */
	assert_int_equal(e[3].abi.meta.state, DG_UNREADABLE);
	assert_int_equal(esp->copies.count, 4);
	c = esp->copies.items;
	assert_int_equal(c[0].image.meta.state, DG_UNREADABLE);
	assert_int_equal(c[0].initrd.meta.state, DG_UNREADABLE);
	assert_string_equal(said(&c[1].image),
			    "absent: EFI/proxmox/3-torn/vmlinuz-3-torn: 20000 bytes, "
			    "blank or cut off");
	assert_true(dg_absent(&c[1].initrd));
	assert_int_equal(c[1].image_version.meta.state, DG_MALFORMED);
	assert_int_equal(c[2].image_version.meta.state, DG_MALFORMED);
	assert_string_equal(said(&c[2].initrd),
			    "absent: EFI/proxmox/4-text/initrd.img-4-text: only 4095 "
			    "bytes");
	assert_number(&c[2].initrd_size, 4095);
	assert_true(dg_absent(&c[3].image_version));
}

/* What systemd-boot leaves out of its menu boots never, and names are in lower case
 * there. */
static void test_entries_shown(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_esp *esp;

	(void)state;
	put_mounted();
	put(&tree, EFI "loader/loader.conf", "default proxmox-*\n");
	put(&tree, EFI "loader/entries/Proxmox-1.2-X.conf", "version 1.2-x\nlinux /v\n");
	put(&tree, EFI "loader/entries/proxmox-1.3-x.conf",
	    "version 1.3-x\nlinux /gone\n");
	put(&tree, EFI "loader/entries/proxmox-1.4-x.conf", "");
	put(&tree, EFI "loader/entries/tool.conf", "title tool\nefi \\gone.efi\n");
	put(&tree, EFI "v", "x");
	facts = collect(&tree, &dg_collect_esps);
	esp = only(facts);
	assert_int_equal(esp->entries.count, 1);
	assert_string_equal(said(&esp->entries.items[0].id), "proxmox-1.2-x.conf");
}

static void test_many(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put_mounted();
	run("mkdir -p boot/efi/loader/entries boot/efi/EFI/proxmox && "
	    "cd boot/efi && for i in $(seq 300); do echo linux /EFI "
	    ">loader/entries/$i.conf; "
	    "mkdir EFI/proxmox/$i; : >EFI/proxmox/$i/vmlinuz-$i; done");
	facts = collect(&tree, &dg_collect_esps);
	assert_int_equal(only(facts)->entries.meta.state, DG_UNREADABLE);
	assert_int_equal(only(facts)->copies.meta.state, DG_UNREADABLE);
	run("for i in $(seq 1300); do : >boot/efi/EFI/proxmox/$i.x; done");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_esps);
	assert_int_equal(only(facts)->copies.meta.state, DG_UNREADABLE);
}

/* --- written to while it is read --- */

/* The count of free clusters, which Linux writes all the time it writes files. */
#define FREE_COUNT (512 + 488)

static void write_on(void *arg, int ready)
{
	DG_CLOSE int fd = open(arg, O_WRONLY);

	assert_int_equal(write(ready, "x", 1), 1);
	for (uint32_t count = 1;; count = count % 60000 + 1)
		assert_int_equal(pwrite(fd, &count, 4, FREE_COUNT), 4);
}

static void test_torn(void **state)
{
	const char *torn = "unreadable: /dev/sda2: was being written while it was read";
	char path[256];
	int seen = 0;
	pid_t writer;

	(void)state;
	if (!has_tools)
		skip();
	put(&tree, UUIDS, UUID_A "\n");
	put_esp("sda2", UUID_A, PART_A, put_systemd_boot);
	writer = child_start(write_on, (char *)tree_path(&tree, "dev/sda2", path));
	for (int i = 0; i < 2000 && !seen; i++) {
		FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_esps);
		const struct dg_esp *e = only(facts);

		if (dg_known(&e->filesystem)) {
			assert_systemd_boot(e);
			continue;
		}
		assert_string_equal(said(&e->filesystem), torn);
		assert_string_equal(said(&e->copies), torn);
		assert_int_equal(e->copies.count, 0);
		assert_string_equal(said(&e->grub), torn);
		assert_string_equal(said(&e->device), "/dev/sda2");
		seen++;
	}
	child_stop(writer);
	/* On a busy machine no write may fall into a read; test_changed holds the rest.
	 */
	if (!seen) {
		print_message("skipped: the writer never came between two reads\n");
		skip();
	}
}

static void test_changed(void **state)
{
	DG_VOLUME_CLEANUP struct dg_volume *v = NULL;
	bool changed = true;

	(void)state;
	if (!has_tools)
		skip();
	put_image("sda2", UUID_A, "-F 32 -s 1", 40, NULL);
	assert_int_equal(dg_volume_new_fat(tree.root, "dev/sda2", &v, NULL), 0);
	assert_int_equal(dg_volume_changed(v, &changed), 0);
	assert_false(changed);
	run("mmd -i dev/sda2 ::new");
	assert_int_equal(dg_volume_changed(v, &changed), 0);
	assert_true(changed);
}

/* --- */

static void find_tools(void)
{
	DG_FREE char *path = NULL;

	if (asprintf(&path, "%s:/usr/sbin:/sbin", getenv("PATH")) > 0)
		setenv("PATH", path, 1);
	setenv("TZ", "UTC", 1);
	setenv("MTOOLS_SKIP_CHECK", "1", 1);
	has_tools = system("for i in mkfs.vfat mcopy mmd; do command -v $i || exit 1; "
			   "done >/dev/null") == 0;
	if (!has_tools)
		print_message("mkfs.vfat (dosfstools) or mtools are missing: "
			      "no tests on real volumes\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_gone),
		TEST(test_bad_lists),
		TEST(test_systemd_boot),
		TEST(test_grub),
		TEST(test_kinds),
		TEST(test_mounted),
		TEST(test_mount_of_a_part),
		TEST(test_live),
		TEST(test_booted),
		TEST(test_program),
		TEST(test_program_fallback),
		TEST(test_program_order),
		TEST(test_booted_by_record),
		TEST(test_booted_same_device),
		TEST(test_no_fat),
		TEST(test_damaged_fat),
		TEST(test_hostile_content),
		TEST(test_entries_shown),
		TEST(test_many),
		TEST(test_torn),
		TEST(test_changed),
	};

	find_tools();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
