/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stanza of dpkg's status file: its fields, and whether dpkg would take it. */
#include "guard/parse/dpkg-stanza.h"

static const struct dg_span field_names[DG_DPKG_FIELD_COUNT] = {
	[DG_DPKG_FIELD_PACKAGE] = DG_DPKG_WORD("Package"),
	[DG_DPKG_FIELD_STATUS] = DG_DPKG_WORD("Status"),
	[DG_DPKG_FIELD_VERSION] = DG_DPKG_WORD("Version"),
	[DG_DPKG_FIELD_ARCHITECTURE] = DG_DPKG_WORD("Architecture"),
	[DG_DPKG_FIELD_SOURCE] = DG_DPKG_WORD("Source"),
	[DG_DPKG_FIELD_PRE_DEPENDS] = DG_DPKG_WORD("Pre-Depends"),
	[DG_DPKG_FIELD_DEPENDS] = DG_DPKG_WORD("Depends"),
	[DG_DPKG_FIELD_TRIGGERS_AWAITED] = DG_DPKG_WORD("Triggers-Awaited"),
	[DG_DPKG_FIELD_TRIGGERS_PENDING] = DG_DPKG_WORD("Triggers-Pending"),
};

static enum dg_dpkg_field field_find(struct dg_span name)
{
	enum dg_dpkg_field f;

	for (f = 0; f < DG_DPKG_FIELD_COUNT; f++)
		if (dg_deb822_is(name, field_names[f]))
			break;
	return f;
}

static int status_parse(struct dg_dpkg_reader *r, struct dg_dpkg_stanza *s, size_t line)
{
	struct dg_span rest = s->field[DG_DPKG_FIELD_STATUS], word[3] = {0}, more;
	int want, eflag, state;
	size_t i;

	if (dg_span_eq(rest, "install ok installed")) { /* nearly always */
		s->want = DG_DPKG_WANT_INSTALL;
		s->state = DG_DPKG_INSTALLED;
		return 0;
	}
	for (i = 0; i < DG_COUNT(word); i++)
		if (!dg_span_word(&rest, &word[i]))
			return dg_deb822_fail(&r->in, line,
					      "Status of fewer than 3 words");
	if (dg_span_word(&rest, &more))
		return dg_deb822_fail(&r->in, line, "Status of more than 3 words");
	want = dg_dpkg_want_find(word[0]);
	eflag = dg_dpkg_eflag_find(word[1]);
	state = dg_dpkg_state_find(word[2]);
	if (want < 0 || eflag < 0 || state < 0)
		return dg_deb822_fail(&r->in, line, "unknown word in Status");
	s->want = (enum dg_dpkg_want)want;
	s->eflag = (enum dg_dpkg_eflag)eflag;
	s->state = (enum dg_dpkg_state)state;
	return 0;
}

/* What dpkg lets a package be called: no less, so that no real name is refused. */
static bool name_is_valid(struct dg_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i], lower = (char)(c | 0x20);

		if (!dg_is_digit(c) && !(lower >= 'a' && lower <= 'z') &&
		    (i == 0 || !memchr("-+._", c, 4)))
			return false;
	}
	return s.n > 0;
}

