/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-boot's loader/loader.conf and loader/entries/NAME.conf: lines of a key, blanks
 * and a value; '#' begins a comment line. Read as systemd's src/boot/efi/boot.c does: a
 * value loses one pair of "…" around it; of a key that is repeated the last one counts,
 * except initrd and options, which add up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DG_LOADER_FILE_MAX    65536 /* bytes */
#define DG_LOADER_INITRDS_MAX 64

struct dg_loader_conf {
	char *default_entry; /* a pattern, or "@saved"; NULL: none */
	char *timeout;	     /* seconds or a word such as menu-force; NULL: none */
};

/* An entry of the Boot Loader Specification, type 1. */
struct dg_bls_entry {
	char *title;
	char *version;
	char *sort_key;
	char *machine_id;
	char *architecture;
	char *kernel;	/* `linux`; path on this file system */
	char *efi;	/* `efi`, likewise */
	char **initrds; /* in order */
	size_t n_initrds;
	char *options; /* joined by one blank */
};

/*
 * 0 and *ret is written: the caller clears it. Lines without a value and unknown keys are
 * passed over, as by systemd-boot. -EBADMSG: a NUL byte (a torn file), or beyond a cap
 * above; *ret_why (may be NULL) says, owned. -ENOMEM.
 */
int dg_loader_conf_parse(const char *buf, size_t len, struct dg_loader_conf *ret,
			 char **ret_why);
int dg_bls_entry_parse(const char *buf, size_t len, struct dg_bls_entry *ret,
		       char **ret_why);

void dg_loader_conf_clear(struct dg_loader_conf *conf);
void dg_bls_entry_clear(struct dg_bls_entry *entry);
