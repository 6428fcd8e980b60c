/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot family, as the EFI system partitions see it. Proxmox keeps copies of kernels
 * on them; a host boots these copies, not what lies in /boot. */
#include "policy/abi.h"
#include "policy/catalog.h"
#include "policy/text.h"
#include "policy/view.h"

#define ESP_TYPE "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

/* FAT keeps local time: zones differ by multiples of a quarter of an hour, and times
 * have a grain of 2 s. */
#define ZONE_GRAIN 900
#define FAT_GRAIN  2

/* Without them an ESP cannot be named, nor counted as listed or not. */
#define ESP_FACTS "boot.managed", "boot.esps.uuid", "boot.esps.listed"

/* --- esp-stale --- */

static bool times_agree(int64_t a, int64_t b)
{
	int64_t d = (a - b) % ZONE_GRAIN;

	if (d < 0)
		d += ZONE_GRAIN;
	return d <= FAT_GRAIN || d >= ZONE_GRAIN - FAT_GRAIN;
}

static const char *find_untold(const struct dg_meta *a, const struct dg_meta *b)
{
	const struct dg_meta *metas[] = {a, b};

	return dg_first_gap(metas, DG_COUNT(metas));
}

/* By the version in its header. Images of another kind have none, and are told apart by
 * their sizes. */
static enum dg_copy_state compare_images(const struct dg_copy *copy,
					 const struct dg_installed *kernel,
					 const char **ret_why)
{
	const struct dg_str *there = &copy->image_version, *here = &kernel->image_version;
	const char *untold = find_untold(&there->meta, &here->meta);

	if (dg_absent(&copy->image))
		return DG_COPY_OTHER;
	if (!untold && (dg_known(there) != dg_known(here) ||
			(dg_known(there) && !dg_streq(there->value, here->value))))
		return DG_COPY_OTHER;
	if (dg_known(&copy->image_size) && dg_known(&kernel->image_size) &&
	    copy->image_size.value != kernel->image_size.value)
		return DG_COPY_OTHER;
	if (!untold && dg_absent(there))
		untold = find_untold(&copy->image_size.meta, &kernel->image_size.meta);
	if (!untold)
		return DG_COPY_SAME;
	*ret_why = untold;
	return DG_COPY_CANNOT_TELL;
}

static enum dg_copy_state compare_initrds(const struct dg_copy *copy,
					  const struct dg_installed *kernel,
					  const char **ret_why)
{
	const char *untold = find_untold(&copy->initrd.meta, &kernel->initrd.meta);

	if (dg_absent(&copy->initrd) && dg_known(&kernel->initrd))
		return DG_COPY_LACKS_INITRD;
	/* What a full disk left in /boot is no original: a refresh would spoil the copy.
	 */
	if (!untold && dg_absent(&kernel->initrd))
		return DG_COPY_SAME;
	if (!untold)
		untold = find_untold(&copy->initrd_size.meta, &kernel->initrd_size.meta);
	if (!untold && dg_known(&copy->initrd_size) && dg_known(&kernel->initrd_size) &&
	    copy->initrd_size.value != kernel->initrd_size.value)
		return DG_COPY_OTHER;
	if (!untold && dg_known(&copy->initrd_time) && dg_known(&kernel->initrd_time) &&
	    !times_agree(copy->initrd_time.value, kernel->initrd_time.value))
		untold = "its initrd has the size of the original and another time; only "
			 "comparing their contents can tell";
	if (!untold)
		return DG_COPY_SAME;
	*ret_why = untold;
	return DG_COPY_CANNOT_TELL;
}

enum dg_copy_state dg_copy_compare(const struct dg_copy *copy,
				   const struct dg_installed *kernel,
				   const char **ret_why)
{
	const char *why = NULL;
	enum dg_copy_state image = compare_images(copy, kernel, &why);
	enum dg_copy_state initrd = compare_initrds(copy, kernel, &why);
	/* What is known to be wrong goes before what cannot be told. */
	enum dg_copy_state state =
		image == DG_COPY_OTHER || initrd == DG_COPY_SAME ? image : initrd;

	if (state == DG_COPY_CANNOT_TELL)
		*ret_why = why;
	return state;
}

