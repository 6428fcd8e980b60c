/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Was this boot a trial, and on what terms? */
#pragma once

#include "guard/base/root.h"
#include "policy/action-record.h"
#include "policy/pin-terms.h"

struct dg_pin_trial {
	bool found;		  /* this boot was one */
	struct dg_action *action; /* of the trial, with its terms; NULL: none is kept */
	char *how;		  /* how that is known, a sentence; or why it was none */
};

/*
 * Whether the kernel that runs was booted on trial: its next-boot pin was there when this
 * boot began (units/driftguard.tmpfiles saves it), or the boot before recorded a one-shot
 * to it, or systemd-boot says that another entry was selected than the one that boots by
 * itself. What is on disk and cannot be read tells nothing. 0 or -ENOMEM; *ret is to be
 * cleared.
 */
int dg_pin_trial_find(const struct dg_root *root, const struct dg_view *view,
		      struct dg_pin_trial *ret);
void dg_pin_trial_clear(struct dg_pin_trial *trial);
