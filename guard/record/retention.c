/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many boots are kept. */
#include <errno.h>

#include "guard/base/write.h"
#include "guard/record/boots.h"
#include "policy/text.h"

/* A boot's file, as far as it decides which go first. */
struct candidate {
	const char *name;
	int64_t time, mtime;
};

/* Oldest first. A boot whose clock stood at 1970 says so of itself, and goes before
 * those that know when they were. */
static int compare_age(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->mtime != y->mtime)
		return x->mtime < y->mtime ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool is_of(const char *name, const char *boot_id)
{
	return dg_streq(dg_after(name, boot_id), ".json");
}

static int find_candidate(const struct dg_root *root, const char *name,
			  struct candidate *ret)
{
	DG_CLEANUP(dg_boot_file_clear) struct dg_boot_file file = {0};
	int r = dg_boot_file_read(root, name, &file);

	if (r < 0)
		return r;
	*ret = (struct candidate){.name = name, .time = file.time, .mtime = file.mtime};
	return 0;
}

/* All of `names` that are other boots' files; they are not copied. */
static int find_candidates(const struct dg_root *root, char **names, const char *boot_id,
			   struct candidate *candidates, size_t *ret_count)
{
	size_t count = 0;

	for (; *names; names++) {
		int r;

		if (!dg_is_boot_file(*names) || is_of(*names, boot_id))
			continue;
		r = find_candidate(root, *names, &candidates[count]);
		if (r < 0)
			return r;
		count++;
	}
	qsort(candidates, count, sizeof(*candidates), compare_age);
	*ret_count = count;
	return 0;
}

static size_t count_files(char **names)
{
	size_t count = 0;

	for (; *names; names++)
		count += dg_is_boot_file(*names);
	return count;
}

static int remove_oldest(const struct dg_root *root, const struct candidate *candidates,
			 size_t count, char **ret_why)
{
	for (size_t i = 0; i < count; i++) {
		DG_FREE char *why = NULL;
		int r = dg_root_remove(root, &dg_boots_folder, candidates[i].name, &why);

		if (r < 0 && r != -ENOENT) { /* another run may have been faster */
			*ret_why = DG_STEAL(why);
			return r;
		}
	}
	return 0;
}

int dg_boots_retain(const struct dg_root *root, const char *boot_id, size_t keep,
		    char **ret_why)
{
	DG_NAMES_FREE char **names = NULL;
	DG_FREE struct candidate *candidates = NULL;
	size_t n, count = 0, others = keep ? keep - 1 : 0;
	int r = dg_root_list(root, DG_BOOTS_DIR, DG_BOOT_NAMES_MAX, &names, &n);

	/* Nearly always; only then are they read. */
	if (r == 0 && count_files(names) <= others + 1)
		return 0;
	if (r == 0) {
		candidates = calloc(n, sizeof(*candidates));
		r = candidates ? find_candidates(root, names, boot_id, candidates, &count)
			       : -ENOMEM;
	}
	if (r < 0) {
		const char *words = strerrordesc_np(-r);

		*ret_why = dg_format("cannot tell which records of %s are the oldest: %s",
				     DG_BOOTS_DIR, words ? words : "unknown error");
		return r;
	}
	return count > others ? remove_oldest(root, candidates, count - others, ret_why)
			      : 0;
}
