/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view as a whole: the derivation's steps in their order. */
#include <errno.h>

#include "policy/view.h"

/* Earlier than the running kernel's build, or than the program that read the clock:
 * a clock that has lost its battery. A time given by hand has no program's date. */
static bool check_clock(const struct dg_facts *facts)
{
	const struct dg_int *built = &facts->kernel.build_time;
	const struct dg_int *tool = &facts->host.tool_time;

	if (!dg_known(&facts->time))
		return false;
	return !(dg_known(built) && facts->time.value < built->value) &&
	       !(dg_known(tool) && facts->time.value < tool->value);
}

/* dpkg is at work, or was stopped in the middle of it. */
static bool check_unsettled(const struct dg_packages *packages)
{
	return dg_true(&packages->locked) || dg_true(&packages->journal) ||
	       packages->unsettled.count > 0;
}

/* A virtual machine whose kernel its host supplies, say: no image, no modules and no
 * kernel package of any kind lie here, so no boot of this host chooses among kernels. */
static bool check_outside(const struct dg_view *view)
{
	const struct dg_facts *facts = view->facts;

	if (view->product.proxmox || !dg_known(&facts->packages.list) ||
	    (!dg_known(&facts->kernels) && !dg_absent(&facts->kernels)) ||
	    facts->kernels.count || !dg_absent(&facts->boot.grub) ||
	    !dg_known(&facts->boot.managed) || facts->boot.managed.value)
		return false;
	return dg_known(&facts->kernel.release) &&
	       !dg_view_kernel_package(view, facts->kernel.release.value);
}

static bool check_unfinished(const struct dg_facts *facts)
{
	return dg_known(&facts->boot.cleanup_done) && !facts->boot.cleanup_done.value &&
	       dg_known(&facts->host.uptime) &&
	       facts->host.uptime.value <= DG_BOOT_DONE_SECONDS;
}

/* The newest of driftguard's actions that changed what boots. That a trial which has
 * begun is called off changes nothing. */
static const struct dg_deed *find_change(const struct dg_facts *facts)
{
	const struct dg_deed *newest = NULL;

	dg_list_foreach (deed, facts->actions)
		if (dg_streq(dg_get(&deed->outcome), "done") &&
		    !(dg_streq(dg_get(&deed->strategy), "unpin-next-boot") &&
		      dg_streq(dg_get(&deed->boot_id), dg_get(&facts->host.boot_id))))
			newest = deed;
	return newest;
}

/* It was a one-shot to this kernel, set in another boot, and by itself another boots. */
static bool is_one_shot_boot(const struct dg_view *view)
{
	const char *running = dg_get(&view->facts->kernel.release);
	const char *boot_id = dg_get(&view->facts->host.boot_id);
	const struct dg_deed *deed = find_change(view->facts);

	return deed && boot_id && dg_known(&deed->boot_id) &&
	       !dg_streq(deed->boot_id.value, boot_id) &&
	       dg_streq(dg_get(&deed->strategy), "one-shot") &&
	       dg_streq(dg_get(&deed->target), running) && view->first &&
	       view->first->lasting.abi && !dg_streq(view->first->lasting.abi, running);
}

int dg_view_derive(const struct dg_facts *facts, const struct dg_policy *policy,
		   struct dg_view *ret)
{
	struct dg_view view = {.facts = facts, .policy = policy};
	int r;

	view.now = dg_known(&facts->time) ? facts->time.value : 0;
	view.clock_ok = check_clock(facts);
	view.unsettled = check_unsettled(&facts->packages);
	view.container = dg_known(&facts->host.container);
	view.trial = dg_known(&facts->kernel.release) &&
		     dg_streq(dg_get(&facts->boot.trial), facts->kernel.release.value);
	view.unfinished = check_unfinished(facts);
	dg_view_product(&view);
	dg_view_expected(&view);
	view.outside = check_outside(&view);
	if (dg_known(&facts->kernel.release))
		view.running = dg_view_installed(&view, facts->kernel.release.value);
	r = dg_view_loaders(&view);
	if (r < 0) {
		dg_view_clear(&view);
		return r;
	}
	view.one_shot = is_one_shot_boot(&view);
	view.trial = view.trial || view.one_shot;
	dg_view_pin(&view);
	dg_view_target(&view);
	*ret = view;
	return 0;
}

void dg_view_clear(struct dg_view *view)
{
	for (size_t i = 0; i < view->loader_count; i++) {
		free(view->loaders[i].next.why);
		free(view->loaders[i].lasting.why);
	}
	free(view->loaders);
	free(view->next.why);
	memset(view, 0, sizeof(*view));
}
