/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which folder is examined, and what is said of one that cannot be. */
#include <errno.h>
#include <unistd.h>

#include "guard/base/root.h"
#include "guard/collect/collect.h"
#include "guard/verbs.h"

/* A system has one of these; support bundles may have few more. */
static const char *const folders[] = {"etc", "usr", "var", "boot", "proc", "run"};

static const char *explain(const char *dir, int r)
{
	struct stat st;

	if (r == -EACCES && geteuid() != 0)
		return "no permission; run as root";
	if (r == -ENOENT)
		return "there is no such folder";
	if (r == -ENOTDIR && stat(dir, &st) == 0)
		return "it is a file, and --root takes the folder that a system lies in "
		       "(--facts takes a file)";
	return dg_errno_words(r);
}

/* What of a system is there; -EACCES: nobody may look. */
static int find_system(const struct dg_root *root)
{
	struct stat st;
	int r = -ENOENT;

	for (size_t i = 0; i < DG_COUNT(folders) && r == -ENOENT; i++)
		r = dg_root_stat(root, folders[i], false, &st);
	return r;
}

int dg_open_root(const struct dg_options *options, struct dg_root **ret)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int r = dg_root_new(options->root, &root), found;

	found = r == 0 ? find_system(root) : 0;
	if (found == -ENOENT) {
		dg_complain("cannot examine %s: there is no system in it (none of etc, "
			    "usr, var, boot, proc, run); is it mounted?",
			    options->root);
		return found;
	}
	if (r == 0 && found == -EACCES)
		r = found;
	if (r < 0) {
		dg_complain("cannot examine %s: %s", options->root,
			    explain(options->root, r));
		return r;
	}
	*ret = DG_STEAL(root);
	return 0;
}
