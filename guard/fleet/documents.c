/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream of JSON documents, told apart by lines and brackets alone. */
#include <errno.h>

#include "guard/fleet/fleet.h"

/* A document in the making. */
struct document {
	char *text;
	size_t size, room, cap;
	unsigned line; /* it begins on */
	int64_t depth; /* brackets that are open */
	bool in_string, escaped;
	bool begun;
	bool too_large;
};

static void document_end(struct document *d)
{
	d->size = 0;
	d->depth = 0;
	d->in_string = d->escaped = d->begun = d->too_large = false;
}

static int document_hand_over(struct document *d, dg_document_fn fn, void *arg)
{
	int r = 0;

	if (d->begun)
		r = fn(arg, d->line, d->text, d->too_large ? 0 : d->size,
		       d->too_large ? "it is larger than what is read" : NULL);
	document_end(d);
	return r;
}

/* What is too large is read on, and not kept. */
static int document_keep(struct document *d, char c)
{
	if (d->too_large)
		return 0;
	if (d->size == d->cap) {
		d->too_large = true;
		return 0;
	}
	if (d->size == d->room) {
		size_t room = d->room ? 2 * d->room : 65536;
		char *text = realloc(d->text, room);

		if (!text)
			return -ENOMEM;
		d->text = text;
		d->room = room;
	}
	d->text[d->size++] = c;
	return 0;
}

static void document_count(struct document *d, char c)
{
	if (d->escaped) {
		d->escaped = false;
	} else if (d->in_string) {
		d->escaped = c == '\\';
		d->in_string = c != '"';
	} else if (c == '"') {
		d->in_string = true;
	} else if (c == '{' || c == '[') {
		d->depth++;
	} else if (c == '}' || c == ']') {
		d->depth--;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int read_all(FILE *in, struct document *d, dg_document_fn fn, void *arg)
{
	unsigned line = 1;
	bool first = true; /* of its line */
	int c, r = 0;

	while (r == 0 && (c = getc_unlocked(in)) != EOF) {
		if (first && c == '{')
			r = document_hand_over(d, fn, arg);
		if (!d->begun && !is_blank((char)c)) {
			d->begun = true;
			d->line = line;
		}
		if (r == 0 && d->begun)
			r = document_keep(d, (char)c);
		if (d->begun)
			document_count(d, (char)c);
		first = c == '\n';
		if (!first)
			continue;
		line++;
		/* No string of JSON goes on in the next line. */
		d->in_string = d->escaped = false;
		if (r == 0 && d->begun && d->depth <= 0)
			r = document_hand_over(d, fn, arg);
	}
	if (r == 0 && ferror(in))
		return -EIO;
	return r ? r : document_hand_over(d, fn, arg);
}

int dg_documents_read(FILE *in, size_t cap, dg_document_fn fn, void *arg)
{
	struct document d = {.cap = cap};
	int r = read_all(in, &d, fn, arg);

	free(d.text);
	return r;
}
