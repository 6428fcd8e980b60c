/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GRUB's environment block, /boot/grub/grubenv: a signature line, NAME=VALUE lines with
 * backslash escapes, then '#' to its end (1024 bytes by grub-editenv; GRUB takes any
 * size). Read as grub_envblk_iterate() in grub-core/lib/envblk.c does: a line that begins
 * with '#' is passed over, and what follows a torn line is not seen.
 */
#pragma once

#include <stddef.h>

#define DG_GRUBENV_MAX 4096 /* variables */

struct dg_grubenv_var {
	char *name, *value;
};

struct dg_grubenv {
	struct dg_grubenv_var *vars;
	size_t n_vars;
};

/* 0 and *ret is written: the caller clears it. -EBADMSG: no signature, or more variables
 * than the cap; *ret_why (may be NULL) says, owned. -ENOMEM. */
int dg_grubenv_parse(const char *buf, size_t len, struct dg_grubenv *ret, char **ret_why);

/* The value of `name`, the last one as for load_env; NULL: not set. An empty value, which
 * GRUB leaves behind where it clears next_entry, is to be taken as not set. */
const char *dg_grubenv_get(const struct dg_grubenv *env, const char *name);

void dg_grubenv_clear(struct dg_grubenv *env);

/*
 * The same block with `name` set to `value`, or without it where `value` is NULL. Other
 * variables and comments stay; the block stays as long as it was, as GRUB writes it in
 * place. 0 with an owned buffer of `len` bytes; -EBADMSG with *ret_why (may be NULL): no
 * signature; -ENOSPC: it has no room for it; -ENOMEM.
 */
int dg_grubenv_set(const char *buf, size_t len, const char *name, const char *value,
		   char **ret, char **ret_why);
