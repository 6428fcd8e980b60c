/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose configuration the program reads that the firmware starts. systemd-boot, GRUB and
 * others may lie on one ESP, each with what it boots: only the program that is started
 * counts, whatever proxmox-boot-tool keeps up to date beside it.
 */
#include "policy/text.h"
#include "policy/view-program.h"

static const struct dg_esp *find_started(const struct dg_view *view)
{
	dg_list_foreach (esp, view->facts->boot.esps)
		if (dg_known(esp) && dg_known(&esp->program))
			return esp;
	return NULL;
}

static bool holds(const struct dg_esp *esp, const char *loader)
{
	return dg_streq(dg_get(&esp->loader), loader);
}

/* NULL: it reads what lies on its ESP. */
static const char *ask_systemd_boot(const struct dg_esp *esp)
{
	if (holds(esp, "systemd-boot"))
		return NULL;
	return holds(esp, "grub") ? "systemd-boot, and proxmox-boot-tool keeps that ESP "
				    "for GRUB"
				  : "systemd-boot, and its entries there cannot be read";
}

/* GRUB of a host whose ESPs are not managed is the one of /boot, as is the one beside
 * grub/ on an ESP that the boot tool put there, unless it says otherwise. */
static enum dg_reads ask_grub(const struct dg_view *view, const struct dg_esp *esp,
			      const char **ret_what)
{
	const struct dg_str *menu = &esp->program.menu;
	bool managed = dg_true(&view->facts->boot.managed), own = holds(esp, "grub");

	if (dg_streq(dg_get(menu), "root") || (dg_absent(menu) && !managed))
		return DG_READS_ROOT;
	if (own && (dg_absent(menu) || dg_streq(dg_get(menu), "esp")))
		return DG_READS_ESP;
	if (dg_absent(menu))
		*ret_what = "GRUB, and nothing beside it says which menu it reads";
	else if (dg_streq(dg_get(menu), "esp"))
		*ret_what = "GRUB with the menu on that ESP, which proxmox-boot-tool "
			    "keeps for systemd-boot";
	else if (dg_known(menu))
		*ret_what = "GRUB, and its menu is neither that of the ESP nor the one "
			    "in /boot/grub";
	else
		*ret_what = menu->meta.detail ? menu->meta.detail
					      : "GRUB, and its menu cannot be told";
	return DG_READS_OTHER;
}

static char *explain(const struct dg_esp *esp, const char *what)
{
	const struct dg_program *program = &esp->program;

	return dg_format("the firmware starts %s on ESP %s (%s, \"%s\"): %s",
			 dg_get(&program->path), dg_get(&esp->uuid),
			 dg_get(&program->entry), dg_get(&program->title), what);
}

enum dg_reads dg_program_reads(const struct dg_view *view, const struct dg_esp **ret,
			       char **ret_why)
{
	const struct dg_esp *esp = find_started(view);
	const struct dg_str *loader = esp ? &esp->program.loader : NULL;
	enum dg_reads reads = DG_READS_OTHER;
	const char *what = NULL;

	*ret = esp;
	if (!esp)
		return DG_READS_NOT_TOLD;
	/* An ESP that cannot be read says so itself, where what is on it counts. */
	if (!dg_known(&esp->loader) && !dg_absent(&esp->loader))
		return dg_true(&view->facts->boot.managed) ? DG_READS_ESP
							   : DG_READS_NOT_TOLD;
	if (dg_streq(dg_get(loader), "grub"))
		reads = ask_grub(view, esp, &what);
	else if (dg_streq(dg_get(loader), "systemd-boot"))
		what = ask_systemd_boot(esp);
	else
		what = loader->meta.detail ? loader->meta.detail
					   : "neither systemd-boot nor GRUB";
	if (!what)
		return reads == DG_READS_OTHER ? DG_READS_ESP : reads;
	*ret_why = explain(esp, what);
	return reads;
}
