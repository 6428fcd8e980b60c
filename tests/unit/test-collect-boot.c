/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collectors of pins, GRUB's menu, EFI variables and partitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <sys/time.h>

#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define ABI "7.0.6-2-pve"

static void set_time(const char *name, int64_t time)
{
	struct timeval times[2] = {{.tv_sec = time}, {.tv_sec = time}};
	char path[256];

	assert_int_equal(utimes(tree_path(&tree, name, path), times), 0);
}

static void assert_bool(const struct dg_bool *fact, bool value)
{
	if (!dg_known(fact))
		fail_msg("%s", said(fact));
	assert_int_equal(fact->value, value);
}

/* --- pins --- */

static void test_no_pins(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_boot);
	const struct dg_boot *b = &facts->boot;
	const void *none[] = {&b->pin,
			      &b->pin_time,
			      &b->next_pin,
			      &b->next_pin_time,
			      &b->manual,
			      &b->snippet,
			      &b->snippet_time,
			      &b->grub_default,
			      &b->grub_default_path,
			      &b->grub_default_time};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(none); i++)
		if (!dg_absent(none[i]))
			fail_msg("%zu: %s", i, said(none[i]));
	assert_bool(&b->cleanup_done, false);
	assert_bool(&b->managed, false);
}

#define PIN	"etc/kernel/proxmox-boot-pin"
#define BAD_PIN "malformed: /" PIN ": "

static const struct {
	const char *text, *said;
	bool timed;
} pins[] = {
	{.text = ABI "\n", .said = ABI, .timed = true},
	{.text = "  " ABI "\t\r\nsecond line\n", .said = ABI, .timed = true},
	{.text = ABI, .said = ABI, .timed = true},
	{.text = "", .said = "absent: /" PIN ": is empty"},
	{.text = "  \n", .said = "absent: /" PIN ": its first line is empty"},
	{.text = "\n" ABI "\n", .said = "absent: /" PIN ": its first line is empty"},
	{.text = "../../etc\n",
	 .said = BAD_PIN "\"../../etc\" is no kernel's name",
	 .timed = true},
	{.text = "6.5 --foo\n",
	 .said = BAD_PIN "\"6.5 --foo\" is no kernel's name",
	 .timed = true},
	{.text = "6.5\x1b[2J\n",
	 .said = BAD_PIN "\"6.5?[2J\" is no kernel's name",
	 .timed = true},
};

static void test_pins(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(pins); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, PIN, pins[i].text);
		set_time(PIN, 1739906561);
		facts = collect(&tree, &dg_collect_boot);
		assert_string_equal(said(&facts->boot.pin), pins[i].said);
		if (pins[i].timed)
			assert_number(&facts->boot.pin_time, 1739906561);
		else
			assert_true(dg_absent(&facts->boot.pin_time));
	}
}

static void test_boot_files(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_boot *b;

	(void)state;
	put(&tree, "etc/kernel/next-boot-pin", "6.17.13-13-pve\n");
	set_time("etc/kernel/next-boot-pin", 1780000000);
	put(&tree, "etc/kernel/proxmox-boot-manual-kernels",
	    "6.5.13-5-pve\n\n  6.8.12-4-pve \nno kernel\n");
	put(&tree, "etc/kernel/proxmox-boot-uuids", "");
	put_link(&tree, "run/systemd/units/invocation:proxmox-boot-cleanup.service",
		 "9b2d4c0f1e7a43d6b8c5a0918273645f");
	facts = collect(&tree, &dg_collect_boot);
	b = &facts->boot;
	assert_string_equal(said(&b->next_pin), "6.17.13-13-pve");
	assert_number(&b->next_pin_time, 1780000000);
	assert_bool(&b->managed, true);
	assert_bool(&b->cleanup_done, true);
	assert_int_equal(b->manual.count, 3);
	assert_string_equal(said(&b->manual.items[0].name), "6.5.13-5-pve");
	assert_string_equal(said(&b->manual.items[1].name), "6.8.12-4-pve");
	assert_int_equal(b->manual.items[2].name.meta.state, DG_MALFORMED);
}

