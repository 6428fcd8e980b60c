/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is pinned: whatever makes one named kernel boot again and again (CHECKS.md). What
 * counts is what the generated configuration says; a pin file that nothing follows is a
 * pin that is not in force. */
#include "policy/check.h"
#include "policy/text.h"
#include "policy/view.h"

#define PIN_FILE "/etc/kernel/proxmox-boot-pin"

/* systemd-boot alone passes a snippet over. */
static bool uses_grub(const struct dg_view *view)
{
	for (size_t i = 0; i < view->loader_count; i++)
		if (view->loaders[i].esp
			    ? dg_streq(dg_get(&view->loaders[i].esp->loader), "grub")
			    : !view->loaders[i].program)
			return true;
	return false;
}

/* The kernel that the snippet's GRUB_DEFAULT names: "gnulinux-ABI-advanced-ID". */
static const char *find_snippet_abi(const struct dg_view *view)
{
	const char *text = dg_get(&view->facts->boot.snippet);

	if (!text || !uses_grub(view))
		return NULL;
	dg_list_foreach (entry, view->facts->boot.grub.entries) {
		const char *abi = dg_get(&entry->abi), *id = dg_get(&entry->id);

		if (abi && id && strstr(text, id) && strstr(text, abi))
			return abi;
	}
	return NULL;
}

static int64_t date_of(const struct dg_int *time)
{
	return dg_known(time) ? time->value : 0;
}

/* The generated file is renewed with every kernel; the setting that it comes from is
 * older. */
static void describe_default(const struct dg_boot *boot, const struct dg_choice *choice,
			     struct dg_pin *pin)
{
	pin->kind = "grub-default";
	if (dg_streq(dg_get(&boot->grub_default), choice->selector)) {
		pin->path = dg_get(&boot->grub_default_path);
		pin->time = date_of(&boot->grub_default_time);
	} else if (!dg_known(&boot->grub_default) && !dg_absent(&boot->grub_default)) {
		pin->time = 0;
	}
}

/* The kind and date of the pin that a loader's default is. */
static void describe_loader_pin(const struct dg_view *view,
				const struct dg_choice *choice, struct dg_pin *pin)
{
	const struct dg_boot *boot = &view->facts->boot;
	bool by_cfg = dg_streq(choice->mechanism, "grub.cfg default");
	bool by_env = dg_after(choice->mechanism, "grubenv ");

	pin->path = choice->path;
	pin->time = choice->time;
	if (choice->because == DG_BY_EFI_VARIABLE) {
		pin->kind = "efi-variable";
		pin->time = 0; /* efivarfs keeps no dates */
	} else if (dg_streq(choice->mechanism, "loader.conf default")) {
		pin->kind = "loader-conf";
	} else if (by_env) {
		pin->kind = "grub-saved";
	} else if (by_cfg && dg_known(&boot->snippet) &&
		   strstr(boot->snippet.value, choice->abi)) {
		pin->kind = "grub-snippet";
		pin->path = dg_facts_source("boot.snippet");
		pin->time = date_of(&boot->snippet_time);
	} else {
		describe_default(boot, choice, pin);
	}
}

static const struct dg_choice *find_named_choice(const struct dg_view *view)
{
	const struct dg_choice *named = NULL;
	const char *next = dg_get(&view->facts->boot.next_pin);

	if (view->first)
		named = &view->first->lasting;
	for (size_t i = 0; !named && i < view->loader_count; i++)
		if (view->loaders[i].lasting.named)
			named = &view->loaders[i].lasting;
	if (!named || !named->abi || !named->named)
		return NULL;
	/* The next-boot pin is a trial, not a debt. */
	return dg_streq(named->abi, next) && named->because == DG_BY_NEXT_PIN ? NULL
									      : named;
}

static void choose_pin(const struct dg_view *view, struct dg_pin *pin)
{
	const struct dg_boot *boot = &view->facts->boot;
	const struct dg_choice *named = find_named_choice(view);
	const char *file = dg_get(&boot->pin), *snippet = find_snippet_abi(view);

	if (named) {
		pin->abi = named->abi;
		describe_loader_pin(view, named, pin);
	}
	if (file && (!named || dg_streq(file, named->abi))) {
		pin->abi = file;
		pin->kind = "pin-file";
		pin->path = PIN_FILE;
		pin->time = date_of(&boot->pin_time);
	} else if (!named && snippet && !dg_streq(snippet, dg_get(&boot->next_pin))) {
		pin->abi = snippet;
		pin->kind = "grub-snippet";
		pin->path = dg_facts_source("boot.snippet");
		pin->time = date_of(&boot->snippet_time);
	}
}

/* Why it cannot be told whether a boot loader pins a kernel; NULL: it can. */
static const char *find_untold(const struct dg_view *view)
{
	if (!view->loader_count)
		return view->next.why;
	for (size_t i = 0; i < view->loader_count; i++) {
		const struct dg_loader *loader = &view->loaders[i];

		if ((!view->first || view->first == loader) && !loader->lasting.abi)
			return loader->lasting.why;
	}
	return NULL;
}

void dg_find_unpinned(const struct dg_view *view, struct dg_finding *f)
{
	const char *why = find_untold(view);

	if (why)
		dg_find_unknown(
			f, "whether the boot loader pins a kernel cannot be told: %s",
			why);
	else
		dg_find_ok(f, "nothing is pinned");
}

/* Reason, owner and a due date that has not passed. */
static bool is_documented(const struct dg_view *view, const struct dg_debt *debt)
{
	return !dg_text_is_blank(dg_get(&debt->reason)) &&
	       !dg_text_is_blank(dg_get(&debt->owner)) && dg_known(&debt->until) &&
	       (!view->clock_ok || view->now <= debt->until.value);
}

void dg_view_pin(struct dg_view *view)
{
	struct dg_pin *pin = &view->pin;

	choose_pin(view, pin);
	if (!pin->abi)
		return;
	dg_list_foreach (debt, view->facts->ledger)
		if (dg_known(debt) && dg_streq(dg_get(&debt->abi), pin->abi))
			pin->debt = debt;
	if (!pin->debt)
		return;
	pin->documented = is_documented(view, pin->debt);
	/* The ledger remembers the first day; a re-pin resets the file's. */
	if (dg_known(&pin->debt->since) &&
	    (!pin->time || pin->debt->since.value < pin->time))
		pin->time = pin->debt->since.value;
}
