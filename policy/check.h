/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check is (a table row and a pure function) and what it finds. */
#pragma once

#include "policy/facts.h"

struct json_object;
struct dg_view;

enum dg_severity { DG_FINE, DG_NOTICE, DG_WARNING, DG_CRITICAL };

enum dg_status {
	DG_OK,
	DG_DRIFT,
	DG_WAIVED,
	DG_NOT_APPLICABLE,
	DG_NOT_MEASURED,
	DG_UNKNOWN,
};

struct dg_subject {
	const char *kind; /* kernel guest esp module package device layer */
	char *name;
};

/* Why a finding does not count, and until when. */
struct dg_waiver_note {
	char *id;
	char *reason;
	char *owner;
	int64_t until;
	int64_t days_left;
};

struct dg_finding {
	const struct dg_check *check;
	enum dg_status status;
	enum dg_severity severity; /* of drift and waived drift */
	char *summary;
	char *remedy; /* a command or an action; NULL: as the check's row says */
	struct dg_subject *subjects;
	size_t subject_count;
	struct json_object *evidence;
	struct dg_waiver_note *waiver;
};

enum dg_check_flags {
	DG_ESSENTIAL = 1 << 0,	  /* cannot be judged: the whole verdict is unknown */
	DG_HOST_KERNEL = 1 << 1,  /* not applicable in a container */
	DG_PROXMOX_ONLY = 1 << 2, /* not applicable where no Proxmox product is */
	DG_SETTLED_ONLY = 1 << 3, /* unknown while packages are being changed */
	DG_NEEDS_CLOCK = 1 << 4,  /* unknown while the clock is implausible */
	DG_PIN_WAIVES = 1 << 5,	  /* a documented pin answers for it */
	DG_OWN_KERNEL = 1 << 6,	  /* not applicable where no kernel is installed at all */
};

#define DG_CHECK_NEEDS 14

struct dg_check {
	const char *id;
	const char *family;
	const char *title;
	enum dg_severity severity; /* the usual one, for `explain` */
	const char *grades;	   /* when it is another one; NULL: never */
	unsigned flags;
	/* Facts without which the check cannot be judged at all. */
	const char *needs[DG_CHECK_NEEDS];
	/* Facts of list items: a gap in one leaves drift of the others standing, and
	 * turns everything else into unknown. */
	const char *each[DG_CHECK_NEEDS];
	void (*run)(const struct dg_view *view, struct dg_finding *finding);
	/* In place of `run`: judged after all others, from their findings. */
	void (*run_last)(const struct dg_view *view, const struct dg_finding *findings,
			 size_t count, struct dg_finding *finding);
	const char *remedy;
	const char *why; /* prose for `explain`, with sources */
};

/* A family's rows. */
struct dg_family {
	const char *name;
	const struct dg_check *const *checks;
	size_t count;
};

/* --- for a check's function --- */

void dg_find_ok(struct dg_finding *f, const char *fmt, ...) DG_PRINTF(2, 3);
void dg_find_drift(struct dg_finding *f, enum dg_severity severity, const char *fmt, ...)
	DG_PRINTF(3, 4);
void dg_find_unknown(struct dg_finding *f, const char *fmt, ...) DG_PRINTF(2, 3);
void dg_find_not_applicable(struct dg_finding *f, const char *fmt, ...) DG_PRINTF(2, 3);
void dg_find_not_measured(struct dg_finding *f, const char *fmt, ...) DG_PRINTF(2, 3);
void dg_find_remedy(struct dg_finding *f, const char *fmt, ...) DG_PRINTF(2, 3);
void dg_find_subject(struct dg_finding *f, const char *kind, const char *name);
/* Evidence: a value under a key; NULL values are left out. */
void dg_find_text(struct dg_finding *f, const char *key, const char *value);
void dg_find_number(struct dg_finding *f, const char *key, int64_t value);
void dg_find_date(struct dg_finding *f, const char *key, int64_t time);
/* Append `value` to the array under `key`. */
void dg_find_item(struct dg_finding *f, const char *key, const char *value);

/* Is there evidence under `key`? */
bool dg_find_has(const struct dg_finding *f, const char *key);
/* Whether its evidence holds that text under that key. */
bool dg_find_says(const struct dg_finding *f, const char *key, const char *value);

void dg_finding_clear(struct dg_finding *finding);
const char *dg_severity_name(enum dg_severity severity);
const char *dg_status_name(enum dg_status status);
/* 0 or -EINVAL; "off" is no severity. */
int dg_severity_parse(const char *word, enum dg_severity *ret);
