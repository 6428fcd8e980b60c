/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The qemu family: the QEMU that guests run, and what they ask of the kernel. */
#include "policy/catalog.h"
#include "policy/debversion.h"
#include "policy/guest.h"
#include "policy/text.h"
#include "policy/view.h"

/* --- qemu-binary-stale --- */

/* The file name behind the last slash. */
static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Emulators of other architectures are other programs, and each may be current. */
static bool is_same_program(const struct dg_binary *running,
			    const struct dg_binary *installed)
{
	const char *base = running->path.value ? base_of(running->path.value) : "";

	return dg_known(installed) && dg_known(&installed->path) &&
	       (!dg_after(base, "qemu-system-") ||
		dg_streq(base, base_of(installed->path.value)));
}

static bool is_stale(const struct dg_binary *running, const struct dg_binary *installed)
{
	if (is_same_program(running, installed)) {
		if (dg_known(&running->build_id) && dg_known(&installed->build_id))
			return !dg_streq(running->build_id.value,
					 installed->build_id.value);
		if (dg_known(&running->version) && dg_known(&installed->version))
			return !dg_streq(running->version.value,
					 installed->version.value);
	}
	return dg_true(&running->deleted);
}

static int major_of(const struct dg_binary *qemu)
{
	const char *version = dg_known(qemu) ? dg_get(&qemu->version) : NULL;

	return version ? dg_debversion_upstream_major(version) : -1;
}

static void describe_stale(struct dg_finding *f, const char *label,
			   const struct dg_binary *running)
{
	const char *id = dg_get(&running->build_id);
	DG_FREE char *text =
		dg_format("%s: running QEMU %s%s%s", label, dg_qemu_version_text(running),
			  id			       ? ", build "
			  : dg_true(&running->deleted) ? ", replaced on disk"
						       : "",
			  id ? id : "");

	if (text)
		dg_find_item(f, "guests", text);
}

/* `one`: the QEMU of the only guest. */
static void grade_stale(struct dg_finding *f, enum dg_severity severity,
			const char *guests, const struct dg_binary *one,
			const struct dg_binary *installed)
{
	const char *now = dg_qemu_version_text(installed);

	if (!dg_known(installed))
		dg_find_drift(f, severity,
			      "%s still runs a QEMU that is not installed any more",
			      guests);
	else if (one && !dg_streq(dg_qemu_version_text(one), now))
		dg_find_drift(f, severity, "%s still runs QEMU %s; %s is installed",
			      guests, dg_qemu_version_text(one), now);
	else
		dg_find_drift(f, severity,
			      "QEMU of %s is another build than the installed %s", guests,
			      now);
}

static void check_binary_stale(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_binary *installed = &view->facts->qemu;
	DG_CLEANUP(dg_named_clear) struct dg_named named = {0};
	enum dg_severity severity = DG_NOTICE;
	const struct dg_binary *first = NULL;
	DG_FREE char *guests = NULL;
	size_t running = 0;

	dg_list_foreach (guest, view->facts->guests) {
		const struct dg_binary *qemu = &guest->running.binary;
		DG_FREE char *label = dg_guest_label(guest);

		if (!label || !dg_guest_runs(guest) || !dg_known(qemu))
			continue;
		running++;
		if (!is_stale(qemu, installed))
			continue;
		first = first ? first : qemu;
		dg_name_guest(&named, f, label);
		describe_stale(f, label, qemu);
		if (major_of(qemu) >= 0 && major_of(installed) >= 0 &&
		    major_of(qemu) != major_of(installed))
			severity = DG_WARNING;
	}
	guests = dg_named_text(&named);
	if (first)
		grade_stale(f, severity, guests ? guests : "a guest",
			    named.count == 1 ? first : NULL, installed);
	else if (running > 0)
		dg_find_ok(f, "the QEMU of %zu running guest%s is an installed one",
			   running, running == 1 ? "" : "s");
	else
		dg_find_ok(f, "no guest runs");
	if (dg_known(installed)) {
		dg_find_text(f, "installed", dg_get(&installed->version));
		dg_find_text(f, "installed_build", dg_get(&installed->build_id));
	}
}

