/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "policy/timefmt.h"

#define DAY_SECONDS  INT64_C(86400)
#define YEAR_FIRST   1
#define YEAR_LAST    9999
#define DAYS_TO_1970 719162 /* from 0001-01-01 */

static bool year_is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && year_is_leap(year));
}

/* Days from 0001-01-01 to the first day of `year`. */
static int64_t year_start(int year)
{
	int64_t past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400;
}

/* Days from 1970-01-01. */
static int64_t date_to_days(int year, int month, int day)
{
	int64_t days = year_start(year) - DAYS_TO_1970 + day - 1;

	for (int m = 1; m < month; m++)
		days += month_days(year, m);
	return days;
}

static void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t n = days + DAYS_TO_1970;
	int year = (int)(n / 366) + YEAR_FIRST, month = 1; /* never too late a year */

	while (year < YEAR_LAST && year_start(year + 1) <= n)
		year++;
	n -= year_start(year);
	while (n >= month_days(year, month))
		n -= month_days(year, month++);
	*ret_year = year;
	*ret_month = month;
	*ret_day = (int)n + 1;
}

/* Exactly `width` digits with a value of `least` to `most`; steps over them. */
static bool take_number(const char **s, int width, int least, int most, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < width; i++) {
		char c = (*s)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	if (value < least || value > most)
		return false;
	*s += width;
	*ret_value = value;
	return true;
}

static bool take_char(const char **s, char wanted)
{
	char c = **s;

	if (c >= 'a' && c <= 'z' && wanted >= 'A' && wanted <= 'Z')
		c = (char)(c - 'a' + 'A');
	if (c != wanted)
		return false;
	++*s;
	return true;
}

static bool take_date(const char **s, int64_t *ret_days)
{
	int year, month, day;

	if (!take_number(s, 4, YEAR_FIRST, YEAR_LAST, &year) || !take_char(s, '-') ||
	    !take_number(s, 2, 1, 12, &month) || !take_char(s, '-') ||
	    !take_number(s, 2, 1, month_days(year, month), &day))
		return false;
	*ret_days = date_to_days(year, month, day);
	return true;
}

static bool take_clock(const char **s, int *ret_seconds)
{
	int hour, minute, second;

	if (!take_number(s, 2, 0, 23, &hour) || !take_char(s, ':') ||
	    !take_number(s, 2, 0, 59, &minute) || !take_char(s, ':') ||
	    !take_number(s, 2, 0, 60, &second))
		return false;
	*ret_seconds = hour * 3600 + minute * 60 + (second == 60 ? 59 : second);
	if (!take_char(s, '.'))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	while (**s >= '0' && **s <= '9')
		++*s;
	return true;
}

/* "Z" or "+02:00": seconds that local time is ahead of UTC. */
static bool take_offset(const char **s, int *ret_seconds)
{
	int hour, minute, sign;

	if (take_char(s, 'Z')) {
		*ret_seconds = 0;
		return true;
	}
	sign = take_char(s, '+') ? 1 : -1;
	if (sign < 0 && !take_char(s, '-'))
		return false;
	if (!take_number(s, 2, 0, 23, &hour) || !take_char(s, ':') ||
	    !take_number(s, 2, 0, 59, &minute))
		return false;
	*ret_seconds = sign * (hour * 3600 + minute * 60);
	return true;
}

int dg_time_parse(const char *s, int64_t *ret_time)
{
	int seconds, offset;
	int64_t days, time;

	if (!take_date(&s, &days) || !take_char(&s, 'T') || !take_clock(&s, &seconds) ||
	    !take_offset(&s, &offset) || *s)
		return -EBADMSG;
	time = days * DAY_SECONDS + seconds - offset;
	if (time < DG_TIME_FIRST || time > DG_TIME_LAST)
		return -EBADMSG;
	*ret_time = time;
	return 0;
}

int dg_date_parse_start(const char *s, int64_t *ret_time)
{
	int64_t days;

	if (!take_date(&s, &days) || *s)
		return -EBADMSG;
	*ret_time = days * DAY_SECONDS;
	return 0;
}

int dg_date_parse_end(const char *s, int64_t *ret_time)
{
	int64_t start;
	int r = dg_date_parse_start(s, &start);

	if (r < 0)
		return r;
	*ret_time = start + DAY_SECONDS - 1;
	return 0;
}

static char *put_number(char *to, int value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + width;
}

static char *put_date(char *to, int64_t days)
{
	int year, month, day;

	date_from_days(days, &year, &month, &day);
	to = put_number(to, year, 4);
	*to++ = '-';
	to = put_number(to, month, 2);
	*to++ = '-';
	return put_number(to, day, 2);
}

/* Split into days and the second of the day; rounds down in front of 1970 as well. */
static int64_t time_to_days(int64_t time, int *ret_second)
{
	int64_t from_first;

	if (time < DG_TIME_FIRST)
		time = DG_TIME_FIRST;
	if (time > DG_TIME_LAST)
		time = DG_TIME_LAST;
	from_first = time - DG_TIME_FIRST;
	*ret_second = (int)(from_first % DAY_SECONDS);
	return from_first / DAY_SECONDS - DAYS_TO_1970;
}

const char *dg_time_format(int64_t time, char buf[static DG_TIME_SIZE])
{
	int second;
	char *to = put_date(buf, time_to_days(time, &second));

	*to++ = 'T';
	to = put_number(to, second / 3600, 2);
	*to++ = ':';
	to = put_number(to, second / 60 % 60, 2);
	*to++ = ':';
	to = put_number(to, second % 60, 2);
	*to++ = 'Z';
	*to = '\0';
	return buf;
}

const char *dg_date_format(int64_t time, char buf[static DG_DATE_SIZE])
{
	int second;

	*put_date(buf, time_to_days(time, &second)) = '\0';
	return buf;
}
