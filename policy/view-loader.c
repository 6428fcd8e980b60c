/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one boot loader's configuration boots. */
#include "policy/abi.h"
#include "policy/glob.h"
#include "policy/grub-menu.h"
#include "policy/loader-version.h"
#include "policy/text.h"
#include "policy/view-loader.h"

#define MENU_MAX 4096

/* --- GRUB --- */

static bool uses_saved(const struct dg_grub *grub)
{
	const char *value = dg_get(&grub->default_value);

	return value && strstr(value, "saved_entry");
}

/* Does next_entry count? A menu that cannot clear it boots it again and again. */
static bool uses_next(const struct dg_grub *grub, bool once)
{
	return once || !dg_true(&grub->one_shot);
}

/* What the choice rests on and is a gap; NULL: nothing. The caller frees it. */
static char *find_grub_gap(const struct dg_grub *grub, bool once)
{
	const struct {
		const char *path;
		bool counts;
	} facts[] = {
		{.path = "default_value", .counts = true},
		{.path = "saved_entry", .counts = uses_saved(grub)},
		{.path = "next_entry", .counts = uses_next(grub, once)},
		{.path = "one_shot", .counts = dg_known(&grub->next_entry)},
		{.path = "entries.*", .counts = true},
	};

	for (size_t i = 0; i < DG_COUNT(facts); i++) {
		char *gap = facts[i].counts
				    ? dg_record_gap(dg_grub_facts, grub, facts[i].path)
				    : NULL;

		if (gap)
			return gap;
	}
	return NULL;
}

/* The text that selects the entry, and where it stands. */
static void select_grub(const struct dg_grub *grub, bool once, struct dg_choice *ret)
{
	const char *value = dg_get(&grub->default_value),
		   *next = dg_get(&grub->next_entry);

	ret->mechanism = "grub.cfg default";
	ret->path = dg_get(&grub->path);
	ret->time = dg_known(&grub->time) ? grub->time.value : 0;
	ret->selector = value ? value : "0";
	if (uses_saved(grub)) {
		const char *saved = dg_get(&grub->saved_entry);

		ret->mechanism = "grubenv saved_entry";
		ret->selector = saved && *saved ? saved : "0";
		ret->time = dg_known(&grub->env_time) ? grub->env_time.value : 0;
	}
	if (next && *next && uses_next(grub, once)) {
		ret->mechanism = "grubenv next_entry";
		ret->selector = next;
		ret->once = dg_true(&grub->one_shot);
		ret->time = dg_known(&grub->env_time) ? grub->env_time.value : 0;
	}
}

/* The facts' menu as the resolver wants it; NULL: empty, or out of memory. */
static struct dg_grub_entry_ref *make_refs(const struct dg_grub *grub)
{
	struct dg_grub_entry_ref *refs;
	size_t n = 0;

	if (!grub->entries.count || grub->entries.count > MENU_MAX)
		return NULL;
	refs = calloc(grub->entries.count, sizeof(*refs));
	if (!refs)
		return NULL;
	dg_list_foreach (entry, grub->entries) {
		refs[n].title = dg_get(&entry->title);
		refs[n].id = dg_get(&entry->id);
		refs[n].submenu = dg_true(&entry->submenu);
		/* A parent stands before its entries; anything else is taken as the top.
		 */
		refs[n].parent = -1;
		if (dg_known(&entry->parent) && entry->parent.value >= 0 &&
		    (size_t)entry->parent.value < n)
			refs[n].parent = (int)entry->parent.value;
		n++;
	}
	return refs;
}

/* A default is a pin when its words hold the kernel's name, or when it ends at another
 * kernel than the first entry, which is always the newest. */
static bool names_kernel(const struct dg_choice *choice, const struct dg_grub *grub,
			 const struct dg_grub_entry_ref *refs)
{
	struct dg_grub_target first;
	const char *newest = NULL;

	if (dg_grub_resolve(refs, grub->entries.count, "0", &first) == 0)
		newest = dg_get(&grub->entries.items[first.index].abi);
	return strstr(choice->selector, choice->abi) || !dg_streq(choice->abi, newest);
}

