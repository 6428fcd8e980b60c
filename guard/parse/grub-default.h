/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/default/grub and /etc/default/grub.d/NAME.cfg: shell files that grub-mkconfig
 * reads in with ".", the folder's in name order after the first. Only assignments are
 * read, nothing is run. Here-documents are taken for commands.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DG_GRUB_DEFAULT_MAX 1024 /* assignments kept of one file */

struct dg_grub_setting {
	char *name;   /* GRUB_DEFAULT, GRUB_SAVEDEFAULT, GRUB_CMDLINE_LINUX… */
	char *value;  /* unquoted; as it is written where `dynamic` */
	size_t line;  /* where the assignment begins, from 1 */
	bool dynamic; /* the shell decides: $, `…`, or under a condition */
};

struct dg_grub_default {
	struct dg_grub_setting *settings; /* file order */
	size_t n_settings;
};

/*
 * Parse. 0 and *ret is written: the caller clears it. -EBADMSG: a quote or substitution
 * is not closed, or there are too many settings; *ret_why (may be NULL) says, owned.
 * -ENOMEM.
 */
int dg_grub_default_parse(const char *buf, size_t len, struct dg_grub_default *ret,
			  char **ret_why);

/* The setting that counts, which is the last of that name; NULL: none. */
const struct dg_grub_setting *dg_grub_default_find(const struct dg_grub_default *set,
						   const char *name);

void dg_grub_default_clear(struct dg_grub_default *set);
