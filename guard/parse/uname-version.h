/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel's own description of its build: what `uname -v` prints, and what stands behind
 * the release in an image's header. Forms:
 *
 *   #1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 (2024-04-05T11:03Z)	Proxmox; PVE 7: "PVE"
 *   #1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-05-01)	Debian
 *   #1 SMP Tue Apr  5 11:03:00 UTC 2024			the kernel's default
 *   #1 SMP PREEMPT_DYNAMIC Wed, 10 Apr 2024 20:11:08 +0000	others'
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum dg_uname_vendor {
	DG_UNAME_OTHER,
	DG_UNAME_PMX, /* Proxmox, since PVE 8 */
	DG_UNAME_PVE, /* Proxmox, before */
	DG_UNAME_DEBIAN,
};

struct dg_uname_version {
	int64_t build_time; /* seconds since the epoch; a bare date is its first second */
	enum dg_uname_vendor vendor;
	char *package_version; /* behind the vendor's mark; NULL: none */
};

/*
 * 0 and *ret is written: the caller clears it. -ENODATA: no date, or one before Linux
 * (1991), which reproducible builds put in its place. -EBADMSG: a date that does not
 * exist. -ENOMEM. Zones: offsets (+0200) and UTC are understood; any other name ("CEST")
 * is taken for UTC, an error of hours.
 */
int dg_uname_version_parse(const char *buf, size_t len, struct dg_uname_version *ret);
void dg_uname_version_clear(struct dg_uname_version *version);
