/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within guard/act/: signals that ask a program to end wait while it acts. They do come
 * to the commands, which have groups of their own, and whose end is then a failure. */
#pragma once

#include <signal.h>

#include "policy/util.h"

struct dg_quiet {
	sigset_t before;
};

static inline void dg_quiet_begin(struct dg_quiet *quiet)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &quiet->before);
}

static inline void dg_quiet_end(struct dg_quiet *quiet)
{
	sigprocmask(SIG_SETMASK, &quiet->before, NULL);
}

/* clang takes a variable that only its end reads for an unused one. */
#define DG_QUIET_CLEANUP DG_CLEANUP(dg_quiet_end) __attribute__((unused))
