/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within sink/: lines in files that others write too. Pure, for the tests. */
#pragma once

#include "policy/judge.h"

/* Whether a reboot, and nothing before it, is what puts things right. */
bool dg_reboot_cures(const struct dg_verdict *verdict);

/*
 * The `size` bytes at `old` (NULL: no such file) with `line` (NULL: with none) in the
 * place of the lines that are `mark`, or begin with it and a colon; other lines stay as
 * they are. *ret (*ret_size bytes, owned; NULL: no file) is what the file should be;
 * *ret_change is false where that is what it is. A file that is there and empty is a flag
 * that somebody else put up: it stays so. 0 or -ENOMEM.
 */
int dg_lines_replace(const char *old, size_t size, const char *mark, const char *line,
		     char **ret, size_t *ret_size, bool *ret_change);
