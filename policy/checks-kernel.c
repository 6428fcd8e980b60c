/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel family: does what runs belong to this userland? */
#include "policy/abi.h"
#include "policy/catalog.h"
#include "policy/checks-kernel.h"
#include "policy/view.h"

/* --- trial boots --- */

/* While this boot has not come to where the trial's pin is removed, that still is what
 * boots next. Once it should have been and is not, the trial has become a habit. */
static bool is_trial_settling(const struct dg_view *view)
{
	return view->trial && view->unfinished && dg_known(&view->facts->boot.next_pin);
}

/* An older kernel that runs on purpose, for this boot only. */
static void grade_trial(const struct dg_view *view, struct dg_finding *f,
			const char *running)
{
	if (is_trial_settling(view)) {
		dg_find_drift(f, DG_NOTICE,
			      "%s runs for this boot only, by a next-boot pin", running);
		dg_find_remedy(f,
			       "Nothing: this boot removes that pin once it is done. To "
			       "stay with this kernel, then: driftguard pin --keep");
	} else {
		dg_find_drift(f, DG_NOTICE,
			      "%s runs for this boot only, by a %s; the next boot brings "
			      "%s",
			      running, view->one_shot ? "one-shot" : "next-boot pin",
			      view->next.abi);
		dg_find_remedy(f, "To end the trial, reboot; to stay with this kernel: "
				  "driftguard pin --keep");
	}
	dg_find_text(f, "state", "trial");
}

/* --- kernel-series-behind --- */

static void describe_next(const struct dg_view *view, struct dg_finding *f)
{
	dg_find_text(f, "next_boot", view->next.abi);
	if (view->next.abi)
		dg_find_text(f, "next_boot_because", dg_because_name(view->next.because));
	if (view->pin.abi) {
		dg_find_text(f, "pin", view->pin.abi);
		dg_find_text(f, "pin_path", view->pin.path);
	}
}

static void describe_expected(const struct dg_view *view, struct dg_finding *f)
{
	dg_find_text(f, "running", dg_get(&view->facts->kernel.release));
	dg_find_text(f, "expected", view->expected.series);
	dg_find_text(f, "expected_because", view->expected.because);
	dg_find_text(f, "expected_package", view->expected.package);
}

static void grade_behind(const struct dg_view *view, struct dg_finding *f,
			 const char *running)
{
	const struct dg_product *p = &view->product;
	const char *version = p->version ? p->version : "";
	char next[DG_SERIES_SIZE];

	if (is_trial_settling(view)) {
		grade_trial(view, f, running);
	} else if (!view->next.abi || dg_abi_series(view->next.abi, next) < 0) {
		dg_find_drift(
			f, DG_WARNING,
			"%s runs under %s %s, which expects a %s kernel; whether the "
			"next boot cures it cannot be told",
			running, p->name, version, view->expected.series);
		dg_find_text(f, "state", "undetermined");
		dg_find_text(f, "next_boot_unknown", view->next.why);
	} else if (dg_series_cmp(next, view->expected.series) >= 0 && view->trial) {
		grade_trial(view, f, running);
	} else if (dg_series_cmp(next, view->expected.series) >= 0) {
		dg_find_drift(f, DG_WARNING,
			      "%s runs under %s %s, which expects a %s kernel; the next "
			      "boot brings %s",
			      running, p->name, version, view->expected.series,
			      view->next.abi);
		/* Else a reboot alone would bring a kernel of somebody else's. */
		if (!dg_view_is_foreign(view, view->next.abi))
			dg_find_remedy(f, "reboot");
		dg_find_text(f, "state", "pending");
	} else {
		bool pinned = dg_streq(view->pin.abi, view->next.abi);

		dg_find_drift(f, DG_CRITICAL,
			      "%s runs under %s %s, which expects a %s kernel, and %s%s",
			      running, p->name, version, view->expected.series,
			      pinned ? "a pin keeps it there" : view->next.abi,
			      pinned ? "" : " boots next");
		dg_find_text(f, "state", "stuck");
	}
}

/* Without a metapackage all installed kernels have a say. */
static bool is_expected_untold(const struct dg_view *view, struct dg_finding *f)
{
	static const char *const paths[] = {"kernels.abi", "kernels.image",
					    "kernels.modules"};
	bool by_kernels = !view->expected.series[0] ||
			  dg_streq(view->expected.because, "newest-installed");

	for (size_t i = 0; by_kernels && i < DG_COUNT(paths); i++) {
		DG_FREE char *gap = dg_facts_gap(view->facts, paths[i]);

		if (gap) {
			dg_find_unknown(f, "%s", gap);
			return true;
		}
	}
	return false;
}

