/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Setting a boot loader's own one-shot, and taking it back: the EFI variable
 * LoaderEntryOneShot, or next_entry in /boot/grub/grubenv. An action like others: under
 * the lock, with a record that is the intent while it is open, and verified by reading
 * the host again.
 */
#pragma once

#include "guard/act/runner.h"
#include "policy/one-shot.h"

/*
 * `once` says what is to be written, and by which way; its entry NULL: nothing shall be
 * there any more. Of the request the plan has no steps, the goal and its tool are not
 * looked at; the ledger's reason, owner and date are kept in the record. 0 whatever the
 * outcome, or -ENOMEM.
 */
int dg_act_once(const struct dg_act_request *request, const struct dg_once *once,
		struct dg_act_report *ret);

/* --- the writing alone (once-write.c) --- */

/* 0 or a negative errno with *ret_why (owned). Writing what is there already, or removing
 * what is not, changes nothing. */
int dg_once_write(const struct dg_root *root, enum dg_once_way way, const char *entry,
		  char **ret_why);
