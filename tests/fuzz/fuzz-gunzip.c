/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacking, with a cap that the sink checks. */
#include <errno.h>
#include <stdint.h>

#include "guard/parse/gunzip.h"
#include "policy/util.h"

#define OUT_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sink(void *ctx, const char *chunk, size_t len)
{
	size_t *total = ctx;

	if (!chunk || len == 0 || len > OUT_MAX - *total)
		abort();
	*total += len;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = NULL, *why = NULL;
	size_t total = 0, len;
	int r = dg_gunzip_stream(data, size, OUT_MAX, sink, &total, &why);

	if (r != 0 && r != -EBADMSG && r != -EFBIG)
		abort();
	if ((r != 0) != (why != NULL))
		abort();
	free(why);
	if (dg_gunzip_head(data, size, 1000, &text, &len, NULL) == 0 &&
	    (len > 1000 || text[len] != '\0' || (r == 0 && len < 1000 && len != total)))
		abort();
	free(text);
	return 0;
}
