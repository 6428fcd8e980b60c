/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of hosts, each bent in one way, and what one check must say of it. */
#pragma once

#include "tests/unit/facts-builder.h"

struct check_case {
	const char *id;
	struct dg_facts *(*host)(void);
	void (*bend)(struct dg_facts *f); /* NULL: healthy */
	enum dg_status status;
	enum dg_severity severity;
	const char *key, *value; /* of the evidence; NULL: not looked at */
	const char *remedy;	 /* NULL: not looked at */
};

#define OK	       .status = DG_OK
#define DRIFT(sev)     .status = DG_DRIFT, .severity = DG_##sev
#define WAIVED(sev)    .status = DG_WAIVED, .severity = DG_##sev
#define UNKNOWN	       .status = DG_UNKNOWN
#define NOT_APPLICABLE .status = DG_NOT_APPLICABLE
#define EVIDENCE(k, v) .key = k, .value = v
#define REMEDY(text)   .remedy = text

/* Judge each by the default policy; how many are not as they must be, which is printed.
 */
size_t run_check_cases(const struct check_case *cases, size_t count);

/* --- bends that several tables use --- */
void runs_before(struct dg_facts *f);
void behind_untold(struct dg_facts *f);
void old_documented(struct dg_facts *f);
void old_due_today(struct dg_facts *f);
void old_late(struct dg_facts *f);
void old_half_documented(struct dg_facts *f);
void old_blank(struct dg_facts *f);
void old_by_number(struct dg_facts *f);
void old_saved(struct dg_facts *f);
void next_entry(struct dg_facts *f);
void unapplied(struct dg_facts *f);
void loader_conf(struct dg_facts *f);
void variable(struct dg_facts *f);
void without_firmware(struct dg_facts *f);
void esp_unread(struct dg_facts *f);
void menu_broken(struct dg_facts *f);
void newer_pinned(struct dg_facts *f);
void image_removed(struct dg_facts *f);
void modules_removed(struct dg_facts *f);
void trial_new(struct dg_facts *f);
void esp_gone(struct dg_facts *f);
void esps_gone(struct dg_facts *f);
void clock_1970(struct dg_facts *f);
void locked(struct dg_facts *f);
void half_installed(struct dg_facts *f);
void outside(struct dg_facts *f);
/* A next-boot pin to NEWER, followed by GRUB. */
void trial(struct dg_facts *f, int64_t days_ago);
