/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within policy/: a look at whether a host is where a goal says. */
#pragma once

#include "policy/goal.h"
#include "policy/view.h"

struct dg_look {
	const struct dg_view *view;
	const struct dg_goal *goal;
	enum dg_answer answer;
	char *why; /* of the first that is not YES; a NO goes before what is not told */
};

void dg_look_deny(struct dg_look *look, enum dg_answer answer, const char *fmt, ...)
	DG_PRINTF(3, 4);
/* The copy of the kernel that is to boot (goal-copies.c). */
void dg_look_at_copy(struct dg_look *look, const struct dg_esp *esp);
/* Every copy of a kernel that Proxmox's tool copies. */
void dg_look_at_copies(struct dg_look *look, const struct dg_esp *esp);
