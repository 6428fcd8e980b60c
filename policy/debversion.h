/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debian package versions, [EPOCH:]UPSTREAM[-REVISION], in the order of deb-version(7).
 * Tested against `dpkg --compare-versions`.
 */
#pragma once

#include "policy/util.h"

/*
 * Negative, 0 or positive as `a` is earlier than, equal to or later than `b`. Never
 * fails: a version that dpkg refuses (an epoch that is no number, say) still has its
 * place in one total order, and one that dpkg only warns of has dpkg's place. Equal is
 * not the same: "1.0" equals "1.00-0".
 */
int dg_debversion_cmp(const char *a, const char *b);

/* Whether deb-version(7) allows this version; the upstream part starts with a digit. */
bool dg_debversion_valid(const char *version);

/*
 * The first two numbers of the upstream version: "1:10.2.1-2" has major 10 and minor 2.
 * A missing minor number is 0 ("7~rc1"). -1 where the upstream version does not start
 * with a number, or the number asked for does not fit an int.
 */
int dg_debversion_upstream_major(const char *version);
int dg_debversion_upstream_minor(const char *version);