static const char *name_file(const struct dg_choice *choice)
{
	return choice->path ? choice->path : "grub.cfg";
}

void dg_choose_grub(const struct dg_grub *grub, bool once, struct dg_choice *ret)
{
	DG_FREE struct dg_grub_entry_ref *refs = NULL;
	DG_FREE char *gap = NULL;
	const struct dg_menu_entry *entry;
	struct dg_grub_target target;

	if (!dg_known(grub) || !dg_known(&grub->entries)) {
		ret->why = dg_format("the generated grub.cfg is %s",
				     dg_known(grub) ? "not readable as a menu"
						    : dg_state_name(grub->meta.state));
		return;
	}
	gap = find_grub_gap(grub, once);
	if (gap) {
		ret->why = dg_format("grub.cfg or grubenv: %s", gap);
		return;
	}
	select_grub(grub, once, ret);
	refs = make_refs(grub);
	if (!refs ||
	    dg_grub_resolve(refs, grub->entries.count, ret->selector, &target) < 0) {
		ret->nothing = !grub->entries.count;
		ret->why = dg_format("%s has no menu entry to boot", name_file(ret));
		return;
	}
	entry = &grub->entries.items[target.index];
	ret->abi = dg_get(&entry->abi);
	ret->no_initrd = dg_absent(&entry->initrd);
	if (!ret->abi) {
		ret->why = dg_format(
			"the default entry \"%s\" of %s boots no Linux kernel of "
			"this host",
			entry->title.value, name_file(ret));
		return;
	}
	ret->named = target.how != DG_GRUB_FELL_BACK && names_kernel(ret, grub, refs);
	ret->because = ret->named ? DG_BY_LOADER_DEFAULT : DG_BY_NEWEST;
}

/* --- systemd-boot --- */

/* Its menu's order (systemd.io/BOOT_LOADER_SPECIFICATION, "Sorting"): entries with a
 * sort key first, by key, machine and falling version; the others by falling file name.
 */
static int compare_entries(const struct dg_loader_entry *a,
			   const struct dg_loader_entry *b)
{
	const char *ka = dg_get(&a->sort_key), *kb = dg_get(&b->sort_key);
	const char *ma = dg_get(&a->machine_id), *mb = dg_get(&b->machine_id);
	const char *va = dg_get(&a->version), *vb = dg_get(&b->version);
	int r = 0;

	if (!ka != !kb)
		return ka ? -1 : 1;
	if (ka) {
		r = strcmp(ka, kb);
		if (!r)
			r = strcmp(ma ? ma : "", mb ? mb : "");
		if (!r)
			r = -dg_loader_version_cmp(va ? va : "", vb ? vb : "");
	}
	return r ? r : -dg_loader_version_cmp(a->id.value, b->id.value);
}

/* The loader compares in lower case, and leaves nothing out: a pattern without ".conf" or
 * a "*" in its place is none of an entry's. */