/* It has been started, and still is at it. */
static void test_cleanup_runs(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put_link(&tree, "run/systemd/units/invocation:proxmox-boot-cleanup.service",
		 "9b2d4c0f1e7a43d6b8c5a0918273645f");
	put(&tree, "sys/fs/cgroup/system.slice/proxmox-boot-cleanup.service/cgroup.procs",
	    "812\n");
	facts = collect(&tree, &dg_collect_boot);
	assert_bool(&facts->boot.cleanup_done, false);
}

static void test_hostile_boot_files(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_boot *b;

	(void)state;
	put_fifo(&tree, PIN);
	put_dir(&tree, "etc/kernel/next-boot-pin");
	put_sparse(&tree, "etc/kernel/proxmox-boot-manual-kernels", 1 << 30);
	put_link(&tree, "etc/kernel/proxmox-boot-uuids", "proxmox-boot-uuids");
	put_fifo(&tree, "etc/default/grub");
	put_data(&tree, "etc/default/grub.d/proxmox-kernel-pin.cfg", "GRUB_DEFAULT=\"a\n",
		 16);
	facts = collect(&tree, &dg_collect_boot);
	b = &facts->boot;
	assert_string_equal(said(&b->pin), "unreadable: /" PIN ": is not a regular file");
	assert_string_equal(said(&b->next_pin),
			    "unreadable: /etc/kernel/next-boot-pin: is a directory");
	assert_int_equal(b->manual.meta.state, DG_UNREADABLE);
	assert_int_equal(b->managed.meta.state, DG_UNREADABLE);
	assert_string_equal(said(&b->grub_default),
			    "unreadable: /etc/default/grub: is not a regular file");
	assert_int_equal(b->snippet.meta.state, DG_MALFORMED);
	assert_int_equal(b->snippet_time.meta.state, DG_MALFORMED);
}

static void test_many_manual(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	static char text[300 * 12];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "6.5.%d-pve\n", i);
	put(&tree, "etc/kernel/proxmox-boot-manual-kernels", text);
	facts = collect(&tree, &dg_collect_boot);
	assert_int_equal(facts->boot.manual.meta.state, DG_UNREADABLE);
}

/* --- what GRUB is told --- */

#define SNIPPET "etc/default/grub.d/proxmox-kernel-pin.cfg"

static void test_grub_default(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put(&tree, "etc/default/grub", "GRUB_DEFAULT=saved\nGRUB_TIMEOUT=5\n");
	put(&tree, "etc/default/grub.d/a.cfg", "GRUB_DEFAULT=2\n");
	put(&tree, SNIPPET, "GRUB_DEFAULT=\"x>y\"\n");
	put(&tree, "etc/default/grub.d/proxmox-ve.cfg", "GRUB_DISTRIBUTOR=\"PVE\"\n");
	put(&tree, "etc/default/grub.d/z.cfg.dpkg-old", "GRUB_DEFAULT=9\n");
	put(&tree, "etc/default/grub.d/.z.cfg", "GRUB_DEFAULT=9\n");
	set_time(SNIPPET, 1739906561);
	facts = collect(&tree, &dg_collect_boot);
	assert_string_equal(said(&facts->boot.snippet), "x>y");
	assert_number(&facts->boot.snippet_time, 1739906561);
	assert_string_equal(said(&facts->boot.grub_default), "x>y");
	assert_string_equal(said(&facts->boot.grub_default_path), "/" SNIPPET);
	assert_number(&facts->boot.grub_default_time, 1739906561);
}

static void test_grub_default_plain(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	struct dg_boot *b;

	(void)state;
	put(&tree, "etc/default/grub", "GRUB_DEFAULT='1>4'\n");
	put(&tree, SNIPPET, "# nothing\n");
	facts = collect(&tree, &dg_collect_boot);
	b = &facts->boot;
	assert_string_equal(said(&b->snippet),
			    "absent: /" SNIPPET ": sets no GRUB_DEFAULT");
	assert_string_equal(said(&b->grub_default), "1>4");
	assert_string_equal(said(&b->grub_default_path), "/etc/default/grub");
	put(&tree, "etc/default/grub.d/z.cfg", "\nGRUB_DEFAULT=$(cat /x)\n");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_boot);
	assert_string_equal(said(&facts->boot.grub_default),
			    "unreadable: /etc/default/grub.d/z.cfg: line 2 leaves it to "
			    "the shell: $(cat /x)");
}

