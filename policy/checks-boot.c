/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot family: what boots next, is it whole, is it what was asked for? */
#include "policy/catalog.h"
#include "policy/text.h"
#include "policy/view.h"

#define BOOT_FACTS                                                                \
	"boot.managed", "boot.pin", "boot.next_pin", "boot.snippet", "boot.grub", \
		"boot.esps"

/* --- boot-next-broken --- */

static const struct dg_copy *find_copy(const struct dg_esp *esp, const char *abi)
{
	dg_list_foreach (copy, esp->copies)
		if (dg_streq(dg_get(&copy->abi), abi))
			return copy;
	return NULL;
}

/* Image and initrd lie on the ESP where the loader reads them there, else in /boot. */
static void find_parts(const struct dg_view *view, const char *abi,
		       const struct dg_str **image, const struct dg_str **initrd)
{
	const struct dg_installed *kernel = dg_view_installed(view, abi);
	const struct dg_esp *esp = view->first ? view->first->esp : NULL;
	const struct dg_copy *copy = esp ? find_copy(esp, abi) : NULL;

	*image = esp ? (copy ? &copy->image : NULL) : (kernel ? &kernel->image : NULL);
	*initrd = esp ? (copy ? &copy->initrd : NULL) : (kernel ? &kernel->initrd : NULL);
}

/* A kernel that runs without an initrd, and whose menu entry loads none, needs none. */
static bool boots_without_initrd(const struct dg_view *view)
{
	return !view->product.proxmox && view->next.no_initrd && view->running &&
	       dg_streq(view->running->abi.value, view->next.abi);
}

static bool is_half_configured(const struct dg_package *package)
{
	const char *status = package ? dg_get(&package->status) : NULL;

	return status && dg_package_present(package) && !dg_streq(status, "installed") &&
	       !dg_after(status, "triggers-");
}

static size_t list_missing(const struct dg_view *view, struct dg_finding *f)
{
	const char *abi = view->next.abi;
	const struct dg_installed *kernel = dg_view_installed(view, abi);
	const struct dg_package *package = dg_view_kernel_package(view, abi);
	const struct dg_str *image, *initrd;
	size_t count = 0;

	find_parts(view, abi, &image, &initrd);
	if (!image || dg_absent(image))
		dg_find_item(f, "missing", "image"), count++;
	if ((!initrd || dg_absent(initrd)) && !boots_without_initrd(view))
		dg_find_item(f, "missing", "initrd"), count++;
	if (!kernel || dg_absent(&kernel->modules))
		dg_find_item(f, "missing", "modules"), count++;
	if (is_half_configured(package)) {
		dg_find_text(f, "package", package->name.value);
		dg_find_text(f, "package_status", dg_get(&package->status));
		count++;
	}
	return count;
}

/* What brings back what is not on this host's own disk: the rest is a refresh's. */
static char *find_source(const struct dg_view *view)
{
	const char *abi = view->next.abi;
	const struct dg_installed *kernel = dg_view_installed(view, abi);
	const struct dg_package *package = dg_view_kernel_package(view, abi);

	if (is_half_configured(package))
		return dg_format("dpkg --configure -a; ");
	if (kernel && !dg_absent(&kernel->image) && !dg_absent(&kernel->modules))
		return dg_format("%s", "");
	return package && dg_package_present(package)
		       ? dg_format("apt install --reinstall %s; ", package->name.value)
		       : dg_format("install the package of %s again; ", abi);
}

static void suggest_mending(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_installed *kernel = dg_view_installed(view, view->next.abi);
	DG_FREE char *source = find_source(view), *initrd = NULL;

	if (kernel && dg_absent(&kernel->initrd) && !boots_without_initrd(view))
		initrd = dg_format("update-initramfs -u -k %s; ", view->next.abi);
	dg_find_remedy(f, "Before any reboot: %s%s%sor choose another kernel",
		       source ? source : "", initrd ? initrd : "",
		       dg_true(&view->facts->boot.managed) ? "proxmox-boot-tool refresh; "
							   : "");
}

/* update-grub empties the menu before it fills it. */
#define MENU_SETTLED_S 60

/* A menu that was cut off, by a power cut say, before its first entry. */
static bool has_empty_menu(const struct dg_view *view)
{
	const struct dg_boot *boot = &view->facts->boot;
	const struct dg_esp *esp = view->first ? view->first->esp : NULL;
	const struct dg_int *time = esp ? &esp->grub.time : &boot->grub.time;

	return view->next.nothing && view->first_told && dg_known(time) &&
	       llabs(view->now - time->value) > MENU_SETTLED_S;
}

