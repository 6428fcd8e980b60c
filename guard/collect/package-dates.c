/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the packages of the userland were built. dpkg's status file has no dates. */
#include <errno.h>
#include <stdio.h>

#include "guard/collect/collect.h"
#include "guard/collect/packages.h"
#include "guard/parse/changelog.h"
#include "guard/parse/gunzip.h"
#include "policy/view.h"

#define DOC "/usr/share/doc/"

/* The head of a changelog that is looked at. Nearly every first entry ends within the
 * small one, and unpacking is what takes the time. */
#define TEXT_SMALL ((size_t)16 * 1024)
#define TEXT_MAX   ((size_t)64 * 1024)
/* As much of the packed file as these 64 KiB can take (stored blocks add a little). */
#define PACKED_MAX (TEXT_MAX + 1024)

/* 2000-01-01: what is older is a packer's constant (0, 1, 1980), and no date. */
#define TIME_MIN INT64_C(946684800)

/* A native package has changelog.gz; a packager's own changelog goes first, since the
 * other one is then the upstream's, in any form. */
static const char *const changelogs[] = {"changelog.Debian.gz", "changelog.gz",
					 "changelog.Debian", "changelog"};

/* A file that the package is never without. */
static const struct {
	const char *package;
	const char *path;
} programs[] = {
	{.package = "pve-manager", .path = "/usr/bin/pveversion"},
	{.package = "pve-qemu-kvm", .path = "/usr/bin/qemu-system-x86_64"},
	{.package = "pve-qemu-kvm", .path = "/usr/bin/qemu-system-aarch64"},
	{.package = "qemu-system-x86", .path = "/usr/bin/qemu-system-x86_64"},
	{.package = "qemu-system-arm", .path = "/usr/bin/qemu-system-aarch64"},
	{.package = "proxmox-backup-server", .path = "/usr/sbin/proxmox-backup-manager"},
	{.package = "pmg-api", .path = "/usr/bin/pmgversion"},
	{.package = "proxmox-datacenter-manager",
	 .path = "/usr/libexec/proxmox/proxmox-datacenter-api"},
};

struct date {
	int64_t time;
	char path[256];
};

/* The newest entry within the first `max` bytes of text. */
static int head_parse(const char *data, size_t size, bool packed, size_t max,
		      int64_t *ret_time)
{
	DG_FREE char *text = NULL;
	struct dg_changelog entry;
	size_t n = size < max ? size : max;
	int r = packed ? dg_gunzip_head(data, size, max, &text, &n, NULL) : 0;

	if (r == 0)
		r = dg_changelog_parse(packed ? text : data, n, &entry, NULL);
	if (r < 0)
		return r;
	*ret_time = entry.time;
	dg_changelog_done(&entry);
	return 0;
}

static int changelog_read(const struct dg_root *root, const char *path, int64_t *ret_time)
{
	DG_FREE char *data = NULL;
	bool packed = dg_ends_with(path, ".gz");
	size_t size;
	int r = dg_root_read_head(root, path, DG_ROOT_FILE, 0,
				  packed ? PACKED_MAX : TEXT_MAX, &data, &size);

	if (r < 0)
		return r;
	r = head_parse(data, size, packed, TEXT_SMALL, ret_time);
	return r == -EBADMSG ? head_parse(data, size, packed, TEXT_MAX, ret_time) : r;
}

static bool is_missing(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

/* -ENOENT: no changelog, or none that says a date. Else an error is of `ret->path`. */
static int find_entry(const struct dg_root *root, const char *package, struct date *ret)
{
	for (size_t i = 0; i < DG_COUNT(changelogs); i++) {
		int r;

		snprintf(ret->path, sizeof(ret->path), DOC "%s/%s", package,
			 changelogs[i]);
		r = changelog_read(root, ret->path, &ret->time);
		if (r == 0 || (!is_missing(r) && r != -EBADMSG))
			return r;
	}
	return -ENOENT;
}

/* Keep the newer one of `date` and the time stamp of `path`. */
static int newest_keep(const struct dg_root *root, const char *path, struct date *date)
{
	struct stat st;
	int r = dg_root_stat(root, path, true, &st);

	if (r < 0)
		return is_missing(r) ? 0 : r;
	if (!S_ISREG(st.st_mode) || st.st_mtime < TIME_MIN || st.st_mtime <= date->time)
		return 0;
	date->time = st.st_mtime;
	snprintf(date->path, sizeof(date->path), "%s", path);
	return 0;
}

/* -ENOENT: there is no such file. Else an error is of `ret->path`. */
static int find_file(const struct dg_root *root, const char *package, struct date *ret)
{
	struct date newest = {0};
	char path[sizeof(newest.path)];
	int r;

	snprintf(path, sizeof(path), DOC "%s/copyright", package);
	r = newest_keep(root, path, &newest);
	for (size_t i = 0; r == 0 && i < DG_COUNT(programs); i++) {
		if (!dg_streq(programs[i].package, package))
			continue;
		snprintf(path, sizeof(path), "%s", programs[i].path);
		r = newest_keep(root, path, &newest);
	}
	if (r == 0)
		*ret = newest;
	else
		snprintf(ret->path, sizeof(ret->path), "%s", path);
	return r < 0 ? r : newest.time ? 0 : -ENOENT;
}

static void read_date(const struct dg_root *root, struct dg_package *package)
{
	const char *name = dg_get(&package->name);
	struct date date;
	int r;

	if (!name || !dg_is_userland_package(name) || !dg_package_present(package)) {
		package->build_time.meta.state = DG_ABSENT;
		package->build_source.meta.state = DG_ABSENT;
		return;
	}
	r = find_entry(root, name, &date);
	if (r == -ENOENT)
		r = find_file(root, name, &date);
	if (r < 0) {
		if (r == -ENOENT)
			snprintf(date.path, sizeof(date.path), DOC "%s", name);
		dg_gap_from_errno(&package->build_time.meta, r, date.path);
		dg_gap_from_errno(&package->build_source.meta, r, date.path);
		return;
	}
	dg_set_int(&package->build_time, date.time);
	dg_set_str(&package->build_source, date.path);
}

void dg_read_package_dates(const struct dg_root *root, struct dg_facts *facts)
{
	dg_list_foreach (package, facts->packages.list)
		read_date(root, package);
}
