/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of reading guests, one file each, and reading a QEMU's program file. */
#pragma once

#include "guard/base/root-below.h"
#include "guard/collect/collect.h"

#define DG_GUESTS_MAX 65536

/*
 * Fill guest->running from the pid file `name` in the directory `run` (guests-running.c).
 * Absent: it does not run; the file may be left over, and its process gone or another
 * program's by now.
 */
void dg_guest_read_running(const struct dg_below *run, const char *name,
			   struct dg_guest *guest);
/* How a drive is opened: `aio` NULL, `direct` -1: not said (guests.c). */
void dg_guest_set_drive(struct dg_drive *fact, const char *aio, int direct);
/* Forget what was read of a guest's process, because it has ended. */
void dg_guest_set_ended(struct dg_guest *guest);

/* "103.conf", ".conf": the length of "103"; 0: another file. */
size_t dg_vmid_length(const char *name, const char *suffix);
/* What Proxmox is doing to a guest; NULL: nothing. */
void dg_guest_set_lock(struct dg_str *fact, const char *lock);
/*
 * The directory of this node's configurations of a kind (qemu-server, lxc), as
 * /etc/pve/KIND leads to on a live host, and the names in it; the caller closes and
 * frees. A negative errno: `meta` says why not.
 */
int dg_guest_configs_open(const struct dg_root *root, const char *kind,
			  struct dg_below *ret, char ***ret_names, struct dg_meta *meta);

/* Open /proc/PID; the caller closes *ret. */
int dg_guest_open(const struct dg_root *root, int64_t pid, struct dg_below *ret);

/* Fill running->waits (guests-threads.c) from the open /proc/PID. -ESRCH: the process has
 * ended meanwhile. */
int dg_guest_read_waits(const struct dg_below *proc, struct dg_running *running);

/*
 * Look once more, after a pause, at the threads that waited plainly, and for those that
 * were busy. A QEMU that opts out of iowait does wait plainly while block requests are in
 * flight, so one look is not to be believed; each wait's `looks` counts those that saw it
 * wait plainly.
 */
void dg_guests_look_again(const struct dg_root *root, unsigned int pause_us,
			  struct dg_facts *facts);
/* Whether another look may tell more: at a guest whose I/O threads all were busy, and,
 * where the kernel lets a waiter opt out, at plain waits. */
bool dg_guests_want_look(const struct dg_facts *facts, bool opt_out);
/* Whether any thread was seen to wait plainly. */
bool dg_guests_wait_plainly(const struct dg_facts *facts);

/*
 * Fill `binary`, all but `deleted`, from the program file called `path` whose status is
 * `st` (qemu-binary.c); `open` opens it, and is called only for a file that this process
 * has not read yet (by device, inode, size and times).
 */
void dg_read_binary(const struct stat *st, int (*open)(const void *arg, int *ret_fd),
		    const void *arg, const char *path, struct dg_binary *binary);
/* The same, where there is none to be had: what is inside is unreadable. */
void dg_set_binary_unread(int r, const char *path, struct dg_binary *binary);
