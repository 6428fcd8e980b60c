/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a host: one table of collectors, each of which fills facts of its own.
 *
 * They run in one child process that hands over each one's facts as they come; the parent
 * takes what has arrived by the deadline and names what has not. A read that hangs (a
 * dead disk, a FUSE file system) or a collector that crashes costs its own facts only. */
#pragma once

#include "guard/base/root.h"
#include "policy/facts.h"

struct dg_collector {
	const char *name;
	/* The facts that this one fills, as dotted paths, NULL-terminated. */
	const char *const *fills;
	/* Never fails as a whole: what cannot be read becomes a gap. Every fact named in
	 * `fills` is set on return. Earlier collectors' facts are not to be counted on.
	 */
	void (*run)(const struct dg_root *root, struct dg_facts *facts);
};

extern const struct dg_collector dg_collect_host, dg_collect_kernel, dg_collect_ring,
	dg_collect_kernels, dg_collect_modules, dg_collect_dkms, dg_collect_packages,
	dg_collect_upgrades, dg_collect_preferences, dg_collect_boot, dg_collect_grub,
	dg_collect_efi, dg_collect_esps, dg_collect_partitions, dg_collect_ledger,
	dg_collect_guests, dg_collect_qemu, dg_collect_measured, dg_collect_ports,
	dg_collect_early, dg_collect_proven, dg_collect_actions, dg_collect_containers,
	dg_collect_membership;

/* In the order in which they run: the quick and sure ones first. */
const struct dg_collector *const *dg_collectors(size_t *ret_count);

/* Read the host at `root`. `now`: the time to judge as of, or NULL for the clock.
 * `deadline_ms` bounds the whole. 0 or a negative errno (no memory, no process). */
int dg_collect(const struct dg_root *root, const int64_t *now, int deadline_ms,
	       struct dg_facts **ret);

/* A shorter file is no initrd, but what a full disk or a power cut left of one: the
 * smallest that update-initramfs makes is far larger. */
#define DG_INITRD_MIN 4096

/* --- for collectors (collect/gap.c) --- */

/* What a failed read says about a fact: -ENOENT and -ENOTDIR: absent; -EBADMSG:
 * malformed; anything else: unreadable, with the reason in words. */
void dg_gap_from_errno(struct dg_meta *meta, int r, const char *path);
enum dg_state dg_state_from_errno(int r);
/* Why, in words that an admin understands: "no permission", "larger than the 4 MiB that
 * are read", "is not a regular file". */
const char *dg_errno_words(int r);
/* The first line of a small file, trimmed, as a fact. */
void dg_read_line_fact(const struct dg_root *root, const char *path, struct dg_str *fact);
