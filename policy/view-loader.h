/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one boot loader's configuration boots; part of view-boot.c. */
#pragma once

#include "policy/view.h"

/* GRUB: `once`: a next_entry in its environment block counts. Sets ret->abi, or
 * ret->why (owned). */
void dg_choose_grub(const struct dg_grub *grub, bool once, struct dg_choice *ret);
/* systemd-boot on `esp`: EFI variables (where this boot came from systemd-boot), then
 * loader.conf, then the first entry of its order. */
void dg_choose_systemd_boot(const struct dg_view *view, const struct dg_esp *esp,
			    bool once, struct dg_choice *ret);
