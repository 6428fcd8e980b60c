/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs and kernel modules as ELF files: who built them, what they need, where their
 * constant text lies, what a module says of itself.
 * Read in pieces from a descriptor and never mapped, so that a file that is cut off while
 * it is read costs an error and no signal. Every range that the file states is held
 * against its size before anything is read or allocated for it.
 */
#pragma once

#include <stdint.h>

#include "policy/util.h"

#define DG_ELF_SECTIONS_MAX 4096
#define DG_ELF_NEEDED_MAX   512
#define DG_ELF_NAME_MAX	    256 /* bytes of a library's name */
#define DG_ELF_BUILD_ID_MAX 64	/* bytes; linkers write 16 or 20 */

struct dg_elf {
	char *build_id; /* hexadecimal, of the GNU note; NULL: none */
	char **needed;	/* DT_NEEDED, in order */
	size_t n_needed;
	uint64_t rodata_offset, rodata_size; /* of .rodata in the file; 0 0: none */
};

/*
 * Read the 64-bit little-endian ELF file behind `fd`, whose position stays. 0 and *ret is
 * written: the caller clears it. -EBADMSG: it is none, is cut off, lies about its
 * sections or is beyond a cap above; *ret_why (may be NULL) says, owned. -ENOMEM, or
 * another error of pread(2).
 */
int dg_elf_read(int fd, struct dg_elf *ret, char **ret_why);
/*
 * The value of a kernel module's `key` ("vermagic") in its .modinfo section, owned by the
 * caller. -ENODATA: it has none. Else as dg_elf_read().
 */
int dg_elf_read_modinfo(int fd, const char *key, char **ret, char **ret_why);

void dg_elf_clear(struct dg_elf *elf);

/* Whether it needs a library whose name begins with `prefix`: "liburing.so". */
bool dg_elf_needs(const struct dg_elf *elf, const char *prefix);
