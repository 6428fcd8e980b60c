/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold before the boot configuration is moved to another kernel. A question
 * that cannot be answered is not passed: it says so.
 *
 * Plans never lead to a kernel older than the running one, so that one kernel's ZFS might
 * not know the pool's features does not arise here. */
#include <errno.h>
#include <stdarg.h>

#include "policy/modules.h"
#include "policy/plan.h"
#include "policy/text.h"

struct question {
	const char *id;
	bool of_kernel;	 /* differs from kernel to kernel; else it is the host's */
	bool of_build;	 /* a no becomes a yes by building modules */
	bool of_refresh; /* asked where no kernel is moved to, too; `kernel` may be NULL
			  */
	void (*ask)(const struct dg_view *view, const struct dg_installed *kernel,
		    struct dg_preflight *p);
};

static void answer(struct dg_preflight *p, enum dg_answer ok, const char *fmt, ...)
	DG_PRINTF(3, 4);

static void answer(struct dg_preflight *p, enum dg_answer ok, const char *fmt, ...)
{
	va_list args;

	p->ok = ok;
	free(p->detail);
	va_start(args, fmt);
	p->detail = dg_vformat(fmt, args);
	va_end(args);
	if (p->detail && ok == DG_CANNOT_TELL) {
		char *longer = dg_format("cannot be told: %s", p->detail);

		free(p->detail);
		p->detail = longer;
	}
}

static void ask_part(const struct dg_str *part, const char *what, struct dg_preflight *p)
{
	if (dg_known(part))
		answer(p, DG_YES, "%s", part->value);
	else if (dg_absent(part))
		answer(p, DG_NO, "no %s%s%s", what, part->meta.detail ? ": " : "",
		       part->meta.detail ? part->meta.detail : "");
	else
		answer(p, DG_CANNOT_TELL, "the %s is %s: %s", what,
		       dg_state_name(part->meta.state),
		       part->meta.detail ? part->meta.detail : "not read");
}

static void ask_image(const struct dg_view *view, const struct dg_installed *kernel,
		      struct dg_preflight *p)
{
	(void)view;
	ask_part(&kernel->image, "image", p);
	if (p->ok == DG_YES && kernel->image_version.meta.state == DG_MALFORMED)
		answer(p, DG_NO, "%s is damaged: %s", kernel->image.value,
		       kernel->image_version.meta.detail);
}

static void ask_initrd(const struct dg_view *view, const struct dg_installed *kernel,
		       struct dg_preflight *p)
{
	(void)view;
	ask_part(&kernel->initrd, "initrd", p);
	if (p->ok == DG_NO)
		p->unblock = dg_format("update-initramfs -c -k %s", kernel->abi.value);
}

static void ask_modules(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p)
{
	(void)view;
	ask_part(&kernel->modules, "module directory", p);
}

