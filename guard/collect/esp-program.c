/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program on an ESP that the firmware starts, and whose it is: more than one boot
 * loader may lie there, and which of them runs is the firmware's choice alone.
 */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "guard/base/cleanup.h"
#include "guard/collect/collect.h"
#include "guard/collect/esp.h"
#include "guard/parse/grub-stub.h"
#include "policy/text.h"

#define PROGRAM_MAX  ((size_t)16 << 20) /* bytes; GRUB has 4 MiB, shim one */
#define GRUB_CFG     "boot/grub/grub.cfg"
#define GRUB_CFG_MAX ((size_t)4 << 20)
#define NAMES_CAP    4096

/* What firmware starts where an entry names no file (UEFI specification, 3.5.1.1). */
static const char *const removable[] = {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI"};

enum kind { KIND_OTHER, KIND_SYSTEMD_BOOT, KIND_GRUB, KIND_SHIM };

/* --- its place --- */

/* Replace `name`, the last part of `path`, by its namesake in whatever case. */
static int fold_part(struct dg_volume *v, const char *dir, char *name)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_volume_list(v, dir, NAMES_CAP, &names);

	for (char **n = names; r == 0 && *n; n++)
		if (strcasecmp(*n, name) == 0) {
			memcpy(name, *n, strlen(name));
			return 0;
		}
	return r < 0 ? r : -ENOENT;
}

/* FAT knows no case, but a tree that stands for one does: find it part by part. */
static int find_file(struct dg_volume *v, char *path)
{
	struct dg_volume_stat st;
	char *part = path, *slash;
	int r = dg_volume_stat(v, path, &st);

	if (r != -ENOENT)
		return r;
	for (r = 0; r == 0 && part; part = slash ? slash + 1 : NULL) {
		DG_FREE char *dir =
			strndup(path, part > path ? (size_t)(part - path - 1) : 0);

		slash = strchr(part, '/');
		if (slash)
			*slash = '\0';
		r = dir ? fold_part(v, dir, part) : -ENOMEM;
		if (slash)
			*slash = '/';
	}
	return r;
}

/* The path of the program that an entry starts; owned. -ENOENT: it is not there. */
static int find_program(struct dg_volume *v, const char *file, char **ret)
{
	DG_FREE char *path = file ? dg_esp_plain_path(file) : NULL;
	int r = file ? (path ? find_file(v, path) : -ENOMEM) : -ENOENT;

	for (size_t i = 0; !file && r == -ENOENT && i < DG_COUNT(removable); i++) {
		free(path);
		path = strdup(removable[i]);
		r = path ? find_file(v, path) : -ENOMEM;
	}
	if (r == 0)
		*ret = DG_STEAL(path);
	return r;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The path of `name` beside the program; the caller frees it. */
static char *beside(const char *path, const char *name)
{
	return dg_format("%.*s%s", (int)(base_of(path) - path), path, name);
}

/* --- whose it is --- */

static enum kind kind_by_name(const char *path)
{
	static const struct {
		const char *prefix;
		enum kind kind;
	} names[] = {
		{.prefix = "systemd-boot", .kind = KIND_SYSTEMD_BOOT},
		{.prefix = "grub", .kind = KIND_GRUB},
		{.prefix = "shim", .kind = KIND_SHIM},
	};

	for (size_t i = 0; i < DG_COUNT(names); i++)
		if (strncasecmp(base_of(path), names[i].prefix,
				strlen(names[i].prefix)) == 0)
			return names[i].kind;
	return KIND_OTHER;
}

/* By what each says of itself: systemd-boot in its section .sdmagic, the others in their
 * messages or in .sbat. */
static enum kind kind_by_content(const char *data, size_t size)
{
	static const struct {
		const char *text;
		enum kind kind;
	} marks[] = {
		{.text = "#### LoaderInfo: systemd-boot ", .kind = KIND_SYSTEMD_BOOT},
		{.text = "UEFI SHIM", .kind = KIND_SHIM},
		{.text = "Welcome to GRUB!", .kind = KIND_GRUB},
		{.text = "Free Software Foundation,grub,", .kind = KIND_GRUB},
	};

	for (size_t i = 0; i < DG_COUNT(marks); i++)
		if (memmem(data, size, marks[i].text, strlen(marks[i].text)))
			return marks[i].kind;
	return KIND_OTHER;
}

/* Is it bootctl's copy of what lies in EFI/systemd? */
static bool is_copy(struct dg_volume *v, const char *data, size_t size)
{
	static const char *const originals[] = {"EFI/systemd/systemd-bootx64.efi",
						"EFI/systemd/systemd-bootaa64.efi"};

	for (size_t i = 0; i < DG_COUNT(originals); i++) {
		DG_FREE char *original = NULL;
		size_t n;

		if (dg_volume_read(v, originals[i], size, &original, &n) == 0 &&
		    n == size && memcmp(data, original, n) == 0)
			return true;
	}
	return false;
}

static int find_kind(struct dg_volume *v, const char *path, enum kind *ret)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r;

	*ret = kind_by_name(path);
	if (*ret != KIND_OTHER)
		return 0;
	r = dg_volume_read(v, path, PROGRAM_MAX, &data, &size);
	if (r == 0)
		*ret = kind_by_content(data, size);
	if (r == 0 && *ret == KIND_OTHER && is_copy(v, data, size))
		*ret = KIND_SYSTEMD_BOOT;
	return r == -EFBIG ? 0 : r;
}

