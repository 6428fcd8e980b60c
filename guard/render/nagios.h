/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the form for monitoring plugins: its parts. */
#pragma once

#include "guard/render/render.h"

/* One of the convention's four words. */
const char *dg_nagios_word(enum dg_level level);
/* A bar would begin the figures, wherever it stands: it becomes a slash. */
void dg_nagios_text(FILE *out, const char *text);
