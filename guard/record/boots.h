/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records of boots: /var/lib/driftguard/boots/BOOT-ID.json. */
#pragma once

#include "guard/base/root.h"
#include "policy/boot-record.h"

/* A file of the folder. */
struct dg_boot_file {
	char *name;		       /* BOOT-ID.json */
	struct dg_boot_record *record; /* NULL: it cannot be used */
	char *why;		       /* then: why */
};

/* Newest boot first; those that cannot be used come last. */
struct dg_history {
	struct dg_boot_file *files;
	size_t count;
};

/* No folder is an empty history. 0 or a negative errno. */
int dg_history_read(const struct dg_root *root, struct dg_history *ret);
void dg_history_clear(struct dg_history *history);

/* This boot's file of `record`, with the verdict's document. Written whole or not at all;
 * then the oldest boots beyond `keep` are removed, this one never. *ret_why (owned) says
 * what failed. */
int dg_boot_write(const struct dg_root *root, const struct dg_boot_record *record,
		  struct json_object *verdict, size_t keep, char **ret_why);
