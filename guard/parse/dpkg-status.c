/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/deb822.h"
#include "guard/parse/dpkg-status.h"
#include "guard/parse/grow.h"

enum field {
	PACKAGE,
	STATUS,
	VERSION,
	ARCHITECTURE,
	SOURCE,
	PRE_DEPENDS,
	DEPENDS,
	TRIGGERS_AWAITED,
	TRIGGERS_PENDING,
	FIELD_COUNT
};

#define WORD(s)                              \
	{                                    \
		.p = (s), .n = sizeof(s) - 1 \
	}

static const struct dg_span field_names[FIELD_COUNT] = {
	[PACKAGE] = WORD("Package"),
	[STATUS] = WORD("Status"),
	[VERSION] = WORD("Version"),
	[ARCHITECTURE] = WORD("Architecture"),
	[SOURCE] = WORD("Source"),
	[PRE_DEPENDS] = WORD("Pre-Depends"),
	[DEPENDS] = WORD("Depends"),
	[TRIGGERS_AWAITED] = WORD("Triggers-Awaited"),
	[TRIGGERS_PENDING] = WORD("Triggers-Pending"),
};

static const struct dg_span want_names[] = {
	[DG_DPKG_WANT_UNKNOWN] = WORD("unknown"),
	[DG_DPKG_WANT_INSTALL] = WORD("install"),
	[DG_DPKG_WANT_HOLD] = WORD("hold"),
	[DG_DPKG_WANT_DEINSTALL] = WORD("deinstall"),
	[DG_DPKG_WANT_PURGE] = WORD("purge"),
};

static const struct dg_span eflag_names[] = {
	[DG_DPKG_EFLAG_OK] = WORD("ok"),
	[DG_DPKG_EFLAG_REINSTREQ] = WORD("reinstreq"),
};

static const struct dg_span state_names[] = {
	[DG_DPKG_NOT_INSTALLED] = WORD("not-installed"),
	[DG_DPKG_CONFIG_FILES] = WORD("config-files"),
	[DG_DPKG_HALF_INSTALLED] = WORD("half-installed"),
	[DG_DPKG_UNPACKED] = WORD("unpacked"),
	[DG_DPKG_HALF_CONFIGURED] = WORD("half-configured"),
	[DG_DPKG_TRIGGERS_AWAITED] = WORD("triggers-awaited"),
	[DG_DPKG_TRIGGERS_PENDING] = WORD("triggers-pending"),
	[DG_DPKG_INSTALLED] = WORD("installed"),
};

_Static_assert(DG_COUNT(want_names) == DG_DPKG_WANT_COUNT, "a word for each");
_Static_assert(DG_COUNT(eflag_names) == DG_DPKG_EFLAG_COUNT, "a word for each");
_Static_assert(DG_COUNT(state_names) == DG_DPKG_STATE_COUNT, "a word for each");

struct stanza {
	size_t line;
	unsigned int seen; /* bit 1 << enum field */
	struct dg_span field[FIELD_COUNT];
	enum dg_dpkg_want want;
	enum dg_dpkg_eflag eflag;
	enum dg_dpkg_state state;
	bool wanted;
};

struct reader {
	struct dg_deb822 in;
	dg_dpkg_wanted_fn wanted;
	void *ctx;
	struct dg_dpkg_status out;
	bool cut; /* the file's last line is not a whole one */
};

const char *dg_dpkg_want_name(enum dg_dpkg_want want)
{
	return (size_t)want < DG_COUNT(want_names) ? want_names[want].p : "?";
}

const char *dg_dpkg_state_name(enum dg_dpkg_state state)
{
	return (size_t)state < DG_COUNT(state_names) ? state_names[state].p : "?";
}

const char *dg_dpkg_eflag_name(enum dg_dpkg_eflag eflag)
{
	return (size_t)eflag < DG_COUNT(eflag_names) ? eflag_names[eflag].p : "?";
}

static void package_done(struct dg_dpkg_package *p)
{
	free(p->name);
	free(p->version);
	free(p->architecture);
	free(p->source);
	free(p->depends);
}

void dg_dpkg_status_done(struct dg_dpkg_status *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->n_packages; i++)
		package_done(&s->packages[i]);
	free(s->packages);
	for (i = 0; i < DG_COUNT(s->unfinished); i++)
		free(s->unfinished[i]);
	*s = (struct dg_dpkg_status){0};
}

static bool has(const struct stanza *s, enum field f)
{
	return s->seen & 1U << f;
}

static enum field field_find(struct dg_span name)
{
	enum field f;

