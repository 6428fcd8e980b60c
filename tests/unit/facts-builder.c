/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/abi.h"
#include "policy/catalog.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"

#define MAX 1000

/* --- what is not said: absent, or an empty list --- */

static void settle(const struct dg_record *record, void *data)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct dg_field *field = &record->fields[i];
		struct dg_meta *meta = (struct dg_meta *)((char *)data + field->offset);

		if (field->type == DG_RECORD && meta->state == DG_KNOWN) {
			settle(field->record, meta);
		} else if (field->type == DG_LIST_OF && meta->state != DG_ABSENT) {
			struct dg_list *list = (struct dg_list *)meta;

			meta->state = DG_KNOWN;
			for (size_t j = 0; j < list->count; j++)
				settle(field->record,
				       (char *)list->items + j * field->record->size);
		} else if (meta->state == DG_UNREADABLE && !meta->detail) {
			meta->state = DG_ABSENT;
		}
	}
}

void make_gap(void *fact)
{
	dg_set_gap(fact, DG_UNREADABLE, "Permission denied");
}

void make_absent(void *fact)
{
	dg_set_gap(fact, DG_ABSENT, "not there");
}

/* Empty a record, or an item of the list, that `path` names. */
static void clear(const char *path, void *data)
{
	const struct dg_record *record = &dg_facts_record;

	while (*path) {
		const char *dot = strchrnul(path, '.');

		record = dg_record_field(record, path, (size_t)(dot - path))->record;
		path = *dot ? dot + 1 : dot;
	}
	dg_record_clear(record, data);
}

/* --- kernels and packages --- */

struct dg_package *package_of(struct dg_facts *f, const char *name)
{
	dg_list_foreach (package, f->packages.list)
		if (dg_streq(dg_get(&package->name), name))
			return package;
	return NULL;
}

struct dg_package *add_package(struct dg_facts *f, const char *name, const char *version)
{
	struct dg_package *p = DG_ADD(&f->packages.list, MAX);

	assert_non_null(p);
	dg_set_str(&p->name, name);
	dg_set_str(&p->version, version);
	dg_set_str(&p->architecture, "amd64");
	dg_set_str(&p->want, "install");
	dg_set_str(&p->status, "installed");
	dg_set_int(&p->build_time, NOW - 20 * DAY);
	dg_set_str(&p->build_source, "/usr/share/doc/x/changelog.Debian.gz");
	settle(&dg_facts_record, f);
	return p;
}

void drop_package(struct dg_facts *f, const char *name)
{
	struct dg_package *p = package_of(f, name);

	assert_non_null(p);
	dg_set_str(&p->status, "config-files");
	dg_set_str(&p->want, "deinstall");
}

static bool is_pve(const char *abi)
{
	return dg_ends_with(abi, "-pve");
}

static char *owner_name(const char *abi)
{
	return is_pve(abi) ? dg_format("proxmox-kernel-%s-signed", abi)
			   : dg_format("linux-image-%s", abi);
}

struct dg_package *owner_of(struct dg_facts *f, const char *abi)
{
	DG_FREE char *name = owner_name(abi);

	return package_of(f, name);
}

struct dg_installed *kernel_of(struct dg_facts *f, const char *abi)
{
	dg_list_foreach (kernel, f->kernels)
		if (dg_streq(dg_get(&kernel->abi), abi))
			return kernel;
	return NULL;
}

static char *uts_version(const char *abi)
{
	return dg_format("#1 SMP PREEMPT_DYNAMIC PMX %s (2026-05-20T10:00Z)", abi);
}

struct dg_installed *add_kernel(struct dg_facts *f, const char *abi)
{
	struct dg_installed *k = DG_ADD(&f->kernels, MAX);
	DG_FREE char *image = dg_format("/boot/vmlinuz-%s", abi);
	DG_FREE char *initrd = dg_format("/boot/initrd.img-%s", abi);
	DG_FREE char *modules = dg_format("/lib/modules/%s", abi);
	DG_FREE char *uts = uts_version(abi), *owner = owner_name(abi);
	DG_FREE char *version = dg_format("%s (build@host) %s", abi, uts);

	assert_non_null(k);
	dg_set_str(&k->abi, abi);
	dg_set_str(&k->image, image);
	dg_set_int(&k->image_size, 14 << 20);
	dg_set_int(&k->image_time, NOW - 20 * DAY);
	dg_set_str(&k->image_version, version);
	dg_set_str(&k->initrd, initrd);
	dg_set_int(&k->initrd_size, 72 << 20);
	dg_set_int(&k->initrd_time, NOW - 19 * DAY);
	dg_set_str(&k->modules, modules);
	add_package(f, owner, "1");
	return kernel_of(f, abi);
}

