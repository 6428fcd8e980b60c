/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network ports that /etc/network/interfaces names, and which of their names are held
 * fast: what a driver calls its ports may change with the kernel, and a host whose bridge
 * has lost its port is not reached any more. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/parse/interfaces.h"
#include "policy/glob.h"
#include "policy/text.h"

#define MAIN_FILE "/etc/network/interfaces"
#define MAIN_DIR  "/etc/network"
#define FILE_MAX  ((size_t)1024 * 1024)
#define NAMES_MAX 4096
#define PORTS_MAX 4096
#define DEPTH_MAX 8 /* of files that include files */
#define FILES_MAX 256

/* Folders of files that name interfaces (systemd.link(5), udev(7)). */
static const char *const link_dirs[] = {"/etc/systemd/network", "/run/systemd/network",
					"/usr/local/lib/systemd/network",
					"/usr/lib/systemd/network"};
static const char *const rule_dirs[] = {"/etc/udev/rules.d", "/run/udev/rules.d"};

struct reading {
	const struct dg_root *root;
	struct dg_facts *facts;
	size_t files;
};

/* --- ports --- */

static struct dg_port *find_port(struct dg_facts *facts, const char *name)
{
	dg_list_foreach (port, facts->ports)
		if (dg_streq(dg_get(&port->name), name))
			return port;
	return NULL;
}

static int add_port(struct dg_facts *facts, const char *name)
{
	struct dg_port *port;

	if (!dg_port_name_varies(name) || find_port(facts, name))
		return 0;
	port = DG_ADD(&facts->ports, PORTS_MAX);
	if (!port)
		return -E2BIG;
	dg_set_str(&port->name, name);
	dg_set_gap(&port->held.meta, DG_ABSENT,
		   "no .link file and no udev rule names it");
	return 0;
}

static int read_interfaces(struct reading *reading, const char *path, int depth);

/* Names that ifupdown takes of a folder: letters, digits, "_" and "-". */
static bool is_plain(const char *name)
{
	return !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")];
}

/* Patterns have their stars in the last part, as in all that is seen in use. */
static int read_source(struct reading *reading, const char *pattern, int depth)
{
	const char *last = strrchr(pattern, '/');
	DG_FREE char *dir = dg_format("%s%.*s", *pattern == '/' ? "" : MAIN_DIR "/",
				      last ? (int)(last - pattern) : 0, pattern);
	DG_NAMES_FREE char **names = NULL;
	int r;

	if (!dir)
		return -ENOMEM;
	last = last ? last + 1 : pattern;
	r = dg_root_list(reading->root, dir, NAMES_MAX, &names, NULL);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	for (size_t i = 0; r == 0 && names[i]; i++) {
		DG_FREE char *path = NULL;

		if (names[i][0] == '.' ||
		    !(*last ? dg_glob_match(last, names[i]) : is_plain(names[i])))
			continue;
		path = dg_format("%s/%s", dir, names[i]);
		r = path ? read_interfaces(reading, path, depth + 1) : -ENOMEM;
	}
	return r;
}

/* What is no regular file is passed over. */
static int read_interfaces(struct reading *reading, const char *path, int depth)
{
	DG_CLEANUP(dg_interfaces_clear) struct dg_interfaces all = {0};
	DG_FREE char *text = NULL;
	size_t size;
	int r;

	if (depth > DEPTH_MAX || reading->files++ == FILES_MAX)
		return -E2BIG;
	r = dg_root_read(reading->root, path, FILE_MAX, &text, &size);
	if (depth > 0 && (r == -ENOENT || r == -EISDIR || r == -ENOTSUP))
		return 0;
	if (r == 0)
		r = dg_interfaces_parse(text, size, &all);
	for (size_t i = 0; r == 0 && i < all.n_ports; i++)
		r = add_port(reading->facts, all.ports[i]);
	for (size_t i = 0; r == 0 && i < all.n_sources; i++)
		r = read_source(reading, all.sources[i], depth);
	return r;
}

/* --- what holds their names --- */

static void hold(struct dg_facts *facts, const char *name, const char *path)
{
	struct dg_port *port = find_port(facts, name);

	if (port)
		dg_set_str(&port->held, path);
}

static void hold_by_link(struct dg_facts *facts, const char *path, const char *text,
			 size_t size)
{
	DG_FREE char *name = NULL;

	if (dg_link_name_parse(text, size, &name) == 0 && name)
		hold(facts, name, path);
}

/* NAME="eno1" in any rule. */
static void hold_by_rule(struct dg_facts *facts, const char *path, const char *text,
			 size_t size)
{
	static const char key[] = "NAME=\"";

	(void)size;
	for (const char *at = text; (at = strstr(at, key)) != NULL;) {
		DG_FREE char *name = NULL;

		at += strlen(key);
		name = strndup(at, strcspn(at, "\"\n"));
		if (name)
			hold(facts, name, path);
	}
}

/* A file that cannot be read holds nothing: its port is told as not held, and that only
 * advises. */
static void read_holders(const struct reading *reading, const char *dir,
			 const char *ending,
			 void (*take)(struct dg_facts *facts, const char *path,
				      const char *text, size_t size))
{
	DG_NAMES_FREE char **names = NULL;

	if (dg_root_list(reading->root, dir, NAMES_MAX, &names, NULL) < 0)
		return;
	for (size_t i = 0; names[i]; i++) {
		DG_FREE char *path = dg_format("%s/%s", dir, names[i]);
		DG_FREE char *text = NULL;
		size_t size;

		if (path && dg_ends_with(names[i], ending) &&
		    dg_root_read(reading->root, path, FILE_MAX, &text, &size) == 0)
			take(reading->facts, path, text, size);
	}
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct reading reading = {.root = root, .facts = facts};
	int r;

	dg_set_known(&facts->ports.meta);
	r = read_interfaces(&reading, MAIN_FILE, 0);
	if (r < 0) {
		dg_gap_from_errno(&facts->ports.meta, r, MAIN_FILE);
		return;
	}
	for (size_t i = 0; i < DG_COUNT(link_dirs); i++)
		read_holders(&reading, link_dirs[i], ".link", hold_by_link);
	for (size_t i = 0; i < DG_COUNT(rule_dirs); i++)
		read_holders(&reading, rule_dirs[i], ".rules", hold_by_rule);
}

const struct dg_collector dg_collect_ports = {
	.name = "ports",
	.fills = (const char *const[]){"ports", NULL},
	.run = run,
};
