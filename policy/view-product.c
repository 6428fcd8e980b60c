/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which product this host is, and looking up its packages. */
#include <stdio.h>

#include "policy/abi.h"
#include "policy/view.h"

/* Packages whose presence makes a host that product; the first that is there decides.
 * DOMAIN: other Proxmox products share the kernel and the boot tool. */
static const struct {
	const char *id;
	const char *name;
	const char *manager;
} products[] = {
	{.id = "pve", .name = "Proxmox VE", .manager = "pve-manager"},
	{.id = "pve", .name = "Proxmox VE", .manager = "proxmox-ve"},
	{.id = "pbs",
	 .name = "Proxmox Backup Server",
	 .manager = "proxmox-backup-server"},
	{.id = "pmg", .name = "Proxmox Mail Gateway", .manager = "proxmox-mailgateway"},
	{.id = "pmg", .name = "Proxmox Mail Gateway", .manager = "pmg-api"},
	{.id = "pdm",
	 .name = "Proxmox Datacenter Manager",
	 .manager = "proxmox-datacenter-manager"},
};

const char *dg_product_name(const char *id)
{
	for (size_t i = 0; i < DG_COUNT(products); i++)
		if (dg_streq(products[i].id, id))
			return products[i].name;
	return dg_streq(id, "debian") ? "Debian" : NULL;
}

bool dg_package_present(const struct dg_package *package)
{
	const char *status = dg_get(&package->status);

	return status && !dg_streq(status, "not-installed") &&
	       !dg_streq(status, "config-files");
}

const struct dg_package *dg_view_package(const struct dg_view *view, const char *name)
{
	dg_list_foreach (package, view->facts->packages.list)
		if (dg_streq(dg_get(&package->name), name) && dg_package_present(package))
			return package;
	return NULL;
}

/* Names a kernel's package may have in front of its ABI, and behind it. */
static bool is_kernel_package(const char *name, const char *abi)
{
	static const char *const prefixes[] = {"proxmox-kernel-", "pve-kernel-",
					       "linux-image-", "linux-binary-"};
	size_t n = strlen(abi);

	for (size_t i = 0; i < DG_COUNT(prefixes); i++) {
		const char *rest = dg_after(name, prefixes[i]);

		if (rest && strncmp(rest, abi, n) == 0 &&
		    (!rest[n] || dg_streq(rest + n, "-signed") ||
		     dg_streq(rest + n, "-unsigned")))
			return true;
	}
	return false;
}

const struct dg_package *dg_view_kernel_package(const struct dg_view *view,
						const char *abi)
{
	const struct dg_package *gone = NULL;

	dg_list_foreach (package, view->facts->packages.list) {
		const char *name = dg_get(&package->name);

		if (!name || !is_kernel_package(name, abi))
			continue;
		if (dg_package_present(package))
			return package;
		gone = package;
	}
	return gone;
}

bool dg_view_is_kindred(const struct dg_view *view, const char *abi)
{
	const char *running = dg_get(&view->facts->kernel.release);
	const struct dg_package *owner;

	if (view->product.proxmox) {
		owner = dg_view_kernel_package(view, abi);
		return owner ? !dg_after(owner->name.value, "linux-")
			     : dg_abi_is_pve(abi);
	}
	/* Built by hand, it has no flavour that packages would follow. */
	if (!running || !dg_view_kernel_package(view, running))
		return true;
	return dg_streq(dg_abi_flavour(abi), dg_abi_flavour(running));
}

bool dg_view_is_selected(const struct dg_view *view, const char *abi)
{
	if (dg_streq(dg_get(&view->facts->kernel.release), abi))
		return true;
	dg_list_foreach (word, view->facts->boot.manual)
		if (dg_streq(dg_get(&word->name), abi))
			return true;
	return view->product.proxmox ? dg_view_is_kindred(view, abi) : dg_abi_is_pve(abi);
}

bool dg_view_is_copied(const struct dg_view *view, const struct dg_installed *kernel)
{
	return dg_known(&kernel->abi) && dg_installed_has_image(kernel) &&
	       dg_installed_has_initrd(kernel) &&
	       dg_view_is_selected(view, kernel->abi.value);
}

bool dg_view_is_foreign(const struct dg_view *view, const char *abi)
{
	return view->product.proxmox && !dg_view_is_kindred(view, abi);
}

bool dg_is_qemu_package(const char *name)
{
	return dg_streq(name, "pve-qemu-kvm") || dg_streq(name, "qemu-system-x86") ||
	       dg_streq(name, "qemu-system-arm");
}

bool dg_is_userland_package(const char *name)
{
	for (size_t i = 0; i < DG_COUNT(products); i++)
		if (dg_streq(name, products[i].manager))
			return true;
	return dg_is_qemu_package(name);
}

bool dg_view_is_userland(const struct dg_view *view, const struct dg_package *package)
{
	return dg_package_present(package) &&
	       (package == view->product.manager ||
		dg_is_qemu_package(dg_get(&package->name)));
}

/* What no product's manager is on, unless a package that cannot be read may be one. */
static void find_debian(struct dg_view *view)
{
	const struct dg_package *base = dg_view_package(view, "base-files");
	DG_FREE char *name = dg_facts_gap(view->facts, "packages.list.name");
	DG_FREE char *status = dg_facts_gap(view->facts, "packages.list.status");

	if (name || status)
		return;

	view->product.id = "debian";
	view->product.name = dg_product_name("debian");
	view->product.version = base ? dg_get(&base->version) : NULL;
}

void dg_view_product(struct dg_view *view)
{
	if (!dg_known(&view->facts->packages) || !dg_known(&view->facts->packages.list))
		return;
	for (size_t i = 0; i < DG_COUNT(products); i++) {
		const struct dg_package *package =
			dg_view_package(view, products[i].manager);

		if (!package)
			continue;
		view->product = (struct dg_product){.id = products[i].id,
						    .name = products[i].name,
						    .version = dg_get(&package->version),
						    .manager = package,
						    .proxmox = true};
		return;
	}
	find_debian(view);
}
