/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fact that a collector reads for its own use. */
#pragma once

#include "guard/collect/collect.h"

static inline void dg_line_done(struct dg_str *line)
{
	free(line->value);
	free(line->meta.detail);
	*line = (struct dg_str){0};
}

/* For a `struct dg_str` that starts zeroed. */
#define DG_LINE_CLEANUP DG_CLEANUP(dg_line_done)

/* Hand the fact on. */
static inline void dg_line_give(struct dg_str *line, struct dg_str *fact)
{
	dg_line_done(fact);
	*fact = *line;
	*line = (struct dg_str){0};
}

/* host.id (host.c): a hash of the machine's id. */
void dg_read_host_id(const struct dg_root *root, struct dg_str *fact);
/* The host's name: as its kernel has it, else as its file says. */
static inline void dg_read_host_name(const struct dg_root *root, struct dg_str *fact)
{
	dg_read_line_fact(root, "proc/sys/kernel/hostname", fact);
	if (!dg_known(fact))
		dg_read_line_fact(root, "etc/hostname", fact);
}
