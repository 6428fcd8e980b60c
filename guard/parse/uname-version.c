/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "guard/parse/span.h"
#include "guard/parse/uname-version.h"
#include "policy/timefmt.h"

#define WORDS_MAX  64 /* words looked at; the kernel's own limit is 64 characters */
#define FIRST_YEAR 1991

struct stamp {
	unsigned int year, month, day, hour, minute, second;
	int offset; /* minutes east of UTC */
};

struct words {
	struct dg_span word[WORDS_MAX];
	size_t n;
};

/* The word at `i`; an empty one beyond the ends. */
static struct dg_span word_at(const struct words *w, size_t i)
{
	return i < w->n ? w->word[i] : (struct dg_span){0};
}

/* Split into words, without brackets and commas around them, from the first "#1" on. */
static void words_split(struct dg_span rest, struct words *w)
{
	struct dg_span s;

	while (w->n < WORDS_MAX && dg_span_word(&rest, &s)) {
		bool number = s.n > 1 && s.p[0] == '#' && dg_is_digit(s.p[1]);

		if (number && (w->n == 0 || w->word[0].p[0] != '#'))
			w->n = 0;
		if (s.n > 0 && s.p[0] == '(')
			s = dg_span_skip(s, 1);
		while (s.n > 0 && (s.p[s.n - 1] == ')' || s.p[s.n - 1] == ','))
			s.n--;
		if (s.n > 0)
			w->word[w->n++] = s;
	}
}

/* A number of `min` to `max` digits and nothing else. */
static bool read_digits(struct dg_span s, size_t min, size_t max, unsigned int *ret)
{
	uint64_t v;

	if (s.n < min || s.n > max || dg_parse_u64(s, &v) < 0)
		return false;
	*ret = (unsigned int)v;
	return true;
}

/* "Z", "UTC", "+0200", "+02:00", "+02"; another name is UTC as well. */
static int zone_offset(struct dg_span s)
{
	unsigned int hours, minutes = 0;
	struct dg_span rest;

	if (s.n < 3 || (s.p[0] != '+' && s.p[0] != '-') ||
	    !read_digits(dg_span_of(s.p + 1, 2), 2, 2, &hours))
		return 0;
	rest = dg_span_skip(s, 3);
	if (dg_span_starts(rest, ":"))
		rest = dg_span_skip(rest, 1);
	if (rest.n > 0 && !read_digits(rest, 2, 2, &minutes))
		return 0;
	return (s.p[0] == '-' ? -1 : 1) * (int)(hours * 60 + minutes);
}

/* "11:03" or "11:03:00", then *ret_rest: a zone perhaps. */
static bool read_clock(struct dg_span s, struct stamp *t, struct dg_span *ret_rest)
{
	if (s.n < 5 || s.p[2] != ':' ||
	    !read_digits(dg_span_head(s, 2), 2, 2, &t->hour) ||
	    !read_digits(dg_span_of(s.p + 3, 2), 2, 2, &t->minute))
		return false;
	s = dg_span_skip(s, 5);
	t->second = 0;
	if (s.n >= 3 && s.p[0] == ':') {
		if (!read_digits(dg_span_of(s.p + 1, 2), 2, 2, &t->second))
			return false;
		s = dg_span_skip(s, 3);
	}
	*ret_rest = s;
	return true;
}

/* "2024-04-05T11:03Z", "2024-04-05", "2024-04-05 11:03 +0000" from word `i` on. */
static bool read_iso(const struct words *w, size_t i, struct stamp *ret)
{
	struct dg_span s = word_at(w, i), zone;
	struct stamp t = {0};

	if (s.n < 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    !read_digits(dg_span_head(s, 4), 4, 4, &t.year) ||
	    !read_digits(dg_span_of(s.p + 5, 2), 2, 2, &t.month) ||
	    !read_digits(dg_span_of(s.p + 8, 2), 2, 2, &t.day))
		return false;
	s = dg_span_skip(s, 10);
	if (s.n == 0 && read_clock(word_at(w, i + 1), &t, &zone)) {
		t.offset = zone_offset(zone.n ? zone : word_at(w, i + 2));
	} else if (s.n > 0) {
		if (s.p[0] != 'T' || !read_clock(dg_span_skip(s, 1), &t, &zone))
			return false;
		t.offset = zone_offset(zone);
	}
	*ret = t;
	return true;
}

