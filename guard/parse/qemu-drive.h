/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One drive of QEMU's command line; for qemu-cmdline.c. */
#pragma once

#include "guard/parse/qemu-cmdline.h"
#include "guard/parse/span.h"

/*
 * Read the value of a -drive, or of a -blockdev. 0 and *ret is written, also where it
 * cannot be read (its `bad`): the caller clears it. -ENOMEM.
 */
int dg_qemu_drive_parse(struct dg_span value, bool is_drive, struct dg_qemu_drive *ret);
void dg_qemu_drive_clear(struct dg_qemu_drive *drive);
