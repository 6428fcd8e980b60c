/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cleanup attributes for descriptors and streams. The handlers keep errno, so that a
 * scope may be left with an error still to be looked at.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "policy/util.h"

/* Close `*fd` unless it is negative. */
static inline void dg_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void dg_closedirp(DIR **d)
{
	int saved = errno;

	if (*d)
		closedir(*d);
	errno = saved;
}

static inline void dg_fclosep(FILE **f)
{
	int saved = errno;

	if (*f)
		fclose(*f);
	errno = saved;
}

/* For an `int` that holds a descriptor; -1 while it holds none. */
#define DG_CLOSE    DG_CLEANUP(dg_closep)
#define DG_CLOSEDIR DG_CLEANUP(dg_closedirp)
#define DG_FCLOSE   DG_CLEANUP(dg_fclosep)

/* Hand a descriptor on and forget it; DG_STEAL() does the same for pointers. */
static inline int dg_steal_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}
