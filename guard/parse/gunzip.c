/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <zlib.h>

#include "guard/parse/gunzip.h"
#include "policy/util.h"

#define CHUNK 16384

/* zlib: a window of up to 32 KiB, and a gzip header, nothing else. */
#define WINDOW_GZIP (MAX_WBITS + 16)

struct unpack {
	z_stream z;
	const unsigned char *in;
	size_t len, pos; /* of `in`; pos: what zlib has been given */
	uint64_t left;	 /* bytes that may still come out */
	dg_gunzip_sink_fn sink;
	void *ctx;
	char **ret_why;
};

static int fail(struct unpack *u, int error, const char *what)
{
	size_t at = u->pos - u->z.avail_in;

	if (u->ret_why && asprintf(u->ret_why, "%s at byte %zu", what, at) < 0)
		*u->ret_why = NULL;
	return error;
}

static void input_fill(struct unpack *u)
{
	size_t n = u->len - u->pos;

	if (u->z.avail_in > 0 || n == 0)
		return;
	if (n > UINT_MAX)
		n = UINT_MAX;
	/* zlib's pointer lacks the const unless ZLIB_CONST is defined; it only reads. */
	u->z.next_in = (Bytef *)(uintptr_t)(u->in + u->pos);
	u->z.avail_in = (uInt)n;
	u->pos += n;
}

static int output_pass(struct unpack *u, const unsigned char *buf, size_t n)
{
	if (n > u->left)
		return fail(u, -EFBIG, "unpacks to too much");
	u->left -= n;
	return n > 0 ? u->sink(u->ctx, (const char *)buf, n) : 0;
}

/* 0: that was the last member, 1: go on with another one, which zlib is set to. */
static int member_end(struct unpack *u)
{
	size_t i;

	input_fill(u);
	for (i = u->pos - u->z.avail_in; i < u->len && u->in[i] == 0; i++)
		;
	if (i == u->len)
		return 0;
	/* A tape's zeros may follow the last member, but stand between none. */
	if (u->z.next_in[0] != 0x1f)
		return fail(u, -EBADMSG, "other data behind the gzip data");
	return inflateReset(&u->z) == Z_OK ? 1 : -ENOMEM;
}

/* 1: go on, 0: the end, all of it or enough; or an error. */
static int unpack_some(struct unpack *u)
{
	unsigned char buf[CHUNK];
	int z, r;

	input_fill(u);
	u->z.next_out = buf;
	u->z.avail_out = sizeof(buf);
	z = inflate(&u->z, Z_NO_FLUSH);
	if (z == Z_MEM_ERROR)
		return -ENOMEM;
	r = output_pass(u, buf, sizeof(buf) - u->z.avail_out);
	if (r != 0)
		return r < 0 ? r : 0;
	if (z == Z_STREAM_END)
		return member_end(u);
	if (z == Z_BUF_ERROR) /* no progress: there is always room, so no input */
		return fail(u, -EBADMSG, "gzip data is truncated");
	return z == Z_OK ? 1 : fail(u, -EBADMSG, "gzip data is damaged");
}

int dg_gunzip_stream(const void *in, size_t len, uint64_t max, dg_gunzip_sink_fn sink,
		     void *ctx, char **ret_why)
{
	struct unpack u = {
		.in = in,
		.len = len,
		.left = max,
		.sink = sink,
		.ctx = ctx,
		.ret_why = ret_why,
	};
	int r;

	if (inflateInit2(&u.z, WINDOW_GZIP) != Z_OK)
		return -ENOMEM;
	do
		r = unpack_some(&u);
	while (r > 0);
	inflateEnd(&u.z);
	return r;
}

struct head {
	char *text;
	size_t len, max;
};

/* Grows with what comes, not to what is allowed: most texts are far shorter. */
static int head_sink(void *ctx, const char *chunk, size_t len)
{
	struct head *h = ctx;
	char *text;

	if (len > h->max - h->len)
		len = h->max - h->len;
	text = realloc(h->text, h->len + len + 1);
	if (!text)
		return -ENOMEM;
	h->text = text;
	memcpy(text + h->len, chunk, len);
	h->len += len;
	text[h->len] = '\0';
	return h->len == h->max;
}

int dg_gunzip_head(const void *in, size_t len, size_t max, char **ret_text,
		   size_t *ret_len, char **ret_why)
{
	struct head h = {.max = max};
	int r = dg_gunzip_stream(in, len, UINT64_MAX, head_sink, &h, ret_why);

	if (r == 0 && !h.text) {
		h.text = calloc(1, 1);
		r = h.text ? 0 : -ENOMEM;
	}
	if (r < 0) {
		free(h.text);
		return r;
	}
	*ret_text = h.text;
	*ret_len = h.len;
	return 0;
}
