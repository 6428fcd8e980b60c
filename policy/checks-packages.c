/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel family, as the package manager sees it: what keeps updates away. */
#include "policy/catalog.h"
#include "policy/glob.h"
#include "policy/text.h"
#include "policy/view.h"

/* --- kernel-meta-missing --- */

static bool has_kernel_package(const struct dg_view *view)
{
	dg_list_foreach (kernel, view->facts->kernels) {
		const char *abi = dg_get(&kernel->abi);

		if (abi && dg_view_kernel_package(view, abi))
			return true;
	}
	return false;
}

static void check_meta_missing(const struct dg_view *view, struct dg_finding *f)
{
	const char *wanted =
		view->product.proxmox ? "proxmox-default-kernel" : "linux-image-ARCH";

	if (dg_streq(view->expected.because, "metapackage")) {
		dg_find_ok(f, "%s brings kernel updates", view->expected.package);
	} else if (!view->product.proxmox && !has_kernel_package(view)) {
		dg_find_not_applicable(f, "no kernel package is installed at all");
	} else {
		dg_find_drift(f, DG_WARNING,
			      "no kernel metapackage is installed: kernel updates will "
			      "not come");
		if (view->product.proxmox)
			dg_find_remedy(f, "apt install %s", wanted);
		dg_find_subject(f, "package", wanted);
	}
	dg_find_text(f, "expected_because", view->expected.because);
}

static const struct dg_check meta_missing = {
	.id = "kernel-meta-missing",
	.family = "kernel",
	.title = "No kernel metapackage is installed",
	.severity = DG_WARNING,
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {"packages.list.name", "packages.list.status", "packages.list.depends",
		  "kernels.abi"},
	.run = check_meta_missing,
	.remedy = "Install the metapackage: proxmox-default-kernel, or Debian's "
		  "linux-image-amd64.",
	.why = "A kernel's own package never changes its ABI; new builds come as new "
	       "packages, "
	       "and only a metapackage (proxmox-kernel-X.Y, on Debian linux-image-ARCH) "
	       "pulls "
	       "them in. A host with a lone kernel package upgrades everything but its "
	       "kernel.",
};

/* --- package-held --- */

static bool is_kernel_meta(const char *name)
{
	char series[DG_SERIES_SIZE];
	const char *debian = dg_after(name, "linux-image-");

	return dg_series_from_package(name, series, sizeof(series)) ||
	       dg_streq(name, "proxmox-default-kernel") || dg_streq(name, "proxmox-ve") ||
	       (debian && !strchr("0123456789", debian[0]));
}

static bool matters(const struct dg_view *view, const struct dg_package *package)
{
	const char *running = dg_get(&view->facts->kernel.release);

	if (!dg_package_present(package))
		return false;
	return is_kernel_meta(package->name.value) ||
	       dg_view_is_userland(view, package) ||
	       (running && dg_view_kernel_package(view, running) == package);
}

/* A preference that keeps a package from its newest version: a version, or a negative
 * priority. `Package: *` with a release or origin ranks whole archives and names none. */
static bool holds_back(const struct dg_preference *p)
{
	return dg_after(p->pin.value, "version ") ||
	       (p->priority.value < 0 && !dg_streq(p->package.value, "*"));
}

static const struct dg_preference *find_preference(const struct dg_view *view,
						   const char *name)
{
	dg_list_foreach (p, view->facts->packages.preferences)
		if (dg_known(p) && dg_known(&p->package) && dg_known(&p->pin) &&
		    dg_known(&p->priority) && holds_back(p) &&
		    dg_glob_match(p->package.value, name))
			return p;
	return NULL;
}

/* *all, longer by a word; NULL stays as good as "". */
static void add_word(char **all, const char *word)
{
	char *longer = dg_format("%s %s", *all ? *all : "", word);

	free(*all);
	*all = longer;
}

static void suggest_release(const char *held, struct dg_finding *f)
{
	bool pinned = dg_find_has(f, "pinned_in");

	dg_find_remedy(f, "If the reason is gone: %s%s%s%s",
		       held ? "apt-mark unhold" : "", held ? held : "",
		       held && pinned ? "; and " : "",
		       pinned ? "remove the entry in the file named above" : "");
}

static size_t list_held(const struct dg_view *view, struct dg_finding *f)
{
	DG_FREE char *held = NULL;
	size_t count = 0;

	dg_list_foreach (package, view->facts->packages.list) {
		const struct dg_preference *p;

		if (!matters(view, package))
			continue;
		p = find_preference(view, package->name.value);
		if (dg_streq(dg_get(&package->want), "hold"))
			dg_find_item(f, "held", package->name.value),
				add_word(&held, package->name.value);
		else if (p)
			dg_find_item(f, "pinned_in", dg_get(&p->path));
		else
			continue;
		dg_find_subject(f, "package", package->name.value);
		count++;
	}
	if (count)
		suggest_release(held, f);
	return count;
}

static void check_held(const struct dg_view *view, struct dg_finding *f)
{
	size_t count = list_held(view, f);

	if (!count)
		dg_find_ok(
			f,
			"apt holds none of the kernel, QEMU and manager packages back");
	else
		dg_find_drift(f, DG_NOTICE, "apt holds %s%s back: a pin by other means",
			      f->subjects[0].name, count > 1 ? " and others" : "");
}

static const struct dg_check held = {
	.id = "package-held",
	.family = "kernel",
	.title = "A kernel, QEMU or manager package is on hold",
	.severity = DG_NOTICE,
	.flags = DG_HOST_KERNEL,
	.needs = {"packages.list.name", "packages.list.status", "kernel.release"},
	.each = {"packages.list.want", "packages.preferences.*"},
	.run = check_held,
	.remedy = "If the reason is gone: release it with apt-mark unhold, or remove the "
		  "entry in /etc/apt/preferences.d.",
	.why = "`apt-mark hold` and a pin in apt's preferences stop updates as surely as "
	       "a pinned "
	       "kernel, and neither proxmox-boot-tool nor pveversion shows them.",
};

static const struct dg_check *const rows[] = {&meta_missing, &held};

const struct dg_family dg_package_checks = {
	.name = "kernel", .checks = rows, .count = DG_COUNT(rows)};
