/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /run/reboot-required and its .pkgs, which Debian's and Ubuntu's packages leave behind
 * and automation acts on (unattended-upgrades, kured): so only where a reboot alone puts
 * things right, and never a second time after one that did not. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/base/write.h"
#include "guard/collect/collect.h"
#include "guard/sink/memory.h"
#include "guard/sink/reboot.h"
#include "guard/sink/sink.h"
#include "policy/text.h"

#define SIZE_MAX_READ ((size_t)1 << 20)
#define MARK	      "driftguard"

/* Of this boot only it would be no memory: the next one would ask again. */
static const struct dg_memory asked_before = {
	.name = "reboot-asked.json",
	.schema = "driftguard.reboot-asked/1",
};

static const struct dg_folder run = {.base = "/run", .below = ""};

/* --- what was asked for in an earlier boot --- */

/* Did an earlier boot ask for the same, and here we are? */
static int was_in_vain(const struct dg_sink_call *call, bool *ret, char **ret_why)
{
	DG_MEMORY_CLEANUP struct json_object *asked = NULL;
	const struct dg_verdict *v = call->verdict;
	int r = dg_memory_read(call->root, &asked_before, &asked, ret_why);

	if (r < 0)
		return r;
	*ret = asked && dg_streq(dg_memory_text(asked, "target"), v->plan->target) &&
	       !dg_streq(dg_memory_text(asked, "boot_id"), v->host.boot_id);
	return 0;
}

static int remember(const struct dg_sink_call *call, char **ret_why)
{
	DG_MEMORY_CLEANUP struct json_object *json = json_object_new_object();
	const struct dg_verdict *v = call->verdict;

	json_object_object_add(json, "boot_id", json_object_new_string(v->host.boot_id));
	json_object_object_add(json, "target", json_object_new_string(v->plan->target));
	return dg_memory_write(call->root, &asked_before, json, ret_why);
}

/* *ret: a reboot is to be asked for, and it is remembered that it was. */
static int decide(const struct dg_sink_call *call, bool *ret, char **ret_why)
{
	const struct dg_verdict *v = call->verdict;
	bool in_vain = false;
	int r;

	*ret = false;
	/* What is unknown takes nothing back: it may be what the reboot did not cure. */
	if (v->level == DG_LEVEL_UNKNOWN)
		return 0;
	if (!dg_level_reaches(v->level, call->from) || !dg_reboot_cures(v))
		return dg_memory_forget(call->root, &asked_before, ret_why);
	/* Which boot this is has to be known, or it might go on for ever. */
	if (!v->plan->target || !v->host.boot_id)
		return 0;
	r = was_in_vain(call, &in_vain, ret_why);
	if (r == 0 && !in_vain)
		r = remember(call, ret_why);
	*ret = r == 0 && !in_vain;
	return r;
}

/* --- the files --- */

static int set_line(const struct dg_root *root, const char *name, const char *line,
		    char **ret_why)
{
	DG_FREE char *path = dg_format("/run/%s", name), *old = NULL, *text = NULL;
	size_t size = 0, length = 0;
	bool change = false;
	int r = path ? dg_root_read(root, path, SIZE_MAX_READ, &old, &size) : -ENOMEM;

	if (r < 0 && r != -ENOENT) {
		*ret_why = dg_format("cannot read /run/%s: %s", name, dg_errno_words(r));
		return r;
	}
	r = dg_lines_replace(r == 0 ? old : NULL, size, MARK, line, &text, &length,
			     &change);
	if (r < 0 || !change)
		return r;
	return text ? dg_root_write(root, &run, name, text, length, 0644, ret_why)
		    : dg_root_remove(root, &run, name, ret_why);
}

static int set_lines(const struct dg_sink_call *call, const char *line, char **ret_why)
{
	/* Packages are listed by name there: ours is what asks. */
	int r = set_line(call->root, "reboot-required.pkgs", line ? MARK : NULL, ret_why);

	return r < 0 ? r : set_line(call->root, "reboot-required", line, ret_why);
}

int dg_sink_reboot(const struct dg_sink_call *call, char **ret_why)
{
	DG_FREE char *line = NULL, *why = NULL;
	bool wanted;
	int first = decide(call, &wanted, ret_why), r;

	if (wanted) {
		line = dg_format(MARK ": reboot into %s: %s", call->verdict->plan->target,
				 call->verdict->headline);
		if (!line)
			return -ENOMEM;
	}
	/* Without a memory nothing is asked for; what was is taken back all the same. */
	r = set_lines(call, line, &why);
	if (first < 0)
		return first;
	if (r < 0)
		*ret_why = DG_STEAL(why);
	return r;
}