/* --- GRUB's menu --- */

#define HEAD                                                                         \
	"if [ -s $prefix/grubenv ]; then\n  set have_grubenv=true\n  load_env\nfi\n" \
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n"        \
	"   set next_entry=\n   save_env next_entry\n   set boot_once=true\n"        \
	"else\n   set default=\"%s\"\nfi\n"
#define FONT "insmod %s\nloadfont unicode\n"
#define MENU                                                                            \
	"menuentry 'PVE' --class gnu-linux $menuentry_id_option 'simple' {\n"           \
	"\tinsmod part_gpt\n\tinsmod %s\n"                                              \
	"\tlinux /boot/vmlinuz-" ABI " root=x\n\tinitrd /boot/initrd.img-" ABI "\n}\n"  \
	"submenu 'More' $menuentry_id_option 'more' {\n"                                \
	"\tmenuentry 'Old' {\n\t\tinsmod btrfs\n\t\tlinux /boot/vmlinuz-6.5.13-5-pve\n" \
	"\t}\n}\nmenuentry 'Other' {\n\tinsmod zfs\n\tchainloader +1\n}\n"

static void put_menu(const char *value, const char *font, const char *module)
{
	char text[2048];

	snprintf(text, sizeof(text), HEAD FONT MENU, value, font, module);
	put(&tree, "boot/grub/grub.cfg", text);
}

static void put_env(const char *variables)
{
	char block[1024];
	size_t n;

	memset(block, '#', sizeof(block));
	n = (size_t)snprintf(block, sizeof(block), "# GRUB Environment Block\n%s",
			     variables);
	block[n] = '#';
	put_data(&tree, "boot/grub/grubenv", block, sizeof(block));
}

static void test_grub(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_menu_entry *e;
	const struct dg_grub *g;

	(void)state;
	put_menu("${saved_entry}", "ext2", "ext2");
	put_env("saved_entry=more>Old\nnext_entry=\n");
	set_time("boot/grub/grub.cfg", 1780000001);
	set_time("boot/grub/grubenv", 1780000002);
	facts = collect(&tree, &dg_collect_grub);
	g = &facts->boot.grub;
	assert_true(dg_known(g));
	assert_string_equal(said(&g->path), "/boot/grub/grub.cfg");
	assert_number(&g->time, 1780000001);
	assert_number(&g->env_time, 1780000002);
	assert_string_equal(said(&g->default_value), "${saved_entry}");
	assert_string_equal(said(&g->saved_entry), "more>Old");
	assert_true(dg_absent(&g->next_entry));
	assert_bool(&g->one_shot, true);
	assert_int_equal(g->entries.count, 4);
	e = g->entries.items;
	assert_string_equal(said(&e[0].abi), ABI);
	assert_string_equal(said(&e[0].id), "simple");
	assert_string_equal(said(&e[0].initrd), "/boot/initrd.img-" ABI);
	assert_bool(&e[1].submenu, true);
	assert_true(dg_absent(&e[1].abi));
	assert_number(&e[2].parent, 1);
	assert_true(dg_absent(&e[2].initrd));
	assert_true(dg_absent(&e[2].id));
	assert_number(&e[3].parent, -1);
}

/* Where next_entry can be cleared: on plain disks with plain file systems. What other
 * entries and the font of the header load does not count. */
static const struct {
	const char *font, *module;
	bool one_shot;
} stores[] = {
	{.font = "ext2", .module = "ext2", .one_shot = true},
	{.font = "lvm", .module = "ext2", .one_shot = true},
	{.font = "ext2", .module = "fat", .one_shot = true},
	{.font = "ext2", .module = "xfs", .one_shot = true},
	{.font = "ext2", .module = "lvm"},
	{.font = "ext2", .module = "zfs"},
	{.font = "ext2", .module = "btrfs"},
	{.font = "ext2", .module = "mdraid1x"},
	{.font = "ext2", .module = "diskfilter"},
};

