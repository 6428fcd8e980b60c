/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one field table: every fact's name, type, place, source, and whether its absence
 * is itself an answer. */
#include "policy/facts.h"
#include "policy/fields.h"

FIELDS(host, F(dg_host, id, DG_STR, ABSENT_OK, .source = "/etc/machine-id"),
       F(dg_host, name, DG_STR, .source = "/proc/sys/kernel/hostname"),
       F(dg_host, boot_id, DG_STR, ABSENT_OK,
	 .source = "/proc/sys/kernel/random/boot_id"),
       F(dg_host, container, DG_STR, ABSENT_OK, .source = "/run/systemd/container"),
       F(dg_host, proxmox, DG_BOOL, .source = "/etc/pve"),
       F(dg_host, boot_time, DG_TIME, .source = "/proc/stat"),
       F(dg_host, uptime, DG_INT, .source = "/proc/uptime"),
       F(dg_host, tool_time, DG_TIME, ABSENT_OK));
RECORD(host, dg_host, NULL);

FIELDS(kernel, F(dg_kernel, release, DG_STR, .source = "/proc/sys/kernel/osrelease"),
       F(dg_kernel, version, DG_STR, .source = "/proc/sys/kernel/version"),
       F(dg_kernel, vendor, DG_STR, ABSENT_OK, .source = "/proc/sys/kernel/version"),
       F(dg_kernel, build_time, DG_TIME, .source = "/proc/sys/kernel/version"),
       F(dg_kernel, cmdline, DG_STR, .source = "/proc/cmdline"),
       F(dg_kernel, modular, DG_BOOL, .source = "/proc/modules"));
RECORD(kernel, dg_kernel, NULL);

FIELDS(built, F(dg_built, name, DG_STR), F(dg_built, path, DG_STR, ABSENT_OK),
       F(dg_built, in_tree, DG_BOOL), F(dg_built, vermagic, DG_STR, ABSENT_OK),
       F(dg_built, is_signed, DG_BOOL, ABSENT_OK));
RECORD(built, dg_built, "/lib/modules");

FIELDS(installed, F(dg_installed, abi, DG_STR), F(dg_installed, image, DG_STR, ABSENT_OK),
       F(dg_installed, image_size, DG_INT, ABSENT_OK),
       F(dg_installed, image_time, DG_TIME, ABSENT_OK),
       F(dg_installed, image_version, DG_STR, ABSENT_OK),
       F(dg_installed, initrd, DG_STR, ABSENT_OK),
       F(dg_installed, initrd_size, DG_INT, ABSENT_OK),
       F(dg_installed, initrd_time, DG_TIME, ABSENT_OK),
       F(dg_installed, modules, DG_STR, ABSENT_OK, .source = "/lib/modules"),
       F(dg_installed, is_signed, DG_BOOL, ABSENT_OK),
       F(dg_installed, built, DG_LIST_OF, OF(built), ABSENT_OK));
RECORD(installed, dg_installed, "/boot");

FIELDS(package, F(dg_package, name, DG_STR), F(dg_package, version, DG_STR, ABSENT_OK),
       F(dg_package, architecture, DG_STR, ABSENT_OK), F(dg_package, want, DG_STR),
       F(dg_package, status, DG_STR), F(dg_package, depends, DG_STR, ABSENT_OK),
       F(dg_package, build_time, DG_TIME, ABSENT_OK, .source = "/usr/share/doc"),
       F(dg_package, build_source, DG_STR, ABSENT_OK, .source = "/usr/share/doc"));
RECORD(package, dg_package, "/var/lib/dpkg/status");

FIELDS(preference, F(dg_preference, package, DG_STR), F(dg_preference, pin, DG_STR),
       F(dg_preference, priority, DG_INT), F(dg_preference, path, DG_STR));
RECORD(preference, dg_preference, "/etc/apt/preferences.d");

FIELDS(upgrade, F(dg_upgrade, time, DG_TIME), F(dg_upgrade, package, DG_STR),
       F(dg_upgrade, from, DG_STR, ABSENT_OK), F(dg_upgrade, to, DG_STR, ABSENT_OK));