static void check_series_behind(const struct dg_view *view, struct dg_finding *f)
{
	const char *running = view->facts->kernel.release.value;
	char series[DG_SERIES_SIZE];

	if (dg_abi_series(running, series) < 0) {
		dg_find_unknown(f, "the running kernel's name \"%s\" holds no series",
				running);
		return;
	}
	if (is_expected_untold(view, f))
		return;
	if (!view->expected.series[0]) {
		dg_find_unknown(f,
				"no kernel package says which series this host expects, "
				"and no whole kernel%s is installed",
				view->product.proxmox ? " of Proxmox's" : "");
		return;
	}
	if (dg_series_cmp(series, view->expected.series) < 0)
		grade_behind(view, f, running);
	else if (dg_streq(series, view->expected.series))
		dg_find_ok(f, "%s is of series %s, which this host expects", running,
			   series);
	else
		dg_find_ok(f, "%s is newer than series %s, which this host expects",
			   running, view->expected.series);
	dg_find_subject(f, "kernel", running);
	describe_expected(view, f);
	describe_next(view, f);
}

static const struct dg_check series_behind = {
	.id = "kernel-series-behind",
	.family = "kernel",
	.title = "The running kernel's series is older than the one this host expects",
	.severity = DG_CRITICAL,
	.grades =
		"critical when stuck (the next boot is behind too), warning when pending "
		"(the next boot cures it), notice in a trial boot (by a next-boot pin, "
		"or by a one-shot that driftguard set); waived by a documented pin",
	.flags = DG_ESSENTIAL | DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY |
		 DG_PIN_WAIVES,
	.needs = {"kernel.release", "packages.list.name", "packages.list.status",
		  "packages.list.depends", "kernels"},
	.run = check_series_behind,
	.remedy = "Boot a kernel of the expected series: the plan says how.",
	.why = "A Proxmox host's packages say which kernel series belongs to them: the "
	       "newest "
	       "installed series metapackage (proxmox-kernel-X.Y). QEMU, the ZFS tools "
	       "and the "
	       "container runtime are built and tested against that series. An older one "
	       "still "
	       "boots, and then misbehaves in ways that look like something else: QEMU "
	       "from "
	       "10.2 on, under a kernel older than 6.15, makes idle I/O threads count as "
	       "I/O "
	       "stall, and PSI reads 69 % on a bored disk (kernel commits 8a796565cec3, "
	       "07754bfd9aee). No table of versions decides here, only this host's "
	       "packages.",
};

/* --- kernel-newer-installed --- */

static const struct dg_installed *find_newest(const struct dg_view *view,
					      const char *series)
{
	const struct dg_installed *newest = NULL;

	dg_list_foreach (kernel, view->facts->kernels) {
		char other[DG_SERIES_SIZE];

		if (!dg_installed_whole(kernel) ||
		    !dg_view_is_kindred(view, kernel->abi.value) ||
		    dg_abi_series(kernel->abi.value, other) < 0 ||
		    !dg_streq(other, series))
			continue;
		if (!newest || dg_abi_cmp(kernel->abi.value, newest->abi.value) > 0)
			newest = kernel;
	}
	return newest;
}

/* By a reboot alone the pinned kernel comes again. */
static void suggest_unpinning(const struct dg_view *view, struct dg_finding *f)
{
	if (view->pin.abi)
		dg_find_remedy(f, "If the pin's reason is gone: %s; then reboot",
			       view->product.proxmox ? "driftguard unpin"
						     : "leave the pin");
}

static void grade_newer(const struct dg_view *view, struct dg_finding *f,
			const char *running, const char *newest)
{
	bool cures = view->next.abi && dg_abi_cmp(view->next.abi, running) > 0;

	if (is_trial_settling(view) || (cures && view->trial)) {
		grade_trial(view, f, running);
		return;
	}
	if (cures) {
		dg_find_drift(f, DG_WARNING,
			      "%s is installed and boots next; %s still runs",
			      view->next.abi, running);
		dg_find_remedy(f, "reboot");
	} else if (dg_streq(view->pin.abi, running)) {
		dg_find_drift(f, DG_NOTICE,
			      "%s is installed, and the pin keeps %s running", newest,
			      running);
		suggest_unpinning(view, f);
	} else {
		dg_find_drift(f, DG_WARNING, "%s is installed, and %s %s", newest,
			      view->next.abi ? view->next.abi : "what",
			      view->next.abi ? "boots again"
					     : "boots next cannot be told");
		suggest_unpinning(view, f);
	}
	dg_find_text(f, "state",
		     cures	      ? "pending"
		     : view->next.abi ? "stuck"
				      : "undetermined");
}

