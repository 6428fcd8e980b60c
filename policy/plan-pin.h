/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plans of what a person asks for: that one kernel is pinned, or that the pin goes.
 * The same preflights, commands and undo as in the plans that follow from findings. */
#pragma once

#include "policy/plan.h"

enum dg_pin_wish {
	DG_PIN_SET,	   /* from now on */
	DG_PIN_TRY,	   /* at the next boot, by proxmox-boot-tool; see plan-pin.c */
	DG_PIN_TRY_ONCE,   /* at the next boot alone; the caller sets that (one-shot.h) */
	DG_PIN_LIFT,	   /* the pin goes */
	DG_PIN_LIFT_TRIAL, /* a trial that is pending goes, the pin stays */
};

/*
 * `abi` is a valid one (dg_abi_valid()) of the wishes to pin, else NULL. The plan has no
 * steps where the host is there already: a pin that is in force has to be written down
 * only. plan->target is what boots then, NULL: that cannot be told before. 0 or -ENOMEM.
 */
int dg_plan_pin(const struct dg_view *view, enum dg_pin_wish wish, const char *abi,
		struct dg_plan **ret);

/* Whether it is pinned, and every boot loader and every listed ESP that is there follows
 * (goal.h). */
bool dg_pin_in_force(const struct dg_view *view, const char *abi);

/* Listed ESPs whose device is not there: they boot nothing. */
size_t dg_pin_count_missing(const struct dg_facts *facts);

/* Every preflight that may stand in a plan, NULL-terminated. */
#define DG_PREFLIGHT_NAMES_MAX 24
void dg_preflight_names(const char *ret[static DG_PREFLIGHT_NAMES_MAX]);
/* Why a person cannot override it, a sentence's end ("..., since ..."); NULL: they can.
 */
const char *dg_preflight_essential(const char *id);
