/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot loader on an ESP and its configuration. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/collect/esp.h"
#include "guard/collect/grub.h"
#include "guard/parse/loader-conf.h"
#include "policy/abi.h"
#include "policy/text.h"

#define LOADER_CONF "loader/loader.conf"
#define ENTRIES	    "loader/entries"
#define NAMES_CAP   4096

/* --- which one --- */

static const char *const systemd_signs[] = {LOADER_CONF, ENTRIES,
					    "EFI/systemd/systemd-bootx64.efi",
					    "EFI/systemd/systemd-bootaa64.efi"};
static const char *const grub_signs[] = {"grub/grub.cfg"};
static const char *const grub_programs[] = {"EFI/proxmox/grubx64.efi",
					    "EFI/proxmox/grubaa64.efi"};

struct signs {
	const char *const *paths;
	size_t n;
};

#define SIGNS(array) ((struct signs){.paths = (array), .n = DG_COUNT(array)})

/* Whether any of the signs is there. Where one cannot be told, and none is: a negative
 * errno, and `gap` says it. */
static int find_any(struct dg_volume *v, struct signs signs, struct dg_meta *gap)
{
	struct dg_volume_stat st;
	int found = 0;

	for (size_t i = 0; i < signs.n; i++) {
		int r = dg_volume_stat(v, signs.paths[i], &st);

		if (r == 0)
			return 1;
		if (dg_state_from_errno(r) == DG_ABSENT)
			continue;
		dg_volume_gap(v, gap, r, signs.paths[i]);
		found = r;
	}
	return found;
}

/*
 * A host that was moved from one loader to the other keeps both on its ESPs. By BIOS,
 * only GRUB boots; by EFI, the boot tool starts GRUB where its program lies beside.
 */
static int find_loader(struct dg_volume *v, bool efi, const char **ret,
		       struct dg_meta *gap)
{
	int grub = find_any(v, SIGNS(grub_signs), gap);
	int systemd = find_any(v, SIGNS(systemd_signs), gap);

	if (grub > 0 && systemd > 0 && efi)
		grub = find_any(v, SIGNS(grub_programs), gap);
	if (grub < 0 || systemd < 0)
		return -EIO;
	*ret = grub ? "grub" : systemd ? "systemd-boot" : NULL;
	return 0;
}

/* --- systemd-boot --- */

static void set_or_absent(struct dg_str *fact, const char *value)
{
	if (value && *value)
		dg_set_str(fact, value);
	else
		fact->meta.state = DG_ABSENT;
}

static void gap_entry(struct dg_loader_entry *entry, enum dg_state state, const char *why)
{
	struct dg_str *all[] = {&entry->abi, &entry->sort_key, &entry->version,
				&entry->machine_id};

	for (size_t i = 0; i < DG_COUNT(all); i++)
		dg_set_gap(&all[i]->meta, state, "%s", why);
}

/* By the kernel's path, "/EFI/proxmox/ABI/vmlinuz-ABI"; else by what the entry calls its
 * version. */
static const char *find_abi(const struct dg_bls_entry *bls)
{
	const char *slash = bls->kernel ? strrchr(bls->kernel, '/') : NULL;
	const char *name = slash ? slash + 1 : bls->kernel;
	const char *abi = name ? dg_abi_from_image(name) : NULL;

	if (!abi && bls->kernel && bls->version && dg_abi_valid(bls->version))
		abi = bls->version;
	return abi;
}

char *dg_esp_plain_path(const char *path)
{
	char *plain = dg_format("%s", path + strspn(path, "/\\"));

	for (char *p = plain; p && *p; p++)
		if (*p == '\\')
			*p = '/';
	return plain;
}

/* systemd-boot leaves out of its menu what names no program, or one that is not there; it
 * then boots what comes next. */
static bool is_shown(struct dg_volume *v, const struct dg_bls_entry *bls)
{
	const char *program = bls->kernel ? bls->kernel : bls->efi;
	DG_FREE char *path = program ? dg_esp_plain_path(program) : NULL;
	struct dg_volume_stat st;
	int r = -ENOENT;

	if (program && !path)
		r = -ENOMEM;
	else if (program && *path)
		r = dg_volume_stat(v, path, &st);
	return r == 0 || dg_state_from_errno(r) != DG_ABSENT;
}

static int parse_entry(struct dg_volume *v, const char *name, struct dg_bls_entry *bls,
		       struct dg_meta *gap)
{
	DG_FREE char *path = dg_format(ENTRIES "/%s", name);
	DG_FREE char *data = NULL;
	DG_FREE char *why = NULL;
	size_t size;
	int r = path ? dg_volume_read(v, path, DG_LOADER_FILE_MAX, &data, &size)
		     : -ENOMEM;

	if (r == 0)
		r = dg_bls_entry_parse(data, size, bls, &why);
	if (why)
		dg_set_gap(gap, DG_MALFORMED, "%s: %s", path, why);
	else if (r < 0)
		dg_volume_gap(v, gap, r, path ? path : ENTRIES);
	return r;
}

