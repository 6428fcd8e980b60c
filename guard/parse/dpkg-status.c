/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/dpkg-stanza.h"
#include "guard/parse/grow.h"

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

static char *depends_join(const struct dg_dpkg_stanza *s, bool *fine)
{
	struct dg_span pre = s->field[DG_DPKG_FIELD_PRE_DEPENDS],
		       dep = s->field[DG_DPKG_FIELD_DEPENDS];
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

static int package_add(struct dg_dpkg_reader *r, const struct dg_dpkg_stanza *s)
{
	struct dg_dpkg_status *out = &r->out;
	struct dg_dpkg_package *p = DG_GROW(out->packages, out->n_packages);
	bool fine = true;

	if (!p)
		return -ENOMEM;
	out->n_packages++;
	*p = (struct dg_dpkg_package){
		.name = span_dup_some(s->field[DG_DPKG_FIELD_PACKAGE], &fine),
		.version = span_dup_some(s->field[DG_DPKG_FIELD_VERSION], &fine),
		.architecture =
			span_dup_some(s->field[DG_DPKG_FIELD_ARCHITECTURE], &fine),
		.source =
			span_dup_some(source_name(s->field[DG_DPKG_FIELD_SOURCE]), &fine),
		.depends = depends_join(s, &fine),
		.want = s->want,
		.eflag = s->eflag,
		.state = s->state,
		.line = s->line,
	};
	return fine ? 0 : -ENOMEM;
}

static bool is_unfinished(const struct dg_dpkg_stanza *s)
{
	return s->eflag == DG_DPKG_EFLAG_REINSTREQ ||
	       (s->state >= DG_DPKG_HALF_INSTALLED && s->state < DG_DPKG_INSTALLED);
}

static int stanza_count(struct dg_dpkg_reader *r, const struct dg_dpkg_stanza *s)
{
	struct dg_dpkg_status *out = &r->out;
	char *name;

	out->n_total++;
	out->counts[s->state]++;
	if (!is_unfinished(s) || out->n_unfinished++ >= DG_COUNT(out->unfinished))
		return 0;
	name = dg_span_dup(s->field[DG_DPKG_FIELD_PACKAGE]);
	if (!name)
		return -ENOMEM;
	out->unfinished[out->n_unfinished - 1] = name;
	return 0;
}

static int status_read(struct dg_dpkg_reader *r)
{
	int k;

	while (dg_deb822_stanza(&r->in)) {
		struct dg_dpkg_stanza s = {.line = r->in.line};

		k = dg_dpkg_stanza_read(r, &s);
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
	struct dg_dpkg_reader r = {
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
