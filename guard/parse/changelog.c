/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/changelog.h"
#include "guard/parse/grow.h"
#include "guard/parse/span.h"
#include "policy/timefmt.h"

/* How far to look for the first entry and for its end; entries are 1 to 100 lines. */
#define LINES_MAX 20000

void dg_changelog_done(struct dg_changelog *c)
{
	if (!c)
		return;
	free(c->package);
	free(c->version);
	*c = (struct dg_changelog){0};
}

static bool is_graphic(struct dg_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

/* "pve-manager (9.0.3) trixie; urgency=medium" */
static bool heading_parse(struct dg_span line, struct dg_span *ret_package,
			  struct dg_span *ret_version)
{
	struct dg_span rest = line, package, version;

	if (line.n == 0 || dg_is_space(line.p[0]))
		return false;
	if (!dg_span_split(&rest, ' ', &package) || !dg_span_after(rest, "(", &rest))
		return false;
	if (dg_span_find(rest, ')') == rest.n || !dg_span_split(&rest, ')', &version))
		return false;
	if (dg_span_find(rest, ';') == rest.n)
		return false;
	if (!is_graphic(package) || !is_graphic(version))
		return false;
	*ret_package = package;
	*ret_version = version;
	return true;
}

static bool number_parse(struct dg_span s, size_t min_digits, size_t max_digits,
			 int *ret_number)
{
	uint64_t n;

	if (s.n < min_digits || s.n > max_digits || dg_parse_u64(s, &n) < 0)
		return false;
	*ret_number = (int)n;
	return true;
}

/* 1 to 12. English abbreviations, whatever the locale (deb-changelog(5)). */
static bool month_parse(struct dg_span s, int *ret_month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int i;

	for (i = 0; i < 12 && s.n == 3; i++) {
		if (memcmp(names + 3 * i, s.p, 3) != 0)
			continue;
		*ret_month = i + 1;
		return true;
	}
	return false;
}

static bool clock_parse(struct dg_span s, int ret_hms[static 3])
{
	struct dg_span part;
	int i;

	for (i = 0; i < 3; i++)
		if (!dg_span_split(&s, ':', &part) ||
		    !number_parse(part, i == 0 ? 1 : 2, 2, &ret_hms[i]))
			return false;
	return s.n == 0;
}

/* "+0200" */
static bool zone_parse(struct dg_span s, int *ret_hours, int *ret_minutes)
{
	if (s.n != 5 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	return number_parse(dg_span_of(s.p + 1, 2), 2, 2, ret_hours) &&
	       number_parse(dg_span_of(s.p + 3, 2), 2, 2, ret_minutes);
}

/* "Tue, 05 Aug 2025 11:03:00 +0200"; the day's name may be missing, and may be wrong. */
static bool date_parse(struct dg_span s, int64_t *ret_time)
{
	int day, month, year, hms[3], zone_hours, zone_minutes;
	char text[sizeof("2025-08-05T11:03:00+02:00") + 64];
	struct dg_span word[5];
	size_t i, comma = dg_span_find(s, ',');

	if (comma < s.n)
		s = dg_span_skip(s, comma + 1);
	for (i = 0; i < DG_COUNT(word); i++)
		if (!dg_span_word(&s, &word[i]))
			return false;
	if (!number_parse(word[0], 1, 2, &day) || !month_parse(word[1], &month) ||
	    !number_parse(word[2], 4, 4, &year) || !clock_parse(word[3], hms) ||
	    !zone_parse(word[4], &zone_hours, &zone_minutes))
		return false;
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", year,
		 month, day, hms[0], hms[1], hms[2], word[4].p[0], zone_hours,
		 zone_minutes);
	return dg_time_parse(text, ret_time) == 0;
}

/* " -- Name <mail>  DATE": the date stands behind the last ">". */
static bool trailer_parse(struct dg_span line, int64_t *ret_time)
{
	const char *close = memrchr(line.p, '>', line.n);

	if (!close)
		return false;
	return date_parse(dg_span_skip(line, (size_t)(close - line.p) + 1), ret_time);
}

static int entry_copy(struct dg_span package, struct dg_span version, int64_t time,
		      struct dg_changelog *ret)
{
	struct dg_changelog c = {
		.package = dg_span_dup(package),
		.version = dg_span_dup(version),
		.time = time,
	};

	if (!c.package || !c.version) {
		dg_changelog_done(&c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

/*
 * Behind the heading nothing but indented lines and empty ones may come before the
 * trailer: else the date of an older entry might be taken for the newest one's.
 */
int dg_changelog_parse(const char *text, size_t len, struct dg_changelog *ret,
		       char **ret_why)
{
	struct dg_span rest = dg_span_of(text, len), line, package = {0}, version = {0};
	int64_t time;
	size_t nr;

	for (nr = 1; nr <= LINES_MAX && dg_span_line(&rest, &line); nr++) {
		bool whole = rest.n > 0 || text[len - 1] == '\n';

		if (dg_span_trim(line).n == 0)
			continue;
		if (!package.p) {
			if (!heading_parse(line, &package, &version))
				return dg_bad_line(ret_why, nr, "no changelog heading");
		} else if (dg_span_starts(line, " -- ")) {
			if (!whole)
				break;
			if (!trailer_parse(line, &time))
				return dg_bad_line(ret_why, nr, "no date");
			return entry_copy(package, version, time, ret);
		} else if (!dg_is_blank(line.p[0])) {
			return dg_bad_line(ret_why, nr, "entry without its date");
		}
	}
	return dg_bad_line(ret_why, nr, "changelog ends before its first entry does");
}
