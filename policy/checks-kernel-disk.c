/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel family, what runs against what lies on disk: its age, its image, its
 * modules. */
#include "policy/checks-kernel.h"
#include "policy/timefmt.h"
#include "policy/view.h"

#define DAY		 (24 * 60 * 60)
#define AGE_SKEW_DAYS	 365
#define UTS_VERSION_SIZE 64 /* uname -v is cut off there: __NEW_UTS_LEN */

/* --- kernel-age-skew --- */

static void check_age_skew(const struct dg_view *view, struct dg_finding *f)
{
	int64_t built = view->facts->kernel.build_time.value;
	const struct dg_package *newest = NULL;
	char then[DG_DATE_SIZE], now[DG_DATE_SIZE];
	int64_t days;
	bool any = false;

	dg_list_foreach (package, view->facts->packages.list) {
		if (!dg_view_is_userland(view, package))
			continue;
		any = true;
		if (dg_known(&package->build_time) &&
		    (!newest || package->build_time.value > newest->build_time.value))
			newest = package;
	}
	if (!newest) {
		if (any)
			dg_find_unknown(f,
					"no changelog or file tells when the manager and "
					"QEMU packages were built");
		else
			dg_find_not_applicable(f, "no manager and no QEMU is installed");
		return;
	}
	days = (newest->build_time.value - built) / DAY;
	dg_date_format(built, then);
	dg_date_format(newest->build_time.value, now);
	if (days > AGE_SKEW_DAYS)
		dg_find_drift(
			f, view->trial ? DG_NOTICE : DG_WARNING,
			"the running kernel was built %s, %lld days before the userland "
			"(%s, %s)",
			then, (long long)days, newest->name.value, now);
	else
		dg_find_ok(f, "kernel built %s, userland %s", then, now);
	dg_find_subject(f, "kernel", dg_get(&view->facts->kernel.release));
	dg_find_date(f, "kernel_built", built);
	dg_find_date(f, "userland_built", newest->build_time.value);
	dg_find_text(f, "userland_package", newest->name.value);
	dg_find_text(f, "userland_source", dg_get(&newest->build_source));
	dg_find_number(f, "skew_days", days);
}

const struct dg_check dg_kernel_age_skew = {
	.id = "kernel-age-skew",
	.family = "kernel",
	.title = "The running kernel is over a year older than the userland",
	.severity = DG_WARNING,
	.grades = "notice in a trial boot (by a next-boot pin, or by a one-shot that "
		  "driftguard set); waived by a documented pin",
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_PIN_WAIVES,
	.needs = {"kernel.release", "kernel.build_time", "packages.list.name",
		  "packages.list.status"},
	.each = {"packages.list.build_time"},
	.run = check_age_skew,
	.remedy = "Boot a kernel of this userland's time: the plan says how.",
	.why = "The build date stands in `uname -v`, and the newest changelog entry of "
	       "the "
	       "manager and QEMU packages dates the userland. More than a year between "
	       "them "
	       "means that the two were never tested together, whatever their numbers "
	       "say.",
};

/* --- kernel-rebuilt --- */

static void check_rebuilt(const struct dg_view *view, struct dg_finding *f)
{
	const char *version = view->facts->kernel.version.value;
	const char *image = view->running ? dg_get(&view->running->image_version) : NULL;
	const char *built = image ? strstr(image, " #") : NULL;

	if (!view->running || dg_absent(&view->running->image)) {
		dg_find_not_applicable(f, "the running kernel's image is not on disk");
		return;
	}
	if (!built) {
		dg_find_unknown(f, "the image of %s tells no build",
				view->running->abi.value);
		return;
	}
	built++;
	if (strncmp(built, version, UTS_VERSION_SIZE) == 0)
		dg_find_ok(f, "the image on disk is the build that runs");
	else
		dg_find_drift(f, DG_NOTICE,
			      "%s on disk is another build than the one that runs",
			      view->running->image.value);
	dg_find_subject(f, "kernel", view->running->abi.value);
	dg_find_text(f, "running_build", version);
	dg_find_text(f, "image_build", built);
}

const struct dg_check dg_kernel_rebuilt = {
	.id = "kernel-rebuilt",
	.family = "kernel",
	.title = "The image on disk is another build of the same ABI than the one that "
		 "runs",
	.severity = DG_NOTICE,
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {"kernel.release", "kernel.version", "kernels.abi"},
	.each = {"kernels.image", "kernels.image_version"},
	.run = check_rebuilt,
	.remedy = "Reboot at the next maintenance window.",
	.why = "A package may be rebuilt under the same ABI name. `uname -r` then looks "
	       "current, "
	       "while `uname -v` and the version text in the image's boot header differ.",
};

/* --- kernel-removed --- */

static void check_removed(const struct dg_view *view, struct dg_finding *f)
{
	const char *running = view->facts->kernel.release.value;
	bool modules = view->running && !dg_absent(&view->running->modules);
	bool image = view->running && !dg_absent(&view->running->image);

	if (!modules && dg_true(&view->facts->kernel.modular))
		dg_find_drift(f, DG_CRITICAL,
			      "the modules of the running kernel %s are gone: none can "
			      "be loaded "
			      "any more",
			      running);
	else if (!image)
		dg_find_drift(f, DG_WARNING, "the image of the running kernel %s is gone",
			      running);
	else
		dg_find_ok(f, "image and modules of the running kernel are there");
	dg_find_subject(f, "kernel", running);
	dg_find_text(f, "modules", modules ? "present" : "gone");
	dg_find_text(f, "image", image ? "present" : "gone");
}

const struct dg_check dg_kernel_removed = {
	.id = "kernel-removed",
	.family = "kernel",
	.title = "The running kernel was removed from disk",
	.severity = DG_CRITICAL,
	.grades = "warning when only its image is gone",
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL,
	.needs = {"kernel.release", "kernel.modular", "kernels.abi"},
	.each = {"kernels.modules", "kernels.image"},
	.run = check_removed,
	.remedy = "Reboot into an installed kernel soon; until then do not count on "
		  "anything "
		  "that loads a module (a firewall rule, a file system, a device).",
	.why = "Once /lib/modules of the running kernel is gone, nothing that is not "
	       "already "
	       "loaded can be. The failure shows much later, as a mount, a firewall or a "
	       "USB "
	       "device that does not work.",
};
