/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/collect/grub.h"

#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/parse/grub-cfg.h"
#include "guard/parse/grubenv.h"
#include "guard/parse/span.h"
#include "policy/text.h"

#define CFG_MAX ((size_t)4 << 20)
#define ENV_MAX ((size_t)64 * 1024) /* grub-editenv's are 1024 bytes */

/*
 * Modules that GRUB reads /boot through and cannot write through: "this storage is only
 * available when installed on a plain disk (no LVM or RAID), using a non-checksumming
 * filesystem (no ZFS)" (GRUB's manual, "The GRUB environment block"); the file systems
 * are those that Debian's 00_header names for the same reason. save_env then fails, and
 * next_entry stays.
 */
static const char *const unwritable[] = {
	"lvm",	    "ldm",	"diskfilter", "mdraid09", "mdraid09_be", "mdraid1x",
	"raid5rec", "raid6rec", "dm_nv",      "zfs",	  "zfscrypt",	 "btrfs",
	"squash4",  "cpio",	"newc",	      "odc",	  "romfs",	 "tar",
};

static bool is_unwritable(struct dg_span module)
{
	for (size_t i = 0; i < DG_COUNT(unwritable); i++)
		if (dg_span_eq(module, unwritable[i]))
			return true;
	return false;
}

/* Does one of the lines from `from` to `until` (both from 1, the last not included) load
 * such a module? grub-mkconfig writes one command a line. */
static bool loads_unwritable(const char *text, size_t size, size_t from, size_t until)
{
	struct dg_span rest = dg_span_of(text, size), line, word;

	for (size_t n = 1; n < until && dg_span_line(&rest, &line); n++) {
		if (n < from || !dg_span_word(&line, &word) ||
		    !dg_span_eq(word, "insmod"))
			continue;
		while (dg_span_word(&line, &word))
			if (is_unwritable(word))
				return true;
	}
	return false;
}

/*
 * Whether GRUB can write to where grubenv lies, which is where the kernels of /boot lie:
 * the first entry of a Linux kernel loads what it takes to come there. 00_header loads
 * modules too, but those may be for the font in /usr.
 */
static bool is_env_writable(const struct dg_grub_cfg *cfg, const char *text, size_t size)
{
	for (size_t i = 0; i < cfg->n_entries; i++)
		if (cfg->entries[i].abi)
			return !loads_unwritable(text, size, cfg->entries[i].line,
						 i + 1 < cfg->n_entries
							 ? cfg->entries[i + 1].line
							 : SIZE_MAX);
	return !loads_unwritable(text, size, 1, SIZE_MAX);
}

/* --- the menu --- */

static void set_or_absent(struct dg_str *fact, const char *value)
{
	if (value)
		dg_set_str(fact, value);
	else
		fact->meta.state = DG_ABSENT;
}

static int add_entry(struct dg_grub *grub, const struct dg_grub_cfg_entry *e)
{
	struct dg_menu_entry *entry = DG_ADD(&grub->entries, DG_GRUB_CFG_ENTRIES_MAX);

	if (!entry)
		return -ENOMEM;
	dg_set_str(&entry->title, e->title);
	set_or_absent(&entry->id, e->id);
	dg_set_int(&entry->parent, e->parent);
	dg_set_bool(&entry->submenu, e->submenu);
	set_or_absent(&entry->abi, e->abi);
	set_or_absent(&entry->initrd, e->initrd);
	return 0;
}

static void set_default(const struct dg_grub_cfg *cfg, const char *shown,
			struct dg_str *fact)
{
	if (cfg->default_unsure && cfg->default_value)
		dg_set_gap(&fact->meta, DG_UNREADABLE,
			   "line %zu of %s sets it to \"%s\" under a condition or from "
			   "other variables",
			   cfg->default_line, shown, cfg->default_value);
	else
		set_or_absent(fact, cfg->default_value);
}

/* Does the word make GRUB take entries, or a kernel, from elsewhere? */
static bool leads_elsewhere(struct dg_span word)
{
	static const char *const commands[] = {"source", ".",	  "configfile",
					       "blscfg", "linux", "chainloader"};

	for (size_t i = 0; i < DG_COUNT(commands); i++)
		if (dg_span_eq(word, commands[i]))
			return true;
	return false;
}

/* Whether a script without an entry is no menu at all, but leads to one. What 41_custom
 * writes reads custom.cfg, which mostly is not there. */
static bool is_menu_elsewhere(struct dg_volume *v, const char *path, const char *text,
			      size_t size)
{
	DG_FREE char *custom =
		dg_format("%.*s/custom.cfg", (int)(strrchr(path, '/') - path), path);
	struct dg_span rest = dg_span_of(text, size), line, word;
	struct dg_volume_stat st;

	if (!custom || dg_volume_stat(v, custom, &st) != -ENOENT)
		return true;
	while (dg_span_line(&rest, &line)) {
		bool leads = false;

		while (dg_span_word(&line, &word)) {
			if (leads && !dg_span_ends(word, "/custom.cfg"))
				return true;
			leads = leads_elsewhere(word);
		}
		if (leads)
			return true;
	}
	return false;
}

