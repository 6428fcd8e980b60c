/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the recorded boots somebody means. */
#include <errno.h>

#include "guard/record/boots.h"
#include "policy/compare.h"
#include "policy/nearest.h"
#include "policy/text.h"

#define TOLD_MAX 8 /* boots that a message names */

/* Those that can be used stand in front. */
static size_t count_usable(const struct dg_history *history)
{
	size_t count = 0;

	while (count < history->count && history->files[count].record)
		count++;
	return count;
}

static const char *id_at(const struct dg_history *history, size_t i)
{
	return dg_get(&history->files[i].record->boot_id);
}

static const char *kernel_at(const struct dg_history *history, size_t i)
{
	return dg_get(&history->files[i].record->kernel);
}

/* The newest boot of a kernel, rather one with a sample; NULL: none. */
static const struct dg_boot_record *find_kernel(const struct dg_history *history,
						const char *release)
{
	const struct dg_boot_record *newest = NULL;
	size_t count = count_usable(history);

	for (size_t i = 0; i < count; i++) {
		const struct dg_boot_record *record = history->files[i].record;

		if (!dg_streq(kernel_at(history, i), release))
			continue;
		if (dg_boot_sample(record))
			return record;
		if (!newest)
			newest = record;
	}
	return newest;
}

/* --- numbers --- */

/* "0", "-12", "3"; longer than an id's least beginning it is none. */
static bool parse_number(const char *word, int *ret)
{
	const char *digits = word + (*word == '-');
	size_t n = strspn(digits, "0123456789");
	int value = 0;

	if (n == 0 || digits[n] || n > (*word == '-' ? 6 : DG_BOOT_PREFIX_MIN - 1))
		return false;
	while (*digits)
		value = value * 10 + (*digits++ - '0');
	*ret = *word == '-' ? -value : value;
	return true;
}

static int pick_number(const struct dg_history *history, int number,
		       const struct dg_boot_record **ret, char **ret_why)
{
	size_t count = count_usable(history);
	size_t back = number <= 0 ? (size_t)-number : count - (size_t)number;

	if (back >= count) {
		*ret_why =
			dg_format("there is no boot %d among the %zu that are recorded",
				  number, count);
		return -ENOENT;
	}
	*ret = history->files[back].record;
	return 0;
}

/* --- ids --- */

static char lower(char c)
{
	return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

/* journalctl shows ids without dashes. */
static bool begins_with(const char *id, const char *word)
{
	while (*word) {
		if (*word == '-') {
			word++;
			continue;
		}
		id += *id == '-';
		if (lower(*id) != lower(*word))
			return false;
		id++;
		word++;
	}
	return true;
}

static bool is_prefix(const char *word)
{
	size_t digits = 0;

	for (const char *p = word; *p; p++) {
		if (!strchr("0123456789abcdefABCDEF-", *p))
			return false;
		digits += *p != '-';
	}
	return digits >= DG_BOOT_PREFIX_MIN;
}

static char *tell_ambiguous(const struct dg_history *history, const char *word)
{
	DG_FREE char *all = dg_format("more than one boot begins with %s:", word);
	size_t count = count_usable(history), told = 0;

	for (size_t i = 0; i < count && all; i++) {
		char *longer;

		if (!begins_with(id_at(history, i), word))
			continue;
		if (told == TOLD_MAX)
			return dg_format("%s and more", all);
		longer = dg_format("%s%s %s (%s)", all, told++ ? "," : "",
				   id_at(history, i), kernel_at(history, i));
		free(all);
		all = longer;
	}
	return DG_STEAL(all);
}

static int pick_prefix(const struct dg_history *history, const char *word,
		       const struct dg_boot_record **ret, char **ret_why)
{
	const struct dg_boot_record *found = NULL;
	size_t count = count_usable(history);

	for (size_t i = 0; i < count; i++) {
		if (!begins_with(id_at(history, i), word))
			continue;
		if (found) {
			*ret_why = tell_ambiguous(history, word);
			return -ENOTUNIQ;
		}
		found = history->files[i].record;
	}
	if (!found)
		return -ENOENT;
	*ret = found;
	return 0;
}

/* --- all ways --- */

/* "...: did you mean 7.0.6-2-pve?" */
static char *tell_missing(const struct dg_history *history, const char *word)
{
	size_t count = count_usable(history);
	const char **kernels = calloc(count + 1, sizeof(*kernels));
	const char *near = NULL;
	char *text;

	for (size_t i = 0; i < count && kernels; i++)
		kernels[i] = kernel_at(history, i);
	if (kernels)
		near = dg_nearest_word(word, kernels, count);
	text = dg_format("no recorded boot is called \"%s\"%s%s%s; driftguard history "
			 "lists them",
			 word, near ? ": did you mean " : "", near ? near : "",
			 near ? "?" : "");
	free(kernels);
	return text;
}

int dg_history_pick(const struct dg_history *history, const char *word,
		    const struct dg_boot_record **ret, char **ret_why)
{
	const struct dg_boot_record *found = find_kernel(history, word);
	int number, r = -ENOENT;

	if (found) {
		*ret = found;
		return 0;
	}
	if (parse_number(word, &number))
		return pick_number(history, number, ret, ret_why);
	if (is_prefix(word))
		r = pick_prefix(history, word, ret, ret_why);
	if (r == -ENOENT)
		*ret_why = tell_missing(history, word);
	return r;
}

int dg_history_pick_two(const struct dg_history *history,
			const struct dg_boot_record **ret_a,
			const struct dg_boot_record **ret_b, char **ret_why)
{
	size_t count = count_usable(history), other = 1;

	if (count == 0) {
		*ret_why = strdup("no boot is recorded yet; driftguard record does it");
		return -ENOENT;
	}
	while (other < count &&
	       dg_streq(kernel_at(history, other), kernel_at(history, 0)))
		other++;
	if (other == count) {
		*ret_why =
			dg_format("only one kernel is recorded, %s, by %zu boot%s; name "
				  "two boots to compare those",
				  kernel_at(history, 0), count, count > 1 ? "s" : "");
		return -ENOENT;
	}
	*ret_a = find_kernel(history, kernel_at(history, other));
	*ret_b = find_kernel(history, kernel_at(history, 0));
	return 0;
}
