/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a kernel is all there: its parts, its package, its modules, their signatures.
 *
 * Plans never lead to a kernel older than the running one, so that one kernel's ZFS might
 * not know the pool's features does not arise here. */
#include "policy/abi.h"
#include "policy/modules.h"
#include "policy/preflight.h"
#include "policy/text.h"

static void ask_part(const struct dg_str *part, const char *what, struct dg_preflight *p)
{
	if (dg_known(part))
		dg_preflight_answer(p, DG_YES, "%s", part->value);
	else if (dg_absent(part))
		dg_preflight_answer(p, DG_NO, "no %s%s%s", what,
				    part->meta.detail ? ": " : "",
				    part->meta.detail ? part->meta.detail : "");
	else
		dg_preflight_answer(p, DG_CANNOT_TELL, "the %s is %s: %s", what,
				    dg_state_name(part->meta.state),
				    part->meta.detail ? part->meta.detail : "not read");
}

void dg_ask_image(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p)
{
	(void)view;
	ask_part(&kernel->image, "image", p);
	if (p->ok == DG_YES && kernel->image_version.meta.state == DG_MALFORMED)
		dg_preflight_answer(p, DG_NO, "%s is damaged: %s", kernel->image.value,
				    kernel->image_version.meta.detail);
}

void dg_ask_initrd(const struct dg_view *view, const struct dg_installed *kernel,
		   struct dg_preflight *p)
{
	(void)view;
	ask_part(&kernel->initrd, "initrd", p);
	if (p->ok == DG_NO)
		p->unblock = dg_format("update-initramfs -c -k %s", kernel->abi.value);
}

void dg_ask_modules(const struct dg_view *view, const struct dg_installed *kernel,
		    struct dg_preflight *p)
{
	(void)view;
	ask_part(&kernel->modules, "module directory", p);
}

void dg_ask_package(const struct dg_view *view, const struct dg_installed *kernel,
		    struct dg_preflight *p)
{
	const struct dg_package *package =
		dg_view_kernel_package(view, kernel->abi.value);
	const char *status = package ? dg_get(&package->status) : NULL;

	if (!dg_known(&view->facts->packages.list)) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "the package list cannot be read");
	} else if (!package || !dg_package_present(package)) {
		dg_preflight_answer(p, view->product.proxmox ? DG_NO : DG_YES,
				    "no package owns it");
	} else if (dg_streq(status, "installed") || dg_after(status, "triggers-")) {
		dg_preflight_answer(p, DG_YES, "%s is installed", package->name.value);
	} else {
		dg_preflight_answer(p, DG_NO, "%s is %s", package->name.value, status);
		p->unblock = dg_format("dpkg --configure -a");
	}
}

/* The names of the needed modules that are `want` in `kernel`: "a, b". NULL: none. */
static char *list_modules(const struct dg_view *view, const struct dg_installed *kernel,
			  unsigned want)
{
	char *all = NULL;

	dg_list_foreach (module, view->facts->modules) {
		char *longer;

		if (!dg_module_is_needed(view, module) ||
		    !(want & 1u << dg_module_presence(view, kernel, module, NULL)))
			continue;
		longer = dg_format("%s%s%s", all ? all : "", all ? ", " : "",
				   module->name.value);
		free(all);
		all = longer;
	}
	return all;
}

void dg_ask_out_of_tree(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p)
{
	const char *abi = kernel->abi.value, *why = kernel->built.meta.detail;
	DG_FREE char *missing =
		list_modules(view, kernel, 1u << DG_MISSING | 1u << DG_NAMESAKE);
	DG_FREE char *untold = list_modules(view, kernel, 1u << DG_PRESENCE_UNTOLD);
	DG_FREE char *there = list_modules(view, kernel, 1u << DG_PRESENT);
	DG_FREE char *gap = dg_facts_gap(view->facts, "modules.name");

	if (missing) {
		dg_preflight_answer(p, DG_NO, "missing for %s: %s", abi, missing);
		p->unblock = dg_module_unblock(view, kernel);
	} else if (gap) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "which modules are loaded: %s",
				    gap);
	} else if (untold) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "whether %s has %s: %s", abi,
				    untold, why ? why : "not read");
	} else if (there) {
		dg_preflight_answer(p, DG_YES, "built for %s: %s", abi, there);
	} else {
		dg_preflight_answer(
			p, DG_YES,
			"no module from outside the kernel's packages is in use");
	}
}