static void test_one_shot(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(stores); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put_menu("0", stores[i].font, stores[i].module);
		facts = collect(&tree, &dg_collect_grub);
		assert_bool(&facts->boot.grub.one_shot, stores[i].one_shot);
	}
	{
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, "boot/grub/grub.cfg",
		    "menuentry 'x' {\n linux /vmlinuz-1\n}\n");
		facts = collect(&tree, &dg_collect_grub);
		assert_bool(&facts->boot.grub.one_shot, false);
		assert_true(dg_absent(&facts->boot.grub.default_value));
	}
}

static void test_bad_grub(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_grub);

	(void)state;
	assert_true(dg_absent(&facts->boot.grub));
	put(&tree, "boot/grub/grub.cfg", "menuentry 'x' {\n");
	put(&tree, "boot/grub/grubenv", "no signature");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_grub);
	assert_int_equal(facts->boot.grub.meta.state, DG_MALFORMED);
	put_menu("0", "ext2", "ext2");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_grub);
	assert_true(dg_known(&facts->boot.grub));
	assert_int_equal(facts->boot.grub.saved_entry.meta.state, DG_MALFORMED);
	assert_int_equal(facts->boot.grub.next_entry.meta.state, DG_MALFORMED);
	assert_true(dg_known(&facts->boot.grub.env_time));
	put(&tree, "boot/grub/grub.cfg", "if [ $x = 1 ]; then\nset default=1\nfi\n");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_grub);
	assert_int_equal(facts->boot.grub.default_value.meta.state, DG_UNREADABLE);
	put_sparse(&tree, "boot/grub/grub.cfg", (4 << 20) + 1);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_grub);
	assert_int_equal(facts->boot.grub.meta.state, DG_UNREADABLE);
}

/* --- EFI --- */

#define VARS   "sys/firmware/efi/efivars/"
#define GLOBAL "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define PART_A "9a40c1d2-6f3b-4d5c-9a1e-0b1c2d3e4f5a"
#define PART_B "b7e83f52-6f3b-4d5c-9a1e-0b1c2d3e4f5a"

static void put_variable(const char *name, const void *data, size_t n)
{
	uint8_t buf[512] = {7};
	char path[160];

	memcpy(buf + 4, data, n);
	snprintf(path, sizeof(path), VARS "%s", name);
	put_data(&tree, path, buf, n + 4);
}

static void put_utf16(const char *name, const char *text)
{
	uint8_t data[256] = {0};
	size_t n = strlen(text) + 1;

	for (size_t i = 0; i < n; i++)
		data[2 * i] = (uint8_t)text[i];
	put_variable(name, data, 2 * n);
}

