/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/dpkg-depends.h"

struct dg_depends dg_depends_begin(const char *s)
{
	return (struct dg_depends){.rest = dg_span_str(s), .group = 1};
}

static bool is_name(char c)
{
	char lower = (char)(c | 0x20);

	return dg_is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '+' || c == '-' ||
	       c == '.' || c == '_';
}

static struct dg_span take_name(struct dg_span *rest)
{
	struct dg_span name;
	size_t n = 0;

	while (n < rest->n && is_name(rest->p[n]))
		n++;
	name = dg_span_head(*rest, n);
	*rest = dg_span_skip(*rest, n);
	return name;
}

static bool take_char(struct dg_span *rest, char c)
{
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	*rest = dg_span_skip(*rest, 1);
	return true;
}

/* Take "(...)" or its like, where it stands next. False: it does not end. */
static bool take_bracket(struct dg_span *rest, char open, char close,
			 struct dg_span *ret_inside)
{
	size_t n;

	*rest = dg_span_trim_start(*rest);
	if (!take_char(rest, open))
		return true;
	n = dg_span_find(*rest, close);
	if (n == rest->n)
		return false;
	*ret_inside = dg_span_trim(dg_span_head(*rest, n));
	*rest = dg_span_skip(*rest, n + 1);
	return true;
}

static bool take_item(struct dg_span *rest, struct dg_depends_item *item)
{
	struct dg_span ignored;

	item->name = take_name(rest);
	if (item->name.n == 0)
		return false;
	if (take_char(rest, ':')) {
		item->qualifier = take_name(rest);
		if (item->qualifier.n == 0)
			return false;
	}
	if (!take_bracket(rest, '(', ')', &item->constraint) ||
	    !take_bracket(rest, '[', ']', &ignored))
		return false;
	do {
		if (!take_bracket(rest, '<', '>', &ignored))
			return false;
		*rest = dg_span_trim_start(*rest);
	} while (rest->n > 0 && rest->p[0] == '<');
	return rest->n == 0 || rest->p[0] == ',' || rest->p[0] == '|';
}

int dg_depends_next(struct dg_depends *d, struct dg_depends_item *ret_item)
{
	struct dg_depends_item item = {0};

	for (;;) {
		d->rest = dg_span_trim_start(d->rest);
		if (!take_char(&d->rest, ','))
			break;
		d->group++;
	}
	if (d->rest.n == 0)
		return 0;
	if (!take_item(&d->rest, &item)) {
		d->rest = (struct dg_span){0};
		return -EBADMSG;
	}
	item.group = d->group;
	/* What stands behind a "|" must be an alternative, not a "," or the end. */
	if (take_char(&d->rest, '|')) {
		d->rest = dg_span_trim_start(d->rest);
		if (d->rest.n == 0 || d->rest.p[0] == ',') {
			d->rest = (struct dg_span){0};
			return -EBADMSG;
		}
	}
	*ret_item = item;
	return 1;
}
