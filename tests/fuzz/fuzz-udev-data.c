/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/udev-data.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_udev_data_clear) struct dg_udev_data udev = {0};
	DG_FREE char *why = NULL;
	size_t i;
	int r = dg_udev_data_parse((const char *)data, size, &udev, &why);

	assert(r == 0 ? !why : why != NULL);
	for (i = 0; i < udev.n_properties; i++)
		assert(dg_udev_data_get(&udev, udev.properties[i].key));
	for (i = 0; i < udev.n_links; i++)
		assert(strlen(udev.links[i]) < size);
	return 0;
}