static void check_next_broken(const struct dg_view *view, struct dg_finding *f)
{
	if (has_empty_menu(view)) {
		dg_find_text(f, "loader_file", view->next.path);
		dg_find_remedy(f, "Before any reboot: update-grub, or where ESPs are "
				  "managed proxmox-boot-tool refresh");
		dg_find_drift(f, DG_CRITICAL, "the next boot ends in GRUB's shell: %s",
			      view->next.why);
		return;
	}
	if (!view->next.abi) {
		dg_find_unknown(f, "what boots next cannot be told: %s", view->next.why);
		return;
	}
	dg_find_subject(f, "kernel", view->next.abi);
	dg_find_text(f, "next_boot", view->next.abi);
	dg_find_text(f, "chosen_by", view->next.mechanism);
	dg_find_text(f, "loader_file", view->next.path);
	if (!list_missing(view, f)) {
		dg_find_ok(f, "%s boots next and is whole", view->next.abi);
		return;
	}
	suggest_mending(view, f);
	dg_find_drift(f, DG_CRITICAL,
		      "%s boots next, and it is not whole: the next boot may fail",
		      view->next.abi);
}

static const struct dg_check next_broken = {
	.id = "boot-next-broken",
	.family = "boot",
	.title = "What boots next is not whole",
	.severity = DG_CRITICAL,
	.flags = DG_ESSENTIAL | DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {BOOT_FACTS, "kernels.abi", "boot.esps.copies.abi", "packages.list.name",
		  "packages.list.status"},
	.each = {"kernels.image", "kernels.initrd", "kernels.modules",
		 "boot.esps.copies.image", "boot.esps.copies.initrd"},
	.run = check_next_broken,
	.remedy = "Before any reboot: let dpkg finish, make the initrd anew or install "
		  "the kernel's package again, and refresh the ESPs; or choose another "
		  "kernel.",
	.why = "A kernel package that stopped half-way, a full /boot, or a copy that "
	       "never "
	       "reached the ESP leave a boot entry without its image, its initrd or its "
	       "modules; a power cut while GRUB's menu was written leaves one without "
	       "entries. Nothing shows until the reboot, which then ends at a prompt.",
};

/* --- boot-next-differs --- */

static const char *const because_words[] = {
	[DG_BY_NOTHING] = "",
	[DG_BY_PIN] = "because of the pin",
	[DG_BY_NEXT_PIN] = "because of the next-boot pin",
	[DG_BY_LOADER_DEFAULT] = "because the boot loader's default names it",
	[DG_BY_EFI_VARIABLE] = "because an EFI variable names it",
	[DG_BY_NEWEST] = "because it is the newest",
};

static void check_next_differs(const struct dg_view *view, struct dg_finding *f)
{
	const char *running = view->facts->kernel.release.value;
	const char *why = dg_streq(view->next.mechanism, "grubenv next_entry")
				  ? "because grubenv's next_entry names it"
				  : because_words[view->next.because];

	if (!view->next.abi) {
		dg_find_unknown(f, "what boots next cannot be told: %s", view->next.why);
		return;
	}
	if (dg_streq(view->next.abi, running)) {
		dg_find_ok(f, "the same kernel boots again, %s", why);
	} else {
		dg_find_drift(f, DG_NOTICE, "%s boots next, %s%s; %s runs now",
			      view->next.abi, why,
			      dg_view_is_foreign(view, view->next.abi)
				      ? ", and is not Proxmox's"
				      : "",
			      running);
		dg_find_subject(f, "kernel", view->next.abi);
	}
	dg_find_text(f, "running", running);
	dg_find_text(f, "next_boot", view->next.abi);
	dg_find_text(f, "because", dg_because_name(view->next.because));
	dg_find_text(f, "mechanism", view->next.mechanism);
	dg_find_text(f, "selector", view->next.selector);
	dg_find_text(f, "loader_file", view->next.path);
}

static const struct dg_check next_differs = {
	.id = "boot-next-differs",
	.family = "boot",
	.title = "Another kernel than the running one boots next",
	.severity = DG_NOTICE,
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {BOOT_FACTS, "kernel.release"},
	.run = check_next_differs,
	.remedy = "Nothing, if that is what you want; a reboot makes it so.",
	.why = "Which kernel a reboot brings is decided in several places: the pin, the "
	       "next-boot "
	       "pin, the boot loader's own default, an EFI variable, or plainly the "
	       "newest. The "
	       "finding says which of them decides here.",
};

