/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/collect/device.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "guard/collect/line.h"
#include "guard/parse/span.h"
#include "policy/text.h"

#define LINKS_MAX 8
#define NAMES_CAP 65536 /* links in one folder: every zvol's partitions have theirs */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The length of the path of `n` bytes without its last name. */
static size_t path_pop(const char *out, size_t n)
{
	while (n > 0 && out[n - 1] != '/')
		n--;
	return n > 0 ? n - 1 : 0;
}

/* Append the names of `more` to the path of length `n` in `out`, resolving "." and "..".
 * The new length; 0 where it does not fit. */
static size_t path_walk(char out[PATH_MAX], size_t n, const char *more)
{
	struct dg_span rest = dg_span_str(more), name;

	while (dg_span_split(&rest, '/', &name)) {
		if (name.n == 0 || dg_span_eq(name, "."))
			continue;
		if (dg_span_eq(name, "..")) {
			n = path_pop(out, n);
			continue;
		}
		if (n + 1 + name.n >= PATH_MAX)
			return 0;
		out[n++] = '/';
		memcpy(out + n, name.p, name.n);
		n += name.n;
	}
	out[n] = '\0';
	return n;
}

/* Follow the links that the last name of `path` is: those in /dev lead through no other.
 * Whether that is so is for the caller to check. */
static bool path_resolve(const struct dg_root *root, const char *path, char out[PATH_MAX])
{
	size_t n = path_walk(out, 0, path);

	for (int i = 0; n > 0 && i < LINKS_MAX; i++) {
		DG_FREE char *target = NULL;

		if (dg_root_readlink(root, out, &target) < 0)
			return true;
		n = path_walk(out, target[0] == '/' ? 0 : path_pop(out, n), target);
	}
	return false;
}

bool dg_device_is_number(const char *s)
{
	size_t major = strspn(s, "0123456789"), minor;

	if (major == 0 || s[major] != ':')
		return false;
	minor = strspn(s + major + 1, "0123456789");
	return minor > 0 && !s[major + 1 + minor] && major + 1 + minor < DG_NUMBER_SIZE;
}

/* An image file stands for the device of its name. */
static void find_number(const struct dg_root *root, const struct stat *st,
			struct dg_device *device)
{
	DG_LINE_CLEANUP struct dg_str line = {0};
	DG_FREE char *path = NULL;

	if (S_ISBLK(st->st_mode)) {
		snprintf(device->number, sizeof(device->number), "%u:%u",
			 major(st->st_rdev), minor(st->st_rdev));
		return;
	}
	path = dg_format("sys/class/block/%s/dev", base_name(device->path));
	if (!path)
		return;
	dg_read_line_fact(root, path, &line);
	if (dg_known(&line) && dg_device_is_number(line.value))
		memcpy(device->number, line.value, strlen(line.value) + 1);
}

int dg_device_find(const struct dg_root *root, const char *link, struct dg_device *ret)
{
	struct dg_device device = {0};
	char path[PATH_MAX];
	struct stat st, resolved;
	int r = dg_root_stat(root, link, true, &st);

	if (r < 0)
		return r;
	if (path_resolve(root, link, path) &&
	    dg_root_stat(root, path, true, &resolved) == 0 &&
	    resolved.st_dev == st.st_dev && resolved.st_ino == st.st_ino)
		device.path = strdup(path);
	else
		device.path = dg_format("/%s", link + strspn(link, "/"));
	if (!device.path)
		return -ENOMEM;
	device.dev = st.st_dev;
	device.ino = st.st_ino;
	device.block = S_ISBLK(st.st_mode);
	find_number(root, &st, &device);
	*ret = device;
	return 0;
}

void dg_device_clear(struct dg_device *device)
{
	free(device->path);
	*device = (struct dg_device){0};
}

char *dg_device_name(const struct dg_root *root, const char *number)
{
	DG_FREE char *path = NULL;
	DG_FREE char *target = NULL;

	if (!dg_device_is_number(number))
		return NULL;
	path = dg_format("sys/dev/block/%s", number);
	if (!path || dg_root_readlink(root, path, &target) < 0 || !*base_name(target))
		return NULL;
	return strdup(base_name(target));
}

int dg_device_find_link(const struct dg_root *root, const char *dir,
			const struct dg_device *device, char **ret)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, dir, NAMES_CAP, &names, NULL);

	if (r < 0)
		return r;
	for (char **name = names; *name; name++) {
		DG_FREE char *path = dg_format("%s/%s", dir, *name);
		struct stat st;

		if (!path)
			return -ENOMEM;
		if (dg_root_stat(root, path, true, &st) < 0 || st.st_dev != device->dev ||
		    st.st_ino != device->ino)
			continue;
		*ret = strdup(*name);
		return *ret ? 0 : -ENOMEM;
	}
	return -ENOENT;
}
