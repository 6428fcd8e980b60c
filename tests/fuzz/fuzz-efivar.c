/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/efivar.h"
#include "policy/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_utf8(const char *s)
{
	size_t n = strlen(s), step;
	uint32_t rune;

	for (; n > 0; s += step, n -= step) {
		step = dg_utf8_decode(s, n, &rune);
		assert(step > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_efi_option_clear) struct dg_efi_option option = {0};
	char uuid[DG_EFI_UUID_LEN + 1];
	DG_FREE uint16_t *numbers = NULL;
	DG_FREE char *text = NULL;
	bool on;
	size_t n;

	if (dg_efivar_string(data, size, &text) == 0)
		check_utf8(text);
	if (dg_efivar_uuid(data, size, uuid) == 0)
		assert(strlen(uuid) == DG_EFI_UUID_LEN);
	dg_efivar_bool(data, size, &on);
	if (dg_efivar_numbers(data, size, &numbers, &n) == 0)
		assert(n == (size - 4) / 2);
	if (dg_efi_option_parse(data, size, &option) == 0) {
		check_utf8(option.description);
		if (option.file)
			check_utf8(option.file);
		assert(!option.part_uuid[0] ||
		       strlen(option.part_uuid) == DG_EFI_UUID_LEN);
	}
	return 0;
}
