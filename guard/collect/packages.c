/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packages that matter here, from dpkg's database, and whether dpkg is at work. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "guard/collect/collect.h"
#include "guard/collect/packages.h"
#include "guard/parse/dpkg-status.h"
#include "guard/parse/task-stat.h"
#include "policy/view.h"

#define STATUS	   "/var/lib/dpkg/status"
#define UPDATES	   "/var/lib/dpkg/updates"
#define STATUS_MAX ((size_t)64 * 1024 * 1024)

/* A host has some 30 of them; one that kept each kernel since its day, some 300. */
#define PACKAGES_MAX  4096
#define UNSETTLED_MAX 64
/* dpkg folds its journal into the status file every 250 entries. */
#define UPDATES_MAX 4096

/* Shells, sudo, sshd: a dozen. */
#define ANCESTORS_MAX 64
#define STAT_MAX      ((size_t)4096)

/* Longer than the name of any package of interest. */
#define NAME_SIZE 128

/* Beside those that date the userland (policy/view.h). */
static const char *const wanted_names[] = {
	"base-files",
	"dkms",
	"drbd-dkms",
	"drbd-utils",
	"grub-common",
	"grub-efi-amd64",
	"grub-efi-amd64-bin",
	"grub-efi-amd64-signed",
	"grub-efi-arm64",
	"grub-efi-arm64-bin",
	"grub-efi-arm64-signed",
	"grub-pc",
	"libnvidia-ml1",
	"proxmox-default-kernel",
	"proxmox-grub",
	"proxmox-kernel-helper",
	"pve-kernel-helper",
	"qemu-server",
	"shim-signed",
	"systemd-boot",
	"systemd-boot-efi",
	"systemd-boot-efi-amd64-signed",
	"zfs-dkms",
	"zfsutils-linux",
};

/* Kernels, their metapackages, and NVIDIA's many. */
static const char *const wanted_prefixes[] = {
	"proxmox-kernel-", "pve-kernel-", "linux-image-", "linux-binary-", "nvidia-",
};

/* What modules are built against, kernel by kernel. */
static const char *const header_prefixes[] = {
	"proxmox-headers-",
	"pve-headers-",
	"linux-headers-",
};

/* What has such a name and boots nothing: proxmox-kernel-libc-dev, linux-image-amd64-dbg.
 */
static const char *const unwanted_parts[] = {
	"-headers", "-libc-dev", "-dbg", "-tools", "-signed-template",
};

static bool is_header_name(const char *name)
{
	for (size_t i = 0; i < DG_COUNT(header_prefixes); i++)
		if (dg_after(name, header_prefixes[i]))
			return true;
	return false;
}

static bool is_kernel_name(const char *name)
{
	for (size_t i = 0; i < DG_COUNT(unwanted_parts); i++)
		if (strstr(name, unwanted_parts[i]))
			return false;
	for (size_t i = 0; i < DG_COUNT(wanted_prefixes); i++)
		if (dg_after(name, wanted_prefixes[i]))
			return true;
	return false;
}

static bool is_wanted(void *ctx, const char *name, size_t len)
{
	char copy[NAME_SIZE];

	(void)ctx;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, name, len);
	copy[len] = '\0';
	for (size_t i = 0; i < DG_COUNT(wanted_names); i++)
		if (dg_streq(copy, wanted_names[i]))
			return true;
	return dg_is_userland_package(copy) || is_header_name(copy) ||
	       is_kernel_name(copy);
}

static void set_optional(struct dg_str *fact, const char *value)
{
	if (value)
		dg_set_str(fact, value);
	else
		fact->meta.state = DG_ABSENT;
}

static void add_package(const struct dg_dpkg_package *from, struct dg_packages *packages)
{
	struct dg_package *package = DG_ADD(&packages->list, PACKAGES_MAX);

	if (!package)
		return;
	dg_set_str(&package->name, from->name);
	set_optional(&package->version, from->version);
	set_optional(&package->architecture, from->architecture);
	dg_set_str(&package->want, dg_dpkg_want_name(from->want));
	dg_set_str(&package->status, dg_dpkg_state_name(from->state));
	set_optional(&package->depends, from->depends);
}

static void take_list(const struct dg_dpkg_status *status, struct dg_packages *packages)
{
	dg_set_known(&packages->list.meta);
	for (size_t i = 0; i < status->n_packages; i++)
		add_package(&status->packages[i], packages);
	if (packages->list.count < status->n_packages)
		dg_set_gap(&packages->list.meta, DG_UNREADABLE,
			   STATUS
			   ": %zu packages that matter here are more than can be taken",
			   status->n_packages);
}

static void take_unsettled(const struct dg_dpkg_status *status,
			   struct dg_packages *packages)
{
	dg_set_known(&packages->unsettled.meta);
	for (size_t i = 0; i < status->n_packages; i++) {
		const struct dg_dpkg_package *from = &status->packages[i];
		struct dg_word *word;

		if (from->state != DG_DPKG_HALF_INSTALLED)
			continue;
		word = DG_ADD(&packages->unsettled, UNSETTLED_MAX);
		if (!word)
			return;
		dg_set_str(&word->name, from->name);
	}
}

