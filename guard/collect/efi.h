/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What EFI variables say, for more than one collector. */
#pragma once

#include "guard/base/root.h"
#include "guard/parse/efivar.h"
#include "policy/facts.h"

#define DG_EFI_ORDER_MAX 64 /* entries of BootOrder that are looked at */

/* Whether EFI firmware booted this host, in the form of a fact. */
void dg_efi_read_booted(const struct dg_root *root, struct dg_bool *fact);

/*
 * The UUIDs of two GPT partitions, in lower case: the one that this boot's loader was
 * started from (it says so itself in LoaderDevicePartUUID; else the firmware's entry
 * BootCurrent is asked), and the one that the firmware tries next (BootNext, else the
 * first active entry of BootOrder that is on a partition, or of a whole disk and brought
 * this boot about).
 */
void dg_efi_read_partitions(const struct dg_root *root, struct dg_str *loader,
			    struct dg_str *firmware);

/* What the firmware tries at the next boot, in its order: entries of partitions. */
struct dg_efi_tries {
	struct dg_efi_option options[1 + DG_EFI_ORDER_MAX]; /* each on a partition */
	uint16_t numbers[1 + DG_EFI_ORDER_MAX];		    /* Boot#### */
	size_t n;
};

/*
 * BootNext's entry, then the active ones of BootOrder; network and whole-disk entries are
 * left out, but for one of a whole disk that this boot came by: it leads to the partition
 * `loader` again. An entry that starts a firmware update is left out too: what comes
 * behind it boots once that is through. 0, or why the list ends before its time, a
 * negative errno; the caller clears *ret with both.
 */
int dg_efi_read_tries(const struct dg_root *root, const struct dg_str *loader,
		      struct dg_efi_tries *ret);
void dg_efi_tries_clear(struct dg_efi_tries *tries);
