/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status file, and the relations in it; an odd first byte asks for some packages. */
#include <errno.h>
#include <stdint.h>

#include "guard/parse/dpkg-depends.h"
#include "guard/parse/dpkg-status.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool wanted_odd(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	return len > 0 && (name[0] & 1);
}

static void check_depends(const char *text)
{
	struct dg_depends d = dg_depends_begin(text);
	struct dg_depends_item item;
	size_t group = 1;
	int r;

	while ((r = dg_depends_next(&d, &item)) > 0) {
		if (item.name.n == 0 || item.group < group)
			abort();
		group = item.group;
	}
	if (r != 0 && r != -EBADMSG)
		abort();
}

static void check_status(const struct dg_dpkg_status *s)
{
	size_t i, sum = 0;

	for (i = 0; i < DG_DPKG_STATE_COUNT; i++)
		sum += s->counts[i];
	if (sum != s->n_total || s->n_packages > sum || s->n_unfinished > sum)
		abort();
	for (i = 0; i < s->n_packages; i++) {
		const struct dg_dpkg_package *p = &s->packages[i];

		if (!p->name || !*p->name || p->line == 0)
			abort();
		if (p->state == DG_DPKG_INSTALLED && !p->version)
			abort();
		check_depends(p->depends);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dg_dpkg_wanted_fn wanted = size > 0 && (data[0] & 1) ? wanted_odd : NULL;
	struct dg_dpkg_status s;
	char *why = NULL;
	int r = dg_dpkg_status_parse((const char *)data, size, wanted, NULL, &s, &why);

	if (r == 0) {
		check_status(&s);
		dg_dpkg_status_done(&s);
	} else if (r != -EBADMSG || !why) {
		abort();
	}
	free(why);
	return 0;
}
