/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/dpkg-log.h"
#include "guard/parse/grow.h"
#include "guard/parse/span.h"
#include "policy/timefmt.h"

/* dpkg's own buffer for a line is 1 KiB before it grows; no real line comes near. */
#define LINE_MAX_BYTES 4096

#define STAMP_LENGTH (sizeof("2025-09-01 10:11:12") - 1)

struct dg_dpkg_log_parser {
	dg_dpkg_log_wanted_fn wanted;
	void *ctx;
	struct dg_dpkg_log out;
	size_t n_carry;
	bool overlong; /* the line in `carry` did not fit: to be dropped */
	bool dated;    /* first and last are set */
	char stamp[STAMP_LENGTH];
	int64_t stamp_time;
	char carry[LINE_MAX_BYTES];
};

static const char *const action_names[] = {
	[DG_DPKG_LOG_INSTALL] = "install",
	[DG_DPKG_LOG_UPGRADE] = "upgrade",
	[DG_DPKG_LOG_REMOVE] = "remove",
	[DG_DPKG_LOG_PURGE] = "purge",
};

_Static_assert(DG_COUNT(action_names) == DG_DPKG_LOG_ACTION_COUNT, "a word for each");

/* Lines that are as they should be and tell us nothing. */
static const char *const other_names[] = {"status",   "startup",  "configure",
					  "trigproc", "conffile", "disappear"};

const char *dg_dpkg_log_action_name(enum dg_dpkg_log_action action)
{
	return (size_t)action < DG_COUNT(action_names) ? action_names[action] : "?";
}

static void event_done(struct dg_dpkg_log_event *e)
{
	free(e->package);
	free(e->architecture);
	free(e->old_version);
	free(e->new_version);
}

void dg_dpkg_log_done(struct dg_dpkg_log *log)
{
	size_t i;

	if (!log)
		return;
	for (i = 0; i < log->n_events; i++)
		event_done(&log->events[i]);
	free(log->events);
	*log = (struct dg_dpkg_log){0};
}

void dg_dpkg_log_free(struct dg_dpkg_log_parser *p)
{
	if (!p)
		return;
	dg_dpkg_log_done(&p->out);
	free(p);
}

int dg_dpkg_log_new(dg_dpkg_log_wanted_fn wanted, void *ctx,
		    struct dg_dpkg_log_parser **ret)
{
	struct dg_dpkg_log_parser *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->wanted = wanted;
	p->ctx = ctx;
	*ret = p;
	return 0;
}

/* Many lines share a second: the last stamp is kept, and compared before it is read. */
static int stamp_parse(struct dg_dpkg_log_parser *p, struct dg_span line)
{
	char text[STAMP_LENGTH + sizeof("Z")];
	int64_t t;
	int r;

	if (line.n <= STAMP_LENGTH || line.p[STAMP_LENGTH] != ' ' || line.p[10] != ' ')
		return -EBADMSG;
	if (memcmp(line.p, p->stamp, STAMP_LENGTH) == 0)
		return 0;
	memcpy(text, line.p, STAMP_LENGTH);
	text[10] = 'T';
	strcpy(text + STAMP_LENGTH, "Z");
	r = dg_time_parse(text, &t);
	if (r < 0)
		return r;
	memcpy(p->stamp, line.p, STAMP_LENGTH);
	p->stamp_time = t;
	if (!p->dated || t < p->out.first)
		p->out.first = t;
	if (!p->dated || t > p->out.last)
		p->out.last = t;
	p->dated = true;
	return 0;
}

static char *version_dup(struct dg_span s, bool *fine)
{
	char *copy;

	if (s.n == 0 || dg_span_eq(s, "<none>"))
		return NULL;
	copy = dg_span_dup(s);
	*fine = *fine && copy;
	return copy;
}

static int event_add(struct dg_dpkg_log_parser *p, enum dg_dpkg_log_action action,
		     const struct dg_span word[static 3])
{
	struct dg_dpkg_log *out = &p->out;
	struct dg_span arch = word[0], name;
	struct dg_dpkg_log_event *e;
	bool fine = true;

	if (!dg_span_split(&arch, ':', &name) || name.n == 0)
		return -EBADMSG;
	if (p->wanted && !p->wanted(p->ctx, name.p, name.n))
		return 0;
	if (out->n_events == DG_DPKG_LOG_EVENTS_MAX)
		return -E2BIG;
	e = DG_GROW(out->events, out->n_events);
	if (!e)
		return -ENOMEM;
	out->n_events++;
	e->time = p->stamp_time;
	e->action = action;
	e->package = dg_span_dup(name);
	e->architecture = version_dup(arch, &fine);
	e->old_version = version_dup(word[1], &fine);
	e->new_version = version_dup(word[2], &fine);
	return fine && e->package ? 0 : -ENOMEM;
}