static bool is_graphic(struct dg_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* Check what the stanza's decisions rest on, as soon as it is read. */
static int field_check(struct dg_dpkg_reader *r, struct dg_dpkg_stanza *s,
		       enum dg_dpkg_field id, size_t line)
{
	struct dg_span v = s->field[id];

	switch (id) {
	case DG_DPKG_FIELD_PACKAGE:
		if (!name_is_valid(v))
			return dg_deb822_fail(&r->in, line, "not a package's name");
		s->wanted = !r->wanted || r->wanted(r->ctx, v.p, v.n);
		return 0;
	case DG_DPKG_FIELD_STATUS:
		return status_parse(r, s, line);
	case DG_DPKG_FIELD_VERSION:
		if (v.n == 0 || !is_graphic(v))
			return dg_deb822_fail(&r->in, line, "not a version");
		return 0;
	case DG_DPKG_FIELD_ARCHITECTURE:
		if (!is_graphic(v))
			return dg_deb822_fail(&r->in, line, "not an architecture");
		return 0;
	case DG_DPKG_FIELD_DEPENDS:
	case DG_DPKG_FIELD_PRE_DEPENDS: /* a file cut between folded lines, at the latest
					 */
		if (v.n > 0 && (v.p[v.n - 1] == ',' || v.p[v.n - 1] == '|'))
			return dg_deb822_fail(&r->in, line, "relation without its end");
		return 0;
	default:
		return 0;
	}
}

static int field_take(struct dg_dpkg_reader *r, struct dg_dpkg_stanza *s,
		      const struct dg_deb822_field *f)
{
	enum dg_dpkg_field id = field_find(f->name);

	if (id == DG_DPKG_FIELD_COUNT)
		return 0;
	if (dg_dpkg_has(s, id))
		return dg_deb822_fail(&r->in, f->line, "second %s field",
				      field_names[id].p);
	s->seen |= 1U << id;
	s->field[id] = f->value;
	return field_check(r, s, id, f->line);
}

/*
 * Whether a line that begins so can be one that stanza_skim() must not pass over: the
 * empty line; Package (again: the empty line between two packages got lost), Status,
 * Version, Triggers-*; and what is no field at all, for dg_deb822_next() to refuse.
 */
static bool is_stop(unsigned char c, unsigned char d)
{
	switch (c | 0x20) {
	case 'p':
		return (d | 0x20) == 'a';
	case 's':
	case 't':
		return (d | 0x20) == 't' || (d | 0x20) == 'r';
	case 'v':
		return (d | 0x20) == 'e';
	default:
		return c == '\n' || c < '\t';
	}
}

/* Go on to the next line that matters in a stanza that is not wanted: nearly all are. */
static void stanza_skim(struct dg_deb822 *in)
{
	const char *p = in->rest.p, *end = p + in->rest.n, *next;
	size_t line = in->line;

	for (; p < end; p = next + 1, line++) {
		if (is_stop((unsigned char)p[0], p + 1 < end ? (unsigned char)p[1] : 0))
			break;
		next = memchr(p, '\n', (size_t)(end - p));
		if (!next)
			break;
	}
	in->rest = dg_span_of(p, (size_t)(end - p));
	in->line = line;
}

static int stanza_fields(struct dg_dpkg_reader *r, struct dg_dpkg_stanza *s)
{
	struct dg_deb822_field f;
	int k;

	while ((k = dg_deb822_next(&r->in, &f)) > 0) {
		k = field_take(r, s, &f);
		if (k < 0)
			return k;
		if (dg_dpkg_has(s, DG_DPKG_FIELD_PACKAGE) && !s->wanted)
			stanza_skim(&r->in);
	}
	return k;
}

/* Which field a stanza cannot be without; dpkg asks for the same ones, save Status. */
static enum dg_dpkg_field field_missing(const struct dg_dpkg_stanza *s)
{
	if (!dg_dpkg_has(s, DG_DPKG_FIELD_PACKAGE))
		return DG_DPKG_FIELD_PACKAGE;
	if (!dg_dpkg_has(s, DG_DPKG_FIELD_STATUS))
		return DG_DPKG_FIELD_STATUS;
	if (!dg_dpkg_has(s, DG_DPKG_FIELD_VERSION) && s->state != DG_DPKG_NOT_INSTALLED &&
	    s->state != DG_DPKG_HALF_INSTALLED)
		return DG_DPKG_FIELD_VERSION;
	if (s->state == DG_DPKG_TRIGGERS_AWAITED &&
	    !s->field[DG_DPKG_FIELD_TRIGGERS_AWAITED].n)
		return DG_DPKG_FIELD_TRIGGERS_AWAITED;
	if (s->state == DG_DPKG_TRIGGERS_PENDING &&
	    !s->field[DG_DPKG_FIELD_TRIGGERS_PENDING].n)
		return DG_DPKG_FIELD_TRIGGERS_PENDING;
	return DG_DPKG_FIELD_COUNT;
}

/* The file is over, and the entry is not: name it, for that is what a person looks at. */
static int stanza_cut(struct dg_dpkg_reader *r, const struct dg_dpkg_stanza *s)
{
	struct dg_span name = s->field[DG_DPKG_FIELD_PACKAGE];

	free(DG_STEAL(r->in.why));
	if (name.n == 0 || name.n > 256)
		return dg_deb822_fail(&r->in, s->line, "ends in the middle of the entry");
	return dg_deb822_fail(&r->in, s->line, "ends in the middle of the entry of %.*s",
			      (int)name.n, name.p);
}

int dg_dpkg_stanza_read(struct dg_dpkg_reader *r, struct dg_dpkg_stanza *s)
{
	enum dg_dpkg_field f;
	int k = stanza_fields(r, s);

	if (r->cut && r->in.rest.n == 0)
		return stanza_cut(r, s);
	if (k < 0)
		return k;
	f = field_missing(s);
	if (f == DG_DPKG_FIELD_COUNT)
		return 0;
	if (r->in.rest.n == 0)
		return stanza_cut(r, s);
	return dg_deb822_fail(&r->in, s->line, "no %s field in the entry",
			      field_names[f].p);
}
