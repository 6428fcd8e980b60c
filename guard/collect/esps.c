/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The EFI system partitions that matter: those that proxmox-boot-tool keeps, the one that
 * this boot came from, and the one that the firmware tries next. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/collect/efi.h"
#include "guard/collect/esp.h"
#include "guard/parse/span.h"
#include "policy/text.h"

#define UUIDS_FILE "etc/kernel/proxmox-boot-uuids"
#define UUIDS_MAX  ((size_t)64 * 1024) /* bytes */
#define MOUNTS_MAX ((size_t)16 << 20)  /* bytes */
#define ESPS_MAX   64

/* "XXXX-XXXX"; only such a line becomes part of a path. */
static bool is_fat_uuid(struct dg_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (i == 4 ? s.p[i] != '-' : dg_digit_value(s.p[i]) > 15)
			return false;
	return s.n == 9;
}

/* --- listed ones --- */

static void gap_device(struct dg_esp *esp, int r, const char *path)
{
	enum dg_state state = dg_state_from_errno(r);
	struct dg_str *all[] = {&esp->device, &esp->part_uuid, &esp->mounted_at};

	path += strspn(path, "/");
	for (size_t i = 0; i < DG_COUNT(all); i++)
		dg_gap_from_errno(&all[i]->meta, r, path);
	dg_esp_gap(esp, state, "/%s: %s", path, dg_errno_words(r));
}

static bool find_listed(const struct dg_boot *boot, struct dg_span uuid)
{
	dg_list_foreach (esp, boot->esps)
		if (dg_known(&esp->uuid) && dg_span_eq(uuid, esp->uuid.value))
			return true;
	return false;
}

static struct dg_esp *add_esp(struct dg_boot *boot, bool listed)
{
	struct dg_esp *esp = DG_ADD(&boot->esps, ESPS_MAX);

	if (esp)
		dg_set_bool(&esp->listed, listed);
	else
		dg_set_gap(&boot->esps.meta, DG_UNREADABLE,
			   "more than %d ESPs, or no memory for them", ESPS_MAX);
	return esp;
}

static void read_listed(const struct dg_esp_host *host, struct dg_span line,
			struct dg_boot *boot)
{
	DG_CLEANUP(dg_device_clear) struct dg_device device = {0};
	struct dg_esp *esp = add_esp(boot, true);
	DG_FREE char *path = NULL;
	int r;

	if (!esp)
		return;
	dg_set_strn(&esp->uuid, line.p, line.n);
	if (!is_fat_uuid(line)) {
		gap_device(esp, -ENOENT, DG_BY_UUID);
		dg_set_gap(&esp->filesystem.meta, DG_MALFORMED,
			   "/" UUIDS_FILE ": \"%s\" is no FAT UUID",
			   esp->uuid.value ? esp->uuid.value : "");
		return;
	}
	path = dg_format(DG_BY_UUID "/%.*s", (int)line.n, line.p);
	r = path ? dg_device_find(host->root, path, &device) : -ENOMEM;
	if (r < 0) {
		gap_device(esp, r, path ? path : DG_BY_UUID);
		return;
	}
	dg_set_str(&esp->device, device.path);
	dg_esp_find_part_uuid(host->root, &device, &esp->part_uuid);
	dg_esp_read(host, &device, esp);
}

static void read_list(const struct dg_esp_host *host, struct dg_boot *boot)
{
	DG_FREE char *data = NULL;
	struct dg_span rest, line;
	size_t size;
	int r = dg_root_read(host->root, UUIDS_FILE, UUIDS_MAX, &data, &size);

	if (r < 0) {
		dg_gap_from_errno(&boot->esps.meta, r, UUIDS_FILE);
		return;
	}
	dg_set_known(&boot->esps.meta);
	rest = dg_span_of(data, size);
	while (dg_known(&boot->esps) && dg_span_line(&rest, &line)) {
		line = dg_span_trim(line);
		if (line.n && !find_listed(boot, line))
			read_listed(host, line, boot);
	}
}

/* --- the ones that the firmware uses --- */

/* Is it one of those that are here? */
static bool find_again(struct dg_boot *boot, const struct dg_device *device,
		       const char *part_uuid)
{
	dg_list_foreach (esp, boot->esps) {
		if (dg_streq(dg_get(&esp->part_uuid), part_uuid))
			return true;
		if (!dg_streq(dg_get(&esp->device), device->path))
			continue;
		if (!dg_known(&esp->part_uuid))
			dg_set_str(&esp->part_uuid, part_uuid);
		return true;
	}
	return false;
}

static void read_used(const struct dg_esp_host *host, const char *part_uuid,
		      struct dg_boot *boot)
{
	DG_CLEANUP(dg_device_clear) struct dg_device device = {0};
	struct dg_esp *esp;

	/* A partition that is not there now is none to look at. */
	if (!part_uuid || dg_esp_find_partition(host->root, part_uuid, &device) < 0 ||
	    find_again(boot, &device, part_uuid))
		return;
	esp = add_esp(boot, false);
	if (!esp)
		return;
	dg_set_str(&esp->device, device.path);
	dg_set_str(&esp->part_uuid, part_uuid);
	dg_esp_find_uuid(host->root, &device, &esp->uuid);
	dg_esp_read(host, &device, esp);
	/* It has to be called something. */
	if (!dg_known(&esp->uuid)) {
		DG_FREE char *name = dg_format("PARTUUID=%s", part_uuid);

		if (name)
			dg_set_str(&esp->uuid, name);
	}
}

