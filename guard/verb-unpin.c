/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unpin: the pin goes, and with it what the ledger says of it; or a trial goes. */
#include "guard/pin-work.h"

#include <errno.h>

#include "policy/text.h"

/* The ledger is about pins that last; nothing is pinned then. */
static int plan_lift(struct dg_pin_work *work)
{
	int r = dg_plan_pin(&work->view, DG_PIN_LIFT, NULL, &work->plan);

	return r < 0 ? r : dg_pin_work_stale(work, NULL);
}

static int lift_once(struct dg_pin_work *work, const char *abi, enum dg_once_way way)
{
	work->once.way = way;
	free(work->plan->why);
	work->plan->why = dg_format("the trial of %s is called off", abi);
	return work->plan->why ? 0 : -ENOMEM;
}

/* The tool's pin for the next boot, else the boot loader's own one-shot. Where both are
 * pending, the one-shot goes with the next call, which the note says. */
static int plan_lift_trial(struct dg_pin_work *work)
{
	enum dg_once_way way = DG_ONCE_NONE;
	const char *once = dg_once_pending(&work->view, &way);
	int r = dg_plan_pin(&work->view, DG_PIN_LIFT_TRIAL, NULL, &work->plan);

	if (r < 0 || !once)
		return r;
	if (way == DG_ONCE_NONE)
		dg_pin_work_note(work,
				 "A one-shot to %s is pending in a grubenv on an ESP; it "
				 "clears itself at the next boot.",
				 once);
	else if (work->plan->step_count)
		dg_pin_work_note(work,
				 "A one-shot to %s is pending as well (%s); the same "
				 "command once more clears it.",
				 once, dg_once_name(way));
	else
		return lift_once(work, once, way);
	return 0;
}

static int run_unpin(const struct dg_options *options)
{
	DG_PIN_WORK_CLEANUP struct dg_pin_work work;
	int status = dg_pin_work_open(options, "unpin", &work);
	int r;

	if (status != DG_GO_ON)
		return status;
	r = options->next_boot ? plan_lift_trial(&work) : plan_lift(&work);
	if (r == 0)
		return dg_pin_work_finish(&work);
	dg_complain("out of memory");
	return DG_EXIT_FAILED;
}

const struct dg_verb dg_verb_unpin = {
	.name = "unpin",
	.args = "",
	.help = "lift the pin, and take it out of the ledger",
	.plain = true,
	.run = run_unpin,
};