void run_kernel(struct dg_facts *f, const char *abi)
{
	DG_FREE char *uts = uts_version(abi);

	dg_set_str(&f->kernel.release, abi);
	dg_set_str(&f->kernel.version, uts);
	dg_set_str(&f->kernel.vendor, is_pve(abi) ? "PMX" : "Debian");
	dg_set_int(&f->kernel.build_time, NOW - 14 * DAY);
}

/* --- boot loaders --- */

static int newer_first(const void *a, const void *b)
{
	return -dg_abi_cmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ABIs, newest first, NULL-terminated; borrowed. */
static void sort_kernels(const struct dg_facts *f, const char *ret[static 16])
{
	size_t n = 0;

	dg_list_foreach (kernel, f->kernels)
		if (n < 15)
			ret[n++] = kernel->abi.value;
	qsort(ret, n, sizeof(*ret), newer_first);
	ret[n] = NULL;
}

static void add_entry(struct dg_grub *grub, const char *abi, const char *how,
		      int64_t parent)
{
	struct dg_menu_entry *e = DG_ADD(&grub->entries, MAX);
	DG_FREE char *title =
		abi ? dg_format("GNU/Linux, with Linux %s%s", abi,
				dg_streq(how, "recovery") ? " (recovery)" : "")
		    : dg_format("Advanced options");
	DG_FREE char *id = abi ? dg_format("gnulinux-%s-%s-" ROOT_ID, abi, how)
			       : dg_format("gnulinux-%s-" ROOT_ID, how);

	assert_non_null(e);
	dg_set_str(&e->title, dg_streq(how, "simple") ? "GNU/Linux" : title);
	dg_set_str(&e->id, dg_streq(how, "simple") ? "gnulinux-simple-" ROOT_ID : id);
	dg_set_int(&e->parent, parent);
	dg_set_bool(&e->submenu, !abi);
	if (abi) {
		dg_set_str(&e->abi, abi);
		dg_set_str(&e->initrd, "/boot/initrd.img");
	}
}

void make_menu(struct dg_facts *f, struct dg_grub *grub)
{
	const char *abis[16];

	sort_kernels(f, abis);
	clear("boot.grub", grub);
	dg_set_known(&grub->meta);
	dg_set_str(&grub->path, "/boot/grub/grub.cfg");
	dg_set_int(&grub->time, NOW - 10 * DAY);
	dg_set_str(&grub->default_value, "0");
	dg_set_bool(&grub->one_shot, true);
	dg_set_int(&grub->env_time, NOW - 40 * DAY);
	add_entry(grub, abis[0], "simple", -1);
	add_entry(grub, NULL, "advanced", -1);
	for (size_t i = 0; abis[i]; i++) {
		add_entry(grub, abis[i], "advanced", 1);
		add_entry(grub, abis[i], "recovery", 1);
	}
	settle(&dg_facts_record, f);
}

void grub_default(struct dg_facts *f, const char *value)
{
	dg_set_str(&f->boot.grub.default_value, value);
}

static void add_copy(struct dg_esp *esp, const struct dg_installed *kernel)
{
	struct dg_copy *c = DG_ADD(&esp->copies, MAX);

	assert_non_null(c);
	dg_set_str(&c->abi, kernel->abi.value);
	dg_set_str(&c->image, "/EFI/proxmox/vmlinuz");
	dg_set_int(&c->image_size, kernel->image_size.value);
	dg_set_str(&c->image_version, kernel->image_version.value);
	dg_set_str(&c->initrd, "/EFI/proxmox/initrd.img");
	dg_set_int(&c->initrd_size, kernel->initrd_size.value);
	dg_set_int(&c->initrd_time, kernel->initrd_time.value + 2 * 3600);
}

static void add_loader_entry(struct dg_esp *esp, const char *abi)
{
	struct dg_loader_entry *e = DG_ADD(&esp->entries, MAX);
	DG_FREE char *id = dg_format("proxmox-%s.conf", abi);

	assert_non_null(e);
	dg_set_str(&e->id, id);
	dg_set_str(&e->abi, abi);
	dg_set_str(&e->version, abi);
}

void make_copies(struct dg_facts *f, struct dg_esp *esp)
{
	for (size_t i = 0; i < esp->copies.count; i++)
		clear("boot.esps.copies", &esp->copies.items[i]);
	for (size_t i = 0; i < esp->entries.count; i++)
		clear("boot.esps.entries", &esp->entries.items[i]);
	esp->copies.count = 0;
	esp->entries.count = 0;
	dg_list_foreach (kernel, f->kernels) {
		add_copy(esp, kernel);
		add_loader_entry(esp, kernel->abi.value);
	}
	settle(&dg_facts_record, f);
}

static void add_partition(struct dg_facts *f, const char *name, const char *disk,
			  const char *type, const char *part_uuid, const char *fs_type,
			  const char *fs_uuid)
{
	struct dg_partition *p = DG_ADD(&f->boot.partitions, MAX);

	assert_non_null(p);
	dg_set_str(&p->name, name);
	dg_set_str(&p->disk, disk);
	dg_set_str(&p->type, type);
	dg_set_str(&p->part_uuid, part_uuid);
	dg_set_str(&p->fs_type, fs_type);
	dg_set_str(&p->fs_uuid, fs_uuid);
}

static void add_disk(struct dg_facts *f, const char *disk, const char *uuid,
		     const char *part_uuid)
{
	static const char esp_type[] = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
	DG_FREE char *second = dg_format("%s2", disk), *third = dg_format("%s3", disk);

	add_partition(f, second, disk, esp_type, part_uuid, "vfat", uuid);
	add_partition(f, third, disk, "6a898cc3-1dd2-11b2-99a6-080020736631", disk,
		      "zfs_member", "4711");
}

static void add_esp(struct dg_facts *f, const char *disk, const char *uuid,
		    const char *part_uuid)
{
	struct dg_esp *esp = DG_ADD(&f->boot.esps, MAX);
	DG_FREE char *device = dg_format("/dev/%s2", disk);

	assert_non_null(esp);
	dg_set_str(&esp->uuid, uuid);
	dg_set_bool(&esp->listed, true);
	dg_set_str(&esp->device, device);
	dg_set_str(&esp->part_uuid, part_uuid);
	dg_set_str(&esp->filesystem, "fat");
	dg_set_str(&esp->loader, "systemd-boot");
	dg_set_int(&esp->size, INT64_C(1) << 30);
	dg_set_int(&esp->free, INT64_C(600) << 20);
	dg_set_str(&esp->loader_default, "proxmox-*");
	dg_set_int(&esp->loader_time, NOW - 10 * DAY);
	make_absent(&esp->grub);
	make_copies(f, esp);
	add_disk(f, disk, uuid, part_uuid);
}

/* --- hosts --- */

static void set_ring(struct dg_ring *ring)
{
	dg_set_known(&ring->meta);
	dg_set_bool(&ring->inferred, false);
	dg_set_int(&ring->features, 0x3ffff);
	dg_set_int(&ring->last_op, 64);
	dg_set_int(&ring->disabled, 0);
}

static void set_binary(struct dg_binary *qemu, const char *version, const char *build_id)
{
	dg_set_known(&qemu->meta);
	dg_set_str(&qemu->path, "/usr/bin/qemu-system-x86_64");
	dg_set_str(&qemu->version, version);
	dg_set_str(&qemu->build_id, build_id);
	dg_set_bool(&qemu->io_uring, true);
	dg_set_bool(&qemu->deleted, false);
}

struct dg_guest *add_waiting_guest(struct dg_facts *f, const char *version,
				   const char *build_id)
{
	struct dg_guest *guest = DG_ADD(&f->guests, MAX);
	struct dg_running *running = &guest->running;
	struct dg_drive *drive;
	struct dg_ring_wait *wait;

	assert_non_null(guest);
	dg_set_str(&guest->vmid, "109");
	dg_set_bool(&guest->passthrough, false);
	dg_set_known(&running->meta);
	dg_set_int(&running->pid, 4711);
	dg_set_bool(&running->incoming, false);
	set_binary(&running->binary, version, build_id);
	drive = DG_ADD(&guest->configured, MAX);
	dg_set_str(&drive->name, "scsi0");
	dg_set_str(&drive->aio, "io_uring");
	dg_set_bool(&drive->direct, true);
	dg_set_str(&DG_ADD(&running->iothreads, MAX)->name, "iothread0");
	wait = DG_ADD(&running->waits, MAX);
	dg_set_int(&wait->tid, 4712);
	dg_set_str(&wait->name, "IO iothread0");
	dg_set_int(&wait->flags, 0x9); /* without NO_IOWAIT */
	settle(&dg_facts_record, f);
	return guest;
}

static struct dg_facts *host_any(void)
{
	struct dg_facts *f = dg_facts_new();

	assert_non_null(f);
	dg_set_str(&f->tool, "0.1.0");
	dg_set_int(&f->time, NOW);
	dg_set_bool(&f->live, true);
	dg_set_known(&f->host.meta);
	dg_set_str(&f->host.id, "c0ffee");
	dg_set_str(&f->host.name, "pve1");
	dg_set_str(&f->host.boot_id, "b007");
	dg_set_bool(&f->host.proxmox, true);
	dg_set_int(&f->host.boot_time, NOW - 3 * DAY);
	dg_set_int(&f->host.uptime, 3 * DAY);
	dg_set_int(&f->host.tool_time, NOW - 30 * DAY);
	dg_set_known(&f->kernel.meta);
	dg_set_str(&f->kernel.cmdline, "root=/dev/mapper/pve-root ro quiet");
	dg_set_bool(&f->kernel.modular, true);
	dg_set_known(&f->packages.meta);
	dg_set_bool(&f->packages.locked, false);
	dg_set_bool(&f->packages.journal, false);
	dg_set_int(&f->packages.log_since, NOW - 700 * DAY);
	dg_set_known(&f->boot.meta);
	dg_set_bool(&f->boot.cleanup_done, true);
	dg_set_bool(&f->boot.managed, false);
	dg_set_known(&f->boot.efi.meta);
	dg_set_bool(&f->boot.efi.booted, false);
	set_ring(&f->ring);
	make_absent(&f->probe);
	make_absent(&f->samples);
	set_binary(&f->qemu, "11.0.0-2", "b1d");
	return f;
}

static void add_userland(struct dg_facts *f)
{
	dg_set_str(&add_package(f, "proxmox-default-kernel", "2.1.0")->depends,
		   "pve-firmware, proxmox-kernel-7.0");
	dg_set_str(&add_package(f, "proxmox-kernel-7.0", "7.0.6-2")->depends,
		   "proxmox-kernel-" NEWEST "-signed | proxmox-kernel-" NEWEST);
	dg_set_str(&add_package(f, "proxmox-kernel-6.17", "6.17.13-13")->depends,
		   "proxmox-kernel-" BEFORE "-signed | proxmox-kernel-" BEFORE);
	add_package(f, "proxmox-ve", "9.2.0");
	add_package(f, "pve-manager", "9.2.3");
	add_package(f, "pve-qemu-kvm", "11.0.0-2");
	add_upgrade(f, 400, "pve-manager", "8.4.1", "9.0.3");
	add_upgrade(f, 200, "pve-qemu-kvm", "10.0.2-1", "11.0.0-1");
	add_upgrade(f, 30, "pve-manager", "9.0.3", "9.2.3");
}

struct dg_facts *host_grub(void)
{
	struct dg_facts *f = host_any();

	add_userland(f);
	add_kernel(f, BEFORE);
	add_kernel(f, NEWEST);
	add_kernel(f, NEWER);
	run_kernel(f, NEWEST);
	dg_set_str(&f->boot.grub_default, "0");
	dg_set_str(&f->boot.grub_default_path, "/etc/default/grub");
	dg_set_int(&f->boot.grub_default_time, NOW - 300 * DAY);
	make_menu(f, &f->boot.grub);
	return f;
}

struct dg_facts *host_esps(void)
{
	struct dg_facts *f = host_grub();

	dg_set_bool(&f->boot.managed, true);
	dg_set_bool(&f->boot.efi.booted, true);
	dg_set_bool(&f->boot.efi.secure_boot, false);
	dg_set_str(&f->boot.efi.loader_info, "systemd-boot 257.9");
	dg_set_str(&f->boot.efi.entry_selected, "proxmox-" NEWEST ".conf");
	dg_set_str(&f->boot.efi.loader_part_uuid, "part-a");
	dg_set_str(&f->boot.efi.firmware_part_uuid, "part-a");
	add_esp(f, "sda", "AAAA-0001", "part-a");
	add_esp(f, "sdb", "BBBB-0002", "part-b");
	/* Nothing boots from it. */
	grub_default(f, "gnulinux-advanced-" ROOT_ID ">gnulinux-" BEFORE
			"-advanced-" ROOT_ID);
	settle(&dg_facts_record, f);
	return f;
}

#define DEBIAN_ABI "6.12.43+deb13-amd64"

struct dg_facts *host_debian(void)
{
	struct dg_facts *f = host_any();

	dg_set_bool(&f->host.proxmox, false);
	add_package(f, "base-files", "13.8+deb13u1");
	dg_set_str(&add_package(f, "linux-image-amd64", "6.12.43-1")->depends,
		   "linux-image-" DEBIAN_ABI " (= 6.12.43-1)");
	add_kernel(f, "6.12.41+deb13-amd64");
	add_kernel(f, DEBIAN_ABI);
	run_kernel(f, DEBIAN_ABI);
	make_menu(f, &f->boot.grub);
	return f;
}

/* --- pins --- */

void pin_file(struct dg_facts *f, const char *abi, int64_t days_ago)
{
	dg_set_str(&f->boot.pin, abi);
	dg_set_int(&f->boot.pin_time, NOW - days_ago * DAY);
}

void pin(struct dg_facts *f, const char *abi, int64_t days_ago)
{
	DG_FREE char *grub = dg_format(
		"gnulinux-advanced-" ROOT_ID ">gnulinux-%s-advanced-" ROOT_ID, abi);
	DG_FREE char *conf = dg_format("proxmox-%s.conf", abi);

	pin_file(f, abi, days_ago);
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, conf);
	if (dg_true(&f->boot.managed))
		return;
	dg_set_str(&f->boot.snippet, grub);
	dg_set_int(&f->boot.snippet_time, NOW - days_ago * DAY);
	dg_set_str(&f->boot.grub_default, grub);
	dg_set_str(&f->boot.grub_default_path,
		   "/etc/default/grub.d/proxmox-kernel-pin.cfg");
	dg_set_int(&f->boot.grub_default_time, NOW - days_ago * DAY);
	grub_default(f, grub);
}

