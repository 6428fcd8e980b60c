/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status: the last recorded verdict, and how old it is. Collects nothing, writes nothing;
 * fit for a login and for a monitoring system's plugin. */
#include <errno.h>
#include <time.h>

#include "guard/base/root.h"
#include "guard/collect/collect.h"
#include "guard/record/boots.h"
#include "guard/verbs.h"
#include "policy/text.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* NULL: not known. */
static char *read_boot_id(const struct dg_root *root)
{
	DG_FREE char *data = NULL;
	size_t size;

	if (dg_root_read(root, BOOT_ID_FILE, 256, &data, &size) < 0)
		return NULL;
	size = strcspn(data, "\n");
	return dg_is_boot_id(data, size) ? strndup(data, size) : NULL;
}

/* None that can be used: unknown, and that is an answer like others. */
static int tell_missing(int r, const char *why, int64_t now, struct dg_verdict **ret)
{
	DG_FREE char *text = NULL;

	if (r == -ENOMEM)
		return r;
	text = r == -ENOENT ? dg_format("No verdict was recorded in this boot; "
					"driftguard record does it")
			    : dg_format("The recorded verdict cannot be used: %s",
					why ? why : dg_errno_words(r));
	return text ? dg_verdict_missing(now, text, ret) : -ENOMEM;
}

static int read_status(const struct dg_options *options, struct dg_verdict **ret)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int64_t now = options->has_now ? options->now : (int64_t)time(NULL);
	DG_FREE char *why = NULL, *boot_id = NULL;
	int r = dg_open_root(options, &root);

	if (r < 0)
		return r;
	r = dg_verdict_read(root, ret, &why);
	if (r == 0) {
		boot_id = read_boot_id(root);
		r = dg_verdict_grow_old(*ret, now, boot_id);
	} else {
		r = tell_missing(r, why, now, ret);
	}
	if (r < 0)
		dg_complain("cannot tell: %s", dg_errno_words(r));
	return r;
}

static int run_status(const struct dg_options *options)
{
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;

	if (read_status(options, &verdict) < 0 || dg_print_verdict(options, verdict) < 0)
		return DG_EXIT_UNUSABLE;
	return dg_level_exit_status(verdict->level);
}

const struct dg_verb dg_verb_status = {
	.name = "status",
	.args = "",
	.help = "the last recorded verdict, and how old it is",
	DG_OUTPUT(verdict),
	.run = run_status,
};