static const struct dg_built *find_unsigned(const struct dg_view *view,
					    const struct dg_installed *kernel, bool known)
{
	dg_list_foreach (module, view->facts->modules) {
		const struct dg_built *built = NULL;

		if (dg_module_is_extra(view, module) &&
		    dg_module_presence(view, kernel, module, &built) == DG_PRESENT &&
		    dg_known(&built->is_signed) == known && !dg_true(&built->is_signed))
			return built;
	}
	return NULL;
}

/* With Secure Boot on: the firmware refuses an unsigned image, and the kernel, locked
 * down, unsigned modules (Linux, Documentation/admin-guide/module-signing.rst). */
static void ask_signatures(const struct dg_view *view, const struct dg_installed *kernel,
			   struct dg_preflight *p)
{
	const struct dg_built *bare = find_unsigned(view, kernel, true);
	const struct dg_built *untold = find_unsigned(view, kernel, false);
	const char *why = kernel->is_signed.meta.detail;

	if (!dg_known(&kernel->is_signed)) {
		dg_preflight_answer(p, DG_CANNOT_TELL,
				    "Secure Boot is on, and the image's signature cannot "
				    "be read: %s",
				    why ? why : "not looked at");
	} else if (!kernel->is_signed.value) {
		dg_preflight_answer(
			p, DG_NO, "Secure Boot is on, and the image of %s is not signed",
			kernel->abi.value);
		if (view->product.proxmox)
			p->unblock = dg_format("apt install proxmox-kernel-%s-signed",
					       kernel->abi.value);
	} else if (bare) {
		dg_preflight_answer(p, DG_NO,
				    "Secure Boot is on, and %s for %s is not signed",
				    bare->name.value, kernel->abi.value);
		p->unblock =
			dg_format("sign it with a key that the firmware knows (mokutil "
				  "--import)");
	} else if (untold) {
		why = untold->is_signed.meta.detail;
		dg_preflight_answer(
			p, DG_CANNOT_TELL,
			"Secure Boot is on, and the signature of %s for %s: %s",
			untold->name.value, kernel->abi.value,
			why ? why : "not looked at");
	} else {
		dg_preflight_answer(
			p, DG_YES, "Secure Boot is on, and the image%s signed",
			dg_view_extra_module(view) ? " and the modules in use are"
						   : " is");
	}
}

void dg_ask_secure_boot(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p)
{
	const struct dg_efi *efi = &view->facts->boot.efi;

	if (!dg_known(&efi->secure_boot) && !dg_absent(&efi->secure_boot))
		dg_preflight_answer(p, DG_CANNOT_TELL,
				    "whether Secure Boot is on cannot be read");
	else if (!dg_true(&efi->secure_boot))
		dg_preflight_answer(p, DG_YES, "Secure Boot is off");
	else
		ask_signatures(view, kernel, p);
}

/* An older kernel brings an older ZFS, which may not import a pool whose newer features
 * are active. Which ones are is known to the pool alone; no file tells. */
void dg_ask_zfs(const struct dg_view *view, const struct dg_installed *kernel,
		struct dg_preflight *p)
{
	const char *running = dg_get(&view->facts->kernel.release);
	const struct dg_list *modules = (const struct dg_list *)&view->facts->modules;
	bool zfs = false;

	dg_list_foreach (module, view->facts->modules)
		zfs |= dg_streq(dg_get(&module->name), "zfs");
	if (running && dg_abi_cmp(kernel->abi.value, running) >= 0) {
		dg_preflight_answer(p, DG_YES, "%s is no older than the running kernel",
				    kernel->abi.value);
	} else if (!zfs && (dg_known(modules) || dg_absent(modules))) {
		dg_preflight_answer(p, DG_YES, "ZFS is not in use");
	} else {
		dg_preflight_answer(
			p, DG_CANNOT_TELL,
			"%s is older; whether its ZFS knows every active feature "
			"of the pools is not in any file",
			kernel->abi.value);
		p->unblock =
			dg_format("zpool get all | grep 'feature@.*active', and compare "
				  "with zpool-features(7) of that release");
	}
}
