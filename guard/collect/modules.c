/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loaded modules that did not come with the kernel (why a pin exists, mostly), and those
 * that a userland has to fit. */
#include <errno.h>

#include "guard/collect/line.h"
#include "guard/collect/modules.h"
#include "guard/parse/modules-list.h"
#include "policy/module-pairs.h"
#include "policy/modules.h"
#include "policy/text.h"

#define LIST_FILE_MAX ((size_t)8 * 1024 * 1024)
/* As many items as a list of facts may hold. */
#define MODULES_MAX 65536

#define LINKS_MAX 8

/* Out of tree (O) or of a proprietary licence (P): where a module comes from. A signature
 * that is missing (E) says nothing of it. And those whose userland has to fit, of which
 * some come with the kernel (drbd). */
static bool matters(const char *name, const struct dg_str *taint)
{
	const struct dg_module module = {.taint = *taint};

	return dg_module_pair_find(name) || dg_module_is_foreign(&module);
}

static void read_module_file(const struct dg_root *root, const char *name,
			     const char *file, struct dg_str *fact)
{
	DG_FREE char *path = dg_format("sys/module/%s/%s", name, file);

	if (path)
		dg_read_line_fact(root, path, fact);
	else
		dg_gap_from_errno(&fact->meta, -ENOMEM, name);
}

/* --- a user library that names its version --- */

/* What a link leads to, as a path from the root. */
static char *join_link(const char *path, const char *target)
{
	const char *slash = strrchr(path, '/');

	if (target[0] == '/' || !slash)
		return strdup(target);
	return dg_format("%.*s/%s", (int)(slash - path), path, target);
}

/* 1: `*path` was a link and is what it leads to now. 0: it is none. */
static int follow(const struct dg_root *root, char **path)
{
	DG_FREE char *target = NULL;
	char *next;
	int r = dg_root_readlink(root, *path, &target);

	if (r < 0)
		return r == -EINVAL ? 0 : r;
	next = join_link(*path, target);
	if (!next)
		return -ENOMEM;
	free(*path);
	*path = next;
	return 1;
}

/* "535.161.05" of libnvidia-ml.so.1, which leads to libnvidia-ml.so.535.161.05, through
 * /etc/alternatives perhaps. -ENOENT: no such library, or it names no version. */
static int read_library(const struct dg_root *root, const char *dir, const char *library,
			struct dg_str *fact)
{
	DG_FREE char *path = dg_format("%s/%s.so.1", dir, library);
	DG_FREE char *prefix = dg_format("%s.so.", library);
	const char *base, *version;
	int r = path && prefix ? 1 : -ENOMEM;

	for (int i = 0; r > 0; i++)
		r = i < LINKS_MAX ? follow(root, &path) : -ELOOP;
	if (r < 0)
		return r;
	base = strrchr(path, '/');
	version = dg_after(base ? base + 1 : path, prefix);
	if (!version || !strchr(version, '.'))
		return -ENOENT;
	dg_set_str(fact, version);
	return 0;
}

static void read_userland(const struct dg_root *root, struct dg_module *module)
{
	static const char *const dirs[] = {"usr/lib/x86_64-linux-gnu",
					   "usr/lib/aarch64-linux-gnu", "usr/lib64",
					   "usr/lib"};
	const struct dg_module_pair *pair = dg_module_pair_find(dg_get(&module->name));

	module->userland.meta.state = DG_ABSENT;
	for (size_t i = 0; pair && pair->library && i < DG_COUNT(dirs); i++) {
		int r = read_library(root, dirs[i], pair->library, &module->userland);

		if (r == 0)
			return;
		if (dg_state_from_errno(r) != DG_ABSENT)
			dg_gap_from_errno(&module->userland.meta, r, dirs[i]);
	}
}

/* --- one module --- */

static void add_module(const struct dg_root *root, const char *name, struct dg_str *taint,
		       struct dg_facts *facts)
{
	struct dg_module *module = DG_ADD(&facts->modules, MODULES_MAX);

