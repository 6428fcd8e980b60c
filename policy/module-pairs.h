/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules whose userland must fit them. One row a pair, each with its own rule. */
#pragma once

#include "policy/util.h"

struct dg_module_pair {
	const char *module; /* as in /sys/module */
	/* Packages of the userland, the one that tells most first; NULL-terminated. */
	const char *const *packages;
	/* A user library that names its version, "libNAME.so.1" being a link to
	 * "libNAME.so.VERSION"; NULL: none. It speaks where no package does. */
	const char *library;
	/* Whether the two go together. `userland` is a package's version or the
	 * library's. */
	bool (*fits)(const char *module, const char *userland);
	const char *rule;   /* what `fits` asks for, in words */
	const char *remedy; /* what to do where they do not */
};

/* The row of a module; NULL: it has none. */
const struct dg_module_pair *dg_module_pair_find(const char *module);

extern const struct dg_module_pair dg_module_pairs[];
extern const size_t dg_module_pair_count;
