/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacking of gzip data in memory (RFC 1952): rotated logs, changelogs. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Takes unpacked bytes. 0: go on; above 0: enough, stop; a negative errno: fail so. */
typedef int (*dg_gunzip_sink_fn)(void *ctx, const char *chunk, size_t len);

/*
 * Unpack all members of `in` into the sink, in order. 0 also where the sink had enough:
 * what follows is then not read, nor checked. -EFBIG: there are more than `max` bytes;
 * the sink got `max` at most. -EBADMSG: not gzip, damaged (checksums count), truncated,
 * or followed by other data than zeros; what came before it has reached the sink already.
 * For these two *ret_why (may be NULL) says what and where; the caller frees it. -ENOMEM.
 */
int dg_gunzip_stream(const void *in, size_t len, uint64_t max, dg_gunzip_sink_fn sink,
		     void *ctx, char **ret_why);

/*
 * The first `max` bytes, or all if fewer, in a new buffer (one byte longer and
 * NUL-terminated); `in` may lack its end as long as it has these. Errors as above.
 */
int dg_gunzip_head(const void *in, size_t len, size_t max, char **ret_text,
		   size_t *ret_len, char **ret_why);
