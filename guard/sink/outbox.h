/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Within sink/: the message that waits for driftguard-mail.service (units/send-mail),
 * which alone has no sandbox in its MTA's way. It lies in /var/lib/driftguard, where a
 * reboot does not lose it; in /run/driftguard where that is read-only or full. "mail" is
 * new, "mail.sending" is what the unit has taken up and not been rid of so far, with a
 * byte in "mail.tries" for each try.
 */
#pragma once

#include "guard/base/root.h"

/* Whether the unit is there and would take a message up. */
bool dg_outbox_is_watched(const struct dg_root *root);

/* Leave a message in the place of any that still waits. As dg_root_write(). */
int dg_outbox_put(const struct dg_root *root, const char *message, size_t size,
		  char **ret_why);

/* Take back what waits: what it says is no longer so. As dg_root_drop(). */
int dg_outbox_withdraw(const struct dg_root *root, char **ret_why);
