/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A generated GRUB menu and its environment block: /boot/grub on the host, grub/ on an
 * ESP. */
#pragma once

#include "guard/collect/volume.h"

/* Read grub.cfg and grubenv in the folder `dir` of `v`. `shown` is what the fact "path"
 * says. Absent where there is no grub.cfg. */
void dg_grub_read(struct dg_volume *v, const char *dir, const char *shown,
		  struct dg_grub *grub);
