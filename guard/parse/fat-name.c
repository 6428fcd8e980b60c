/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and times of directory entries. */
#include "guard/parse/fat-parts.h"

#define REPLACEMENT 0xfffdu

static size_t put_utf8(char *out, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = n - 1; i > 0; i--, c >>= 6)
		out[i] = 0x80 | (c & 0x3f);
	out[0] = n == 1 ? c : (0xf00u >> n & 0xf0) | c;
	return n;
}

/* One byte of an 8.3 name or label. What code page it is in, no one has written down. */
size_t dg_fat_put_byte(char *out, uint8_t c, bool lower)
{
	if (c < 0x20 || c > 0x7e || c == '/')
		return put_utf8(out, REPLACEMENT);
	*out = lower && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	return 1;
}

static size_t put_padded(char *out, const uint8_t *raw, size_t len, bool lower)
{
	size_t n = 0, i;

	while (len && raw[len - 1] == ' ')
		len--;
	for (i = 0; i < len; i++) /* a dot cannot be part of it, and could make it ".." */
		n += raw[i] == '.' ? put_utf8(out + n, REPLACEMENT)
				   : dg_fat_put_byte(out + n, raw[i], lower);
	return n;
}

/* The 8.3 name; byte 12 has Windows NT's flags for a base or extension in lower case. */
void dg_fat_decode_short(const uint8_t *raw, char out[DG_FAT_ALIAS])
{
	size_t n = put_padded(out, raw, 8, raw[12] & 0x08), ext;

	if (n == 0)
		n = put_utf8(out, REPLACEMENT);
	ext = put_padded(out + n + 1, raw + 8, 3, raw[12] & 0x10);
	if (ext) {
		out[n] = '.';
		n += 1 + ext;
	}
	out[n] = '\0';
}

static uint8_t short_checksum(const uint8_t *raw)
{
	uint8_t sum = 0;
	unsigned i;

	for (i = 0; i < 11; i++)
		sum = (uint8_t)((sum & 1) << 7 | sum >> 1) + raw[i];
	return sum;
}

void dg_fat_feed_long(struct dg_fat_long *name, const uint8_t *raw)
{
	static const uint8_t places[DG_FAT_PART_UNITS] = {1,  3,  5,  7,  9,  14, 16,
							  18, 20, 22, 24, 28, 30};
	unsigned part = raw[0] & 0x3f, i;

	if (raw[0] & 0x40) {
		name->parts = part <= DG_FAT_LONG_PARTS ? part : 0;
		name->awaited = part;
		name->sum = raw[13];
	}
	if (!name->parts || !part || part != name->awaited || raw[13] != name->sum) {
		name->parts = 0;
		return;
	}
	for (i = 0; i < DG_FAT_PART_UNITS; i++)
		name->units[(part - 1) * DG_FAT_PART_UNITS + i] =
			dg_fat_get16(raw + places[i]);
	name->awaited--;
}

static uint32_t units_decode(const uint16_t *units, size_t len, size_t *at)
{
	uint32_t c = units[(*at)++];

	if (c < 0x20 || c == 0x7f || c == '/')
		return REPLACEMENT;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || *at == len || units[*at] < 0xdc00 || units[*at] > 0xdfff)
		return REPLACEMENT;
	return 0x10000 + ((c - 0xd800) << 10) + (units[(*at)++] - 0xdc00);
}

/* The long name that was fed, if it is whole and belongs to the 8.3 entry `raw`. */
bool dg_fat_decode_long(const struct dg_fat_long *name, const uint8_t *raw,
			char out[DG_FAT_NAME])
{
	size_t len = 0, at = 0, n = 0;

	if (!name->parts || name->awaited || name->sum != short_checksum(raw))
		return false;
	while (len < name->parts * DG_FAT_PART_UNITS && name->units[len])
		len++;
	if (len == 0 || len > DG_FAT_LONG_MAX)
		return false;
	while (at < len)
		n += put_utf8(out + n, units_decode(name->units, len, &at));
	out[n] = '\0';
	return !dg_streq(out, ".") && !dg_streq(out, "..");
}

/* Days from 1970-01-01 to the given day, 1980 and later. */
static int64_t days_from_date(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[] = {0,   31,  59,	 90,  120, 151,
					  181, 212, 243, 273, 304, 334};
	unsigned leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	unsigned last = year - 1;

	return (year - 1970) * 365ll + (last / 4 - last / 100 + last / 400 - 477) +
	       before[month - 1] + (leap && month > 2) + (day - 1);
}

/* 7 bits year, 4 month, 5 day; 5 bits hour, 6 minute, 5 second / 2. */
static int64_t time_decode(uint32_t date, uint32_t clock)
{
	static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned month = date >> 5 & 15, day = date & 31;
	unsigned hour = clock >> 11, minute = clock >> 5 & 63, second = (clock & 31) * 2;

	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return 0;
	if (hour > 23 || minute > 59 || second > 59)
		return 0;
	return days_from_date(1980 + (date >> 9), month, day) * 86400 + hour * 3600 +
	       minute * 60 + second;
}

struct dg_fat_node dg_fat_decode_node(const struct dg_fat *fat, const uint8_t *raw)
{
	struct dg_fat_node node = {
		.cluster = dg_fat_get16(raw + 26),
		.size = dg_fat_get32(raw + 28),
		.mtime = time_decode(dg_fat_get16(raw + 24), dg_fat_get16(raw + 22)),
		.directory = raw[11] & DG_FAT_ATTR_DIRECTORY,
	};

	if (fat->info.bits == 32) /* elsewhere these bytes mean other things */
		node.cluster |= (dg_fat_get16(raw + 20) & 0xfff) << 16;
	if (node.directory)
		node.size = 0;
	return node;
}