static void ask_package(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p)
{
	const struct dg_package *package =
		dg_view_kernel_package(view, kernel->abi.value);
	const char *status = package ? dg_get(&package->status) : NULL;

	if (!dg_known(&view->facts->packages.list)) {
		answer(p, DG_CANNOT_TELL, "the package list cannot be read");
	} else if (!package || !dg_package_present(package)) {
		answer(p, view->product.proxmox ? DG_NO : DG_YES, "no package owns it");
	} else if (dg_streq(status, "installed") || dg_after(status, "triggers-")) {
		answer(p, DG_YES, "%s is installed", package->name.value);
	} else {
		answer(p, DG_NO, "%s is %s", package->name.value, status);
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

static void ask_out_of_tree(const struct dg_view *view, const struct dg_installed *kernel,
			    struct dg_preflight *p)
{
	const char *abi = kernel->abi.value, *why = kernel->built.meta.detail;
	DG_FREE char *missing =
		list_modules(view, kernel, 1u << DG_MISSING | 1u << DG_NAMESAKE);
	DG_FREE char *untold = list_modules(view, kernel, 1u << DG_PRESENCE_UNTOLD);
	DG_FREE char *there = list_modules(view, kernel, 1u << DG_PRESENT);
	DG_FREE char *gap = dg_facts_gap(view->facts, "modules.name");

	if (missing) {
		answer(p, DG_NO, "missing for %s: %s", abi, missing);
		p->unblock = dg_module_unblock(view, kernel);
	} else if (gap) {
		answer(p, DG_CANNOT_TELL, "which modules are loaded: %s", gap);
	} else if (untold) {
		answer(p, DG_CANNOT_TELL, "whether %s has %s: %s", abi, untold,
		       why ? why : "not read");
	} else if (there) {
		answer(p, DG_YES, "built for %s: %s", abi, there);
	} else {
		answer(p, DG_YES,
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
		answer(p, DG_CANNOT_TELL,
		       "Secure Boot is on, and the image's signature cannot "
		       "be read: %s",
		       why ? why : "not looked at");
	} else if (!kernel->is_signed.value) {
		answer(p, DG_NO, "Secure Boot is on, and the image of %s is not signed",
		       kernel->abi.value);
		if (view->product.proxmox)
			p->unblock = dg_format("apt install proxmox-kernel-%s-signed",
					       kernel->abi.value);
	} else if (bare) {
		answer(p, DG_NO, "Secure Boot is on, and %s for %s is not signed",
		       bare->name.value, kernel->abi.value);
		p->unblock =
			dg_format("sign it with a key that the firmware knows (mokutil "
				  "--import)");
	} else if (untold) {
		why = untold->is_signed.meta.detail;
		answer(p, DG_CANNOT_TELL,
		       "Secure Boot is on, and the signature of %s for %s: %s",
		       untold->name.value, kernel->abi.value,
		       why ? why : "not looked at");
	} else {
		answer(p, DG_YES, "Secure Boot is on, and the image%s signed",
		       dg_view_extra_module(view) ? " and the modules in use are"
						  : " is");
	}
}

static void ask_secure_boot(const struct dg_view *view, const struct dg_installed *kernel,
			    struct dg_preflight *p)
{
	const struct dg_efi *efi = &view->facts->boot.efi;

	if (!dg_known(&efi->secure_boot) && !dg_absent(&efi->secure_boot))
		answer(p, DG_CANNOT_TELL, "whether Secure Boot is on cannot be read");
	else if (!dg_true(&efi->secure_boot))
		answer(p, DG_YES, "Secure Boot is off");
	else
		ask_signatures(view, kernel, p);
}

/* Can proxmox-boot-tool write to this ESP? It mounts each itself, and skips one that is
 * mounted already (DOMAIN 2.1). */
static void ask_esp(const struct dg_esp *esp, struct dg_preflight *p)
{
	const char *uuid = dg_get(&esp->uuid), *mounted = dg_get(&esp->mounted_at);

	if (dg_absent(&esp->device)) {
		answer(p, DG_NO, "ESP %s is not there", uuid);
		p->unblock = dg_format("proxmox-boot-tool clean");
	} else if (dg_streq(dg_get(&esp->filesystem), "other")) {
		answer(p, DG_NO, "ESP %s holds no FAT file system", uuid);
		p->unblock = dg_format("proxmox-boot-tool format and init");
	} else if (mounted) {
		answer(p, DG_NO, "ESP %s is mounted at %s: a refresh would skip it", uuid,
		       mounted);
		p->unblock = dg_format("umount %s", mounted);
	} else if (!dg_known(&esp->device) || !dg_known(&esp->filesystem) ||
		   !dg_known(&esp->loader) || !dg_absent(&esp->mounted_at)) {
		answer(p, DG_CANNOT_TELL, "ESP %s cannot be read", uuid);
	}
}

/* Which ESPs are listed cannot be read. */
static bool lacks_list(const struct dg_view *view, struct dg_preflight *p)
{
	DG_FREE char *listed = dg_facts_gap(view->facts, "boot.esps.listed");
	DG_FREE char *uuid = dg_facts_gap(view->facts, "boot.esps.uuid");

	if (listed || uuid)
		answer(p, DG_CANNOT_TELL, "%s", listed ? listed : uuid);
	return listed || uuid;
}

static void ask_esps(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_preflight *p)
{
	size_t listed = 0;

	(void)kernel;
	if (lacks_list(view, p))
		return;
	dg_list_foreach (esp, view->facts->boot.esps) {
		if (!dg_true(&esp->listed))
			continue;
		listed++;
		ask_esp(esp, p);
		if (p->detail)
			return;
	}
	answer(p, listed ? DG_YES : DG_NO, "%zu listed", listed);
}

static bool has_copy(const struct dg_esp *esp, const char *abi)
{
	dg_list_foreach (copy, esp->copies)
		if (dg_streq(dg_get(&copy->abi), abi) && dg_known(&copy->image) &&
		    dg_known(&copy->initrd))
			return true;
	return false;
}

/* Copying comes before deleting, so old copies' room does not count. */
static void ask_space(const struct dg_view *view, const struct dg_installed *kernel,
		      struct dg_preflight *p)
{
	int64_t wanted;

	if (lacks_list(view, p))
		return;
	if (!dg_known(&kernel->image_size) || !dg_known(&kernel->initrd_size) ||
	    __builtin_add_overflow(kernel->image_size.value, kernel->initrd_size.value,
				   &wanted)) {
		answer(p, DG_CANNOT_TELL, "the sizes of image and initrd are not known");
		return;
	}
	dg_list_foreach (esp, view->facts->boot.esps) {
		if (!dg_true(&esp->listed) || dg_absent(&esp->device) ||
		    has_copy(esp, kernel->abi.value))
			continue;
		if (!dg_known(&esp->free)) {
			answer(p, DG_CANNOT_TELL, "the free space of ESP %s is not known",
			       dg_get(&esp->uuid));
			return;
		}
		if (esp->free.value < wanted) {
			answer(p, DG_NO, "ESP %s has %lld MiB free, and %lld are needed",
			       dg_get(&esp->uuid), (long long)(esp->free.value >> 20),
			       (long long)(wanted >> 20) + 1);
			p->unblock = dg_format(
				"apt autoremove, then proxmox-boot-tool refresh");
			return;
		}
	}
	answer(p, DG_YES, "every ESP has room or a copy already");
}

static void ask_next_pin(const struct dg_view *view, const struct dg_installed *kernel,
			 struct dg_preflight *p)
{
	const struct dg_str *next = &view->facts->boot.next_pin;

	if (dg_streq(dg_get(next), kernel->abi.value)) {
		answer(p, DG_YES, "the one that is pending asks for it");
	} else if (dg_known(next)) {
		answer(p, DG_NO, "a next-boot pin to %s is pending", next->value);
		p->unblock = dg_format("proxmox-boot-tool kernel unpin --next-boot");
	} else if (dg_absent(next)) {
		answer(p, DG_YES, "none is pending");
	} else {
		answer(p, DG_CANNOT_TELL, "the next-boot pin cannot be read");
	}
}

/* Whether an EFI variable makes some loader boot another kernel, whatever is pinned. */
static bool is_overridden(const struct dg_view *view, const char *abi)
{
	for (size_t i = 0; i < view->loader_count; i++)
		if (view->loaders[i].lasting.because == DG_BY_EFI_VARIABLE &&
		    !dg_streq(view->loaders[i].lasting.abi, abi))
			return true;
	return false;
}

/* The file that sets GRUB_DEFAULT after the snippet of a pin, whose word then counts for
 * nothing; NULL: none. update-grub reads the folder in the order of the names. */
static const char *find_later_default(const struct dg_view *view, const char *abi)
{
	static const char snippet[] = "/etc/default/grub.d/proxmox-kernel-pin.cfg";
	const char *path = dg_get(&view->facts->boot.grub_default_path);

	return dg_after(path, "/etc/default/grub.d/") && strcmp(path, snippet) > 0 &&
			       dg_streq(view->pin.kind, "grub-default") &&
			       !dg_streq(view->pin.abi, abi)
		       ? path
		       : NULL;
}

static void ask_override(const struct dg_view *view, const struct dg_installed *kernel,
			 struct dg_preflight *p)
{
	const char *abi = kernel ? kernel->abi.value : NULL;
	const char *later = find_later_default(view, abi);
	DG_FREE char *info = dg_facts_gap(view->facts, "boot.efi.loader_info");
	DG_FREE char *variable = dg_facts_gap(view->facts, "boot.efi.entry_default");

	if (!kernel) {
		answer(p, DG_YES, "no kernel is asked for");
	} else if (is_overridden(view, abi)) {
		answer(p, DG_NO,
		       "the EFI variable LoaderEntryDefault overrides loader.conf");
		p->unblock = dg_format("bootctl set-default \"\"");
	} else if (later) {
		answer(p, DG_NO, "%s sets GRUB_DEFAULT, and is read after the pin",
		       later);
		p->unblock = dg_format("remove GRUB_DEFAULT from %s", later);
	} else if (info || variable) {
		answer(p, DG_CANNOT_TELL, "%s", info ? info : variable);
	} else {
		answer(p, DG_YES, "nothing overrides the boot loader's configuration");
	}
}

static void ask_settled(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p)
{
	static const char *const paths[] = {"packages.locked", "packages.journal",
					    "packages.unsettled.*"};

	(void)kernel;
	for (size_t i = 0; i < DG_COUNT(paths); i++) {
		DG_FREE char *gap = dg_facts_gap(view->facts, paths[i]);

		if (gap)
			answer(p, DG_CANNOT_TELL, "%s", gap);
	}
	if (view->unsettled) {
		answer(p, DG_NO, "packages are being changed");
		p->unblock = dg_format("dpkg --configure -a");
	} else if (!p->detail) {
		answer(p, DG_YES, "no package change is under way");
	}
}

static const struct question questions[] = {
	{.id = "image-present", .of_kernel = true, .ask = ask_image},
	{.id = "initrd-present", .of_kernel = true, .ask = ask_initrd},
	{.id = "modules-present", .of_kernel = true, .ask = ask_modules},
	{.id = "package-configured", .of_kernel = true, .ask = ask_package},
	{.id = "out-of-tree-modules",
	 .of_kernel = true,
	 .of_build = true,
	 .ask = ask_out_of_tree},
	{.id = "secure-boot", .of_kernel = true, .ask = ask_secure_boot},
	{.id = "packages-settled", .of_refresh = true, .ask = ask_settled},
	{.id = "no-next-boot-pin", .ask = ask_next_pin},
	{.id = "no-loader-override", .of_refresh = true, .ask = ask_override},
};

/* Only where proxmox-boot-tool copies kernels to ESPs. */
static const struct question esp_questions[] = {
	{.id = "esps-reachable", .of_refresh = true, .ask = ask_esps},
	{.id = "esp-space", .ask = ask_space},
};

static int ask_all(const struct question *list, size_t count, const struct dg_view *view,
		   const struct dg_installed *kernel, struct dg_plan *plan, bool refresh)
{
	for (size_t i = 0; i < count; i++) {
		struct dg_preflight *p = &plan->preflights[plan->preflight_count];

		if (refresh && !list[i].of_refresh)
			continue;
		plan->preflight_count++;

		p->id = list[i].id;
		list[i].ask(view, kernel, p);
		if (!p->detail)
			return -ENOMEM;
	}
	return 0;
}

_Static_assert(DG_COUNT(questions) + DG_COUNT(esp_questions) <= DG_PREFLIGHTS_MAX,
	       "a plan has room for every preflight");

static int run(const struct dg_view *view, const struct dg_installed *kernel,
	       struct dg_plan *plan, bool refresh)
{
	int r = ask_all(questions, DG_COUNT(questions), view, kernel, plan, refresh);

	if (r == 0 && dg_true(&view->facts->boot.managed))
		r = ask_all(esp_questions, DG_COUNT(esp_questions), view, kernel, plan,
			    refresh);
	return r;
}

int dg_preflight_run(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_plan *plan)
{
	return run(view, kernel, plan, false);
}

int dg_preflight_refresh(const struct dg_view *view, const struct dg_installed *kernel,
			 struct dg_plan *plan)
{
	return run(view, kernel, plan, true);
}

bool dg_preflight_passes(const struct dg_view *view, const struct dg_installed *kernel,
			 bool once_built)
{
	bool passes = true;

	for (size_t i = 0; i < DG_COUNT(questions) && passes; i++) {
		struct dg_preflight p = {0};

		if (!questions[i].of_kernel || (once_built && questions[i].of_build))
			continue;
		questions[i].ask(view, kernel, &p);
		passes = p.ok != DG_NO;
		free(p.detail);
		free(p.unblock);
	}
	return passes;
}
