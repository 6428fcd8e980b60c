/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Relations between packages, as in a Depends field: groups set off by ",", each one of
 * alternatives set off by "|" (deb-control(5)).
 */
#pragma once

#include "guard/parse/span.h"

struct dg_depends {
	struct dg_span rest; /* what has not been read */
	size_t group;	     /* of the alternative read last, from 1 */
};

struct dg_depends_item {
	size_t group;		   /* from 1; alternatives of one group share it */
	struct dg_span name;	   /* without ":any" or ":ARCHITECTURE" */
	struct dg_span qualifier;  /* "any"; empty: none */
	struct dg_span constraint; /* ">= 1.2", trimmed, not interpreted; empty: none */
};

/* Begin to read `s`, which must stay valid; NULL counts as empty. */
struct dg_depends dg_depends_begin(const char *s);

/*
 * The next alternative. 1: *ret_item is written, its spans lie in the string. 0: no more.
 * -EBADMSG: not a relation; then reading is over. Architecture ("[amd64]") and profile
 * ("<!nocheck>") restrictions are skipped, empty groups too.
 */
int dg_depends_next(struct dg_depends *d, struct dg_depends_item *ret_item);