/* What a refresh would make the ESPs boot: the pins' kernel, else the newest whole one;
 * proxmox-boot-tool copies no other distribution's. */
static const char *find_wanted(const struct dg_view *view)
{
	const struct dg_boot *boot = &view->facts->boot;
	const char *wanted = NULL;

	if (dg_known(&boot->next_pin))
		return boot->next_pin.value;
	if (dg_known(&boot->pin))
		return boot->pin.value;
	dg_list_foreach (kernel, view->facts->kernels)
		if (dg_installed_whole(kernel) &&
		    dg_view_is_kindred(view, kernel->abi.value) &&
		    (!wanted || dg_abi_cmp(kernel->abi.value, wanted) > 0))
			wanted = kernel->abi.value;
	return wanted;
}

struct staleness {
	const char *wanted;
	size_t stale, critical;
	const char *untold; /* why one cannot be told */
};

static void note_copy(struct dg_finding *f, const struct dg_esp *esp, const char *abi,
		      const char *what)
{
	DG_FREE char *text = dg_format("%s: %s %s", esp->uuid.value, abi, what);

	if (text)
		dg_find_item(f, "copies", text);
	dg_find_subject(f, "esp", esp->uuid.value);
}

static void judge_copy(const struct dg_view *view, struct dg_finding *f,
		       const struct dg_esp *esp, const struct dg_copy *copy,
		       struct staleness *sum)
{
	static const char *const words[] = {
		[DG_COPY_LACKS_INITRD] = "has no initrd",
		[DG_COPY_OTHER] = "is not the one in /boot",
	};
	const char *abi = dg_get(&copy->abi);
	const struct dg_installed *kernel = abi ? dg_view_installed(view, abi) : NULL;
	enum dg_copy_state state;

	/* No original to compare with, or no copy. */
	if (!kernel || !dg_known(&kernel->image) || !dg_copy_has_image(copy))
		return;
	state = dg_copy_compare(copy, kernel, &sum->untold);
	if (state != DG_COPY_LACKS_INITRD && state != DG_COPY_OTHER)
		return;
	note_copy(f, esp, abi, words[state]);
	sum->stale++;
	if (view->first_told && view->first->esp == esp &&
	    (dg_streq(abi, sum->wanted) || dg_streq(abi, view->next.abi)))
		sum->critical++;
}

static void judge_esp(const struct dg_view *view, struct dg_finding *f,
		      const struct dg_esp *esp, struct staleness *sum)
{
	const struct dg_installed *wanted =
		sum->wanted ? dg_view_installed(view, sum->wanted) : NULL;
	bool has_wanted = false, has_unread = false;

	if (!dg_true(&esp->listed) || !dg_known(&esp->copies))
		return;
	dg_list_foreach (copy, esp->copies) {
		has_wanted |= dg_streq(dg_get(&copy->abi), sum->wanted) &&
			      dg_copy_has_image(copy);
		has_unread |= !dg_known(&copy->abi);
		judge_copy(view, f, esp, copy, sum);
	}
	if (has_wanted || has_unread || !wanted || !dg_known(&wanted->image))
		return;
	note_copy(f, esp, sum->wanted, "is not there");
	sum->stale++;
	sum->critical += view->first_told && view->first->esp == esp;
}