void pin_old(struct dg_facts *f)
{
	add_kernel(f, OLD);
	run_kernel(f, OLD);
	dg_set_int(&f->kernel.build_time, NOW - 789 * DAY);
	make_menu(f, &f->boot.grub);
	dg_list_foreach (esp, f->boot.esps)
		make_copies(f, esp);
	pin(f, OLD, 260);
}

struct dg_debt *document(struct dg_facts *f, const char *abi, int64_t days_left)
{
	struct dg_debt *debt = DG_ADD(&f->ledger, MAX);

	assert_non_null(debt);
	dg_set_str(&debt->path, "/etc/driftguard/pins.d/x.json");
	dg_set_str(&debt->abi, abi);
	dg_set_str(&debt->reason, "vGPU 16 builds only on 6.5");
	dg_set_str(&debt->owner, "gpu team");
	dg_set_int(&debt->since, NOW - 100 * DAY);
	dg_set_int(&debt->until, NOW + 16 * 3600 - 1 + days_left * DAY);
	return debt;
}

struct dg_upgrade *add_upgrade(struct dg_facts *f, int64_t days_ago, const char *package,
			       const char *from, const char *to)
{
	struct dg_upgrade *up = DG_ADD(&f->packages.upgrades, MAX);

	assert_non_null(up);
	dg_set_int(&up->time, NOW - days_ago * DAY);
	dg_set_str(&up->package, package);
	dg_set_str(&up->from, from);
	dg_set_str(&up->to, to);
	return up;
}