	for (f = 0; f < FIELD_COUNT; f++)
		if (dg_deb822_is(name, field_names[f]))
			break;
	return f;
}

static int word_find(struct dg_span word, const struct dg_span *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (dg_deb822_is(word, names[i]))
			return (int)i;
	return -1;
}

static int status_parse(struct reader *r, struct stanza *s, size_t line)
{
	struct dg_span rest = s->field[STATUS], word[3] = {0}, more;
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
	want = word_find(word[0], want_names, DG_COUNT(want_names));
	eflag = word_find(word[1], eflag_names, DG_COUNT(eflag_names));
	state = word_find(word[2], state_names, DG_COUNT(state_names));
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
static int field_check(struct reader *r, struct stanza *s, enum field id, size_t line)
{
	struct dg_span v = s->field[id];

	switch (id) {
	case PACKAGE:
		if (!name_is_valid(v))
			return dg_deb822_fail(&r->in, line, "not a package's name");
		s->wanted = !r->wanted || r->wanted(r->ctx, v.p, v.n);
		return 0;
	case STATUS:
		return status_parse(r, s, line);
	case VERSION:
		if (v.n == 0 || !is_graphic(v))
			return dg_deb822_fail(&r->in, line, "not a version");
		return 0;
	case ARCHITECTURE:
		if (!is_graphic(v))
			return dg_deb822_fail(&r->in, line, "not an architecture");
		return 0;
	case DEPENDS:
	case PRE_DEPENDS: /* a file cut between folded lines, at the latest */
		if (v.n > 0 && (v.p[v.n - 1] == ',' || v.p[v.n - 1] == '|'))
			return dg_deb822_fail(&r->in, line, "relation without its end");
		return 0;
	default:
		return 0;
	}
}

static int field_take(struct reader *r, struct stanza *s, const struct dg_deb822_field *f)
{
	enum field id = field_find(f->name);

	if (id == FIELD_COUNT)
		return 0;
	if (has(s, id))
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

static int stanza_fields(struct reader *r, struct stanza *s)
{
	struct dg_deb822_field f;
	int k;

	while ((k = dg_deb822_next(&r->in, &f)) > 0) {
		k = field_take(r, s, &f);
		if (k < 0)
			return k;
		if (has(s, PACKAGE) && !s->wanted)
			stanza_skim(&r->in);
	}
	return k;
}

/* Which field a stanza cannot be without; dpkg asks for the same ones, save Status. */
static enum field field_missing(const struct stanza *s)
{
	if (!has(s, PACKAGE))
		return PACKAGE;
	if (!has(s, STATUS))
		return STATUS;
	if (!has(s, VERSION) && s->state != DG_DPKG_NOT_INSTALLED &&
	    s->state != DG_DPKG_HALF_INSTALLED)
		return VERSION;
	if (s->state == DG_DPKG_TRIGGERS_AWAITED && !s->field[TRIGGERS_AWAITED].n)
		return TRIGGERS_AWAITED;
	if (s->state == DG_DPKG_TRIGGERS_PENDING && !s->field[TRIGGERS_PENDING].n)
		return TRIGGERS_PENDING;
	return FIELD_COUNT;
}

/* The file is over, and the entry is not: name it, for that is what a person looks at. */
static int stanza_cut(struct reader *r, const struct stanza *s)
{
	struct dg_span name = s->field[PACKAGE];

	free(DG_STEAL(r->in.why));
	if (name.n == 0 || name.n > 256)
		return dg_deb822_fail(&r->in, s->line, "ends in the middle of the entry");
	return dg_deb822_fail(&r->in, s->line, "ends in the middle of the entry of %.*s",
			      (int)name.n, name.p);
}

static int stanza_read(struct reader *r, struct stanza *s)
{
	enum field f;
	int k = stanza_fields(r, s);

	if (r->cut && r->in.rest.n == 0)
		return stanza_cut(r, s);
	if (k < 0)
		return k;
	f = field_missing(s);
	if (f == FIELD_COUNT)
		return 0;
	if (r->in.rest.n == 0)
		return stanza_cut(r, s);
	return dg_deb822_fail(&r->in, s->line, "no %s field in the entry",
			      field_names[f].p);
}

static char *span_dup_some(struct dg_span s, bool *fine)
{
	char *copy = s.n > 0 ? dg_span_dup(s) : NULL;

	*fine = *fine && (s.n == 0 || copy);
	return copy;
}

/* "linux (6.1.2-1)": the version stands there where it is not the binary package's. */
static struct dg_span source_name(struct dg_span v)
{
	struct dg_span name = {0};

	dg_span_word(&v, &name);
	return dg_span_head(name, dg_span_find(name, '('));
}

static char *depends_join(const struct stanza *s, bool *fine)
{
	struct dg_span pre = s->field[PRE_DEPENDS], dep = s->field[DEPENDS];
	DG_FREE char *a = dg_deb822_fold(pre, false), *b = dg_deb822_fold(dep, false);
	char *both;

	if (!a || !b) {
		*fine = false;
		return NULL;
	}
	if (pre.n == 0 || dep.n == 0)
		return pre.n > 0 ? DG_STEAL(a) : dep.n > 0 ? DG_STEAL(b) : NULL;
	both = malloc(strlen(a) + strlen(b) + sizeof(", "));
	if (both)
		stpcpy(stpcpy(stpcpy(both, a), ", "), b);
	*fine = *fine && both;
	return both;
}

static int package_add(struct reader *r, const struct stanza *s)
{
	struct dg_dpkg_status *out = &r->out;
	struct dg_dpkg_package *p = DG_GROW(out->packages, out->n_packages);
	bool fine = true;

	if (!p)
		return -ENOMEM;
	out->n_packages++;
	*p = (struct dg_dpkg_package){
		.name = span_dup_some(s->field[PACKAGE], &fine),
		.version = span_dup_some(s->field[VERSION], &fine),
		.architecture = span_dup_some(s->field[ARCHITECTURE], &fine),
		.source = span_dup_some(source_name(s->field[SOURCE]), &fine),
		.depends = depends_join(s, &fine),
		.want = s->want,
		.eflag = s->eflag,
		.state = s->state,
		.line = s->line,
	};
	return fine ? 0 : -ENOMEM;
}

static bool is_unfinished(const struct stanza *s)
{
	return s->eflag == DG_DPKG_EFLAG_REINSTREQ ||
	       (s->state >= DG_DPKG_HALF_INSTALLED && s->state < DG_DPKG_INSTALLED);
}

static int stanza_count(struct reader *r, const struct stanza *s)
{
	struct dg_dpkg_status *out = &r->out;
	char *name;

	out->n_total++;
	out->counts[s->state]++;
	if (!is_unfinished(s) || out->n_unfinished++ >= DG_COUNT(out->unfinished))
		return 0;
	name = dg_span_dup(s->field[PACKAGE]);
	if (!name)
		return -ENOMEM;
	out->unfinished[out->n_unfinished - 1] = name;
	return 0;
}

static int status_read(struct reader *r)
{
	int k;

	while (dg_deb822_stanza(&r->in)) {
		struct stanza s = {.line = r->in.line};

		k = stanza_read(r, &s);
		if (k == 0)
			k = stanza_count(r, &s);
		if (k == 0 && s.wanted)
			k = package_add(r, &s);
		if (k < 0)
			return k;
	}
	return 0;
}

/*
 * Whether the file ends where dpkg would not have ended it: without a newline, or, dpkg
 * refuses that too, behind a field's name and colon ("Conffiles:").
 */
static bool is_cut(struct dg_span file)
{
	struct dg_span line;
	const char *before;

	if (file.n == 0 || file.p[file.n - 1] != '\n')
		return file.n > 0;
	line = dg_span_head(file, file.n - 1);
	before = line.n > 0 ? memrchr(line.p, '\n', line.n) : NULL;
	if (before)
		line = dg_span_skip(line, (size_t)(before - line.p) + 1);
	if (line.n == 0 || dg_is_space(line.p[0]))
		return false;
	line = dg_span_trim_end(line);
	return line.n > 0 && dg_span_find(line, ':') == line.n - 1;
}

int dg_dpkg_status_parse(const char *buf, size_t len, dg_dpkg_wanted_fn wanted, void *ctx,
			 struct dg_dpkg_status *ret, char **ret_why)
{
	struct reader r = {
		.in = {.rest = dg_span_of(buf, len), .line = 1},
		.wanted = wanted,
		.ctx = ctx,
		.cut = is_cut(dg_span_of(buf, len)),
	};
	int k;

	k = dg_deb822_refuse_nul(&r.in);
	if (k == 0)
		k = status_read(&r);
	if (k == 0)
		*ret = r.out;
	else
		dg_dpkg_status_done(&r.out);
	if (k == -EBADMSG && ret_why)
		*ret_why = DG_STEAL(r.in.why);
	free(r.in.why);
	return k;
}