/* A load option on the GPT partition `uuid`; NULL: on none. */
static void put_option(const char *name, bool active, const char *uuid)
{
	static const uint8_t order[] = {3, 2, 1,  0,  5,  4,  7,  6,
					8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t data[64] = {active}, *p = data + 8;
	unsigned int byte;

	if (uuid) {
		data[4] = 42 + 4;
		p[0] = 4, p[1] = 1, p[2] = 42, p[40] = 2, p[41] = 2;
		for (size_t i = 0; i < 16; i++) {
			uuid += *uuid == '-';
			assert_int_equal(sscanf(uuid, "%2x", &byte), 1);
			p[24 + order[i]] = (uint8_t)byte;
			uuid += 2;
		}
		p += 42;
	} else {
		data[4] = 4;
	}
	memcpy(p, "\x7f\xff\x04", 4);
	put_variable(name, data, (size_t)(p + 4 - data));
}

/* A menu that was cut off before its first entry; what leads to another is none. */
static void test_empty_grub(void **state)
{
	static const char custom[] = "if [ -f ${config_directory}/custom.cfg ]; then\n"
				     "  source ${config_directory}/custom.cfg\nfi\n";
	static const struct {
		const char *text;
		bool empty;
	} menus[] = {
		{"", true},
		{"set default=\"0\"\ninsmod ext2\n", true},
		{custom, true},
		{"search --fs-uuid x --set\nconfigfile /grub/grub.cfg\n", false},
		{"if [ -f /x ]; then source /x; fi\n", false},
		{"insmod blscfg\nblscfg\n", false},
		{"linux /vmlinuz-" ABI "\nboot\n", false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(menus); i++) {
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, "boot/grub/grub.cfg", menus[i].text);
		facts = collect(&tree, &dg_collect_grub);
		assert_int_equal(facts->boot.grub.entries.count, 0);
		if (dg_known(&facts->boot.grub.entries) != menus[i].empty)
			fail_msg("menu %zu", i);
	}
	{
		FACTS_CLEANUP struct dg_facts *facts = NULL;

		put(&tree, "boot/grub/grub.cfg", custom);
		put(&tree, "boot/grub/custom.cfg", "menuentry 'x' {\n}\n");
		facts = collect(&tree, &dg_collect_grub);
		assert_false(dg_known(&facts->boot.grub.entries));
	}
}

static void test_efi(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_efi *e;

	(void)state;
	put_variable("SecureBoot" GLOBAL, "\1", 1);
	put_utf16("LoaderInfo" LOADER, "systemd-boot 257.9");
	put_utf16("LoaderEntryDefault" LOADER, "proxmox-6.5.13-5-pve.conf");
	put_utf16("LoaderEntrySelected" LOADER, "");
	put_utf16("LoaderDevicePartUUID" LOADER, "9A40C1D2-6F3B-4D5C-9A1E-0B1C2D3E4F5A");
	put_variable("BootOrder" GLOBAL, "\1\0\2\0\3\0\4\0\5\0", 10);
	put_option("Boot0002" GLOBAL, true, NULL);
	put_option("Boot0003" GLOBAL, false, PART_A);
	put_variable("Boot0004" GLOBAL, "\1\0", 2);
	put_option("Boot0005" GLOBAL, true, PART_B);
	facts = collect(&tree, &dg_collect_efi);
	e = &facts->boot.efi;
	assert_true(dg_known(e));
	assert_bool(&e->booted, true);
	assert_bool(&e->secure_boot, true);
	assert_string_equal(said(&e->loader_info), "systemd-boot 257.9");
	assert_string_equal(said(&e->entry_default), "proxmox-6.5.13-5-pve.conf");
	assert_true(dg_absent(&e->entry_oneshot));
	assert_true(dg_absent(&e->entry_selected));
	assert_string_equal(said(&e->loader_part_uuid), PART_A);
	assert_string_equal(said(&e->firmware_part_uuid), PART_B);
}

static void test_efi_entries(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put_variable("BootCurrent" GLOBAL, "\x0a\x1c", 2);
	put_option("Boot1C0A" GLOBAL, false, PART_B);
	put_variable("BootNext" GLOBAL, "\5\0", 2);
	put_option("Boot0005" GLOBAL, true, PART_A);
	put_variable("BootOrder" GLOBAL, "\x0a\x1c", 2);
	facts = collect(&tree, &dg_collect_efi);
	assert_string_equal(said(&facts->boot.efi.loader_part_uuid), PART_B);
	assert_string_equal(said(&facts->boot.efi.firmware_part_uuid), PART_A);
	/* A BootNext to the network says that no partition is next. */
	put_option("Boot0005" GLOBAL, true, NULL);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_efi);
	assert_true(dg_absent(&facts->boot.efi.firmware_part_uuid));
}

/* Firmware that nobody told of the ESP has an entry of each whole disk. The one that it
 * came here by comes first again. */
static void test_efi_whole_disk(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;

	(void)state;
	put_utf16("LoaderDevicePartUUID" LOADER, PART_A);
	put_variable("BootCurrent" GLOBAL, "\3\0", 2);
	put_variable("BootOrder" GLOBAL, "\1\0\3\0\5\0", 6);
	put_option("Boot0001" GLOBAL, true, NULL);
	put_option("Boot0003" GLOBAL, true, NULL);
	put_option("Boot0005" GLOBAL, true, PART_B);
	facts = collect(&tree, &dg_collect_efi);
	assert_string_equal(said(&facts->boot.efi.firmware_part_uuid), PART_A);
	/* Behind the others it does not. */
	put_variable("BootOrder" GLOBAL, "\1\0\5\0\3\0", 6);
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_efi);
	assert_string_equal(said(&facts->boot.efi.firmware_part_uuid), PART_B);
}

