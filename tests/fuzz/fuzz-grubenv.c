/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "guard/parse/grubenv.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was set is read back, and the block keeps its length. */
static void set_one(const char *data, size_t size)
{
	DG_CLEANUP(dg_grubenv_clear) struct dg_grubenv env = {0};
	DG_FREE char *made = NULL, *why = NULL;
	int r = dg_grubenv_set(data, size, "next_entry", "a\\b>c", &made, &why);

	assert(r == 0 || r == -ENOSPC);
	if (r < 0)
		return;
	/* Of as many variables as are taken, one more is too many. */
	if (dg_grubenv_parse(made, size, &env, NULL) == 0)
		assert(dg_streq(dg_grubenv_get(&env, "next_entry"), "a\\b>c"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DG_CLEANUP(dg_grubenv_clear) struct dg_grubenv env = {0};
	DG_FREE char *why = NULL;
	size_t i;
	int r = dg_grubenv_parse((const char *)data, size, &env, &why);

	assert(r == 0 ? !why : why != NULL);
	for (i = 0; i < env.n_vars; i++) {
		assert(strlen(env.vars[i].name) + strlen(env.vars[i].value) < size);
		assert(dg_grubenv_get(&env, env.vars[i].name));
	}
	if (r == 0)
		set_one((const char *)data, size);
	return 0;
}
