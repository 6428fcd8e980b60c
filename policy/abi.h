/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel ABIs, the strings of `uname -r` and of /boot: "7.0.6-2-pve",
 * "6.14.11-9-bpo12-pve", "6.1.0-44-amd64", "6.12.43+deb13-cloud-amd64". They are ordered
 * by their numbers: 7.0.14-17 is later than 7.0.14-6, and 6.14 than 6.5.
 */
#pragma once

#include <stdint.h>
#include "policy/util.h"

#define DG_ABI_MAX     64 /* characters; Linux's own limit for `uname -r` (__NEW_UTS_LEN) */
#define DG_ABI_NUMBERS 8
#define DG_SERIES_SIZE sizeof("4294967295.4294967295")

/*
 * The numbers up to the first part that is none: "6.14.11-9-bpo12-pve" has 6 14 11 9.
 * Missing ones are 0, one past 32 bits is UINT32_MAX, those past DG_ABI_NUMBERS are not
 * kept. `rc` is N of an "-rcN" that follows the numbers, else UINT32_MAX: a release is
 * later than its candidates.
 */
struct dg_abi {
	uint32_t numbers[DG_ABI_NUMBERS];
	size_t count;
	uint32_t rc;
};

/*
 * Whether `abi` is fit to stand in a path or an argument: 1 to DG_ABI_MAX characters of
 * [A-Za-z0-9.+~_-], the first a digit, no "..". To be asked before any such use.
 */
bool dg_abi_valid(const char *abi);

/* 0, or -EBADMSG where `abi` is not valid. */
int dg_abi_parse(const char *abi, struct dg_abi *ret_abi);

/*
 * Negative, 0 or positive; 0 only for the same string. By the numbers, then release
 * candidates below the release, then Debian's order of the whole, then bytes. Never
 * fails; a string that does not start with a number comes first.
 */
int dg_abi_cmp(const char *a, const char *b);

/* The first two numbers, "7.0" for "7.0.6-2-pve". -EBADMSG where `abi` is not valid or
 * has only one. */
int dg_abi_series(const char *abi, char ret_series[static DG_SERIES_SIZE]);

/* Order of series, by all their numbers: "6.5" < "6.17" < "7.0". */
int dg_series_cmp(const char *a, const char *b);

/*
 * What stands behind the numbers and tells builds of one version apart: "rt-amd64" of
 * "6.12.96+deb13-rt-amd64", "bpo12-pve" of "6.14.11-9-bpo12-pve", "" of "6.18.3" and of
 * "6.18-rc3". A pointer into `abi`.
 */
const char *dg_abi_flavour(const char *abi);

/* Whether this is a kernel of Proxmox's own. */
bool dg_abi_is_pve(const char *abi);

/*
 * The ABI in the name of a kernel image, "vmlinuz-7.0.6-2-pve": a pointer into `name`.
 * NULL for any other file: an initrd, a copy that a person, dpkg or an editor left
 * (".bak", ".old", ".dpkg-tmp", "~"), or an ABI that is not valid.
 */
const char *dg_abi_from_image(const char *name);