static unsigned int month_of(struct dg_span s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	size_t i;

	for (i = 0; s.n == 3 && i < sizeof(names) - 1; i += 3)
		if (memcmp(names + i, s.p, 3) == 0)
			return (unsigned int)(i / 3 + 1);
	return 0;
}

/* Twelve-hour clocks: some distributions build under such a locale. */
static bool read_half_day(struct dg_span s, struct stamp *t)
{
	bool afternoon = dg_span_eq(s, "PM");

	if (!afternoon && !dg_span_eq(s, "AM"))
		return false;
	if (t->hour <= 12)
		t->hour = t->hour % 12 + (afternoon ? 12 : 0);
	return true;
}

/* "Apr 5 11:03:00 UTC 2024" with the month at word `i`, "10 Apr 2024 20:11:08 +0000". */
static bool read_named(const struct words *w, size_t i, struct stamp *ret)
{
	struct stamp t = {.month = month_of(word_at(w, i))};
	struct dg_span zone = {0};
	size_t at = i + 3;

	if (!t.month)
		return false;
	if (i > 0 && read_digits(word_at(w, i - 1), 1, 2, &t.day) &&
	    read_digits(word_at(w, i + 1), 4, 4, &t.year)) {
		if (read_clock(word_at(w, i + 2), &t, &zone))
			t.offset = zone_offset(word_at(w, i + 3));
		*ret = t;
		return true;
	}
	if (!read_digits(word_at(w, i + 1), 1, 2, &t.day) ||
	    !read_clock(word_at(w, i + 2), &t, &zone))
		return false;
	at += read_half_day(word_at(w, at), &t);
	if (!read_digits(word_at(w, at), 4, 4, &t.year)) {
		t.offset = zone_offset(word_at(w, at));
		if (!read_digits(word_at(w, at + 1), 4, 4, &t.year))
			return false;
	}
	*ret = t;
	return true;
}

/* The last date in the text: versions and host names stand before it. */
static bool find_date(const struct words *w, struct stamp *ret)
{
	size_t i;

	for (i = w->n; i-- > 0;)
		if (read_iso(w, i, ret) || read_named(w, i, ret))
			return true;
	return false;
}

static int stamp_time(const struct stamp *t, int64_t *ret)
{
	char text[6 * 11 + 1];
	int64_t time;

	snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ", t->year, t->month,
		 t->day, t->hour, t->minute, t->second);
	if (dg_time_parse(text, &time) < 0)
		return -EBADMSG;
	*ret = time - (int64_t)t->offset * 60;
	return 0;
}

static const struct {
	const char *mark;
	enum dg_uname_vendor vendor;
} vendors[] = {
	{.mark = "PMX", .vendor = DG_UNAME_PMX},
	{.mark = "PVE", .vendor = DG_UNAME_PVE},
	{.mark = "Debian", .vendor = DG_UNAME_DEBIAN},
};

static int find_vendor(const struct words *w, struct dg_uname_version *v)
{
	size_t i, k;

	for (i = 0; i + 1 < w->n; i++) {
		for (k = 0; k < DG_COUNT(vendors); k++) {
			struct dg_span version = w->word[i + 1];

			if (!dg_span_eq(w->word[i], vendors[k].mark) ||
			    !dg_is_digit(version.p[0]))
				continue;
			v->vendor = vendors[k].vendor;
			v->package_version = dg_span_dup(version);
			return v->package_version ? 0 : -ENOMEM;
		}
	}
	return 0;
}

int dg_uname_version_parse(const char *buf, size_t len, struct dg_uname_version *ret)
{
	struct dg_uname_version v = {.vendor = DG_UNAME_OTHER};
	struct words w = {0};
	struct stamp stamp;
	int r;

	words_split(dg_span_of(buf, len), &w);
	if (!find_date(&w, &stamp) || stamp.year < FIRST_YEAR)
		return -ENODATA;
	r = stamp_time(&stamp, &v.build_time);
	r = r < 0 ? r : find_vendor(&w, &v);
	if (r < 0)
		return r;
	*ret = v;
	return 0;
}

void dg_uname_version_clear(struct dg_uname_version *version)
{
	if (!version)
		return;
	free(version->package_version);
	*version = (struct dg_uname_version){0};
}