struct dg_deed *add_action(struct dg_facts *f, bool open, const char *outcome)
{
	struct dg_deed *deed = DG_ADD(&f->actions, 10);

	dg_set_str(&deed->id, "20260602T080000Z-0000abcd");
	dg_set_str(&deed->verb, "enforce");
	dg_set_str(&deed->boot_id, "b000");
	dg_set_int(&deed->started, NOW - DAY);
	make_absent(&deed->ended);
	dg_set_bool(&deed->open, open);
	make_absent(&deed->held);
	make_absent(&deed->outcome);
	if (outcome)
		dg_set_str(&deed->outcome, outcome);
	make_absent(&deed->why);
	dg_set_str(&deed->target, NEWEST);
	make_absent(&deed->strategy);
	return deed;
}

/* --- judging --- */

struct dg_verdict *judge(const struct dg_facts *f, const char *text)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_FREE char *document = NULL;
	struct dg_verdict *verdict = NULL;

	assert_non_null(policy);
	if (text) {
		document = dg_format("{\"schema\": \"driftguard.policy/1\", %s}", text);
		assert_int_equal(
			dg_policy_merge(policy, "test", document, strlen(document), true),
			0);
		if (policy->problem_count)
			fail_msg("%s", policy->problems[0].message);
	}
	assert_int_equal(dg_policy_settle(policy, dg_get(&f->host.name)), 0);
	assert_int_equal(dg_judge(f, policy, &verdict), 0);
	return verdict;
}

const struct dg_finding *found(const struct dg_verdict *v, const char *id)
{
	for (size_t i = 0; i < v->finding_count; i++)
		if (dg_streq(v->findings[i].check->id, id))
			return &v->findings[i];
	fail_msg("no finding of %s", id);
	return NULL;
}

const char *evidence(const struct dg_finding *finding, const char *key)
{
	struct json_object *value;

	if (!finding->evidence ||
	    !json_object_object_get_ex(finding->evidence, key, &value))
		return NULL;
	return json_object_get_string(value);
}
