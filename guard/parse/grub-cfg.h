/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A generated grub.cfg: its default and its menus. Follows what grub-mkconfig's 00_header
 * and 10_linux write (grub-common 2.06 and 2.12 of Debian) and GRUB's own grammar,
 * grub-core/script/parser.y; hand-written parts are read as far as they look the same.
 * Nothing is evaluated: what stands in a conditional is kept and marked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "policy/util.h"

#define DG_GRUB_CFG_ENTRIES_MAX 4096
#define DG_GRUB_CFG_DEPTH_MAX	8 /* submenus within submenus */

struct dg_grub_cfg_entry {
	char *title;
	char *id;	  /* NULL: none; GRUB then takes the title */
	char *kernel;	  /* path behind `linux`; NULL: boots no Linux */
	char *args;	  /* the kernel's arguments, joined by blanks; NULL with kernel */
	char *abi;	  /* from the kernel's name, vmlinuz-ABI; NULL: another name */
	char *initrd;	  /* the last one, early (microcode) ones precede it; or NULL */
	size_t n_initrds; /* with the early ones */
	size_t line;	  /* of `menuentry` or `submenu`, from 1 */
	int parent;	  /* index of the submenu; -1 at the top */
	unsigned int nth; /* position among its siblings, from 0 */
	bool submenu;
	bool conditional; /* in an if or a loop: may be missing from the menu */
	bool savedefault; /* booting it makes it the saved entry */
};

struct dg_grub_cfg {
	struct dg_grub_cfg_entry *entries; /* file order */
	size_t n_entries;

	char *default_value; /* last `set default=`, next_entry aside; NULL: none */
	size_t default_line;
	bool default_unsure;  /* set under some condition, or holds other variables */
	bool uses_saved;      /* default_value is ${saved_entry} */
	bool uses_next_entry; /* ${next_entry}, when set, wins */
	bool has_save_next;   /* and is cleared on disk: a true one-shot */
	bool has_recordfail;  /* failed boots are recorded (function recordfail) */
	char *fallback;	      /* as `set fallback=` gives it; NULL: none */
	char *timeout;	      /* seconds, of a boot after a success; NULL: none */
};

/*
 * Parse. 0 and *ret is written: the caller clears it. -EBADMSG: the script is torn or out
 * of bounds; *ret_why (may be NULL) says what and at which line, owned. -ENOMEM.
 *
 * default_value passes over `if [ "x$default" = … ]; then default=…`, which 10_linux adds
 * for titles of GRUB before 2.00: it compares with "x" on one side only and never holds.
 */
int dg_grub_cfg_parse(const char *buf, size_t len, struct dg_grub_cfg *ret,
		      char **ret_why);

/* Free what it holds. */
void dg_grub_cfg_clear(struct dg_grub_cfg *cfg);
