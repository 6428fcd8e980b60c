/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the comparison of two boots: what is collected on the way. */
#pragma once

#include "policy/compare.h"

/* What counts as one thing that changed: of the kernel its release and its build, of QEMU
 * the installed one and the ones that run. */
enum dg_thing {
	DG_THING_HOST,
	DG_THING_KERNEL,
	DG_THING_PRODUCT,
	DG_THING_QEMU,
	DG_THING_GUESTS,
	DG_THING_SCHEDULER,
	DG_THING_LOAD,
};

/* A comparison in the making. */
struct dg_compare_work {
	const struct dg_boot_record *records[2];
	const struct dg_sample *samples[2]; /* NULL: none was taken */
	struct dg_disk_pairs pairs;
	struct dg_comparison *c;
	char *same, *changed, *unknown; /* phrases; NULL: none yet */
	unsigned things;		/* that changed, a bit each */
};

/* Add the rows of circumstances, and phrases about each (compare-circumstances.c). 0 or
 * -ENOMEM. */
int dg_compare_circumstances(struct dg_compare_work *w);

/* Append `phrase`, which is taken over; NULL is -ENOMEM. */
int dg_phrase_append(char **list, const char *separator, char *phrase);
/* strdup() of what may be NULL. */
char *dg_phrase_copy(const char *text);