/* --- shim, which starts GRUB --- */

static bool has_grub_beside(struct dg_volume *v, const char *path)
{
	static const char *const seconds[] = {"grubx64.efi", "grubaa64.efi"};
	bool found = false;

	for (size_t i = 0; i < DG_COUNT(seconds) && !found; i++) {
		DG_FREE char *second = beside(path, seconds[i]);

		found = second && find_file(v, second) == 0;
	}
	return found;
}

/* The shim of the folder that wants an entry (its BOOTX64.CSV says so); the caller frees
 * it. NULL: there is none, or more than one. */
static char *find_wanting_entry(struct dg_volume *v)
{
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *found = NULL;
	int r = dg_volume_list(v, "EFI", NAMES_CAP, &names);

	for (char **n = names; r == 0 && *n; n++) {
		DG_FREE char *csv = dg_format("EFI/%s/BOOTX64.CSV", *n);

		if (!csv || find_file(v, csv) < 0)
			continue;
		if (found)
			return NULL;
		found = dg_format("EFI/%s/shimx64.efi", *n);
	}
	return DG_STEAL(found);
}

/* The shim whose GRUB comes; the caller frees it. NULL: none does. In the place of any
 * disk's program it first starts the one that makes the firmware's entries anew, which
 * then boots by the entry it made. */
static char *follow_shim(struct dg_volume *v, const char *path)
{
	DG_FREE char *maker = beside(path, "fbx64.efi");
	DG_FREE char *shim = NULL;

	if (maker && strncasecmp(base_of(path), "boot", 4) == 0 &&
	    find_file(v, maker) == 0)
		shim = find_wanting_entry(v);
	else
		shim = strdup(path);
	return shim && has_grub_beside(v, shim) ? DG_STEAL(shim) : NULL;
}

/* --- which menu GRUB reads --- */

/* A generated menu loads its own parts from the file system that it lies on, by UUID. */
static int is_on_root(const struct dg_root *root, const char *uuid)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_root_read(root, GRUB_CFG, GRUB_CFG_MAX, &data, &size);

	return r < 0 ? r : memmem(data, size, uuid, strlen(uuid)) != NULL;
}

