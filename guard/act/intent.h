/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within guard/act/: the record of what is to be done. */
#pragma once

#include "guard/act/act.h"

/* Make act->action of the request: an id, what is to be done, nothing begun. 0, -ENOMEM,
 * or others of getrandom(2). */
int dg_intent_make(struct dg_act *act);
/* The state of the host before, by act->facts, and the content of the ledger's entries
 * that go. 0, or negative with *ret_why (owned). */
int dg_intent_note_host(struct dg_act *act, char **ret_why);
/* What the pins and loaders are by act->facts. */
void dg_note_host(const struct dg_act *act, struct dg_action_host *ret);
