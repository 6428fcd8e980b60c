/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configured guests of this node, and which of them own a device of the host's. */
#include <errno.h>

#include "guard/collect/line.h"
#include "guard/parse/span.h"
#include "policy/text.h"

#define NAMES_CAP  16384
#define GUESTS_MAX 4096
#define CONFIG_MAX ((size_t)256 * 1024)

/* "103.conf": the length of "103"; 0: no guest's. */
static size_t vmid_length(const char *name)
{
	size_t n = strspn(name, "0123456789");

	return dg_streq(name + n, ".conf") ? n : 0;
}

/* "hostpci0: ..." */
static bool is_passthrough(struct dg_span line)
{
	struct dg_span rest;
	size_t n = 0;

	if (!dg_span_after(line, "hostpci", &rest))
		return false;
	while (n < rest.n && dg_is_digit(rest.p[n]))
		n++;
	return n > 0 && n < rest.n && rest.p[n] == ':';
}

/* What is set now stands before the first section: snapshots and pending changes. */
static bool has_passthrough(struct dg_span rest)
{
	struct dg_span line;

	while (dg_span_line(&rest, &line)) {
		if (dg_span_starts(line, "["))
			return false;
		if (is_passthrough(line))
			return true;
	}
	return false;
}

static void read_guest(const struct dg_root *root, const char *dir, const char *name,
		       struct dg_facts *facts)
{
	DG_FREE char *path = dg_format("/%s/%s", dir, name);
	DG_FREE char *data = NULL;
	struct dg_guest *guest;
	size_t size;
	int r = path ? dg_root_read(root, path, CONFIG_MAX, &data, &size) : -ENOMEM;

	/* Deleted or migrated away just now. */
	if (r == -ENOENT)
		return;
	guest = DG_ADD(&facts->guests, GUESTS_MAX);
	if (!guest) {
		dg_set_gap(&facts->guests.meta, DG_UNREADABLE,
			   "more than %d guests, or no memory for them", GUESTS_MAX);
	} else if (r < 0) {
		dg_gap_from_errno(&guest->meta, r, path ? path : dir);
	} else if (size && memchr(data, '\0', size)) {
		dg_set_gap(&guest->meta, DG_MALFORMED, "%s: holds a NUL byte", path);
	} else {
		dg_set_strn(&guest->vmid, name, vmid_length(name));
		dg_set_bool(&guest->passthrough, has_passthrough(dg_span_of(data, size)));
	}
}

/* The directory of this node, as /etc/pve/qemu-server leads to on a live host. */
static char *find_node_dir(const struct dg_root *root)
{
	DG_LINE_CLEANUP struct dg_str host = {0};
	size_t n;

	dg_read_host_name(root, &host);
	if (!dg_known(&host))
		return NULL;
	n = strcspn(host.value, "."); /* a node's name has no domain */
	if (n == 0 || memchr(host.value, '/', n))
		return NULL;
	return dg_format("etc/pve/nodes/%.*s/qemu-server", (int)n, host.value);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	static const char link[] = "etc/pve/qemu-server";
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *node_dir = NULL;
	const char *dir = link;
	int r = dg_root_list(root, link, NAMES_CAP, &names, NULL);

	if (r == -ENOENT && (node_dir = find_node_dir(root))) {
		dir = node_dir;
		r = dg_root_list(root, dir, NAMES_CAP, &names, NULL);
	}
	if (r < 0) {
		dg_gap_from_errno(&facts->guests.meta, r, dir);
		return;
	}
	dg_set_known(&facts->guests.meta);
	for (char **name = names; *name; name++)
		if (vmid_length(*name))
			read_guest(root, dir, *name, facts);
}

const struct dg_collector dg_collect_guests = {
	.name = "guests",
	.fills = (const char *const[]){"guests", NULL},
	.run = run,
};
