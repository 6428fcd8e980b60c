/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The version in a QEMU's read-only data: what `qemu --version` prints is there as one
 * text, with the packager's own version in parentheses. Seen:
 *	QEMU emulator version 10.1.2 (pve-qemu-kvm_10.1.2-7)
 *	QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)
 *	QEMU emulator version 9.1.50 (v9.1.0-1-gdeadbee)
 */
#pragma once

#include <stddef.h>

/* From the start of such a text, what has to be in one piece for its version to show. */
#define DG_QEMU_VERSION_TEXT 256

/*
 * Find the first such text in `buf`. *ret (owned by the caller) is the packager's version
 * where it is Proxmox's ("10.1.2-7") or Debian's ("1:7.2+dfsg-7+deb12u18+b3", always with
 * an epoch), else QEMU's own ("9.1.50"). 0, -ENOENT (none, or it is cut off by the end of
 * `buf`) or -ENOMEM. Linear in `len`.
 */
int dg_qemu_version_find(const char *buf, size_t len, char **ret);
