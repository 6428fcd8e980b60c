/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How EFI firmware booted this host, and what it does next: UEFI specification 2.10,
 * chapter 3, and systemd's Boot Loader Interface. */
#include "guard/collect/efi.h"

#include <errno.h>
#include <stdio.h>

#include "guard/collect/collect.h"
#include "guard/parse/efivar.h"
#include "policy/text.h"

#define EFI_DIR	    "sys/firmware/efi"
#define VARIABLES   EFI_DIR "/efivars"
#define GLOBAL_GUID "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER_GUID "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

static char *variable_path(const char *name, const char *guid)
{
	return dg_format(VARIABLES "/%s-%s", name, guid);
}

static int variable_read(const struct dg_root *root, const char *name, const char *guid,
			 char **ret_data, size_t *ret_size)
{
	DG_FREE char *path = variable_path(name, guid);

	return path ? dg_root_read(root, path, DG_EFIVAR_MAX, ret_data, ret_size)
		    : -ENOMEM;
}

static void variable_gap(struct dg_meta *meta, int r, const char *name, const char *guid)
{
	DG_FREE char *path = variable_path(name, guid);

	dg_gap_from_errno(meta, r, path ? path : VARIABLES);
}

/* --- single variables --- */

static void read_string(const struct dg_root *root, const char *name, struct dg_str *fact)
{
	DG_FREE char *data = NULL;
	DG_FREE char *text = NULL;
	size_t size;
	int r = variable_read(root, name, LOADER_GUID, &data, &size);

	if (r == 0)
		r = dg_efivar_string(data, size, &text);
	if (r < 0)
		variable_gap(&fact->meta, r, name, LOADER_GUID);
	else if (!*text)
		dg_set_gap(&fact->meta, DG_ABSENT, "%s is empty", name);
	else
		dg_set_str(fact, text);
}

static void read_secure_boot(const struct dg_root *root, struct dg_bool *fact)
{
	DG_FREE char *data = NULL;
	bool value;
	size_t size;
	int r = variable_read(root, "SecureBoot", GLOBAL_GUID, &data, &size);

	if (r == 0)
		r = dg_efivar_bool(data, size, &value);
	if (r < 0)
		variable_gap(&fact->meta, r, "SecureBoot", GLOBAL_GUID);
	else
		dg_set_bool(fact, value);
}

static int read_numbers(const struct dg_root *root, const char *name, uint16_t **ret,
			size_t *ret_n)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = variable_read(root, name, GLOBAL_GUID, &data, &size);

	return r < 0 ? r : dg_efivar_numbers(data, size, ret, ret_n);
}

/* --- entries of the firmware's menu --- */

static int read_option(const struct dg_root *root, uint16_t number,
		       struct dg_efi_option *ret)
{
	DG_FREE char *data = NULL;
	char name[sizeof("Boot0000")];
	size_t size;
	int r;

	snprintf(name, sizeof(name), "Boot%04X", number);
	r = variable_read(root, name, GLOBAL_GUID, &data, &size);
	return r < 0 ? r : dg_efi_option_parse(data, size, ret);
}

/* The partition of the entry that `name` (BootNext, BootCurrent) is the number of.
 * -ENOENT: there is no such variable. */
static int read_entry_of(const struct dg_root *root, const char *name,
			 struct dg_str *fact)
{
	DG_CLEANUP(dg_efi_option_clear) struct dg_efi_option option = {0};
	DG_FREE uint16_t *numbers = NULL;
	size_t n = 0;
	int r = read_numbers(root, name, &numbers, &n);

	if (r == 0 && n != 1)
		r = -EBADMSG;
	if (r < 0) {
		variable_gap(&fact->meta, r, name, GLOBAL_GUID);
		return r;
	}
	r = read_option(root, numbers[0], &option);
	if (r < 0)
		dg_set_gap(&fact->meta, dg_state_from_errno(r), "Boot%04X of %s: %s",
			   numbers[0], name, dg_errno_words(r));
	else if (!option.part_uuid[0])
		dg_set_gap(&fact->meta, DG_ABSENT, "Boot%04X of %s is on no partition",
			   numbers[0], name);
	else
		dg_set_str(fact, option.part_uuid);
	return 0;
}

