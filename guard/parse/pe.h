/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of a PE image, as far as it tells whether the image carries signatures.
 * Source: Microsoft, "PE Format", Optional Header and Attribute Certificate Table; what
 * EFI firmware starts, kernels among them, is of this format.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "policy/util.h"

/* So many first bytes of an image are enough where its header stands near its start, as
 * that of every kernel does. */
#define DG_PE_HEAD 4096

struct dg_pe {
	uint16_t machine;    /* 0x8664: x86-64, 0xaa64: arm64 */
	bool wide;	     /* PE32+ */
	uint32_t signatures; /* offset of the certificate table in the file; 0: none */
	uint32_t signatures_size; /* bytes; 0: the image is not signed */
};

/*
 * Parse the first `len` bytes of a file of `file_size` bytes. -EMEDIUMTYPE: not PE;
 * -EBADMSG: damaged, cut short, its header beyond `len`, or its certificate table beyond
 * the file's end. `*ret_why` (if not NULL) then holds a malloc'd reason, or NULL without
 * memory. Whether a signature is good, and of whom, is not looked at.
 */
int dg_pe_parse(const void *data, size_t len, uint64_t file_size, struct dg_pe *ret,
		char **ret_why);
