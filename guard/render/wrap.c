/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Breaking sentences into lines. */
#include "guard/render/render.h"
#include "policy/text.h"

/* Columns that the UTF-8 text of `n` bytes takes, one a character. */
static size_t count_columns(const char *s, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)s[i] & 0xc0) != 0x80;
	return columns;
}

/* A word; how long it is in bytes. */
static size_t take_word(const char *text, size_t room)
{
	(void)room;
	return strcspn(text, " ");
}

/* A command or clause, up to what separates it from the next one; if it is too long for
 * a line, a word. */
static size_t take_clause(const char *text, size_t room)
{
	const char *end = text;

	do
		end += strcspn(end, " ") + 1;
	while (end[-1] && (end - text < 2 || !strchr(";:,.>", end[-2])));
	end--;
	return count_columns(text, (size_t)(end - text)) <= room ? (size_t)(end - text)
								 : take_word(text, room);
}

static char *wrap(const char *text, size_t width, size_t indent, size_t hang,
		  size_t (*take)(const char *text, size_t room))
{
	size_t size = 0, column = indent;
	bool fresh = true;
	char *out = NULL;
	FILE *f = open_memstream(&out, &size);

	if (!f)
		return NULL;
	fprintf(f, "%*s", (int)indent, "");
	while (*text) {
		size_t n = take(text, width - hang), columns = count_columns(text, n);

		if (!fresh && column + 1 + columns > width) {
			fprintf(f, "\n%*s", (int)hang, "");
			column = hang;
		} else if (!fresh) {
			fputc(' ', f);
			column++;
		}
		fresh = false;
		fwrite(text, 1, n, f);
		column += columns;
		text += n;
		text += strspn(text, " ");
	}
	if (fclose(f) != 0) {
		free(out);
		return NULL;
	}
	return out;
}

char *dg_wrap(const char *text, size_t width, size_t indent, size_t hang)
{
	return wrap(text, width, indent, hang, take_word);
}

char *dg_wrap_clauses(const char *text, size_t width, size_t indent, size_t hang)
{
	return wrap(text, width, indent, hang, take_clause);
}