static const struct dg_check binary_stale = {
	.id = "qemu-binary-stale",
	.family = "qemu",
	.title = "A guest runs another QEMU build than is installed",
	.severity = DG_NOTICE,
	.grades = "warning across a major version",
	.flags = DG_HOST_KERNEL | DG_SETTLED_ONLY,
	.needs = {"guests", "qemu.path"},
	.each = {"guests.vmid", "guests.running", "guests.running.binary"},
	.run = check_binary_stale,
	.remedy = "Migrate the guest away and back, or stop and start it.",
	.why = "A guest keeps the QEMU that it was started with through every upgrade, "
	       "until it "
	       "is stopped or migrated; a reboot inside the guest does not change it. "
	       "Fixes in "
	       "the installed build do nothing for it. The build ids of the program "
	       "files are "
	       "compared, /proc/PID/exe being readable also after the file was replaced.",
};

/* --- qemu-aio-unsupported --- */

static const struct dg_drive *find_running_drive(const struct dg_guest *guest,
						 const char *name)
{
	if (!dg_guest_runs(guest) || !dg_known(&guest->running.drives))
		return NULL;
	dg_list_foreach (drive, guest->running.drives) {
		const char *rest = dg_known(drive) && dg_known(&drive->name)
					   ? dg_after(drive->name.value,
						      "drive-") /* Proxmox's ids */
					   : NULL;

		if (dg_streq(rest, name))
			return drive;
	}
	return NULL;
}

/* What the drive is to be started with: as it is configured, else as it was started. */
static enum dg_answer wants_ring(const struct dg_guest *guest,
				 const struct dg_drive *drive)
{
	const char *aio = dg_get(&drive->aio);

	if (!aio && dg_absent(&drive->aio)) {
		const struct dg_drive *running =
			find_running_drive(guest, drive->name.value);

		aio = running ? dg_get(&running->aio) : NULL;
	}
	if (!aio)
		return DG_CANNOT_TELL;
	return dg_streq(aio, "io_uring") ? DG_YES : DG_NO;
}

/* Drives of one guest, by what they want. */
struct wants {
	char *sure, *unset;
};

static void wants_clear(struct wants *wants)
{
	free(wants->sure);
	free(wants->unset);
}

static void add_word(char **list, const char *word)
{
	char *text = dg_format("%s%s%s", *list ? *list : "", *list ? ", " : "", word);

	free(*list);
	*list = text;
}

static bool is_configured(const struct dg_guest *guest, const char *name)
{
	if (dg_known(&guest->configured))
		dg_list_foreach (drive, guest->configured)
			if (dg_known(drive) && dg_streq(dg_get(&drive->name), name))
				return true;
	return false;
}

static void look_at_drives(const struct dg_guest *guest, struct wants *wants)
{
	if (dg_known(&guest->configured))
		dg_list_foreach (drive, guest->configured) {
			enum dg_answer answer;

			if (!dg_known(drive) || !dg_known(&drive->name))
				continue;
			answer = wants_ring(guest, drive);
			if (answer == DG_YES)
				add_word(&wants->sure, drive->name.value);
			else if (answer == DG_CANNOT_TELL)
				add_word(&wants->unset, drive->name.value);
		}
	if (!dg_guest_runs(guest) || !dg_known(&guest->running.drives))
		return;
	/* Those that no configuration names. */
	dg_list_foreach (drive, guest->running.drives) {
		const char *id = dg_known(drive) ? dg_get(&drive->name) : NULL;
		const char *rest = id ? dg_after(id, "drive-") : NULL;

		if (id && !is_configured(guest, rest ? rest : id) &&
		    dg_streq(dg_get(&drive->aio), "io_uring"))
			add_word(&wants->sure, id);
	}
}

static void describe_wants(struct dg_finding *f, const char *key, const char *label,
			   const char *drives)
{
	DG_FREE char *text = dg_format("%s: %s", label, drives);

	if (text)
		dg_find_item(f, key, text);
}

