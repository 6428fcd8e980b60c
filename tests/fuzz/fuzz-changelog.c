/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>

#include "guard/parse/changelog.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_changelog c;
	char *why = NULL;
	int r = dg_changelog_parse((const char *)data, size, &c, &why);

	if (r == 0) {
		if (!*c.package || !*c.version)
			abort();
		dg_changelog_done(&c);
	} else if (r != -EBADMSG || !why) {
		abort();
	}
	free(why);
	return 0;
}