static bool matches_entry(const char *pattern, const struct dg_loader_entry *entry)
{
	DG_FREE char *lower = dg_format("%s", pattern);

	for (char *p = lower; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return lower && dg_glob_match(lower, entry->id.value);
}

/* The first entry in menu order that matches; NULL pattern: the first at all. */
static const struct dg_loader_entry *find_entry(const struct dg_esp *esp,
						const char *pattern)
{
	const struct dg_loader_entry *best = NULL;

	dg_list_foreach (entry, esp->entries) {
		if (!dg_known(entry) || !dg_known(&entry->id) ||
		    (pattern && !matches_entry(pattern, entry)))
			continue;
		if (!best || compare_entries(entry, best) < 0)
			best = entry;
	}
	return best;
}

static bool try_entry(const struct dg_esp *esp, const struct dg_str *value,
		      const char *mechanism, const char *path, struct dg_choice *ret)
{
	const char *pattern = dg_get(value);
	const struct dg_loader_entry *entry = pattern ? find_entry(esp, pattern) : NULL;

	if (!entry)
		return false;
	ret->abi = dg_get(&entry->abi);
	ret->mechanism = mechanism;
	ret->path = path;
	ret->selector = pattern;
	ret->named = !strpbrk(pattern, "*?[");
	return true;
}

/* A gap in the variables that go before loader.conf; NULL: none. The caller frees it. */
static char *find_variable_gap(const struct dg_view *view, bool once)
{
	static const char *const paths[] = {"boot.efi.loader_info",
					    "boot.efi.entry_default",
					    "boot.efi.entry_oneshot"};
	const struct dg_efi *efi = &view->facts->boot.efi;
	char *gap = dg_facts_gap(view->facts, paths[0]);

	if (!dg_after(dg_get(&efi->loader_info), "systemd-boot"))
		return gap;
	for (size_t i = 1; !gap && i < (once ? 3 : 2); i++)
		gap = dg_facts_gap(view->facts, paths[i]);
	return gap;
}

static char *find_entries_gap(const struct dg_view *view, const struct dg_esp *esp,
			      bool once)
{
	char *gap = find_variable_gap(view, once);

	return gap ? gap : dg_record_gap(dg_esp_facts, esp, "entries.*");
}

/* "@saved" stands for the entry that was chosen last, which no fact here tells. */
static bool is_last_chosen(const struct dg_esp *esp, const struct dg_efi *efi)
{
	return dg_streq(dg_get(&esp->loader_default), "@saved") ||
	       (dg_after(dg_get(&efi->loader_info), "systemd-boot") &&
		dg_streq(dg_get(&efi->entry_default), "@saved"));
}

static bool try_variables(const struct dg_view *view, const struct dg_esp *esp, bool once,
			  struct dg_choice *ret)
{
	const struct dg_efi *efi = &view->facts->boot.efi;
	static const char path[] = "/sys/firmware/efi/efivars";

	if (!dg_after(dg_get(&efi->loader_info), "systemd-boot"))
		return false;
	ret->because = DG_BY_EFI_VARIABLE;
	if (once &&
	    try_entry(esp, &efi->entry_oneshot, "LoaderEntryOneShot", path, ret)) {
		ret->once = true;
		return true;
	}
	return try_entry(esp, &efi->entry_default, "LoaderEntryDefault", path, ret);
}

void dg_choose_systemd_boot(const struct dg_view *view, const struct dg_esp *esp,
			    bool once, struct dg_choice *ret)
{
	DG_FREE char *gap = find_entries_gap(view, esp, once);
	const struct dg_loader_entry *entry;

	if (gap) {
		ret->why = dg_format("ESP %s: %s", esp->uuid.value, gap);
		return;
	}
	if (try_variables(view, esp, once, ret))
		goto found;
	if (is_last_chosen(esp, &view->facts->boot.efi)) {
		ret->why = dg_format("ESP %s boots the entry that was chosen last",
				     esp->uuid.value);
		return;
	}
	ret->because = DG_BY_NEWEST;
	ret->time = dg_known(&esp->loader_time) ? esp->loader_time.value : 0;
	if (try_entry(esp, &esp->loader_default, "loader.conf default",
		      "loader/loader.conf", ret)) {
		if (ret->named)
			ret->because = DG_BY_LOADER_DEFAULT;
		goto found;
	}
	if (!dg_known(&esp->loader_default) && !dg_absent(&esp->loader_default)) {
		ret->why = dg_format("loader.conf of ESP %s is %s", esp->uuid.value,
				     dg_state_name(esp->loader_default.meta.state));
		return;
	}
	ret->mechanism = "highest entry";
	entry = find_entry(esp, NULL);
	if (entry)
		ret->abi = dg_get(&entry->abi);
found:
	if (!ret->abi)
		ret->why = dg_format("ESP %s holds no boot entry of a kernel",
				     esp->uuid.value);
}