RECORD(upgrade, dg_upgrade, "/var/log/dpkg.log");

FIELDS(packages, F(dg_packages, list, DG_LIST_OF, OF(package)),
       F(dg_packages, unsettled, DG_LIST_OF, THE(dg_word_record),
	 .source = "/var/lib/dpkg/status"),
       F(dg_packages, locked, DG_BOOL, .source = "/var/lib/dpkg/lock-frontend"),
       F(dg_packages, journal, DG_BOOL, .source = "/var/lib/dpkg/updates"),
       F(dg_packages, preferences, DG_LIST_OF, OF(preference), ABSENT_OK),
       F(dg_packages, log_since, DG_TIME, ABSENT_OK, .source = "/var/log/dpkg.log"),
       F(dg_packages, upgrades, DG_LIST_OF, OF(upgrade), ABSENT_OK));
RECORD(packages, dg_packages, "/var/lib/dpkg/status");

FIELDS(menu_entry, F(dg_menu_entry, title, DG_STR),
       F(dg_menu_entry, id, DG_STR, ABSENT_OK), F(dg_menu_entry, parent, DG_INT),
       F(dg_menu_entry, submenu, DG_BOOL), F(dg_menu_entry, abi, DG_STR, ABSENT_OK),
       F(dg_menu_entry, initrd, DG_STR, ABSENT_OK));
RECORD(menu_entry, dg_menu_entry, NULL);

FIELDS(grub, F(dg_grub, path, DG_STR), F(dg_grub, time, DG_TIME),
       F(dg_grub, default_value, DG_STR, ABSENT_OK), F(dg_grub, one_shot, DG_BOOL),
       F(dg_grub, saved_entry, DG_STR, ABSENT_OK),
       F(dg_grub, next_entry, DG_STR, ABSENT_OK),
       F(dg_grub, env_time, DG_TIME, ABSENT_OK),
       F(dg_grub, entries, DG_LIST_OF, OF(menu_entry)));
RECORD(grub, dg_grub, "/boot/grub/grub.cfg");

FIELDS(copy, F(dg_copy, abi, DG_STR), F(dg_copy, image, DG_STR, ABSENT_OK),
       F(dg_copy, image_size, DG_INT, ABSENT_OK),
       F(dg_copy, image_version, DG_STR, ABSENT_OK),
       F(dg_copy, initrd, DG_STR, ABSENT_OK), F(dg_copy, initrd_size, DG_INT, ABSENT_OK),
       F(dg_copy, initrd_time, DG_TIME, ABSENT_OK));
RECORD(copy, dg_copy, NULL);

FIELDS(loader_entry, F(dg_loader_entry, id, DG_STR),
       F(dg_loader_entry, abi, DG_STR, ABSENT_OK),
       F(dg_loader_entry, sort_key, DG_STR, ABSENT_OK),
       F(dg_loader_entry, version, DG_STR, ABSENT_OK),
       F(dg_loader_entry, machine_id, DG_STR, ABSENT_OK));
RECORD(loader_entry, dg_loader_entry, NULL);

FIELDS(program, F(dg_program, entry, DG_STR), F(dg_program, title, DG_STR),
       F(dg_program, path, DG_STR), F(dg_program, loader, DG_STR, ABSENT_OK),
       F(dg_program, menu, DG_STR, ABSENT_OK));
RECORD(program, dg_program, "/sys/firmware/efi/efivars");

FIELDS(esp, F(dg_esp, uuid, DG_STR), F(dg_esp, listed, DG_BOOL),
       F(dg_esp, device, DG_STR, ABSENT_OK), F(dg_esp, part_uuid, DG_STR, ABSENT_OK),
       F(dg_esp, mounted_at, DG_STR, ABSENT_OK), F(dg_esp, filesystem, DG_STR, ABSENT_OK),
       F(dg_esp, loader, DG_STR, ABSENT_OK), F(dg_esp, size, DG_INT, ABSENT_OK),
       F(dg_esp, free, DG_INT, ABSENT_OK), F(dg_esp, loader_default, DG_STR, ABSENT_OK),
       F(dg_esp, loader_time, DG_TIME, ABSENT_OK),
       F(dg_esp, entries, DG_LIST_OF, OF(loader_entry), ABSENT_OK),
       F(dg_esp, copies, DG_LIST_OF, OF(copy), ABSENT_OK),
       F(dg_esp, grub, DG_RECORD, OF(grub), ABSENT_OK),
       F(dg_esp, program, DG_RECORD, OF(program), ABSENT_OK));
