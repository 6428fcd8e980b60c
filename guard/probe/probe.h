/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `driftguard probe` found, and what it means in one sentence. */
#pragma once

#include "guard/probe/idle-wait.h"
#include "policy/facts.h"

struct dg_probe {
	const struct dg_facts *facts;	 /* kernel.release and ring are set */
	const struct dg_idle_test *test; /* NULL: not run, this is a tree */
	const char *conclusion;
};

/* The sentence; owned by the caller, NULL: out of memory. `test` may be NULL. */
char *dg_probe_conclude(const struct dg_ring *ring, const struct dg_idle_test *test);

/* Whether anything could be told at all, be it by the features or by the test. */
bool dg_probe_told(const struct dg_ring *ring, const struct dg_idle_test *test);

/* What is kept of a test: in the boot's record, and among the facts (probe). */
void dg_idle_result_make(const struct dg_idle_test *test, int64_t now,
			 struct dg_idle_result *ret);

/* Whether no process of this host gets a ring: QEMU then uses epoll. */
bool dg_probe_refused(const struct dg_ring *ring);
