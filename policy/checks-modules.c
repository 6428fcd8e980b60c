/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules family: kernel modules against their userland and against the target. */
#include "policy/catalog.h"
#include "policy/module-pairs.h"
#include "policy/modules.h"
#include "policy/text.h"

/* --- module-userland-mismatch --- */

/* What stands for a pair's userland: "zfsutils-linux 2.4.2-pve1". */
struct userland {
	const char *name;
	const char *version;
};

static struct userland find_userland(const struct dg_view *view,
				     const struct dg_module_pair *pair,
				     const struct dg_module *module)
{
	for (size_t i = 0; pair->packages[i]; i++) {
		const struct dg_package *package =
			dg_view_package(view, pair->packages[i]);

		if (package && dg_known(&package->version))
			return (struct userland){.name = pair->packages[i],
						 .version = package->version.value};
	}
	if (dg_known(&module->userland))
		return (struct userland){.name = pair->library,
					 .version = module->userland.value};
	return (struct userland){.name = NULL};
}

static void add_pair(struct dg_finding *f, const char *key, const char *name,
		     const char *version)
{
	DG_FREE char *text = dg_format("%s %s", name, version);

	if (text)
		dg_find_item(f, key, text);
}

static void report_mismatch(struct dg_finding *f, const struct dg_module_pair *pair,
			    const char *loaded, const struct userland *userland)
{
	if (f->status != DG_DRIFT) {
		dg_find_drift(f, DG_WARNING,
			      "the loaded module %s is %s, and %s is %s; wanted: %s",
			      pair->module, loaded, userland->name, userland->version,
			      pair->rule);
		dg_find_remedy(f, "%s", pair->remedy);
	}
	dg_find_subject(f, "module", pair->module);
	dg_find_text(f, "rule", pair->rule);
}

/* Whether there were two halves to compare. */
static bool check_pair(const struct dg_view *view, struct dg_finding *f,
		       const struct dg_module *module)
{
	const struct dg_module_pair *pair = dg_module_pair_find(dg_get(&module->name));
	const char *loaded = dg_get(&module->version);
	struct userland userland;

	if (!pair || !loaded)
		return false;
	userland = find_userland(view, pair, module);
	if (!userland.version)
		return false;
	add_pair(f, "loaded", pair->module, loaded);
	add_pair(f, "userland", userland.name, userland.version);
	if (!pair->fits(loaded, userland.version))
		report_mismatch(f, pair, loaded, &userland);
	return true;
}

static void check_userland(const struct dg_view *view, struct dg_finding *f)
{
	size_t compared = 0;

	dg_list_foreach (module, view->facts->modules)
		if (dg_known(module) && check_pair(view, f, module))
			compared++;
	if (f->status == DG_DRIFT)
		return;
	if (compared)
		dg_find_ok(f, "%zu loaded module%s and the userland belong together",
			   compared, compared > 1 ? "s" : "");
	else
		dg_find_ok(f, "no module is loaded whose userland has to fit it");
}

static const struct dg_check userland_mismatch = {
	.id = "module-userland-mismatch",
	.family = "modules",
	.title = "A kernel module and its userland do not fit",
	.severity = DG_WARNING,
	.flags = DG_HOST_KERNEL | DG_SETTLED_ONLY,
	.needs = {"modules", "packages.list.name", "packages.list.status",
		  "packages.list.version"},
	.each = {"modules.name", "modules.version", "modules.userland"},
	.run = check_userland,
	.remedy = "Install the matching version of the userland package, or boot the "
		  "kernel "
		  "whose module it fits.",
	.why = "Some modules and their tools must match: ZFS by upstream version, NVIDIA "
	       "exactly, "
	       "DRBD by its own rule and never by equality (drbd-utils of 9 drive "
	       "modules of 8.4 "
	       "too). An old kernel brings its old module under tools that moved on. "
	       "What is "
	       "compared is the module that is loaded (/sys/module/NAME/version) with "
	       "the "
	       "installed package or, for an NVIDIA driver that no package brought, with "
	       "the "
	       "version in its library's file name.",
};

/* --- module-blocks-target --- */