RECORD(esp, dg_esp, "/dev/disk/by-uuid");

const struct dg_record *const dg_grub_facts = &grub_record;
const struct dg_record *const dg_esp_facts = &esp_record;
const struct dg_record *const dg_program_facts = &program_record;

FIELDS(partition, F(dg_partition, name, DG_STR), F(dg_partition, disk, DG_STR, ABSENT_OK),
       F(dg_partition, type, DG_STR, ABSENT_OK),
       F(dg_partition, part_uuid, DG_STR, ABSENT_OK),
       F(dg_partition, fs_type, DG_STR, ABSENT_OK),
       F(dg_partition, fs_uuid, DG_STR, ABSENT_OK),
       F(dg_partition, fs_label, DG_STR, ABSENT_OK));
RECORD(partition, dg_partition, "/run/udev/data");

FIELDS(efi, F(dg_efi, booted, DG_BOOL, .source = "/sys/firmware/efi"),
       F(dg_efi, secure_boot, DG_BOOL, ABSENT_OK),
       F(dg_efi, loader_info, DG_STR, ABSENT_OK),
       F(dg_efi, entry_default, DG_STR, ABSENT_OK),
       F(dg_efi, entry_oneshot, DG_STR, ABSENT_OK),
       F(dg_efi, entry_selected, DG_STR, ABSENT_OK),
       F(dg_efi, loader_part_uuid, DG_STR, ABSENT_OK),
       F(dg_efi, firmware_part_uuid, DG_STR, ABSENT_OK));
RECORD(efi, dg_efi, "/sys/firmware/efi/efivars");

FIELDS(early, F(dg_early, kernel, DG_STR, ABSENT_OK), F(dg_early, pin, DG_STR, ABSENT_OK),
       F(dg_early, next_pin, DG_STR, ABSENT_OK),
       F(dg_early, image_kernel, DG_STR, ABSENT_OK),
       F(dg_early, image_time, DG_TIME, ABSENT_OK),
       F(dg_early, image_userland, DG_STR, ABSENT_OK),
       F(dg_early, image_qemu, DG_STR, ABSENT_OK),
       F(dg_early, image_pin, DG_STR, ABSENT_OK));
RECORD(early, dg_early, "/run/driftguard/initramfs.json");

FIELDS(boot, F(dg_boot, pin, DG_STR, ABSENT_OK, .source = "/etc/kernel/proxmox-boot-pin"),
       F(dg_boot, pin_time, DG_TIME, ABSENT_OK, .source = "/etc/kernel/proxmox-boot-pin"),
       F(dg_boot, next_pin, DG_STR, ABSENT_OK, .source = "/etc/kernel/next-boot-pin"),
       F(dg_boot, next_pin_time, DG_TIME, ABSENT_OK,
	 .source = "/etc/kernel/next-boot-pin"),
       F(dg_boot, trial, DG_STR, ABSENT_OK, .source = "/run/driftguard/next-boot-pin"),
       F(dg_boot, cleanup_done, DG_BOOL, .source = "/run/systemd/units"),
       F(dg_boot, manual, DG_LIST_OF, THE(dg_word_record), ABSENT_OK,
	 .source = "/etc/kernel/proxmox-boot-manual-kernels"),
       F(dg_boot, managed, DG_BOOL, .source = "/etc/kernel/proxmox-boot-uuids"),
       F(dg_boot, snippet, DG_STR, ABSENT_OK,
	 .source = "/etc/default/grub.d/proxmox-kernel-pin.cfg"),
       F(dg_boot, snippet_time, DG_TIME, ABSENT_OK,
	 .source = "/etc/default/grub.d/proxmox-kernel-pin.cfg"),
       F(dg_boot, grub_default, DG_STR, ABSENT_OK, .source = "/etc/default/grub"),
       F(dg_boot, grub_default_path, DG_STR, ABSENT_OK, .source = "/etc/default/grub"),
       F(dg_boot, grub_default_time, DG_TIME, ABSENT_OK, .source = "/etc/default/grub"),
       F(dg_boot, grub, DG_RECORD, OF(grub), ABSENT_OK),
       F(dg_boot, esps, DG_LIST_OF, OF(esp), ABSENT_OK),
       F(dg_boot, partitions, DG_LIST_OF, OF(partition)),
       F(dg_boot, efi, DG_RECORD, OF(efi)),
       F(dg_boot, early, DG_RECORD, OF(early), ABSENT_OK));
