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
	int64_t time;  /* when it booted; of one that does not tell, `mtime` */
	int64_t mtime; /* when the file was written, seconds since the epoch */
};

/* Newest boot first, of equal times the one that was written last; those that cannot be
 * used come last. */
struct dg_history {
	struct dg_boot_file *files;
	size_t count;
};

/* Every *.json of the folder but hidden ones. No folder is an empty history. 0 or a
 * negative errno of dg_root_list(), or -ENOMEM. */
int dg_history_read(const struct dg_root *root, struct dg_history *ret);
void dg_history_clear(struct dg_history *history);
#define DG_HISTORY_CLEANUP DG_CLEANUP(dg_history_clear)

/*
 * Which boot `word` means: a kernel's release (its newest boot, rather one with a
 * sample), the beginning of a boot id of at least DG_BOOT_PREFIX_MIN digits, with or
 * without dashes, or a number as journalctl has it: 0 the newest, -1 the one before, 1
 * the oldest. -ENOENT, -ENOTUNIQ: *ret_why (owned) says which there are. The record is
 * the history's.
 */
int dg_history_pick(const struct dg_history *history, const char *word,
		    const struct dg_boot_record **ret, char **ret_why);
#define DG_BOOT_PREFIX_MIN 4

/* The newest boot's kernel as *ret_b and the last one before that is another as *ret_a,
 * each its newest boot, rather one with a sample. -ENOENT: *ret_why (owned) says what is
 * missing. */
int dg_history_pick_two(const struct dg_history *history,
			const struct dg_boot_record **ret_a,
			const struct dg_boot_record **ret_b, char **ret_why);

/*
 * This boot's file of `record`, with the verdict's document (may be NULL). Written whole
 * or not at all; where it would be larger than DG_BOOT_FILE_MAX, without its oldest
 * samples. Then the oldest boots beyond `keep` are removed, this one never. *ret_why
 * (owned) says what failed: -EINVAL: which boot this is, is not known; or as
 * dg_root_write().
 */
int dg_boot_write(const struct dg_root *root, const struct dg_boot_record *record,
		  struct json_object *verdict, size_t keep, char **ret_why);

/*
 * One run of `record` at a time: what a boot's record holds already is read before it is
 * written anew, and between the two nobody else may write. Waits up to `limit_ms`;
 * /run/driftguard/record.lock, as dg_lock_take() (guard/base/lock.h) with its errors.
 */
int dg_record_lock(const struct dg_root *root, int limit_ms, int *ret_fd, char **ret_why);

/* The last verdict of this boot, /run/driftguard/verdict.json; as dg_root_write(). */
int dg_verdict_write(const struct dg_root *root, struct json_object *verdict,
		     char **ret_why);
/* And read (verdict-file.c). -ENOENT: none was recorded; -EBADMSG: *ret_why (owned) says
 * what is wrong and where; others of dg_root_read(), -ENOMEM. */
int dg_verdict_read(const struct dg_root *root, struct dg_verdict **ret, char **ret_why);
/* Have apt's hook judge again behind the run of apt that is at work: its mark
 * (units/apt-hook.in). As dg_root_write(). */
int dg_record_again(const struct dg_root *root, char **ret_why);
/* A larger file is not read. */
#define DG_VERDICT_FILE_MAX ((size_t)4 * 1024 * 1024)

/* --- within record/ --- */

/* Names that are read of the folder. */
#define DG_BOOT_NAMES_MAX ((size_t)131072)

struct dg_folder;
extern const struct dg_folder dg_boots_folder;

/* Whether that is BOOT-ID.json. */
bool dg_is_boot_file(const char *name);
/* One file; only -ENOMEM is an error. */
int dg_boot_file_read(const struct dg_root *root, const char *name,
		      struct dg_boot_file *ret);
void dg_boot_file_clear(struct dg_boot_file *file);
/* Remove the oldest of the boots beyond `keep`, but never `boot_id`'s, and nothing that
 * is not called as a boot's file is. */
int dg_boots_retain(const struct dg_root *root, const char *boot_id, size_t keep,
		    char **ret_why);
