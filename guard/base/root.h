/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root handle: everything that is read from a host is read through one of these, be
 * the host this machine ("/") or a tree that lies somewhere (an offline disk, a support
 * bundle).
 *
 * A path is taken from the root, with or without a leading slash. Symbolic links and ".."
 * stay inside: an absolute link begins at the root again, and a climb ends there. That
 * holds only while every path is resolved from the root's own descriptor, so there is no
 * way to open anything below a directory that was opened before: join the paths instead.
 *
 * Trees may hold anything, so what a path leads to is looked at before it is opened: a
 * FIFO does not block, a device is not touched. Nothing is written, and no lock is taken.
 *
 * Errors that all functions share (others of open(2) and read(2) are passed on):
 *   -ENOENT   absent: it or a directory on the way is not there, or a link dangles
 *   -ENOTDIR  something on the way, or what was to be a directory, is none
 *   -EACCES, -EPERM  may not be read
 *   -ELOOP    links in a circle, or a magic link (/proc/PID/exe, see dg_root_proc_exe())
 *   -EISDIR   is a directory
 *   -ENOTSUP  is not a regular file (FIFO, socket, device) or another kind that was asked
 * for -EAGAIN   renames elsewhere disturbed the look-up every time, or a lease is held
 *   -ESTALE   was replaced by something else every time it was opened
 *   -ENOSYS   openat2(2) is not to be had: the kernel lacks it (before 5.6), or a filter
 *             takes it away (systemd's RestrictSUIDSGID=). Never of the root "/", which
 *             nothing can leave: there paths are walked (resolve.h). Of any other there
 *             is no safe second way.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "policy/util.h"

struct dg_root;

/* What dg_root_open() and dg_root_read_head() may open; to be combined with '|'. */
enum dg_root_kind {
	DG_ROOT_FILE = 1 << 0,
	DG_ROOT_BLOCK = 1 << 1,
	DG_ROOT_DIR = 1 << 2,
};

/* Open the directory `dir` as a root; its own path is resolved as usual, links and all.
 * How paths are resolved is decided here, once. */
int dg_root_new(const char *dir, struct dg_root **ret);
void dg_root_free(struct dg_root *root);
DG_DEFINE_CLEANUP(struct dg_root *, dg_root_free);
#define DG_ROOT_CLEANUP DG_CLEANUP(dg_root_freep)

/* Its descriptor, for a child that closes the others. */
int dg_root_fd(const struct dg_root *root);
/* Whether this is the root of the running system: the same directory as "/". */
bool dg_root_is_live(const struct dg_root *root);
/* Whether its paths are walked name by name, for want of openat2(2). */
bool dg_root_is_walked(const struct dg_root *root);

/* The directory as it was given to dg_root_new(), for messages; the root owns it. */
const char *dg_root_dir(const struct dg_root *root);

/*
 * A read-only descriptor (O_CLOEXEC, O_NONBLOCK) for what is there, which must be one of
 * `kinds`; links are followed. The caller closes it.
 */
int dg_root_open(const struct dg_root *root, const char *path, unsigned int kinds,
		 int *ret_fd);

/* Status of what is there; of the link itself where `follow` is false. */
int dg_root_stat(const struct dg_root *root, const char *path, bool follow,
		 struct stat *ret);

/* What the link at `path` says, unresolved; the caller frees it. -EINVAL: not a link. */
int dg_root_readlink(const struct dg_root *root, const char *path, char **ret);
/* Where the link `name` below the open `fd` leads, "" being `fd` itself; owned by the
 * caller. -ENAMETOOLONG: longer than a path may be. */
int dg_fd_readlink(int fd, const char *name, char **ret);

/*
 * The whole of a regular file of at most `cap` bytes; a larger one is -EFBIG, whatever
 * size it states (files of /proc state 0, those of /sys 4096). `*ret_data` is the
 * caller's to free and holds a NUL behind the data, which `*ret_size` does not count.
 */
int dg_root_read(const struct dg_root *root, const char *path, size_t cap,
		 char **ret_data, size_t *ret_size);

/*
 * At most `len` bytes from `offset` on of what is one of `kinds` (DG_ROOT_FILE,
 * DG_ROOT_BLOCK). Fewer, or none, where it ends before. The data is as in dg_root_read().
 */
int dg_root_read_head(const struct dg_root *root, const char *path, unsigned int kinds,
		      uint64_t offset, size_t len, char **ret_data, size_t *ret_size);

/* As dg_root_read_head(), from an open descriptor into the caller's buffer. */
int dg_fd_read_at(int fd, uint64_t offset, void *buf, size_t len, size_t *ret_size);

/*
 * The names in a directory without "." and "..", in byte order; more than `cap` are
 * -E2BIG. The array ends with NULL; free it with dg_names_free(). `ret_n` may be NULL.
 */
int dg_root_list(const struct dg_root *root, const char *path, size_t cap,
		 char ***ret_names, size_t *ret_n);
/* The same of an open directory; takes over the descriptor and sets *fd to -1. */
int dg_fd_list(int *fd, size_t cap, char ***ret_names, size_t *ret_n);
void dg_names_free(char **names);
DG_DEFINE_CLEANUP(char **, dg_names_free);
#define DG_NAMES_FREE DG_CLEANUP(dg_names_freep)

/*
 * Whether somebody holds a POSIX lock (fcntl(2), what dpkg and apt use; not flock(2)) on
 * any part of a regular file. The descriptor it opens and closes would drop locks of this
 * very process on that file: do not ask about a file that this process has locked.
 */
int dg_root_locked(const struct dg_root *root, const char *path, bool *ret);
/* The same, and who: the process that holds the lock, -1 if that cannot be told, 0 if
 * there is none. */
int dg_root_lock_owner(const struct dg_root *root, const char *path, int64_t *ret);

/*
 * A read-only descriptor for the program file that process `pid` runs, also one that was
 * deleted or replaced since; the caller closes it. On the live root this is the one place
 * where a magic link is followed, and only on a real procfs (else -ENODEV). In any other
 * tree proc/PID/exe is a path like others. -ENOENT or -ESRCH: no such process, or a
 * kernel thread; -EINVAL: `pid` is not positive.
 */
int dg_root_proc_exe(const struct dg_root *root, pid_t pid, int *ret_fd);