static void check_stale(const struct dg_view *view, struct dg_finding *f)
{
	struct staleness sum = {.wanted = find_wanted(view)};

	if (!dg_true(&view->facts->boot.managed)) {
		dg_find_not_applicable(
			f, "this host boots from /boot, not from copies on ESPs");
		return;
	}
	dg_list_foreach (esp, view->facts->boot.esps)
		judge_esp(view, f, esp, &sum);
	dg_find_text(f, "wanted", sum.wanted);
	if (sum.critical)
		dg_find_drift(f, DG_CRITICAL,
			      "the ESP that boots next holds stale or no copies of "
			      "the kernel that should boot");
	else if (sum.stale)
		dg_find_drift(f, DG_WARNING,
			      "an ESP holds stale copies: a boot from it brings "
			      "another kernel or initrd than the one in /boot");
	else if (sum.untold)
		dg_find_unknown(f,
				"of a copy it cannot be told whether it is the one in "
				"/boot: %s",
				sum.untold);
	else
		dg_find_ok(f, "the ESPs hold what lies in /boot");
}

static const struct dg_check stale = {
	.id = "esp-stale",
	.family = "boot",
	.title = "An ESP lacks the kernel that should boot, or holds another build of it",
	.severity = DG_CRITICAL,
	.grades = "warning when it is not what the firmware boots next",
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {ESP_FACTS, "boot.pin", "boot.next_pin", "kernels.abi", "kernels.image",
		  "kernels.modules"},
	.each = {"boot.esps.copies.abi", "boot.esps.copies.image",
		 "boot.esps.copies.image_version", "boot.esps.copies.initrd",
		 "boot.esps.copies.initrd_size", "boot.esps.copies.initrd_time",
		 "kernels.image_version", "kernels.initrd", "kernels.initrd_size",
		 "kernels.initrd_time"},
	.run = check_stale,
	.remedy = "proxmox-boot-tool refresh; then look at its output: it exits 0 even "
		  "when it "
		  "skipped an ESP.",
	.why = "proxmox-boot-tool refresh copies kernels onto every listed ESP, and "
	       "quietly skips "
	       "one that is mounted elsewhere, full or gone. Kernels are compared by the "
	       "version "
	       "text in the image's boot header, initrds by size and time (FAT keeps "
	       "local "
	       "times, so times are compared within a quarter of an hour).",
};

/* --- esp-missing --- */

static void note_gone(const struct dg_esp *esp, struct dg_finding *f)
{
	const char *device = dg_get(&esp->device);
	DG_FREE char *foreign =
		device ? dg_format("no FAT file system on %s", device) : NULL;

	dg_find_subject(f, "esp", esp->uuid.value);
	dg_find_text(f, esp->uuid.value,
		     foreign		       ? foreign
		     : dg_absent(&esp->device) ? "no such device"
					       : "no FAT file system");
}

static void check_missing(const struct dg_view *view, struct dg_finding *f)
{
	size_t listed = 0, gone = 0;

	if (!dg_true(&view->facts->boot.managed)) {
		dg_find_not_applicable(f, "no ESPs are managed by proxmox-boot-tool");
		return;
	}
	dg_list_foreach (esp, view->facts->boot.esps) {
		bool foreign = dg_streq(dg_get(&esp->filesystem), "other");

		if (!dg_true(&esp->listed))
			continue;
		listed++;
		if (!dg_absent(&esp->device) && !foreign)
			continue;
		gone++;
		note_gone(esp, f);
	}
	if (!listed)
		dg_find_drift(
			f, DG_WARNING,
			"proxmox-boot-tool is to manage ESPs, and its list is empty");
	else if (gone == listed)
		dg_find_drift(f, DG_WARNING, "none of the %zu listed ESPs is there",
			      listed);
	else if (gone)
		dg_find_drift(f, DG_WARNING, "%zu of the %zu listed ESPs %s not there",
			      gone, listed, gone == 1 ? "is" : "are");
	else
		dg_find_ok(f, "all %zu listed ESPs are there", listed);
}

