/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing below a root, as everything is written here: whole or not at all. A file is
 * made under another name in the same folder, filled, flushed to disk and renamed, so
 * that whoever reads it sees the old one or the new one; then the folder is flushed.
 *
 * The folder is one of ours below one of the system's. Of the latter, links are followed
 * inside the root (a host may have moved its /var). From there on nothing but a real
 * directory that belongs to this user and that nobody else may write is entered: in a
 * folder that somebody else can write, a name may lead anywhere.
 *
 * Errors of all functions, with *ret_why (owned) naming the file, what was being done,
 * and why it failed:
 *   -ENOENT, -ENOTDIR  the system's folder is not there, or one of others; for
 *             dg_root_remove() also ours
 *   -ELOOP    one of our folders is a symbolic link
 *   -EPERM    one of our folders belongs to somebody else, or others may write it
 *   -EINVAL   a name that is empty, begins with a dot or holds a slash
 *   others    of open(2), write(2), fsync(2), rename(2): -ENOSPC, -EROFS, -EACCES, -EIO
 */
#pragma once

#include "guard/base/root.h"

struct dg_folder {
	const char *base;  /* the system's, "/var/lib": has to be there */
	const char *below; /* ours, "driftguard/boots": made where missing, mode 0755 */
	/* `below` is another program's, "prometheus/node-exporter": it has to be there,
	 * and whoever owns it may do there what they like; still no link in it is
	 * followed, and what is written is not more than one file of that name. */
	bool others;
};

/* /var/lib/driftguard, which outlives a boot, and /run/driftguard, which does not. */
extern const struct dg_folder dg_state_folder, dg_run_folder;

/*
 * Put the `size` bytes at `data` into the file `name` of the folder, with mode `mode`
 * whatever the umask; what has that name, a link too, is replaced and never followed. On
 * failure nothing is left of the new file, and the old one is untouched (but where the
 * last step failed, flushing the folder). What earlier writers left unfinished because
 * they were killed is removed on the way.
 */
int dg_root_write(const struct dg_root *root, const struct dg_folder *folder,
		  const char *name, const void *data, size_t size, mode_t mode,
		  char **ret_why);

/* Whether that failed because nothing can be written where the folder lies: the file
 * system is read-only or full. */
bool dg_has_no_room(int r);

/* Remove the file `name` (of a link, the link) of the folder. -ENOENT: it is not there.
 */
int dg_root_remove(const struct dg_root *root, const struct dg_folder *folder,
		   const char *name, char **ret_why);
/* The same, where it is as good if there is none; then nothing is written, so that a
 * read-only file system is no error. */
int dg_root_drop(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, char **ret_why);

/*
 * Make the link `name` of the folder, that says `target`. Of a link that says so already
 * nothing is changed. -EEXIST: something else has that name, which is left alone.
 */
int dg_root_link(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, const char *target, char **ret_why);

/* The folder itself, made where missing, for a file `name` that is not replaced but used
 * (a lock). The caller closes it. */
int dg_root_folder(const struct dg_root *root, const struct dg_folder *folder,
		   const char *name, int *ret_fd, char **ret_why);

/* What unfinished files are called: this and DG_UNFINISHED_DIGITS hexadecimal digits. */
#define DG_UNFINISHED	     ".driftguard-"
#define DG_UNFINISHED_DIGITS 16
/* Seconds after which nobody is still writing one. */
#define DG_UNFINISHED_AGE 3600
