/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules in use, and what kernels have of them. */
#include <stdio.h>

#include "policy/modules.h"
#include "policy/plan.h"
#include "policy/text.h"

/* --- names --- */

static char norm(char c)
{
	return c == '-' ? '_' : c;
}

bool dg_module_same(const char *a, const char *b)
{
	if (!a || !b)
		return false;
	while (*a && norm(*a) == norm(*b))
		a++, b++;
	return !*a && !*b;
}

bool dg_module_file(const char *name, size_t i, char *ret, size_t size)
{
	static const char *const branches[] = {
		"_current",   "_current_open", "_tesla",
		"_tesla_535", "_tesla_470",    "_tesla_450",
		"_tesla_418", "_legacy_390xx", "_legacy_340xx"};
	const char *rest = dg_after(name, "nvidia");
	int n;

	if (i == 0) {
		n = snprintf(ret, size, "%s", name);
	} else {
		if (!rest || (*rest && *rest != '_') || i > DG_COUNT(branches))
			return false;
		n = snprintf(ret, size, "nvidia%s%s", branches[i - 1], rest);
	}
	return n >= 0 && (size_t)n < size;
}

bool dg_module_is_file(const char *name, const char *file)
{
	char other[128];

	for (size_t i = 0; dg_module_file(name, i, other, sizeof(other)); i++)
		if (dg_module_same(other, file))
			return true;
	return false;
}

/* --- where they come from --- */

bool dg_module_is_foreign(const struct dg_module *module)
{
	return !dg_known(&module->taint) || strpbrk(module->taint.value, "OP");
}

/* ZFS taints, and comes with every Proxmox kernel's own package. */
static bool is_shipped(const struct dg_view *view, const char *name)
{
	static const char *const shipped[] = {"zfs",	 "spl",	    "icp",
					      "zavl",	 "zlua",    "zzstd",
					      "zcommon", "znvpair", "zunicode"};

	for (size_t i = 0; view->product.proxmox && i < DG_COUNT(shipped); i++)
		if (dg_streq(name, shipped[i]))
			return true;
	return false;
}

bool dg_module_is_extra(const struct dg_view *view, const struct dg_module *module)
{
	const char *name = dg_get(&module->name);

	return name && dg_module_is_foreign(module) && !is_shipped(view, name);
}

const char *dg_view_extra_module(const struct dg_view *view)
{
	dg_list_foreach (module, view->facts->modules)
		if (dg_known(module) && dg_module_is_extra(view, module))
			return module->name.value;
	return NULL;
}

/* ZFS's lesser modules come and go with its versions: icp was one of its own once. */
bool dg_module_is_needed(const struct dg_view *view, const struct dg_module *module)
{
	return dg_known(module) &&
	       (dg_module_is_extra(view, module) ||
		(dg_streq(dg_get(&module->name), "zfs") && dg_module_is_foreign(module)));
}

/* --- what a kernel has --- */

/* A kernel refuses a module whose vermagic begins with another kernel's name. */
static enum dg_answer is_for(const struct dg_built *built,
			     const struct dg_installed *kernel)
{
	const char *magic = dg_get(&built->vermagic), *abi = dg_get(&kernel->abi);
	size_t n = abi ? strlen(abi) : 0;

	if (dg_absent(&built->vermagic))
		return DG_YES; /* compressed, or states none: its place speaks for it */
	if (!magic || !abi)
		return DG_CANNOT_TELL;
	return strncmp(magic, abi, n) == 0 && (!magic[n] || magic[n] == ' ') ? DG_YES
									     : DG_NO;
}

