/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include "policy/grub-menu.h"
#include "policy/util.h"

/* What GRUB's isspace() knows. */
static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (unsigned int)(c - 'A') + 10;
	return UINT_MAX;
}

/*
 * The number that `s` begins with, as GRUB's strtoul() reads it with base 0. False: none.
 * One that does not fit becomes INT_MAX, which is beyond every menu.
 */
static bool number_begins(const char *s, int *ret)
{
	unsigned int base = 10;
	uint64_t v = 0;
	bool found = false;

	while (is_space(*s))
		s++;
	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1] >= '0' && s[1] <= '7') {
		base = 8;
	}
	for (; digit_value(*s) < base; s++, found = true) {
		v = v * base + digit_value(*s);
		if (v > INT_MAX)
			v = INT_MAX;
	}
	if (found)
		*ret = (int)v;
	return found;
}

/* Whether the selector's first part is `name`, its ">>" read as '>'. */
static bool part_is(const char *selector, const char *name)
{
	if (!name)
		return false;
	for (;; selector++, name++) {
		if (*selector == '>') {
			if (selector[1] != '>')
				return *name == '\0';
			selector++;
		}
		if (*selector != *name)
			return false;
		if (*name == '\0')
			return true;
	}
}

/* What stands behind the first part's '>': NULL where the selector ends with the part. */
static const char *part_next(const char *selector)
{
	for (; *selector; selector++) {
		if (*selector != '>')
			continue;
		if (selector[1] != '>')
			return selector[1] ? selector + 1 : NULL;
		selector++;
	}
	return NULL;
}

/* The array's index of the parent's child number `number`, or -1. */
static int child_at(const struct dg_grub_entry_ref *entries, size_t n, int parent,
		    int number)
{
	size_t i;

	for (i = (size_t)(parent + 1); i < n; i++)
		if (entries[i].parent == parent && number-- == 0)
			return (int)i;
	return -1;
}

/* The parent's first child whose title or id is the selector's first part. */
static int child_named(const struct dg_grub_entry_ref *entries, size_t n, int parent,
		       const char *selector, enum dg_grub_match *ret_how)
{
	size_t i;

	for (i = (size_t)(parent + 1); i < n; i++) {
		if (entries[i].parent != parent)
			continue;
		if (part_is(selector, entries[i].id)) {
			*ret_how = DG_GRUB_BY_ID;
			return (int)i;
		}
		if (part_is(selector, entries[i].title)) {
			*ret_how = DG_GRUB_BY_TITLE;
			return (int)i;
		}
	}
	return -1;
}

/* Select in one menu; -1 where it is empty. */
static int select_child(const struct dg_grub_entry_ref *entries, size_t n, int parent,
			const char *selector, enum dg_grub_match *ret_how)
{
	int number, at;

	if (!selector || !*selector) {
		*ret_how = DG_GRUB_BY_POSITION;
		return child_at(entries, n, parent, 0);
	}
	if (number_begins(selector, &number)) {
		*ret_how = DG_GRUB_BY_NUMBER;
		at = child_at(entries, n, parent, number);
	} else {
		at = child_named(entries, n, parent, selector, ret_how);
	}
	if (at >= 0)
		return at;
	*ret_how = DG_GRUB_FELL_BACK;
	return child_at(entries, n, parent, 0);
}

/* Parents come first and are submenus: so every walk downwards ends. */
static bool entries_are_sound(const struct dg_grub_entry_ref *entries, size_t n)
{
	size_t i;

	if (n > INT_MAX)
		return false;
	for (i = 0; i < n; i++) {
		int parent = entries[i].parent;

		if (parent < -1 || parent >= (int)i)
			return false;
		if (parent >= 0 && !entries[parent].submenu)
			return false;
	}
	return true;
}

int dg_grub_resolve(const struct dg_grub_entry_ref *entries, size_t n,
		    const char *selector, struct dg_grub_target *ret)
{
	enum dg_grub_match worst = DG_GRUB_BY_ID, how;
	int at = -1, depth;

	if (!entries_are_sound(entries, n))
		return -EINVAL;
	for (depth = 0; depth < DG_GRUB_DEPTH_MAX; depth++) {
		at = select_child(entries, n, at, selector, &how);
		if (at < 0)
			return -ENOENT;
		if (how > worst)
			worst = how;
		if (!entries[at].submenu) {
			*ret = (struct dg_grub_target){.index = at, .how = worst};
			return 0;
		}
		selector = selector ? part_next(selector) : NULL;
	}
	return -ELOOP;
}
