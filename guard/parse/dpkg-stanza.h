/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the reader of dpkg's status file: one stanza. */
#pragma once

#include "guard/parse/deb822.h"
#include "guard/parse/dpkg-status.h"

#define DG_DPKG_WORD(s)                      \
	{                                    \
		.p = (s), .n = sizeof(s) - 1 \
	}

enum dg_dpkg_field {
	DG_DPKG_FIELD_PACKAGE,
	DG_DPKG_FIELD_STATUS,
	DG_DPKG_FIELD_VERSION,
	DG_DPKG_FIELD_ARCHITECTURE,
	DG_DPKG_FIELD_SOURCE,
	DG_DPKG_FIELD_PRE_DEPENDS,
	DG_DPKG_FIELD_DEPENDS,
	DG_DPKG_FIELD_TRIGGERS_AWAITED,
	DG_DPKG_FIELD_TRIGGERS_PENDING,
	DG_DPKG_FIELD_COUNT
};

struct dg_dpkg_stanza {
	size_t line;
	unsigned int seen; /* bit 1 << enum dg_dpkg_field */
	struct dg_span field[DG_DPKG_FIELD_COUNT];
	enum dg_dpkg_want want;
	enum dg_dpkg_eflag eflag;
	enum dg_dpkg_state state;
	bool wanted;
};

struct dg_dpkg_reader {
	struct dg_deb822 in;
	dg_dpkg_wanted_fn wanted;
	void *ctx;
	struct dg_dpkg_status out;
	bool cut; /* the file's last line is not a whole one */
};

static inline bool dg_dpkg_has(const struct dg_dpkg_stanza *s, enum dg_dpkg_field f)
{
	return s->seen & 1U << f;
}

/*
 * Read the stanza that r->in is at; of one that is not wanted only the name, state and
 * version. The spans are of the file. 0, or -EBADMSG with r->in.why.
 */
int dg_dpkg_stanza_read(struct dg_dpkg_reader *r, struct dg_dpkg_stanza *s);

/* The enum's value for a word of the Status field, whatever its case; -1: none. */
int dg_dpkg_want_find(struct dg_span word);
int dg_dpkg_eflag_find(struct dg_span word);
int dg_dpkg_state_find(struct dg_span word);
