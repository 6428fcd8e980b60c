/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terms on which a kernel is pinned: what becomes its entry in the ledger. */
#pragma once

#include "policy/view.h"

/* Bytes; an entry has to fit into what is read of one. */
#define DG_PIN_REASON_MAX 1000
#define DG_PIN_OWNER_MAX  200

/* Texts are not owned. */
struct dg_pin_terms {
	const char *reason, *owner; /* NULL: not given */
	const char *login;	    /* who asks: the owner where there is no other */
	const char *until;	    /* as it was typed: "2026-12-31", "90d"; NULL */
};

/* Are reason and owner, where they are given, fit to be written down? Errors as below. */
int dg_pin_terms_check(const struct dg_pin_terms *terms, char **ret_why);

/* What is to be written down. Texts lead into the terms or the facts. */
struct dg_pin_entry {
	bool wanted; /* there is something to write down */
	const char *reason, *owner;
	int64_t since, until; /* until: the last second of the day; 0: none */
	bool due_today;
};

/*
 * The entry for `abi`, from what was asked for and, of what was not, from the entry that
 * it has already. The day since when it is pinned is that entry's, else the pin's own
 * where it is pinned already, else today.
 * 0; -EINVAL: *ret_why (owned) says which of the terms is wrong or missing, and why;
 * -ENOMEM.
 */
int dg_pin_entry_make(const struct dg_view *view, const char *abi,
		      const struct dg_pin_terms *terms, struct dg_pin_entry *ret,
		      char **ret_why);

/* The last second of the day that `text` says; errors as above. */
int dg_pin_until_parse(const char *text, int64_t now, int64_t *ret, char **ret_why);
