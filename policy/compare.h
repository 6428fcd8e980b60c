/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two recorded boots side by side: what changed, what stayed the same, and what that did
 * to the figures. */
#pragma once

#include "policy/boot-record.h"

struct dg_comparison_side {
	char *text; /* as shown, without the unit; NULL: not known, not measured */
	bool is_number;
	double number;
};

struct dg_comparison_row {
	char *what;	  /* "PSI io full", "sda w_await", "kernel" */
	const char *unit; /* "%", "ms", "/s", "" */
	struct dg_comparison_side sides[2];
	bool same; /* both are known, and look the same */
};

struct dg_comparison_rows {
	struct dg_comparison_row *items;
	size_t count;
};

/* Of two boots, A or the first and B or the second, as a rule the later one. All texts
 * are owned; NULL where not known. */
struct dg_comparison {
	struct {
		char *boot_id, *kernel, *verdict, *headline;
		int64_t boot_time; /* 0: not known */
		bool has_sample;
		int64_t sample_time; /* 0: not known */
		double window_s;
	} boots[2];
	/* Kernel, product, QEMU, guests, schedulers, and the window that was measured. */
	struct dg_comparison_rows circumstances;
	/* Of the samples: pressure, iowait, and what the disks did that both used. */
	struct dg_comparison_rows figures;
	char *same;    /* a sentence: what stayed the same */
	char *changed; /* sentences: what changed, and whether that is more than one thing
			*/
	char *caveat;  /* sentences: what the figures cannot say */
};

/* 0 or -ENOMEM. */
int dg_compare(const struct dg_boot_record *a, const struct dg_boot_record *b,
	       struct dg_comparison **ret);
void dg_comparison_free(struct dg_comparison *comparison);
DG_DEFINE_CLEANUP(struct dg_comparison *, dg_comparison_free);

/* The sample that stands for a boot: the last one that saw load, rather than one that was
 * disturbed; NULL: none was taken. */
const struct dg_sample *dg_boot_sample(const struct dg_boot_record *record);

/* --- within the comparison --- */

#define DG_COMPARED_DISKS 4

/* Disks of two windows that are compared, the whole ones and the busiest first. */
struct dg_disk_pairs {
	const struct dg_disk_load *disks[DG_COMPARED_DISKS][2]; /* NULL: no such sample */
	size_t count;
	char *only[2]; /* whole disks that were used in that window only: "sdb, sdc";
			  NULL: none */
};

/* compare-figures.c; samples may be NULL. 0 or -ENOMEM. */
int dg_disks_pair(const struct dg_sample *const samples[2], struct dg_disk_pairs *ret);
void dg_disk_pairs_clear(struct dg_disk_pairs *pairs);
int dg_compare_figures(const struct dg_sample *const samples[2],
		       const struct dg_disk_pairs *pairs,
		       struct dg_comparison_rows *rows);
/* What people know a device by: of a dm device its label. */
const char *dg_disk_title(const struct dg_disk_load *disk);
/* A new row at the end; `what` and the sides' texts are taken over, also where this
 * fails. -ENOMEM, too, where `what` is NULL. */
int dg_comparison_add(struct dg_comparison_rows *rows, char *what, const char *unit,
		      struct dg_comparison_side a, struct dg_comparison_side b);
