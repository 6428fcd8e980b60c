/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The package database of dpkg, /var/lib/dpkg/status: one stanza for each package and
 * architecture (deb822(5); dpkg-query(1) names the states). The files that dpkg keeps in
 * /var/lib/dpkg/updates while it works have the same form.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum dg_dpkg_want {
	DG_DPKG_WANT_UNKNOWN,
	DG_DPKG_WANT_INSTALL,
	DG_DPKG_WANT_HOLD,
	DG_DPKG_WANT_DEINSTALL,
	DG_DPKG_WANT_PURGE,
	DG_DPKG_WANT_COUNT
};

enum dg_dpkg_eflag { DG_DPKG_EFLAG_OK, DG_DPKG_EFLAG_REINSTREQ, DG_DPKG_EFLAG_COUNT };

enum dg_dpkg_state {
	DG_DPKG_NOT_INSTALLED,
	DG_DPKG_CONFIG_FILES,
	DG_DPKG_HALF_INSTALLED,
	DG_DPKG_UNPACKED,
	DG_DPKG_HALF_CONFIGURED,
	DG_DPKG_TRIGGERS_AWAITED,
	DG_DPKG_TRIGGERS_PENDING,
	DG_DPKG_INSTALLED,
	DG_DPKG_STATE_COUNT
};

/* Most names kept of packages that dpkg is not done with; counting goes on. */
#define DG_DPKG_UNFINISHED_MAX 64

struct dg_dpkg_package {
	char *name;
	char *version;	    /* NULL: not-installed, half-installed */
	char *architecture; /* NULL where the field is missing or empty */
	char *source;	    /* source package's name without version; NULL: same name */
	char *depends;	    /* Pre-Depends, then Depends, on one line; NULL: neither */
	enum dg_dpkg_want want;
	enum dg_dpkg_eflag eflag;
	enum dg_dpkg_state state;
	size_t line; /* where the stanza begins, from 1 */
};

struct dg_dpkg_status {
	struct dg_dpkg_package *packages; /* the wanted ones, in the file's order */
	size_t n_packages;
	size_t n_total; /* all stanzas, and below: how many of them in each state */
	size_t counts[DG_DPKG_STATE_COUNT];
	/* Between half-installed and triggers-pending, or marked reinstreq. */
	char *unfinished[DG_DPKG_UNFINISHED_MAX];
	size_t n_unfinished; /* may exceed the names kept */
};

/* Whether the caller wants the package of this name (not NUL-terminated). */
typedef bool (*dg_dpkg_wanted_fn)(void *ctx, const char *name, size_t len);

/*
 * Read a whole status file. `wanted` picks the packages to return; NULL means every one.
 * The stanzas of the others are followed only as far as their name, state and version.
 * An empty file is one without packages. -EBADMSG: dpkg itself would not take the file
 * (such as one cut within a stanza: "ends in the middle of the entry of PACKAGE at line
 * N"), a stanza lacks Status, or there is a NUL byte; *ret_why (may be NULL) is then a
 * text for the caller to free, or NULL. -ENOMEM. A file cut between two stanzas cannot
 * be told from a whole one. Free *ret with dg_dpkg_status_done().
 */
int dg_dpkg_status_parse(const char *buf, size_t len, dg_dpkg_wanted_fn wanted, void *ctx,
			 struct dg_dpkg_status *ret, char **ret_why);

/* Free what the result holds and empty it; takes NULL and a zeroed one. */
void dg_dpkg_status_done(struct dg_dpkg_status *s);

/* dpkg's words: "hold", "half-installed", "reinstreq". */
const char *dg_dpkg_want_name(enum dg_dpkg_want want);
const char *dg_dpkg_state_name(enum dg_dpkg_state state);
const char *dg_dpkg_eflag_name(enum dg_dpkg_eflag eflag);
