/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two recorded boots side by side: what changed, what stayed the same, and what that did
 * to the figures. */
#pragma once

#include "policy/boot-record.h"

struct dg_comparison_row {
	char *what;	  /* "PSI io full", "sda w_await" */
	const char *unit; /* "%", "ms", "/s", "" */
	char *a, *b;	  /* as shown, without the unit; NULL: not known */
	bool is_number;
	double number_a, number_b; /* where known */
	bool same;
};

/* Of two boots A (the earlier) and B. All texts are owned. */
struct dg_comparison {
	struct {
		char *boot_id, *kernel, *verdict, *headline;
		int64_t boot_time, sample_time; /* 0: not known, no sample */
		double window_s;
	} boots[2];
	struct dg_comparison_row *circumstances; /* kernel, QEMU, product, guests, disks'
						    schedulers */
	size_t circumstance_count;
	struct dg_comparison_row *figures;
	size_t figure_count;
	char *same;    /* a sentence: what stayed the same */
	char *changed; /* a sentence: what changed */
};

int dg_compare(const struct dg_boot_record *a, const struct dg_boot_record *b,
	       struct dg_comparison **ret);
void dg_comparison_free(struct dg_comparison *comparison);
DG_DEFINE_CLEANUP(struct dg_comparison *, dg_comparison_free);