static void add_entry(struct dg_volume *v, const char *name, struct dg_esp *esp)
{
	DG_CLEANUP(dg_bls_entry_clear) struct dg_bls_entry bls = {0};
	struct dg_meta gap = {0};
	struct dg_loader_entry *entry;
	int r = parse_entry(v, name, &bls, &gap);

	if (r == 0 && !is_shown(v, &bls))
		return;
	entry = DG_ADD(&esp->entries, DG_ESP_KERNELS_MAX);
	if (!entry) {
		dg_set_gap(&esp->entries.meta, DG_UNREADABLE,
			   "more than %d entries, or no memory for them",
			   DG_ESP_KERNELS_MAX);
	} else if (r < 0) {
		dg_esp_set_lower(&entry->id, name);
		gap_entry(entry, gap.state, gap.detail ? gap.detail : "");
	} else {
		dg_esp_set_lower(&entry->id, name);
		set_or_absent(&entry->abi, find_abi(&bls));
		set_or_absent(&entry->sort_key, bls.sort_key);
		set_or_absent(&entry->version, bls.version);
		set_or_absent(&entry->machine_id, bls.machine_id);
	}
	free(gap.detail);
}

static void read_entries(struct dg_volume *v, struct dg_esp *esp)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_volume_list(v, ENTRIES, NAMES_CAP, &names);

	if (r < 0 && dg_state_from_errno(r) != DG_ABSENT) {
		dg_volume_gap(v, &esp->entries.meta, r, ENTRIES);
		return;
	}
	dg_set_known(&esp->entries.meta);
	for (char **name = names; r == 0 && *name && dg_known(&esp->entries); name++)
		if (dg_ends_with(*name, ".conf"))
			add_entry(v, *name, esp);
}

static void read_time(struct dg_volume *v, struct dg_int *fact)
{
	struct dg_volume_stat st;
	int r = dg_volume_stat(v, LOADER_CONF, &st);

	if (r < 0)
		dg_volume_gap(v, &fact->meta, r, LOADER_CONF);
	else if (!st.dated)
		dg_set_gap(&fact->meta, DG_ABSENT, LOADER_CONF ": bears no time");
	else
		dg_set_int(fact, st.mtime);
}

static void read_default(struct dg_volume *v, struct dg_str *fact)
{
	DG_CLEANUP(dg_loader_conf_clear) struct dg_loader_conf conf = {0};
	DG_FREE char *data = NULL;
	DG_FREE char *why = NULL;
	size_t size;
	int r = dg_volume_read(v, LOADER_CONF, DG_LOADER_FILE_MAX, &data, &size);

	if (r == 0)
		r = dg_loader_conf_parse(data, size, &conf, &why);
	if (why)
		dg_set_gap(&fact->meta, DG_MALFORMED, LOADER_CONF ": %s", why);
	else if (r < 0)
		dg_volume_gap(v, &fact->meta, r, LOADER_CONF);
	else
		set_or_absent(fact, conf.default_entry);
}

/* --- all of it --- */

static void read_systemd_boot(struct dg_volume *v, struct dg_esp *esp)
{
	read_default(v, &esp->loader_default);
	read_time(v, &esp->loader_time);
	read_entries(v, esp);
	dg_esp_read_copies(v, "EFI/proxmox", esp);
	dg_set_gap(&esp->grub.meta, DG_ABSENT, "the loader is not GRUB");
}

static void read_grub(struct dg_volume *v, struct dg_esp *esp)
{
	struct dg_meta *none[] = {&esp->loader_default.meta, &esp->loader_time.meta,
				  &esp->entries.meta};

	for (size_t i = 0; i < DG_COUNT(none); i++)
		dg_set_gap(none[i], DG_ABSENT, "the loader is not systemd-boot");
	dg_grub_read(v, "grub", "grub/grub.cfg", &esp->grub);
	dg_esp_read_copies(v, NULL, esp);
}

static void read_none(struct dg_esp *esp, enum dg_state state, const char *why)
{
	struct dg_meta *all[] = {&esp->loader.meta,	 &esp->loader_default.meta,
				 &esp->loader_time.meta, &esp->entries.meta,
				 &esp->copies.meta,	 &esp->grub.meta};

	for (size_t i = 0; i < DG_COUNT(all); i++)
		dg_set_gap(all[i], state, "%s", why);
}

void dg_esp_read_loader(struct dg_volume *v, bool efi, struct dg_esp *esp)
{
	const char *loader;
	struct dg_meta gap = {0};

	if (find_loader(v, efi, &loader, &gap) < 0) {
		read_none(esp, gap.state, gap.detail ? gap.detail : "");
	} else if (!loader) {
		read_none(esp, DG_ABSENT,
			  "no boot loader of proxmox-boot-tool's is on it");
		/* It was looked at, and lacks every kernel. */
		dg_set_known(&esp->copies.meta);
	} else if (dg_streq(loader, "grub")) {
		dg_set_str(&esp->loader, loader);
		read_grub(v, esp);
	} else {
		dg_set_str(&esp->loader, loader);
		read_systemd_boot(v, esp);
	}
	free(gap.detail);
}
