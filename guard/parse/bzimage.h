/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of an x86 kernel image. Source: Linux, Documentation/arch/x86/boot.rst, "The
 * Real-Mode Kernel Header".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "policy/util.h"

/*
 * So many first bytes of an image hold its header and version string: the boot sector and
 * the setup code before the kernel proper, which the kernel's build limits to 64 sectors.
 */
#define DG_BZIMAGE_HEAD ((64 + 1) * 512)

struct dg_bzimage {
	/*
	 * "6.5.13-5-pve (build@proxmox) #1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 (2024-...)",
	 * its first word (what `uname -r` says), and from "#" on (what `uname -v` says).
	 * All are printable ASCII. NULL where the image has no version, or not that part
	 * of it.
	 */
	char *version;
	char *release;
	char *build;
	unsigned protocol;    /* 0x020f is 2.15 */
	unsigned setup_sects; /* of 512 bytes, without the boot sector */
	uint64_t min_size; /* bytes; a smaller file is truncated. Signatures come on top.
			    */
};

/*
 * Parse the first bytes of a kernel image; DG_BZIMAGE_HEAD are enough, fewer are all
 * right if the file is smaller. An image with an EFI stub begins like a PE file and is a
 * bzImage all the same. -EMEDIUMTYPE: an image of another kind (ELF, compressed, arm64,
 * EFI zboot, other PE); -EBADMSG: truncated, damaged or no image at all; -ENOMEM. With
 * the first two, `*ret_why` (if not NULL) is set to a malloc'd reason, or NULL without
 * memory.
 */
int dg_bzimage_parse(const void *data, size_t len, struct dg_bzimage **ret,
		     char **ret_why);
/*
 * Whether a file of these first bytes and this size is surely no image any more: nothing
 * but zeros, as file systems leave what a power cut kept from the disk, or shorter than
 * its own header says, as copying onto a full disk leaves it. False of what is no
 * bzImage.
 */
bool dg_bzimage_is_lost(const void *data, size_t len, uint64_t file_size);
void dg_bzimage_free(struct dg_bzimage *image);
DG_DEFINE_CLEANUP(struct dg_bzimage *, dg_bzimage_free);