RECORD(boot, dg_boot, NULL);

FIELDS(debt, F(dg_debt, path, DG_STR), F(dg_debt, abi, DG_STR),
       F(dg_debt, reason, DG_STR, ABSENT_OK), F(dg_debt, owner, DG_STR, ABSENT_OK),
       F(dg_debt, since, DG_TIME, ABSENT_OK), F(dg_debt, until, DG_TIME, ABSENT_OK));
RECORD(debt, dg_debt, "/etc/driftguard/pins.d");

FIELDS(module, F(dg_module, name, DG_STR), F(dg_module, taint, DG_STR),
       F(dg_module, version, DG_STR, ABSENT_OK),
       F(dg_module, userland, DG_STR, ABSENT_OK, .source = "/usr/lib"));
RECORD(module, dg_module, "/sys/module");

FIELDS(dkms, F(dg_dkms, name, DG_STR), F(dg_dkms, version, DG_STR),
       F(dg_dkms, kernel, DG_STR, ABSENT_OK), F(dg_dkms, status, DG_STR),
       F(dg_dkms, modules, DG_LIST_OF, THE(dg_word_record), ABSENT_OK));
RECORD(dkms, dg_dkms, "/var/lib/dkms");

FIELDS(port, F(dg_port, name, DG_STR),
       F(dg_port, held, DG_STR, ABSENT_OK, .source = "/etc/systemd/network"));
RECORD(port, dg_port, "/etc/network/interfaces");

FIELDS(binary, F(dg_binary, path, DG_STR), F(dg_binary, build_id, DG_STR, ABSENT_OK),
       F(dg_binary, version, DG_STR, ABSENT_OK), F(dg_binary, io_uring, DG_BOOL),
       F(dg_binary, deleted, DG_BOOL));
RECORD(binary, dg_binary, "/usr/bin/kvm");

FIELDS(ring_wait, F(dg_ring_wait, tid, DG_INT), F(dg_ring_wait, name, DG_STR),
       F(dg_ring_wait, flags, DG_INT), F(dg_ring_wait, looks, DG_INT, ABSENT_OK));
RECORD(ring_wait, dg_ring_wait, "/proc/PID/task/TID/syscall");

FIELDS(drive, F(dg_drive, name, DG_STR), F(dg_drive, aio, DG_STR, ABSENT_OK),
       F(dg_drive, direct, DG_BOOL, ABSENT_OK));
RECORD(drive, dg_drive, NULL);

FIELDS(running, F(dg_running, pid, DG_INT),
       F(dg_running, binary, DG_RECORD, OF(binary), .source = "/proc/PID/exe"),
       F(dg_running, drives, DG_LIST_OF, OF(drive), ABSENT_OK),
       F(dg_running, iothreads, DG_LIST_OF, THE(dg_word_record), ABSENT_OK),
       F(dg_running, waits, DG_LIST_OF, OF(ring_wait), ABSENT_OK),
       F(dg_running, incoming, DG_BOOL));
RECORD(running, dg_running, "/proc/PID/cmdline");

FIELDS(guest, F(dg_guest, vmid, DG_STR), F(dg_guest, name, DG_STR, ABSENT_OK),
       F(dg_guest, passthrough, DG_BOOL, ABSENT_OK),
       F(dg_guest, configured, DG_LIST_OF, OF(drive), ABSENT_OK,
	 .source = "/etc/pve/qemu-server"),
       F(dg_guest, lock, DG_STR, ABSENT_OK, .source = "/etc/pve/qemu-server"),
       F(dg_guest, running, DG_RECORD, OF(running), ABSENT_OK));
