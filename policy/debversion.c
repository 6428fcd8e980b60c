/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include "policy/debversion.h"

struct span {
	const char *at, *end;
};

struct debversion {
	int epoch;
	struct span upstream, revision;
};

static bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool char_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The digits at `at` as an int; NULL where there are none or they do not fit. */
static const char *take_int(const char *at, const char *end, int *ret_value)
{
	const char *start = at;
	int value = 0;

	for (; at < end && char_is_digit(*at); at++) {
		int digit = *at - '0';

		if (value > (INT_MAX - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	if (at == start)
		return NULL;
	*ret_value = value;
	return at;
}

/*
 * The epoch in front of the first colon, as dpkg reads it: with strtol(), so "+1:2" and
 * "-0:2" have one. Where there is no usable epoch it is 0 and the upstream version
 * starts at `at`, colons and all: dpkg refuses those, but they need a place too.
 */
static const char *take_epoch(const char *at, const char *end, int *ret_epoch)
{
	const char *colon = memchr(at, ':', (size_t)(end - at));
	const char *digits = at;
	int epoch;

	*ret_epoch = 0;
	if (!colon)
		return at;
	if (*digits == '+' || *digits == '-')
		digits++;
	if (take_int(digits, colon, &epoch) != colon || (*at == '-' && epoch > 0))
		return at;
	*ret_epoch = epoch;
	return colon + 1;
}

/* The revision follows the last hyphen; dpkg ignores blanks around the whole. */
static struct debversion debversion_split(const char *s)
{
	const char *end = s + strlen(s), *hyphen;
	struct debversion v = {0};

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	s = take_epoch(s, end, &v.epoch);
	hyphen = memrchr(s, '-', (size_t)(end - s));
	v.upstream = (struct span){.at = s, .end = hyphen ? hyphen : end};
	v.revision = (struct span){.at = hyphen ? hyphen + 1 : end, .end = end};
	return v;
}

/*
 * Where a character that is no digit stands: "~" first, then the end of the text run (a
 * digit, or nothing more), letters, bytes that are not ASCII, and all else.
 */
static int char_rank(const struct span *s)
{
	unsigned char c;

	if (s->at == s->end || char_is_digit(*s->at))
		return 0;
	c = (unsigned char)*s->at;
	if (c == '~')
		return -1;
	return char_is_letter(*s->at) || c >= 0x80 ? c : c + 256;
}

static int text_run_cmp(struct span *a, struct span *b)
{
	for (;; a->at++, b->at++) {
		int rank_a = char_rank(a), rank_b = char_rank(b);

		if (rank_a != rank_b)
			return rank_a < rank_b ? -1 : 1;
		if (rank_a == 0)
			return 0;
	}
}

static size_t digit_run(struct span *s)
{
	size_t n = 0;

	while (s->at < s->end && *s->at == '0')
		s->at++;
	while (s->at + n < s->end && char_is_digit(s->at[n]))
		n++;
	return n;
}

/* By value without computing it: numbers may be of any length. */
static int digit_run_cmp(struct span *a, struct span *b)
{
	size_t length_a = digit_run(a), length_b = digit_run(b);
	int r;

	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	r = memcmp(a->at, b->at, length_a);
	a->at += length_a;
	b->at += length_a;
	return r;
}

static int part_cmp(struct span a, struct span b)
{
	int r = 0;

	while (r == 0 && (a.at < a.end || b.at < b.end)) {
		r = text_run_cmp(&a, &b);
		if (r == 0)
			r = digit_run_cmp(&a, &b);
	}
	return r;
}

int dg_debversion_cmp(const char *a, const char *b)
{
	struct debversion va = debversion_split(a), vb = debversion_split(b);
	int r;

	if (va.epoch != vb.epoch)
		return va.epoch < vb.epoch ? -1 : 1;
	/* dpkg ranks a version of no characters below every other. */
	if (va.upstream.at == va.revision.end || vb.upstream.at == vb.revision.end)
		return (va.upstream.at != va.revision.end) -
		       (vb.upstream.at != vb.revision.end);
	r = part_cmp(va.upstream, vb.upstream);
	return r ? r : part_cmp(va.revision, vb.revision);
}

static bool part_is_valid(struct span part, const char *marks)
{
	for (; part.at < part.end; part.at++)
		if (!char_is_digit(*part.at) && !char_is_letter(*part.at) &&
		    !strchr(marks, *part.at))
			return false;
	return true;
}

bool dg_debversion_valid(const char *version)
{
	const char *end = version + strlen(version), *colon = strchr(version, ':');
	const char *upstream = version;
	struct debversion v;
	int epoch;

	if (colon) {
		if (take_int(version, end, &epoch) != colon)
			return false;
		upstream = colon + 1;
	}
	v = debversion_split(version);
	if (v.upstream.at != upstream || v.revision.end != end)
		return false;
	if (v.upstream.at == v.upstream.end || !char_is_digit(*v.upstream.at))
		return false;
	if (v.upstream.end != end && v.revision.at == end)
		return false;
	return part_is_valid(v.upstream, colon ? ".+-~:" : ".+-~") &&
	       part_is_valid(v.revision, ".+~");
}

int dg_debversion_upstream_major(const char *version)
{
	struct debversion v = debversion_split(version);
	int major;

	return take_int(v.upstream.at, v.upstream.end, &major) ? major : -1;
}

int dg_debversion_upstream_minor(const char *version)
{
	struct debversion v = debversion_split(version);
	const char *at = v.upstream.at;
	int minor;

	while (at < v.upstream.end && char_is_digit(*at))
		at++;
	if (at == v.upstream.at)
		return -1;
	if (v.upstream.end - at < 2 || at[0] != '.' || !char_is_digit(at[1]))
		return 0;
	return take_int(at + 1, v.upstream.end, &minor) ? minor : -1;
}