/* --- pin-not-applied --- */

/* The kernel that the pin files ask for, the next-boot pin first. */
static const char *find_declared(const struct dg_view *view)
{
	const struct dg_boot *boot = &view->facts->boot;

	if (dg_known(&boot->next_pin))
		return boot->next_pin.value;
	if (dg_known(&boot->pin))
		return boot->pin.value;
	return dg_streq(view->pin.kind, "grub-snippet") ? view->pin.abi : NULL;
}

struct agreement {
	size_t other, unnamed, untold;
	const char *instead;
};

static void compare_loader(struct dg_finding *f, const struct dg_loader *loader,
			   const char *declared, struct agreement *sum)
{
	const char *name = loader->esp ? loader->esp->uuid.value : "GRUB";
	const struct dg_choice *choice = &loader->lasting;

	if (!choice->abi) {
		sum->untold++;
		dg_find_text(f, "untold", choice->why);
		return;
	}
	if (dg_streq(choice->abi, declared)) {
		sum->unnamed += !choice->named;
		return;
	}
	sum->other++;
	sum->instead = choice->abi;
	dg_find_item(f, "loaders", name);
	if (loader->esp)
		dg_find_subject(f, "esp", name);
}

static void grade_agreement(const struct dg_view *view, struct dg_finding *f,
			    const char *declared, const struct agreement *sum)
{
	if (sum->other) {
		dg_find_drift(f, DG_CRITICAL, "%s is pinned, and %s would boot instead",
			      declared, sum->instead);
	} else if (sum->untold) {
		dg_find_unknown(f,
				"whether the boot loader follows the pin cannot be told");
	} else if (sum->unnamed) {
		dg_find_drift(
			f, DG_NOTICE,
			"%s is pinned; the boot loader does not name it and boots it all "
			"the same, until a newer kernel is installed",
			declared);
	} else {
		dg_find_ok(f, "the boot loader follows the pin to %s", declared);
	}
	if (dg_true(&view->facts->boot.managed))
		dg_find_remedy(f, "to keep the pin: proxmox-boot-tool refresh");
	else
		dg_find_remedy(f, "to keep the pin: proxmox-boot-tool kernel pin %s",
			       declared);
	dg_find_text(f, "would_boot", sum->instead);
}

static void check_not_applied(const struct dg_view *view, struct dg_finding *f)
{
	const char *declared = find_declared(view);
	struct agreement sum = {0};

	if (!declared) {
		dg_find_ok(f, "no pin file asks for a kernel");
		return;
	}
	dg_find_subject(f, "kernel", declared);
	dg_find_text(f, "pinned", declared);
	dg_find_text(
		f, "pin_path",
		dg_facts_source(dg_known(&view->facts->boot.next_pin) ? "boot.next_pin"
				: dg_known(&view->facts->boot.pin)    ? "boot.pin"
								      : "boot.snippet"));
	for (size_t i = 0; i < view->loader_count; i++)
		compare_loader(f, &view->loaders[i], declared, &sum);
	if (!view->loader_count)
		dg_find_unknown(
			f, "whether the boot loader follows the pin cannot be told: %s",
			view->next.why);
	else
		grade_agreement(view, f, declared, &sum);
}

static const struct dg_check not_applied = {
	.id = "pin-not-applied",
	.family = "boot",
	.title = "The pin and the boot loader disagree",
	.severity = DG_CRITICAL,
	.grades = "notice when the pinned kernel boots all the same",
	.flags = DG_ESSENTIAL | DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {BOOT_FACTS},
	.each = {"boot.esps.loader", "boot.esps.loader_default", "boot.esps.entries"},
	.run = check_not_applied,
	.remedy =
		"proxmox-boot-tool refresh (managed ESPs), or pin the kernel once more.",
	.why = "The pin file is only a wish. Without a terminal `kernel pin` changes "
	       "that file "
	       "alone and a refresh must follow; `reinit`, which upgrades of the boot "
	       "packages "
	       "run, rewrites loader.conf to `default proxmox-*` and drops the pin from "
	       "it; a "
	       "GRUB snippet deleted by hand leaves the pin file behind. Each ends in a "
	       "reboot "
	       "into another kernel than the one asked for.",
};

