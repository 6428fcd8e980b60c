/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times as text. A time is a count of seconds since 1970-01-01T00:00:00Z; dates and
 * times are of the proleptic Gregorian calendar, years 1 to 9999, UTC. libc's calendar
 * is not used: it reads time zone files.
 */
#pragma once

#include <stdint.h>
#include "policy/util.h"

/* The first and the last second that these functions know. */
#define DG_TIME_FIRST INT64_C(-62135596800)
#define DG_TIME_LAST  INT64_C(253402300799)

#define DG_TIME_SIZE sizeof("2026-06-03T07:12:44Z")
#define DG_DATE_SIZE sizeof("2026-06-03")

/*
 * RFC 3339: "2026-06-03T07:12:44Z", "2026-06-03t09:12:44.25+02:00". A fraction is cut
 * off, a leap second (:60) counts as :59. 0, or -EBADMSG: no such form, no such day or
 * time, or out of the years.
 */
int dg_time_parse(const char *s, int64_t *ret_time);

/* "2026-06-03" as the first, and as the last second of that day. 0 or -EBADMSG. */
int dg_date_parse_start(const char *s, int64_t *ret_time);
int dg_date_parse_end(const char *s, int64_t *ret_time);

/* "2026-06-03T07:12:44Z" and "2026-06-03"; a time out of the years is shown as the
 * nearest one within. Both return `buf`. */
const char *dg_time_format(int64_t time, char buf[static DG_TIME_SIZE]);
const char *dg_date_format(int64_t time, char buf[static DG_DATE_SIZE]);