/* What cannot be read may be what the firmware starts. */
static bool is_next(const struct dg_esp *esp, const char *entry)
{
	return dg_known(&esp->program) ? dg_streq(dg_get(&esp->program.entry), entry)
				       : !dg_absent(&esp->program);
}

static struct dg_esp *find_tried(const struct dg_boot *boot, const char *part_uuid,
				 const char *entry)
{
	dg_list_foreach (esp, boot->esps)
		if (dg_streq(dg_get(&esp->part_uuid), part_uuid) && is_next(esp, entry))
			return esp;
	return NULL;
}

/* The firmware passes over this one, so it is none that counts. */
static void drop_last(struct dg_boot *boot, enum dg_state before)
{
	dg_record_clear(dg_esp_facts, &boot->esps.items[--boot->esps.count]);
	if (before == DG_ABSENT)
		dg_gap_from_errno(&boot->esps.meta, -ENOENT, UUIDS_FILE);
}

/* An ESP that cannot be read: of its program no more is known than the entry says. */
static void name_unread(const struct dg_esp_host *host, size_t i, struct dg_esp *esp)
{
	struct dg_program *program = &esp->program;
	struct dg_str *all[] = {&program->loader, &program->menu};

	dg_esp_name_program(host->tries, i, program);
	for (size_t n = 0; n < DG_COUNT(all); n++)
		dg_set_gap(&all[n]->meta, esp->loader.meta.state, "%s",
			   esp->loader.meta.detail ? esp->loader.meta.detail : "");
}

/* The ESP that one of the firmware's tries finds its program on; NULL: it finds none. */
static const struct dg_esp *try_entry(const struct dg_esp_host *host, size_t i,
				      struct dg_boot *boot)
{
	const char *part_uuid = host->tries->options[i].part_uuid;
	DG_FREE char *entry = dg_format("Boot%04X", host->tries->numbers[i]);
	enum dg_state before = boot->esps.meta.state;
	size_t count = boot->esps.count;
	struct dg_esp *esp;

	read_used(host, part_uuid, boot);
	esp = find_tried(boot, part_uuid, entry);
	if (!esp && boot->esps.count > count)
		drop_last(boot, before);
	if (esp && !dg_known(&esp->program))
		name_unread(host, i, esp);
	return esp;
}

/* Of the programs that were found, the first in the firmware's order is the one. */
static const struct dg_esp *find_next(const struct dg_esp_host *host,
				      struct dg_boot *boot)
{
	const struct dg_esp *next = NULL;

	for (size_t i = 0; host->tries && i < host->tries->n && !next; i++)
		next = try_entry(host, i, boot);
	return next;
}

/* `firmware` is the partition that the firmware tries first: one to look at where it
 * finds its program nowhere, and else why nothing is known of its tries. */
static void choose_program(const struct dg_esp_host *host, const struct dg_str *firmware,
			   struct dg_boot *boot)
{
	const struct dg_esp *next = find_next(host, boot);
	bool told = host->tries || dg_absent(firmware);

	if (!next)
		read_used(host, dg_get(firmware), boot);
	dg_list_foreach (esp, boot->esps) {
		if (esp == next)
			continue;
		dg_record_clear(dg_program_facts, &esp->program);
		dg_set_gap(&esp->program.meta, told ? DG_ABSENT : DG_UNREADABLE, "%s",
			   host->tries ? "the firmware starts none here"
			   : firmware->meta.detail
				   ? firmware->meta.detail
				   : "the firmware's order cannot be read");
	}
}

/* Without a list, "no ESPs" holds only if it is known that none is used. */
static void note_unknown(const struct dg_str *part, struct dg_boot *boot)
{
	if (dg_absent(&boot->esps) && !dg_known(part) && !dg_absent(part))
		dg_set_gap(&boot->esps.meta, part->meta.state, "%s",
			   part->meta.detail ? part->meta.detail : "");
}

static int read_mounts(const struct dg_root *root, struct dg_mountinfo *ret)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_root_read(root, "proc/self/mountinfo", MOUNTS_MAX, &data, &size);

	return r < 0 ? r : dg_mountinfo_parse(data, size, ret, NULL);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_esp_host host = {.root = root};
	struct dg_boot *boot = &facts->boot;
	DG_CLEANUP(dg_efi_tries_clear) struct dg_efi_tries tries = {0};
	struct dg_efi efi = {0};

	dg_efi_read_booted(root, &efi.booted);
	dg_efi_read_partitions(root, &efi.loader_part_uuid, &efi.firmware_part_uuid);
	if (dg_efi_read_tries(root, &efi.loader_part_uuid, &tries) == 0)
		host.tries = &tries;
	host.efi = dg_true(&efi.booted);
	host.mounts_error = read_mounts(root, &host.mounts);
	read_list(&host, boot);
	/* A list that could not be read stays a gap, whatever else is there. */
	if (dg_known(&boot->esps) || dg_absent(&boot->esps)) {
		read_used(&host, dg_get(&efi.loader_part_uuid), boot);
		choose_program(&host, &efi.firmware_part_uuid, boot);
		note_unknown(&efi.loader_part_uuid, boot);
	}
	dg_mountinfo_clear(&host.mounts);
	free(efi.booted.meta.detail);
	free(efi.loader_part_uuid.value);
	free(efi.loader_part_uuid.meta.detail);
	free(efi.firmware_part_uuid.value);
	free(efi.firmware_part_uuid.meta.detail);
}

const struct dg_collector dg_collect_esps = {
	.name = "esps",
	.fills = (const char *const[]){"boot.esps", NULL},
	.run = run,
};
