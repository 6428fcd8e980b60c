/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few lines that grub-install puts beside a signed GRUB, EFI/proxmox/grub.cfg say:
 * which file system holds the menu, and where in it.
 *
 *	search.fs_uuid UUID root HINT...
 *	set prefix=($root)'/boot/grub'
 *	configfile $prefix/grub.cfg
 */
#pragma once

#include <stddef.h>

#define DG_GRUB_STUB_MAX 65536 /* bytes */

struct dg_grub_stub {
	char *uuid; /* of the file system, as GRUB writes it */
	char *dir;  /* the folder of grub.cfg there, "/boot/grub" */
};

/*
 * 0 and *ret is written: the caller clears it. -ENODATA: it is no such file; -EBADMSG: no
 * script of GRUB's either; -ENOMEM.
 */
int dg_grub_stub_parse(const char *buf, size_t len, struct dg_grub_stub *ret);
void dg_grub_stub_clear(struct dg_grub_stub *stub);
