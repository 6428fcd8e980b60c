/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/apt-preferences.h"
#include "guard/parse/deb822.h"
#include "guard/parse/grow.h"

enum field { PACKAGE, PIN, PRIORITY, FIELD_COUNT };

static const char *const field_names[FIELD_COUNT] = {
	[PACKAGE] = "Package",
	[PIN] = "Pin",
	[PRIORITY] = "Pin-Priority",
};

#define PIN_TEXT_MAX 1024

static const char *const pin_types[] = {"version", "release", "origin"};

struct reader {
	struct dg_deb822 in;
	struct dg_apt_preferences out;
};

struct stanza {
	size_t line, n_fields;
	char *text[FIELD_COUNT]; /* on one line; NULL: not there */
};

static void stanza_done(struct stanza *s)
{
	size_t i;

	for (i = 0; i < FIELD_COUNT; i++)
		free(s->text[i]);
}

void dg_apt_preferences_done(struct dg_apt_preferences *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->n_pins; i++) {
		free(p->pins[i].package);
		free(p->pins[i].pin);
	}
	free(p->pins);
	*p = (struct dg_apt_preferences){0};
}

/* Where a field is there twice, the later one counts, as in apt. */
static int stanza_read(struct dg_deb822 *in, struct stanza *s)
{
	struct dg_deb822_field f;
	size_t i;
	int k;

	while ((k = dg_deb822_next(in, &f)) > 0) {
		s->n_fields++;
		for (i = 0; i < FIELD_COUNT; i++)
			if (dg_deb822_is(f.name, dg_span_str(field_names[i])))
				break;
		if (i == FIELD_COUNT)
			continue;
		free(s->text[i]);
		s->text[i] = dg_deb822_fold(f.value, true);
		if (!s->text[i])
			return -ENOMEM;
	}
	return k;
}

/* Whether it is a pin that apt heeds: of a known type, and of one that suits "*". */
static bool pin_is_known(const char *pin, const char *package)
{
	struct dg_span rest = dg_span_str(pin), type;
	size_t i;

	if (!dg_span_word(&rest, &type))
		return false;
	for (i = 0; i < DG_COUNT(pin_types); i++)
		if (dg_deb822_is(type, dg_span_str(pin_types[i])))
			return i > 0 || !dg_streq(package, "*");
	return false;
}

/*
 * As apt reads it, with strtol(): digits, and whatever behind them. 0 is no priority, and
 * "never" is for all packages only.
 */
static bool priority_parse(const char *text, const char *package, int *ret_priority)
{
	struct dg_span s = dg_span_str(text);
	size_t sign, n;
	int64_t v;

	if (dg_span_eq(s, "never")) {
		*ret_priority = DG_APT_PRIORITY_NEVER;
		return dg_streq(package, "*");
	}
	if (dg_span_starts(s, "+"))
		s = dg_span_skip(s, 1);
	sign = n = dg_span_starts(s, "-");
	while (n < s.n && dg_is_digit(s.p[n]))
		n++;
	if (n == sign || dg_parse_i64(dg_span_head(s, n), &v) < 0)
		return false;
	if (v == 0 || v < SHRT_MIN || v > SHRT_MAX)
		return false;
	*ret_priority = (int)v;
	return true;
}

static int pin_add(struct reader *r, struct dg_span package, const char *pin,
		   int priority, size_t line)
{
	struct dg_apt_preferences *out = &r->out;
	struct dg_apt_pin *p;

	if (out->n_pins == DG_APT_PINS_MAX)
		return dg_deb822_fail(&r->in, line, "too many pins");
	/* Each name of a stanza gets a copy. */
	if (strlen(pin) > PIN_TEXT_MAX)
		return dg_deb822_fail(&r->in, line, "a pin longer than 1 KiB");
	p = DG_GROW(out->pins, out->n_pins);
	if (!p)
		return -ENOMEM;
	out->n_pins++;
	p->package = dg_span_dup(package);
	p->pin = strdup(pin);
	p->priority = priority;
	p->line = line;
	return p->package && p->pin ? 0 : -ENOMEM;
}

static int stanza_take(struct reader *r, const struct stanza *s)
{
	struct dg_span rest = dg_span_str(s->text[PACKAGE]), name;
	int priority, k = 0;

	if (s->n_fields == 0)
		return 0;
	if (dg_span_trim(rest).n == 0)
		return dg_deb822_fail(&r->in, s->line, "no Package in the entry");
	if (!s->text[PIN] || !pin_is_known(s->text[PIN], s->text[PACKAGE]))
		return 0;
	if (!s->text[PRIORITY] ||
	    !priority_parse(s->text[PRIORITY], s->text[PACKAGE], &priority))
		return dg_deb822_fail(&r->in, s->line,
				      "no valid Pin-Priority in the entry");
	while (k == 0 && dg_span_word(&rest, &name))
		k = pin_add(r, name, s->text[PIN], priority, s->line);
	return k;
}

static int preferences_read(struct reader *r)
{
	int k = dg_deb822_refuse_nul(&r->in);

	while (k == 0 && dg_deb822_stanza(&r->in)) {
		struct stanza s = {.line = r->in.line};

		k = stanza_read(&r->in, &s);
		if (k == 0)
			k = stanza_take(r, &s);
		stanza_done(&s);
	}
	return k;
}

int dg_apt_preferences_parse(const char *text, size_t len, struct dg_apt_preferences *ret,
			     char **ret_why)
{
	struct reader r = {
		.in = {.rest = dg_span_of(text, len), .line = 1, .lenient = true},
	};
	int k = preferences_read(&r);

	if (k == 0)
		*ret = r.out;
	else
		dg_apt_preferences_done(&r.out);
	if (k == -EBADMSG && ret_why)
		*ret_why = DG_STEAL(r.in.why);
	free(r.in.why);
	return k;
}
