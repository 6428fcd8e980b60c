/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/modules: the loaded modules, one a line (Linux, kernel/module/procfs.c). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DG_MODULES_MAX 65536

enum dg_module_state { DG_MODULE_LIVE, DG_MODULE_LOADING, DG_MODULE_UNLOADING };

struct dg_loaded_module {
	char *name;
	uint64_t size;	  /* bytes */
	int64_t refcount; /* -1: this kernel cannot unload modules and does not count */
	enum dg_module_state state;
	char *taint; /* letters such as "POE"; "": none */
};

struct dg_modules_list {
	struct dg_loaded_module *modules; /* newest first */
	size_t n_modules;
};

/* 0 and *ret is written: the caller clears it. -EBADMSG: *ret_why (may be NULL) says what
 * and where, owned. -ENOMEM. */
int dg_modules_list_parse(const char *buf, size_t len, struct dg_modules_list *ret,
			  char **ret_why);
void dg_modules_list_clear(struct dg_modules_list *list);
