/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What boots next and why: the choice that each boot loader's own configuration makes,
 * and which of these loaders the firmware starts. */
#include <errno.h>

#include "policy/abi.h"
#include "policy/text.h"
#include "policy/view-loader.h"
#include "policy/view-program.h"
#include "policy/view.h"

static const char *const because_names[] = {
	[DG_BY_NOTHING] = "nothing",	       [DG_BY_PIN] = "pin",
	[DG_BY_NEXT_PIN] = "next-boot-pin",    [DG_BY_LOADER_DEFAULT] = "loader-default",
	[DG_BY_EFI_VARIABLE] = "efi-variable", [DG_BY_NEWEST] = "newest",
};

const char *dg_because_name(enum dg_because because)
{
	return because_names[because];
}

/* A loader's default that names the kernel of a Proxmox pin is that pin at work. */
static void credit_pins(const struct dg_view *view, struct dg_choice *choice)
{
	const struct dg_boot *boot = &view->facts->boot;

	if (!choice->abi || !choice->named || choice->once ||
	    choice->because == DG_BY_EFI_VARIABLE)
		return;
	if (dg_streq(choice->abi, dg_get(&boot->next_pin)))
		choice->because = DG_BY_NEXT_PIN;
	else if (dg_streq(choice->abi, dg_get(&boot->pin)))
		choice->because = DG_BY_PIN;
	else if (dg_known(&boot->snippet) && strstr(boot->snippet.value, choice->abi) &&
		 dg_streq(choice->mechanism, "grub.cfg default"))
		choice->because = DG_BY_PIN;
}

static void choose(struct dg_view *view, struct dg_loader *loader, bool once,
		   struct dg_choice *ret)
{
	const struct dg_esp *esp = loader->esp;

	if (esp && !dg_known(&esp->loader))
		ret->why =
			dg_format("ESP %s cannot be read%s%s", esp->uuid.value,
				  esp->loader.meta.detail ? ": " : "",
				  esp->loader.meta.detail ? esp->loader.meta.detail : "");
	else if (!esp)
		dg_choose_grub(&view->facts->boot.grub, once, ret);
	else if (dg_streq(dg_get(&esp->loader), "grub"))
		dg_choose_grub(&esp->grub, once, ret);
	else
		dg_choose_systemd_boot(view, esp, once, ret);
	credit_pins(view, ret);
}

static void add_loader(struct dg_view *view, const struct dg_esp *esp)
{
	struct dg_loader *loader = &view->loaders[view->loader_count++];

	loader->esp = esp;
	choose(view, loader, true, &loader->next);
	choose(view, loader, false, &loader->lasting);
}

static const struct dg_loader *find_loader(const struct dg_view *view,
					   const char *part_uuid)
{
	for (size_t i = 0; part_uuid && i < view->loader_count; i++)
		if (view->loaders[i].esp &&
		    dg_streq(dg_get(&view->loaders[i].esp->part_uuid), part_uuid))
			return &view->loaders[i];
	return NULL;
}

/* The loader on the partition that the firmware is set to try next; else on the one that
 * this boot came from, unless a gap hides what the firmware will do. */
static const struct dg_loader *find_by_firmware(const struct dg_view *view)
{
	const struct dg_efi *efi = &view->facts->boot.efi;
	const struct dg_loader *loader =
		find_loader(view, dg_get(&efi->firmware_part_uuid));
	DG_FREE char *gap = NULL;

	if (loader)
		return loader;
	gap = dg_facts_gap(view->facts, "boot.efi.firmware_part_uuid");
	if (!gap)
		gap = dg_facts_gap(view->facts, "boot.esps.part_uuid");
	return gap ? NULL : find_loader(view, dg_get(&efi->loader_part_uuid));
}

/* The loader that the firmware starts; where that is not known any, if all of them would
 * boot the same. */
static const struct dg_loader *find_first(const struct dg_view *view)
{
	const struct dg_loader *loader = find_by_firmware(view);

	if (loader || !view->loader_count)
		return loader;
	for (size_t i = 1; i < view->loader_count; i++)
		if (!dg_streq(view->loaders[i].next.abi, view->loaders[0].next.abi))
			return NULL;
	return &view->loaders[0];
}

static int explain_disagreement(struct dg_view *view)
{
	DG_FREE char *list = NULL;

	for (size_t i = 0; i < view->loader_count; i++) {
		const struct dg_loader *l = &view->loaders[i];
		char *longer = dg_format("%s%s%s: %s", list ? list : "", list ? ", " : "",
					 l->esp ? dg_get(&l->esp->uuid) : "GRUB",
					 l->next.abi ? l->next.abi : l->next.why);

		if (!longer)
			return -ENOMEM;
		free(list);
		list = longer;
	}
	view->next.why =
		dg_format("the ESPs do not agree, and which of them the firmware "
			  "starts is not known (%s)",
			  list);
	return view->next.why ? 0 : -ENOMEM;
}

