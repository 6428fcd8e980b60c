/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose configuration the program reads that the firmware starts; part of view-boot.c. */
#pragma once

#include "policy/view.h"

enum dg_reads {
	DG_READS_NOT_TOLD, /* which program that is, is not known */
	DG_READS_ESP,	   /* the configuration on its ESP that driftguard reads there */
	DG_READS_ROOT,	   /* GRUB: the menu in /boot/grub */
	DG_READS_OTHER,	   /* none that driftguard can read: *ret_why (owned) */
};

/* *ret is the ESP that the program lies on; NULL: DG_READS_NOT_TOLD. */
enum dg_reads dg_program_reads(const struct dg_view *view, const struct dg_esp **ret,
			       char **ret_why);
