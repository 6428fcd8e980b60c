/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the form for Prometheus: its parts. Names are without "driftguard_". */
#pragma once

#include "guard/render/render.h"

/* The lines that go before a gauge's figures. */
void dg_prometheus_head(FILE *out, const char *name, const char *help);
/* A gauge without labels. */
void dg_prometheus_number(FILE *out, const char *name, const char *help, long long value);
/* `name="value"`: a backslash, a quote and a newline are escaped; NULL is as "". */
void dg_prometheus_label(FILE *out, const char *name, const char *value);
/* 0 ok to 3 critical, -1 unknown. */
int dg_prometheus_level(enum dg_level level);
