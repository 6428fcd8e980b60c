/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's configuration, /etc/pve/qemu-server/VMID.conf (a container's, in lxc, is of
 * the same form): lines "key: value", as
 * Proxmox's own reader takes them. What is set now stands before the first section, which
 * are snapshots and changes still pending.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DG_VM_CONFIG_MAX ((size_t)1024 * 1024) /* pmxcfs holds no larger file */
#define DG_VM_DRIVES_MAX 1024

struct dg_vm_drive {
	char *name;   /* scsi0 */
	char *volume; /* local-lvm:vm-103-disk-1, a path, none */
	char *aio;    /* NULL: not set */
	int direct; /* cache= says so: 1 past the page cache, 0 through it; -1: not set */
};

struct dg_vm_config {
	char *name;	  /* NULL: none */
	bool passthrough; /* a hostpciN is there */
	char *lock;	  /* what is being done to it: migrate, backup; NULL: nothing */
	struct dg_vm_drive *drives;
	size_t n_drives;
};

/*
 * 0 and *ret is written: the caller clears it. Lines of another form are passed over, as
 * Proxmox does with a warning. -EBADMSG: a NUL byte (a torn file), or beyond a cap above;
 * *ret_why (may be NULL) says, owned. -ENOMEM.
 */
int dg_vm_config_parse(const char *buf, size_t len, struct dg_vm_config *ret,
		       char **ret_why);
void dg_vm_config_clear(struct dg_vm_config *config);