RECORD(guest, dg_guest, "/run/qemu-server");

FIELDS(container, F(dg_container, vmid, DG_STR),
       F(dg_container, lock, DG_STR, ABSENT_OK));
RECORD(container, dg_container, "/etc/pve/lxc");

FIELDS(membership, F(dg_membership, node, DG_STR), F(dg_membership, quorate, DG_BOOL),
       F(dg_membership, nodes, DG_LIST_OF, THE(dg_word_record)));
RECORD(membership, dg_membership, "/etc/pve/.members");

FIELDS(proof, F(dg_proof, abi, DG_STR), F(dg_proof, well, DG_BOOL),
       F(dg_proof, boot_id, DG_STR), F(dg_proof, time, DG_TIME, ABSENT_OK),
       F(dg_proof, because, DG_STR));
RECORD(proof, dg_proof, "/var/lib/driftguard/boots");

FIELDS(deed, F(dg_deed, id, DG_STR), F(dg_deed, verb, DG_STR),
       F(dg_deed, boot_id, DG_STR, ABSENT_OK), F(dg_deed, started, DG_TIME),
       F(dg_deed, ended, DG_TIME, ABSENT_OK), F(dg_deed, open, DG_BOOL),
       F(dg_deed, held, DG_BOOL, ABSENT_OK), F(dg_deed, outcome, DG_STR, ABSENT_OK),
       F(dg_deed, why, DG_STR, ABSENT_OK), F(dg_deed, target, DG_STR, ABSENT_OK),
       F(dg_deed, strategy, DG_STR, ABSENT_OK));
RECORD(deed, dg_deed, "/var/lib/driftguard/actions");

FIELDS(ring, F(dg_ring, inferred, DG_BOOL), F(dg_ring, features, DG_INT, ABSENT_OK),
       F(dg_ring, last_op, DG_INT, ABSENT_OK),
       F(dg_ring, disabled, DG_INT, ABSENT_OK,
	 .source = "/proc/sys/kernel/io_uring_disabled"));
RECORD(ring, dg_ring, "io_uring_setup(2)");

FIELDS(facts, F(dg_facts, tool, DG_STR), F(dg_facts, time, DG_TIME),
       F(dg_facts, live, DG_BOOL), F(dg_facts, host, DG_RECORD, OF(host)),
       F(dg_facts, kernel, DG_RECORD, OF(kernel)),
       F(dg_facts, kernels, DG_LIST_OF, OF(installed), ABSENT_OK),
       F(dg_facts, packages, DG_RECORD, OF(packages)),
       F(dg_facts, boot, DG_RECORD, OF(boot)),
       F(dg_facts, ledger, DG_LIST_OF, OF(debt), ABSENT_OK),
       F(dg_facts, modules, DG_LIST_OF, OF(module), ABSENT_OK),
       F(dg_facts, dkms, DG_LIST_OF, OF(dkms), ABSENT_OK),
       F(dg_facts, ports, DG_LIST_OF, OF(port), ABSENT_OK),
       F(dg_facts, guests, DG_LIST_OF, OF(guest), ABSENT_OK),
       F(dg_facts, qemu, DG_RECORD, OF(binary), ABSENT_OK),
       F(dg_facts, ring, DG_RECORD, OF(ring)),
       F(dg_facts, probe, DG_RECORD, THE(dg_idle_record), ABSENT_OK),
       F(dg_facts, samples, DG_LIST_OF, THE(dg_sample_record), ABSENT_OK),
       F(dg_facts, containers, DG_LIST_OF, OF(container), ABSENT_OK),
       F(dg_facts, cluster, DG_RECORD, OF(membership), ABSENT_OK),
       F(dg_facts, proven, DG_LIST_OF, OF(proof), ABSENT_OK),
       F(dg_facts, actions, DG_LIST_OF, OF(deed), ABSENT_OK));

const struct dg_record dg_facts_record = {.name = "facts",
					  .size = sizeof(struct dg_facts),
					  .fields = facts_fields,
					  .count = DG_COUNT(facts_fields)};
