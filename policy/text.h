/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text: formatting into memory, UTF-8, and making a host's strings safe to show. */
#pragma once

#include <stdarg.h>
#include <stdint.h>
#include "policy/util.h"

/* What dg_clean_text() keeps at most, in bytes, the final "…" included. */
#define DG_TEXT_MAX ((size_t)64 * 1024)

/* printf into a malloc'd string; NULL only where memory ran out. The caller frees it. */
char *dg_format(const char *fmt, ...) DG_PRINTF(1, 2);
char *dg_vformat(const char *fmt, va_list args) DG_PRINTF(1, 0);

/*
 * Decode the UTF-8 character that starts the `n` bytes at `s`. Returns its length, 1 to
 * 4, or 0 where there is none: nothing left, a stray or missing continuation byte, an
 * overlong form, a surrogate, or a value past U+10FFFF (RFC 3629, section 4).
 */
size_t dg_utf8_decode(const char *s, size_t n, uint32_t *ret_rune);

/* Write `rune` (a Unicode scalar value) as UTF-8 and return its length, 1 to 4. */
size_t dg_utf8_encode(uint32_t rune, char ret_bytes[static 4]);

/*
 * A malloc'd copy of the `n` bytes at `s` that any terminal or log may be given: tab and
 * newline become a space; other control characters (C0, DEL, C1), bidirectional
 * embeddings, overrides and isolates, and U+2028/2029 become "?"; every byte that is not
 * valid UTF-8 becomes U+FFFD. What is longer than DG_TEXT_MAX ends in "…". NULL where
 * memory ran out.
 */
char *dg_clean_text(const char *s, size_t n);

/* dg_clean_text() with another cap: at most `max` bytes, and at least 3. */
char *dg_clean_text_max(const char *s, size_t n, size_t max);

/* Whether dg_clean_text() would return the `n` bytes at `s` as they are. */
bool dg_text_is_clean(const char *s, size_t n);

/* Nothing but blanks, which tells a reader nothing; also of NULL. */
static inline bool dg_text_is_blank(const char *s)
{
	return !s || s[strspn(s, " \t")] == '\0';
}
