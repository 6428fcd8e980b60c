/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include "policy/abi.h"
#include "policy/debversion.h"

static bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool char_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool dg_abi_valid(const char *abi)
{
	size_t n = strnlen(abi, DG_ABI_MAX + 1);

	if (n == 0 || n > DG_ABI_MAX || !char_is_digit(abi[0]) || strstr(abi, ".."))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!char_is_digit(abi[i]) && !char_is_letter(abi[i]) &&
		    !strchr(".+~_-", abi[i]))
			return false;
	return true;
}

/* A whole part that is a number: "9" of "9-bpo12", but not "9x". NULL where it is none.
 */
static const char *take_part(const char *s, uint32_t *ret_value)
{
	const char *start = s;
	uint32_t value = 0;

	for (; char_is_digit(*s); s++) {
		uint32_t digit = (uint32_t)(*s - '0');

		value = value > (UINT32_MAX - digit) / 10 ? UINT32_MAX
							  : value * 10 + digit;
	}
	if (s == start || (*s && !strchr(".-+~_", *s)))
		return NULL;
	*ret_value = value;
	return s;
}

/* Reads what there is of numbers in any string at all. */
static struct dg_abi abi_read(const char *s)
{
	struct dg_abi abi = {.rc = UINT32_MAX};
	const char *rest = NULL, *next;
	uint32_t value;

	while ((next = take_part(s, &value))) {
		if (abi.count < DG_ABI_NUMBERS)
			abi.numbers[abi.count++] = value;
		rest = next;
		if (*rest != '.' && *rest != '-')
			break;
		s = rest + 1;
	}
	if (rest && (*rest == '-' || *rest == '~') && (s = dg_after(rest + 1, "rc")) &&
	    take_part(s, &value))
		abi.rc = value;
	return abi;
}

int dg_abi_parse(const char *abi, struct dg_abi *ret_abi)
{
	if (!dg_abi_valid(abi))
		return -EBADMSG;
	*ret_abi = abi_read(abi);
	return 0;
}

static int numbers_cmp(const struct dg_abi *a, const struct dg_abi *b)
{
	if (!a->count != !b->count)
		return a->count ? 1 : -1;
	for (size_t i = 0; i < DG_ABI_NUMBERS; i++)
		if (a->numbers[i] != b->numbers[i])
			return a->numbers[i] < b->numbers[i] ? -1 : 1;
	return 0;
}

int dg_abi_cmp(const char *a, const char *b)
{
	struct dg_abi abi_a = abi_read(a), abi_b = abi_read(b);
	int r = numbers_cmp(&abi_a, &abi_b);

	if (r == 0 && abi_a.rc != abi_b.rc)
		r = abi_a.rc < abi_b.rc ? -1 : 1;
	if (r == 0)
		r = dg_debversion_cmp(a, b);
	return r ? r : strcmp(a, b);
}

int dg_abi_series(const char *abi, char ret_series[static DG_SERIES_SIZE])
{
	struct dg_abi parsed;
	int r = dg_abi_parse(abi, &parsed);

	if (r < 0)
		return r;
	if (parsed.count < 2)
		return -EBADMSG;
	snprintf(ret_series, DG_SERIES_SIZE, "%u.%u", parsed.numbers[0],
		 parsed.numbers[1]);
	return 0;
}

int dg_series_cmp(const char *a, const char *b)
{
	struct dg_abi series_a = abi_read(a), series_b = abi_read(b);

	return numbers_cmp(&series_a, &series_b);
}

/* "rc3", as a part of a name. */
static bool part_is_candidate(const char *s)
{
	const char *number = dg_after(s, "rc");

	return number && char_is_digit(*number);
}

const char *dg_abi_flavour(const char *abi)
{
	for (; *abi; abi++)
		if (abi[0] == '-' && char_is_letter(abi[1]) &&
		    !part_is_candidate(abi + 1))
			return abi + 1;
	return abi;
}

bool dg_abi_is_pve(const char *abi)
{
	return dg_ends_with(abi, "-pve");
}

/* What is appended to an image's name where it is put aside, or to a signature of it. */
static bool name_is_leftover(const char *name)
{
	static const char *const endings[] = {
		".bak", ".old",	    ".orig",   ".new",	".tmp",
		".sig", ".rpmsave", ".rpmnew", ".save", "~",
	};

	if (strstr(name, ".dpkg-"))
		return true;
	for (size_t i = 0; i < DG_COUNT(endings); i++)
		if (dg_ends_with(name, endings[i]))
			return true;
	return false;
}

const char *dg_abi_from_image(const char *name)
{
	const char *abi = dg_after(name, "vmlinuz-");

	return abi && dg_abi_valid(abi) && !name_is_leftover(abi) ? abi : NULL;
}