static void set_menu(const struct dg_grub_cfg *cfg, const char *text, size_t size,
		     const char *shown, struct dg_grub *grub)
{
	set_default(cfg, shown, &grub->default_value);
	dg_set_bool(&grub->one_shot,
		    cfg->has_save_next && is_env_writable(cfg, text, size));
	dg_set_known(&grub->entries.meta);
	for (size_t i = 0; i < cfg->n_entries; i++)
		if (add_entry(grub, &cfg->entries[i]) < 0) {
			dg_set_gap(&grub->entries.meta, DG_UNREADABLE, "out of memory");
			return;
		}
}

/* --- the environment block --- */

/* A variable that GRUB cleared is left behind empty. */
static void set_variable(const struct dg_grubenv *env, const char *name,
			 struct dg_str *fact)
{
	const char *value = dg_grubenv_get(env, name);

	set_or_absent(fact, value && *value ? value : NULL);
}

static void read_env(struct dg_volume *v, const char *path, struct dg_grub *grub)
{
	DG_CLEANUP(dg_grubenv_clear) struct dg_grubenv env = {0};
	DG_FREE char *data = NULL;
	DG_FREE char *why = NULL;
	struct dg_volume_stat st;
	size_t size;
	int r = dg_volume_stat(v, path, &st);

	if (r < 0 || !st.dated)
		dg_volume_gap(v, &grub->env_time.meta, r < 0 ? r : -ENOENT, path);
	else
		dg_set_int(&grub->env_time, st.mtime);
	r = r < 0 ? r : dg_volume_read(v, path, ENV_MAX, &data, &size);
	if (r == 0)
		r = dg_grubenv_parse(data, size, &env, &why);
	if (why) {
		dg_set_gap(&grub->saved_entry.meta, DG_MALFORMED, "%s%s: %s", v->name,
			   path, why);
		dg_set_gap(&grub->next_entry.meta, DG_MALFORMED, "%s%s: %s", v->name,
			   path, why);
	} else if (r < 0) {
		dg_volume_gap(v, &grub->saved_entry.meta, r, path);
		dg_volume_gap(v, &grub->next_entry.meta, r, path);
	} else {
		set_variable(&env, "saved_entry", &grub->saved_entry);
		set_variable(&env, "next_entry", &grub->next_entry);
	}
}

static int read_menu(struct dg_volume *v, const char *path, const char *shown,
		     struct dg_grub *grub)
{
	DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
	DG_FREE char *data = NULL;
	DG_FREE char *why = NULL;
	struct dg_volume_stat st;
	size_t size;
	int r = dg_volume_read(v, path, CFG_MAX, &data, &size);

	if (r == 0)
		r = dg_grub_cfg_parse(data, size, &cfg, &why);
	if (why)
		dg_set_gap(&grub->meta, DG_MALFORMED, "%s%s: %s", v->name, path, why);
	else if (r < 0)
		dg_volume_gap(v, &grub->meta, r, path);
	if (r < 0)
		return r;
	dg_set_known(&grub->meta);
	dg_set_str(&grub->path, shown);
	r = dg_volume_stat(v, path, &st);
	if (r < 0 || !st.dated)
		dg_volume_gap(v, &grub->time.meta, r < 0 ? r : -EBADMSG, path);
	else
		dg_set_int(&grub->time, st.mtime);
	set_menu(&cfg, data, size, shown, grub);
	if (!cfg.n_entries && is_menu_elsewhere(v, path, data, size))
		dg_set_gap(&grub->entries.meta, DG_UNREADABLE,
			   "%s takes its menu from elsewhere", shown);
	return 0;
}

void dg_grub_read(struct dg_volume *v, const char *dir, const char *shown,
		  struct dg_grub *grub)
{
	DG_FREE char *cfg = dg_format("%s/grub.cfg", dir);
	DG_FREE char *env = dg_format("%s/grubenv", dir);

	if (!cfg || !env)
		dg_set_gap(&grub->meta, DG_UNREADABLE, "out of memory");
	else if (read_menu(v, cfg, shown, grub) == 0)
		read_env(v, env, grub);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	DG_VOLUME_CLEANUP struct dg_volume *v = NULL;
	int r = dg_volume_new_dir(root, "", &v);

	if (r < 0)
		dg_gap_from_errno(&facts->boot.grub.meta, r, "boot/grub/grub.cfg");
	else
		dg_grub_read(v, "boot/grub", "/boot/grub/grub.cfg", &facts->boot.grub);
}

const struct dg_collector dg_collect_grub = {
	.name = "grub",
	.fills = (const char *const[]){"boot.grub", NULL},
	.run = run,
};
