/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a test's table says of a plan. */
#pragma once

#include "policy/plan.h"

/* Commands and undo: one after the other, "; " between; a step's undo in brackets. */
struct plan_words {
	const char *name;
	const char *strategy; /* NULL: no plan */
	const char *target;
	const char *commands;
	const char *then;
	const char *fails;  /* the preflights not passed, ", " between; "": ready */
	const char *why;    /* NULL: whatever it says */
	const char *advice; /* as `fails`, of those that only advise */
};

/* How many of them are otherwise; each was complained of. */
size_t plan_expect(const struct plan_words *words, const struct dg_plan *plan);
