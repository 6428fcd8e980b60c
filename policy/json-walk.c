/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "policy/json-walk.h"
#include "policy/text.h"

#define KEY_SHOWN_MAX 64 /* bytes of a key in a message */

static int scan_value(struct dg_json_scan *s, unsigned depth, uint32_t *ret_container);

static int fail_here(struct dg_json_scan *s, const char *message)
{
	struct dg_json_cursor *c = &s->cursor;

	if (c->at == c->size)
		message = "the document ends too early";
	return dg_json_fail(c, c->at, c->line, "%s", message);
}

/* Step over `mark` where it is the next character but for blanks. */
static int take_mark(struct dg_json_scan *s, char mark, bool *ret_found)
{
	int r = dg_json_skip_blank(&s->cursor);

	if (r < 0)
		return r;
	*ret_found =
		s->cursor.at < s->cursor.size && s->cursor.text[s->cursor.at] == mark;
	s->cursor.at += *ret_found;
	return 0;
}

/* Point an entry at its key's bytes, in the text itself where that has no escapes. */
static int entry_set_key(struct dg_json_scan *s, const struct dg_json_string *string,
			 struct dg_json_entry *entry)
{
	char *bytes;

	entry->key = s->cursor.text + string->at;
	entry->size = (uint32_t)string->size;
	if (!string->escaped)
		return 0;
	if (!s->decoded) /* no key grows, so that all of them fit */
		s->decoded = malloc(s->cursor.size);
	if (!s->decoded)
		return -ENOMEM;
	bytes = s->decoded + s->n_decoded;
	entry->key = bytes;
	entry->size = (uint32_t)dg_json_unescape(&s->cursor, string, bytes);
	s->n_decoded += entry->size;
	return 0;
}

static int scan_key(struct dg_json_scan *s, struct dg_json_entry *ret_entry)
{
	struct dg_json_cursor *c = &s->cursor;
	struct dg_json_entry entry = {.child = DG_JSON_NO_CHILD};
	struct dg_json_string string;
	bool colon = false;
	int r = dg_json_skip_blank(c);

	if (r < 0)
		return r;
	if (c->at == c->size || c->text[c->at] != '"')
		return fail_here(s, "a key in double quotes is missing here");
	entry.at = (uint32_t)c->at;
	entry.line = c->line;
	r = dg_json_take_string(c, &string);
	if (r == 0)
		r = entry_set_key(s, &string, &entry);
	if (r == 0)
		r = take_mark(s, ':', &colon);
	if (r < 0)
		return r;
	if (!colon)
		return fail_here(s, "\":\" is missing behind the key");
	*ret_entry = entry;
	return 0;
}

static int scan_member(struct dg_json_scan *s, unsigned depth)
{
	struct dg_json_entry entry;
	int r = scan_key(s, &entry);

	if (r == 0)
		r = scan_value(s, depth, &entry.child);
	return r < 0 ? r : dg_json_keys_add(&s->keys, &entry);
}

static int scan_element(struct dg_json_scan *s, unsigned depth)
{
	struct dg_json_entry entry = {0};
	int r = dg_json_skip_blank(&s->cursor);

	if (r < 0)
		return r;
	entry.at = (uint32_t)s->cursor.at;
	entry.line = s->cursor.line;
	r = scan_value(s, depth, &entry.child);
	if (r < 0 || !(s->cursor.flags & DG_JSON_LINES))
		return r;
	return dg_json_keys_add(&s->keys, &entry);
}

static int check_keys(struct dg_json_scan *s, size_t first)
{
	const struct dg_json_entry *before, *again;
	DG_FREE char *shown = NULL;
	int r = dg_json_keys_sort(&s->keys, first, &before, &again);

	if (r < 0 || !again)
		return r;
	shown = dg_clean_text_max(again->key, again->size, KEY_SHOWN_MAX);
	if (!shown)
		return -ENOMEM;
	return dg_json_fail(
		&s->cursor, again->at, again->line,
		"the key \"%s\" stands twice in one object, before this on line %u",
		shown, before->line);
}

/* What is between the brackets of an object or array, and its end. */
static int scan_list(struct dg_json_scan *s, unsigned depth, bool is_array)
{
	char end = is_array ? ']' : '}';
	bool found;
	int r = take_mark(s, end, &found);

	if (r < 0 || found)
		return r;
	for (;;) {
		r = is_array ? scan_element(s, depth) : scan_member(s, depth);
		if (r == 0)
			r = take_mark(s, ',', &found);
		if (r < 0)
			return r;
		if (!found)
			break;
		r = take_mark(s, end, &found);
		if (r < 0)
			return r;
		if (found) {
			s->cursor.at--;
			return fail_here(s, "no \",\" may stand behind the last value");
		}
	}
	r = take_mark(s, end, &found);
	if (r == 0 && !found)
		r = fail_here(s, is_array ? "\",\" or \"]\" is missing here"
					  : "\",\" or \"}\" is missing here");
	return r;
}

static int scan_container(struct dg_json_scan *s, unsigned depth, uint32_t *ret_container)
{
	bool is_array = s->cursor.text[s->cursor.at] == '[';
	size_t first = s->keys.open.count;
	int r;

	if (depth == DG_JSON_DEPTH)
		return fail_here(s, "objects and arrays are nested too deep");
	s->cursor.at++;
	r = scan_list(s, depth + 1, is_array);
	if (r == 0 && !is_array)
		r = check_keys(s, first);
	if (r < 0)
		return r;
	if (s->cursor.flags & DG_JSON_LINES)
		return dg_json_keys_keep(&s->keys, first, is_array, ret_container);
	dg_json_keys_drop(&s->keys, first);
	return 0;
}

/* *ret_container is the value's, where it is an object or array and lines are kept. */
static int scan_value(struct dg_json_scan *s, unsigned depth, uint32_t *ret_container)
{
	struct dg_json_cursor *c = &s->cursor;
	struct dg_json_string string;
	int r = dg_json_skip_blank(c);
	char b;

	if (r < 0)
		return r;
	if (c->at == c->size)
		return fail_here(s, NULL);
	*ret_container = DG_JSON_NO_CHILD;
	b = c->text[c->at];
	if (b == '{' || b == '[')
		return scan_container(s, depth, ret_container);
	if (b == '"')
		return dg_json_take_string(c, &string);
	if (b == '-' || (b >= '0' && b <= '9'))
		return dg_json_take_number(c);
	return dg_json_take_word(c);
}

int dg_json_walk(struct dg_json_scan *s)
{
	struct dg_json_cursor *c = &s->cursor;
	int r;

	if (dg_after(c->text, "\xef\xbb\xbf"))
		return fail_here(s, "a byte order mark stands in front of the document");
	r = dg_json_skip_blank(c);
	if (r < 0)
		return r;
	s->root_line = c->line;
	r = scan_value(s, 0, &s->root);
	if (r == 0)
		r = dg_json_skip_blank(c);
	if (r == 0 && c->at < c->size)
		r = fail_here(s, "text follows the end of the document");
	return r;
}