/* "PACKAGE:ARCH OLD NEW"; all three are always there, dpkg writes "<none>" for none. */
static int event_parse(struct dg_dpkg_log_parser *p, enum dg_dpkg_log_action action,
		       struct dg_span rest)
{
	struct dg_span word[3], more;
	size_t i;

	for (i = 0; i < DG_COUNT(word); i++)
		if (!dg_span_word(&rest, &word[i]))
			return -EBADMSG;
	return dg_span_word(&rest, &more) ? -EBADMSG : event_add(p, action, word);
}

static int line_parse(struct dg_dpkg_log_parser *p, struct dg_span line)
{
	struct dg_span rest, verb;
	size_t i;
	int r = stamp_parse(p, line);

	if (r < 0)
		return r;
	rest = dg_span_skip(line, STAMP_LENGTH + 1);
	if (dg_span_starts(rest, "status "))
		return 0;
	if (!dg_span_split(&rest, ' ', &verb))
		return -EBADMSG;
	for (i = 0; i < DG_COUNT(action_names); i++)
		if (dg_span_eq(verb, action_names[i]))
			return event_parse(p, (enum dg_dpkg_log_action)i, rest);
	for (i = 0; i < DG_COUNT(other_names); i++)
		if (dg_span_eq(verb, other_names[i]))
			return 0;
	return -EBADMSG;
}

/* A line without its newline; a bad one is counted and left. */
static int line_take(struct dg_dpkg_log_parser *p, struct dg_span line)
{
	int r;

	if (line.n == 0)
		return 0;
	p->out.n_lines++;
	r = line_parse(p, line);
	if (r == -EBADMSG)
		p->out.n_bad++;
	return r == -EBADMSG ? 0 : r;
}

static void carry_add(struct dg_dpkg_log_parser *p, struct dg_span part)
{
	if (part.n > sizeof(p->carry) - p->n_carry)
		p->overlong = true;
	if (p->overlong)
		return;
	if (part.n > 0)
		memcpy(p->carry + p->n_carry, part.p, part.n);
	p->n_carry += part.n;
}

static void carry_drop(struct dg_dpkg_log_parser *p)
{
	if (p->n_carry > 0 || p->overlong) {
		p->out.n_lines++;
		p->out.n_bad++;
	}
	p->n_carry = 0;
	p->overlong = false;
}

/* The line that `part` ends, with what earlier chunks had of it. */
static int carry_take(struct dg_dpkg_log_parser *p, struct dg_span part)
{
	int r;

	if (p->n_carry == 0 && !p->overlong && part.n <= LINE_MAX_BYTES)
		return line_take(p, part);
	carry_add(p, part);
	if (p->overlong) {
		carry_drop(p);
		return 0;
	}
	r = line_take(p, dg_span_of(p->carry, p->n_carry));
	p->n_carry = 0;
	return r;
}

int dg_dpkg_log_feed(struct dg_dpkg_log_parser *p, const char *chunk, size_t len)
{
	struct dg_span rest = dg_span_of(chunk, len);
	size_t n;
	int r;

	while ((n = dg_span_find(rest, '\n')) < rest.n) {
		r = carry_take(p, dg_span_head(rest, n));
		if (r < 0)
			return r;
		rest = dg_span_skip(rest, n + 1);
	}
	carry_add(p, rest);
	return 0;
}

void dg_dpkg_log_file_end(struct dg_dpkg_log_parser *p)
{
	carry_drop(p);
}

int dg_dpkg_log_finish(struct dg_dpkg_log_parser *p, struct dg_dpkg_log *ret,
		       char **ret_why)
{
	struct dg_dpkg_log out;

	carry_drop(p);
	out = p->out;
	p->out = (struct dg_dpkg_log){0};
	memset(p->stamp, 0, sizeof(p->stamp));
	p->dated = false;
	if (out.n_bad <= out.n_lines / 2) {
		*ret = out;
		return 0;
	}
	if (ret_why && asprintf(ret_why, "%zu of %zu lines are not of a dpkg log",
				out.n_bad, out.n_lines) < 0)
		*ret_why = NULL;
	dg_dpkg_log_done(&out);
	return -EBADMSG;
}
