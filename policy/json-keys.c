/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "policy/json-keys.h"

#define ROOM_FIRST 64

void dg_json_keys_clear(struct dg_json_keys *keys)
{
	free(keys->open.items);
	free(keys->kept.items);
	free(keys->spare.items);
	free(keys->containers);
	*keys = (struct dg_json_keys){0};
}

/* Make room for `count` items of `size` bytes in the array at *items. */
static int array_grow(void *items, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room ? *room : ROOM_FIRST;
	void *grown;

	if (count <= *room)
		return 0;
	while (wanted < count)
		wanted *= 2;
	grown = reallocarray(*(void **)items, wanted, size);
	if (!grown)
		return -ENOMEM;
	*(void **)items = grown;
	*room = wanted;
	return 0;
}

static int entries_grow(struct dg_json_entries *entries, size_t count)
{
	return array_grow(&entries->items, &entries->room, count,
			  sizeof(*entries->items));
}

int dg_json_keys_add(struct dg_json_keys *keys, const struct dg_json_entry *entry)
{
	int r = entries_grow(&keys->open, keys->open.count + 1);

	if (r < 0)
		return r;
	keys->open.items[keys->open.count++] = *entry;
	return 0;
}

static int key_cmp(const struct dg_json_entry *a, const struct dg_json_entry *b)
{
	int r = memcmp(a->key, b->key, a->size < b->size ? a->size : b->size);

	return r ? r : (a->size > b->size) - (a->size < b->size);
}

/* Merge the sorted halves of from[0..n) into `to`; of equals the first stays first. */
static void merge(const struct dg_json_entry *from, size_t half, size_t n,
		  struct dg_json_entry *to)
{
	size_t a = 0, b = half;

	while (a < half || b < n) {
		bool first = b >= n || (a < half && key_cmp(&from[a], &from[b]) <= 0);

		*to++ = from[first ? a++ : b++];
	}
}

/* Merge sort from runs of one upwards: not libc's, which may read files, and not a
 * hash, which a hostile document could make slow. */
static void entries_sort(struct dg_json_entry *items, struct dg_json_entry *spare,
			 size_t n)
{
	for (size_t half = 1; half < n; half *= 2) {
		for (size_t i = 0; i < n; i += 2 * half) {
			size_t left = n - i;

			merge(items + i, half < left ? half : left,
			      2 * half < left ? 2 * half : left, spare + i);
		}
		memcpy(items, spare, n * sizeof(*items));
	}
}

int dg_json_keys_sort(struct dg_json_keys *keys, size_t first,
		      const struct dg_json_entry **ret_before,
		      const struct dg_json_entry **ret_again)
{
	size_t n = keys->open.count - first;
	const struct dg_json_entry *again = NULL;
	struct dg_json_entry *items;
	int r = entries_grow(&keys->spare, n);

	if (r < 0)
		return r;
	*ret_before = *ret_again = NULL;
	if (n < 2)
		return 0;
	items = keys->open.items + first;
	entries_sort(items, keys->spare.items, n);
	for (size_t i = 1; i < n; i++)
		if (key_cmp(&items[i - 1], &items[i]) == 0 &&
		    (!again || items[i].at < again->at))
			again = &items[i];
	*ret_before = again ? again - 1 : NULL;
	*ret_again = again;
	return 0;
}

void dg_json_keys_drop(struct dg_json_keys *keys, size_t first)
{
	keys->open.count = first;
}

int dg_json_keys_keep(struct dg_json_keys *keys, size_t first, bool is_array,
		      uint32_t *ret_container)
{
	size_t n = keys->open.count - first;
	int r = entries_grow(&keys->kept, keys->kept.count + n);

	if (r == 0)
		r = array_grow(&keys->containers, &keys->room_containers,
			       keys->n_containers + 1, sizeof(*keys->containers));
	if (r < 0)
		return r;
	if (n > 0)
		memcpy(keys->kept.items + keys->kept.count, keys->open.items + first,
		       n * sizeof(*keys->open.items));
	*ret_container = (uint32_t)keys->n_containers;
	keys->containers[keys->n_containers++] = (struct dg_json_container){
		.first = (uint32_t)keys->kept.count,
		.count = (uint32_t)n,
		.is_array = is_array,
	};
	keys->kept.count += n;
	dg_json_keys_drop(keys, first);
	return 0;
}

/* One byte of a pointer's part, "~0" and "~1" undone; -1 at its end or a wrong escape. */
static int part_next(const char **part)
{
	const char *s = *part;

	if (*s == '\0' || *s == '/')
		return -1;
	if (*s == '~' && s[1] != '0' && s[1] != '1')
		return -1;
	*part += *s == '~' ? 2 : 1;
	return *s == '~' ? (s[1] == '0' ? '~' : '/') : (unsigned char)*s;
}

static int part_cmp(const char *part, const struct dg_json_entry *entry)
{
	for (uint32_t i = 0; i < entry->size; i++) {
		int byte = part_next(&part), other = (unsigned char)entry->key[i];

		if (byte != other)
			return byte < other ? -1 : 1;
	}
	return part_next(&part) >= 0;
}

static const struct dg_json_entry *find_member(const struct dg_json_entry *items,
					       uint32_t n, const char *part)
{
	while (n > 0) {
		uint32_t half = n / 2;
		int r = part_cmp(part, &items[half]);

		if (r == 0)
			return &items[half];
		if (r > 0) {
			items += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return NULL;
}

static const struct dg_json_entry *find_element(const struct dg_json_entry *items,
						uint32_t n, const char *part)
{
	uint64_t index = 0;
	const char *start = part;

	for (; *part >= '0' && *part <= '9'; part++) {
		index = index * 10 + (uint64_t)(*part - '0');
		if (index >= n)
			return NULL;
	}
	if (part == start || (*part && *part != '/') ||
	    (*start == '0' && part > start + 1))
		return NULL;
	return &items[index];
}

const struct dg_json_entry *dg_json_keys_find(const struct dg_json_keys *keys,
					      uint32_t container, const char **part)
{
	const struct dg_json_container *c = &keys->containers[container];
	const struct dg_json_entry *items = keys->kept.items, *found;

	if (c->count == 0)
		return NULL;
	found = c->is_array ? find_element(items + c->first, c->count, *part)
			    : find_member(items + c->first, c->count, *part);
	while (part_next(part) >= 0)
		;
	return found && (**part == '\0' || **part == '/') ? found : NULL;
}