static const char *why_refused(const struct dg_ring *ring)
{
	if (dg_known(&ring->disabled) && ring->disabled.value == 2)
		return "kernel.io_uring_disabled is 2";
	return ring->features.meta.detail ? ring->features.meta.detail : "it has none";
}

/* Only where io_uring is refused does it matter which drives could not be seen. */
static char *find_drive_gap(const struct dg_facts *facts)
{
	static const char *const paths[] = {
		"guests.vmid", "guests.configured.name", "guests.configured.aio",
		"guests.running.drives.name", "guests.running.drives.aio"};
	char *gap = NULL;

	for (size_t i = 0; !gap && i < DG_COUNT(paths); i++)
		gap = dg_facts_gap(facts, paths[i]);
	return gap;
}

static void conclude_refused(const struct dg_view *view, const struct dg_named *sure,
			     const struct dg_named *unset, struct dg_finding *f)
{
	DG_FREE char *guests = dg_named_text(sure->count ? sure : unset);
	DG_FREE char *gap = find_drive_gap(view->facts);

	if (sure->count > 0)
		dg_find_drift(
			f, DG_CRITICAL,
			"%s has drives with aio=io_uring, which this kernel refuses "
			"(%s): a start fails",
			guests ? guests : "a guest", why_refused(&view->facts->ring));
	else if (gap)
		dg_find_unknown(f, "%s", gap);
	else if (unset->count > 0)
		dg_find_unknown(
			f,
			"this kernel refuses io_uring, and drives of %s name no aio: on "
			"most storages that means io_uring",
			guests ? guests : "guests");
	else
		dg_find_ok(f, "this kernel refuses io_uring, and no guest asks for it");
	if (sure->count > 0 && gap)
		dg_find_item(f, "not_seen", gap);
	dg_find_text(f, "refused", why_refused(&view->facts->ring));
}

static void check_aio_unsupported(const struct dg_view *view, struct dg_finding *f)
{
	DG_CLEANUP(dg_named_clear) struct dg_named sure = {0};
	DG_CLEANUP(dg_named_clear) struct dg_named unset = {0};

	if (dg_ring_refuses(&view->facts->ring) != DG_YES) {
		dg_find_ok(f, "this kernel offers io_uring");
		return;
	}
	dg_list_foreach (guest, view->facts->guests) {
		DG_CLEANUP(wants_clear) struct wants wants = {0};
		DG_FREE char *label = dg_guest_label(guest);

		if (!label)
			continue;
		look_at_drives(guest, &wants);
		if (wants.sure) {
			dg_name_guest(&sure, f, label);
			describe_wants(f, "io_uring", label, wants.sure);
		}
		if (wants.unset) {
			dg_name_guest(&unset, NULL, label);
			describe_wants(f, "may_be_io_uring", label, wants.unset);
		}
	}
	conclude_refused(view, &sure, &unset, f);
}

static const struct dg_check aio_unsupported = {
	.id = "qemu-aio-unsupported",
	.family = "qemu",
	.title = "A guest is configured for an aio backend that this kernel refuses",
	.severity = DG_CRITICAL,
	.flags = DG_HOST_KERNEL,
	.needs = {"ring.features", "ring.disabled", "guests"},
	.run = check_aio_unsupported,
	.remedy = "Set aio=threads or aio=native for that drive, or allow io_uring again "
		  "(kernel.io_uring_disabled).",
	.why = "Proxmox starts most drives with io_uring (unless aio= says otherwise, "
	       "and except "
	       "on lvm, cifs and krbd storages). A kernel without it, or with the sysctl "
	       "kernel.io_uring_disabled set to 2, makes such a guest fail at its next "
	       "start. "
	       "The sysctl's 1 leaves io_uring to root, and so to Proxmox's guests.",
};

static const struct dg_check *const rows[] = {
	&binary_stale,
	&aio_unsupported,
};

const struct dg_family dg_qemu_checks = {
	.name = "qemu", .checks = rows, .count = DG_COUNT(rows)};
