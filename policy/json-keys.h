/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which keys and elements the objects and arrays of a document hold, and where. */
#pragma once

#include <stdint.h>
#include "policy/util.h"

#define DG_JSON_NO_CHILD UINT32_MAX

/* A member of an object, or an element of an array (`key` is NULL then). */
struct dg_json_entry {
	const char *key; /* borrowed, `size` bytes, escapes undone */
	uint32_t size;
	uint32_t at, line; /* in the text */
	uint32_t child;	   /* the container that is its value, or DG_JSON_NO_CHILD */
};

/* An object's entries are sorted by key, an array's are in its order. */
struct dg_json_container {
	uint32_t first, count;
	bool is_array;
};

struct dg_json_entries {
	struct dg_json_entry *items;
	size_t count, room;
};

struct dg_json_keys {
	struct dg_json_entries open;  /* of the containers not closed yet, a stack */
	struct dg_json_entries kept;  /* of those closed */
	struct dg_json_entries spare; /* to sort in */
	struct dg_json_container *containers;
	size_t n_containers, room_containers;
};

void dg_json_keys_clear(struct dg_json_keys *keys);

/* Add to the container that is open innermost. 0 or -ENOMEM. */
int dg_json_keys_add(struct dg_json_keys *keys, const struct dg_json_entry *entry);

/*
 * Sort the entries from `first` on of the open stack by key, and find the earliest that
 * says a key again: *ret_again, and *ret_before the one before it; NULL where all
 * differ. They live until the next call. 0 or -ENOMEM.
 */
int dg_json_keys_sort(struct dg_json_keys *keys, size_t first,
		      const struct dg_json_entry **ret_before,
		      const struct dg_json_entry **ret_again);

/* Close the innermost container, whose entries begin at `first` of the open stack:
 * forget them, or keep them and number the container. 0 or -ENOMEM. */
void dg_json_keys_drop(struct dg_json_keys *keys, size_t first);
int dg_json_keys_keep(struct dg_json_keys *keys, size_t first, bool is_array,
		      uint32_t *ret_container);

/* The entry that the first of a JSON pointer's parts names in a container; *part starts
 * behind a "/" and is moved to the part's end. NULL where there is none. */
const struct dg_json_entry *dg_json_keys_find(const struct dg_json_keys *keys,
					      uint32_t container, const char **part);
