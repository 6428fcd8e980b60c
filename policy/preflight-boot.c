/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the boot loaders can be moved: the ESPs, and what would have the last word. */
#include "policy/preflight.h"
#include "policy/text.h"

/* Can proxmox-boot-tool write to this ESP? It mounts each itself, and skips one that is
 * mounted already (DOMAIN 2.1). */
static void ask_esp(const struct dg_esp *esp, struct dg_preflight *p)
{
	const char *uuid = dg_get(&esp->uuid), *mounted = dg_get(&esp->mounted_at);

	if (dg_absent(&esp->device)) {
		dg_preflight_answer(p, DG_NO, "ESP %s is not there", uuid);
		p->unblock = dg_format("proxmox-boot-tool clean");
	} else if (dg_streq(dg_get(&esp->filesystem), "other")) {
		dg_preflight_answer(p, DG_NO, "ESP %s holds no FAT file system", uuid);
		p->unblock = dg_format("proxmox-boot-tool format and init");
	} else if (mounted) {
		dg_preflight_answer(p, DG_NO,
				    "ESP %s is mounted at %s: a refresh would skip it",
				    uuid, mounted);
		p->unblock = dg_format("umount %s", mounted);
	} else if (!dg_known(&esp->device) || !dg_known(&esp->filesystem) ||
		   !dg_known(&esp->loader) || !dg_absent(&esp->mounted_at)) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "ESP %s cannot be read", uuid);
	}
}

/* Which ESPs are listed cannot be read. */
static bool lacks_list(const struct dg_view *view, struct dg_preflight *p)
{
	DG_FREE char *listed = dg_facts_gap(view->facts, "boot.esps.listed");
	DG_FREE char *uuid = dg_facts_gap(view->facts, "boot.esps.uuid");

	if (listed || uuid)
		dg_preflight_answer(p, DG_CANNOT_TELL, "%s", listed ? listed : uuid);
	return listed || uuid;
}

void dg_ask_esps(const struct dg_view *view, const struct dg_installed *kernel,
		 struct dg_preflight *p)
{
	size_t listed = 0;

	(void)kernel;
	if (lacks_list(view, p))
		return;
	dg_list_foreach (esp, view->facts->boot.esps) {
		if (!dg_true(&esp->listed))
			continue;
		listed++;
		ask_esp(esp, p);
		if (p->detail)
			return;
	}
	dg_preflight_answer(p, listed ? DG_YES : DG_NO, "%zu listed", listed);
}

/* Once proxmox-boot-tool has come to an ESP with GRUB, it serves none with systemd-boot
 * that is listed behind it, and exits 0 (DOMAIN 2.1). */
void dg_ask_order(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p)
{
	const struct dg_esp *grub = NULL;

	(void)kernel;
	if (lacks_list(view, p))
		return;
	dg_list_foreach (esp, view->facts->boot.esps) {
		const char *loader = dg_get(&esp->loader);

		if (!dg_true(&esp->listed))
			continue;
		if (!loader && !dg_absent(&esp->loader)) {
			dg_preflight_answer(p, DG_CANNOT_TELL,
					    "the boot loader of ESP %s cannot be read",
					    dg_get(&esp->uuid));
			return;
		}
		if (!grub && dg_streq(loader, "grub"))
			grub = esp;
		if (!grub || !dg_streq(loader, "systemd-boot"))
			continue;
		dg_preflight_answer(p, DG_NO,
				    "ESP %s has systemd-boot and is listed behind %s, "
				    "which has GRUB: a refresh passes over it",
				    dg_get(&esp->uuid), dg_get(&grub->uuid));
		p->unblock = dg_format("put the line %s before %s in "
				       "/etc/kernel/proxmox-boot-uuids",
				       dg_get(&esp->uuid), dg_get(&grub->uuid));
		return;
	}
	dg_preflight_answer(p, DG_YES, "a refresh comes to every listed ESP");
}

static bool has_copy(const struct dg_esp *esp, const char *abi)
{
	dg_list_foreach (copy, esp->copies)
		if (dg_streq(dg_get(&copy->abi), abi) && dg_known(&copy->image) &&
		    dg_known(&copy->initrd))
			return true;
	return false;
}

/* Copying comes before deleting, so old copies' room does not count. */
void dg_ask_space(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p)
{
	int64_t wanted;

	if (lacks_list(view, p))
		return;
	if (!dg_known(&kernel->image_size) || !dg_known(&kernel->initrd_size) ||
	    __builtin_add_overflow(kernel->image_size.value, kernel->initrd_size.value,
				   &wanted)) {
		dg_preflight_answer(p, DG_CANNOT_TELL,
				    "the sizes of image and initrd are not known");
		return;
	}
	dg_list_foreach (esp, view->facts->boot.esps) {
		if (!dg_true(&esp->listed) || dg_absent(&esp->device) ||
		    has_copy(esp, kernel->abi.value))
			continue;
		if (!dg_known(&esp->free)) {
			dg_preflight_answer(p, DG_CANNOT_TELL,
					    "the free space of ESP %s is not known",
					    dg_get(&esp->uuid));
			return;
		}
		if (esp->free.value < wanted) {
			dg_preflight_answer(
				p, DG_NO, "ESP %s has %lld MiB free, and %lld are needed",
				dg_get(&esp->uuid), (long long)(esp->free.value >> 20),
				(long long)(wanted >> 20) + 1);
			p->unblock = dg_format(
				"apt autoremove, then proxmox-boot-tool refresh");
			return;
		}
	}
	dg_preflight_answer(p, DG_YES, "every ESP has room or a copy already");
}

