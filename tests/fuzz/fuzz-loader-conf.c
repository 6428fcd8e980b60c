/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/loader-conf.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_loader_conf_clear) struct dg_loader_conf conf = {0};
	DG_CLEANUP(dg_bls_entry_clear) struct dg_bls_entry entry = {0};
	DG_FREE char *why = NULL, *why_entry = NULL;
	int r = dg_loader_conf_parse((const char *)data, size, &conf, &why);

	assert(r == 0 ? !why : why != NULL);
	assert(!conf.default_entry || strlen(conf.default_entry) < size);
	r = dg_bls_entry_parse((const char *)data, size, &entry, &why_entry);
	assert(r == 0 ? !why_entry : why_entry != NULL);
	assert(entry.n_initrds <= DG_LOADER_INITRDS_MAX);
	assert(!entry.options || strlen(entry.options) < size);
	return 0;
}