static const struct dg_check missing = {
	.id = "esp-missing",
	.family = "boot",
	.title = "A listed ESP is not there",
	.severity = DG_WARNING,
	.flags = DG_HOST_KERNEL,
	.needs = {ESP_FACTS},
	.each = {"boot.esps.device", "boot.esps.filesystem"},
	.run = check_missing,
	.remedy = "After a disk swap: proxmox-boot-tool format and init the new disk's "
		  "ESP, then "
		  "proxmox-boot-tool clean.",
	.why = "A mirror boots from either disk only while both carry an ESP that is "
	       "kept up to "
	       "date. proxmox-boot-tool only warns about a missing one, among many "
	       "lines.",
};

/* --- esp-booted-unmanaged --- */

static const struct dg_esp *find_booted(const struct dg_view *view, const char *part_uuid)
{
	dg_list_foreach (esp, view->facts->boot.esps)
		if (dg_streq(dg_get(&esp->part_uuid), part_uuid))
			return esp;
	return NULL;
}

static void check_unmanaged(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_boot *boot = &view->facts->boot;
	const char *part_uuid = dg_get(&boot->efi.loader_part_uuid);
	const struct dg_esp *esp = part_uuid ? find_booted(view, part_uuid) : NULL;

	if (!dg_true(&boot->managed)) {
		dg_find_not_applicable(f, "no ESPs are managed by proxmox-boot-tool");
		return;
	}
	if (!part_uuid) {
		dg_find_not_applicable(
			f, "the boot loader does not say which partition this boot "
			   "came from");
		return;
	}
	dg_find_text(f, "booted_partition", part_uuid);
	if (!esp) {
		dg_find_unknown(
			f, "this boot came from partition %s, which is not there now",
			part_uuid);
		return;
	}
	dg_find_subject(f, "esp", esp->uuid.value);
	if (dg_true(&esp->listed)) {
		dg_find_ok(f, "this boot came from a listed ESP, %s", esp->uuid.value);
		return;
	}
	if (dg_known(&esp->device))
		dg_find_remedy(f,
			       "proxmox-boot-tool init %s, or change the firmware's boot "
			       "order",
			       esp->device.value);
	dg_find_drift(f, DG_CRITICAL,
		      "this boot came from ESP %s, which proxmox-boot-tool does "
		      "not keep "
		      "up to date: no pin and no new kernel takes effect",
		      esp->uuid.value);
}

static const struct dg_check unmanaged = {
	.id = "esp-booted-unmanaged",
	.family = "boot",
	.title = "This boot came from an ESP that is not in the list",
	.severity = DG_CRITICAL,
	.flags = DG_HOST_KERNEL,
	.needs = {ESP_FACTS, "boot.efi.loader_part_uuid"},
	.each = {"boot.esps.part_uuid"},
	.run = check_unmanaged,
	.remedy = "List that ESP with proxmox-boot-tool init, which takes its partition "
		  "(lsblk -o NAME,PARTUUID tells which), or change the firmware's boot "
		  "order.",
	.why = "The boot loader records the partition it was started from "
	       "(LoaderDevicePartUUID). When that ESP is not in "
	       "/etc/kernel/proxmox-boot-uuids, "
	       "every pin, refresh and kernel update goes to other ESPs, and nothing "
	       "ever "
	       "changes at boot.",
};

/* --- esp-unlisted --- */

static const struct dg_partition *find_partition(const struct dg_view *view,
						 const char *fs_uuid)
{
	dg_list_foreach (p, view->facts->boot.partitions)
		if (dg_streq(dg_get(&p->fs_uuid), fs_uuid))
			return p;
	return NULL;
}

static bool is_listed(const struct dg_view *view, const char *fs_uuid)
{
	dg_list_foreach (esp, view->facts->boot.esps)
		if (dg_true(&esp->listed) && dg_streq(dg_get(&esp->uuid), fs_uuid))
			return true;
	return false;
}