static void set_menu(const struct dg_esp_host *host, const struct dg_grub_stub *stub,
		     const struct dg_esp *esp, struct dg_str *fact)
{
	const char *uuid = dg_get(&esp->uuid);
	int r;

	if (uuid && strcasecmp(stub->uuid, uuid) == 0) {
		dg_set_str(fact, dg_streq(stub->dir, "/grub") ? "esp" : "elsewhere");
		return;
	}
	r = is_on_root(host->root, stub->uuid);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		dg_gap_from_errno(&fact->meta, r, GRUB_CFG);
	else
		dg_set_str(fact, r > 0 && dg_ends_with(stub->dir, "/grub") ? "root"
									   : "elsewhere");
}

static void read_menu(const struct dg_esp_host *host, struct dg_volume *v,
		      const char *path, const struct dg_esp *esp, struct dg_str *fact)
{
	DG_CLEANUP(dg_grub_stub_clear) struct dg_grub_stub stub = {0};
	DG_FREE char *cfg = beside(path, "grub.cfg");
	DG_FREE char *data = NULL;
	size_t size;
	int r = cfg ? find_file(v, cfg) : -ENOMEM;

	if (r == 0)
		r = dg_volume_read(v, cfg, DG_GRUB_STUB_MAX, &data, &size);
	if (r == 0)
		r = dg_grub_stub_parse(data, size, &stub);
	if (r == 0)
		set_menu(host, &stub, esp, fact);
	else if (r == -ENODATA)
		dg_set_str(fact, "elsewhere");
	else
		dg_volume_gap(v, &fact->meta, r, cfg ? cfg : "grub.cfg");
}

/* --- all of it --- */

static void read_kind(const struct dg_esp_host *host, struct dg_volume *v,
		      const char *path, struct dg_esp *esp)
{
	struct dg_program *program = &esp->program;
	DG_FREE char *grub = NULL;
	enum kind kind;
	int r = find_kind(v, path, &kind);

	if (r == 0 && kind == KIND_GRUB)
		grub = strdup(path);
	else if (r == 0 && kind == KIND_SHIM)
		grub = follow_shim(v, path);
	dg_set_gap(&program->menu.meta, DG_ABSENT, "the program is not GRUB");
	if (r < 0) {
		dg_volume_gap(v, &program->loader.meta, r, path);
	} else if (kind == KIND_SYSTEMD_BOOT) {
		dg_set_str(&program->loader, "systemd-boot");
	} else if (grub) {
		dg_set_str(&program->loader, "grub");
		read_menu(host, v, grub, esp, &program->menu);
	} else {
		dg_set_gap(&program->loader.meta, DG_ABSENT, "%s",
			   kind == KIND_SHIM ? "shim, and which GRUB it starts cannot "
					       "be told"
					     : "neither systemd-boot nor GRUB");
	}
}

void dg_esp_name_program(const struct dg_efi_tries *tries, size_t i,
			 struct dg_program *program)
{
	const struct dg_efi_option *option = &tries->options[i];
	DG_FREE char *entry = dg_format("Boot%04X", tries->numbers[i]);

	dg_set_known(&program->meta);
	dg_set_str(&program->entry, entry ? entry : "");
	dg_set_str(&program->title, option->description);
	dg_set_str(&program->path,
		   option->file ? option->file : "\\EFI\\BOOT\\BOOTX64.EFI");
}

void dg_esp_read_program(const struct dg_esp_host *host, struct dg_volume *v,
			 struct dg_esp *esp)
{
	dg_set_gap(&esp->program.meta, DG_ABSENT, "the firmware starts none here");
	for (size_t i = 0; host->tries && i < host->tries->n; i++) {
		DG_FREE char *path = NULL;
		int r;

		if (!dg_streq(dg_get(&esp->part_uuid), host->tries->options[i].part_uuid))
			continue;
		r = find_program(v, host->tries->options[i].file, &path);
		if (r < 0 && dg_state_from_errno(r) == DG_ABSENT)
			continue;
		dg_esp_name_program(host->tries, i, &esp->program);
		if (r < 0)
			dg_volume_gap(v, &esp->program.loader.meta, r,
				      esp->program.path.value);
		else
			read_kind(host, v, path, esp);
		return;
	}
}
