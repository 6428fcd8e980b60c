/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For verbs that act: the program that changes the boot configuration (this host's own,
 * or for a tree the one that --boot-tool names), and what to exit with. */
#include <errno.h>
#include <unistd.h>

#include "guard/act/runner.h"
#include "guard/collect/collect.h"
#include "guard/verbs.h"
#include "policy/text.h"

/* Absolute, since it is run from elsewhere; links stay, it may mind what it is called. */
static char *make_absolute(const char *path)
{
	DG_FREE char *here = *path == '/' ? NULL : getcwd(NULL, 0);

	if (*path == '/')
		return dg_format("%s", path);
	return here ? dg_format("%s/%s", here, path) : NULL;
}

int dg_find_boot_tool(const struct dg_options *o, const struct dg_root *root, bool acts,
		      char **ret)
{
	bool live = dg_root_is_live(root);
	const char *path = o->boot_tool ? o->boot_tool : DG_BOOT_TOOL;

	if (live && o->boot_tool) {
		dg_complain("--boot-tool is for a tree, which --root names; this host "
			    "has its own");
		return -EINVAL;
	}
	/* On a tree it would change this very machine. */
	if (!live && acts && !o->boot_tool) {
		dg_complain("the boot tool of this host would not act on %s: --boot-tool "
			    "names a program that does",
			    o->root);
		return -EINVAL;
	}
	if (live && acts && o->has_now) {
		dg_complain("what is done to this machine is done now; --now is for "
			    "trees");
		return -EINVAL;
	}
	*ret = make_absolute(path);
	if (*ret)
		return 0;
	dg_complain("cannot find %s from here: %s", path, dg_errno_words(-errno));
	return -ENOMEM;
}

int dg_check_user(const struct dg_root *root, bool acts, const char *verb)
{
	if (!dg_root_is_live(root) || geteuid() == 0)
		return 0;
	if (!acts) {
		dg_complain("not run as root: what only root may read counts as unknown "
			    "(sudo driftguard %s ...)",
			    verb);
		return 0;
	}
	dg_complain("%s changes what boots, which only root may: sudo driftguard %s ...",
		    verb, verb);
	return -EPERM;
}

int dg_act_exit_status(enum dg_act_outcome outcome)
{
	static const int statuses[] = {
		[DG_ACT_REFUSED] = DG_EXIT_REFUSED,   [DG_ACT_NOTHING] = DG_EXIT_DONE,
		[DG_ACT_DONE] = DG_EXIT_DONE,	      [DG_ACT_UNDONE] = DG_EXIT_FAILED,
		[DG_ACT_UNFINISHED] = DG_EXIT_FAILED,
	};

	return statuses[outcome];
}