/* --- pin-target-missing --- */

static void list_gone(const struct dg_view *view, const char *abi, struct dg_finding *f)
{
	const struct dg_installed *kernel = dg_view_installed(view, abi);

	dg_find_subject(f, "kernel", abi);
	if (!kernel || dg_absent(&kernel->image))
		dg_find_item(f, "missing", "image");
	if ((!kernel || dg_absent(&kernel->initrd)) &&
	    !(dg_streq(abi, view->next.abi) && boots_without_initrd(view)))
		dg_find_item(f, "missing", "initrd");
	if (!kernel || dg_absent(&kernel->modules))
		dg_find_item(f, "missing", "modules");
}

static void check_target_missing(const struct dg_view *view, struct dg_finding *f)
{
	const char *next = dg_get(&view->facts->boot.next_pin);
	const char *abi = view->pin.abi ? view->pin.abi : next;

	if (!abi) {
		dg_find_unpinned(view, f);
		return;
	}
	dg_find_text(f, "pin_path", view->pin.path);
	list_gone(view, abi, f);
	if (next && !dg_find_has(f, "missing"))
		list_gone(view, abi = next, f);
	if (dg_find_has(f, "missing"))
		dg_find_drift(f, DG_CRITICAL,
			      "the pinned kernel %s is not installed any more", abi);
	else
		dg_find_ok(f, "the pinned kernel %s is installed", abi);
}

static const struct dg_check target_missing = {
	.id = "pin-target-missing",
	.family = "boot",
	.title = "The pinned kernel is not installed",
	.severity = DG_CRITICAL,
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_SETTLED_ONLY,
	.needs = {BOOT_FACTS, "kernels.abi"},
	.each = {"kernels.image", "kernels.initrd", "kernels.modules"},
	.run = check_target_missing,
	.remedy = "Install that kernel again, or pin another, or unpin.",
	.why = "Removing a kernel's package leaves the pin, and its copy on the ESP, in "
	       "place. "
	       "The host may then boot a kernel whose /lib/modules is gone: without "
	       "network "
	       "cards, without ZFS.",
};

/* --- next-boot-pin-left --- */

static void check_left(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_boot *boot = &view->facts->boot;
	const struct dg_host *host = &view->facts->host;
	bool done;

	if (!dg_known(&boot->next_pin)) {
		dg_find_ok(f, "no next-boot pin is set");
		return;
	}
	done = dg_true(&boot->cleanup_done) ||
	       (dg_known(&host->uptime) && host->uptime.value > DG_BOOT_DONE_SECONDS);
	dg_find_subject(f, "kernel", boot->next_pin.value);
	if (dg_known(&boot->next_pin_time))
		dg_find_date(f, "set", boot->next_pin_time.value);
	if (!dg_known(&boot->next_pin_time) || !dg_known(&host->boot_time))
		dg_find_unknown(
			f, "whether the next-boot pin is older than this boot cannot "
			   "be told");
	else if (boot->next_pin_time.value >= host->boot_time.value)
		dg_find_ok(f, "%s is set for the next boot, since this one",
			   boot->next_pin.value);
	else if (!done && (!dg_known(&boot->cleanup_done) || !dg_known(&host->uptime)))
		dg_find_unknown(f, "whether this boot has finished cannot be told");
	else if (!done)
		dg_find_ok(f,
			   "this boot has not finished yet; it clears the next-boot pin");
	else
		dg_find_drift(
			f, DG_WARNING,
			"the next-boot pin to %s outlived the boot that should have "
			"cleared it",
			boot->next_pin.value);
}

static const struct dg_check pin_left = {
	.id = "next-boot-pin-left",
	.family = "boot",
	.title = "A next-boot pin is still there after its boot",
	.severity = DG_WARNING,
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL,
	.needs = {"boot.next_pin"},
	.run = check_left,
	.remedy = "proxmox-boot-tool kernel unpin --next-boot",
	.why = "`kernel pin ABI --next-boot` changes the lasting default, and only a "
	       "boot that "
	       "reaches multi-user clears it again, through "
	       "proxmox-boot-cleanup.service. Where "
	       "that failed, the trial kernel boots for good.",
};

static const struct dg_check *const rows[] = {
	&next_broken, &not_applied, &target_missing, &next_differs, &pin_left,
};

const struct dg_family dg_boot_checks = {
	.name = "boot", .checks = rows, .count = DG_COUNT(rows)};