static void check_newer_installed(const struct dg_view *view, struct dg_finding *f)
{
	const char *running = view->facts->kernel.release.value;
	const struct dg_installed *newest;
	char series[DG_SERIES_SIZE];

	if (is_expected_untold(view, f))
		return;
	if (dg_abi_series(running, series) < 0 ||
	    !dg_streq(series, view->expected.series)) {
		dg_find_not_applicable(
			f, "the running kernel is not of the expected series");
		return;
	}
	newest = find_newest(view, series);
	if (newest && dg_abi_cmp(newest->abi.value, running) > 0) {
		grade_newer(view, f, running, newest->abi.value);
		dg_find_text(f, "newest", newest->abi.value);
	} else {
		dg_find_ok(f, "%s is the newest installed build of series %s", running,
			   series);
	}
	dg_find_subject(f, "kernel", running);
	dg_find_text(f, "running", running);
	describe_next(view, f);
}

static const struct dg_check newer_installed = {
	.id = "kernel-newer-installed",
	.family = "kernel",
	.title = "A newer build of the running kernel's series is installed",
	.severity = DG_WARNING,
	.grades =
		"notice when a pin holds it back, and in a trial boot (by a next-boot "
		"pin, or by a one-shot that driftguard set); waived by a documented pin",
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY | DG_PIN_WAIVES,
	.needs = {"kernel.release", "packages.list.name", "packages.list.status",
		  "packages.list.depends", "kernels"},
	.each = {"kernels.abi", "kernels.image", "kernels.modules"},
	.run = check_newer_installed,
	.remedy = "Reboot at the next maintenance window.",
	.why = "Kernel updates carry security and data-integrity fixes, and they take "
	       "effect at "
	       "a boot only. Proxmox writes no /run/reboot-required, so a host whose "
	       "update "
	       "was never booted looks up to date.",
};

/* --- kernel-foreign --- */

/* Not whole on disk any more: its package was purged, and kernel-removed tells of that.
 */
static bool is_removed(const struct dg_view *view)
{
	return !view->running || dg_absent(&view->running->image) ||
	       dg_absent(&view->running->modules);
}

static void check_foreign(const struct dg_view *view, struct dg_finding *f)
{
	const char *running = view->facts->kernel.release.value;
	const char *vendor = dg_get(&view->facts->kernel.vendor);
	const struct dg_package *owner = dg_view_kernel_package(view, running);
	bool ours = owner && !dg_after(owner->name.value, "linux-");

	dg_find_subject(f, "kernel", running);
	dg_find_text(f, "package", owner ? owner->name.value : NULL);
	dg_find_text(f, "vendor", vendor);
	if (ours)
		dg_find_ok(f, "%s belongs to %s", running, owner->name.value);
	else if (!owner && is_removed(view) &&
		 (dg_streq(vendor, "PMX") || dg_streq(vendor, "PVE")))
		dg_find_ok(f,
			   "%s is a Proxmox build whose package is gone (see "
			   "kernel-removed)",
			   running);
	else if (!owner && !dg_known(&view->facts->kernel.vendor) &&
		 !dg_absent(&view->facts->kernel.vendor))
		dg_find_unknown(f, "no package owns %s, and who built it cannot be read",
				running);
	else
		dg_find_drift(f, DG_WARNING, "%s runs, and no Proxmox package owns it",
			      running);
}

static const struct dg_check foreign = {
	.id = "kernel-foreign",
	.family = "kernel",
	.title = "A Proxmox host runs a kernel that is not Proxmox's",
	.severity = DG_WARNING,
	.flags = DG_HOST_KERNEL | DG_PROXMOX_ONLY | DG_SETTLED_ONLY,
	.needs = {"kernel.release", "packages.list.name", "packages.list.status"},
	.run = check_foreign,
	.remedy = "Boot a proxmox-kernel; remove the other kernel's package if it is not "
		  "meant "
		  "to be here.",
	.why = "Proxmox's kernels carry patches and modules (ZFS, AppArmor, network "
	       "drivers) that "
	       "the userland counts on. Debian's own kernel boots when a Proxmox one is "
	       "missing, "
	       "often after an installation on top of Debian, and looks fine at first.",
};

static const struct dg_check *const rows[] = {
	&series_behind,	    &newer_installed,	&dg_kernel_age_skew,
	&dg_kernel_removed, &dg_kernel_rebuilt, &foreign,
};

const struct dg_family dg_kernel_checks = {
	.name = "kernel", .checks = rows, .count = DG_COUNT(rows)};
