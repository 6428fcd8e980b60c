/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>

#include "guard/parse/bzimage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
	DG_FREE char *why = NULL;
	int r;

	r = dg_bzimage_parse(data, size, &image, &why);
	assert(r == 0 || r == -EBADMSG || r == -EMEDIUMTYPE);
	assert((r == 0) == !why && (r == 0) == !!image);
	if (!image)
		return 0;
	assert(image->min_size >= (1 + 1) * 512 && image->setup_sects);
	assert(image->version || !image->release);
	assert(image->release || !image->build || image->version[0] == ' ');
	return 0;
}
