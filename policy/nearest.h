/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/util.h"

/*
 * The candidate that `word` was probably meant to be: at most two letters inserted,
 * left out, changed or swapped with their neighbour, and at least one that stays. The
 * first of the nearest, or NULL; words past 64 bytes are near to none. NULL candidates
 * are passed over.
 */
const char *dg_nearest_word(const char *word, const char *const candidates[], size_t n);
