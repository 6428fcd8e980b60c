/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/io-stat.h"

#include <limits.h>

#include "guard/parse/grow.h"
#include "guard/parse/span.h"

#define UNKNOWN "(unknown)" /* mm/backing-dev.c, bdi_dev_name() */

static const struct {
	const char *name;
	size_t at;
} keys[] = {
	{"rbytes", offsetof(struct dg_io_stat, rbytes)},
	{"wbytes", offsetof(struct dg_io_stat, wbytes)},
	{"rios", offsetof(struct dg_io_stat, rios)},
	{"wios", offsetof(struct dg_io_stat, wios)},
};

struct parser {
	struct dg_io_stat *items;
	size_t count;
	struct dg_io_stat *device; /* the line's latest; NULL: none yet */
	unsigned int seen;	   /* of its keys, a bit each */
};

static int parse_part(struct dg_span digits, unsigned int *ret)
{
	uint64_t v;

	if (dg_parse_u64(digits, &v) < 0 || v > UINT_MAX)
		return -EBADMSG;
	*ret = (unsigned int)v;
	return 0;
}

static int parse_device(struct dg_span word, struct dg_io_stat *device)
{
	struct dg_span major;

	if (dg_span_eq(word, UNKNOWN))
		return 0;
	if (!dg_span_split(&word, ':', &major) || parse_part(major, &device->major) < 0 ||
	    parse_part(word, &device->minor) < 0)
		return -EBADMSG;
	device->has_number = true;
	return 0;
}

static int add_device(struct parser *parser, struct dg_span word)
{
	if (parser->count == DG_IO_STAT_MAX)
		return -EBADMSG;
	parser->device = DG_GROW(parser->items, parser->count);
	if (!parser->device)
		return -ENOMEM;
	parser->count++;
	parser->seen = 0;
	return parse_device(word, parser->device);
}

static int set_key(struct parser *parser, struct dg_span name, struct dg_span digits)
{
	if (!parser->device || name.n == 0)
		return -EBADMSG;
	for (size_t i = 0; i < DG_COUNT(keys); i++) {
		uint64_t *value = (void *)((char *)parser->device + keys[i].at);

		if (!dg_span_eq(name, keys[i].name))
			continue;
		if (parser->seen & 1u << i || dg_parse_u64(digits, value) < 0)
			return -EBADMSG;
		parser->seen |= 1u << i;
	}
	return 0;
}

static int parse_line(struct parser *parser, struct dg_span rest)
{
	struct dg_span word;
	int r = 0;

	parser->device = NULL;
	while (r == 0 && dg_span_word(&rest, &word)) {
		size_t n = dg_span_find(word, '=');

		if (n == word.n)
			r = add_device(parser, word);
		else
			r = set_key(parser, dg_span_head(word, n),
				    dg_span_skip(word, n + 1));
	}
	return r;
}

static void parser_clear(struct parser *parser)
{
	free(parser->items);
}

int dg_io_stat_parse(const char *buf, size_t len, struct dg_io_stat **ret,
		     size_t *ret_count, char **ret_why)
{
	DG_CLEANUP(parser_clear) struct parser parser = {0};
	struct dg_span rest = dg_span_of(buf, len), line;

	for (size_t number = 1; dg_span_line(&rest, &line); number++) {
		int r = parse_line(&parser, line);

		if (r == -EBADMSG)
			return dg_bad_line(ret_why, number, "no block device's counts");
		if (r < 0)
			return r;
	}
	*ret = DG_STEAL(parser.items);
	*ret_count = parser.count;
	return 0;
}