static int settle_next(struct dg_view *view)
{
	const struct dg_boot *boot = &view->facts->boot;

	view->first_told = view->first;
	if (!view->first) {
		view->first = find_first(view);
		view->first_told = view->first && (view->loader_count == 1 ||
						   find_by_firmware(view) == view->first);
	}
	if (view->first) {
		view->next = view->first->next;
		view->next.why = view->next.why ? dg_format("%s", view->next.why) : NULL;
		return 0;
	}
	if (view->loader_count)
		return explain_disagreement(view);
	if (!dg_known(&boot->managed))
		view->next.why =
			dg_format("whether ESPs are managed by proxmox-boot-tool "
				  "cannot be read");
	else if (!dg_known(&boot->grub) && !dg_absent(&boot->grub))
		view->next.why =
			dg_format("/boot/grub/grub.cfg is %s%s%s",
				  dg_state_name(boot->grub.meta.state),
				  boot->grub.meta.detail ? ": " : "",
				  boot->grub.meta.detail ? boot->grub.meta.detail : "");
	else if (dg_true(&boot->managed))
		view->next.why = dg_format("none of the ESPs listed in "
					   "/etc/kernel/proxmox-boot-uuids can be read");
	else
		view->next.why = dg_format("no boot loader configuration that driftguard "
					   "can read was found");
	return view->next.why ? 0 : -ENOMEM;
}

/* Does this ESP hold a loader configuration that the firmware could come to? On a host
 * whose ESPs are not managed, GRUB's ESP only points to /boot/grub. */
static bool is_loader(const struct dg_boot *boot, const struct dg_esp *esp)
{
	if (!dg_known(esp) || !dg_known(&esp->uuid) || dg_absent(&esp->device) ||
	    dg_absent(&esp->loader))
		return false;
	if (dg_true(&boot->managed))
		return true;
	return dg_streq(dg_get(&esp->loader), "systemd-boot") &&
	       dg_after(dg_get(&boot->efi.loader_info), "systemd-boot");
}

/* Where ESPs are managed, and where systemd-boot booted, /boot/grub is a left-over that
 * no firmware comes to. */
static bool uses_plain_grub(const struct dg_boot *boot)
{
	return !dg_true(&boot->managed) && dg_known(&boot->grub) &&
	       !dg_after(dg_get(&boot->efi.loader_info), "systemd-boot");
}

/* What stands for a program that boots nobody knows what. */
static int add_other(struct dg_view *view, const struct dg_esp *esp, char *why)
{
	struct dg_loader *loader = &view->loaders[view->loader_count++];

	loader->program = esp->program.path.value;
	loader->next.why = why;
	loader->lasting.why = why ? dg_format("%s", why) : NULL;
	return loader->lasting.why ? 0 : -ENOMEM;
}

static const struct dg_loader *find_of(const struct dg_view *view,
				       const struct dg_esp *esp)
{
	for (size_t i = 0; i < view->loader_count; i++)
		if (view->loaders[i].esp == esp)
			return &view->loaders[i];
	return NULL;
}

/* The loader that the firmware's program is goes before all that could be. */
static int add_started(struct dg_view *view)
{
	const struct dg_esp *esp;
	char *why = NULL;
	enum dg_reads reads = dg_program_reads(view, &esp, &why);
	int r = 0;

	if (reads == DG_READS_NOT_TOLD)
		return 0;
	if (reads == DG_READS_ROOT)
		esp = NULL;
	if (reads != DG_READS_OTHER)
		view->first = find_of(view, esp);
	if (view->first)
		return 0;
	if (reads == DG_READS_OTHER)
		r = add_other(view, esp, why);
	else
		add_loader(view, esp);
	view->first = &view->loaders[view->loader_count - 1];
	return r;
}

int dg_view_loaders(struct dg_view *view)
{
	const struct dg_boot *boot = &view->facts->boot;
	int r;

	/* One more for plain GRUB, and one for what the firmware starts. */
	view->loaders = calloc(boot->esps.count + 2, sizeof(*view->loaders));
	if (!view->loaders)
		return -ENOMEM;
	/* Which of them counts cannot be told without knowing that. */
	if (!dg_known(&boot->managed))
		return settle_next(view);
	dg_list_foreach (esp, boot->esps)
		if (is_loader(boot, esp))
			add_loader(view, esp);
	if (!view->loader_count && uses_plain_grub(boot))
		add_loader(view, NULL);
	r = add_started(view);
	return r < 0 ? r : settle_next(view);
}