/* Whether this boot came about by that entry. */
static bool is_current(const struct dg_root *root, uint16_t number)
{
	DG_FREE uint16_t *numbers = NULL;
	size_t n = 0;

	return read_numbers(root, "BootCurrent", &numbers, &n) == 0 && n == 1 &&
	       numbers[0] == number;
}

/* A firmware update's program, which starts the next entry when it is through. */
static bool is_updater(const char *file)
{
	const char *slash = file ? strrchr(file, '\\') : NULL;

	return slash && strncasecmp(slash + 1, "fwupd", strlen("fwupd")) == 0;
}

/* One of a whole disk names no partition; the one that this boot came by leads to the
 * same `loader` again, by the program that any disk may have. */
static int tries_add(struct dg_efi_tries *tries, const struct dg_root *root,
		     uint16_t number, bool inactive_too, const struct dg_str *loader)
{
	struct dg_efi_option *option = &tries->options[tries->n];
	int r = read_option(root, number, option);

	if (r < 0)
		return r;
	if (!option->part_uuid[0] && dg_known(loader) && is_current(root, number)) {
		snprintf(option->part_uuid, sizeof(option->part_uuid), "%s",
			 loader->value);
		free(option->file);
		option->file = NULL;
	}
	if (!option->part_uuid[0] || is_updater(option->file) ||
	    !(option->active || inactive_too))
		dg_efi_option_clear(option);
	else
		tries->numbers[tries->n++] = number;
	return 0;
}

/* The firmware passes over entries that are gone, inactive or damaged. */
static int tries_add_order(struct dg_efi_tries *tries, const struct dg_root *root,
			   const struct dg_str *loader)
{
	DG_FREE uint16_t *numbers = NULL;
	size_t n = 0;
	int r = read_numbers(root, "BootOrder", &numbers, &n);

	for (size_t i = 0; r == 0 && i < n && i < DG_EFI_ORDER_MAX; i++) {
		r = tries_add(tries, root, numbers[i], false, loader);
		if (r == -ENOENT || r == -EBADMSG)
			r = 0;
	}
	return r;
}

int dg_efi_read_tries(const struct dg_root *root, const struct dg_str *loader,
		      struct dg_efi_tries *ret)
{
	DG_FREE uint16_t *numbers = NULL;
	size_t n = 0;
	int r = read_numbers(root, "BootNext", &numbers, &n);

	*ret = (struct dg_efi_tries){0};
	if (r == 0)
		r = n == 1 ? tries_add(ret, root, numbers[0], true, loader) : -EBADMSG;
	if (r == 0 || r == -ENOENT)
		r = tries_add_order(ret, root, loader);
	return r;
}

void dg_efi_tries_clear(struct dg_efi_tries *tries)
{
	for (size_t i = 0; i < tries->n; i++)
		dg_efi_option_clear(&tries->options[i]);
	tries->n = 0;
}

static void read_order(const struct dg_root *root, const struct dg_str *loader,
		       struct dg_str *fact)
{
	DG_CLEANUP(dg_efi_tries_clear) struct dg_efi_tries tries = {0};
	int r = tries_add_order(&tries, root, loader);

	if (tries.n > 0)
		dg_set_str(fact, tries.options[0].part_uuid);
	else if (r < 0)
		variable_gap(&fact->meta, r, "BootOrder", GLOBAL_GUID);
	else
		dg_set_gap(&fact->meta, DG_ABSENT,
			   "no active entry of BootOrder leads to a known partition");
}

static void read_loader_partition(const struct dg_root *root, struct dg_str *fact)
{
	static const char name[] = "LoaderDevicePartUUID";
	DG_FREE char *data = NULL;
	char uuid[DG_EFI_UUID_LEN + 1];
	size_t size;
	int r = variable_read(root, name, LOADER_GUID, &data, &size);

	if (r == -ENOENT) {
		read_entry_of(root, "BootCurrent", fact);
		return;
	}
	if (r == 0)
		r = dg_efivar_uuid(data, size, uuid);
	if (r < 0)
		variable_gap(&fact->meta, r, name, LOADER_GUID);
	else
		dg_set_str(fact, uuid);
}