/* Two disks are siblings when they carry members of one pool: the same ZFS or btrfs. */
static bool are_siblings(const struct dg_view *view, const char *a, const char *b)
{
	dg_list_foreach (p, view->facts->boot.partitions) {
		if (!dg_streq(dg_get(&p->disk), a) || !dg_known(&p->fs_uuid) ||
		    dg_streq(dg_get(&p->fs_type), "vfat"))
			continue;
		dg_list_foreach (q, view->facts->boot.partitions)
			if (dg_streq(dg_get(&q->disk), b) &&
			    dg_streq(dg_get(&q->fs_uuid), p->fs_uuid.value))
				return true;
	}
	return false;
}

static bool is_sibling_of_listed(const struct dg_view *view, const char *disk)
{
	dg_list_foreach (esp, view->facts->boot.esps) {
		const char *uuid = dg_get(&esp->uuid);
		const struct dg_partition *p =
			uuid && dg_true(&esp->listed) ? find_partition(view, uuid) : NULL;
		const char *other = p ? dg_get(&p->disk) : NULL;

		if (other && !dg_streq(other, disk) && are_siblings(view, other, disk))
			return true;
	}
	return false;
}

/* Nothing that holds a file system is formatted: an ESP that has one needs to be listed
 * only, and may be what the host booted from. */
static void suggest_listing(const struct dg_partition *p, struct dg_finding *f)
{
	const char *name = dg_get(&p->name), *type = dg_get(&p->fs_type);
	DG_FREE char *old = NULL, *more = NULL;

	if (!name)
		return;
	old = DG_STEAL(f->remedy);
	if (dg_streq(type, "vfat"))
		more = dg_format("proxmox-boot-tool init /dev/%s", name);
	else if (dg_absent(&p->fs_type))
		more = dg_format("proxmox-boot-tool format /dev/%s; proxmox-boot-tool "
				 "init /dev/%s",
				 name, name);
	else
		more = dg_format("Look what /dev/%s holds (%s) before it is formatted "
				 "and listed",
				 name, type ? type : "not known");
	if (more)
		dg_find_remedy(f, "%s%s%s", old ? old : "", old ? "; " : "", more);
}

static void check_unlisted(const struct dg_view *view, struct dg_finding *f)
{
	if (!dg_true(&view->facts->boot.managed)) {
		dg_find_not_applicable(f, "no ESPs are managed by proxmox-boot-tool");
		return;
	}
	dg_list_foreach (p, view->facts->boot.partitions) {
		const char *uuid = dg_get(&p->fs_uuid), *disk = dg_get(&p->disk);

		if (!dg_streq(dg_get(&p->type), ESP_TYPE) || !disk ||
		    (uuid && is_listed(view, uuid)) || !is_sibling_of_listed(view, disk))
			continue;
		dg_find_subject(f, "esp", uuid ? uuid : dg_get(&p->name));
		dg_find_item(f, "partitions", dg_get(&p->name));
		suggest_listing(p, f);
	}
	if (f->subject_count)
		dg_find_drift(f, DG_NOTICE,
			      "a disk of the boot pool carries an ESP that is not "
			      "listed: no kernel is copied there, and that disk cannot "
			      "be counted on to boot");
	else
		dg_find_ok(f, "no sibling of the boot disks carries an unlisted ESP");
}

static const struct dg_check unlisted = {
	.id = "esp-unlisted",
	.family = "boot",
	.title = "A sibling of the boot disks carries an ESP that is not listed",
	.severity = DG_NOTICE,
	.flags = DG_HOST_KERNEL,
	.needs = {ESP_FACTS},
	.each = {"boot.partitions.*"},
	.run = check_unlisted,
	.remedy = "List that ESP with proxmox-boot-tool init; one without a file system "
		  "is formatted before, with proxmox-boot-tool format.",
	.why = "The classic after a disk swap: the pool is whole again, the new disk's "
	       "ESP was "
	       "never formatted or listed, and the host boots from the other disk only. "
	       "Disks "
	       "count as siblings when they carry members of one pool.",
};

static const struct dg_check *const rows[] = {&stale, &missing, &unmanaged, &unlisted};

const struct dg_family dg_esp_checks = {
	.name = "boot", .checks = rows, .count = DG_COUNT(rows)};