void dg_ask_next_pin(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_preflight *p)
{
	const struct dg_str *next = &view->facts->boot.next_pin;

	if (dg_streq(dg_get(next), kernel->abi.value)) {
		dg_preflight_answer(p, DG_YES, "the one that is pending asks for it");
	} else if (dg_known(next)) {
		dg_preflight_answer(p, DG_NO, "a next-boot pin to %s is pending",
				    next->value);
		p->unblock = dg_format("proxmox-boot-tool kernel unpin --next-boot");
	} else if (dg_absent(next)) {
		dg_preflight_answer(p, DG_YES, "none is pending");
	} else {
		dg_preflight_answer(p, DG_CANNOT_TELL,
				    "the next-boot pin cannot be read");
	}
}

/* Whether an EFI variable makes some loader boot another kernel, whatever is pinned. */
static bool is_overridden(const struct dg_view *view, const char *abi)
{
	for (size_t i = 0; i < view->loader_count; i++)
		if (view->loaders[i].lasting.because == DG_BY_EFI_VARIABLE &&
		    !dg_streq(view->loaders[i].lasting.abi, abi))
			return true;
	return false;
}

/* Whether grubenv's next_entry, where GRUB cannot clear it, boots another kernel again
 * and again, whatever is pinned. */
static bool is_stuck(const struct dg_view *view, const char *abi)
{
	for (size_t i = 0; i < view->loader_count; i++)
		if (dg_streq(view->loaders[i].lasting.mechanism, "grubenv next_entry") &&
		    !dg_streq(view->loaders[i].lasting.abi, abi))
			return true;
	return false;
}

/* The file that sets GRUB_DEFAULT after the snippet of a pin, whose word then counts for
 * nothing; NULL: none. update-grub reads the folder in the order of the names. */
static const char *find_later_default(const struct dg_view *view, const char *abi)
{
	static const char snippet[] = "/etc/default/grub.d/proxmox-kernel-pin.cfg";
	const char *path = dg_get(&view->facts->boot.grub_default_path);

	return dg_after(path, "/etc/default/grub.d/") && strcmp(path, snippet) > 0 &&
			       dg_streq(view->pin.kind, "grub-default") &&
			       !dg_streq(view->pin.abi, abi)
		       ? path
		       : NULL;
}

/* What the firmware starts reads none of what a refresh writes; NULL: it does, or what it
 * starts is not known. */
static const struct dg_loader *find_bypass(const struct dg_view *view)
{
	const struct dg_loader *first = view->first_told ? view->first : NULL;

	return dg_true(&view->facts->boot.managed) && first && !first->esp ? first : NULL;
}

void dg_ask_override(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_preflight *p)
{
	const char *abi = kernel ? kernel->abi.value : NULL;
	const char *later = find_later_default(view, abi);
	const struct dg_loader *bypass = find_bypass(view);
	DG_FREE char *info = dg_facts_gap(view->facts, "boot.efi.loader_info");
	DG_FREE char *variable = dg_facts_gap(view->facts, "boot.efi.entry_default");

	if (!kernel) {
		dg_preflight_answer(p, DG_YES, "no kernel is asked for");
	} else if (is_overridden(view, abi)) {
		dg_preflight_answer(
			p, DG_NO,
			"the EFI variable LoaderEntryDefault overrides loader.conf");
		p->unblock = dg_format("bootctl set-default \"\"");
	} else if (bypass) {
		dg_preflight_answer(p, DG_NO,
				    "the firmware starts %s, which reads none of what "
				    "proxmox-boot-tool writes",
				    bypass->program ? bypass->program
						    : "GRUB with the menu in /boot/grub");
		p->unblock = dg_format("efibootmgr --bootorder, with the entry of the "
				       "ESP's own boot loader first");
	} else if (is_stuck(view, abi)) {
		dg_preflight_answer(p, DG_NO,
				    "grubenv's next_entry names another kernel, and GRUB "
				    "cannot clear it here");
		p->unblock = dg_format("grub-editenv - unset next_entry");
	} else if (later) {
		dg_preflight_answer(p, DG_NO,
				    "%s sets GRUB_DEFAULT, and is read after the pin",
				    later);
		p->unblock = dg_format("remove GRUB_DEFAULT from %s", later);
	} else if (info || variable) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "%s", info ? info : variable);
	} else {
		dg_preflight_answer(p, DG_YES,
				    "nothing overrides the boot loader's configuration");
	}
}
