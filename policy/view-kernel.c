/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kernel series this host expects, and which installed kernel to move to
 * (CHECKS.md, "expected series" and "target"). No version table decides: the host's own
 * packages say it. */
#include <stdio.h>

#include "policy/abi.h"
#include "policy/plan.h"
#include "policy/view.h"

bool dg_series_from_package(const char *name, char *ret, size_t size)
{
	const char *rest = dg_after(name, "proxmox-kernel-");
	size_t dots = 0, n = 0;

	if (!rest)
		rest = dg_after(name, "pve-kernel-");
	if (!rest)
		return false;
	for (; rest[n]; n++) {
		if (rest[n] == '.')
			dots++;
		else if (rest[n] < '0' || rest[n] > '9')
			return false;
	}
	if (dots != 1 || rest[0] == '.' || rest[n - 1] == '.' || n >= size)
		return false;
	memcpy(ret, rest, n + 1);
	return true;
}

/* The kernel ABI that a metapackage's first kernel dependency names, as a pointer into a
 * static-size buffer of the caller; false: it names none. */
static bool find_depended_abi(const char *depends, char *ret, size_t size)
{
	static const char *const prefixes[] = {"proxmox-kernel-", "pve-kernel-",
					       "linux-image-"};

	for (size_t i = 0; depends && i < DG_COUNT(prefixes); i++) {
		const char *p = depends;

		while ((p = strstr(p, prefixes[i]))) {
			size_t n;

			p += strlen(prefixes[i]);
			n = strcspn(p, " ,|(:");
			if (n >= size || !strchr("0123456789", *p) || !n)
				continue;
			memcpy(ret, p, n);
			ret[n] = '\0';
			if (dg_ends_with(ret, "-signed"))
				ret[n - strlen("-signed")] = '\0';
			return true;
		}
	}
	return false;
}

/* Debian's metapackage of this machine's flavour: linux-image-amd64, -cloud-amd64, ... */
static bool is_debian_meta(const char *name)
{
	const char *rest = dg_after(name, "linux-image-");

	return rest && !strchr("0123456789", rest[0]) && !dg_ends_with(rest, "-dbg");
}

/* The ABI of an installed kernel that equals `abi`, for a pointer that stays. */
static const char *keep_abi(const struct dg_view *view, const char *abi)
{
	const struct dg_installed *kernel = dg_view_installed(view, abi);

	return kernel ? dg_get(&kernel->abi) : NULL;
}

static void offer_series(struct dg_view *view, const struct dg_package *package,
			 const char *series, const char *because)
{
	struct dg_expected *e = &view->expected;
	char abi[64] = "";

	if (e->series[0] && dg_series_cmp(series, e->series) <= 0)
		return;
	snprintf(e->series, sizeof(e->series), "%s", series);
	e->because = because;
	e->package = dg_get(&package->name);
	e->abi = NULL;
	if (find_depended_abi(dg_get(&package->depends), abi, sizeof(abi)))
		e->abi = keep_abi(view, abi);
}

static void offer_package(struct dg_view *view, const struct dg_package *package)
{
	const char *name = dg_get(&package->name);
	char series[DG_SERIES_SIZE], abi[64];

	if (!name || !dg_package_present(package))
		return;
	if (dg_series_from_package(name, series, sizeof(series)))
		offer_series(view, package, series, "metapackage");
	else if (!view->product.proxmox && is_debian_meta(name) &&
		 find_depended_abi(dg_get(&package->depends), abi, sizeof(abi)) &&
		 dg_abi_series(abi, series) == 0)
		offer_series(view, package, series, "metapackage");
}

/* Without any series metapackage: what the default metapackage depends on, X.Y only. */
static void offer_default(struct dg_view *view)
{
	const struct dg_package *meta = dg_view_package(view, "proxmox-default-kernel");
	const char *p = meta ? dg_get(&meta->depends) : NULL;
	char name[64], series[DG_SERIES_SIZE];

	while (p && (p = strstr(p, "proxmox-kernel-"))) {
		size_t n = strcspn(p, " ,|(:");

		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		if (dg_series_from_package(name, series, sizeof(series)))
			offer_series(view, meta, series, "default-metapackage");
		p += n;
	}
}

static void offer_newest(struct dg_view *view)
{
	dg_list_foreach (kernel, view->facts->kernels) {
		struct dg_expected *e = &view->expected;
		char series[DG_SERIES_SIZE];

		if (!dg_installed_whole(kernel) ||
		    !dg_view_is_kindred(view, kernel->abi.value) ||
		    dg_abi_series(dg_get(&kernel->abi), series) < 0 ||
		    (e->series[0] && dg_series_cmp(series, e->series) <= 0))
			continue;
		snprintf(e->series, sizeof(e->series), "%s", series);
		e->because = "newest-installed";
	}
}

void dg_view_expected(struct dg_view *view)
{
	dg_list_foreach (package, view->facts->packages.list)
		offer_package(view, package);
	if (!view->expected.series[0])
		offer_default(view);
	if (!view->expected.series[0])
		offer_newest(view);
}

const struct dg_installed *dg_view_installed(const struct dg_view *view, const char *abi)
{
	dg_list_foreach (kernel, view->facts->kernels)
		if (dg_streq(dg_get(&kernel->abi), abi))
			return kernel;
	return NULL;
}

bool dg_installed_whole(const struct dg_installed *kernel)
{
	return dg_known(&kernel->abi) && dg_known(&kernel->image) &&
	       dg_known(&kernel->modules);
}

static bool is_candidate(const struct dg_view *view, const struct dg_installed *kernel)
{
	const char *abi = dg_get(&kernel->abi),
		   *running = dg_get(&view->facts->kernel.release);
	char series[DG_SERIES_SIZE];

	return abi && !dg_absent(&kernel->image) && dg_abi_valid(abi) &&
	       dg_abi_series(abi, series) == 0 &&
	       dg_streq(series, view->expected.series) && dg_view_is_kindred(view, abi) &&
	       (!running || dg_abi_cmp(abi, running) >= 0);
}

static const struct dg_installed *find_candidate(
	const struct dg_view *view,
	bool (*suits)(const struct dg_view *, const struct dg_installed *))
{
	const struct dg_installed *newest = NULL;

	dg_list_foreach (kernel, view->facts->kernels)
		if (is_candidate(view, kernel) &&
		    (!newest || dg_abi_cmp(kernel->abi.value, newest->abi.value) > 0) &&
		    (!suits || suits(view, kernel)))
			newest = kernel;
	return newest;
}

static bool passes(const struct dg_view *view, const struct dg_installed *kernel)
{
	return dg_preflight_passes(view, kernel, false);
}

static bool passes_once_built(const struct dg_view *view,
			      const struct dg_installed *kernel)
{
	return dg_preflight_passes(view, kernel, true);
}

/* The newest of the expected series that passes the preflights, never older than what
 * runs; else the newest of them, whose failed preflights the plan then shows. What runs
 * is no way out of a newer one's missing modules: it is those that have to be built. */
void dg_view_target(struct dg_view *view)
{
	const char *running = dg_get(&view->facts->kernel.release);
	const struct dg_installed *target = find_candidate(view, passes);

	if (!target || dg_streq(dg_get(&target->abi), running)) {
		const struct dg_installed *built =
			find_candidate(view, passes_once_built);

		target = built ? built : target;
	}
	view->target = target ? target : find_candidate(view, NULL);
}
