/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>

#include "guard/parse/apt-preferences.h"
#include "policy/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dg_apt_preferences p;
	char *why = NULL;
	size_t i;
	int r = dg_apt_preferences_parse((const char *)data, size, &p, &why);

	if (r == 0) {
		for (i = 0; i < p.n_pins; i++)
			if (!*p.pins[i].package || !*p.pins[i].pin || !p.pins[i].priority)
				abort();
		dg_apt_preferences_done(&p);
	} else if (r != -EBADMSG || !why) {
		abort();
	}
	free(why);
	return 0;
}
