/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/qemu-cmdline.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_qemu_cmdline_clear) struct dg_qemu_cmdline c = {0};
	DG_FREE char *why = NULL;
	int r = dg_qemu_cmdline_parse((const char *)data, size, &c, &why);

	assert(r == 0 || r == -EBADMSG);
	assert(r == 0 ? !why : why != NULL);
	assert(r == 0 || (!c.program && !c.drives && !c.iothreads));
	assert(c.n_drives <= DG_QEMU_ITEMS_MAX && c.n_iothreads <= DG_QEMU_ITEMS_MAX);
	for (size_t i = 0; i < c.n_drives; i++) {
		const struct dg_qemu_drive *d = &c.drives[i];

		assert(d->direct >= -1 && d->direct <= 1);
		assert(!d->bad || (!d->name && !d->aio));
		assert(!d->aio || d->aio[0]);
	}
	for (size_t i = 0; i < c.n_iothreads; i++)
		assert(!c.iothreads[i].id != !c.iothreads[i].bad);
	return 0;
}
