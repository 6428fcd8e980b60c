/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.dep and modules.builtin: which modules a kernel's directory holds. Format:
 * modules.dep(5), "PATH: PATH PATH...", one a module; modules.builtin has a path a line.
 * Paths are relative to the directory; "kernel/" is what the kernel itself brings.
 */
#pragma once

#include "guard/parse/span.h"

/* Told of each module: its path, and its name, which is the path's last part without
 * ".ko" and what a compressor appends. Negative: ends the parsing. */
typedef int (*dg_modules_dep_fn)(void *ctx, struct dg_span path, struct dg_span name);

/*
 * Go through modules.dep; nothing is kept, the spans lead into `buf`. 0, what `fn`
 * returned, or -EBADMSG: a line that is no module's; `*ret_why` (if not NULL) is then set
 * to a malloc'd reason, or NULL without memory. A last line without its "\n" is one that
 * was not written to its end, and malformed.
 */
int dg_modules_dep_parse(const char *buf, size_t len, dg_modules_dep_fn fn, void *ctx,
			 char **ret_why);
/* The same for modules.builtin. */
int dg_modules_builtin_parse(const char *buf, size_t len, dg_modules_dep_fn fn, void *ctx,
			     char **ret_why);

/* The name in a module's path ("updates/dkms/nvidia.ko.zst": "nvidia"). False: not the
 * path of a module. */
bool dg_module_path_name(struct dg_span path, struct dg_span *ret_name);
