/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is pinned: whatever makes one named kernel boot again and again (CHECKS.md). What
 * counts is what the generated configuration says; a pin file that nothing follows is a
 * pin that is not in force. */
#include "policy/view.h"

#define PIN_FILE "/etc/kernel/proxmox-boot-pin"

/* The kernel that the snippet's GRUB_DEFAULT names: "gnulinux-ABI-advanced-ID". */
static const char *find_snippet_abi(const struct dg_view *view)
{
	const char *text = dg_get(&view->facts->boot.snippet);

	if (!text)
		return NULL;
	dg_list_foreach (entry, view->facts->boot.grub.entries) {
		const char *abi = dg_get(&entry->abi), *id = dg_get(&entry->id);

		if (abi && id && strstr(text, id) && strstr(text, abi))
			return abi;
	}
	return NULL;
}

/* The kind and date of the pin that a loader's default is. */
static void describe_loader_pin(const struct dg_view *view,
				const struct dg_choice *choice, struct dg_pin *pin)
{
	const struct dg_boot *boot = &view->facts->boot;
	bool by_hand = dg_streq(choice->mechanism, "grub.cfg default");

	pin->path = choice->path;
	pin->time = choice->time;
	if (choice->because == DG_BY_EFI_VARIABLE) {
		pin->kind = "efi-variable";
		pin->time = 0; /* efivarfs keeps no dates */
	} else if (dg_streq(choice->mechanism, "loader.conf default")) {
		pin->kind = "loader-conf";
	} else if (dg_streq(choice->mechanism, "grubenv saved_entry")) {
		pin->kind = "grub-saved";
	} else if (by_hand && dg_known(&boot->snippet) &&
		   strstr(boot->snippet.value, choice->abi)) {
		pin->kind = "grub-snippet";
		pin->path = dg_facts_source("boot.snippet");
		if (dg_known(&boot->snippet_time))
			pin->time = boot->snippet_time.value;
	} else {
		pin->kind = "grub-default";
		/* The generated file is renewed with every kernel; the setting is older.
		 */
		if (dg_streq(dg_get(&boot->grub_default), choice->selector)) {
			pin->path = dg_get(&boot->grub_default_path);
			if (dg_known(&boot->grub_default_time))
				pin->time = boot->grub_default_time.value;
		}
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
		pin->in_force = true;
		describe_loader_pin(view, named, pin);
	}
	if (file && (!named || dg_streq(file, named->abi))) {
		pin->abi = file;
		pin->kind = "pin-file";
		pin->path = PIN_FILE;
		pin->time = dg_known(&boot->pin_time) ? boot->pin_time.value : 0;
	} else if (!named && snippet && !dg_streq(snippet, dg_get(&boot->next_pin))) {
		pin->abi = snippet;
		pin->kind = "grub-snippet";
		pin->path = dg_facts_source("boot.snippet");
		pin->time = dg_known(&boot->snippet_time) ? boot->snippet_time.value : 0;
	}
}

/* Reason, owner and a due date that has not passed. */
static bool is_documented(const struct dg_view *view, const struct dg_debt *debt)
{
	const char *reason = dg_get(&debt->reason), *owner = dg_get(&debt->owner);

	return reason && *reason && owner && *owner && dg_known(&debt->until) &&
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