static void test_bad_efi(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	const struct dg_efi *e;

	(void)state;
	put(&tree, VARS "LoaderInfo" LOADER, "abc");
	put(&tree, VARS "SecureBoot" GLOBAL, "\7\0\0\0\2");
	put_sparse(&tree, VARS "LoaderEntryDefault" LOADER, 1 << 30);
	put_fifo(&tree, VARS "LoaderEntryOneShot" LOADER);
	put_utf16("LoaderDevicePartUUID" LOADER, "../../../etc/passwd");
	put_dir(&tree, VARS "BootNext" GLOBAL);
	facts = collect(&tree, &dg_collect_efi);
	e = &facts->boot.efi;
	assert_int_equal(e->loader_info.meta.state, DG_MALFORMED);
	assert_int_equal(e->secure_boot.meta.state, DG_MALFORMED);
	assert_int_equal(e->entry_default.meta.state, DG_UNREADABLE);
	assert_int_equal(e->entry_oneshot.meta.state, DG_UNREADABLE);
	assert_int_equal(e->loader_part_uuid.meta.state, DG_MALFORMED);
	assert_int_equal(e->firmware_part_uuid.meta.state, DG_UNREADABLE);
}

static void expect_no_variables(const struct dg_root *root, bool booted,
				enum dg_state each)
{
	FACTS_CLEANUP struct dg_facts *facts = dg_facts_new();
	const struct dg_efi *e = &facts->boot.efi;
	const void *all[] = {&e->secure_boot,	    &e->loader_info,
			     &e->entry_default,	    &e->entry_oneshot,
			     &e->entry_selected,    &e->loader_part_uuid,
			     &e->firmware_part_uuid};

	dg_collect_efi.run(root, facts);
	assert_true(dg_known(e));
	assert_bool(&e->booted, booted);
	for (size_t i = 0; i < DG_COUNT(all); i++)
		assert_int_equal(((const struct dg_meta *)all[i])->state, each);
}

/* The tree as the running system's root. */
static int run_live(void *arg)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;

	if (chroot(arg) < 0 && (unshare(CLONE_NEWUSER) < 0 || chroot(arg) < 0))
		return -ENOSYS;
	if (chdir("/") < 0 || dg_root_new("/", &root) < 0 || !dg_root_is_live(root))
		return -EINVAL;
	expect_no_variables(root, true, DG_UNREADABLE);
	return 0;
}

static void test_no_variables(void **state)
{
	int r;

	(void)state;
	expect_no_variables(tree.root, false, DG_ABSENT);
	put_dir(&tree, "sys/firmware/efi");
	expect_no_variables(tree.root, true, DG_ABSENT);
	r = child_run(run_live, tree.dir);
	if (r == -ENOSYS)
		skip();
	assert_int_equal(r, 0);
	put_dir(&tree, "sys/firmware/efi/efivars");
	expect_no_variables(tree.root, true, DG_ABSENT);
	assert_int_equal(child_run(run_live, tree.dir), 0);
}

/* --- partitions --- */

#define ESP_TYPE "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