/* --- whether there are variables --- */

void dg_efi_read_booted(const struct dg_root *root, struct dg_bool *fact)
{
	struct stat st;
	int r = dg_root_stat(root, EFI_DIR, true, &st);

	if (r == 0)
		dg_set_bool(fact, S_ISDIR(st.st_mode));
	else if (dg_state_from_errno(r) == DG_ABSENT)
		dg_set_bool(fact, false);
	else
		dg_gap_from_errno(&fact->meta, r, EFI_DIR);
}

/* Whether variables can be read. If not, `ret_gap` is what that makes of each: on the
 * running system an empty folder is one that efivarfs is not mounted on; a tree may have
 * been kept without its /sys. */
static bool has_variables(const struct dg_root *root, struct dg_meta *ret_gap)
{
	DG_NAMES_FREE char **names = NULL;
	struct dg_bool booted = {0};
	int r;

	dg_efi_read_booted(root, &booted);
	if (!dg_known(&booted)) {
		*ret_gap = booted.meta;
		return false;
	}
	if (!booted.value) {
		dg_set_gap(ret_gap, DG_ABSENT, "this host was not booted by EFI");
		return false;
	}
	r = dg_root_list(root, VARIABLES, 1, &names, NULL);
	if (r == -E2BIG || (r == 0 && names[0]))
		return true;
	if (r < 0 && r != -ENOENT)
		dg_gap_from_errno(ret_gap, r, VARIABLES);
	else if (dg_root_is_live(root))
		dg_set_gap(ret_gap, DG_UNREADABLE, "/" VARIABLES ": is not mounted");
	else
		dg_set_gap(ret_gap, DG_ABSENT, "/" VARIABLES ": holds no variables");
	return false;
}

static void copy_gap(const struct dg_meta *gap, struct dg_meta *meta)
{
	dg_set_gap(meta, gap->state, "%s", gap->detail ? gap->detail : "");
}

void dg_efi_read_partitions(const struct dg_root *root, struct dg_str *loader,
			    struct dg_str *firmware)
{
	struct dg_meta gap = {0};

	if (!has_variables(root, &gap)) {
		copy_gap(&gap, &loader->meta);
		copy_gap(&gap, &firmware->meta);
		free(gap.detail);
		return;
	}
	read_loader_partition(root, loader);
	if (read_entry_of(root, "BootNext", firmware) == -ENOENT)
		read_order(root, loader, firmware);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_efi *efi = &facts->boot.efi;
	const struct {
		const char *name;
		struct dg_str *fact;
	} strings[] = {
		{.name = "LoaderInfo", .fact = &efi->loader_info},
		{.name = "LoaderEntryDefault", .fact = &efi->entry_default},
		{.name = "LoaderEntryOneShot", .fact = &efi->entry_oneshot},
		{.name = "LoaderEntrySelected", .fact = &efi->entry_selected},
	};
	struct dg_meta gap = {0};
	bool readable = has_variables(root, &gap);

	dg_set_known(&efi->meta);
	dg_efi_read_booted(root, &efi->booted);
	for (size_t i = 0; i < DG_COUNT(strings); i++)
		if (readable)
			read_string(root, strings[i].name, strings[i].fact);
		else
			copy_gap(&gap, &strings[i].fact->meta);
	if (readable)
		read_secure_boot(root, &efi->secure_boot);
	else
		copy_gap(&gap, &efi->secure_boot.meta);
	free(gap.detail);
	dg_efi_read_partitions(root, &efi->loader_part_uuid, &efi->firmware_part_uuid);
}

const struct dg_collector dg_collect_efi = {
	.name = "efi",
	.fills = (const char *const[]){"boot.efi", NULL},
	.run = run,
};
