/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of efivarfs: four bytes of attributes, then the variable's data. Forms of data:
 * UEFI specification 2.10, chapters 3 (globals, load options) and 10 (device paths), and
 * systemd's Boot Loader Interface. All take the whole file's content.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DG_EFIVAR_MAX	65536 /* bytes of a file; firmware's stores are about that size */
#define DG_EFI_UUID_LEN 36

/*
 * A string: UTF-16LE up to its first NUL or its end, as UTF-8; half a surrogate pair
 * becomes U+FFFD. 0 with an owned string; -EBADMSG: too short, too long or of odd length;
 * -ENOMEM.
 */
int dg_efivar_string(const void *buf, size_t len, char **ret);

/* What a variable lasts for, and who sees it (UEFI specification 2.10, section 8.2). */
#define DG_EFIVAR_NON_VOLATILE 0x1u
#define DG_EFIVAR_BOOTSERVICE  0x2u
#define DG_EFIVAR_RUNTIME      0x4u
/* Those of systemd's variables that outlive a reboot. */
#define DG_EFIVAR_LASTING \
	(DG_EFIVAR_NON_VOLATILE | DG_EFIVAR_BOOTSERVICE | DG_EFIVAR_RUNTIME)

/* The whole file of a string: attributes, then UTF-16LE with its NUL. `text` is UTF-8.
 * 0 with an owned buffer; -EILSEQ: it is not; -EFBIG: longer than DG_EFIVAR_MAX; -ENOMEM.
 */
int dg_efivar_make(const char *text, uint32_t attributes, void **ret, size_t *ret_len);

/* A string that is a UUID (LoaderDevicePartUUID), in lower case. Errors as above. */
int dg_efivar_uuid(const void *buf, size_t len, char ret[static DG_EFI_UUID_LEN + 1]);

/* One byte that is 0 or 1 (SecureBoot, SetupMode). 0 or -EBADMSG. */
int dg_efivar_bool(const void *buf, size_t len, bool *ret);

/* 16-bit numbers (BootOrder; BootCurrent and BootNext are lists of one). 0 with an owned
 * array, NULL where it is empty; -EBADMSG, -ENOMEM. */
int dg_efivar_numbers(const void *buf, size_t len, uint16_t **ret, size_t *ret_n);

/* A load option, Boot####. */
struct dg_efi_option {
	bool active;
	char *description;
	char *file; /* path of the program, with backslashes; NULL: names none */
	char part_uuid[DG_EFI_UUID_LEN + 1]; /* GPT partition, lower case; "": none */
};

/* 0 and *ret is written: the caller clears it. -EBADMSG: truncated, or a device path
 * that does not add up; -ENOMEM. */
int dg_efi_option_parse(const void *buf, size_t len, struct dg_efi_option *ret);
void dg_efi_option_clear(struct dg_efi_option *option);
