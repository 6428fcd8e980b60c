/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A boot of one kernel, once. */
#include "policy/one-shot.h"

#include <errno.h>

#include "policy/grub-menu.h"
#include "policy/text.h"

const char *dg_once_name(enum dg_once_way way)
{
	static const char *const names[] = {
		[DG_ONCE_NONE] = "none",
		[DG_ONCE_EFI] = "the EFI variable LoaderEntryOneShot",
		[DG_ONCE_GRUBENV] = "next_entry of /boot/grub/grubenv",
	};

	return names[way];
}

static int settle(struct dg_once *ret, enum dg_once_way way, char *text)
{
	if (way == DG_ONCE_NONE)
		ret->why = text;
	else
		ret->entry = text;
	ret->way = way;
	return text ? 0 : -ENOMEM;
}

/* --- systemd-boot --- */

static const struct dg_loader_entry *find_entry(const struct dg_esp *esp, const char *abi)
{
	dg_list_foreach (entry, esp->entries)
		if (dg_streq(dg_get(&entry->abi), abi) && dg_known(&entry->id))
			return entry;
	return NULL;
}

static const struct dg_esp *find_booted(const struct dg_view *view)
{
	const char *uuid = dg_get(&view->facts->boot.efi.loader_part_uuid);

	dg_list_foreach (esp, view->facts->boot.esps)
		if (uuid && dg_streq(dg_get(&esp->part_uuid), uuid))
			return esp;
	return NULL;
}

static int choose_efi(const struct dg_view *view, const char *abi, struct dg_once *ret)
{
	const struct dg_esp *booted = find_booted(view);
	const struct dg_esp *next = view->first ? view->first->esp : NULL;
	const struct dg_loader_entry *entry = booted ? find_entry(booted, abi) : NULL;

	if (!booted)
		return settle(ret, DG_ONCE_NONE,
			      dg_format("which ESP this boot came from is not known"));
	if (!next)
		return settle(
			ret, DG_ONCE_NONE,
			dg_format("which ESP the firmware starts next is not known"));
	if (!entry || !find_entry(next, abi))
		return settle(ret, DG_ONCE_NONE,
			      dg_format("ESP %s has no entry of %s",
					dg_get(&(entry ? next : booted)->uuid), abi));
	return settle(ret, DG_ONCE_EFI, dg_format("%s", entry->id.value));
}

/* --- GRUB --- */

/* As a part of a selector: '>' stands between parts, and twice for itself. */
static char *quote_part(const char *name)
{
	char *quoted = malloc(2 * strlen(name) + 1), *to = quoted;

	for (; quoted && *name; name++) {
		if (*name == '>')
			*to++ = '>';
		*to++ = *name;
	}
	if (quoted)
		*to = '\0';
	return quoted;
}

/* An id where it has one: a title may be translated by the next update-grub. */
static const char *name_of(const struct dg_menu_entry *entry)
{
	const char *id = dg_get(&entry->id);

	return id ? id : dg_get(&entry->title);
}

/* "gnulinux-advanced-ID>gnulinux-ABI-advanced-ID". NULL: out of memory, or a menu that
 * does not hang together. */
static char *make_selector(const struct dg_grub *grub, const struct dg_menu_entry *entry)
{
	char *all = NULL;

	for (int depth = 0; depth < DG_GRUB_DEPTH_MAX; depth++) {
		DG_FREE char *below = all;
		DG_FREE char *part = name_of(entry) ? quote_part(name_of(entry)) : NULL;
		int64_t parent = dg_known(&entry->parent) ? entry->parent.value : -1;

		all = part ? dg_format("%s%s%s", part, below ? ">" : "",
				       below ? below : "")
			   : NULL;
		if (!all || parent < 0 || (size_t)parent >= grub->entries.count)
			return all;
		entry = &grub->entries.items[parent];
	}
	free(all);
	return NULL;
}

/* Not the one that ends in a single user's shell. */
static const struct dg_menu_entry *find_menu_entry(const struct dg_grub *grub,
						   const char *abi)
{
	dg_list_foreach (entry, grub->entries) {
		const char *id = dg_get(&entry->id), *title = dg_get(&entry->title);

		if (dg_streq(dg_get(&entry->abi), abi) &&
		    !(id && strstr(id, "recovery")) &&
		    !(title && strstr(title, "recovery")))
			return entry;
	}
	return NULL;
}

static int choose_grub(const struct dg_view *view, const char *abi, struct dg_once *ret)
{
	const struct dg_grub *grub = &view->facts->boot.grub;
	const struct dg_menu_entry *entry = find_menu_entry(grub, abi);

	if (!dg_known(&grub->one_shot))
		return settle(
			ret, DG_ONCE_NONE,
			dg_format("whether GRUB can clear next_entry is not known"));
	if (!grub->one_shot.value)
		return settle(
			ret, DG_ONCE_NONE,
			dg_format("GRUB cannot clear next_entry here: its menu does "
				  "not, or /boot is on LVM, RAID, ZFS or btrfs, which "
				  "it cannot write to"));
	if (!entry)
		return settle(ret, DG_ONCE_NONE,
			      dg_format("%s has no entry of %s",
					dg_known(&grub->path) ? grub->path.value
							      : "the generated grub.cfg",
					abi));
	return settle(ret, DG_ONCE_GRUBENV, make_selector(grub, entry));
}

/* --- both --- */

static bool is_systemd_boot(const struct dg_view *view)
{
	return dg_after(dg_get(&view->facts->boot.efi.loader_info), "systemd-boot");
}

static bool is_plain_grub(const struct dg_view *view)
{
	return view->first_told && !view->first->esp && !view->first->program;
}

int dg_once_choose(const struct dg_view *view, const char *abi, struct dg_once *ret)
{
	*ret = (struct dg_once){0};
	if (is_plain_grub(view))
		return choose_grub(view, abi, ret);
	if (is_systemd_boot(view))
		return choose_efi(view, abi, ret);
	return settle(ret, DG_ONCE_NONE,
		      dg_format("this boot did not come from systemd-boot, and GRUB's "
				"grubenv is not on this host's own file system"));
}

void dg_once_clear(struct dg_once *once)
{
	free(once->entry);
	free(once->why);
	*once = (struct dg_once){0};
}

const char *dg_once_pending(const struct dg_view *view, enum dg_once_way *ret_way)
{
	for (size_t i = 0; i < view->loader_count; i++) {
		const struct dg_choice *next = &view->loaders[i].next;

		if (!next->once || !next->abi)
			continue;
		*ret_way = !view->loaders[i].esp		 ? DG_ONCE_GRUBENV
			   : next->because == DG_BY_EFI_VARIABLE ? DG_ONCE_EFI
								 : DG_ONCE_NONE;
		return next->abi;
	}
	return NULL;
}