static void test_partitions(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = collect(&tree, &dg_collect_partitions);
	const struct dg_partition *p;

	(void)state;
	assert_true(dg_absent(&facts->boot.partitions));
	put(&tree, "run/udev/data/b8:0", "S:disk/by-id/x\nE:ID_TYPE=disk\n");
	put(&tree, "run/udev/data/b8:2",
	    "E:ID_PART_ENTRY_TYPE=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n"
	    "E:ID_PART_ENTRY_UUID=" PART_A "\nE:ID_PART_ENTRY_DISK=8:0\n"
	    "E:ID_FS_TYPE=vfat\nE:ID_FS_UUID=1FDB-C48E\nE:ID_FS_LABEL=EFI\n");
	put(&tree, "run/udev/data/b8:1",
	    "E:ID_PART_ENTRY_TYPE=x\nE:ID_PART_ENTRY_DISK=8:16\n");
	put_link(&tree, "sys/dev/block/8:2", "../../devices/pci/block/sda/sda2");
	put_link(&tree, "sys/dev/block/8:0", "../../devices/pci/block/sda");
	/* A whole disk with a file system, a logical volume, guests' disks, a NIC. */
	put(&tree, "run/udev/data/b8:32", "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=a\n");
	put(&tree, "run/udev/data/b252:1", "E:DM_NAME=pve-root\nE:ID_FS_UUID=b\n");
	put(&tree, "run/udev/data/b252:2",
	    "E:DM_NAME=mpatha-part2\nE:ID_PART_ENTRY_TYPE=" ESP_TYPE "\n");
	put(&tree, "run/udev/data/b230:1", "E:ID_PART_ENTRY_TYPE=" ESP_TYPE "\n");
	put(&tree, "run/udev/data/b7:1", "E:ID_PART_ENTRY_TYPE=" ESP_TYPE "\n");
	put(&tree, "run/udev/data/n2", "E:ID_PART_ENTRY_TYPE=" ESP_TYPE "\n");
	put(&tree, "run/udev/data/bxy", "E:ID_PART_ENTRY_TYPE=" ESP_TYPE "\n");
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_partitions);
	assert_int_equal(facts->boot.partitions.count, 4);
	p = facts->boot.partitions.items;
	assert_string_equal(said(&p[0].name), "b252:2");
	assert_string_equal(said(&p[1].name), "b8:1");
	assert_string_equal(said(&p[1].disk), "8:16");
	assert_string_equal(said(&p[2].name), "b8:32");
	assert_true(dg_absent(&p[2].disk));
	assert_string_equal(said(&p[3].name), "sda2");
	assert_string_equal(said(&p[3].disk), "sda");
	assert_string_equal(said(&p[3].type), ESP_TYPE);
	assert_string_equal(said(&p[3].part_uuid), PART_A);
	assert_string_equal(said(&p[3].fs_type), "vfat");
	assert_string_equal(said(&p[3].fs_uuid), "1FDB-C48E");
	assert_string_equal(said(&p[3].fs_label), "EFI");
}

static void test_bad_partitions(void **state)
{
	FACTS_CLEANUP struct dg_facts *facts = NULL;
	char name[64];

	(void)state;
	put_fifo(&tree, "run/udev/data/b8:1");
	put(&tree, "run/udev/data/b8:2", "E:ID_FS_UUID=a\ngarbage\n");
	put_sparse(&tree, "run/udev/data/b8:3", 1 << 30);
	facts = collect(&tree, &dg_collect_partitions);
	assert_int_equal(facts->boot.partitions.count, 3);
	dg_list_foreach (p, facts->boot.partitions) {
		assert_true(dg_known(&p->name));
		assert_true(!dg_known(&p->fs_uuid) && !dg_absent(&p->fs_uuid));
	}
	for (int i = 0; i < 1100; i++) {
		snprintf(name, sizeof(name), "run/udev/data/b259:%d", i);
		put(&tree, name, "E:ID_PART_ENTRY_TYPE=x\n");
	}
	dg_facts_free(facts);
	facts = collect(&tree, &dg_collect_partitions);
	assert_int_equal(facts->boot.partitions.meta.state, DG_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_pins),
		TEST(test_pins),
		TEST(test_boot_files),
		TEST(test_cleanup_runs),
		TEST(test_hostile_boot_files),
		TEST(test_many_manual),
		TEST(test_grub_default),
		TEST(test_grub_default_plain),
		TEST(test_grub),
		TEST(test_one_shot),
		TEST(test_bad_grub),
		TEST(test_empty_grub),
		TEST(test_efi),
		TEST(test_efi_entries),
		TEST(test_efi_whole_disk),
		TEST(test_bad_efi),
		TEST(test_no_variables),
		TEST(test_partitions),
		TEST(test_bad_partitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
