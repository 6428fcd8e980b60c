/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the kernel family: the rows that checks-kernel.c takes from its other file. */
#pragma once

#include "policy/check.h"

extern const struct dg_check dg_kernel_age_skew, dg_kernel_rebuilt, dg_kernel_removed;
