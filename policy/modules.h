/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel modules: where one comes from, what its file may be called, what of it a kernel
 * has, and what would bring it there. */
#pragma once

#include "policy/view.h"

/* The same name, '-' and '_' being one character to the kernel's tools (modprobe(8)). */
bool dg_module_same(const char *a, const char *b);

/* The `i`-th name that the file of the loaded module `name` may have, without its suffix.
 * The first is its own; Debian installs nvidia as nvidia-current.ko or, of other
 * branches, nvidia-tesla-535.ko and the like (nvidia-kernel-dkms,
 * /etc/modprobe.d/nvidia.conf). False: no more. */
bool dg_module_file(const char *name, size_t i, char *ret, size_t size);
/* Whether a file of this name, without its suffix, may be that module's. */
bool dg_module_is_file(const char *name, const char *file);

/* From outside of the kernel's tree (taint O) or of a proprietary licence (P); Linux,
 * kernel/panic.c, taint_flags. Without a taint that could be read: taken for one. */
bool dg_module_is_foreign(const struct dg_module *module);

/* Foreign, and not brought by every kernel package of this product. */
bool dg_module_is_extra(const struct dg_view *view, const struct dg_module *module);
/* The name of the first of them that is loaded; NULL: none. */
const char *dg_view_extra_module(const struct dg_view *view);

/* Whether a kernel that is to be moved to must have it: the extra ones, and ZFS. */
bool dg_module_is_needed(const struct dg_view *view, const struct dg_module *module);

enum dg_presence {
	DG_PRESENCE_UNTOLD, /* cannot be told */
	DG_PRESENT,
	DG_MISSING,
	DG_NAMESAKE, /* only the kernel's own module of that name, which does not count */
};

/* What of a needed module `kernel` has. *ret: where it is, or the namesake; may be NULL.
 */
enum dg_presence dg_module_presence(const struct dg_view *view,
				    const struct dg_installed *kernel,
				    const struct dg_module *module,
				    const struct dg_built **ret);

/* The DKMS entry that the module comes from, of the running kernel if there is one; NULL:
 * DKMS does not know it. */
const struct dg_dkms *dg_module_dkms(const struct dg_view *view, const char *name);

/* What would bring the missing modules to `kernel`, for a person: "apt install
 * proxmox-headers-ABI; dkms install NAME/VERSION -k ABI". The caller frees it; NULL:
 * nothing is missing, or no memory. */
char *dg_module_unblock(const struct dg_view *view, const struct dg_installed *kernel);
