/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A boot of one kernel, once: what the boot loaders themselves offer for it, in contrast
 * to proxmox-boot-tool's pin for the next boot (DOMAIN 2.1). */
#pragma once

#include "policy/view.h"

enum dg_once_way {
	DG_ONCE_NONE,
	DG_ONCE_EFI,	 /* systemd-boot: the EFI variable LoaderEntryOneShot */
	DG_ONCE_GRUBENV, /* GRUB: next_entry in /boot/grub/grubenv */
};

struct dg_once {
	enum dg_once_way way;
	char *entry; /* owned: what has to be written there; NULL: none */
	char *why;   /* owned: why there is no way; NULL: there is */
};

/*
 * The way to boot `abi` once on this host.
 *
 * EFI: this boot came from systemd-boot, which clears the variable before it boots the
 * entry, and both the ESP that this boot came from and the one that the firmware starts
 * next hold that entry.
 * GRUB: the generated menu clears next_entry, and GRUB can write to where grubenv lies;
 * not where ESPs are managed, since grubenv then lies on an ESP, which nobody mounts.
 *
 * 0 or -ENOMEM. The caller clears *ret.
 */
int dg_once_choose(const struct dg_view *view, const char *abi, struct dg_once *ret);
void dg_once_clear(struct dg_once *once);

/* The kernel of the entry that a one-shot which is pending names, and by which way (NONE:
 * one that is not set from here, grubenv on an ESP); NULL: none is pending, or of no
 * kernel that is known here. */
const char *dg_once_pending(const struct dg_view *view, enum dg_once_way *ret_way);

/* What the value that asks for it is called. */
const char *dg_once_name(enum dg_once_way way);
