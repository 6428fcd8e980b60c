/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <zlib.h>

#include "guard/parse/gunzip.h"
#include "policy/util.h"

struct bytes {
	char data[1 << 16];
	size_t n, total, stop_at; /* total: counted, also what does not fit */
};

static int sink(void *ctx, const char *chunk, size_t len)
{
	struct bytes *b = ctx;
	size_t room = sizeof(b->data) - b->n, n = len < room ? len : room;

	assert_true(len > 0);
	memcpy(b->data + b->n, chunk, n);
	b->n += n;
	b->total += len;
	return b->stop_at && b->total >= b->stop_at;
}

static int sink_fails(void *ctx, const char *chunk, size_t len)
{
	(void)ctx;
	(void)chunk;
	(void)len;
	return -ENOSPC;
}

static size_t pack(const char *text, size_t len, unsigned char *out, size_t size)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

/* From a copy that ends with the data, so that a read beyond it is seen. */
static int unpack(const unsigned char *in, size_t len, uint64_t max, struct bytes *b,
		  char **ret_why)
{
	DG_FREE unsigned char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, in, len);
	b->n = b->total = 0;
	return dg_gunzip_stream(copy, len, max, sink, b, ret_why);
}

static void test_members(void **state)
{
	static struct bytes b;
	unsigned char gz[512] = {0};
	DG_FREE char *why = NULL;
	size_t n, m, cut;

	(void)state;
	n = pack("hello ", 6, gz, sizeof(gz));
	m = n + pack("world", 5, gz + n, sizeof(gz) - n);
	assert_int_equal(unpack(gz, m, 100, &b, NULL), 0);
	assert_int_equal(b.n, 11);
	assert_memory_equal(b.data, "hello world", 11);
	/* A tape's zeros behind it are no harm, other bytes are. */
	assert_int_equal(unpack(gz, m + 20, 100, &b, NULL), 0);
	gz[m + 5] = 'x';
	assert_int_equal(unpack(gz, m + 20, 100, &b, &why), -EBADMSG);
	assert_non_null(strstr(why, "other data behind"));
	for (cut = 0; cut < m; cut++)
		assert_int_equal(unpack(gz, cut, 100, &b, NULL), cut == n ? 0 : -EBADMSG);
}

static void test_damage(void **state)
{
	static struct bytes b;
	unsigned char gz[512];
	size_t i, n = pack("hello hello hello hello", 23, gz, sizeof(gz));

	(void)state;
	for (i = 0; i < n; i++) {
		if (i >= 4 && i < 10) /* time, flags of the packer, system: unchecked */
			continue;
		gz[i] ^= 0xff;
		assert_int_equal(unpack(gz, n, 100, &b, NULL), -EBADMSG);
		gz[i] ^= 0xff;
	}
	assert_int_equal(unpack((const unsigned char *)"plain text", 10, 100, &b, NULL),
			 -EBADMSG);
	assert_int_equal(dg_gunzip_stream(NULL, 0, 100, sink, &b, NULL), -EBADMSG);
}

static void test_limits(void **state)
{
	enum { SIZE = 8 << 20 };
	static struct bytes b;
	static unsigned char gz[1 << 16];
	DG_FREE char *zeros = calloc(1, SIZE), *why = NULL;
	size_t n;

	(void)state;
	assert_non_null(zeros);
	n = pack(zeros, SIZE, gz, sizeof(gz)); /* a thousand to one */
	assert_int_equal(unpack(gz, n, 100000, &b, &why), -EFBIG);
	assert_true(b.total <= 100000);
	assert_non_null(strstr(why, "too much"));
	assert_int_equal(unpack(gz, n, SIZE - 1, &b, NULL), -EFBIG);
	assert_int_equal(unpack(gz, n, SIZE, &b, NULL), 0);
	assert_int_equal(b.total, SIZE);
	b.stop_at = 1;
	assert_int_equal(unpack(gz, n, SIZE, &b, NULL), 0);
	assert_true(b.total < SIZE / 4);
	b.stop_at = 0;
	assert_int_equal(dg_gunzip_stream(gz, n, SIZE, sink_fails, NULL, NULL), -ENOSPC);
}

static void test_head(void **state)
{
	unsigned char gz[512];
	DG_FREE char *all = NULL, *some = NULL, *none = NULL, *empty = NULL, *cut = NULL;
	size_t len, n = pack("hello world", 11, gz, sizeof(gz));

	(void)state;
	assert_int_equal(dg_gunzip_head(gz, n, 100, &all, &len, NULL), 0);
	assert_int_equal(len, 11);
	assert_string_equal(all, "hello world");
	assert_int_equal(dg_gunzip_head(gz, n, 5, &some, &len, NULL), 0);
	assert_string_equal(some, "hello");
	/* Without the checksum: enough for these five bytes, not for all. */
	assert_int_equal(dg_gunzip_head(gz, n - 8, 5, &cut, &len, NULL), 0);
	assert_string_equal(cut, "hello");
	assert_int_equal(dg_gunzip_head(gz, n - 8, 100, &none, &len, NULL), -EBADMSG);
	assert_null(none);
	n = pack("", 0, gz, sizeof(gz));
	assert_int_equal(dg_gunzip_head(gz, n, 100, &empty, &len, NULL), 0);
	assert_int_equal(len, 0);
	assert_string_equal(empty, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