	if (!module) {
		dg_set_gap(&facts->modules.meta, DG_UNREADABLE,
			   "more than %d modules, or no memory for them", MODULES_MAX);
		return;
	}
	dg_set_str(&module->name, name);
	dg_line_give(taint, &module->taint);
	read_module_file(root, name, "version", &module->version);
	read_userland(root, module);
}

/* --- /proc/modules --- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct dg_loaded_module *)a)->name,
		      ((const struct dg_loaded_module *)b)->name);
}

/* An empty list where the file is not there. */
static int read_list(const struct dg_root *root, struct dg_modules_list *list, char **why)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_root_read(root, "proc/modules", LIST_FILE_MAX, &data, &size);

	if (r == 0)
		r = dg_modules_list_parse(data, size, list, why);
	if (r == 0 && list->n_modules)
		qsort(list->modules, list->n_modules, sizeof(*list->modules), by_name);
	return r;
}

static void add_listed(const struct dg_root *root, const struct dg_modules_list *list,
		       struct dg_facts *facts)
{
	for (size_t i = 0; i < list->n_modules; i++) {
		const struct dg_loaded_module *module = &list->modules[i];
		DG_LINE_CLEANUP struct dg_str taint = {0};

		dg_set_str(&taint, module->taint);
		if (matters(module->name, &taint))
			add_module(root, module->name, &taint, facts);
	}
}

/* --- /sys/module --- */

static bool is_listed(const struct dg_modules_list *list, char *name)
{
	struct dg_loaded_module key = {.name = name};

	return list->n_modules &&
	       bsearch(&key, list->modules, list->n_modules, sizeof(key), by_name);
}

static void add_one(const struct dg_root *root, const char *name, struct dg_facts *facts)
{
	DG_LINE_CLEANUP struct dg_str taint = {0};

	read_module_file(root, name, "taint", &taint);
	/* No such file, or an empty one: built in, or without a taint. */
	if (dg_absent(&taint))
		dg_set_str(&taint, "");
	if (matters(name, &taint))
		add_module(root, name, &taint, facts);
}

static int add_others(const struct dg_root *root, const struct dg_modules_list *list,
		      struct dg_facts *facts)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, "sys/module", MODULES_MAX, &names, NULL);

	for (char **name = names; name && *name; name++)
		if (!is_listed(list, *name))
			add_one(root, *name, facts);
	return r;
}

static int item_by_name(const void *a, const void *b)
{
	const char *x = dg_get(&((const struct dg_module *)a)->name);
	const char *y = dg_get(&((const struct dg_module *)b)->name);

	return strcmp(x ? x : "", y ? y : "");
}

static void read_all(const struct dg_root *root, const struct dg_modules_list *list,
		     bool has_list, struct dg_facts *facts)
{
	int r;

	dg_set_known(&facts->modules.meta);
	add_listed(root, list, facts);
	r = add_others(root, list, facts);
	/* Either source will do; without both, nothing is known to be loaded. */
	if (r < 0 && (!has_list || dg_state_from_errno(r) != DG_ABSENT))
		dg_gap_from_errno(&facts->modules.meta, r, "sys/module");
	if (facts->modules.count)
		qsort(facts->modules.items, facts->modules.count,
		      sizeof(*facts->modules.items), item_by_name);
}

void dg_read_modules(const struct dg_root *root, struct dg_facts *facts)
{
	DG_CLEANUP(dg_modules_list_clear) struct dg_modules_list list = {0};
	DG_FREE char *why = NULL;
	int r = read_list(root, &list, &why);

	if (r == 0 || dg_state_from_errno(r) == DG_ABSENT)
		read_all(root, &list, r == 0, facts);
	else if (why)
		dg_set_gap(&facts->modules.meta, dg_state_from_errno(r),
			   "/proc/modules: %s", why);
	else
		dg_gap_from_errno(&facts->modules.meta, r, "proc/modules");
}

const struct dg_collector dg_collect_modules = {
	.name = "modules",
	.fills = (const char *const[]){"modules", NULL},
	.run = dg_read_modules,
};
