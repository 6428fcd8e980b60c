/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "guard/base/cleanup.h"
#include "guard/base/elf-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_elf_clear) struct dg_elf elf = {0};
	DG_CLOSE int fd = memfd_create("elf", MFD_CLOEXEC);
	DG_FREE char *why = NULL;
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	r = dg_elf_read(fd, &elf, &why);
	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 ? !why : why != NULL);
	assert(elf.n_needed <= DG_ELF_NEEDED_MAX);
	assert(elf.rodata_offset <= size && elf.rodata_size <= size - elf.rodata_offset);
	assert(!elf.build_id || strlen(elf.build_id) <= 2 * DG_ELF_BUILD_ID_MAX);
	return 0;
}
