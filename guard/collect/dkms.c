/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What DKMS can build, has built and has installed: its tree below /var/lib/dkms, as
 * dkms(8) describes it: NAME/VERSION/source, NAME/VERSION/ABI/ARCH/module/FILE. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/parse/modules-dep.h"
#include "policy/abi.h"
#include "policy/modules.h"
#include "policy/text.h"

#define TREE	  "var/lib/dkms"
#define NAMES_CAP 1024
#define FILES_CAP 65536
#define ITEMS_MAX 4096
#define FILES_MAX 256 /* modules of one build */

struct reading {
	const struct dg_root *root;
	struct dg_facts *facts;
	struct dg_str gap; /* the first thing that could not be read */
};

/* A directory that is not there is none. */
static void note(struct reading *rd, int r, const char *path)
{
	if (r < 0 && dg_state_from_errno(r) != DG_ABSENT && !rd->gap.meta.detail)
		dg_gap_from_errno(&rd->gap.meta, r, path);
}

/* The names in a directory, in byte order; NULL: none, which may be a gap. */
static char **list(struct reading *rd, const char *path)
{
	char **names = NULL;
	int r = path ? dg_root_list(rd->root, path, NAMES_CAP, &names, NULL) : -ENOMEM;

	note(rd, r, path ? path : TREE);
	return names;
}

static struct dg_dkms *add_item(struct reading *rd, const char *name, const char *version)
{
	struct dg_dkms *dkms = DG_ADD(&rd->facts->dkms, ITEMS_MAX);

	if (!dkms) {
		note(rd, -E2BIG, TREE);
		return NULL;
	}
	dg_set_str(&dkms->name, name);
	dg_set_str(&dkms->version, version);
	return dkms;
}

/* --- one build --- */

static void take_files(char **files, struct dg_dkms *dkms)
{
	for (; *files; files++) {
		struct dg_word *word;
		struct dg_span name;

		if (!dg_module_path_name(dg_span_str(*files), &name))
			continue;
		word = DG_ADD(&dkms->modules, FILES_MAX);
		if (!word)
			return;
		dg_set_strn(&word->name, name.p, name.n);
	}
}

static bool holds_module(char **files, const char *module)
{
	for (; files && *files; files++) {
		DG_FREE char *copy = NULL;
		struct dg_span name;

		if (!dg_module_path_name(dg_span_str(*files), &name))
			continue;
		copy = dg_span_dup(name);
		if (copy && dg_module_is_file(module, copy))
			return true;
	}
	return false;
}

/* Installed: every module of the build lies where this kernel looks for DKMS's. */
static bool is_installed(const struct dg_root *root, const char *abi,
			 const struct dg_dkms *dkms)
{
	DG_NAMES_FREE char **files = NULL;
	DG_FREE char *path = dg_format("lib/modules/%s/updates/dkms", abi);
	DG_FREE char *other = dg_format("usr/%s", path ? path : "");

	if (!path || !other ||
	    (dg_root_list(root, path, FILES_CAP, &files, NULL) < 0 &&
	     dg_root_list(root, other, FILES_CAP, &files, NULL) < 0))
		return false;
	dg_list_foreach (word, dkms->modules)
		if (!dg_known(&word->name) || !holds_module(files, word->name.value))
			return false;
	return true;
}

static bool has_module(char **files)
{
	struct dg_span name;

	for (; files && *files; files++)
		if (dg_module_path_name(dg_span_str(*files), &name))
			return true;
	return false;
}

/* Whether `path`, NAME/VERSION/ABI, holds a build; of several architectures the first. */
static bool add_build(struct reading *rd, const char *name, const char *version,
		      const char *abi)
{
	DG_FREE char *path = dg_format(TREE "/%s/%s/%s", name, version, abi);
	DG_NAMES_FREE char **archs = list(rd, path);

	for (char **arch = archs; arch && *arch; arch++) {
		DG_FREE char *dir = dg_format("%s/%s/module", path, *arch);
		DG_NAMES_FREE char **files = list(rd, dir);
		struct dg_dkms *dkms;

		if (!has_module(files))
			continue;
		dkms = add_item(rd, name, version);
		if (!dkms)
			return true;
		take_files(files, dkms);
		dg_set_str(&dkms->kernel, abi);
		dg_set_str(&dkms->status,
			   is_installed(rd->root, abi, dkms) ? "installed" : "built");
		return true;
	}
	return false;
}

/* --- the tree --- */

static void add_added(struct reading *rd, const char *name, const char *version)
{
	struct dg_dkms *dkms = add_item(rd, name, version);

	if (!dkms)
		return;
	dg_set_gap(&dkms->kernel.meta, DG_ABSENT, "built for none");
	dg_set_gap(&dkms->modules.meta, DG_ABSENT, "built for none");
	dg_set_str(&dkms->status, "added");
}

/* Beside versions lie links like kernel-ABI-ARCH, and original_module, a directory. */
static void read_version(struct reading *rd, const char *name, const char *version)
{
	DG_FREE char *path = dg_format(TREE "/%s/%s", name, version);
	DG_NAMES_FREE char **entries = NULL;
	bool source = false, built = false;
	struct stat st;

	if (!path || dg_root_stat(rd->root, path, false, &st) < 0 ||
	    !S_ISDIR(st.st_mode) || dg_streq(version, "original_module"))
		return;
	entries = list(rd, path);
	for (char **entry = entries; entry && *entry; entry++) {
		if (dg_streq(*entry, "source"))
			source = true;
		else if (dg_abi_valid(*entry))
			built |= add_build(rd, name, version, *entry);
	}
	if (source && !built)
		add_added(rd, name, version);
}

/* Files lie there too: dkms_dbversion, keys. */
static void read_name(struct reading *rd, const char *name)
{
	DG_FREE char *path = dg_format(TREE "/%s", name);
	DG_NAMES_FREE char **versions = list(rd, path);

	for (char **version = versions; version && *version; version++)
		read_version(rd, name, *version);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct reading rd = {.root = root, .facts = facts};
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, TREE, NAMES_CAP, &names, NULL);

	if (r < 0) {
		dg_gap_from_errno(&facts->dkms.meta, r, TREE);
		return;
	}
	dg_set_known(&facts->dkms.meta);
	for (char **name = names; *name; name++)
		read_name(&rd, *name);
	if (rd.gap.meta.detail)
		facts->dkms.meta = rd.gap.meta;
}

const struct dg_collector dg_collect_dkms = {
	.name = "dkms",
	.fills = (const char *const[]){"dkms", NULL},
	.run = run,
};
