/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which entry GRUB boots for a value of its variable "default". Follows
 * get_entry_number() and grub_menu_execute_entry() in GRUB's grub-core/normal/menu.c, as
 * in 2.06 and 2.12, the versions of Debian and Proxmox (Fedora's differ):
 *
 * - The value is split at '>'; ">>" stands for one '>' in a name. Each part selects in
 * one menu, and what follows it applies to the submenu that it selected.
 * - A part that *begins* with a number is that number, whatever follows the digits: the
 *   value "6.5.13-5-pve" is entry 6. "0x" is hexadecimal, a leading 0 octal.
 * - Else the first entry with that title or that id counts. No such entry, or a number
 *   beyond the menu: the menu's first entry.
 * - "default" is not exported to submenus: where the value ends at a submenu, that
 *   submenu's first entry boots. What follows an entry that is no submenu is ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DG_GRUB_DEPTH_MAX 16 /* levels of menus */

/* One entry of a menu. All menus' entries stand in one array in file order, a submenu
 * before what it holds. */
struct dg_grub_entry_ref {
	const char *title;
	const char *id; /* NULL: none given; GRUB then takes the title */
	int parent;	/* index of the submenu in the array; -1 at the top */
	bool submenu;
};

/* How a value met its entry: the weakest of its parts decides, weakest last. */
enum dg_grub_match {
	DG_GRUB_BY_ID,
	DG_GRUB_BY_TITLE,
	DG_GRUB_BY_NUMBER,
	DG_GRUB_BY_POSITION, /* the value is empty or ends at a submenu: first entry */
	DG_GRUB_FELL_BACK,   /* a part names nothing: first entry in its place */
};

struct dg_grub_target {
	int index; /* into the array; never a submenu */
	enum dg_grub_match how;
};

/*
 * Resolve `selector` (NULL counts as empty). 0; -ENOENT: GRUB comes to an empty menu;
 * -EINVAL: a parent does not stand before its child or is no submenu; -ELOOP: deeper than
 * DG_GRUB_DEPTH_MAX.
 */
int dg_grub_resolve(const struct dg_grub_entry_ref *entries, size_t n,
		    const char *selector, struct dg_grub_target *ret);
