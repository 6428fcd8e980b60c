/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the plans: the commands that they are made of, each with its undo. All are verbs
 * of proxmox-boot-tool. The functions that return an int: 0 or -ENOMEM. */
#pragma once

#include "policy/plan.h"

/* The words of a command: DG_TOOL("kernel", "pin", abi). */
#define DG_TOOL(...) ((const char *const[]){"proxmox-boot-tool", __VA_ARGS__, NULL})

/* A step behind those that the plan has; `why` has to outlive the plan. */
int dg_plan_add_step(struct dg_plan *plan, const char *why, const char *const *words);
/* Something that takes the last step back. */
int dg_plan_add_undo(struct dg_plan *plan, const char *const *words);
/* Only where ESPs are managed: they follow. */
int dg_plan_add_refresh(const struct dg_view *view, struct dg_plan *plan);
int dg_plan_add_undo_refresh(const struct dg_view *view, struct dg_plan *plan);

/* The kernel that proxmox-boot-tool was last told to pin; NULL: none. */
const char *dg_plan_old_pin(const struct dg_view *view);

/* Commands with their undo, and the refresh. */
int dg_plan_steps_pin(const struct dg_view *view, const char *abi, struct dg_plan *plan);
int dg_plan_steps_unpin(const struct dg_view *view, struct dg_plan *plan);
int dg_plan_steps_try(const struct dg_view *view, const char *abi, struct dg_plan *plan);
/* `next` is the pin for the next boot that is there now. */
int dg_plan_steps_clear_next(const struct dg_view *view, const char *next,
			     const char *why, struct dg_plan *plan);

/* Has every preflight passed that is in the way? */
bool dg_plan_is_ready(const struct dg_plan *plan);
