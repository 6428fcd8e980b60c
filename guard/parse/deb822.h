/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stanzas of "Field: value" lines, the form of dpkg's status file and of apt's
 * preferences: deb822(5). Strict mode accepts what dpkg's own parser accepts; lenient
 * mode takes apt's liberties besides: "#" comment lines, blank continuation lines, CRLF,
 * and a missing newline at the end.
 */
#pragma once

#include "guard/parse/span.h"
#include "policy/util.h"

struct dg_deb822 {
	struct dg_span rest; /* what has not been read */
	size_t line;	     /* the line that `rest` begins in, from 1 */
	bool lenient;
	char *why; /* after -EBADMSG: what and where; owned, free it or hand it on */
};

struct dg_deb822_field {
	/* Value: continuation lines included, trimmed; if lenient only at its end. */
	struct dg_span name, value;
	size_t line;
};

/* Go on to the next stanza, past blank lines. False: there is none. */
bool dg_deb822_stanza(struct dg_deb822 *r);

/*
 * Read the next field of a stanza. 1: *ret_field is written. 0: the stanza has ended, its
 * blank line is read. -EBADMSG: not a field, or the file ends within it; r->why says.
 */
int dg_deb822_next(struct dg_deb822 *r, struct dg_deb822_field *ret_field);

/* Note what is wrong, with the line, in r->why, unless something is there; -EBADMSG. */
int dg_deb822_fail(struct dg_deb822 *r, size_t line, const char *format, ...)
	DG_PRINTF(3, 4);

/* -EBADMSG where what is to be read holds a NUL: what a crash leaves in files. */
int dg_deb822_refuse_nul(struct dg_deb822 *r);

/* Whether the two are the same but for the case of ASCII letters. */
static inline bool dg_deb822_is(struct dg_span a, struct dg_span b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++) {
		char differs = (char)(a.p[i] ^ b.p[i]), lower = (char)(a.p[i] | 0x20);

		if (differs && (differs != 0x20 || lower < 'a' || lower > 'z'))
			return false;
	}
	return true;
}

/*
 * A field's value on one line: lines are trimmed and joined by one space. Lenient:
 * comment lines are dropped. The caller frees it; NULL: out of memory.
 */
char *dg_deb822_fold(struct dg_span value, bool lenient);