/* Only half-installed ones: a package stays unpacked or half-configured for as long as
 * its own script, or that of one it depends on, fails, which may be weeks, and is then a
 * fault to be told and no moment to wait for. The parser names packages that are
 * unfinished in any way, so where some are half-installed, which is seldom, the file is
 * gone through for all of them. */
static int read_unsettled(const char *data, size_t size,
			  const struct dg_dpkg_status *status,
			  struct dg_packages *packages)
{
	DG_CLEANUP(dg_dpkg_status_done) struct dg_dpkg_status all = {0};
	int r = 0;

	if (status->counts[DG_DPKG_HALF_INSTALLED])
		r = dg_dpkg_status_parse(data, size, NULL, NULL, &all, NULL);
	if (r == 0)
		take_unsettled(&all, packages);
	return r;
}

static int parse_status(const char *data, size_t size, struct dg_packages *packages,
			char **ret_why)
{
	DG_CLEANUP(dg_dpkg_status_done) struct dg_dpkg_status status = {0};
	int r = dg_dpkg_status_parse(data, size, is_wanted, NULL, &status, ret_why);

	if (r < 0)
		return r;
	if (status.n_total == 0) {
		/* Never taken for a host without packages: this is what a full disk
		 * leaves. */
		*ret_why = strdup("holds no package");
		return -EBADMSG;
	}
	r = read_unsettled(data, size, &status, packages);
	if (r == 0)
		take_list(&status, packages);
	return r;
}

static void set_status_gap(struct dg_packages *packages, int r, const char *why)
{
	struct dg_meta *const metas[] = {&packages->list.meta, &packages->unsettled.meta};

	for (size_t i = 0; i < DG_COUNT(metas); i++) {
		if (why)
			dg_set_gap(metas[i], dg_state_from_errno(r), STATUS ": %s", why);
		else
			dg_gap_from_errno(metas[i], r, STATUS);
	}
}

static void read_status(const struct dg_root *root, struct dg_packages *packages)
{
	DG_FREE char *data = NULL;
	DG_FREE char *why = NULL;
	size_t size;
	int r = dg_root_read(root, STATUS, STATUS_MAX, &data, &size);

	if (r == 0)
		r = parse_status(data, size, packages, &why);
	if (r < 0)
		set_status_gap(packages, r, why);
}

/*
 * Whether this process descends from that one: then that one waits for it, and changes
 * nothing meanwhile. So it is when apt runs this behind dpkg (DPkg::Post-Invoke), and
 * when driftguard itself keeps others away. What dpkg left undone shows in its status.
 */
static bool is_ancestor(const struct dg_root *root, int64_t pid)
{
	int64_t one = getppid();

	if (pid <= 1 || !dg_root_is_live(root))
		return false;
	for (int i = 0; i < ANCESTORS_MAX && one > 1; i++) {
		DG_FREE char *data = NULL;
		struct dg_task_stat stat;
		char path[64];
		size_t size;

		if (one == pid)
			return true;
		snprintf(path, sizeof(path), "proc/%lld/stat", (long long)one);
		if (dg_root_read(root, path, STAT_MAX, &data, &size) < 0 ||
		    dg_task_stat_parse(data, size, &stat) < 0)
			return false;
		one = stat.parent;
	}
	return false;
}

/* apt takes the frontend lock for its whole run, dpkg the other one while it works. */
static void read_locked(const struct dg_root *root, struct dg_bool *fact)
{
	static const char *const paths[] = {"/var/lib/dpkg/lock-frontend",
					    "/var/lib/dpkg/lock"};
	int64_t owner = 0;

	dg_set_bool(fact, false);
	for (size_t i = 0; i < DG_COUNT(paths); i++) {
		int r = dg_root_lock_owner(root, paths[i], &owner);

		if (r == 0 && owner != 0 && !is_ancestor(root, owner)) {
			dg_set_bool(fact, true);
			return;
		}
		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			dg_gap_from_errno(&fact->meta, r, paths[i]);
	}
}

/* dpkg takes entries named by digits for its journal and passes over others. */
static void read_journal(const struct dg_root *root, struct dg_bool *fact)
{
	DG_NAMES_FREE char **names = NULL;
	bool found = false;
	int r = dg_root_list(root, UPDATES, UPDATES_MAX, &names, NULL);

	if (r < 0 && r != -ENOENT) {
		dg_gap_from_errno(&fact->meta, r, UPDATES);
		return;
	}
	for (size_t i = 0; names && names[i]; i++)
		found |= names[i][strspn(names[i], "0123456789")] == '\0';
	dg_set_bool(fact, found);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_packages *packages = &facts->packages;

	dg_set_known(&packages->meta);
	read_locked(root, &packages->locked);
	read_journal(root, &packages->journal);
	read_status(root, packages);
	dg_read_package_dates(root, facts);
}

static const char *const fills[] = {"packages.list", "packages.unsettled",
				    "packages.locked", "packages.journal", NULL};

const struct dg_collector dg_collect_packages = {
	.name = "packages",
	.fills = fills,
	.run = run,
};
