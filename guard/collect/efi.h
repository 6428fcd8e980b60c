/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What EFI variables say, for more than one collector. */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"

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
