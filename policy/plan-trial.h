/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/plan-steps.h"

/*
 * Make of a plan that moves this host to plan->target for good one that tries it at the
 * next boot only: the preflights stay, the commands are others. proxmox-boot-tool's
 * next-boot pin is taken back by a service once the host is up; a kernel that hangs
 * before that comes again. 0 or -ENOMEM, and the plan is the caller's to free either way.
 */
int dg_plan_make_trial(const struct dg_view *view, struct dg_plan *plan);
