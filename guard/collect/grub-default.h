/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"

/* GRUB_DEFAULT: in the snippet that `proxmox-boot-tool kernel pin` writes, and as it ends
 * up after all files that grub-mkconfig reads. Sets boot->snippet and boot->grub_default
 * and what belongs to them. */
void dg_grub_default_read(const struct dg_root *root, struct dg_boot *boot);
