/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command line says, and how it is parsed. */
#pragma once

#include "guard/verbs.h"

enum dg_wanted { DG_WANTED_NOTHING, DG_WANTED_VERB, DG_WANTED_HELP, DG_WANTED_VERSION };

/* Parse all options; what is left starts at optind, the verb first. NOTHING: they cannot
 * be used, and it was said why. */
enum dg_wanted dg_options_parse(int argc, char **argv, struct dg_options *options);
/* Whether every option that was given is one of this verb's; complains if not. */
bool dg_options_fit(const struct dg_options *options, const char *verb);
/* The help text's part. */
void dg_options_print(FILE *out);
