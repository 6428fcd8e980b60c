/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apt's pins: /etc/apt/preferences and /etc/apt/preferences.d/ (apt_preferences(5)). */
#pragma once

#include <limits.h>
#include <stddef.h>

/* "Pin-Priority: never" */
#define DG_APT_PRIORITY_NEVER SHRT_MIN

/* More pins in one file, counting each name of each stanza, are -EBADMSG. */
#define DG_APT_PINS_MAX 10000

struct dg_apt_pin {
	char *package; /* one name, glob, "/regex/" or "src:NAME", as written; or "*" */
	char *pin;     /* on one line: "version 8.*", "release a=stable", "origin HOST" */
	int priority;  /* not 0; within a short, as in apt */
	size_t line;   /* where the stanza begins, from 1 */
};

struct dg_apt_preferences {
	struct dg_apt_pin *pins; /* in the file's order; a stanza's names one by one */
	size_t n_pins;
};

/*
 * Read a preferences file. As apt does, stanzas without Pin, and pins of a type other
 * than version, release and origin, are passed over; so is "version" for all packages.
 * -EBADMSG: apt would refuse the file (no Package, no priority), or it is not text;
 * *ret_why (may be NULL) says what and at which line, the caller frees it. -ENOMEM. Free
 * *ret with dg_apt_preferences_done().
 */
int dg_apt_preferences_parse(const char *text, size_t len, struct dg_apt_preferences *ret,
			     char **ret_why);

void dg_apt_preferences_done(struct dg_apt_preferences *p);
