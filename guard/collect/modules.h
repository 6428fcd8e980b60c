/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the collectors of modules and of kernels share. */
#pragma once

#include "guard/collect/collect.h"

/* The loaded modules that matter, into facts->modules: what the collector of modules
 * does, for whoever needs the list too (earlier collectors' facts are not at hand). */
void dg_read_modules(const struct dg_root *root, struct dg_facts *facts);

/*
 * Which of `loaded`'s modules from outside the kernel's tree this kernel has, into
 * kernel->built. What counts is what depmod indexed, and is there. On the running system
 * libkmod reads the indexes; it believes every offset in them, so that of a tree, which
 * may come from anywhere, the text is read. kernel->modules and kernel->abi are set.
 */
void dg_read_built(const struct dg_root *root, const struct dg_facts *loaded,
		   struct dg_installed *kernel);

/* One kernel's module directory, as far as names are looked up in it. */
struct dg_wanted_module {
	const char *module; /* the loaded one's name, in facts */
	char file[64];	    /* one of the names its file may have (policy/modules.h) */
	char *path;	    /* owned; below the directory; NULL: not found, or built in */
	bool builtin;
};

/*
 * Fill in `path` and `builtin` of what is found. -ENODATA: there is no index of this
 * kind, or none that can be trusted; -EBADMSG: malformed, and *ret_why (owned) says
 * where.
 */
int dg_module_index_kmod(const struct dg_root *root, const char *dir,
			 struct dg_wanted_module *wanted, size_t count);
int dg_module_index_text(const struct dg_root *root, const char *dir,
			 struct dg_wanted_module *wanted, size_t count, char **ret_why);
