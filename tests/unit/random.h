/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random numbers that are the same in every run (xorshift64*), for generated tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static uint64_t random_state = 0x9e3779b97f4a7c15u;

/* 0 to n - 1. */
static inline size_t random_below(size_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (size_t)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % n;
}

static inline int sign_of(int r)
{
	return (r > 0) - (r < 0);
}