/* What DKMS has of it; modules that come from one source are told of once. */
static void tell_dkms(const struct dg_view *view, struct dg_finding *f, const char *name,
		      const struct dg_dkms **last)
{
	const struct dg_dkms *dkms = dg_module_dkms(view, name);
	const char *kernel = dkms ? dg_get(&dkms->kernel) : NULL;
	const char *status = dkms ? dg_get(&dkms->status) : NULL;
	DG_FREE char *text = NULL;

	if (!dkms || dkms == *last)
		return;
	*last = dkms;
	text = dg_format("%s/%s: %s%s%s", dkms->name.value, dkms->version.value,
			 status ? status : "unknown", kernel ? " for " : "",
			 kernel ? kernel : "");
	if (text)
		dg_find_item(f, "dkms", text);
}

/* What keeps the target back, as evidence; how many, and how many cannot be told. */
static size_t list_missing(const struct dg_view *view, struct dg_finding *f,
			   size_t *ret_untold)
{
	const struct dg_dkms *last = NULL;
	size_t count = 0;

	dg_list_foreach (module, view->facts->modules) {
		const struct dg_built *found = NULL;
		enum dg_presence presence;

		if (!dg_module_is_needed(view, module))
			continue;
		presence = dg_module_presence(view, view->target, module, &found);
		if (presence == DG_PRESENCE_UNTOLD)
			++*ret_untold;
		if (presence != DG_MISSING && presence != DG_NAMESAKE)
			continue;
		dg_find_subject(f, "module", module->name.value);
		dg_find_item(f, "missing", module->name.value);
		if (presence == DG_NAMESAKE && dg_known(&found->path))
			dg_find_item(f, "only_namesake", found->path.value);
		tell_dkms(view, f, module->name.value, &last);
		count++;
	}
	return count;
}

static void report_missing(const struct dg_view *view, struct dg_finding *f, size_t count)
{
	DG_FREE char *unblock = dg_module_unblock(view, view->target);
	const char *first = f->subjects[0].name, *target = view->target->abi.value;

	if (count == 1)
		dg_find_drift(f, DG_WARNING, "%s is in use and missing for %s", first,
			      target);
	else if (count == 2)
		dg_find_drift(f, DG_WARNING, "%s and %s are in use and missing for %s",
			      first, f->subjects[1].name, target);
	else
		dg_find_drift(f, DG_WARNING,
			      "%s and %zu other modules are in use and missing for %s",
			      first, count - 1, target);
	if (unblock)
		dg_find_remedy(f, "%s", unblock);
}

static void check_target(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_installed *target = view->target;
	size_t untold = 0, count;

	if (!target) {
		dg_find_not_applicable(f, "no installed kernel is there to move to");
		return;
	}
	if (dg_streq(target->abi.value, dg_get(&view->facts->kernel.release))) {
		dg_find_ok(f, "the target, %s, runs", target->abi.value);
		return;
	}
	count = list_missing(view, f, &untold);
	if (count)
		report_missing(view, f, count);
	else if (untold)
		dg_find_unknown(f, "which modules %s has cannot be told: %s",
				target->abi.value,
				target->built.meta.detail ? target->built.meta.detail
							  : "not read");
	else if (!dg_view_extra_module(view))
		dg_find_ok(f, "no module from outside the kernel's packages is in use");
	else
		dg_find_ok(f, "%s has every module from outside that is in use",
			   target->abi.value);
	dg_find_text(f, "target", target->abi.value);
}

static const struct dg_check blocks_target = {
	.id = "module-blocks-target",
	.family = "modules",
	.title = "An out-of-tree module in use is missing for the target kernel",
	.severity = DG_WARNING,
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {"modules", "kernels", "kernel.release"},
	.each = {"modules.name", "modules.taint"},
	.run = check_target,
	.remedy = "Install the target's headers and build it: dkms install "
		  "MODULE/VERSION -k ABI.",
	.why = "A module from outside the kernel's tree is usually why a pin exists, and "
	       "what "
	       "stands in the way of leaving it. Whether it is there for the target "
	       "kernel shows "
	       "in that kernel's module directory: what depmod indexed is what can be "
	       "loaded. A "
	       "module of the same name that the kernel itself brings does not count: it "
	       "is "
	       "other code, and nobody asked for it.",
};

static const struct dg_check *const rows[] = {&userland_mismatch, &blocks_target};

const struct dg_family dg_module_checks = {
	.name = "modules", .checks = rows, .count = DG_COUNT(rows)};