enum dg_presence dg_module_presence(const struct dg_view *view,
				    const struct dg_installed *kernel,
				    const struct dg_module *module,
				    const struct dg_built **ret)
{
	const char *name = dg_get(&module->name);
	enum dg_presence presence = DG_MISSING;

	if (!name || !dg_known(&kernel->built))
		return DG_PRESENCE_UNTOLD;
	dg_list_foreach (built, kernel->built) {
		if (!dg_known(built) || !dg_known(&built->name) ||
		    !dg_known(&built->in_tree))
			return DG_PRESENCE_UNTOLD;
		if (!dg_streq(built->name.value, name))
			continue;
		if (!built->in_tree.value && is_for(built, kernel) == DG_CANNOT_TELL)
			return DG_PRESENCE_UNTOLD;
		if (!built->in_tree.value && is_for(built, kernel) == DG_NO)
			continue;
		if (ret)
			*ret = built;
		if (!built->in_tree.value || is_shipped(view, name))
			return DG_PRESENT;
		presence = DG_NAMESAKE;
	}
	return presence;
}

/* --- what would bring it --- */

static bool dkms_has(const struct dg_dkms *dkms, const char *name)
{
	dg_list_foreach (word, dkms->modules)
		if (dg_known(&word->name) && dg_module_is_file(name, word->name.value))
			return true;
	return dg_module_is_file(name, dkms->name.value);
}

const struct dg_dkms *dg_module_dkms(const struct dg_view *view, const char *name)
{
	const char *running = dg_get(&view->facts->kernel.release);
	const struct dg_dkms *found = NULL;

	dg_list_foreach (dkms, view->facts->dkms) {
		if (!dg_known(dkms) || !dg_known(&dkms->name) ||
		    !dg_known(&dkms->version) || !dkms_has(dkms, name))
			continue;
		found = dkms;
		if (running && dg_streq(dg_get(&dkms->kernel), running))
			break;
	}
	return found;
}

/* One more step of `all`, unless it is there already. */
static void add_step(char **all, const char *step)
{
	char *longer;

	if (!step || (*all && strstr(*all, step)))
		return;
	longer = dg_format("%s%s%s", *all ? *all : "", *all ? "; " : "", step);
	if (!longer)
		return;
	free(*all);
	*all = longer;
}

/* What modules are built against; of its name alone is known whether it is there. */
static void add_headers(const struct dg_view *view, const char *abi, char **all)
{
	static const char *const prefixes[] = {"proxmox-headers", "pve-headers",
					       "linux-headers"};
	DG_FREE char *step = NULL;

	if (!dg_known(&view->facts->packages.list))
		return;
	for (size_t i = 0; i < DG_COUNT(prefixes); i++) {
		DG_FREE char *name = dg_format("%s-%s", prefixes[i], abi);

		if (name && dg_view_package(view, name))
			return;
	}
	step = dg_format("apt install %s-%s", prefixes[dg_abi_is_pve(abi) ? 0 : 2], abi);
	add_step(all, step);
}

static void add_module(const struct dg_view *view, const char *abi, const char *name,
		       char **all)
{
	const struct dg_dkms *dkms = dg_module_dkms(view, name);
	const struct dg_package *package = dg_view_kernel_package(view, abi);
	DG_FREE char *step = NULL;

	if (is_shipped(view, name))
		step = dg_format("apt install --reinstall %s",
				 package ? package->name.value : abi);
	else if (dkms)
		step = dg_format("dkms install %s/%s -k %s", dkms->name.value,
				 dkms->version.value, abi);
	else
		step = dg_format("install %s for %s", name, abi);
	if (dkms && !is_shipped(view, name))
		add_headers(view, abi, all);
	add_step(all, step);
}

char *dg_module_unblock(const struct dg_view *view, const struct dg_installed *kernel)
{
	const char *abi = dg_get(&kernel->abi);
	char *all = NULL;

	dg_list_foreach (module, view->facts->modules) {
		enum dg_presence presence;

		if (!abi || !dg_module_is_needed(view, module))
			continue;
		presence = dg_module_presence(view, kernel, module, NULL);
		if (presence == DG_MISSING || presence == DG_NAMESAKE)
			add_module(view, abi, module->name.value, &all);
	}
	return all;
}
